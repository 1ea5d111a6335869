// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard of a live source with many memory blocks, of which one has an event
 * before each frame, so that every frame is made anew:
 *
 *	frame BLOCKS FRAMES [SETTINGS]
 *
 * It draws so many frames, and writes the CPU time that it used in microseconds to
 * standard error. SETTINGS is a file such as W of the dashboard writes. If the table has the column of forecasts, each question is
 * answered before the next frame, without a look at the machine, which is what another process does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "answers/forecasts.h"
#include "model/block_answers.h"
#include "model/event_table.h"
#include "source/live.h"
#include "source/stream.h"
#include "view/tui/dashboard.h"

#define PAGES 32768ULL
#define RANGE_BLOCKS 8

struct busy {
	struct source source;
	u64 blocks;
	u64 seq;
};

static void put_block(struct busy *busy, source_sink sink, void *ctx,
		      u64 number)
{
	struct mhp_record r = {
		.time_ns = loop_now(),
		.event = MHP_EVENT_mhp_snapshot_block,
		.size = sizeof(r.p.mhp_snapshot_block),
	};

	(void)busy;
	r.p.mhp_snapshot_block.start_pfn = number * PAGES;
	r.p.mhp_snapshot_block.nr_pages = PAGES;
	r.p.mhp_snapshot_block.state = number % 64 ? MHP_STATE_ONLINE :
						     MHP_STATE_OFFLINE;
	r.p.mhp_snapshot_block.zone = MHP_ZONE_MOVABLE;
	r.p.mhp_snapshot_block.hosting = MHP_HOSTING_BLOCK;
	r.p.mhp_snapshot_block.origin = MHP_ORIGIN_KERNEL;
	sink(ctx, &r);
}

static void put_range(source_sink sink, void *ctx, u64 number)
{
	struct mhp_record r = {
		.time_ns = loop_now(),
		.event = MHP_EVENT_mhp_add_begin,
		.size = sizeof(r.p.mhp_add_begin),
	};

	r.p.mhp_add_begin.start_pfn = number * PAGES;
	r.p.mhp_add_begin.nr_pages = RANGE_BLOCKS * PAGES;
	sink(ctx, &r);
}

static int busy_read(struct source *source, source_sink sink, void *ctx)
{
	struct busy *busy = (struct busy *)source;
	struct mhp_record r = {
		.time_ns = loop_now(),
		.pid = 42,
		.comm = "bash",
		.event = MHP_EVENT_mhp_offline_begin,
		.size = sizeof(r.p.mhp_block_begin),
	};
	u64 i;

	for (i = 0; !busy->seq && i < busy->blocks; i++)
		put_block(busy, sink, ctx, i);
	for (i = 0; !busy->seq && i < busy->blocks; i += RANGE_BLOCKS)
		put_range(sink, ctx, i);
	/* A begin and an end in turn; both have the block at the same place. */
	r.seq = ++busy->seq;
	if (!(r.seq % 2)) {
		r.event = MHP_EVENT_mhp_offline_end;
		r.size = sizeof(r.p.mhp_block_end);
		r.p.mhp_block_end.zone = MHP_ZONE_MOVABLE;
	} else {
		r.p.mhp_block_begin.zone = MHP_ZONE_MOVABLE;
	}
	r.p.mhp_block_begin.start_pfn =
		(r.seq + 1) / 2 * 7 % busy->blocks * PAGES;
	r.p.mhp_block_begin.nr_pages = PAGES;
	sink(ctx, &r);
	return 1;
}

/* It has no descriptor, so it is read with each frame. */
static int busy_fd(struct source *source)
{
	(void)source;
	return -1;
}

static void busy_close(struct source *source)
{
	(void)source;
}

static const struct source_ops busy_ops = {
	.name = "busy",
	.read = busy_read,
	.fd = busy_fd,
	.close = busy_close,
};

struct quick {
	struct block_answers answers; /* must be first */
	struct forecast_asker asker;
};

static void quick_want(struct block_answers *answers, const struct model *model,
		       const u64 *pfns, size_t nr)
{
	struct quick *quick = (struct quick *)answers;
	struct forecasts_answer answer = { 0 };

	if (!forecast_asker_next(&quick->asker, model, pfns, nr))
		return;
	answer.question = quick->asker.question;
	memset(answer.answers, FORECAST_YES, sizeof(answer.answers));
	forecast_asker_take(&quick->asker, &answer);
}

static u64 cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ULL +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
	struct busy busy = {
		.source = { .ops = &busy_ops,
			    .info = { .kind = SOURCE_EVENTS,
				      .kernel = "6.12.117",
				      .page_bytes = 4096,
				      .block_bytes = PAGES * 4096,
				      .live = true } },
	};
	struct view_opts opts = { .delay = 0.01, .color = true };
	struct stream stream = { .source = &busy.source };
	struct quick quick = { .answers = { .fd = -1,
					    .forecasts = &quick.asker.known,
					    .want = quick_want } };
	int status;

	forecast_asker_init(&quick.asker);
	opts.answers = &quick.answers;
	if (argc < 3)
		return 2;
	busy.blocks = strtoull(argv[1], NULL, 10);
	opts.frames = strtoul(argv[2], NULL, 10);
	opts.settings = argc > 3 ? argv[3] : NULL;
	if (!busy.blocks || !opts.frames ||
	    stream_start(&stream, &busy.source.info, NULL))
		return 1;
	status = dashboard_run(&stream, NULL, &opts);
	fprintf(stderr, "%llu\n", cpu_us());
	stream_close(&stream);
	return status;
}
