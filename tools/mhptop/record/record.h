/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop record`: writes the records of a live source as NDJSON. */
#ifndef RECORD_H
#define RECORD_H

#include "source/source.h"

/*
 * Write header, records and totals, until a signal arrives. path is NULL or
 * "-" for standard output. Returns the exit code, after errors were reported
 * on stderr. The caller keeps the source.
 */
int record_run(struct source *source, const char *path);

#endif
