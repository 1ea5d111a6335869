/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command that judges a stream by the rules, live, recorded or from a
 * pipe. What a verdict looks like is in check_report.c.
 */
#ifndef CHECK_H
#define CHECK_H

#include "cli.h"
#include "rules.h"
#include "stream.h"

#define CHECK_SHOWN 10 /* violations of one rule that are told in full */

enum check_verdict { CHECK_PASS, CHECK_FAIL, CHECK_UNKNOWN };

struct check {
	struct stream *stream;
	const struct cli *cli;
	struct rules *rules;
	struct violation *violations; /* the first CHECK_SHOWN of each rule */
	size_t nr_violations;
	int err; /* -ENOMEM: some could not be kept */
	enum check_verdict verdict;
};

/* Until the stream is over, the time is up or a signal comes. The exit code. */
int check_run(struct stream *stream, const struct cli *cli);

/*
 * The parts of it, for whoever reads the stream another way: begin, which is 0
 * or -ENOMEM; take each record, as a sink; judge when there are no more; end,
 * also after a begin that failed. stream and cli are to be set before.
 */
int check_begin(struct check *check);
int check_take(void *check, const struct mhp_record *record);
void check_judge(struct check *check);
void check_end(struct check *check);

/* KTAP on standard output, and JUnit XML to a file: 0 or -errno. */
int check_ktap(const struct check *check, FILE *out);
int check_junit(const struct check *check, const char *path);
/* Whether a rule is to be told of: budgets only where one was set. */
bool check_is_told(const struct check *check, enum rule_id rule);

#endif
