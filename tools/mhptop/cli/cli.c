// SPDX-License-Identifier: GPL-2.0
/* Parses the command line, driven by the table of options. */
#include <getopt.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers/target.h"
#include "base/moment.h"
#include "base/units.h"
#include "cli/options.h"
#include "cli/value.h"
#include "serve/listen.h"

/* Always false, for cli_parse() to return. */
static bool print_hint(const struct cli *cli, int *status)
{
	const struct cli_command_info *info = &cli_commands[cli->command];

	fprintf(stderr, "Try 'mhptop%s%s --help'.\n", *info->name ? " " : "",
		info->name);
	*status = STATUS_USAGE;
	return false;
}

#define DAY_NS (10 * 86400 * LOOP_NS)

/* The day is known only once the recording is read; any will do. name is that of the option, NULL: none. */
static int check_moment(const struct cli *cli, const char *name,
			const char *text)
{
	struct moment moment;

	if (!text || (!moment_parse(&moment, text, cli->view.time, DAY_NS) &&
		      moment.ns >= 0))
		return STATUS_OK;
	return cli_refuse_value(name, MOMENT_EXAMPLE, text);
}

/* "run.ndjson@+5s": of the recordings of diff, each may have a time, unless a file has that name. */
static int parse_diff(struct cli *cli)
{
	unsigned int i;
	char *at;

	if (cli->nr_files != 2)
		return status_fail(
			STATUS_USAGE,
			"diff needs two recordings, or one twice with times: A@TIME B@TIME");
	for (i = 0; i < 2; i++) {
		at = strrchr(cli->files[i], '@');
		if (!at || !access(cli->files[i], F_OK))
			continue;
		/* It is one of the arguments of the program, which may be changed. */
		*at = '\0';
		cli->moments[i] = at + 1;
		if (check_moment(cli, NULL, cli->moments[i]))
			return STATUS_USAGE;
	}
	return STATUS_OK;
}

/* What it means depends on the command, which may follow. */
static int check_at(struct cli *cli)
{
	const char *end;

	if (!cli->at)
		return 0;
	if (cli->command == CLI_REPLAY) {
		cli->view.at = cli->at;
		return check_moment(cli, "at", cli->at);
	}
	cli->add.has_address = true;
	if (!number_parse(&cli->add.address, cli->at, true, &end) && !*end)
		return 0;
	return cli_refuse_value("at", "an address such as 0x100000000",
				cli->at);
}

/* The first argument is the command, the others are a question or the files of a command that reads some. */
static int parse_argument(struct cli *cli, const char *arg, int nth)
{
	enum cli_command command;

	if (!nth) {
		for (command = CLI_RECORD; cli_commands[command].name;
		     command++)
			if (!strcmp(cli_commands[command].name, arg))
				break;
		if (!cli_commands[command].name)
			return status_fail(STATUS_USAGE, "unknown command '%s'",
					   arg);
		cli->command = command;
		return 0;
	}
	if (cli->command == CLI_PLAN && nth <= 2) {
		*(nth == 1 ? &cli->question : &cli->memory) = arg;
		return 0;
	}
	if (cli->command == CLI_EXPLAIN && nth == 1) {
		cli->memory = arg;
		return 0;
	}
	if (cli->command != CLI_REPLAY && cli->command != CLI_CHECK &&
	    cli->command != CLI_EXPLAIN && cli->command != CLI_SERVE &&
	    cli->command != CLI_EXPORT && cli->command != CLI_REPORT &&
	    cli->command != CLI_DIFF)
		return status_fail(STATUS_USAGE, "unexpected argument '%s'",
				   arg);
	if (cli->nr_files == CLI_FILES_MAX)
		return status_fail(STATUS_USAGE, "more than %d files",
				   CLI_FILES_MAX);
	cli->files[cli->nr_files++] = arg;
	cli->file = cli->files[0];
	return 0;
}

/* Make the arguments of getopt_long() from the table of options. */
static void make_getopt(struct option *longs, char *shorts)
{
	const struct cli_option *option = cli_options;

	/* "-" keeps the order of arguments, ":" reports missing values. */
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

static int check_options(const struct cli *cli, unsigned long long used)
{
	const struct cli_option *option = cli_options;
	const char *name = cli_commands[cli->command].name;
	int i;

	for (i = 0; option->name; option++, i++) {
		if (!(used & 1ULL << i) || option->commands & 1 << cli->command)
			continue;
		if (!*name)
			return status_fail(
				STATUS_USAGE,
				"--%s cannot be used without a command",
				option->name);
		return status_fail(STATUS_USAGE,
				   "--%s cannot be used with 'mhptop %s'",
				   option->name, name);
	}
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

/*
 * In a group of letters such as -bx only the letter is wrong. A long option has
 * a letter, or another value, only if it is known but takes no argument.
 */
static int refuse_option(const char *word, int letter)
{
	if (!strncmp(word, "--", 2) && letter)
		return status_fail(STATUS_USAGE, "%.*s takes no value",
				   (int)strcspn(word, "="), word);
	if (!letter)
		return status_fail(STATUS_USAGE, "unknown option %s", word);
	return status_fail(STATUS_USAGE, "unknown option -%c", letter);
}

static bool is_file_option(int option)
{
	return option == CLI_OPT_OUTPUT || option == CLI_OPT_JUNIT ||
	       option == CLI_OPT_VMLINUX || option == CLI_OPT_RULES;
}

static int parse_all(struct cli *cli, int argc, char **argv,
		     unsigned long long *used)
{
	struct option longs[CLI_OPTIONS_MAX + 1];
	char shorts[2 * CLI_OPTIONS_MAX + 3];
	int option, args = 0, err = 0;

	make_getopt(longs, shorts);
	opterr = 0;
	while (!err &&
	       (option = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		*used |= option_bit(option);
		if (optarg && !*optarg && is_file_option(option))
			err = status_fail(STATUS_USAGE,
					  "--%s needs a file, not ''",
					  cli_option_name(option));
		else if (option == 1)
			err = parse_argument(cli, optarg, args++);
		else if (option == ':')
			err = status_fail(STATUS_USAGE, "%s needs a value",
					  argv[optind - 1]);
		else if (option == '?')
			err = refuse_option(argv[optind - 1], optopt);
		else
			err = cli_value_take(cli, option, optarg);
	}
	while (!err && optind < argc)
		err = parse_argument(cli, argv[optind++], args++);
	return err;
}

/* As the XDG Base Directory Specification has it. False if there is no place for settings. */
static bool settings_path(char *path, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int len = 0;

	/* A relative path is to be ignored. */
	if (config && *config == '/')
		len = snprintf(path, size, "%s/mhptop/dashboard", config);
	else if (home && *home == '/')
		len = snprintf(path, size, "%s/.config/mhptop/dashboard", home);
	return len > 0 && (size_t)len < size;
}

static void set_defaults(struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR");

	memset(cli, 0, sizeof(*cli));
	cli->record.keep = RECORD_KEEP;
	cli->record.patience_ns = RECORD_PATIENCE_NS;
	cli->view.color = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	if (settings_path(cli->settings, sizeof(cli->settings)))
		cli->view.settings = cli->settings;
	cli->view.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

static int check_add(struct cli *cli)
{
	if (!cli->memory)
		return status_fail(STATUS_USAGE,
				   "plan add needs a size such as 2G");
	if (size_parse(&cli->add.bytes, cli->memory))
		return status_fail(STATUS_USAGE,
				   "plan add needs a size such as 2G, not '%s'",
				   cli->memory);
	if (cli->all || cli->pages)
		return status_fail(STATUS_USAGE,
				   "--all and --pages are for plan offline");
	return 0;
}

static int check_question(struct cli *cli)
{
	if (cli->command == CLI_DOCTOR && cli->view.format == VIEW_JSON &&
	    !cli->now)
		return status_fail(STATUS_USAGE,
				   "--json needs --now with 'mhptop doctor'");
	if (cli->command == CLI_EXPLAIN && !cli->memory)
		return status_fail(
			STATUS_USAGE,
			"explain needs a memory block such as memory32, an address or a range");
	if (cli->command != CLI_PLAN)
		return 0;
	if (cli->question && !strcmp(cli->question, "add"))
		return check_add(cli);
	if (!cli->question || strcmp(cli->question, "offline"))
		return status_fail(
			STATUS_USAGE,
			"plan needs 'offline' and memory, or 'add' and a size, not '%s'",
			cli->question ? cli->question : "");
	if (cli->add.has_address || cli->add.mode)
		return status_fail(STATUS_USAGE,
				   "--at and --mode are for plan add");
	if (!cli->memory)
		return status_fail(STATUS_USAGE,
				   "plan offline needs memory: %s",
				   TARGET_WHAT);
	return 0;
}

/* What writes another file needs one, and what keeps earlier ones makes them. */
static int check_record(const struct cli *cli, bool keeps)
{
	const struct record_opts *opts = &cli->record;
	const char *option = opts->max_bytes	? "max-size" :
			     opts->flight_bytes ? "flight" :
			     opts->reopen	? "reopen" :
						  NULL;

	if (opts->max_bytes && opts->flight_bytes)
		return status_fail(
			STATUS_USAGE,
			"--max-size and --flight cannot be used together");
	if (option && (!cli->output || !strcmp(cli->output, "-")))
		return status_fail(STATUS_USAGE, "--%s needs -o FILE", option);
	if (keeps && !option)
		return status_fail(
			STATUS_USAGE,
			"--keep needs --max-size, --flight or --reopen");
	return 0;
}

static int check_serve(const struct serve_opts *serve)
{
	const struct sockaddr *address =
		(const struct sockaddr *)&serve->address.socket;
	char text[ADDRESS_TEXT_MAX];

	if (!serve->files.certificate != !serve->files.key)
		return status_fail(
			STATUS_USAGE,
			"--tls-cert and --tls-key can only be used together");
	if (credential_files_are_given(&serve->files) && !serve->listens)
		return status_fail(
			STATUS_USAGE,
			"%s protects what is served: it needs --listen beside --textfile",
			serve->files.token ? "--token-file" : "--tls-cert");
	if (serve->listens && !listen_is_allowed(address, &serve->files))
		return status_fail(
			STATUS_USAGE,
			"--listen %s: other machines can reach this address, which needs --tls-cert, --tls-key and --token-file",
			address_text(text, address));
	return 0;
}

static int check_files(const struct cli *cli)
{
	if (cli->has_source && cli->source == SOURCE_SYSFS &&
	    cli->command != CLI_TOP && cli->command != CLI_EXPLAIN &&
	    cli->command != CLI_SERVE)
		return status_fail(
			STATUS_USAGE,
			"--source sysfs has no events: 'mhptop %s' needs events or probes",
			cli_commands[cli->command].name);
	if (cli->has_source && cli->file && cli->command != CLI_RECORD)
		return status_fail(STATUS_USAGE,
				   "--source is for live events, not for %s",
				   cli->file);
	if (cli->follow && cli->nr_files > 1)
		return status_fail(STATUS_USAGE,
				   "--follow needs one FILE, not %u",
				   cli->nr_files);
	if (cli->command == CLI_EXPORT && cli->perfetto == cli->ndjson)
		return status_fail(
			STATUS_USAGE,
			"export needs one format: --perfetto or --ndjson");
	if (cli->command == CLI_REPORT && cli->csv &&
	    cli->view.format == VIEW_JSON)
		return status_fail(STATUS_USAGE,
				   "--csv and --json cannot be used together");
	if ((cli->command == CLI_EXPORT || cli->command == CLI_REPLAY ||
	     cli->command == CLI_REPORT) &&
	    isatty(STDIN_FILENO) && (!cli->file || !strcmp(cli->file, "-")))
		return status_fail(
			STATUS_USAGE,
			"%s needs a FILE or a recording on standard input",
			cli_commands[cli->command].name);
	if (cli->view.format == VIEW_DASHBOARD && !isatty(STDOUT_FILENO) &&
	    (cli->command == CLI_TOP || cli->command == CLI_REPLAY))
		return status_fail(
			STATUS_USAGE,
			"standard output is not a terminal: use -b or --json");
	return 0;
}

bool cli_parse(struct cli *cli, int argc, char **argv, int *status)
{
	unsigned long long used = 0;

	set_defaults(cli);
	*status = parse_all(cli, argc, argv, &used);
	if (*status == STATUS_OK && used & option_bit(CLI_OPT_HELP)) {
		cli_help(cli->command, stdout);
		*status = status_printed(STATUS_OK);
		return false;
	}
	if (*status == STATUS_OK && used & option_bit(CLI_OPT_VERSION)) {
		cli_version(stdout);
		*status = status_printed(STATUS_OK);
		return false;
	}
	if (*status == STATUS_OK)
		*status = check_options(cli, used);
	cli->view.time_given = used & option_bit(CLI_OPT_TIME);
	if (!(used & option_bit(CLI_OPT_TIME)) &&
	    cli->view.format == VIEW_DASHBOARD)
		cli->view.time = TIME_AS_LOCAL;
	if (!cli->serve.listens && !cli->serve.textfile && *status == STATUS_OK)
		*status = cli_value_take(cli, CLI_OPT_LISTEN, SERVE_ADDRESS);
	cli->serve.from_pipe = cli_reads_pipe(cli);
	cli->report.output = cli->output;
	if (cli->output && cli->report.format == REPORT_TEXT)
		cli->report.format = REPORT_HTML;
	if (*status == STATUS_OK)
		*status = check_at(cli)					 ?:
				  check_moment(cli, "since", cli->since) ?:
				  check_moment(cli, "until", cli->until);
	if (*status == STATUS_OK)
		*status = check_files(cli);
	if (*status == STATUS_OK && cli->command == CLI_RECORD)
		*status = check_record(cli, used & option_bit(CLI_OPT_KEEP));
	if (*status == STATUS_OK && cli->command == CLI_DIFF)
		*status = parse_diff(cli);
	if (*status == STATUS_OK && cli->command == CLI_SERVE)
		*status = check_serve(&cli->serve);
	if (*status == STATUS_OK)
		*status = check_question(cli);
	if (*status == STATUS_OK)
		*status = cli_check_written(cli);
	if (*status == STATUS_OK)
		return true;
	return print_hint(cli, status);
}
