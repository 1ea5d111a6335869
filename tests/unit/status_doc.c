// SPDX-License-Identifier: GPL-2.0
/* Prints which command ends with which exit code, as an mdoc table for the manual page. */
#include <stdio.h>
#include "cli/options.h"

static bool is_given(enum status status, int command)
{
	const struct cli_status *row;

	for (row = cli_statuses; row->meaning; row++)
		if (row->status == status && row->commands & 1 << command)
			return true;
	return false;
}

int main(void)
{
	enum status status;
	int command;

	puts(".Bl -column \"(none)  \" \"0 \" \"1 \" \"2 \" \"3 \" \"4 \" \"5 \" \"6 \"");
	puts(".It Command Ta 0 Ta 1 Ta 2 Ta 3 Ta 4 Ta 5 Ta 6");
	for (command = 0; cli_commands[command].name; command++) {
		printf(".It %s%s", command ? "Cm " : "(none)",
		       cli_commands[command].name);
		for (status = STATUS_OK; status <= STATUS_DAMAGED; status++)
			printf(" Ta %s",
			       is_given(status, command) ? "x" : "\\&-");
		putchar('\n');
	}
	puts(".El");
	return 0;
}
