/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of commands and options, private to cli/. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/status.h"
#include "cli/cli.h"
#include "rules/config.h"

/* Values of options: below CLI_OPT_LONG_ONLY their letters. */
enum {
	CLI_OPT_BATCH = 'b',
	CLI_OPT_DELAY = 'd',
	CLI_OPT_HELP = 'h',
	CLI_OPT_FRAMES = 'n',
	CLI_OPT_OUTPUT = 'o',
	CLI_OPT_VERSION = 'V',
	CLI_OPT_LONG_ONLY = 256,
	CLI_OPT_JSON = CLI_OPT_LONG_ONLY,
	CLI_OPT_SORT,
	CLI_OPT_FILTER,
	CLI_OPT_ASCII,
	CLI_OPT_NO_COLOR,
	CLI_OPT_SOURCE,
	CLI_OPT_FOLLOW,
	CLI_OPT_SINCE,
	CLI_OPT_UNTIL,
	CLI_OPT_TIME,
	CLI_OPT_LISTEN,
	CLI_OPT_TLS_CERT,
	CLI_OPT_TLS_KEY,
	CLI_OPT_TOKEN_FILE,
	CLI_OPT_TEXTFILE,
	CLI_OPT_PERFETTO,
	CLI_OPT_NDJSON,
	CLI_OPT_CSV,
	CLI_OPT_NOW,
	CLI_OPT_ALL,
	CLI_OPT_NO_FORECAST,
	CLI_OPT_PAGES,
	CLI_OPT_AT,
	CLI_OPT_MODE,
	CLI_OPT_SPEED,
	CLI_OPT_MAX_SIZE,
	CLI_OPT_KEEP,
	CLI_OPT_REOPEN,
	CLI_OPT_FLIGHT,
	CLI_OPT_FOR,
	CLI_OPT_JUNIT,
	CLI_OPT_VMLINUX,
	CLI_OPT_RULES,
	CLI_OPT_SETTING, /* the first of RULES_SETTINGS, the others follow */
};

#define CLI_OPTIONS_MAX 64

struct cli_option {
	int value;
	const char *name; /* NULL ends the table */
	const char *arg; /* name of its value, NULL for none */
	const char *help;
	unsigned int commands; /* that have it, as bits 1 << enum cli_command */
};

struct cli_command_info {
	const char *name; /* "" for no command, NULL ends the table */
	const char *synopsis;
	const char *help;
	const char *more; /* more lines for its own help, may be "" */
};

/* What an exit code means after some commands; the manual page has this table. */
struct cli_status {
	enum status status; /* in this order */
	const char *meaning; /* NULL ends the table */
	unsigned int commands; /* as above */
};

extern const struct cli_option cli_options[];
extern const struct cli_command_info cli_commands[]; /* by enum cli_command */
extern const struct cli_status cli_statuses[];

void cli_help(enum cli_command command, FILE *out);
void cli_version(FILE *out);
/* STATUS_USAGE, after a message: an option names a file to write that is also to be read. */
int cli_check_written(const struct cli *cli);
/* Whether one of the recordings is no file, so that nobody knows when it ends. */
bool cli_reads_pipe(const struct cli *cli);

#endif
