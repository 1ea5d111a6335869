/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command that judges a stream by the rules, live, recorded or from a
 * pipe. What a verdict looks like is in check_report.c.
 */
#ifndef CHECK_H
#define CHECK_H

#include "check/call_site.h"
#include "cli/cli.h"
#include "source/stream.h"

enum check_verdict { CHECK_PASS, CHECK_FAIL, CHECK_UNKNOWN };

struct check {
	struct stream *stream;
	const struct cli *cli;
	struct call_sites *sites;
	enum check_verdict verdict;
	const char *missing; /* why not everything was judged, NULL if it was */
	bool interrupted;
};

/* Until the stream is over, the time is up or a signal comes. The exit code. */
int check_run(struct stream *stream, const struct cli *cli);

/* For whoever read the stream to its end another way: sets the verdict. */
void check_judge(struct check *check);

/* KTAP on standard output, and JUnit XML to a file: 0 or -errno. */
int check_ktap(const struct check *check, FILE *out);
int check_junit(const struct check *check, const char *path);
/* Whether a rule is to be told of: budgets only where one was set. */
bool check_is_told(const struct check *check, enum rule_id rule);

#endif
