// SPDX-License-Identifier: GPL-2.0
/* The model: sums, sequence numbers, the log. */
#include <errno.h>
#include <stdlib.h>

#include "model/times.h"
#include "model_records.h"

static const struct source_info info = {
	.page_bytes = 4096,
	.block_bytes = PAGES * 4096,
	.wall_ns = 1700000000000000000ULL,
	.mono_ns = 1000,
};

static void test_sums(void)
{
	struct model_sums sums;

	model_sum(&model, &sums);
	eq("present pages of all zones", sums.present, 1200);
	eq("managed pages", sums.managed, 1000);
	eq("blocks", sums.blocks, 4);
	eq("blocks online", sums.blocks_online, 2);
	eq("blocks offline", sums.blocks_offline, 1);
	eq("failures", sums.failures, 1);
	eq("buddy-hosted", sums.buddy_hosted, 512);
	eq("events in the log", model.log_head, 5);
	eq("the newest event", model_log(&model, 0)->seq, 9);
	eq("the oldest event", model_log(&model, 4)->seq, 6);
	ok(!model_log(&model, 5), "no event before the oldest");
}

/* Sequence numbers that are missing, arrive late, or never arrive. */
static void test_numbers(void)
{
	eq("no gaps", model.gaps, 0);
	take_end(41, 12, MHP_EVENT_mhp_online_end, 0);
	eq("two numbers are missing", model.gaps, 2);
	eq("in a recording, missing numbers are lost events",
	   model_lost(&model), 2);
	take_end(41, 11, MHP_EVENT_mhp_online_end, 0);
	eq("a number that arrives late closes a gap", model.gaps, 1);
	eq("events seen include the lost one", model_seen(&model), 12);
	model.info.live = true;
	eq("a live source reports its own losses: none", model_lost(&model), 0);
	model.totals.count[0].lost = 7;
	model.totals.count[0].seen = 70;
	eq("a live source reports lost events", model_lost(&model), 7);
	eq("a live source reports seen events", model_seen(&model), 70);
	model.info.live = false;
	model.gaps = 9;
	eq("in a recording, more gaps than its totals report are lost events",
	   model_lost(&model), 9);
	take_zone(0, MHP_ZONE_MOVABLE, 0, 0);
	eq("a record without a number is not counted", model.numbered, 11);
}

/* Pages of a block that hold memmap count as self-hosted. */
static void test_range_sum(void)
{
	struct mhp_record r = { 0 };
	struct model_sums sums;
	u64 before;

	model_sum(&model, &sums);
	before = sums.self_hosted;
	r.p.mhp_snapshot_block = (struct mhp_mhp_snapshot_block){
		.start_pfn = 50 * PAGES,
		.nr_pages = PAGES,
		.vmemmap_pages = 4096,
		.populated = 512,
		.altmap_base = 49 * PAGES,
		.hosting = MHP_HOSTING_RANGE,
		.state = MHP_STATE_OFFLINE,
		.origin = MHP_ORIGIN_KERNEL,
	};
	take(&r, MHP_EVENT_mhp_snapshot_block, 0);
	model_sum(&model, &sums);
	eq("self-hosted memmap of a range", sums.self_hosted - before, 4096);
}

/* More pages freed than populated: the sum must not wrap. */
static void test_freed_twice(void)
{
	struct mhp_record r = { 0 };
	struct model_sums sums;
	int i;

	for (i = 0; i < 2; i++) {
		r.p.mhp_vmemmap_free = (struct mhp_mhp_vmemmap_free){
			.start_pfn = 41 * PAGES,
			.nr_pages = PAGES,
			.vmemmap_pages = 512,
			.hosting = MHP_HOSTING_BUDDY,
		};
		take(&r, MHP_EVENT_mhp_vmemmap_free, 13 + i);
	}
	model_sum(&model, &sums);
	eq("memmap that was freed twice is not buddy-hosted", sums.buddy_hosted,
	   0);
	eq("the removed block is not counted", sums.blocks, 3);
	cell(41, "state", "removed");
}

static void test_log_ring(void)
{
	u64 i;

	for (i = 0; i < MODEL_LOG + 10; i++)
		take_begin(42, 100 + i, MHP_EVENT_mhp_online_begin);
	eq("the ring has the newest event", model_log(&model, 0)->seq,
	   100 + MODEL_LOG + 9);
	eq("the ring has the oldest event it has room for",
	   model_log(&model, MODEL_LOG - 1)->seq, 110);
	ok(!model_log(&model, MODEL_LOG), "no event before that");
}

static void take_clock(u64 seq, u64 wall_ns, u64 mono_ns)
{
	struct mhp_record r = { 0 };

	r.p.mhp_clock = (struct mhp_mhp_clock){ .wall_ns = wall_ns,
						.mono_ns = mono_ns,
						.boot_ns = mono_ns };
	take(&r, MHP_EVENT_mhp_clock, seq);
}

static void is_time(const char *name, enum time_style style, u64 ns,
		    const char *want)
{
	char buf[UNITS_TEXT_MAX];

	eq_text(name, model_time_text(buf, &model, style, ns), want);
}

/* The records of fill() are at 1000 to 9000 ns. */
static void test_wall(void)
{
	u64 hour = 3600000000000ULL, wall = 0, events = model.log_head;
	char buf[UNITS_TEXT_MAX];

	is_time("a time in UTC", TIME_AS_UTC, 7000,
		"2023-11-14T22:13:20.000006Z");
	is_time("a time before the header was written", TIME_AS_UTC, 500,
		"2023-11-14T22:13:19.999999Z");
	is_time("a time since the first event", TIME_AS_DELTA, 7000,
		"+0.000006");
	is_time("a time before the first event", TIME_AS_DELTA, 0, "-0.000001");
	is_time("CLOCK_MONOTONIC", TIME_AS_MONO, 7000, "0.000007");

	/* Suspended for an hour; records that follow may be older than the clock. */
	take_clock(20, info.wall_ns + hour + 19000, 20000);
	eq("the clocks are not in the log", model.log_head, events);
	take_begin(42, 15, MHP_EVENT_mhp_online_begin);
	ok(model_wall(&model, 15000, &wall), "a time after the suspend");
	eq("  is an hour later", wall, info.wall_ns + hour + 14000);
	model_wall(&model, 9000, &wall);
	eq("a time before the suspend stays", wall, info.wall_ns + 8000);
	eq_text("  in short, on the same day",
		model_time_short(buf, &model, TIME_AS_UTC, 9000),
		"22:13:20.000008");
	model_tick(&model, 2 * hour);
	eq_text("  in short, from a day later",
		model_time_short(buf, &model, TIME_AS_UTC, 9000),
		"Nov 14 22:13:20");
	eq_text("  a short time of CLOCK_MONOTONIC",
		model_time_short(buf, &model, TIME_AS_MONO, 9000), "0.000009");
	model_tick(&model, 0);
	take_clock(0, 1ULL << 63, 30000);
	ok(!model_wall(&model, 40000, &wall),
	   "clocks out of range: the time is unknown");
	is_time("  and printed as CLOCK_MONOTONIC", TIME_AS_LOCAL, 40000,
		"0.000040");
}

static void test_no_clocks(void)
{
	struct source_info none = { .page_bytes = 4096,
				    .block_bytes = PAGES * 4096 };
	u64 wall;

	if (!ok(!model_init(&model, &none), "a model without clocks"))
		return;
	ok(!model_wall(&model, 1, &wall), "its wall-clock times are unknown");
	is_time("  and printed as CLOCK_MONOTONIC", TIME_AS_UTC, 7000,
		"0.000007");
	model_fini(&model);
}

static void test_tick(void)
{
	eq("the time of a model is that of its newest record",
	   model_now(&model), 9000);
	model_tick(&model, 8000);
	eq("  never an earlier one", model_now(&model), 9000);
	model_tick(&model, 12000);
	eq("  or a later one that it is given", model_now(&model), 12000);
	model_tick(&model, 0);
}

int main(void)
{
	if (!ok(!model_init(&model, &info), "the model is initialized"))
		return ktap_done();
	fill();
	test_tick();
	test_wall();
	model_fini(&model);
	test_no_clocks();
	if (!ok(!model_init(&model, &info), "another model"))
		return ktap_done();
	fill();
	test_sums();
	test_numbers();
	test_freed_twice();
	test_range_sum();
	test_log_ring();
	model_fini(&model);
	return ktap_done();
}
