// SPDX-License-Identifier: GPL-2.0
/* Judges a stream by the rules; see check.h. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "source/source.h"
#include "check/check.h"

#define LAST_NS (2 * LOOP_NS) /* for the end of a pipe, once interrupted */

struct reading {
	struct stream *stream;
	struct pollfd fds[2]; /* signals, the source */
	u64 end; /* 0: as long as it takes */
	bool interrupted;
};

/*
 * Whether it is over. Who writes to a pipe was interrupted, too, as a rule, and
 * has an end to write; a second signal does not wait for that.
 */
static bool take_signal(struct reading *reading)
{
	if (reading->stream->model.info.live || reading->interrupted)
		return reading->interrupted = true;
	reading->interrupted = true;
	reading->end = loop_now() + LAST_NS;
	return false;
}

/* Until a time, 0 for none, for signals or for the source, too. 1: it is over. */
static int wait_for(struct reading *reading, unsigned int nr, u64 until)
{
	int ret, signal;

	if (reading->end && (!until || until > reading->end))
		until = reading->end;
	ret = loop_wait(reading->fds, nr, until);
	if (ret < 0)
		return ret;
	while ((signal = loop_signal(reading->fds[0].fd)))
		if (signal != SIGWINCH && take_signal(reading))
			return 1;
	return reading->end && loop_now() >= reading->end;
}

/* Until it is time to read again. */
static int wait_next(struct reading *reading, bool had_records)
{
	struct source *source = reading->stream->source;
	struct burst burst;
	int ret;

	/* A pipe may say nothing for a while. */
	if (!had_records)
		return wait_for(reading, 2, 0);
	/* Of a recording, what follows is there already. */
	if (!reading->stream->model.info.live)
		return wait_for(reading, 1, loop_now());
	burst_begin(&burst, source);
	do {
		ret = wait_for(reading, 1, loop_now() + BURST_LOOK_NS);
	} while (!ret && burst_goes_on(&burst, source));
	return ret;
}

/* Until the stream is over, the time is up or a signal comes. */
static int read_all(struct check *check, int signals)
{
	u64 for_ns = check->opts->for_ns;
	struct reading reading = {
		.stream = check->stream,
		.fds = { { .fd = signals, .events = POLLIN },
			 { .fd = source_fd(check->stream->source),
			   .events = POLLIN } },
		.end = for_ns ? loop_now() + for_ns : 0,
	};
	int ret, over = 0;

	while (!over) {
		ret = stream_read(check->stream, stream_take, check->stream);
		if (ret == -ENODATA)
			return 0;
		if (ret < 0)
			return ret;
		over = wait_next(&reading, ret);
	}
	check->interrupted = reading.interrupted;
	return over < 0 ? over : 0;
}

/* NULL: nothing. */
static const char *find_missing(const struct check *check)
{
	const struct stream *stream = check->stream;
	const struct model *model = &stream->model;
	struct source_totals totals;

	if (model_lost(model))
		return "events were lost";
	if (rules_unsure(stream->rules))
		return "events came out of order";
	if (stream->err)
		return "the recording is damaged";
	if (stream->rules_err || model->violations.err)
		return "out of memory";
	if (model->self_check > 0)
		return "the recorder's and the kernel's ledgers differ";
	if (check->interrupted && !model->info.live)
		return "interrupted before the end of the stream";
	if (stream->over && source_totals(stream->source, &totals))
		return "the recording has no totals";
	return NULL;
}

void check_judge(struct check *check)
{
	check->missing = find_missing(check);
	check->verdict = check->stream->model.violations.total ? CHECK_FAIL :
			 check->missing			       ? CHECK_UNKNOWN :
								 CHECK_PASS;
}

static int check_report(struct check *check)
{
	const struct stream *stream = check->stream;
	int err = check_ktap(check, stdout);

	if (err || fflush(stdout))
		return status_fail(
			STATUS_FAILED,
			"cannot write the verdict to standard output: %s",
			strerror(err ? -err : errno));
	if (check->opts->junit) {
		err = check_junit(check, check->opts->junit);
		if (err)
			return status_fail(STATUS_FAILED, "cannot write %s: %s",
					   check->opts->junit, strerror(-err));
	}
	if (stream->over && *stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	err = stream->rules_err ?: stream->model.violations.err;
	if (err)
		return status_fail(STATUS_FAILED,
				   "not all events were checked: %s",
				   strerror(-err));
	if (check->verdict == CHECK_FAIL)
		return STATUS_VIOLATED;
	if (stream->err)
		return stream_status(stream->err);
	if (check->verdict == CHECK_UNKNOWN)
		return status_fail(STATUS_UNKNOWN, "inconclusive: %s",
				   check->missing);
	return STATUS_OK;
}

/* A file that was named has to be of use before anything is judged. */
static int open_sites(struct check *check)
{
	const char *path = check->opts->vmlinux;
	char why[256];
	int err;

	check->sites = call_sites_new(check->stream->model.info.kernel);
	if (!check->sites)
		return status_fail(STATUS_FAILED,
				   "cannot find call sites: out of memory");
	err = path ? call_sites_load(check->sites, path, why, sizeof(why)) : 0;
	if (err > 0)
		status_fail(STATUS_OK,
			    "--vmlinux %s: %s; line numbers may be wrong", path,
			    why);
	if (err >= 0)
		return STATUS_OK;
	return status_fail(
		err == -EINVAL ? STATUS_USAGE : STATUS_FAILED,
		"--vmlinux %s: %s; use the vmlinux of the kernel's build or of its debug package",
		path, why);
}

static int check_stream(struct check *check)
{
	int signals = loop_signals(), status, err;

	if (signals < 0)
		return status_fail(STATUS_FAILED, "cannot receive signals: %s",
				   strerror(-signals));
	err = read_all(check, signals);
	close(signals);
	if (err)
		status_fail(STATUS_OK, "cannot read the events: %s",
			    strerror(-err));
	stream_finish(check->stream, stream_take, check->stream);
	check_judge(check);
	status = check_report(check);
	return err && status == STATUS_OK ? STATUS_FAILED : status;
}

int check_run(struct stream *stream, const struct check_opts *opts)
{
	struct check check = { .stream = stream, .opts = opts };
	int status = open_sites(&check);

	if (status == STATUS_OK)
		status = check_stream(&check);
	call_sites_free(check.sites);
	return status;
}
