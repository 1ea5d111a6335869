// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard of a live machine on which the time stands still, so that its screens can be compared. What the process apart
 * would answer is made up: forecasts of some memory blocks, and the lines of the page about one.
 *
 *	still [SETTINGS]
 *
 * Blocks 0 to 7 are boot memory, 32 to 47 a DIMM. Block 34 failed to go offline, 35 is going offline, 47 is
 * offline. SETTINGS is a file such as W of the dashboard writes.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/event_table.h"
#include "source/stream.h"
#include "view/tui/dashboard.h"

#define PAGES 32768ULL
#define NOW_NS (3600 * LOOP_NS)
#define PINNED (34 * PAGES + 5)

/* Linked with --wrap=loop_now */
u64 __wrap_loop_now(void);
u64 __wrap_loop_now(void)
{
	return NOW_NS;
}

struct still {
	struct source source;
	int silent[2]; /* a pipe that nobody writes to */
	u64 seq;
	source_sink sink;
	void *ctx;
};

static void put(struct still *still, unsigned int event, u64 ago_ms,
		const void *payload)
{
	struct mhp_record r = {
		.time_ns = NOW_NS - ago_ms * 1000000,
		.pid = 42,
		.event = event,
		.size = event_info(event)->size,
		.comm = "bash",
	};

	if (!event_is_tool(event))
		r.seq = ++still->seq;
	memcpy(&r.p, payload, r.size);
	still->sink(still->ctx, &r);
}

static void put_block(struct still *still, u64 number)
{
	bool boot = number < 32, offline = number == 47;

	put(still, MHP_EVENT_mhp_snapshot_block, 600000,
	    &(struct mhp_mhp_snapshot_block){
		    .start_pfn = number * PAGES,
		    .nr_pages = PAGES,
		    .populated = 512,
		    .state = offline ? MHP_STATE_OFFLINE : MHP_STATE_ONLINE,
		    .zone = offline ? MHP_ZONE_NONE :
			    boot    ? MHP_ZONE_DMA32 :
				      MHP_ZONE_MOVABLE,
		    .hosting = boot ? MHP_HOSTING_BOOT : MHP_HOSTING_BUDDY,
		    .origin = MHP_ORIGIN_KERNEL,
	    });
}

static void put_step(struct still *still, u64 number, u64 ago_ms, u32 step)
{
	put(still, MHP_EVENT_mhp_notify, ago_ms,
	    &(struct mhp_mhp_notify){ .start_pfn = number * PAGES,
				      .nr_pages = PAGES,
				      .step = step });
}

static void put_begin(struct still *still, u64 number, u64 ago_ms)
{
	put(still, MHP_EVENT_mhp_offline_begin, ago_ms,
	    &(struct mhp_mhp_block_begin){ .start_pfn = number * PAGES,
					   .nr_pages = PAGES,
					   .zone = MHP_ZONE_MOVABLE });
	put_step(still, number, ago_ms - 1, MHP_STEP_GOING_OFFLINE);
}

static void put_zone(struct still *still, u32 zone, u64 present, u64 managed)
{
	put(still, MHP_EVENT_mhp_snapshot_zone, 600000,
	    &(struct mhp_mhp_snapshot_zone){
		    .present = present, .managed = managed, .zone = zone });
}

static void put_failure(struct still *still)
{
	put_begin(still, 34, 300000);
	put(still, MHP_EVENT_mhp_offline_blocker, 299000,
	    &(struct mhp_mhp_offline_blocker){ .pfn = PINNED,
					       .ret = 1,
					       .refcount = 3,
					       .mapcount = 1,
					       .kind = MHP_KIND_ANON,
					       .stage = MHP_STAGE_MIGRATE,
					       .pass = 2 });
	put_step(still, 34, 297501, MHP_STEP_CANCEL_OFFLINE);
	put(still, MHP_EVENT_mhp_offline_failed, 297500,
	    &(struct mhp_mhp_failed){ .start_pfn = 34 * PAGES,
				      .nr_pages = PAGES,
				      .reason = MHP_REASON_SIGNAL,
				      .ret = -EINTR });
	put(still, MHP_EVENT_mhp_offline_end, 297498,
	    &(struct mhp_mhp_block_end){ .start_pfn = 34 * PAGES,
					 .nr_pages = PAGES,
					 .zone = MHP_ZONE_MOVABLE,
					 .ret = -EINTR });
}

static int still_read(struct source *source, source_sink sink, void *ctx)
{
	struct still *still = (struct still *)source;
	u64 number;

	if (still->seq)
		return 0;
	still->sink = sink;
	still->ctx = ctx;
	for (number = 0; number < 48; number++)
		if (number < 8 || number >= 32)
			put_block(still, number);
	put_zone(still, MHP_ZONE_DMA32, 8 * PAGES, 8 * PAGES - 4000);
	put_zone(still, MHP_ZONE_MOVABLE, 15 * PAGES, 15 * PAGES);
	put_failure(still);
	put_begin(still, 35, 95000);
	return 1;
}

static int still_fd(struct source *source)
{
	return ((struct still *)source)->silent[0];
}

static void still_close(struct source *source)
{
	(void)source;
}

static const struct source_ops still_ops = {
	.name = "still",
	.read = still_read,
	.fd = still_fd,
	.close = still_close,
};

static struct forecasts forecasts;

static void answer(u64 number, enum forecast_answer answer, u64 ago_ms)
{
	struct forecast *forecast = sparse_make(&forecasts.blocks, number);

	if (forecast)
		*forecast = (struct forecast){
			.asked_ns = NOW_NS - ago_ms * 1000000,
			.answer = answer,
		};
}

/* Block 4 was asked long ago, 34 before it failed, 36 not at all. */
static void answer_all(void)
{
	u64 number;

	sparse_init(&forecasts.blocks, sizeof(struct forecast));
	for (number = 0; number < 48; number++)
		if (number != 36)
			answer(number, number ? FORECAST_YES : FORECAST_NO,
			       2000);
	answer(4, FORECAST_YES, 60000);
	answer(5, FORECAST_NO, 2000);
	answer(34, FORECAST_YES, 298000);
	answer(37, FORECAST_UNKNOWN, 2000);
	answer(38, FORECAST_NO, 2000);
}

static void answers_write(struct block_answers *answers,
			  const struct model *model,
			  const struct mhp_block *block, FILE *out)
{
	(void)answers;
	(void)model;
	if (block->start_pfn != 34 * PAGES) {
		fputs("now      asking the machine\n", out);
		return;
	}
	fputs("device   PNP0C80:00\n"
	      "now      can it go offline: no; 1 page with unexplained references at pfn 0x110005\n"
	      "pages    free 32763, anon 5; pinned 1\n"
	      "whose    pfn 0x110005: anon, mapped by qemu-system-x86 (812) at 0x7f2a1c005000\n"
	      "flags    lru, mmap, anon, swapbacked\n"
	      "why      offline failed after 2.5s: signal, stage migrate, pass 2\n"
	      "page     pfn 0x110005: anon, order 0, references 3, mappings 1, not migrated\n"
	      "do       Something held the page until the offline was interrupted: end or restart the process that pins it, then try again.\n",
	      out);
}

static void answers_want(struct block_answers *answers,
			 const struct model *model, const u64 *pfns, size_t nr)
{
	(void)answers;
	(void)model;
	(void)pfns;
	(void)nr;
}

static bool answers_take(struct block_answers *answers)
{
	(void)answers;
	return false;
}

static struct block_answers answers = {
	.fd = -1,
	.write = answers_write,
	.forecasts = &forecasts,
	.want = answers_want,
	.take = answers_take,
};

int main(int argc, char **argv)
{
	struct still still = {
		.source = { .ops = &still_ops,
			    .info = { .kind = SOURCE_EVENTS,
				      .kernel = "6.12.117",
				      .page_bytes = 4096,
				      .block_bytes = PAGES * 4096,
				      .mono_ns = NOW_NS,
				      .live = true } },
	};
	struct view_opts opts = {
		.delay = 1,
		.color = !getenv("NO_COLOR"),
		.time = TIME_AS_MONO,
		.time_given = true,
		.answers = &answers,
		.settings = argc > 1 ? argv[1] : NULL,
	};
	struct stream stream = { .source = &still.source };
	int status;

	setlocale(LC_CTYPE, "");
	answer_all();
	if (pipe(still.silent) ||
	    stream_start(&stream, &still.source.info, NULL))
		return 1;
	status = dashboard_run(&stream, NULL, &opts);
	stream_close(&stream);
	sparse_free(&forecasts.blocks);
	return status;
}
