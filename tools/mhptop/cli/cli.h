/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line: commands, options and help.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>
#include "check/check.h"
#include "view/view.h"

enum cli_command { CLI_TOP, CLI_RECORD, CLI_REPLAY, CLI_CHECK, CLI_DOCTOR };

struct cli {
	enum cli_command command;
	const char *
		file; /* to record to, to replay or to check; NULL if none was given */
	struct view_opts view;
	struct check_opts check;
};

/*
 * Read the command line. true: go on; false: all is done or wrong and said,
 * exit with *status.
 */
bool cli_parse(struct cli *cli, int argc, char **argv, int *status);

#endif
