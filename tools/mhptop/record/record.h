/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop record`: a live source's records into a file or pipe, as NDJSON. */
#ifndef RECORD_H
#define RECORD_H

#include "source/source.h"

/*
 * Write all that a source has, until a signal ends it, with header and totals.
 * path: NULL or "-" for standard output. The exit code, after what is wrong
 * was said on stderr. The source stays the caller's.
 */
int record_run(struct source *source, const char *path);

#endif
