/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop record`: writes the records of a live source as NDJSON or, to FILE.mhp, in binary form. */
#ifndef RECORD_H
#define RECORD_H

#include "source/source.h"

struct record_output {
	const char *name; /* for messages */
	const char *created; /* path of a file that did not exist, or NULL */
	int fd;
	bool is_binary;
};

/*
 * Open the output; path is NULL or "-" for standard output. A new file is for its
 * owner only; an existing file is left as it is until there is something to
 * record. A file to which another recorder writes is refused. May wait for the reader of a FIFO, so do not hold signals yet. Returns
 * the exit code, after errors were reported on stderr.
 */
int record_open(struct record_output *output, const char *path);
/* There is nothing to record: remove a new file. */
void record_cancel(struct record_output *output);
/*
 * Write header, records and totals, until a signal arrives, and close the output.
 * Returns the exit code, after errors were reported on stderr. The caller keeps
 * the source.
 */
int record_run(struct source *source, struct record_output *output);

#endif
