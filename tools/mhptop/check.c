// SPDX-License-Identifier: GPL-2.0
/* Judges a stream by the rules; see check.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include <signal.h>
#include "loop.h"

/* How long a source may be left alone whose collector wakes nobody. */
#define READ_NS (LOOP_NS / 10)

static void take_violation(void *ctx, const struct violation *violation)
{
	struct check *check = ctx;
	struct violation *grown;

	if (rules_broken(check->rules, violation->rule) > CHECK_SHOWN)
		return;
	grown = reallocarray(check->violations, check->nr_violations + 1,
			     sizeof(*grown));
	if (!grown) {
		check->err = -ENOMEM;
		return;
	}
	check->violations = grown;
	grown[check->nr_violations++] = *violation;
}

int check_begin(struct check *check)
{
	const struct model *model = &check->stream->model;
	struct rules_opts opts = check->cli->rules;

	opts.page_bytes = model->info.page_bytes;
	check->rules = rules_new(ledger_block_pages(model->ledger), &opts,
				 take_violation, check);
	return check->rules ? 0 : -ENOMEM;
}

int check_take(void *ctx, const struct mhp_record *record)
{
	struct check *check = ctx;
	int err = rules_take(check->rules, record);

	if (err)
		check->err = err;
	return model_take(&check->stream->model, record);
}

static int run_live(struct check *check, int signals)
{
	u64 end = check->cli->seconds > 0 ?
			  loop_now() + (u64)(check->cli->seconds * LOOP_NS) :
			  0;
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = source_fd(check->stream->source), .events = POLLIN },
	};
	int ret;
	u64 soon;

	for (;;) {
		ret = stream_read(check->stream, check_take, check);
		if (ret < 0)
			return ret;
		if (end && loop_now() >= end)
			return 0;
		soon = ret ? loop_now() + READ_NS : end;
		if (end && soon > end)
			soon = end;
		ret = loop_wait(fds, 2, soon);
		if (ret < 0)
			return ret;
		while ((ret = loop_signal(signals)))
			if (ret != SIGWINCH)
				return 0;
	}
}

static int run_replay(struct check *check, int signals)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = source_fd(check->stream->source), .events = POLLIN },
	};
	int ret;

	for (;;) {
		ret = stream_read(check->stream, check_take, check);
		if (ret == -ENODATA)
			return 0;
		if (ret < 0)
			return ret;
		/* A pipe may say nothing for a while. */
		ret = ret ? 0 : loop_wait(fds, 2, 0);
		if (ret < 0)
			return ret;
		while ((ret = loop_signal(signals)))
			if (ret != SIGWINCH)
				return 0;
	}
}

void check_judge(struct check *check)
{
	const struct model *model = &check->stream->model;
	u64 broken = 0;
	int i;

	rules_end(check->rules);
	for (i = 0; i < NR_RULES; i++)
		broken += rules_broken(check->rules, i);
	check->verdict = broken ? CHECK_FAIL :
			 model_lost(model) || rules_unsure(check->rules) ||
					 check->stream->err || check->err ?
				  CHECK_UNKNOWN :
				  CHECK_PASS;
}

void check_end(struct check *check)
{
	rules_free(check->rules);
	free(check->violations);
}

static int report(struct check *check)
{
	const struct stream *stream = check->stream;
	int err = check_ktap(check, stdout);

	if (err || fflush(stdout))
		return cli_fail(
			CLI_FAILED,
			"cannot write the verdict to standard output: %s",
			strerror(err ? -err : errno));
	if (check->cli->junit) {
		err = check_junit(check, check->cli->junit);
		if (err)
			return cli_fail(CLI_FAILED, "cannot write %s: %s",
					check->cli->junit, strerror(-err));
	}
	if (stream->over && *stream->why)
		cli_fail(CLI_OK, "%s", stream->why);
	if (check->err)
		return cli_fail(CLI_FAILED, "not everything was judged: %s",
				strerror(-check->err));
	if (check->verdict == CHECK_FAIL)
		return CLI_VIOLATED;
	if (stream->err)
		return cli_stream_status(stream->err);
	if (check->verdict == CHECK_UNKNOWN)
		return cli_fail(CLI_UNKNOWN,
				"events are missing: nothing was proved");
	return CLI_OK;
}

int check_run(struct stream *stream, const struct cli *cli)
{
	struct check check = { .stream = stream, .cli = cli };
	int signals = loop_signals(), status, err;

	if (signals < 0)
		return cli_fail(CLI_FAILED, "cannot receive signals: %s",
				strerror(-signals));
	if (!check_begin(&check)) {
		err = stream->model.info.live ? run_live(&check, signals) :
						run_replay(&check, signals);
		if (err && err != -ENODATA)
			cli_fail(CLI_OK, "cannot read the events: %s",
				 strerror(-err));
		stream_finish(stream, check_take, &check);
		check_judge(&check);
		status = report(&check);
		if (err && err != -ENODATA && status == CLI_OK)
			status = CLI_FAILED;
	} else {
		status = cli_fail(CLI_FAILED, "cannot judge: no memory");
	}
	check_end(&check);
	close(signals);
	return status;
}
