// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger's storage: accounts are found again, in order, and no more than
 * there is room for. What the fold makes of events is seen in golden tests.
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

/* Whether iteration is in order, and over as many as are said to be there. */
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
	struct mhp_ledger *ledger = ledger_new(PAGES);
	static const u64 some[] = { 71, 0, 3, 31, 32, 63, 64, 5000, 4999, 70 };
	bool all = true;
	size_t i;

	ok(!ledger_new(0), "blocks of no pages are refused");
	ok(blocks_are(ledger, 0), "a new ledger is empty");
	ok(!ledger_find_block(ledger, 0), "and has no block");
	for (i = 0; i < 10; i++)
		all &= !seen(ledger, some[i], 0, MHP_ZONE_NORMAL);
	ok(all && blocks_are(ledger, 10), "blocks come in order");
	for (i = 0; i < 10; i++)
		all &= !seen(ledger, some[i], 0, MHP_ZONE_NORMAL);
	ok(all && blocks_are(ledger, 10), "and only once");
	ok(!ledger_find_block(ledger, 2 * PAGES) &&
		   !ledger_find_block(ledger, 5001 * PAGES) &&
		   !ledger_find_block(ledger, ~0ULL),
	   "others are not found");
	eq("the last block of 40 bits of address",
	   seen(ledger, (1ULL << 28) / PAGES - 1, 0, MHP_ZONE_NORMAL), 0);
	eq("the last block of 52 bits of address",
	   seen(ledger, (1ULL << 40) / PAGES - 1, 0, MHP_ZONE_NORMAL), 0);
	eq("what no machine has is refused",
	   seen(ledger, ~0ULL / PAGES, 0, MHP_ZONE_NORMAL), -ENOMEM);
	ok(blocks_are(ledger, 12), "the others are still right");
	ledger_free(ledger);
	ledger_free(NULL);
}

/* Accounts from elsewhere, into a ledger that has room for no more blocks. */
static void test_load_full(struct mhp_ledger *ledger)
{
	struct mhp_block block = { .start_pfn = PAGES, .onlines = 7 };
	struct mhp_range range = { .start_pfn = 64 * PAGES,
				   .nr_pages = 8 * PAGES };

	eq("nor is one more loaded", ledger_load_block(ledger, &block),
	   -ENOMEM);
	block.start_pfn = 2 * PAGES;
	eq("but one that is there", ledger_load_block(ledger, &block), 0);
	ok(!memcmp(ledger_find_block(ledger, 2 * PAGES), &block, sizeof(block)),
	   "it is what was loaded then");
	eq("ranges can be", ledger_load_range(ledger, &range), 0);
	ok(ledger_find_range(ledger, 72 * PAGES - 1),
	   "and are found by their last page");
}

static void test_full(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES);
	u64 i;
	int err = 0;

	for (i = 0; i < MHP_MAX_BLOCKS; i++)
		err |= seen(ledger, 2 * i, 0, MHP_ZONE_NORMAL);
	eq("as many blocks as the kernel's ledger has room for", err, 0);
	eq("but one more is refused", seen(ledger, 1, 0, MHP_ZONE_NORMAL),
	   -ENOMEM);
	ok(blocks_are(ledger, MHP_MAX_BLOCKS), "and does no harm");
	eq("one that is there is not", seen(ledger, 2, 0, MHP_ZONE_NORMAL), 0);
	test_load_full(ledger);
	ledger_free(ledger);
}

static void test_zones(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES);
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
	ok(in_order, "zones are in order of node, then zone, with their sums");
	eq("and all there", nr, 80);
	eq("that is said, too", ledger_nr_zones(ledger), 80);
	ledger_free(ledger);
}

static void end(struct mhp_ledger *ledger, u64 block, unsigned int event)
{
	struct mhp_record r = { .time_ns = ++now, .event = event };

	r.p.mhp_block_end =
		(struct mhp_mhp_block_end){ .start_pfn = block * PAGES,
					    .nr_pages = PAGES,
					    .zone = MHP_ZONE_NORMAL,
					    .reason = MHP_REASON_NONE };
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

/* A zone gives up what it was seen to take, and nothing else. */
static void test_untold(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES);
	const struct mhp_zone_account *zone;

	vmemmap(ledger, 1, MHP_EVENT_mhp_vmemmap_online);
	end(ledger, 1, MHP_EVENT_mhp_online_end);
	zone = ledger_next_zone(ledger, NULL);
	vmemmap(ledger, 2, MHP_EVENT_mhp_vmemmap_offline);
	end(ledger, 2, MHP_EVENT_mhp_offline_end);
	eq("a block nobody told of is not counted when it goes",
	   zone->blocks_online, 1);
	eq("nor are its vmemmap pages", zone->vmemmap_online, 512);
	end(ledger, 1, MHP_EVENT_mhp_offline_end);
	vmemmap(ledger, 1, MHP_EVENT_mhp_vmemmap_offline);
	eq("one that was counted is", zone->blocks_online, 0);
	eq("and so are its vmemmap pages", zone->vmemmap_online, 0);
	ledger_free(ledger);
}

static s64 range_of(struct mhp_ledger *ledger, u64 pfn)
{
	const struct mhp_range *range = ledger_find_range(ledger, pfn);

	return range ? (s64)range->start_pfn : -1;
}

static void test_ranges(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES);
	const struct mhp_range *range = NULL;
	u64 last = 0;
	bool in_order = true;
	size_t nr = 0;

	eq("no range yet", range_of(ledger, 0), -1);
	add(ledger, 10 * PAGES, 100 * PAGES);
	add(ledger, 200 * PAGES, PAGES);
	add(ledger, 5 * PAGES, PAGES);
	eq("before a range", range_of(ledger, 10 * PAGES - 1), -1);
	eq("its first page", range_of(ledger, 10 * PAGES), 10 * PAGES);
	eq("its last page", range_of(ledger, 110 * PAGES - 1), 10 * PAGES);
	eq("behind it", range_of(ledger, 110 * PAGES), -1);
	add(ledger, 50 * PAGES, PAGES);
	add(ledger, 49 * PAGES, PAGES);
	eq("the youngest counts", range_of(ledger, 50 * PAGES), 50 * PAGES);
	eq("others are seen past it", range_of(ledger, 51 * PAGES), 10 * PAGES);
	add(ledger, 10 * PAGES, 100 * PAGES);
	eq("even if it is older in place", range_of(ledger, 50 * PAGES),
	   10 * PAGES);
	while ((range = ledger_next_range(ledger, range))) {
		in_order &= range->start_pfn > last;
		last = range->start_pfn;
		nr++;
	}
	ok(in_order && nr == 5 && ledger_nr_ranges(ledger) == 5,
	   "ranges are in order");
	ledger_free(ledger);
}

static void test_many_ranges(void)
{
	struct mhp_ledger *ledger = ledger_new(PAGES);
	bool found = true;
	u64 i;
	int err = 0;

	for (i = 1; i <= MHP_MAX_RANGES; i++)
		err |= add(ledger, i * PAGES, PAGES);
	eq("as many ranges as the kernel's ledger has room for", err, 0);
	eq("but one more is refused", add(ledger, 0, PAGES), -ENOMEM);
	for (i = 1; i <= MHP_MAX_RANGES; i++)
		found &= range_of(ledger, i * PAGES + 1) == (s64)(i * PAGES);
	ok(found, "each is found");
	ledger_free(ledger);
}

int main(void)
{
	test_blocks();
	test_full();
	test_zones();
	test_untold();
	test_ranges();
	test_many_ranges();
	return ktap_done();
}
