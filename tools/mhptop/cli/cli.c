// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the command line. Which options there are, for which command, is one
 * table; help is in cli_help.c.
 */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "base/plain_text.h"

#define MESSAGE_MAX (PATH_MAX + 512)
#define DELAY_MIN 0.01
#define DELAY_MAX 86400

int cli_fail(int status, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* Arguments and names of files are quoted in it. */
	plain_text(text);
	fprintf(stderr, "mhptop: %s\n", text);
	return status;
}

int cli_stream_status(int err)
{
	return err == -EPROTO || err == -ENOTSUP ? CLI_DAMAGED : CLI_FAILED;
}

int cli_live_status(int err)
{
	return err == -ENOMEM ? CLI_FAILED : CLI_UNSUPPORTED;
}

int cli_lost_status(u64 lost, u64 seen, const char *when)
{
	if (!lost)
		return CLI_OK;
	return cli_fail(CLI_UNKNOWN, "%llu of %llu events were lost %s", lost,
			seen, when);
}

int cli_shown_status(const struct model *model)
{
	return cli_lost_status(
		model_lost(model), model_seen(model),
		model->info.live ?
			"before they could be shown" :
			"when it was recorded: what is shown may be wrong from the first gap on");
}

int cli_printed(int status)
{
	int err;

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	err = errno;
	return cli_fail(CLI_FAILED, "cannot write standard output: %s",
			strerror(err ? err : EIO));
}

static bool is_usage(const struct cli *cli, int *status)
{
	const struct cli_command_info *info = &cli_commands[cli->command];

	fprintf(stderr, "Try 'mhptop%s%s --help'.\n", *info->name ? " " : "",
		info->name);
	*status = CLI_USAGE;
	return false;
}

static int take_delay(struct cli *cli, const char *text)
{
	char *end;

	cli->delay = strtod(text, &end);
	/* Said this way round so that it is false for what is no number. */
	if (end > text && !*end && cli->delay >= DELAY_MIN &&
	    cli->delay <= DELAY_MAX)
		return 0;
	return cli_fail(CLI_USAGE,
			"--delay needs seconds from %g to %d, not \"%s\"",
			DELAY_MIN, DELAY_MAX, text);
}

static int take_frames(struct cli *cli, const char *text)
{
	char *end;

	errno = 0;
	cli->frames = strtoul(text, &end, 10);
	if (!errno && end > text && !*end && *text != '-' && cli->frames)
		return 0;
	return cli_fail(CLI_USAGE,
			"--frames needs a number above 0, not \"%s\"", text);
}

static int take_sort(struct cli *cli, const char *text)
{
	const char *key = text + (*text == '-');

	if (!column_find(key))
		return cli_fail(CLI_USAGE, "--sort: \"%s\" is no column", key);
	snprintf(cli->sort, sizeof(cli->sort), "%s", key);
	cli->view.sort = cli->sort;
	cli->view.reverse = *text == '-';
	return 0;
}

static int take_filter(struct cli *cli, const char *text)
{
	struct block_filter *filter;
	char why[256];
	int err = block_filter_parse(&filter, text, why, sizeof(why));

	if (err)
		return cli_fail(err == -EINVAL ? CLI_USAGE : CLI_FAILED,
				"--filter: %s", why);
	block_filter_free(filter);
	cli->view.filter = text;
	return 0;
}

static int take_option(struct cli *cli, int option, const char *arg)
{
	switch (option) {
	case CLI_OPT_BATCH:
		cli->format = CLI_TEXT;
		return 0;
	case CLI_OPT_JSON:
		cli->format = CLI_JSON;
		return 0;
	case CLI_OPT_DELAY:
		return take_delay(cli, arg);
	case CLI_OPT_FRAMES:
		return take_frames(cli, arg);
	case CLI_OPT_OUTPUT:
		cli->file = arg;
		return 0;
	case CLI_OPT_SORT:
		return take_sort(cli, arg);
	case CLI_OPT_FILTER:
		return take_filter(cli, arg);
	case CLI_OPT_ASCII:
		cli->view.ascii = true;
		return 0;
	case CLI_OPT_NO_COLOR:
		cli->view.color = false;
		return 0;
	}
	return option < CLI_OPT_FOR ? 0 : cli_take_check(cli, option, arg);
}

/* The first word is a command, the second one the file of replay and check. */
static int take_word(struct cli *cli, const char *word, int nth)
{
	enum cli_command command;

	if (!nth) {
		for (command = CLI_RECORD; cli_commands[command].name;
		     command++)
			if (!strcmp(cli_commands[command].name, word))
				break;
		if (!cli_commands[command].name)
			return cli_fail(CLI_USAGE, "\"%s\" is no command",
					word);
		cli->command = command;
		return 0;
	}
	if ((cli->command != CLI_REPLAY && cli->command != CLI_CHECK) ||
	    nth > 1)
		return cli_fail(CLI_USAGE, "what is \"%s\" for?", word);
	cli->file = word;
	return 0;
}

/* What getopt_long() is told, from the table of options. */
static void make_getopt(struct option *longs, char *shorts)
{
	const struct cli_option *option = cli_options;

	/* In order, as the first word decides; and we say what is wrong. */
	shorts += sprintf(shorts, "-:");
	for (; option->name; option++, longs++) {
		*longs = (struct option){
			.name = option->name,
			.has_arg = option->arg ? required_argument :
						 no_argument,
			.val = option->value,
		};
		if (option->value < CLI_OPT_LONG_ONLY)
			shorts += sprintf(shorts, "%c%s", option->value,
					  option->arg ? ":" : "");
	}
	*longs = (struct option){ 0 };
}

static int check_used(const struct cli *cli, unsigned long long used)
{
	const struct cli_option *option = cli_options;
	const char *name = cli_commands[cli->command].name;
	int i;

	for (i = 0; option->name; option++, i++)
		if (used & 1ULL << i && !(option->commands & 1 << cli->command))
			return cli_fail(CLI_USAGE, "--%s is not for mhptop %s",
					option->name,
					*name ? name : "without a command");
	return 0;
}

static unsigned long long option_bit(int value)
{
	int i;

	for (i = 0; cli_options[i].name; i++)
		if (cli_options[i].value == value)
			return 1ULL << i;
	return 0;
}

/* One letter among several has no word of its own. */
static int refuse_option(const char *word, int letter)
{
	if (!strncmp(word, "--", 2) || !letter)
		return cli_fail(CLI_USAGE, "%s is no option", word);
	return cli_fail(CLI_USAGE, "-%c is no option", letter);
}

static int take_all(struct cli *cli, int argc, char **argv,
		    unsigned long long *used)
{
	struct option longs[CLI_OPTIONS_MAX + 1];
	char shorts[2 * CLI_OPTIONS_MAX + 3];
	int option, words = 0, err = 0;

	make_getopt(longs, shorts);
	opterr = 0;
	while (!err &&
	       (option = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		*used |= option_bit(option);
		if (option == 1)
			err = take_word(cli, optarg, words++);
		else if (option == ':')
			err = cli_fail(CLI_USAGE, "%s needs a value",
				       argv[optind - 1]);
		else if (option == '?')
			err = refuse_option(argv[optind - 1], optopt);
		else
			err = take_option(cli, option, optarg);
	}
	while (!err && optind < argc)
		err = take_word(cli, argv[optind++], words++);
	return err;
}

static void set_defaults(struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR");

	memset(cli, 0, sizeof(*cli));
	cli->view.color = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	cli->view.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

static int check_terminal(const struct cli *cli)
{
	if (cli->command == CLI_REPLAY && isatty(STDIN_FILENO) &&
	    (!cli->file || !strcmp(cli->file, "-")))
		return cli_fail(
			CLI_USAGE,
			"replay needs a FILE, or a recording on standard input");
	if (cli->format == CLI_DASHBOARD && !isatty(STDOUT_FILENO) &&
	    (cli->command == CLI_TOP || cli->command == CLI_REPLAY))
		return cli_fail(
			CLI_USAGE,
			"standard output is no terminal: use -b or --json");
	return 0;
}

bool cli_parse(struct cli *cli, int argc, char **argv, int *status)
{
	unsigned long long used = 0;

	set_defaults(cli);
	*status = take_all(cli, argc, argv, &used);
	if (*status == CLI_OK && used & option_bit(CLI_OPT_HELP)) {
		cli_help(cli->command, stdout);
		*status = cli_printed(CLI_OK);
		return false;
	}
	if (*status == CLI_OK && used & option_bit(CLI_OPT_VERSION)) {
		cli_version(stdout);
		*status = cli_printed(CLI_OK);
		return false;
	}
	if (*status == CLI_OK)
		*status = check_used(cli, used);
	if (*status == CLI_OK)
		*status = check_terminal(cli);
	if (*status == CLI_OK)
		return true;
	return is_usage(cli, status);
}
