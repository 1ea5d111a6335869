/* SPDX-License-Identifier: GPL-2.0 */
/* A file of metrics for node_exporter, whose textfile collector reads *.prom files of a folder. */
#ifndef SERVE_TEXTFILE_H
#define SERVE_TEXTFILE_H

#include <stddef.h>
#include "export/openmetrics.h"

/*
 * Replace a file by the current metrics: they are written to a file beside it,
 * which is then renamed, so that nobody reads half of them. Anyone may read it. 0,
 * or -errno, and the file is what it was.
 */
int textfile_write(const char *path, const struct model *model,
		   const struct tally *tally);

#endif
