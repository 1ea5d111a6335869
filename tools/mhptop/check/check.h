/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command that checks a stream against the rules: live, from a recording, or
 * from a pipe.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include "base/units.h"
#include "check/call_site.h"
#include "rules/verdict.h"
#include "source/stream.h"

struct check_opts {
	struct rules_opts rules;
	u64 for_ns; /* how long a live check takes, 0: until it is interrupted */
	u64 until_ns; /* when reading a pipe ends, by loop_now(); 0: when for_ns are over */
	enum time_style time; /* of events */
	const char *junit; /* file for JUnit XML, NULL: none */
	FILE *junit_pipe; /* the same if it is a FIFO: check_open_pipe() opened it */
	const char *vmlinux; /* file for call sites, NULL: look for one */
};

struct check {
	struct stream *stream;
	const struct check_opts *opts;
	struct call_sites *sites;
	struct verdict verdict;
	FILE *junit; /* NULL if there is none */
	bool junit_failed; /* it could not be opened, as a message said */
	bool interrupted;
	int signals; /* from loop_signals() */
};

/*
 * Open the file for JUnit XML if it is a FIFO. That waits for the reader, so do not
 * hold signals yet. Returns the exit code, after errors were reported on stderr.
 */
int check_open_pipe(struct check_opts *opts);
/* Check until the end of the stream, the end of the time, or a signal. The exit code. */
int check_run(struct stream *stream, const struct check_opts *opts);

/* Set the verdict for a stream that was read to its end. */
void check_judge(struct check *check);

/* Print the verdict as KTAP or as JUnit XML: 0 or -errno. */
int check_ktap(const struct check *check, FILE *out);
int check_junit(const struct check *check, FILE *out);

#endif
