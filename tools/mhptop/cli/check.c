// SPDX-License-Identifier: GPL-2.0
/* The options of check: its own, and the settings of the rules. */
#include <stdlib.h>

#include "cli/options.h"

#define SECONDS_MAX 31536000

static int take_seconds(struct cli *cli, const char *text)
{
	char *end;

	cli->seconds = strtod(text, &end);
	/* Said this way round so that it is false for what is no number. */
	if (end > text && !*end && cli->seconds > 0 &&
	    cli->seconds <= SECONDS_MAX)
		return 0;
	return cli_fail(CLI_USAGE, "--for needs seconds above 0, not \"%s\"",
			text);
}

static int take_setting(struct cli *cli, int option, const char *arg)
{
	const struct cli_option *entry = cli_options;
	char why[256];

	while (entry->value != option)
		entry++;
	if (!rules_set(&cli->rules, entry->name, arg ? arg : "", why,
		       sizeof(why)))
		return 0;
	return cli_fail(CLI_USAGE, "--%s", why);
}

int cli_take_check(struct cli *cli, int option, const char *arg)
{
	char why[512];

	switch (option) {
	case CLI_OPT_FOR:
		return take_seconds(cli, arg);
	case CLI_OPT_JUNIT:
		cli->junit = arg;
		return 0;
	case CLI_OPT_VMLINUX:
		cli->vmlinux = arg;
		return 0;
	case CLI_OPT_RULES:
		if (!rules_read(&cli->rules, arg, why, sizeof(why)))
			return 0;
		return cli_fail(CLI_USAGE, "--rules: %s", why);
	}
	return take_setting(cli, option, arg);
}
