/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ledger and the records of a range to fill it with, one section a block,
 * in the order of a real kernel. What is expected of it is in the tests.
 */
#ifndef RANGE_RECORDS_H
#define RANGE_RECORDS_H

#include "ktap.h"
#include "model/ledger.h"

#define PAGES 32768ULL
#define EACH 512ULL /* vmemmap pages of a section */
#define BASE 40ULL /* the number of the first block */

static struct mhp_ledger *ledger;
static u64 now;
static u16 schema; /* of the records, 0: the current one */

static void fold(struct mhp_record *r, unsigned int event)
{
	r->event = event;
	r->time_ns = ++now;
	r->schema = schema;
	ledger_fold(ledger, r);
}

static void add_begin(u64 first, u64 blocks)
{
	struct mhp_record r = { 0 };

	r.p.mhp_add_begin =
		(struct mhp_mhp_add_begin){ .start_pfn = first * PAGES,
					    .nr_pages = blocks * PAGES,
					    .flags = 3 };
	fold(&r, MHP_EVENT_mhp_add_begin);
}

static void add_end(u64 first, u64 blocks, int hosting, int ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_add_end = (struct mhp_mhp_add_end){
		.start_pfn = first * PAGES,
		.nr_pages = blocks * PAGES,
		.vmemmap_pages = hosting == MHP_HOSTING_RANGE ? blocks * EACH :
								0,
		.ret = ret,
		.hosting = hosting,
		.why = hosting == MHP_HOSTING_BUDDY ? MHP_WHY_NOT_REQUESTED :
						      MHP_WHY_SELF_HOSTED,
	};
	fold(&r, MHP_EVENT_mhp_add_end);
}

static void ref(u64 block, u64 refs, int op)
{
	struct mhp_record r = { 0 };

	r.p.mhp_vmemmap_ref =
		(struct mhp_mhp_vmemmap_ref){ .start_pfn = block * PAGES,
					      .altmap_base = BASE * PAGES,
					      .refs = refs,
					      .op = op };
	fold(&r, MHP_EVENT_mhp_vmemmap_ref);
}

/* The altmap of a range of so many blocks, of a block, or none. */
static u64 altmap_base(u64 block, int hosting)
{
	return hosting == MHP_HOSTING_RANGE ? BASE * PAGES :
	       hosting == MHP_HOSTING_BLOCK ? block * PAGES :
					      0;
}

static void populate(u64 block, u64 blocks, int hosting)
{
	struct mhp_record r = { 0 };

	r.p.mhp_vmemmap_populate = (struct mhp_mhp_vmemmap_populate){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.vmemmap_pages = EACH,
		.altmap_base = altmap_base(block, hosting),
		.altmap_free = hosting == MHP_HOSTING_RANGE ? blocks * EACH :
			       hosting == MHP_HOSTING_BLOCK ? EACH :
							      0,
		.hosting = hosting,
	};
	fold(&r, MHP_EVENT_mhp_vmemmap_populate);
}

static void depopulate(u64 block, int hosting)
{
	struct mhp_record r = { 0 };

	r.p.mhp_vmemmap_free = (struct mhp_mhp_vmemmap_free){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.vmemmap_pages = EACH,
		.altmap_base = altmap_base(block, hosting),
		.hosting = hosting,
	};
	fold(&r, MHP_EVENT_mhp_vmemmap_free);
}

static void remove_begin(u64 first, u64 blocks)
{
	struct mhp_record r = { 0 };

	r.p.mhp_remove_begin =
		(struct mhp_mhp_remove_begin){ .start_pfn = first * PAGES,
					       .nr_pages = blocks * PAGES };
	fold(&r, MHP_EVENT_mhp_remove_begin);
}

static void remove_end(u64 first, u64 blocks, int ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_remove_end =
		(struct mhp_mhp_remove_end){ .start_pfn = first * PAGES,
					     .nr_pages = blocks * PAGES,
					     .ret = ret };
	fold(&r, MHP_EVENT_mhp_remove_end);
}

/* All of an add that goes well, at BASE. */
static void add_all(u64 blocks, int hosting)
{
	u64 i;

	add_begin(BASE, blocks);
	for (i = 0; i < blocks; i++) {
		if (hosting == MHP_HOSTING_RANGE)
			ref(BASE + i, i + 1, MHP_REF_HOLD);
		populate(BASE + i, blocks, hosting);
	}
	add_end(BASE, blocks, hosting, 0);
}

/* References from one block on are put, of so many. */
static void put_all(u64 first, u64 blocks, u64 refs)
{
	while (blocks--)
		ref(first++, --refs, MHP_REF_PUT);
}

/* A memory block as the snapshot has it: with all of its range. */
static void range_snapshot(u64 block, u64 blocks, u64 refs, u64 sections)
{
	struct mhp_record r = { 0 };

	r.p.mhp_snapshot_block = (struct mhp_mhp_snapshot_block){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.vmemmap_pages = block == BASE ? blocks * EACH : 0,
		.populated = EACH,
		.altmap_base = BASE * PAGES,
		.altmap_alloc = sections * EACH,
		.altmap_free = blocks * EACH,
		.nid = 1,
		.zone = MHP_ZONE_MOVABLE,
		.hosting = MHP_HOSTING_RANGE,
		.state = MHP_STATE_ONLINE,
		.origin = MHP_ORIGIN_KERNEL,
		.refs = refs,
		.range_pages = blocks * PAGES,
		.sections = sections,
	};
	fold(&r, MHP_EVENT_mhp_snapshot_block);
}

static const struct mhp_range *range_at(u64 block)
{
	return ledger_find_range(ledger, block * PAGES);
}

static const struct mhp_block *block_at(u64 block)
{
	return ledger_find_block(ledger, block * PAGES);
}

static void begin(void)
{
	ledger_free(ledger);
	ledger = ledger_new(PAGES, 0);
	schema = 0;
}

#endif
