/* SPDX-License-Identifier: GPL-2.0 */
/* What an option sets, and the values that it takes. */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "cli/cli.h"

/* Take an option with its value, NULL if it has none. 0, or an exit status after an error was reported. */
int cli_value_take(struct cli *cli, int option, const char *arg);
/* Report that an option needs something else; name NULL: an argument of diff. Returns the exit status. */
int cli_refuse_value(const char *name, const char *needs, const char *text);
/* The long name of an option, a static string. */
const char *cli_option_name(int value);

#endif
