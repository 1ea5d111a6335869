/* SPDX-License-Identifier: GPL-2.0 */
/* The driver of the dashboard: a stream and the view on the terminal. */
#ifndef DASHBOARD_H
#define DASHBOARD_H

#include "view/view.h"
#include "source/stream.h"

/*
 * Show the stream until the user quits, a signal arrives, enough frames were
 * shown, or the terminal is gone. Returns the exit code, after the terminal was
 * restored and errors were reported on stderr.
 */
int dashboard_run(struct stream *stream, const struct view_opts *opts);

#endif
