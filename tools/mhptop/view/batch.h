/* SPDX-License-Identifier: GPL-2.0 */
/* Batch mode: frames as text or JSON on standard output, live or replayed. */
#ifndef BATCH_H
#define BATCH_H

#include "view/view.h"
#include "source/replay.h"
#include "source/stream.h"

/*
 * Print frames until the stream ends, enough frames are printed, or a signal
 * arrives. Returns the exit code, after errors were reported on stderr.
 */
int batch_run(struct stream *stream, const struct view_opts *opts);
/*
 * The same from the moment opts->at on, of a recording that can be read again; the
 * first frame shows that moment. The replay was started with a stream that has not
 * been read.
 */
int batch_run_at(struct replay *replay, const struct view_opts *opts);

#endif
