// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard of a live source that had a few events and has no more:
 *
 *	live [KEY]
 *
 * Block 5 took 100 s to fail to go offline, long ago. Block 7 began to go offline 95 s
 * ago and has not finished. KEY is as for --sort. Both are of the device dax0.0; virtio0
 * has no memory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/event_table.h"
#include "source/live.h"
#include "source/stream.h"
#include "view/tui/dashboard.h"

#define PAGES 32768ULL

struct fake {
	struct source source;
	int silent[2]; /* a pipe that nobody writes to */
	u64 seq;
	source_sink sink;
	void *ctx;
};

static void put(struct fake *fake, unsigned int event, u64 block, u64 ago)
{
	struct mhp_record r = {
		.seq = ++fake->seq,
		.time_ns = fake->source.info.mono_ns - ago * LOOP_NS,
		.pid = 42,
		.event = event,
		.size = event_info(event)->size,
		.comm = "bash",
	};

	if (event == MHP_EVENT_mhp_offline_begin)
		r.p.mhp_block_begin = (struct mhp_mhp_block_begin){
			.start_pfn = block * PAGES,
			.nr_pages = PAGES,
			.zone = MHP_ZONE_MOVABLE,
		};
	else if (event == MHP_EVENT_mhp_offline_failed)
		r.p.mhp_failed = (struct mhp_mhp_failed){
			.start_pfn = block * PAGES,
			.nr_pages = PAGES,
			.reason = MHP_REASON_SIGNAL,
			.ret = -EINTR,
		};
	else
		r.p.mhp_block_end = (struct mhp_mhp_block_end){
			.start_pfn = block * PAGES,
			.nr_pages = PAGES,
			.zone = MHP_ZONE_MOVABLE,
			.ret = -EINTR,
		};
	fake->sink(fake->ctx, &r);
}

static int fake_read(struct source *source, source_sink sink, void *ctx)
{
	struct fake *fake = (struct fake *)source;

	if (fake->seq)
		return 0;
	fake->sink = sink;
	fake->ctx = ctx;
	put(fake, MHP_EVENT_mhp_offline_begin, 5, 300);
	put(fake, MHP_EVENT_mhp_offline_failed, 5, 200);
	put(fake, MHP_EVENT_mhp_offline_end, 5, 200);
	put(fake, MHP_EVENT_mhp_offline_begin, 7, 95);
	return 4;
}

static int fake_fd(struct source *source)
{
	return ((struct fake *)source)->silent[0];
}

static void fake_close(struct source *source)
{
	(void)source;
}

static const struct source_ops fake_ops = {
	.name = "fake",
	.read = fake_read,
	.fd = fake_fd,
	.close = fake_close,
};

static struct attention_range ranges[] = {
	{ .start_pfn = 5 * PAGES, .nr_pages = 3 * PAGES, .device = "dax0.0" },
};

static struct attention_device devices[] = {
	{ .name = "dax0.0",
	  .dax = true,
	  .bound = ATTENTION_NO,
	  .self_hosting = ATTENTION_YES },
	{ .name = "virtio0",
	  .virtio_mem = true,
	  .bound = ATTENTION_YES,
	  .request_known = true,
	  .requested = 1ULL << 30 },
};

static const struct attention_facts facts = {
	.ranges_known = true,
	.ranges = ranges,
	.nr_ranges = 1,
	.devices = devices,
	.nr_devices = 2,
};

int main(int argc, char **argv)
{
	struct fake fake = {
		.source = { .ops = &fake_ops,
			    .info = { .kernel = "6.12.117",
				      .page_bytes = 4096,
				      .block_bytes = PAGES * 4096,
				      .live = true } },
	};
	struct view_opts opts = { .delay = 0.1, .time = TIME_AS_LOCAL };
	struct stream stream = { .source = &fake.source };
	struct mhp_mhp_clock clock;
	const char *key = argc > 1 ? argv[1] : "";
	int status;

	source_live_clocks(&clock);
	fake.source.info.wall_ns = clock.wall_ns;
	fake.source.info.mono_ns = clock.mono_ns;
	opts.reverse = *key == '-';
	snprintf(opts.sort, sizeof(opts.sort), "%s", key + opts.reverse);
	if (pipe(fake.silent) || stream_start(&stream, &fake.source.info, NULL))
		return 1;
	stream.model.facts = &facts;
	status = dashboard_run(&stream, &opts);
	stream_close(&stream);
	return status;
}
