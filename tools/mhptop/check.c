// SPDX-License-Identifier: GPL-2.0
/* Judges a stream by the rules; see check.h. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "loop.h"

/* How long a source may be left alone whose collector wakes nobody. */
#define READ_NS (LOOP_NS / 10)

/* Until when to wait for more, 0: as long as it takes. */
static u64 wait_end(const struct check *check, u64 end, bool had_records)
{
	u64 soon;

	/* Of a recording, what follows is there already; a pipe may say nothing for a while. */
	if (!check->stream->model.info.live)
		return had_records ? loop_now() : 0;
	soon = had_records ? loop_now() + READ_NS : end;
	return end && soon > end ? end : soon;
}

/* Until the stream is over, the time is up or a signal comes. */
static int read_all(struct check *check, int signals)
{
	struct stream *stream = check->stream;
	u64 end = check->cli->seconds > 0 ?
			  loop_now() + (u64)(check->cli->seconds * LOOP_NS) :
			  0;
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = source_fd(stream->source), .events = POLLIN },
	};
	int ret;

	for (;;) {
		ret = stream_read(stream, model_take, &stream->model);
		if (ret == -ENODATA)
			return 0;
		if (ret < 0)
			return ret;
		if (end && loop_now() >= end)
			return 0;
		ret = loop_wait(fds, 2, wait_end(check, end, ret));
		if (ret < 0)
			return ret;
		while ((ret = loop_signal(signals)))
			if (ret != SIGWINCH)
				return 0;
	}
}

void check_judge(struct check *check)
{
	struct model *model = &check->stream->model;
	struct verdict *verdict = &model->verdict;

	check->verdict = verdict->broken ? CHECK_FAIL :
			 model_lost(model) || rules_unsure(verdict->rules) ||
					 check->stream->err || verdict->err ?
					   CHECK_UNKNOWN :
					   CHECK_PASS;
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
	err = stream->model.verdict.err;
	if (err)
		return cli_fail(CLI_FAILED, "not everything was judged: %s",
				strerror(-err));
	if (check->verdict == CHECK_FAIL)
		return CLI_VIOLATED;
	if (stream->err)
		return cli_stream_status(stream->err);
	if (check->verdict == CHECK_UNKNOWN)
		return cli_fail(CLI_UNKNOWN,
				"events are missing: nothing was proved");
	return CLI_OK;
}

/* A file that was named has to be of use before anything is judged. */
static int open_sites(struct check *check)
{
	const char *path = check->cli->vmlinux;
	char why[256];
	int err;

	check->sites = call_sites_new(check->stream->model.info.kernel);
	if (!check->sites)
		return cli_fail(CLI_FAILED,
				"cannot find call sites: no memory");
	err = path ? call_sites_load(check->sites, path, why, sizeof(why)) : 0;
	if (err > 0)
		cli_fail(CLI_OK, "--vmlinux %s: %s; lines may be wrong", path,
			 why);
	if (err >= 0)
		return CLI_OK;
	return cli_fail(
		err == -EINVAL ? CLI_USAGE : CLI_FAILED,
		"--vmlinux %s: %s; give the vmlinux of a kernel's build or of its debug package",
		path, why);
}

static int run(struct check *check)
{
	int signals = loop_signals(), status, err;

	if (signals < 0)
		return cli_fail(CLI_FAILED, "cannot receive signals: %s",
				strerror(-signals));
	err = read_all(check, signals);
	close(signals);
	if (err)
		cli_fail(CLI_OK, "cannot read the events: %s", strerror(-err));
	stream_finish(check->stream, model_take, &check->stream->model);
	check_judge(check);
	status = report(check);
	return err && status == CLI_OK ? CLI_FAILED : status;
}

int check_run(struct stream *stream, const struct cli *cli)
{
	struct check check = { .stream = stream, .cli = cli };
	int status = open_sites(&check);

	if (status == CLI_OK)
		status = run(&check);
	call_sites_free(check.sites);
	return status;
}
