// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of commands and options, and the help that is made from them, the
 * columns and the rules.
 */
#include "base/fit.h"
#include "cli/options.h"

#ifndef MHPTOP_VERSION
#define MHPTOP_VERSION "unknown"
#endif

#define HELP_COLS 80

#define TOP (1 << CLI_TOP)
#define RECORD (1 << CLI_RECORD)
#define REPLAY (1 << CLI_REPLAY)
#define CHECK (1 << CLI_CHECK)
#define PLAN (1 << CLI_PLAN)
#define LIST (1 << CLI_LIST)
#define EXPLAIN (1 << CLI_EXPLAIN)
#define DOCTOR (1 << CLI_DOCTOR)
#define SERVE (1 << CLI_SERVE)
#define EXPORT (1 << CLI_EXPORT)
#define REPORT (1 << CLI_REPORT)
#define DIFF (1 << CLI_DIFF)
#define READS (REPLAY | CHECK | EXPLAIN | SERVE | EXPORT | REPORT | DIFF)
#define LIVE (TOP | RECORD | CHECK | EXPLAIN | SERVE)
#define ALL (LIVE | READS | PLAN | LIST | DOCTOR)

const struct cli_command_info cli_commands[] = {
	[CLI_TOP] = { "", "[options]",
		      "live dashboard, or frames with -b or --json",
		      "Without the mhp events, mhptop makes them from probes in the functions of the\n"
		      "kernel. If it may not do that either, it polls sysfs and reports what is\n"
		      "missing. It prints frames until interrupted; the last frame also shows the\n"
		      "result of the self-check.\n" },
	[CLI_RECORD] = { "record", "[options]",
			 "write events to a recording until interrupted",
			 "The first line is a header, the last line has the totals. A second\n"
			 "interrupt stops the recorder without waiting for the reader. FILE.mhp is\n"
			 "written in binary form, which costs less; anything else as NDJSON. FILE.zst\n"
			 "and FILE.mhp.zst are packed. Earlier files are FILE.1, FILE.2 and so on. With\n"
			 "--flight, SIGUSR1 writes FILE at once.\n" },
	[CLI_REPLAY] = { "replay", "[options] [FILE...]",
			 "dashboard or frames from a recording or a pipe",
			 "-b and --json print only the last frame; with -d, or -n above 1, they also\n"
			 "print a frame for every SEC seconds of recorded time. TIME is a time as\n"
			 "printed with the events or, with a unit, since the recorder started.\n"
			 "Several files are read one after the other.\n" },
	[CLI_CHECK] = { "check", "[options] [FILE...]",
			"check a recording, a pipe or live events against the rules",
			"Prints KTAP, one test per rule. Without FILE, checks live events until\n"
			"interrupted or, with --for, for SEC seconds; - is standard input. A time is\n"
			"in seconds, or has a unit: ns, us, ms, s, m or h.\n" },
	[CLI_PLAN] = { "plan", "[options] offline MEMORY|add SIZE",
		       "forecast whether memory can go offline, or be added",
		       "MEMORY is a range such as 0x100000000-0x13fffffff, an address, a block such as\n"
		       "memory32, a node such as node1, or a device such as dax0.0, virtio0 or\n"
		       "PNP0C80:00. SIZE is that of memory to add as one range, such as 2G: the answer\n"
		       "says who would host its memmap, in how many pages, and whether they are free.\n"
		       "Nothing is changed.\n" },
	[CLI_LIST] = { "list", "[options]",
		       "list memory with zones, hosting, devices and forecasts",
		       "As lsmem does, in ranges of memory blocks that have everything in common. CAN GO\n"
		       "says whether each of the blocks could go offline now; it needs root.\n" },
	[CLI_EXPLAIN] = { "explain", "[options] BLOCK|ADDRESS|RANGE [FILE...]",
			  "one page about a memory block, and why it did not go",
			  "BLOCK is memory39 or 39, ADDRESS a physical address such as 0x138000000. Without\n"
			  "FILE, explains what the running kernel shows; with a recording, the block's\n"
			  "whole life, and what to do if its last operation failed or has not ended. Of a\n"
			  "RANGE such as 0x100000000-0x13fffffff, the tries to remove it, and what refused.\n" },
	[CLI_DOCTOR] = { "doctor", "[--now [--json]]",
			 "report what mhptop needs, what is missing and what to do",
			 "With --now, lists what needs attention on this machine, and what to do about\n"
			 "it.\n" },
	[CLI_SERVE] = { "serve", "[options] [FILE...]",
			"serve a page for a browser and metrics for Prometheus",
			"The page is on /, metrics are on /metrics, until interrupted. Without FILE they\n"
			"are those of this machine; - is standard input, such as a pipe from a running\n"
			"recorder. docs/serve.md lists the metrics.\n" },
	[CLI_EXPORT] = { "export", "--perfetto|--ndjson [FILE...]",
			 "write a recording in another format",
			 "The result goes to standard output. --perfetto: JSON that Perfetto and Chrome\n"
			 "read, with operations as slices and the pages of zones as counters. --ndjson:\n"
			 "what the recorder would have written to a file that is not FILE.mhp.\n" },
	[CLI_REPORT] = { "report", "[options] [FILE...]",
			 "report what each operation took, and what was in its way",
			 "One line for each operation with its phases, then the times of each kind, pages\n"
			 "in the way and retries. With -o, a page for a browser, in one file without\n"
			 "scripts; -o with --csv or --json writes that instead.\n" },
	[CLI_DIFF] = { "diff", "[--json] A[@TIME] B[@TIME]",
		       "what differs between two recordings, or two moments",
		       "Compares accounts, results of operations and violations at the ends, or at TIME,\n"
		       "as printed with the events or, with a unit, since the recorder started. Times of\n"
		       "operations are shown, but are no difference.\n" },
	{ 0 },
};

enum { FIRST = __COUNTER__ + 1 };

const struct cli_option cli_options[] = {
	{ CLI_OPT_BATCH, "batch", NULL, "print frames as text", TOP | REPLAY },
	{ CLI_OPT_JSON, "json", NULL,
	  "print frames as JSON, one object per line; other commands: the answer",
	  TOP | REPLAY | PLAN | LIST | REPORT | DIFF | DOCTOR },
	{ CLI_OPT_DELAY, "delay", "SEC", "seconds between frames (default 1)",
	  TOP | REPLAY },
	{ CLI_OPT_FRAMES, "frames", "N", "stop after N frames", TOP | REPLAY },
	{ CLI_OPT_OUTPUT, "output", "FILE",
	  "output file, binary if FILE.mhp (default: -, standard output)",
	  RECORD | REPORT },
	{ CLI_OPT_SORT, "sort", "KEY",
	  "sort by a column, -KEY for descending order", TOP | REPLAY },
	{ CLI_OPT_FILTER, "filter", "EXPR", "show only matching blocks",
	  TOP | REPLAY },
	{ CLI_OPT_TIME, "time", "STYLE",
	  "show times as " TIME_STYLES
	  " (default: mono; dashboard, explain: local)",
	  TOP | REPLAY | CHECK | EXPLAIN | REPORT },
	{ CLI_OPT_ASCII, "ascii", NULL, "use ASCII characters only",
	  TOP | REPLAY },
	{ CLI_OPT_NO_COLOR, "no-color", NULL,
	  "use no colours, as with NO_COLOR=1", TOP | REPLAY },
	{ CLI_OPT_SOURCE, "source", "KIND",
	  "live source: events, probes or sysfs (default: the best)",
	  TOP | RECORD | CHECK | EXPLAIN | SERVE },
	{ CLI_OPT_FOLLOW, "follow", NULL,
	  "read on as the recorder writes, until its totals", REPLAY },
	{ CLI_OPT_SINCE, "since", "TIME", "show events and frames from TIME on",
	  REPLAY },
	{ CLI_OPT_UNTIL, "until", "TIME",
	  "stop after the last event up to TIME", REPLAY },
	{ CLI_OPT_LISTEN, "listen", "ADDR:PORT",
	  "address to serve on (default " SERVE_ADDRESS ")", SERVE },
	{ CLI_OPT_TLS_CERT, "tls-cert", "FILE",
	  "serve HTTPS with this certificate, and with --tls-key", SERVE },
	{ CLI_OPT_TLS_KEY, "tls-key", "FILE",
	  "the key of the certificate, which other users may not read", SERVE },
	{ CLI_OPT_TOKEN_FILE, "token-file", "FILE",
	  "answer only those who send the token in FILE", SERVE },
	{ CLI_OPT_TEXTFILE, "textfile", "FILE",
	  "keep the metrics in FILE; serve them only with --listen", SERVE },
	{ CLI_OPT_PERFETTO, "perfetto", NULL,
	  "write a trace for Perfetto or chrome://tracing", EXPORT },
	{ CLI_OPT_NDJSON, "ndjson", NULL, "write the lines of a recording",
	  EXPORT },
	{ CLI_OPT_CSV, "csv", NULL, "print the report as CSV", REPORT },
	{ CLI_OPT_ALL, "all", NULL,
	  "a line for each memory block, instead of ranges", PLAN | LIST },
	{ CLI_OPT_NO_FORECAST, "no-forecast", NULL,
	  "leave out whether memory can go offline: faster, and without root",
	  LIST },
	{ CLI_OPT_PAGES, "pages", NULL,
	  "also print how many pages there are of each kind", PLAN },
	{ CLI_OPT_NOW, "now", NULL, "list what needs attention now", DOCTOR },
	{ CLI_OPT_AT, "at", "ADDR|TIME",
	  "the moment to show; plan: the address of the memory (default: above all memory)",
	  PLAN | REPLAY },
	{ CLI_OPT_SPEED, "speed", "N",
	  "play from the start, or from --at, N times as fast", REPLAY },
	{ CLI_OPT_MODE, "mode", "MODE",
	  "memmap_on_memory N, Y, force or range (default: this kernel's)",
	  PLAN },
	{ CLI_OPT_MAX_SIZE, "max-size", "SIZE",
	  "begin another file before FILE is larger, and keep earlier ones",
	  RECORD },
	{ CLI_OPT_KEEP, "keep", "N", "keep N earlier files (default 9)",
	  RECORD },
	{ CLI_OPT_REOPEN, "reopen", NULL,
	  "begin another file on SIGHUP, for logrotate", RECORD },
	{ CLI_OPT_FLIGHT, "flight", "SIZE",
	  "keep the latest SIZE in memory; write FILE when something fails",
	  RECORD },
	{ CLI_OPT_FOR, "for", "SEC",
	  "stop checking live events after SEC seconds", CHECK },
	{ CLI_OPT_JUNIT, "junit", "FILE", "also write the verdict as JUnit XML",
	  CHECK },
	{ CLI_OPT_VMLINUX, "vmlinux", "FILE",
	  "vmlinux for looking up source lines", CHECK | REPORT },
	{ CLI_OPT_RULES, "rules", "FILE",
	  "read settings from FILE, one per line", CHECK },
#define SETTING(name, arg, help) \
	{ CLI_OPT_SETTING + __COUNTER__ - FIRST, name, arg, help, CHECK },
	RULES_SETTINGS(SETTING){ CLI_OPT_HELP, "help", NULL, "show this help",
				 ALL },
	{ CLI_OPT_VERSION, "version", NULL, "show the version", TOP },
	{ 0 },
};

/* What an option takes and does in some of its commands; their own help says only that. */
static const struct own_help {
	int value;
	unsigned int commands;
	const char *arg;
	const char *help;
} own_helps[] = {
	{ CLI_OPT_JSON, REPLAY, NULL,
	  "print frames as JSON, one object per line" },
	{ CLI_OPT_JSON, PLAN | LIST | REPORT | DIFF | DOCTOR, NULL,
	  "print the answer as JSON" },
	{ CLI_OPT_OUTPUT, REPORT, "FILE",
	  "write a page for a browser to FILE; with --csv or --json, write that" },
	{ CLI_OPT_AT, REPLAY, "TIME", "the moment to show" },
	{ CLI_OPT_AT, PLAN, "ADDR",
	  "the address of the memory (default: above all memory)" },
};

const struct cli_status cli_statuses[] = {
	{ STATUS_OK, "success", ALL & ~(CHECK | PLAN | DIFF | DOCTOR) },
	{ STATUS_OK, "all rules that were judged passed", CHECK },
	{ STATUS_OK, "yes: the memory can go offline, or be added", PLAN },
	{ STATUS_OK, "what was compared is equal", DIFF },
	{ STATUS_OK, "nothing is missing; --now: nothing needs attention",
	  DOCTOR },
	{ STATUS_FAILED, "mhptop failed; a line on standard error says why",
	  ALL },
	{ STATUS_USAGE, "the command line is wrong", ALL },
	{ STATUS_VIOLATED, "a rule was violated", CHECK },
	{ STATUS_VIOLATED, "no: the memory cannot go offline, or be added",
	  PLAN },
	{ STATUS_VIOLATED, "what was compared differs", DIFF },
	{ STATUS_VIOLATED, "--now: something needs attention", DOCTOR },
	{ STATUS_UNSUPPORTED, "not supported or not permitted on this system",
	  LIVE | PLAN | LIST | DOCTOR },
	{ STATUS_UNKNOWN,
	  "inconclusive: events were lost, or accounts found no room",
	  (LIVE | READS) & ~(CHECK | SERVE) },
	{ STATUS_UNKNOWN,
	  "inconclusive: events are missing, an operation has not ended, or nothing happened",
	  CHECK },
	{ STATUS_UNKNOWN, "the answer is unknown", PLAN },
	{ STATUS_UNKNOWN,
	  "--now: nothing was found, but not everything could be checked",
	  DOCTOR },
	{ STATUS_DAMAGED,
	  "the file is not a recording, is damaged, or has a newer schema",
	  READS },
	{ 0 },
};

static void print_usage(const struct cli_command_info *info, FILE *out)
{
	fprintf(out, "mhptop%s%s%s%s", *info->name ? " " : "", info->name,
		*info->synopsis ? " " : "", info->synopsis);
}

static void print_commands(FILE *out)
{
	const struct cli_command_info *info;

	fputs("\nCommands (see also mhptop COMMAND --help):\n", out);
	for (info = cli_commands; info->name; info++)
		fprintf(out, "  mhptop %-7s %s\n", info->name, info->help);
}

/* An option as the help of a command has it. */
static struct own_help option_help(const struct cli_option *option,
				   enum cli_command command)
{
	size_t i;

	for (i = 0; i < sizeof(own_helps) / sizeof(*own_helps); i++)
		if (own_helps[i].value == option->value &&
		    own_helps[i].commands & 1 << command)
			return own_helps[i];
	return (struct own_help){ .arg = option->arg, .help = option->help };
}

static int option_format(const struct cli_option *option,
			 enum cli_command command, char *text, size_t len)
{
	const char *arg = option_help(option, command).arg;
	char letter[8] = "    ";

	if (option->value < CLI_OPT_LONG_ONLY)
		snprintf(letter, sizeof(letter), "-%c, ", option->value);
	return snprintf(text, len, "%s--%s%s%s", letter, option->name,
			arg ? " " : "", arg ? arg : "");
}

/* The help without a command lists all options. */
static bool option_is_listed(const struct cli_option *option,
			     enum cli_command command)
{
	return command == CLI_TOP || option->commands & 1 << command;
}

static void print_options(enum cli_command command, FILE *out)
{
	const struct cli_option *option;
	char text[64];
	int len, width = 0;

	for (option = cli_options; option->name; option++) {
		len = option_format(option, command, text, sizeof(text));
		if (option_is_listed(option, command) && len > width)
			width = len;
	}
	fputs("\nOptions:\n", out);
	for (option = cli_options; option->name; option++) {
		if (!option_is_listed(option, command))
			continue;
		option_format(option, command, text, sizeof(text));
		fprintf(out, "  %-*s  %s%s\n", width, text,
			option->commands & 1 << command ? "" :
			option->commands & RECORD	? "record: " :
			option->commands & REPLAY	? "replay: " :
			option->commands & EXPORT	? "export: " :
			option->commands == REPORT	? "report: " :
			option->commands & SERVE	? "serve: " :
			option->commands & DOCTOR	? "doctor: " :
			option->commands == LIST	? "list: " :
			option->commands & PLAN		? "plan: " :
							  "check: ",
			option_help(option, command).help);
	}
}

static void print_columns(FILE *out)
{
	const struct column *column;

	fputs("\nColumns, for --sort and --filter:\n", out);
	for (column = columns; column->key; column++)
		fprintf(out, "  %-16s  %s\n", column->key, column->help);
	fputs("\nFilters: KEY=WORD, KEY!=WORD, KEY<NUMBER (or <=, >, >=), or a word of any\n"
	      "column. A word may be a shell pattern such as mov*; KEY~REGEX and KEY!~REGEX\n"
	      "take a regular expression. Separate terms with spaces or commas: all must match,\n"
	      "or all those on one side of an 'or'. Times are in seconds, or with ns, us, ms,\n"
	      "s, m or h. Numbers are decimal, or hexadecimal with 0x, as page frame numbers\n"
	      "are shown. KEY=- matches an empty or unknown value, KEY=? an unknown one.\n",
	      out);
}

static void print_rules(FILE *out)
{
	int i;

	fputs("\nRules, for --skip (see docs/rules.md):\n", out);
	for (i = 0; i < NR_RULES; i++)
		fprintf(out, "  %-16s  %s\n", rule_infos[i].name,
			rule_infos[i].text);
}

static void print_statuses(enum cli_command command, FILE *out)
{
	const struct cli_status *status;

	fputs("\nExit:\n", out);
	for (status = cli_statuses; status->meaning; status++)
		if (status->commands & 1 << command)
			fprintf(out, "  %d  %s\n", status->status,
				status->meaning);
}

static void print_help(enum cli_command command, FILE *out)
{
	const struct cli_command_info *info = &cli_commands[command];

	fputs("Usage: ", out);
	print_usage(info, out);
	fprintf(out, "\n%s: %s.\n", *info->name ? info->name : "mhptop",
		info->help);
	if (command == CLI_TOP)
		print_commands(out);
	if (*info->more)
		fprintf(out, "\n%s", info->more);
	print_options(command, out);
	if (command == CLI_TOP || command == CLI_REPLAY)
		print_columns(out);
	if (command == CLI_CHECK)
		print_rules(out);
	print_statuses(command, out);
}

/* In a pipe or a file, too, lines fit a terminal: one that is longer is broken. */
void cli_help(enum cli_command command, FILE *to)
{
	int cols = fit_cols(to);
	FILE *out = fit_open(to, cols && cols < HELP_COLS ? cols : HELP_COLS);

	print_help(command, out ? out : to);
	if (out)
		fit_close(out);
}

void cli_version(FILE *out)
{
	fprintf(out, "mhptop %s\n", MHPTOP_VERSION);
}
