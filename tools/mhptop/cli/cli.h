/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line: commands, options, help, exit codes. What the commands do
 * is in record.c, batch.c, dashboard.c and doctor.c.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>
#include "rules/rules.h"
#include "view/view.h"

/* Exit codes of mhptop, all of them. */
enum cli_status {
	CLI_OK = 0,
	CLI_FAILED = 1, /* the tool failed */
	CLI_USAGE = 2,
	CLI_VIOLATED = 3, /* a rule was violated */
	CLI_UNSUPPORTED = 4, /* not supported or not permitted here */
	CLI_UNKNOWN = 5, /* events were lost */
	CLI_DAMAGED = 6, /* a recording is damaged, foreign or too new */
};

enum cli_command { CLI_TOP, CLI_RECORD, CLI_REPLAY, CLI_CHECK, CLI_DOCTOR };

enum cli_format { CLI_DASHBOARD, CLI_TEXT, CLI_JSON };

struct cli {
	enum cli_command command;
	enum cli_format format;
	double delay; /* in s, 0 if none was given */
	unsigned long frames; /* 0: no limit */
	const char *file; /* to record to, or to replay; NULL if none was given */
	double seconds; /* that a live check takes, 0: until it is interrupted */
	const char *junit; /* where JUnit XML goes, NULL: nowhere */
	const char *vmlinux; /* with call sites, NULL: look for it */
	struct rules_opts rules;
	struct view_opts view;
	char sort[32]; /* what view.sort points to */
};

/*
 * Read the command line. true: go on; false: all is done or wrong and said,
 * exit with *status.
 */
bool cli_parse(struct cli *cli, int argc, char **argv, int *status);

/* The status for an error that ended the reading of a recording, */
int cli_stream_status(int err);
/* and for one that kept a live source from being opened. */
int cli_live_status(int err);
/*
 * The status of a run in which nothing went wrong, except that events may have
 * been lost: that is said on stderr, with when it was.
 */
int cli_lost_status(u64 lost, u64 seen, const char *when);
/* The same for what was shown of a model. */
int cli_shown_status(const struct model *model);
/*
 * After all was printed to standard output that has to be: the status, or that
 * of not getting it there, with why on stderr.
 */
int cli_printed(int status);
/* "mhptop: …" on stderr; returns the status for the caller to return. */
int cli_fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
