// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of batch mode: when frames are due, live and replayed.
 *
 * Live, a frame is due each time the delay has passed. A recording is read as
 * fast as possible and frames are due by the times of its records, so that a
 * recording always gives the same frames. Only what grows, a pipe or a file that
 * is followed, gets frames by the clock while it is idle; they show the current
 * time if it is known, which it is if the recording is of this boot.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "view/batch.h"
#include "source/live.h"
#include "source/source.h"
#include "base/out.h"

struct batch {
	struct stream *stream;
	const struct view_opts *opts;
	struct out out;
	FILE *file; /* writes to out */
	u64 delay; /* in ns, 0: only the last frame */
	u64 due; /* next frame by the clock */
	u64 due_record; /* next frame by the time of records, 0: not known yet */
	u64 boot; /* the clock that this time is of */
	unsigned long frames; /* so far */
	bool at; /* the first frame is that of the stream as it is */
	u64 paced_ns; /* by the clock, when the time of the records was: */
	u64 paced_record; /* 0: no frame was paced yet */
};

static bool is_enough(const struct batch *batch)
{
	return batch->opts->frames && batch->frames >= batch->opts->frames;
}

/* No records came until now. */
static void tick_idle(struct batch *batch)
{
	struct stream *stream = batch->stream;
	u64 now = loop_now();

	if (stream->until_ns && now > stream->until_ns)
		now = stream->until_ns;
	if (source_live_has_clock(&stream->model.info))
		stream_tick(stream, now);
}

/* 0, or -errno, after which no more frames can be printed. */
static int print_frame(struct batch *batch)
{
	struct stream *stream = batch->stream;
	int err;

	if (stream->model.info.live)
		tick_idle(batch);
	stream_update(stream);
	if (batch->opts->format == VIEW_JSON)
		err = view_json(&stream->model, batch->opts, batch->file);
	else
		err = view_text(&stream->model, batch->opts, batch->file);
	if (!err && fflush(batch->file))
		err = -EIO;
	batch->frames++;
	batch->due = loop_now() + batch->delay;
	return batch->out.err ?: err;
}

/* With --speed, a frame waits for its time. 0, or an error of out_wait(). */
static int pace(struct batch *batch)
{
	double speed = batch->opts->speed, ahead;
	int err = 0;
	u64 until;

	if (speed == 0)
		return 0;
	if (!batch->paced_record || batch->due_record < batch->paced_record) {
		batch->paced_record = batch->due_record;
		batch->paced_ns = loop_now();
	}
	ahead = (batch->due_record - batch->paced_record) / speed;
	until = batch->paced_ns +
		(u64)(ahead < DURATION_MAX_NS ? ahead : DURATION_MAX_NS);
	while (!err && loop_now() < until)
		err = out_wait(&batch->out, -1, until);
	return err;
}

/* Sink. A frame that is due shows the state before the record. */
static int batch_take(void *ctx, const struct mhp_record *record)
{
	struct batch *batch = ctx;
	u64 since = batch->stream->model.log_since_ns, late;

	if (!batch->due_record || batch->boot != batch->stream->boot)
		batch->due_record = record->time_ns < since ?
					    since :
					    record->time_ns + batch->delay;
	batch->boot = batch->stream->boot;
	if (record->time_ns < batch->due_record)
		return stream_take(batch->stream, record);
	stream_tick(batch->stream, batch->due_record);
	if (pace(batch) || print_frame(batch) || is_enough(batch))
		return -ECANCELED;
	late = record->time_ns - batch->due_record;
	batch->due_record += (late / batch->delay + 1) * batch->delay;
	return stream_take(batch->stream, record);
}

static int run_live(struct batch *batch)
{
	struct stream *stream = batch->stream;
	int ret, err = 0;
	u64 soon;

	while (!err) {
		ret = stream_read(stream, stream_take, stream);
		if (ret < 0)
			return ret;
		if (loop_now() >= batch->due) {
			/* The last frame is printed after the self-check. */
			if (batch->frames + 1 == batch->opts->frames)
				return 0;
			err = print_frame(batch);
			if (err)
				return err;
		}
		/* A source without a descriptor is polled once per frame. */
		soon = loop_now() + BURST_LOOK_NS;
		if (!ret || source_fd(stream->source) < 0 || soon > batch->due)
			soon = batch->due;
		err = out_wait(&batch->out, source_fd(batch->stream->source),
			       soon);
	}
	return err;
}

static int run_replay(struct batch *batch)
{
	struct stream *stream = batch->stream;
	source_sink sink = batch->delay ? batch_take : stream_take;
	void *ctx = batch->delay ? (void *)batch : (void *)stream;
	int ret, err = 0;

	batch->due = loop_now() + batch->delay;
	while (!err && !is_enough(batch)) {
		ret = stream_read(stream, sink, ctx);
		if (ret < 0)
			return batch->out.err ?: ret;
		if (!ret)
			tick_idle(batch);
		if (!ret && batch->delay && loop_now() >= batch->due)
			err = print_frame(batch);
		else if (!ret)
			err = out_wait(&batch->out,
				       source_fd(batch->stream->source),
				       batch->delay ? batch->due : 0);
		else
			err = out_wait(&batch->out,
				       source_fd(batch->stream->source), 1);
	}
	return err;
}

/* Unless enough frames were printed, the last one has the final state. */
static int batch_loop(struct batch *batch)
{
	struct stream *stream = batch->stream;
	int err;

	if (batch->at) {
		batch->due_record = model_now(&stream->model) + batch->delay;
		batch->boot = stream->boot;
		err = print_frame(batch);
		if (err || stream->over || !batch->delay)
			return err;
	}
	err = stream->model.info.live ? run_live(batch) : run_replay(batch);
	if (batch->out.err || is_enough(batch) || err == -EPIPE)
		return err;
	if (err && err != -ENODATA && err != -EINTR)
		return err;
	stream_finish(stream, stream_take, stream);
	return print_frame(batch);
}

static int batch_report(struct batch *batch, int err)
{
	const struct stream *stream = batch->stream;

	if (batch->out.err == -EPIPE || err == -EPIPE)
		return STATUS_OK;
	if (batch->out.err)
		return status_fail(STATUS_FAILED, "cannot write a frame: %s",
				   strerror(-batch->out.err));
	if (stream->over && *stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	if (stream->err)
		return stream_status(stream->err);
	if (err && err != -ECANCELED && err != -EINTR)
		return status_fail(STATUS_FAILED, "cannot prepare a frame: %s",
				   strerror(-err));
	return stream_shown_status(&stream->model);
}

/* A single live frame is printed immediately, so its history is empty. */
static void note_history(const char *text)
{
	const struct column *column;
	struct block_filter *filter;
	char why[64];

	if (!text || block_filter_parse(&filter, text, why, sizeof(why)))
		return;
	column = block_filter_history(filter);
	if (column)
		status_fail(
			STATUS_OK,
			"note: %s is counted from when mhptop starts, so a single frame (-n 1) cannot show it: omit -n, or record and replay",
			column->key);
	block_filter_free(filter);
}

static int batch_start(struct stream *stream, const struct view_opts *opts,
		       bool at)
{
	const bool only_last = !stream->model.info.live && !opts->delay &&
			       opts->frames < 2 && opts->speed == 0;
	struct batch batch = {
		.stream = stream,
		.opts = opts,
		.at = at,
		.delay = only_last ? 0 : (opts->delay ?: 1) * LOOP_NS,
	};
	int signals = loop_signals(), status;

	if (signals < 0)
		return status_fail(STATUS_FAILED, "cannot receive signals: %s",
				   strerror(-signals));
	if (stream->model.info.live && opts->frames == 1)
		note_history(opts->filter);
	out_init(&batch.out, STDOUT_FILENO, signals);
	batch.file = out_stream(&batch.out);
	if (batch.file) {
		status = batch_report(&batch, batch_loop(&batch));
		fclose(batch.file);
	} else {
		status = status_fail(STATUS_FAILED,
				     "cannot print frames: out of memory");
	}
	close(signals);
	return status;
}

int batch_run(struct stream *stream, const struct view_opts *opts)
{
	return batch_start(stream, opts, false);
}

int batch_run_at(struct replay *replay, const struct view_opts *opts)
{
	char why[160];

	replay_wait(replay);
	if (!replay_can(replay))
		return status_fail(STATUS_FAILED, "--at: %s", replay->refusal);
	if (replay_begin_at(replay, opts->at, opts->time, why, sizeof(why)))
		return status_fail(STATUS_USAGE, "--at: %s", why);
	if (replay_wait(replay))
		return status_fail(STATUS_FAILED, "%s", replay->why);
	return batch_start(replay->shown, opts, true);
}
