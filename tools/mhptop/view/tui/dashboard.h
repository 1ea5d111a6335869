/* SPDX-License-Identifier: GPL-2.0 */
/* The dashboard's driver: joins a stream with the view on the terminal. */
#ifndef DASHBOARD_H
#define DASHBOARD_H

#include "view/view.h"
#include "source/stream.h"

/*
 * Show the stream until the user, a signal, the number of frames or the end of
 * the terminal ends it. The exit code, after the terminal was given back and
 * what is wrong was said on stderr.
 */
int dashboard_run(struct stream *stream, const struct view_opts *opts);

#endif
