// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger's storage: accounts can be found, are in order, and are limited in
 * number. The golden tests cover what the fold makes of events.
 */
#include <errno.h>
#include <stdlib.h>

#include "ktap.h"
#include "model/ledger.h"

#define PAGES 32768ULL

static u64 now;

static int seen(struct mhp_ledger *ledger, u64 block, int nid, int zone)
{
	struct mhp_record r = { .time_ns = ++now,
				.event = MHP_EVENT_mhp_snapshot_block };

	r.p.mhp_snapshot_block = (struct mhp_mhp_snapshot_block){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.nid = nid,
		.zone = zone,
		.hosting = MHP_HOSTING_BUDDY,
		.state = MHP_STATE_ONLINE,
		.origin = MHP_ORIGIN_KERNEL,
	};
	return ledger_fold(ledger, &r);
}

static int add(struct mhp_ledger *ledger, u64 start, u64 pages)
{
	struct mhp_record r = { .time_ns = ++now,
				.event = MHP_EVENT_mhp_add_begin };

	r.p.mhp_add_begin = (struct mhp_mhp_add_begin){ .start_pfn = start,
							.nr_pages = pages };
	return ledger_fold(ledger, &r);
}

/* Whether iteration is in order, and over as many blocks as the ledger counts. */
static bool blocks_are(struct mhp_ledger *ledger, size_t want)
{
	const struct mhp_block *block = NULL, *last = NULL;
	size_t nr = 0;

	while ((block = ledger_next_block(ledger, block))) {
		if (last && last->start_pfn >= block->start_pfn)
			return false;
		if (ledger_find_block(ledger, block->start_pfn + PAGES - 1) !=
		    block)
			return false;
		last = block;
		nr++;
	}
	return nr == want && ledger_nr_blocks(ledger) == want;
}

static void test_blocks(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 0);
	static const u64 some[] = { 71, 0, 3, 31, 32, 63, 64, 5000, 4999, 70 };
	bool all = true;
	size_t i;

	ok(!ledger_new(0, 0), "a block size of 0 pages is rejected");
	ok(blocks_are(ledger, 0), "a new ledger is empty");
	ok(!ledger_find_block(ledger, 0), "a new ledger has no block 0");
	for (i = 0; i < 10; i++)
		all &= !seen(ledger, some[i], 0, MHP_ZONE_NORMAL);
	ok(all && blocks_are(ledger, 10), "blocks are iterated in order");
	for (i = 0; i < 10; i++)
		all &= !seen(ledger, some[i], 0, MHP_ZONE_NORMAL);
	ok(all && blocks_are(ledger, 10),
	   "a block that is seen twice is stored once");
	ok(!ledger_find_block(ledger, 2 * PAGES) &&
		   !ledger_find_block(ledger, 5001 * PAGES) &&
		   !ledger_find_block(ledger, ~0ULL),
	   "unknown blocks are not found");
	eq("the last block of 40 bits of address",
	   seen(ledger, (1ULL << 28) / PAGES - 1, 0, MHP_ZONE_NORMAL), 0);
	eq("the last block of 52 bits of address",
	   seen(ledger, (1ULL << 40) / PAGES - 1, 0, MHP_ZONE_NORMAL), 0);
	eq("an address above 52 bits is rejected",
	   seen(ledger, ~0ULL / PAGES, 0, MHP_ZONE_NORMAL), -ENOMEM);
	ok(blocks_are(ledger, 12),
	   "a rejected block leaves the others unchanged");
	ledger_free(ledger);
	ledger_free(NULL);
}

/* Load accounts into a ledger that has no room for more blocks. */
static void test_load_full(struct mhp_ledger *ledger)
{
	struct mhp_block block = { .start_pfn = PAGES, .onlines = 7 };
	struct mhp_range range = { .start_pfn = 64 * PAGES,
				   .nr_pages = 8 * PAGES };

	eq("a full ledger: a new block cannot be loaded",
	   ledger_load_block(ledger, &block), -ENOMEM);
	block.start_pfn = 2 * PAGES;
	eq("a full ledger: an existing block can be loaded",
	   ledger_load_block(ledger, &block), 0);
	ok(!memcmp(ledger_find_block(ledger, 2 * PAGES), &block, sizeof(block)),
	   "the block has the loaded account");
	eq("a full ledger: a range can be loaded",
	   ledger_load_range(ledger, &range), 0);
	ok(ledger_find_range(ledger, 72 * PAGES - 1),
	   "a loaded range is found by its last page");
}

static void test_full(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 0);
	u64 i;
	int err = 0;

	for (i = 0; i < MHP_MIN_ACCOUNTS; i++)
		err |= seen(ledger, 2 * i, 0, MHP_ZONE_NORMAL);
	eq("as many blocks as the kernel's ledger has room for", err, 0);
	eq("one block too many is rejected",
	   seen(ledger, 1, 0, MHP_ZONE_NORMAL), -ENOMEM);
	ok(blocks_are(ledger, MHP_MIN_ACCOUNTS),
	   "one block too many leaves the others unchanged");
	eq("a full ledger still takes events of its blocks",
	   seen(ledger, 2, 0, MHP_ZONE_NORMAL), 0);
	test_load_full(ledger);
	ledger_free(ledger);
}

/* A machine with many blocks has a higher limit. */
static void test_limit(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 3);
	int err = 0, i;

	for (i = 0; i < 3; i++) {
		err |= seen(ledger, i, 0, MHP_ZONE_NORMAL);
		err |= add(ledger, i * PAGES, PAGES);
	}
	eq("as many blocks and ranges as the limit", err, 0);
	eq("one block more than the limit", seen(ledger, 3, 0, MHP_ZONE_NORMAL),
	   -ENOMEM);
	eq("one range more than the limit", add(ledger, 3 * PAGES, PAGES),
	   -ENOMEM);
	ledger_free(ledger);
	ledger = ledger_new(PAGES, 2 * MHP_MIN_ACCOUNTS);
	for (i = 0; i < 2 * MHP_MIN_ACCOUNTS; i++)
		err |= seen(ledger, i, 0, MHP_ZONE_NORMAL);
	eq("a higher limit has room for more blocks", err, 0);
	ledger_free(ledger);
}

static void test_zones(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 0);
	const struct mhp_zone_account *zone = NULL;
	s64 last = -1, key;
	size_t nr = 0;
	bool in_order = true;
	u64 block = 0;
	int nid;

	for (nid = 40; nid--;) {
		seen(ledger, block++, nid, MHP_ZONE_MOVABLE);
		seen(ledger, block++, nid, MHP_ZONE_NORMAL);
		seen(ledger, block++, nid, MHP_ZONE_NORMAL);
	}
	while ((zone = ledger_next_zone(ledger, zone))) {
		key = zone->nid * 16 + zone->zone;
		in_order &= key > last;
		in_order &= zone->blocks_online ==
			    (zone->zone == MHP_ZONE_NORMAL ? 2 : 1);
		last = key;
		nr++;
	}
	ok(in_order, "zones are ordered by node, then zone, with their sums");
	eq("all zones are iterated", nr, 80);
	eq("the number of zones", ledger_nr_zones(ledger), 80);
	ledger_free(ledger);
}

static void end(struct mhp_ledger *ledger, u64 block, unsigned int event)
{
	struct mhp_record r = { .time_ns = ++now, .event = event };

	r.p.mhp_block_end =
		(struct mhp_mhp_block_end){ .start_pfn = block * PAGES,
					    .nr_pages = PAGES,
					    .zone = MHP_ZONE_NORMAL };
	ledger_fold(ledger, &r);
}

static void vmemmap(struct mhp_ledger *ledger, u64 block, unsigned int event)
{
	struct mhp_record r = { .time_ns = ++now, .event = event };

	r.p.mhp_vmemmap_zone =
		(struct mhp_mhp_vmemmap_zone){ .start_pfn = block * PAGES,
					       .vmemmap_pages = 512,
					       .zone = MHP_ZONE_NORMAL };
	ledger_fold(ledger, &r);
}

/* An offline decreases only those counts of a zone that an online increased. */
static void test_unknown_blocks(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 0);
	const struct mhp_zone_account *zone;

	vmemmap(ledger, 1, MHP_EVENT_mhp_vmemmap_online);
	end(ledger, 1, MHP_EVENT_mhp_online_end);
	zone = ledger_next_zone(ledger, NULL);
	vmemmap(ledger, 2, MHP_EVENT_mhp_vmemmap_offline);
	end(ledger, 2, MHP_EVENT_mhp_offline_end);
	eq("the offline of an unknown block does not change blocks_online",
	   zone->blocks_online, 1);
	eq("the offline of an unknown block does not change vmemmap_online",
	   zone->vmemmap_online, 512);
	end(ledger, 1, MHP_EVENT_mhp_offline_end);
	vmemmap(ledger, 1, MHP_EVENT_mhp_vmemmap_offline);
	eq("the offline of a counted block decreases blocks_online",
	   zone->blocks_online, 0);
	eq("the offline of a counted block decreases vmemmap_online",
	   zone->vmemmap_online, 0);
	ledger_free(ledger);
}

static s64 range_of(struct mhp_ledger *ledger, u64 pfn)
{
	const struct mhp_range *range = ledger_find_range(ledger, pfn);

	return range ? (s64)range->start_pfn : -1;
}

static void test_ranges(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 0);
	const struct mhp_range *range = NULL;
	u64 last = 0;
	bool in_order = true;
	size_t nr = 0;

	eq("a new ledger has no range", range_of(ledger, 0), -1);
	add(ledger, 10 * PAGES, 100 * PAGES);
	add(ledger, 200 * PAGES, PAGES);
	add(ledger, 5 * PAGES, PAGES);
	eq("the page before a range", range_of(ledger, 10 * PAGES - 1), -1);
	eq("the first page of a range", range_of(ledger, 10 * PAGES),
	   10 * PAGES);
	eq("the last page of a range", range_of(ledger, 110 * PAGES - 1),
	   10 * PAGES);
	eq("the page after a range", range_of(ledger, 110 * PAGES), -1);
	add(ledger, 50 * PAGES, PAGES);
	add(ledger, 49 * PAGES, PAGES);
	eq("the latest of overlapping ranges", range_of(ledger, 50 * PAGES),
	   50 * PAGES);
	eq("the outer range behind an inner one", range_of(ledger, 51 * PAGES),
	   10 * PAGES);
	add(ledger, 10 * PAGES, 100 * PAGES);
	eq("the outer range, added again, is the latest",
	   range_of(ledger, 50 * PAGES), 10 * PAGES);
	while ((range = ledger_next_range(ledger, range))) {
		in_order &= range->start_pfn > last;
		last = range->start_pfn;
		nr++;
	}
	ok(in_order && nr == 5 && ledger_nr_ranges(ledger) == 5,
	   "ranges are iterated in order");
	ledger_free(ledger);
}

/* Ranges are loaded from a ledger that has deleted some. */
static void test_clear_ranges(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 0);
	struct mhp_range range = { .start_pfn = 5 * PAGES, .nr_pages = PAGES };

	add(ledger, PAGES, PAGES);
	add(ledger, 5 * PAGES, PAGES);
	ledger_clear_ranges(ledger);
	eq("cleared: no range is left", ledger_nr_ranges(ledger), 0);
	eq("a range can be loaded", ledger_load_range(ledger, &range), 0);
	eq("the range that was loaded", range_of(ledger, 5 * PAGES), 5 * PAGES);
	eq("the range that was not", range_of(ledger, PAGES), -1);
	ledger_free(ledger);
}

static void test_many_ranges(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES, 0);
	bool found = true;
	u64 i;
	int err = 0;

	for (i = 1; i <= MHP_MIN_ACCOUNTS; i++)
		err |= add(ledger, i * PAGES, PAGES);
	eq("as many ranges as the kernel's ledger has room for", err, 0);
	eq("one range too many is rejected", add(ledger, 0, PAGES), -ENOMEM);
	for (i = 1; i <= MHP_MIN_ACCOUNTS; i++)
		found &= range_of(ledger, i * PAGES + 1) == (s64)(i * PAGES);
	ok(found, "every range is found");
	ledger_free(ledger);
}

int main(void)
{
	test_blocks();
	test_full();
	test_limit();
	test_zones();
	test_unknown_blocks();
	test_ranges();
	test_clear_ranges();
	test_many_ranges();
	return ktap_done();
}
