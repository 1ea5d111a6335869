// SPDX-License-Identifier: GPL-2.0
/* Reads a stream to its end, checks it against the rules, and reports the verdict. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/out.h"
#include "source/source.h"
#include "check/check.h"

#define LAST_NS (2 * LOOP_NS) /* time for a pipe to end after a signal */

struct input {
	struct stream *stream;
	struct pollfd fds[2]; /* signals, the source */
	bool ready; /* the source can be read */
	u64 end; /* time to stop, 0: no limit */
	u64 read; /* when records were last read */
	u64 signalled; /* when the first signal came */
	bool interrupted;
};

/*
 * Whether to stop. The writer of a pipe was usually interrupted as well, and
 * still has to write its totals. A second signal stops at once.
 */
static bool handle_signal(struct input *input)
{
	if (input->stream->model.info.live || input->interrupted)
		return input->interrupted = true;
	input->interrupted = true;
	input->signalled = loop_now();
	input->end = input->signalled + LAST_NS;
	return false;
}

/*
 * Whether what is read now is a file, which has an end: unless a signal comes, it
 * is read to that end, however long perf takes to print it.
 */
static bool is_file(const struct input *input)
{
	const struct source *source = input->stream->source;

	return !input->interrupted && !source->info.live &&
	       !source->info.growing;
}

/* When to stop, 0: no limit. */
static u64 find_limit(const struct input *input)
{
	return is_file(input) ? 0 : input->end;
}

/*
 * Wait for signals (nr 1) and the source (nr 2) until a time, 0: no limit. 1:
 * stop; 0: go on, and input->ready says whether the source is ready.
 */
static int wait_for(struct input *input, unsigned int nr, u64 until)
{
	u64 limit = find_limit(input);
	int ret, signal;

	if (limit && (!until || until > limit))
		until = limit;
	ret = loop_wait(input->fds, nr, until);
	if (ret < 0)
		return ret;
	input->ready = nr > 1 && input->fds[1].revents;
	while ((signal = loop_signal(input->fds[0].fd)))
		if (signal != SIGWINCH && handle_signal(input))
			return 1;
	limit = find_limit(input);
	return limit && loop_now() >= limit;
}

/* Wait until it is time to read again. 1: stop. */
static int wait_next(struct input *input, bool had_records)
{
	struct source *source = input->stream->source;
	struct burst burst;
	int ret;

	/* A pipe may be idle. */
	if (!had_records)
		return wait_for(input, 2, 0);
	/* The rest of a recording can be read at once. */
	if (!input->stream->model.info.live)
		return wait_for(input, 1, loop_now());
	burst_begin(&burst, source);
	do {
		ret = wait_for(input, 2, loop_now() + BURST_LOOK_NS);
	} while (!ret && !input->ready && burst_goes_on(&burst, source));
	return ret;
}

/*
 * The time until which no more events came, for the rules, which have no clock.
 * A pipe may come from another machine, with another clock: what counts is how
 * long it has been silent. If it ends without totals, nobody knows since when
 * it had no writer.
 */
static u64 find_end(const struct input *input)
{
	const struct stream *stream = input->stream;
	struct source_totals totals;
	u64 now = input->signalled ?: loop_now();

	if (stream->model.info.live)
		return now;
	if (!stream->model.info.growing || !input->read || stream->err ||
	    (stream->over && source_totals(stream->source, &totals)))
		return 0;
	return stream->model.last_ns +
	       (now > input->read ? now - input->read : 0);
}

/*
 * The time is over. What is in the pipe already is not what comes too late. > 0:
 * there is more than could be read in LAST_NS, or a file follows.
 */
static int read_rest(struct input *input)
{
	u64 until = loop_now() + LAST_NS;
	int ret;

	if (input->stream->model.info.live)
		return 0;
	do {
		ret = stream_read(input->stream, stream_take, input->stream);
		if (ret > 0)
			input->read = loop_now();
	} while (ret > 0 && !input->interrupted && !is_file(input) &&
		 loop_now() < until);
	return ret;
}

/* Read until the end of the stream, the end of the time, or a signal. */
static int read_all(struct check *check, int signals)
{
	u64 for_ns = check->opts->for_ns;
	struct input input = {
		.stream = check->stream,
		.fds = { { .fd = signals, .events = POLLIN },
			 { .events = POLLIN } },
		.end = check->opts->until_ns ?:
					       (for_ns ? loop_now() + for_ns : 0),
	};
	int ret = 0, over = 0;

	while (!over) {
		ret = stream_read(check->stream, stream_take, check->stream);
		/* Each of several recordings has its own. */
		input.fds[1].fd = source_fd(check->stream->source);
		if (ret == -ENODATA)
			break;
		if (ret < 0)
			return ret;
		if (ret)
			input.read = loop_now();
		over = wait_next(&input, ret);
		ret = over > 0 ? read_rest(&input) : 0;
		if (ret < 0 && ret != -ENODATA)
			return ret;
		if (over > 0 && ret >= 0)
			over = !is_file(&input);
	}
	check->stream->end_ns = find_end(&input);
	check->stream->ended = over > 0 && !input.interrupted && !ret;
	check->interrupted = (input.interrupted || ret > 0) &&
			     !check->stream->over;
	return over < 0 ? over : 0;
}

/* What had not come when the time was over, NULL: nothing. */
static const char *check_rest(const struct stream *stream)
{
	static const char *const rests[] = {
		[SOURCE_REST_UNREAD] =
			"the time was over before all recordings were read",
		[SOURCE_REST_SILENT] =
			"nobody wrote a recording to the pipe in time",
		[SOURCE_REST_LINE] =
			"the pipe ended inside a line when the time was over",
	};

	/* Not the end of a stream, unless no recording began in time. */
	if (stream->over && !stream->model.info.empty)
		return NULL;
	return rests[stream->source->rest];
}

void check_judge(struct check *check)
{
	const struct stream *stream = check->stream;
	const struct model *model = &stream->model;
	bool damaged = stream->err &&
		       stream_status(stream->err) == STATUS_DAMAGED;
	struct source_totals totals;
	char doubt[160];

	verdict_judge(
		&check->verdict,
		&(struct verdict_stream){
			.lost = model_lost(model),
			.doubt = model_doubt(model, doubt, sizeof(doubt)) ?
					 doubt :
					 NULL,
			.damaged = damaged,
			.unreadable = stream->err && !damaged,
			.unchecked = stream->rules_err || model->violations.err,
			.differs = model->self_check > 0,
			.overlaps = stream->overlaps,
			.interrupted = check->interrupted && !model->info.live,
			.rest = check_rest(stream),
			.cut = stream->over &&
			       source_totals(stream->source, &totals),
		},
		stream->rules);
}

/* What went wrong besides the verdict. STATUS_FAILED, or STATUS_OK. */
static int report_errors(const struct check *check)
{
	const struct stream *stream = check->stream;
	int err = stream->rules_err ?: stream->model.violations.err;

	if (*stream->part_note)
		status_fail(STATUS_OK, "note: %s", stream->part_note);
	if (stream->over && *stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	if (err)
		return status_fail(STATUS_FAILED,
				   "not all events were checked: %s",
				   strerror(-err));
	if (stream->err)
		return stream_status(stream->err);
	if (check->verdict.word == VERDICT_UNKNOWN)
		return status_fail(STATUS_UNKNOWN, "inconclusive: %s",
				   check->verdict.doubt);
	return STATUS_OK;
}

/* Signals are held: one of them must end the writing to a pipe that nobody reads. 0 or -errno. */
static int write_report(const struct check *check, FILE *to,
			int (*put)(const struct check *, FILE *))
{
	struct out out;
	FILE *stream;
	int err;

	out_init(&out, fileno(to), check->signals);
	stream = out_stream(&out);
	if (!stream)
		return -ENOMEM;
	err = put(check, stream);
	if (fclose(stream) && !err)
		err = -errno;
	return out.err ?: err;
}

static int report_unwritten(const char *name, int err)
{
	return status_fail(STATUS_FAILED, "cannot write %s: %s", name,
			   err == -EINTR ? "the reader is stalled" :
					   strerror(-err));
}

static int write_junit(const struct check *check)
{
	int err;

	if (!check->junit)
		return check->junit_failed ? STATUS_FAILED : STATUS_OK;
	err = write_report(check, check->junit, check_junit);
	if (fclose(check->junit) && !err)
		err = -errno;
	return err ? report_unwritten(check->opts->junit, err) : STATUS_OK;
}

/* A verdict that cannot be written is still the exit code, unless it is PASS. */
static int check_report(struct check *check)
{
	int err = write_report(check, stdout, check_ktap);
	int status = STATUS_OK, other;

	if (err)
		status =
			report_unwritten("the verdict to standard output", err);
	status = write_junit(check) ?: status;
	other = report_errors(check);
	if (check->verdict.word == VERDICT_DAMAGED)
		return STATUS_DAMAGED;
	if (check->verdict.word == VERDICT_FAIL)
		return STATUS_VIOLATED;
	return other ?: status;
}

int check_open_pipe(struct check_opts *opts)
{
	struct stat file;

	if (!opts->junit || stat(opts->junit, &file) || !S_ISFIFO(file.st_mode))
		return STATUS_OK;
	opts->junit_pipe = fopen(opts->junit, "we");
	if (opts->junit_pipe)
		return STATUS_OK;
	return status_fail(STATUS_FAILED, "cannot write %s: %s", opts->junit,
			   strerror(errno));
}

/* Before the check, so that a long one need not end to show that this fails. */
static void open_junit(struct check *check)
{
	const char *path = check->opts->junit;

	if (!path)
		return;
	check->junit = check->opts->junit_pipe ?: fopen(path, "we");
	if (check->junit)
		return;
	check->junit_failed = true;
	status_fail(STATUS_FAILED, "cannot write %s: %s", path,
		    strerror(errno));
}

/* A vmlinux that the user names must be usable, or there is no check. */
static int open_sites(struct check *check)
{
	return call_sites_open(&check->sites, check->stream->model.info.kernel,
			       check->opts->vmlinux);
}

static int check_stream(struct check *check)
{
	int signals = loop_signals(), status, err;

	if (signals < 0)
		return status_fail(STATUS_FAILED, "cannot receive signals: %s",
				   strerror(-signals));
	check->signals = signals;
	err = read_all(check, signals);
	if (err)
		status_fail(STATUS_OK, "cannot read the events: %s",
			    strerror(-err));
	stream_finish(check->stream, stream_take, check->stream);
	check_judge(check);
	status = check_report(check);
	close(signals);
	return err && status == STATUS_OK ? STATUS_FAILED : status;
}

int check_run(struct stream *stream, const struct check_opts *opts)
{
	struct check check = { .stream = stream, .opts = opts };
	int status = open_sites(&check);

	if (status == STATUS_OK) {
		open_junit(&check);
		status = check_stream(&check);
	}
	call_sites_free(check.sites);
	return status;
}
