// SPDX-License-Identifier: GPL-2.0
/* Moves through a recording: remembers when its records are, and reads it again up to a moment. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "model/operation.h"
#include "source/replay.h"

#define KIND_EVENT 1 /* of the kernel */
#define KIND_OPERATION 2 /* begins or ends one, or says why it fails */

#define PRINTED_NS 1000 /* times are printed in microseconds */
#define TIME_MAX \
	(1ULL    \
	 << 61) /* 73 years: later times are those of a damaged recording */

static const char *const same_stdin[] = { "/dev/stdin" };

int replay_speed_parse(double *speed, const char *text)
{
	const char *rest;

	if (decimal_parse(speed, text, &rest) ||
	    (strcmp(rest, "") != 0 && strcmp(rest, "x") != 0) ||
	    !(*speed >= REPLAY_SPEED_MIN && *speed <= REPLAY_SPEED_MAX))
		return -EINVAL;
	return 0;
}

static bool is_stdin(const char *path)
{
	return !path || !strcmp(path, "-");
}

/* Standard input is read again by its name, from its begin. */
static const char *find_refusal(const char *const *paths, size_t nr)
{
	struct stat status;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (is_stdin(paths[i]) ? fstat(STDIN_FILENO, &status) :
					 stat(paths[i], &status))
			continue;
		if (!S_ISREG(status.st_mode))
			return "a pipe cannot be read again: record to a file, and replay that";
		if (is_stdin(paths[i]) &&
		    (nr > 1 || lseek(STDIN_FILENO, 0, SEEK_CUR)))
			return "standard input cannot be read again: give the file itself";
	}
	return "";
}

void replay_init(struct replay *replay, const char *const *paths, size_t nr,
		 bool follow)
{
	static const char *const none[] = { NULL };

	*replay = (struct replay){ .paths = nr ? paths : none,
				   .nr_paths = nr ?: 1,
				   .speed = 1 };
	if (follow)
		replay->refusal =
			"a recording that is followed has no end yet: leave out --follow";
	else
		replay->refusal = find_refusal(replay->paths, replay->nr_paths);
	if (replay->nr_paths == 1 && is_stdin(replay->paths[0]))
		replay->paths = same_stdin;
}

void replay_start(struct replay *replay, struct stream *whole)
{
	replay->whole = replay->shown = whole;
}

static void stream_drop(struct replay *replay, struct stream *stream)
{
	if (!stream || stream == replay->whole)
		return;
	stream_close(stream);
	free(stream);
}

void replay_close(struct replay *replay)
{
	stream_drop(replay, replay->ahead);
	stream_drop(replay, replay->shown);
	free(replay->times);
	free(replay->kinds);
	free(replay->spans);
	free(replay->clocks);
	*replay = (struct replay){ 0 };
}

bool replay_can(const struct replay *replay)
{
	return replay->ready && !*replay->refusal;
}

/* -- what is found while it is read for the first time ---------------------- */

static u8 record_kind(const struct mhp_record *record)
{
	struct operation_event event;

	if (!event_info(record->event) || event_is_tool(record->event))
		return 0;
	return operation_event_get(&event, record) ?
		       KIND_EVENT | KIND_OPERATION :
		       KIND_EVENT;
}

static void note_clock(struct replay *replay, u64 wall_ns, u64 mono_ns)
{
	if (!wall_ns)
		return;
	if (!vec_grow(replay->clocks, replay->nr_clocks, replay->room_clocks)) {
		replay->no_memory = true;
		return;
	}
	replay->clocks[replay->nr_clocks++] =
		(struct replay_clock){ replay->nr, wall_ns, mono_ns };
}

static struct replay_span *last_span(const struct replay *replay)
{
	return &replay->spans[replay->nr_spans - 1];
}

/* How long the spans so far take, or more than any of a sound recording. */
static u64 spans_length(const struct replay *replay)
{
	const struct replay_span *last;
	u64 length;

	if (!replay->nr_spans)
		return 0;
	last = last_span(replay);
	length = last->before_ns + (last->end_ns - last->begin_ns);
	return length < TIME_MAX ? length : TIME_MAX;
}

/* The first record of a recording, and perhaps of another boot. */
static void note_part(struct replay *replay, u64 ns)
{
	const struct source_info *info = &replay->whole->model.info;
	u64 before = spans_length(replay);

	note_clock(replay, info->wall_ns, info->mono_ns);
	replay->part = replay->whole->part;
	if (replay->nr_spans && replay->boot == replay->whole->boot)
		return;
	replay->boot = replay->whole->boot;
	if (!vec_grow(replay->spans, replay->nr_spans, replay->room_spans)) {
		replay->no_memory = true;
		return;
	}
	if (info->mono_ns && info->mono_ns < ns)
		ns = info->mono_ns;
	replay->spans[replay->nr_spans++] =
		(struct replay_span){ replay->nr, ns, ns, before };
}

static void note_record(struct replay *replay, const struct mhp_record *record)
{
	u64 ns = record->time_ns < TIME_MAX ? record->time_ns : TIME_MAX;
	struct replay_span *span;

	if (!replay->nr_spans || replay->part != replay->whole->part)
		note_part(replay, ns);
	if (record->event == MHP_EVENT_mhp_clock &&
	    record->size == sizeof(record->p.mhp_clock))
		note_clock(replay, record->p.mhp_clock.wall_ns,
			   record->p.mhp_clock.mono_ns);
	if (!replay->nr_spans ||
	    !vec_grow(replay->times, replay->nr, replay->room_times) ||
	    !vec_grow(replay->kinds, replay->nr, replay->room_kinds)) {
		replay->no_memory = true;
		return;
	}
	span = last_span(replay);
	if (span->end_ns < ns)
		span->end_ns = ns;
	replay->times[replay->nr] = ns;
	replay->kinds[replay->nr++] = record_kind(record);
}

/* Sink */
static int whole_take(void *ctx, const struct mhp_record *record)
{
	struct replay *replay = ctx;
	int err = stream_take(replay->whole, record);

	if (!*replay->refusal && !replay->no_memory)
		note_record(replay, record);
	return err;
}

/* What is shown until another moment is asked for. */
static void show_end(struct replay *replay)
{
	stream_drop(replay, replay->ahead);
	replay->ahead = NULL;
	if (replay->shown != replay->whole)
		stream_drop(replay, replay->shown);
	replay->shown = replay->whole;
	replay->shown_at = replay->goal = replay->nr;
	replay->now_ns = model_now(&replay->whole->model);
	replay->playing = false;
}

/* The recording goes on after its last event. */
static void extend_last(struct replay *replay, u64 ns)
{
	struct replay_span *last = last_span(replay);

	if (last->end_ns < ns && ns < TIME_MAX)
		last->end_ns = ns;
}

static int read_whole(struct replay *replay)
{
	struct stream *whole = replay->whole;
	int ret = stream_read(whole, whole_take, replay);

	if (ret >= 0)
		return ret;
	stream_finish(whole, whole_take, replay);
	if (replay->no_memory)
		replay->refusal = "out of memory: only the end can be shown";
	else if (!replay->nr && !*replay->refusal)
		replay->refusal = "the recording is empty";
	else if (!*replay->refusal)
		extend_last(replay, model_now(&whole->model));
	replay->ready = true;
	show_end(replay);
	return -ENODATA;
}

/* -- reading it again ------------------------------------------------------- */

struct counted {
	struct stream *stream;
	size_t *at;
	size_t goal;
};

/* Sink. Stops behind the last record that is wanted. */
static int counted_take(void *ctx, const struct mhp_record *record)
{
	struct counted *counted = ctx;
	int err = stream_take(counted->stream, record);

	if (++*counted->at >= counted->goal && !err)
		return -ECANCELED;
	return err;
}

/* 0, or -errno: it cannot be read any more, or has become another one. */
static int replay_fail(struct replay *replay, int err, const char *why)
{
	snprintf(replay->why, sizeof(replay->why),
		 "cannot read the recording again: %.200s", why);
	show_end(replay);
	return err;
}

static int open_ahead(struct replay *replay)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int err;

	if (!stream)
		return replay_fail(replay, -ENOMEM, "out of memory");
	err = stream_open_all(stream, replay->paths, replay->nr_paths, 0, NULL);
	if (err) {
		err = replay_fail(replay, err, stream->why);
		free(stream);
		return err;
	}
	stream->model.log_since_ns = replay->whole->model.log_since_ns;
	stream->until_ns = replay->whole->until_ns;
	stream->model.history.extent = replay->whole->model.history.extent;
	replay->ahead = stream;
	replay->ahead_at = 0;
	return 0;
}

/* The goal is reached: show the stream that is there. */
static int arrive(struct replay *replay, struct stream *stream, size_t at)
{
	if (stream == replay->ahead) {
		stream_drop(replay, replay->shown);
		replay->shown = stream;
		replay->ahead = NULL;
	}
	replay->shown_at = at;
	stream_tick(stream, replay->now_ns);
	return -ENODATA;
}

/* Read a buffer towards the goal. */
static int read_towards(struct replay *replay, struct stream *stream,
			size_t *at)
{
	struct counted counted = { stream, at, replay->goal };
	int ret = 0;

	/* An import has no snapshot: at its begin, nothing has been read. */
	if (*at < replay->goal)
		ret = stream_read(stream, counted_take, &counted);
	if (*at >= replay->goal)
		return arrive(replay, stream, *at);
	if (ret >= 0)
		return ret;
	return replay_fail(replay, ret,
			   *stream->why ? stream->why : "it has changed");
}

static int replay_move(struct replay *replay)
{
	bool back = replay->goal < replay->shown_at;
	int err;

	if (replay->goal == replay->nr) {
		show_end(replay);
		return -ENODATA;
	}
	if (!back)
		return read_towards(replay, replay->shown, &replay->shown_at);
	if (replay->ahead && replay->ahead_at > replay->goal) {
		stream_drop(replay, replay->ahead);
		replay->ahead = NULL;
	}
	if (!replay->ahead) {
		err = open_ahead(replay);
		if (err)
			return err;
	}
	return read_towards(replay, replay->ahead, &replay->ahead_at);
}

int replay_read(struct replay *replay)
{
	if (!replay->ready)
		return read_whole(replay);
	if (replay->goal == replay->shown_at)
		return 0;
	return replay_move(replay);
}

int replay_fd(const struct replay *replay)
{
	bool moves = replay->goal != replay->shown_at;

	if (!replay->ready)
		return source_fd(replay->whole->source);
	if (!moves)
		return -1;
	return source_fd(replay->goal < replay->shown_at && replay->ahead ?
				 replay->ahead->source :
				 replay->shown->source);
}

int replay_wait(struct replay *replay)
{
	struct pollfd fd = { .events = POLLIN };
	int ret;

	*replay->why = '\0';
	while (!replay->ready || replay->goal != replay->shown_at) {
		ret = replay_read(replay);
		fd.fd = replay_fd(replay);
		if (!ret)
			loop_wait(&fd, 1, loop_now() + BURST_LOOK_NS);
		if (*replay->why)
			return ret;
	}
	return 0;
}

/* -- moments ---------------------------------------------------------------- */

bool replay_is_moving(const struct replay *replay, unsigned int *percent)
{
	if (!replay_can(replay) || replay->goal == replay->shown_at)
		return false;
	*percent = replay->ahead ? replay->ahead_at * 100 / replay->goal : 0;
	return true;
}

bool replay_at_end(const struct replay *replay)
{
	return replay->goal == replay->nr;
}

/* The span that a moment with so many records is in. */
static const struct replay_span *find_span(const struct replay *replay,
					   size_t records)
{
	size_t i = replay->nr_spans - 1;

	while (i && replay->spans[i].first >= records)
		i--;
	return &replay->spans[i];
}

static size_t span_end(const struct replay *replay,
		       const struct replay_span *span)
{
	return span + 1 < replay->spans + replay->nr_spans ? span[1].first :
							     replay->nr;
}

/*
 * The records up to a time, in those of a range: what the snapshot in front of its
 * first event says was so before.
 */
static size_t records_until(const struct replay *replay, size_t first,
			    size_t end, u64 ns)
{
	size_t at = first;

	while (at < end && !(replay->kinds[at] & KIND_EVENT))
		at++;
	while (at < end && replay->times[at] <= ns)
		at++;
	return at;
}

static u64 span_time(const struct replay_span *span, u64 ns)
{
	return ns < span->begin_ns ? span->begin_ns :
	       ns > span->end_ns   ? span->end_ns :
				     ns;
}

static void set_moment(struct replay *replay, size_t goal, u64 now_ns)
{
	replay->goal = goal;
	replay->now_ns = now_ns;
	/* Already there, but for the time that operations in progress take. */
	if (goal == replay->shown_at && replay->shown != replay->whole)
		stream_tick(replay->shown, now_ns);
}

u64 replay_elapsed(const struct replay *replay, u64 *of_ns)
{
	const struct replay_span *last = last_span(replay);
	const struct replay_span *span = find_span(replay, replay->goal);

	*of_ns = last->before_ns + (last->end_ns - last->begin_ns);
	return span->before_ns +
	       (span_time(span, replay->now_ns) - span->begin_ns);
}

/* Since the begin; before it or after the end is the begin or the end. */
static void go_elapsed(struct replay *replay, s64 elapsed)
{
	const struct replay_span *span = replay->spans;
	const struct replay_span *last = last_span(replay);
	u64 ns;

	if (elapsed < 0)
		elapsed = 0;
	while (span < last && span[1].before_ns <= (u64)elapsed)
		span++;
	ns = span->begin_ns + ((u64)elapsed - span->before_ns);
	set_moment(replay,
		   records_until(replay, span->first, span_end(replay, span),
				 ns),
		   span_time(span, ns));
}

/* A time of the clock of the records, in the boot that is shown. */
static void go_mono(struct replay *replay, u64 ns)
{
	const struct replay_span *span = find_span(replay, replay->goal);
	/* What is printed is the time rounded down. */
	u64 until = ns / PRINTED_NS * PRINTED_NS + PRINTED_NS - 1;

	set_moment(replay,
		   records_until(replay, span->first, span_end(replay, span),
				 until),
		   span_time(span, ns));
}

static int go_wall(struct replay *replay, u64 wall_ns)
{
	const struct replay_clock *clock = replay->clocks, *last;
	const struct replay_span *span;
	size_t end;
	u64 ns;

	if (!replay->nr_clocks)
		return -ENOENT;
	last = &clock[replay->nr_clocks - 1];
	/* The last one that was valid by then */
	while (clock < last && clock[1].wall_ns <= wall_ns)
		clock++;
	ns = wall_ns < clock->wall_ns ?
		     0 :
		     clock->mono_ns + (wall_ns - clock->wall_ns);
	span = find_span(replay, clock->first + 1);
	end = clock < last ? clock[1].first : replay->nr;
	if (end > span_end(replay, span))
		end = span_end(replay, span);
	set_moment(replay,
		   records_until(replay, clock->first, end,
				 ns / PRINTED_NS * PRINTED_NS + PRINTED_NS - 1),
		   span_time(span, ns));
	return 0;
}

int replay_go(struct replay *replay, const struct moment *moment)
{
	const struct model *model = &replay->whole->model;
	u64 of_ns;

	replay->playing = false;
	switch (moment->kind) {
	case MOMENT_SHOWN:
		go_elapsed(replay,
			   (s64)replay_elapsed(replay, &of_ns) + moment->ns);
		break;
	case MOMENT_BEGIN:
		go_elapsed(replay, moment->ns);
		break;
	case MOMENT_FIRST:
		go_mono(replay, model->first_ns + moment->ns);
		break;
	case MOMENT_MONO:
		go_mono(replay, moment->ns);
		break;
	case MOMENT_WALL:
		return go_wall(replay, moment->ns);
	}
	return 0;
}

u64 replay_wall(const struct replay *replay)
{
	const struct replay_clock *clock = replay->clocks;
	size_t i;

	if (!replay->nr_clocks)
		return 0;
	for (i = 1; i < replay->nr_clocks; i++)
		if (replay->clocks[i].first < replay->goal)
			clock = &replay->clocks[i];
	return clock->wall_ns + (replay->now_ns - clock->mono_ns);
}

/* The records behind the next event of a kind; at the end: all. */
static size_t next_of(const struct replay *replay, size_t at, u8 kind)
{
	while (at < replay->nr && !(replay->kinds[at] & kind))
		at++;
	return at < replay->nr ? at + 1 : at;
}

/* Before the last event of a kind, behind the one before it. At the begin, what the snapshot says. */
static size_t last_of(const struct replay *replay, size_t at, u8 kind)
{
	size_t event = at;

	/* Records of the tool behind the last event do not count. */
	while (event && !(replay->kinds[event - 1] & KIND_EVENT))
		event--;
	if (event)
		event--;
	while (event && !(replay->kinds[event - 1] & kind))
		event--;
	return event ?: records_until(replay, 0, replay->nr, 0);
}

void replay_step(struct replay *replay, long steps, bool operations)
{
	u8 kind = operations ? KIND_OPERATION : KIND_EVENT;
	size_t at = replay->goal;

	replay->playing = false;
	for (; steps > 0; steps--)
		at = next_of(replay, at, kind);
	for (; steps < 0; steps++)
		at = last_of(replay, at, kind);
	set_moment(replay, at, at ? replay->times[at - 1] : 0);
}

void replay_play(struct replay *replay, bool play)
{
	if (play && replay_at_end(replay))
		go_elapsed(replay, 0);
	replay->playing = play;
	replay->played_ns = loop_now();
}

void replay_set_speed(struct replay *replay, double speed)
{
	if (replay->playing)
		replay_advance(replay);
	replay->speed = speed < REPLAY_SPEED_MIN ? REPLAY_SPEED_MIN :
			speed > REPLAY_SPEED_MAX ? REPLAY_SPEED_MAX :
						   speed;
}

void replay_advance(struct replay *replay)
{
	u64 now = loop_now(), of_ns;
	double passed = (now - replay->played_ns) * replay->speed;

	if (!replay->playing)
		return;
	replay->played_ns = now;
	/* The time stands still on the way to where playing begins. */
	if (replay->goal != replay->shown_at)
		return;
	if (passed > DURATION_MAX_NS)
		passed = DURATION_MAX_NS;
	go_elapsed(replay, (s64)replay_elapsed(replay, &of_ns) + (s64)passed);
	replay->playing = !replay_at_end(replay);
}
