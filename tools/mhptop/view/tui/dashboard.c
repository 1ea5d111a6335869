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

enum { SIGNALS, KEYS, SOURCE, NR_FDS };

struct dashboard {
	struct stream *stream;
	const struct view_opts *opts;
	struct view_tui *view;
	struct pollfd fds[NR_FDS];
	u64 due; /* time of the next frame */
	u64 read_due; /* time to read the source; 0: wait for its descriptor */
	unsigned long frames; /* so far */
	bool ended;
};

static u64 delay(struct dashboard *dashboard)
{
	double seconds = dashboard->opts->delay ?: 1;

	return view_tui_delay(dashboard->view, seconds) * LOOP_NS;
}

static void draw(struct dashboard *dashboard)
{
	struct stream *stream = dashboard->stream;

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

/* Also called while paused, as records would be lost otherwise. */
static void dashboard_read(struct dashboard *dashboard)
{
	struct stream *stream = dashboard->stream;
	int ret = stream_read(stream, stream_take, stream);
	u64 now = loop_now();

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

/* Keys can change the delay, and so when the next frame is due. */
static void dashboard_keys(struct dashboard *dashboard)
{
	u64 latest;

	switch (view_tui_keys(dashboard->view, &dashboard->stream->model)) {
	case VIEW_TUI_QUIT:
		dashboard->ended = true;
		return;
	case VIEW_TUI_REDRAW:
		draw(dashboard);
		break;
	case VIEW_TUI_NONE:
		break;
	}
	latest = loop_now() + delay(dashboard);
	if (dashboard->due > latest)
		dashboard->due = latest;
}

static int dashboard_step(struct dashboard *dashboard)
{
	struct pollfd *fds = dashboard->fds;
	u64 until = dashboard->due;
	int ret;

	if (dashboard->read_due && dashboard->read_due < until)
		until = dashboard->read_due;
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
	if (!dashboard->ended &&
	    (fds[SOURCE].revents ||
	     (dashboard->read_due && loop_now() >= dashboard->read_due)))
		dashboard_read(dashboard);
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
	dashboard_read(dashboard);
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

int dashboard_run(struct stream *stream, const struct view_opts *opts)
{
	struct dashboard dashboard = { .stream = stream, .opts = opts };
	int signals = loop_signals(), err;
	char why[256];

	if (signals < 0)
		return status_fail(STATUS_FAILED, "cannot receive signals: %s",
				   strerror(-signals));
	dashboard.fds[SIGNALS].fd = signals;
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
