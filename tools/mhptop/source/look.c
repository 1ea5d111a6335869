// SPDX-License-Identifier: GPL-2.0
/* Looks at the machine once; longer only if memory is just going offline. */
#include <errno.h>

#include "model/times.h"
#include "source/look.h"

#define LOOK_PAUSE_NS (LOOP_NS / 10)

static bool is_offlining(const struct model *model)
{
	const struct mhp_block *block = NULL;

	while ((block = ledger_next_block(model->ledger, block)))
		if (block_is_offlining(block))
			return true;
	return false;
}

/* 0 or -errno. */
static int look_once(struct stream *stream, source_sink sink, void *ctx)
{
	int ret;

	do
		ret = stream_read(stream, sink, ctx);
	while (ret > 0);
	stream_tick(stream, loop_now());
	return ret == -ENODATA ? 0 : ret;
}

/* An offline that is only in progress ends soon, one that tries again and again does not. */
int stream_look(struct stream *stream, source_sink sink, void *ctx)
{
	struct pollfd fd = { .events = POLLIN };
	int err = look_once(stream, sink, ctx);
	/* The time of an offline that was in progress counts from the snapshot, which has been read now. */
	u64 until = loop_now() + LOOK_PATIENCE_NS;

	while (!err && is_offlining(&stream->model) && loop_now() < until) {
		fd.fd = source_fd(stream->source);
		err = loop_wait(&fd, 1, loop_now() + LOOK_PAUSE_NS);
		if (err >= 0)
			err = look_once(stream, sink, ctx);
	}
	return err;
}
