/* SPDX-License-Identifier: GPL-2.0 */
/* The command line: commands, options and help. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>
#include "answers/plan_add.h"
#include "check/check.h"
#include "record/record.h"
#include "report/report.h"
#include "serve/serve.h"
#include "view/view.h"

enum cli_command {
	CLI_TOP,
	CLI_RECORD,
	CLI_REPLAY,
	CLI_CHECK,
	CLI_PLAN,
	CLI_LIST,
	CLI_EXPLAIN,
	CLI_DOCTOR,
	CLI_SERVE,
	CLI_EXPORT,
	CLI_REPORT,
	CLI_DIFF
};

#define CLI_FILES_MAX 256

/* A time in a recording */
struct cli {
	enum cli_command command;
	const char *file; /* the first to read; NULL if not given */
	const char *output; /* file to write, NULL if not given */
	const char *files[CLI_FILES_MAX]; /* all those to replay or check */
	unsigned int nr_files;
	const char *rules_file; /* of check, NULL: none */
	const char *question; /* of plan: "offline" or "add" */
	const char *memory; /* of plan and explain: what it is about */
	struct view_opts view;
	char settings[1024]; /* the path in view */
	struct check_opts check;
	struct serve_opts serve;
	struct report_opts report;
	struct record_opts record;
	bool has_source; /* the user asked for it */
	enum source_kind source;
	bool follow;
	bool perfetto, ndjson; /* the format of export */
	bool csv; /* the format of report */
	const char *at; /* an address for plan add, a time for replay */
	bool now; /* what needs attention, of doctor */
	bool all; /* a line for each memory block, of plan offline and list */
	bool no_forecast; /* of list */
	bool pages; /* what the pages are, of plan offline */
	struct plan_add_opts add; /* of plan add */
	/* As typed, NULL: not given */
	const char *since, *until;
	const char *moments[2]; /* of the files of diff */
};

/*
 * Parse the command line. True: run the command. False: exit with *status, as
 * the help or version was printed, or an error was reported.
 */
bool cli_parse(struct cli *cli, int argc, char **argv, int *status);

#endif
