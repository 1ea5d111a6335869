/* SPDX-License-Identifier: GPL-2.0 */
/* A file of metrics for node_exporter, whose textfile collector reads *.prom files of a folder. */
#ifndef SERVE_TEXTFILE_H
#define SERVE_TEXTFILE_H

#include <stdbool.h>
#include "export/openmetrics.h"

struct textfile {
	const char *path; /* NULL: none */
	u64 due_ns; /* when it is written next, 0: not any more */
	bool was_written; /* once, at least */
	bool is_failing; /* the last time, it could not be written */
	bool has_ended; /* the metrics do not change any more */
};

bool textfile_is_due(const struct textfile *file);
/* The metrics do not change any more: write it once more, and then only until that succeeds. */
void textfile_end(struct textfile *file);
/*
 * Replace the file by the current metrics: they are written to a file beside it,
 * which is then renamed, so that nobody reads half of them. Anyone may read it. If
 * that fails, the file is what it was, and a message says so; only a file that was
 * never written is worth giving up for: -ECANCELED.
 */
int textfile_write(struct textfile *file, const struct model *model,
		   const struct tally *tally);

#endif
