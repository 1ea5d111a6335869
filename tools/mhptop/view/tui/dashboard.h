/* SPDX-License-Identifier: GPL-2.0 */
/* The driver of the dashboard: a stream and the view on the terminal. */
#ifndef DASHBOARD_H
#define DASHBOARD_H

#include "view/view.h"
#include "source/replay.h"
#include "source/stream.h"

/*
 * Show the stream, or the recording that it is the whole of (replay NULL: it is
 * live) until the user quits, a signal arrives, enough frames were
 * shown, or the terminal is gone. Returns the exit code, after the terminal was
 * restored and errors were reported on stderr.
 */
int dashboard_run(struct stream *stream, struct replay *replay,
		  const struct view_opts *opts);
/* Tell the view which moment is shown. */
void dashboard_tell(const struct replay *replay, struct view_tui *view);
/* Go to the moment that the user wants to see, once replay_can(). */
void dashboard_grant(struct replay *replay, struct view_tui *view,
		     const struct view_wish *wish);

#endif
