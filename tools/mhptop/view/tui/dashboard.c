// SPDX-License-Identifier: GPL-2.0
/*
 * The loop of the dashboard: waits for records, keys, signals and the time of
 * the next frame.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "view/tui/dashboard.h"
#include "source/live.h"
#include "source/source.h"

#define PLAY_NS (LOOP_NS / 20) /* between frames while a recording is played */

enum { SIGNALS, KEYS, SOURCE, ANSWERS, NR_FDS };

struct dashboard {
	struct stream *stream; /* what is shown */
	struct replay *replay; /* NULL: live */
	const struct view_opts *opts;
	struct view_tui *view;
	struct pollfd fds[NR_FDS];
	u64 due; /* time of the next frame */
	u64 read_due; /* time to read the source; 0: wait for its descriptor */
	u64 play_due; /* while a recording is played: when it goes on; 0: it is not */
	unsigned long frames; /* so far */
	bool begun; /* the moment of the command line is being shown */
	bool ended;
};

static u64 delay(struct dashboard *dashboard)
{
	double seconds = dashboard->opts->delay ?: 1;

	return view_tui_delay(dashboard->view, seconds) * LOOP_NS;
}

void dashboard_tell(const struct replay *replay, struct view_tui *view)
{
	struct view_motion motion = {
		.refusal = replay->refusal,
		.ready = replay_can(replay),
		.playing = replay->playing,
		.speed = replay->speed,
	};

	if (motion.ready) {
		motion.at_end = replay_at_end(replay);
		motion.moving = replay_is_moving(replay, &motion.percent);
		motion.day_ns = replay_wall(replay);
		motion.elapsed_ns = replay_elapsed(replay, &motion.of_ns);
	}
	view_tui_motion(view, &motion);
}

static void draw(struct dashboard *dashboard)
{
	struct stream *stream = dashboard->stream;

	if (dashboard->replay)
		dashboard_tell(dashboard->replay, dashboard->view);
	/* While paused, what is shown does not change. */
	if (source_live_has_clock(&stream->model.info) &&
	    !view_tui_paused(dashboard->view))
		stream_tick(stream, loop_now());
	stream_update(stream);
	view_tui_draw(dashboard->view, &stream->model);
}

/* A frame is due. While paused, the last one stays. */
static void dashboard_tick(struct dashboard *dashboard)
{
	dashboard->due = loop_now() + delay(dashboard);
	if (view_tui_paused(dashboard->view))
		return;
	draw(dashboard);
	dashboard->frames++;
	if (dashboard->frames == dashboard->opts->frames)
		dashboard->ended = true;
}

/* When to read the recording again, after a read that returned ret. */
static void read_soon(struct dashboard *dashboard, int ret)
{
	struct replay *replay = dashboard->replay;
	unsigned int percent;
	bool busy = !replay->ready || replay_is_moving(replay, &percent);
	int fd = busy ? replay_fd(replay) : -1;

	dashboard->fds[SOURCE].fd = fd;
	if (!busy || (!ret && fd >= 0))
		dashboard->read_due = 0;
	else
		dashboard->read_due = loop_now() + (ret ? 0 : BURST_LOOK_NS);
}

/* What the command line asks for, as soon as all was read once. */
static void begin_replay(struct dashboard *dashboard)
{
	struct replay *replay = dashboard->replay;
	const struct view_opts *opts = dashboard->opts;
	char why[160];

	dashboard->begun = true;
	if (!replay_can(replay) || (!opts->at && opts->speed == 0))
		return;
	if (replay_begin_at(replay, opts->at, opts->time, why, sizeof(why)))
		view_tui_message(dashboard->view, why);
	if (opts->speed == 0)
		return;
	replay_set_speed(replay, opts->speed);
	replay_play(replay, true);
}

/* Read a recording, for the first time or again. */
static void read_replay(struct dashboard *dashboard)
{
	struct replay *replay = dashboard->replay;
	int ret = replay_read(replay);
	unsigned int percent;

	if (replay->ready && !dashboard->begun) {
		begin_replay(dashboard);
		if (replay->playing)
			dashboard->play_due = loop_now() + PLAY_NS;
	}
	dashboard->stream = replay->shown;
	if (*replay->why) {
		view_tui_message(dashboard->view, replay->why);
		*replay->why = '\0';
	}
	read_soon(dashboard, ret);
	if (ret < 0 && !replay_is_moving(replay, &percent))
		draw(dashboard);
}

/* Playing: the time goes on, and with it what is shown. */
static void play_tick(struct dashboard *dashboard)
{
	struct replay *replay = dashboard->replay;
	unsigned int percent;

	dashboard->play_due = 0;
	if (!replay->playing)
		return;
	dashboard->play_due = loop_now() + PLAY_NS;
	replay_advance(replay);
	read_soon(dashboard, 1);
	if (!replay_is_moving(replay, &percent))
		draw(dashboard);
}

/* Also called while paused, as records would be lost otherwise. */
static void dashboard_read(struct dashboard *dashboard)
{
	struct stream *stream = dashboard->stream;
	int ret;
	u64 now;

	if (dashboard->replay) {
		read_replay(dashboard);
		return;
	}
	ret = stream_read(stream, stream_take, stream);
	now = loop_now();

	dashboard->fds[SOURCE].fd = source_fd(stream->source);
	if (ret < 0) {
		stream_finish(stream, stream_take, stream);
		dashboard->fds[SOURCE].fd = -1;
		dashboard->read_due = 0;
		draw(dashboard);
	} else if (source_fd(stream->source) < 0) {
		dashboard->read_due = now + delay(dashboard);
	} else {
		dashboard->read_due = ret ? now + BURST_LOOK_NS : 0;
	}
}

static void dashboard_signals(struct dashboard *dashboard)
{
	int signal;

	while ((signal = loop_signal(dashboard->fds[SIGNALS].fd))) {
		if (signal == SIGWINCH) {
			view_tui_resize(dashboard->view);
			draw(dashboard);
		} else {
			dashboard->ended = true;
		}
	}
}

void dashboard_grant(struct replay *replay, struct view_tui *view,
		     const struct view_wish *wish)
{
	char why[160];

	switch (wish->what) {
	case VIEW_WISH_NONE:
		return;
	case VIEW_WISH_EVENTS:
	case VIEW_WISH_OPERATIONS:
		replay_step(replay, wish->steps,
			    wish->what == VIEW_WISH_OPERATIONS);
		break;
	case VIEW_WISH_MOMENT:
		if (replay_go_typed(replay, &wish->moment, wish->text,
				    wish->style, why, sizeof(why)))
			view_tui_message(view, why);
		break;
	case VIEW_WISH_PLAY:
		replay_play(replay, !replay->playing);
		break;
	case VIEW_WISH_SPEED:
		replay_set_speed(replay, replay->speed * wish->factor);
		break;
	}
}

static void grant(struct dashboard *dashboard, const struct view_wish *wish)
{
	struct replay *replay = dashboard->replay;

	if (wish->what == VIEW_WISH_NONE)
		return;
	dashboard_grant(replay, dashboard->view, wish);
	dashboard->play_due = replay->playing ? loop_now() + PLAY_NS : 0;
	read_soon(dashboard, 1);
}

/* Keys can change the delay, and so when the next frame is due. */
static void dashboard_keys(struct dashboard *dashboard)
{
	struct model *model = &dashboard->stream->model;
	enum view_tui_event event;
	struct view_wish wish;
	bool news = false;
	u64 latest;

	do {
		event = view_tui_keys(dashboard->view, model);
		news |= event != VIEW_TUI_NONE;
		wish = view_tui_wish(dashboard->view);
		if (dashboard->replay)
			grant(dashboard, &wish);
	} while (event == VIEW_TUI_MOVE);
	if (event == VIEW_TUI_QUIT) {
		dashboard->ended = true;
		return;
	}
	if (news)
		draw(dashboard);
	latest = loop_now() + delay(dashboard);
	if (dashboard->due > latest)
		dashboard->due = latest;
}

/* Something was answered that the page of a block has asked. */
static void dashboard_answers(struct dashboard *dashboard)
{
	struct block_answers *answers = dashboard->opts->answers;

	if (answers->take(answers))
		draw(dashboard);
	dashboard->fds[ANSWERS].fd = answers->fd;
}

static int dashboard_step(struct dashboard *dashboard)
{
	struct pollfd *fds = dashboard->fds;
	u64 until = dashboard->due;
	int ret;

	if (dashboard->read_due && dashboard->read_due < until)
		until = dashboard->read_due;
	if (dashboard->play_due && dashboard->play_due < until)
		until = dashboard->play_due;
	ret = loop_wait(fds, NR_FDS, until);
	if (ret < 0)
		return ret;
	if (fds[SIGNALS].revents)
		dashboard_signals(dashboard);
	/* The terminal is gone. */
	if (fds[KEYS].revents & (POLLERR | POLLHUP | POLLNVAL))
		dashboard->ended = true;
	else if (fds[KEYS].revents)
		dashboard_keys(dashboard);
	if (!dashboard->ended && fds[ANSWERS].revents)
		dashboard_answers(dashboard);
	if (!dashboard->ended &&
	    (fds[SOURCE].revents ||
	     (dashboard->read_due && loop_now() >= dashboard->read_due)))
		dashboard_read(dashboard);
	if (!dashboard->ended && dashboard->play_due &&
	    loop_now() >= dashboard->play_due)
		play_tick(dashboard);
	if (!dashboard->ended && loop_now() >= dashboard->due)
		dashboard_tick(dashboard);
	return 0;
}

static int dashboard_loop(struct dashboard *dashboard)
{
	int err = 0;

	dashboard->fds[KEYS].fd = view_tui_fd(dashboard->view);
	dashboard->fds[SIGNALS].events = POLLIN;
	dashboard->fds[KEYS].events = POLLIN;
	dashboard->fds[SOURCE].events = POLLIN;
	dashboard->fds[ANSWERS].fd =
		dashboard->opts->answers ? dashboard->opts->answers->fd : -1;
	dashboard->fds[ANSWERS].events = POLLIN;
	dashboard_read(dashboard);
	/* Reading up to the moment that is wanted seldom takes longer. */
	if (dashboard->opts->at || dashboard->opts->speed > 0)
		dashboard->due = loop_now() + LOOP_NS / 4;
	else
		dashboard_tick(dashboard);
	while (!err && !dashboard->ended)
		err = dashboard_step(dashboard);
	return err;
}

static int dashboard_report(const struct stream *stream, int err)
{
	if (err)
		return status_fail(STATUS_FAILED, "cannot wait for events: %s",
				   strerror(-err));
	if (stream->over && *stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	if (stream->err)
		return stream_status(stream->err);
	return stream_shown_status(&stream->model);
}

int dashboard_run(struct stream *stream, struct replay *replay,
		  const struct view_opts *opts)
{
	struct dashboard dashboard = {
		.stream = stream,
		.replay = replay,
		.opts = opts,
	};
	int signals = loop_signals(), err;
	char why[256];

	if (signals < 0)
		return status_fail(STATUS_FAILED, "cannot receive signals: %s",
				   strerror(-signals));
	dashboard.fds[SIGNALS].fd = signals;
	stream->model.history.extent = HISTORY_LATEST;
	if (opts->answers)
		stream->model.forecasts = opts->answers->forecasts;
	err = view_tui_open(&dashboard.view, opts, why, sizeof(why));
	if (err) {
		close(signals);
		return status_fail(STATUS_FAILED, "%s", why);
	}
	err = dashboard_loop(&dashboard);
	view_tui_close(dashboard.view);
	close(signals);
	/* Events may have been lost since the last frame. */
	stream_update(stream);
	return dashboard_report(stream, err);
}
