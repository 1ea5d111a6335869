/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop record`: writes the records of a live source as NDJSON or, to FILE.mhp, in binary form. */
#ifndef RECORD_H
#define RECORD_H

#include "record/output.h"
#include "source/source.h"

/* The smallest --max-size and --flight: begin, totals and some records fit. */
#define RECORD_SIZE_MIN 65536
#define RECORD_KEEP 9 /* the default of --keep */
#define RECORD_KEEP_MAX 999
#define RECORD_PATIENCE_NS \
	(30 *              \
	 LOOP_NS) /* of a flight recorder, until an operation counts as stuck */

/*
 * Write header, records and totals, until a signal arrives, and close the output.
 * With opts->flight_bytes, keep the latest records in memory instead, and write them
 * when something fails. Returns the exit code, after errors were reported on stderr.
 * The caller keeps the source.
 */
int record_run(struct source *source, struct record_output *output);

#endif
