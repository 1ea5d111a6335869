/* SPDX-License-Identifier: GPL-2.0 */
/* The file that the recorder writes, and the earlier ones that it keeps beside it as FILE.1, FILE.2 and so on. */
#ifndef RECORD_OUTPUT_H
#define RECORD_OUTPUT_H

#include <stdbool.h>
#include "base/types.h"

struct record_opts {
	u64 max_bytes; /* begin another file before this one is larger, 0: never */
	unsigned int keep; /* earlier files to keep */
	bool reopen; /* SIGHUP asks for another file */
	u64 flight_bytes; /* keep so much in memory, and write it when something fails; 0: write all */
	u64 patience_ns; /* how long an operation may be in progress until it counts as stuck */
};

struct record_output {
	const char *name; /* for messages */
	const char *path; /* NULL: standard output */
	const char *created; /* path of a file that did not exist, or NULL */
	struct record_opts opts;
	int fd; /* -1: there is none yet */
	bool is_binary;
	bool is_packed; /* with zstd */
};

/*
 * Open the output; path is NULL or "-" for standard output. A new file is for its
 * owner only; an existing file is left as it is until there is something to
 * record. A file to which another recorder writes is refused. May wait for the reader
 * of a FIFO, so do not hold signals yet. A flight recorder opens nothing yet. Returns
 * the exit code, after errors were reported on stderr.
 */
int record_open(struct record_output *output, const char *path,
		const struct record_opts *opts);
/* There is nothing to record: remove a new file. */
void record_cancel(struct record_output *output);

/*
 * Now that there is something to record, forget an earlier recording in the file, or
 * keep it under another name if earlier files are kept. Returns the exit code.
 */
int output_begin(struct record_output *output);
/*
 * Close the file, after it got its end, and begin another one under its name; it keeps
 * the earlier ones. Returns the exit code.
 */
int output_next(struct record_output *output);
/*
 * Whether there can be another file when SIGHUP asks for it: this one was renamed, or
 * earlier files are kept. If not, says so on stderr.
 */
bool output_can_reopen(const struct record_output *output);
/* Close it. A full file system may be reported only now: returns status, or another exit code. */
int output_close(struct record_output *output, int status);
/* Capabilities, as bits, that making another file takes. */
u64 output_capabilities(const struct record_output *output);

#endif
