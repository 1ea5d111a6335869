/* SPDX-License-Identifier: GPL-2.0 */
/* Batch mode: frames as text or JSON on standard output, live or replayed. */
#ifndef BATCH_H
#define BATCH_H

#include "view/view.h"
#include "source/stream.h"

/*
 * Print frames until the stream ends, enough frames are printed, or a signal
 * arrives. Returns the exit code, after errors were reported on stderr.
 */
int batch_run(struct stream *stream, const struct view_opts *opts);

#endif
