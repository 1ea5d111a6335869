/* SPDX-License-Identifier: GPL-2.0 */
/* A look at the machine: what a live stream says now. */
#ifndef SOURCE_LOOK_H
#define SOURCE_LOOK_H

#include "base/loop.h"
#include "source/stream.h"

#define LOOK_PATIENCE_NS (2 * LOOP_NS)

/*
 * Pass what a live stream has to a sink, which must call stream_take(), and set the time of the
 * model. If memory is just going offline, go on for up to LOOK_PATIENCE_NS, because an offline
 * that is only in progress ends soon. 0 or -errno.
 */
int stream_look(struct stream *stream, source_sink sink, void *ctx);

#endif
