/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command that judges a stream by the rules, live, recorded or from a
 * pipe. What a verdict looks like is in check_report.c.
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
	const char *junit; /* where JUnit XML goes, NULL: nowhere */
	const char *vmlinux; /* with call sites, NULL: look for it */
};

struct check {
	struct stream *stream;
	const struct check_opts *opts;
	struct call_sites *sites;
	enum check_verdict verdict;
	const char *missing; /* why not everything was judged, NULL if it was */
	bool interrupted;
};

/* Until the stream is over, the time is up or a signal comes. The exit code. */
int check_run(struct stream *stream, const struct check_opts *opts);

/* For whoever read the stream to its end another way: sets the verdict. */
void check_judge(struct check *check);

/* KTAP on standard output, and JUnit XML to a file: 0 or -errno. */
int check_ktap(const struct check *check, FILE *out);
int check_junit(const struct check *check, const char *path);
/* Whether a rule is to be told of: budgets only where one was set. */
bool check_is_told(const struct check *check, enum rule_id rule);

#endif
