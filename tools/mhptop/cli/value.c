// SPDX-License-Identifier: GPL-2.0
/* What an option sets, and the values that it takes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/units.h"
#include "cli/options.h"
#include "cli/value.h"
#include "serve/listen.h"
#include "source/replay.h"

int cli_refuse_value(const char *name, const char *needs, const char *text)
{
	if (!name)
		return status_fail(STATUS_USAGE, "diff needs %s, not '%s'",
				   needs, text);
	return status_fail(STATUS_USAGE, "--%s needs %s, not '%s'", name, needs,
			   text);
}

static int parse_seconds(struct cli *cli, const char *text)
{
	if (!duration_parse(&cli->check.for_ns, text) && cli->check.for_ns)
		return 0;
	return cli_refuse_value("for", DURATION_EXAMPLE, text);
}

const char *cli_option_name(int value)
{
	const struct cli_option *option = cli_options;

	while (option->value != value)
		option++;
	return option->name;
}

static int parse_setting(struct cli *cli, int option, const char *arg)
{
	char why[256];

	if (!rules_set(&cli->check.rules, cli_option_name(option),
		       arg ? arg : "", why, sizeof(why)))
		return 0;
	return status_fail(STATUS_USAGE, "--%s", why);
}

static int parse_check(struct cli *cli, int option, const char *arg)
{
	char why[512];

	switch (option) {
	case CLI_OPT_FOR:
		return parse_seconds(cli, arg);
	case CLI_OPT_JUNIT:
		cli->check.junit = arg;
		return 0;
	case CLI_OPT_VMLINUX:
		cli->check.vmlinux = cli->report.vmlinux = arg;
		return 0;
	case CLI_OPT_RULES:
		cli->rules_file = arg;
		if (!rules_read(&cli->check.rules, arg, why, sizeof(why)))
			return 0;
		return status_fail(STATUS_USAGE, "--rules: %s", why);
	}
	return parse_setting(cli, option, arg);
}

static int parse_delay(struct cli *cli, const char *text)
{
	char needs[48];

	if (!view_delay_parse(&cli->view.delay, text))
		return 0;
	snprintf(needs, sizeof(needs), "seconds from %g to %g", VIEW_DELAY_MIN,
		 VIEW_DELAY_MAX);
	return cli_refuse_value("delay", needs, text);
}

static int parse_frames(struct cli *cli, const char *text)
{
	const char *end;
	u64 frames;

	if (!number_parse(&frames, text, false, &end) && !*end && frames) {
		cli->view.frames = frames;
		return 0;
	}
	return cli_refuse_value("frames", "a number above 0", text);
}

static int parse_sort(struct cli *cli, const char *text)
{
	const char *key = text + (*text == '-');
	const struct column *column = column_find(key);

	if (!column)
		return status_fail(STATUS_USAGE, "--sort: unknown column '%s'",
				   key);
	if (column_is_asked(column))
		return status_fail(STATUS_USAGE, "--sort: %s " COLUMN_ASKED_WHY,
				   key);
	snprintf(cli->view.sort, sizeof(cli->view.sort), "%s", key);
	cli->view.reverse = *text == '-';
	return 0;
}

static int parse_filter(struct cli *cli, const char *text)
{
	struct block_filter *filter;
	char why[256];
	int err = block_filter_parse(&filter, text, why, sizeof(why));

	if (err)
		return status_fail(err == -EINVAL ? STATUS_USAGE :
						    STATUS_FAILED,
				   "--filter: %s", why);
	block_filter_free(filter);
	cli->view.filter = text;
	return 0;
}

static int parse_time(struct cli *cli, const char *text)
{
	if (time_style_parse(&cli->view.time, text))
		return cli_refuse_value("time", TIME_STYLES, text);
	cli->check.time = cli->report.time = cli->view.time;
	return 0;
}

static int parse_source(struct cli *cli, const char *text)
{
	enum source_kind kind;

	for (kind = SOURCE_EVENTS; kind <= SOURCE_SYSFS; kind++) {
		if (strcmp(source_kind_name(kind), text))
			continue;
		cli->source = kind;
		cli->has_source = true;
		return 0;
	}
	return status_fail(STATUS_USAGE,
			   "--source needs events, probes or sysfs, not '%s'",
			   text);
}

static int parse_listen(struct cli *cli, const char *text)
{
	int err = address_parse(&cli->serve.address, text);

	cli->serve.listens = true;
	if (err)
		return cli_refuse_value(
			"listen", "ADDR:PORT, such as " SERVE_ADDRESS, text);
	return 0;
}

static int parse_speed(struct cli *cli, const char *text)
{
	char needs[48];

	if (!replay_speed_parse(&cli->view.speed, text))
		return 0;
	snprintf(needs, sizeof(needs), "a number from %g to %g",
		 REPLAY_SPEED_MIN, REPLAY_SPEED_MAX);
	return cli_refuse_value("speed", needs, text);
}

static int parse_mode(struct cli *cli, const char *text)
{
	if (!plan_add_mode_parse(&cli->add.mode, text))
		return 0;
	return cli_refuse_value("mode", PLAN_ADD_MODES, text);
}

static int parse_room(u64 *bytes, const char *name, const char *text)
{
	if (!size_parse(bytes, text) && *bytes >= RECORD_SIZE_MIN)
		return 0;
	return cli_refuse_value(name, "a size such as 64M, and 64K at least",
				text);
}

static int parse_keep(struct cli *cli, const char *text)
{
	const char *end;
	u64 keep;

	if (number_parse(&keep, text, false, &end) || *end ||
	    keep > RECORD_KEEP_MAX)
		return cli_refuse_value("keep", "a number up to 999", text);
	cli->record.keep = keep;
	return 0;
}

/* What an option that takes no value switches on, or NULL */
static bool *flag_of(struct cli *cli, int option)
{
	switch (option) {
	case CLI_OPT_ASCII:
		return &cli->view.ascii;
	case CLI_OPT_PERFETTO:
		return &cli->perfetto;
	case CLI_OPT_NDJSON:
		return &cli->ndjson;
	case CLI_OPT_NOW:
		return &cli->now;
	case CLI_OPT_ALL:
		return &cli->all;
	case CLI_OPT_NO_FORECAST:
		cli->no_forecast = true;
		break;
	case CLI_OPT_PAGES:
		return &cli->pages;
	case CLI_OPT_REOPEN:
		return &cli->record.reopen;
	case CLI_OPT_FOLLOW:
		return &cli->follow;
	}
	return NULL;
}

/* Where the value of an option that takes any goes, or NULL */
static const char **text_of(struct cli *cli, int option)
{
	switch (option) {
	case CLI_OPT_OUTPUT:
		return &cli->output;
	case CLI_OPT_TEXTFILE:
		return &cli->serve.textfile;
	case CLI_OPT_TLS_CERT:
		return &cli->serve.files.certificate;
	case CLI_OPT_TLS_KEY:
		return &cli->serve.files.key;
	case CLI_OPT_TOKEN_FILE:
		return &cli->serve.files.token;
	case CLI_OPT_AT:
		return &cli->at;
	}
	return NULL;
}

static void set_format(struct cli *cli, int option)
{
	switch (option) {
	case CLI_OPT_BATCH:
		cli->view.format = VIEW_TEXT;
		break;
	case CLI_OPT_JSON:
		cli->view.format = VIEW_JSON;
		cli->report.format = REPORT_JSON;
		break;
	case CLI_OPT_CSV:
		cli->csv = true;
		cli->report.format = REPORT_CSV;
		break;
	case CLI_OPT_NO_COLOR:
		cli->view.color = false;
		break;
	}
}

int cli_value_take(struct cli *cli, int option, const char *arg)
{
	const char **text = text_of(cli, option);
	bool *flag = flag_of(cli, option);

	if (text)
		*text = arg;
	if (flag)
		*flag = true;
	switch (option) {
	case CLI_OPT_DELAY:
		return parse_delay(cli, arg);
	case CLI_OPT_FRAMES:
		return parse_frames(cli, arg);
	case CLI_OPT_SORT:
		return parse_sort(cli, arg);
	case CLI_OPT_FILTER:
		return parse_filter(cli, arg);
	case CLI_OPT_TIME:
		return parse_time(cli, arg);
	case CLI_OPT_SOURCE:
		return parse_source(cli, arg);
	case CLI_OPT_LISTEN:
		return parse_listen(cli, arg);
	case CLI_OPT_SPEED:
		return parse_speed(cli, arg);
	case CLI_OPT_MODE:
		return parse_mode(cli, arg);
	case CLI_OPT_MAX_SIZE:
		return parse_room(&cli->record.max_bytes, "max-size", arg);
	case CLI_OPT_FLIGHT:
		return parse_room(&cli->record.flight_bytes, "flight", arg);
	case CLI_OPT_KEEP:
		return parse_keep(cli, arg);
	case CLI_OPT_SINCE:
		cli->since = arg;
		return 0;
	case CLI_OPT_UNTIL:
		cli->until = arg;
		return 0;
	}
	set_format(cli, option);
	return option < CLI_OPT_FOR ? 0 : parse_check(cli, option, arg);
}
