// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a recording of any size, deterministic and in the order of a real
 * kernel: DIMMs of 64 memory blocks that host their own memmap are added,
 * brought online, taken offline and removed.
 *
 *	generate BLOCKS [add|online|offline|remove [LIVES]]
 *
 * The second argument is the last operation, the third the number of
 * repetitions. It is for measurements and for tests with many blocks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/record_json.h"
#include "format/recording.h"

#define BLOCK_PAGES 32768ULL
#define VMEMMAP 512ULL
#define FIRST_BLOCK 32ULL
#define DIMM 64ULL
#define NODE 0

static struct recording_totals totals;
static u64 present, managed;
static struct mhp_record r;

static void put(unsigned int event, size_t size)
{
	struct mhp_count *counts = totals.source.count;
	char line[RECORD_JSON_MAX];

	r.seq = ++totals.folded;
	r.time_ns = 1000000000ULL + r.seq * 1000;
	r.pid = 42;
	r.event = event;
	r.size = size;
	strcpy(r.comm, "generate");
	counts[0].seen++;
	counts[event].seen++;
	fwrite(line, 1, record_to_json(&r, line), stdout);
}

#define PUT(event, class, ...)                                      \
	do {                                                        \
		r.p.class = (struct mhp_##class){ __VA_ARGS__ };    \
		put(MHP_EVENT_##event, sizeof(struct mhp_##class)); \
	} while (0)

/* The pages of a block that hold no memmap. */
static void notify(u64 start, enum mhp_step step)
{
	PUT(mhp_notify, mhp_notify, .start_pfn = start + VMEMMAP,
	    .nr_pages = BLOCK_PAGES - VMEMMAP, .step = step);
}

static void account(u64 start, u64 *sum, s64 delta, enum mhp_cause cause)
{
	*sum += delta;
	r.p.mhp_account = (struct mhp_mhp_account){
		.start_pfn = start,
		.delta = delta,
		.after = *sum,
		.nid = NODE,
		.zone = MHP_ZONE_MOVABLE,
		.cause = cause,
	};
	put(sum == &present ? MHP_EVENT_mhp_present : MHP_EVENT_mhp_managed,
	    sizeof(struct mhp_mhp_account));
}

static void populate(u64 start)
{
	PUT(mhp_vmemmap_populate, mhp_vmemmap_populate, .start_pfn = start,
	    .nr_pages = BLOCK_PAGES, .host_pfn = start,
	    .vmemmap_pages = VMEMMAP, .altmap_base = start,
	    .altmap_free = VMEMMAP, .altmap_alloc = VMEMMAP, .nid = NODE,
	    .hosting = MHP_HOSTING_BLOCK);
}

static void add(u64 start, u64 blocks)
{
	u64 i;

	PUT(mhp_add_begin, mhp_add_begin, .start_pfn = start,
	    .nr_pages = blocks * BLOCK_PAGES, .nid = NODE,
	    .flags = MHP_ADD_MERGE_RESOURCE | MHP_ADD_MEMMAP_ON_MEMORY);
	for (i = 0; i < blocks; i++)
		populate(start + i * BLOCK_PAGES);
	PUT(mhp_add_end, mhp_add_end, .start_pfn = start,
	    .nr_pages = blocks * BLOCK_PAGES, .vmemmap_pages = blocks * VMEMMAP,
	    .nid = NODE, .hosting = MHP_HOSTING_BLOCK,
	    .why = MHP_WHY_SELF_HOSTED);
}

static void online(u64 start)
{
	PUT(mhp_online_begin, mhp_block_begin, .start_pfn = start,
	    .nr_pages = BLOCK_PAGES, .vmemmap_pages = VMEMMAP, .nid = NODE,
	    .zone = MHP_ZONE_MOVABLE);
	notify(start, MHP_STEP_PREPARE_ONLINE);
	PUT(mhp_vmemmap_online, mhp_vmemmap_zone, .start_pfn = start,
	    .vmemmap_pages = VMEMMAP, .nid = NODE, .zone = MHP_ZONE_MOVABLE);
	notify(start, MHP_STEP_GOING_ONLINE);
	account(start + VMEMMAP, &managed, BLOCK_PAGES - VMEMMAP,
		MHP_CAUSE_ONLINE);
	account(start + VMEMMAP, &present, BLOCK_PAGES - VMEMMAP,
		MHP_CAUSE_ONLINE);
	notify(start, MHP_STEP_ONLINE);
	account(start, &present, VMEMMAP, MHP_CAUSE_ONLINE);
	PUT(mhp_online_end, mhp_block_end, .start_pfn = start,
	    .nr_pages = BLOCK_PAGES, .vmemmap_pages = VMEMMAP, .nid = NODE,
	    .zone = MHP_ZONE_MOVABLE);
}

static void offline(u64 start)
{
	PUT(mhp_offline_begin, mhp_block_begin, .start_pfn = start,
	    .nr_pages = BLOCK_PAGES, .vmemmap_pages = VMEMMAP, .nid = NODE,
	    .zone = MHP_ZONE_MOVABLE);
	account(start, &present, -(s64)VMEMMAP, MHP_CAUSE_OFFLINE);
	notify(start, MHP_STEP_GOING_OFFLINE);
	account(start + VMEMMAP, &managed, -(s64)(BLOCK_PAGES - VMEMMAP),
		MHP_CAUSE_OFFLINE);
	account(start + VMEMMAP, &present, -(s64)(BLOCK_PAGES - VMEMMAP),
		MHP_CAUSE_OFFLINE);
	notify(start, MHP_STEP_OFFLINE);
	PUT(mhp_vmemmap_offline, mhp_vmemmap_zone, .start_pfn = start,
	    .vmemmap_pages = VMEMMAP, .nid = NODE, .zone = MHP_ZONE_MOVABLE);
	notify(start, MHP_STEP_FINISH_OFFLINE);
	PUT(mhp_offline_end, mhp_block_end, .start_pfn = start,
	    .nr_pages = BLOCK_PAGES, .vmemmap_pages = VMEMMAP, .nid = NODE,
	    .zone = MHP_ZONE_MOVABLE);
}

static void remove_range(u64 start, u64 blocks)
{
	u64 i;

	PUT(mhp_remove_begin, mhp_remove_begin, .start_pfn = start,
	    .nr_pages = blocks * BLOCK_PAGES, .vmemmap_pages = blocks * VMEMMAP,
	    .nid = NODE);
	for (i = 0; i < blocks; i++)
		PUT(mhp_vmemmap_free, mhp_vmemmap_free,
		    .start_pfn = start + i * BLOCK_PAGES,
		    .nr_pages = BLOCK_PAGES,
		    .host_pfn = start + i * BLOCK_PAGES,
		    .vmemmap_pages = VMEMMAP,
		    .altmap_base = start + i * BLOCK_PAGES,
		    .altmap_free = VMEMMAP, .hosting = MHP_HOSTING_BLOCK);
	PUT(mhp_remove_end, mhp_remove_end, .start_pfn = start,
	    .nr_pages = blocks * BLOCK_PAGES, .vmemmap_pages = blocks * VMEMMAP,
	    .nid = NODE);
}

/* One operation on all blocks, DIMM by DIMM. */
static void do_all(u64 blocks, void (*one)(u64), void (*range)(u64, u64))
{
	u64 first, nr, i;

	for (first = 0; first < blocks; first += nr) {
		nr = blocks - first < DIMM ? blocks - first : DIMM;
		if (range)
			range((FIRST_BLOCK + first) * BLOCK_PAGES, nr);
		for (i = 0; one && i < nr; i++)
			one((FIRST_BLOCK + first + i) * BLOCK_PAGES);
	}
}

static void put_all(u64 blocks, int steps)
{
	do_all(blocks, NULL, add);
	if (steps > 0)
		do_all(blocks, online, NULL);
	if (steps > 1)
		do_all(blocks, offline, NULL);
	if (steps > 2)
		do_all(blocks, NULL, remove_range);
}

static int step_number(const char *name)
{
	static const char *const steps[] = { "add", "online", "offline",
					     "remove" };
	int i;

	for (i = 0; i < 4; i++)
		if (!strcmp(steps[i], name))
			return i;
	return -1;
}

int main(int argc, char **argv)
{
	const struct source_info info = {
		.kind = SOURCE_EVENTS,
		.kernel = "6.12.117",
		.host = "generated",
		.page_bytes = 4096,
		.block_bytes = BLOCK_PAGES * 4096,
		.wall_ns = 1700000000000000000ULL,
		.mono_ns = 1000000000ULL,
	};
	char line[RECORDING_LINE_MAX];
	u64 blocks = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	int steps = step_number(argc > 2 ? argv[2] : "remove");
	long lives = argc > 3 ? strtol(argv[3], NULL, 10) : 1;

	if (!blocks || steps < 0 || lives < 1) {
		fprintf(stderr,
			"usage: generate BLOCKS [add|online|offline|remove [LIVES]]\n");
		return 2;
	}
	fwrite(line, 1, recording_header_put(&info, line), stdout);
	while (lives--)
		put_all(blocks, steps);
	fwrite(line, 1, recording_totals_put(&totals, line), stdout);
	return fflush(stdout) ? 1 : 0;
}
