/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command that checks a stream against the rules: live, from a recording, or
 * from a pipe.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include "check/call_site.h"
#include "rules/rules.h"
#include "source/stream.h"

enum check_verdict { CHECK_PASS, CHECK_FAIL, CHECK_UNKNOWN };

struct check_opts {
	struct rules_opts rules;
	u64 for_ns; /* how long a live check takes, 0: until it is interrupted */
	const char *junit; /* file for JUnit XML, NULL: none */
	const char *vmlinux; /* file for call sites, NULL: look for one */
};

struct check {
	struct stream *stream;
	const struct check_opts *opts;
	struct call_sites *sites;
	enum check_verdict verdict;
	const char *
		missing; /* why the result is inconclusive, NULL if it is not */
	char doubt[160]; /* the reason, if it is model_doubt()'s */
	bool interrupted;
};

/* Check until the end of the stream, the end of the time, or a signal. The exit code. */
int check_run(struct stream *stream, const struct check_opts *opts);

/* Set the verdict for a stream that was read to its end. */
void check_judge(struct check *check);

/* KTAP on standard output, and JUnit XML to a file: 0 or -errno. */
int check_ktap(const struct check *check, FILE *out);
int check_junit(const struct check *check, const char *path);

#endif
