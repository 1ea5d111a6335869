/* SPDX-License-Identifier: GPL-2.0 */
/* The fold of the snapshot: memory blocks and zones that existed before the collector was attached. */
#ifndef MHP_FOLD_SNAPSHOT_H
#define MHP_FOLD_SNAPSHOT_H

#include "mhp_account.h"

/* The operation that the snapshot finds in progress has begun at its time at the latest. */
MHP_FOLD void mhp_fold_begun(struct mhp_block *block, u32 state, u64 time_ns)
{
	if (state == MHP_STATE_GOING_ONLINE) {
		block->online.begin_ns = time_ns;
		block->online.end_ns = 0;
		block->flags |= MHP_BLOCK_LATE_ONLINE;
	} else if (state == MHP_STATE_GOING_OFFLINE) {
		block->offline.begin_ns = time_ns;
		block->offline.end_ns = 0;
		block->flags |= MHP_BLOCK_LATE_OFFLINE;
	} else {
		return;
	}
	block->state = state;
}

/*
 * Completes the partial account of a block whose events came before its snapshot record. Its share of the zone's
 * counts stays unknown.
 */
MHP_FOLD void mhp_fold_block_rest(struct mhp_ledger *ledger,
				  struct mhp_block *block,
				  const struct mhp_mhp_snapshot_block *e,
				  u64 time_ns)
{
	/* An offline that hangs reports the pages that block it, but no state. */
	if (!block->state)
		mhp_fold_begun(block, e->state, time_ns);
	block->flags |= MHP_BLOCK_SNAPSHOT;
	block->hosting = e->hosting;
	block->altmap_base = e->altmap_base;
	block->vmemmap_pages = e->vmemmap_pages;
	block->populated = e->populated;
	if (!block->zone) {
		block->zone = e->zone;
		block->nid = e->nid;
	}
	if (!block->described && e->state != MHP_STATE_REMOVED)
		block->described = e->nr_pages;
	if (block->state == MHP_STATE_ONLINE)
		mhp_fold_settle(ledger, block,
				mhp_fold_zone(ledger, block->nid, block->zone));
}

/*
 * The zone that the memmap of a range is in. A recording or kernel that does not report it is taken to have it in the zone
 * of a block that is online.
 */
MHP_FOLD void mhp_fold_snapshot_memmap(struct mhp_ledger *ledger,
				       struct mhp_range *range,
				       const struct mhp_mhp_snapshot_block *e)
{
	struct mhp_globals *globals = mhp_ledger_globals(ledger);
	u32 in = e->memmap_zone ?: e->state == MHP_STATE_ONLINE ? e->zone : 0;
	struct mhp_zone_account *zone;

	if (!globals || globals->memmap_of_blocks)
		return;
	if (!range->zone)
		range->zone = MHP_ZONE_NONE;
	if (!in || range->zone == in)
		return;
	zone = mhp_fold_zone(ledger, range->nid, range->zone);
	if (zone)
		mhp_fold_leave(zone, range->vmemmap_online, 0);
	zone = mhp_fold_zone(ledger, e->nid, in);
	range->zone = in;
	range->vmemmap_online = zone ? e->altmap_free : 0;
	range->present = (s64)range->vmemmap_online;
	range->estimated = 1;
	if (zone)
		mhp_fold_enter(zone, range->vmemmap_online, 0);
}

/*
 * Fills the account of the block's range, if that hosts its memmap as a whole and no event has reported its add. Every
 * block of the range reports the current state of all of it.
 */
MHP_FOLD void mhp_fold_snapshot_range(struct mhp_ledger *ledger,
				      const struct mhp_mhp_snapshot_block *e)
{
	struct mhp_globals *globals = mhp_ledger_globals(ledger);
	struct mhp_range *range;

	if (e->hosting != MHP_HOSTING_RANGE)
		return;
	if (globals)
		globals->has_memmaps = 1;
	range = mhp_ledger_range(ledger, e->altmap_base, 1);
	if (!range || range->add.begin_ns)
		return;
	range->nr_pages = e->range_pages;
	range->vmemmap_pages = e->altmap_free;
	range->alloc = e->altmap_alloc;
	range->nid = e->nid;
	range->hosting = e->hosting;
	range->why = MHP_WHY_SELF_HOSTED;
	range->refs = e->refs;
	range->sections = e->sections;
	range->removed = 0;
	range->reason = 0;
	range->failed_pfn = 0;
	range->gone = 0;
	range->frees = 0;
	range->order = MHP_ORDER_NONE;
	mhp_fold_snapshot_memmap(ledger, range, e);
}

MHP_FOLD void mhp_fold_snapshot_block(struct mhp_ledger *ledger,
				      const struct mhp_record *r)
{
	const struct mhp_mhp_snapshot_block *e = &r->p.mhp_snapshot_block;
	struct mhp_block *block = mhp_ledger_block(ledger, e->start_pfn, 0);
	struct mhp_zone_account *zone;
	u32 own;

	mhp_fold_snapshot_range(ledger, e);
	/* Earlier events are more accurate; the snapshot only fills what they left unknown. */
	if (block && !(block->flags & MHP_BLOCK_SYSFS)) {
		if (block->flags & MHP_BLOCK_PARTIAL)
			mhp_fold_block_rest(ledger, block, e, r->time_ns);
		return;
	}
	if (block && block->flags & MHP_BLOCK_COUNTED) {
		zone = mhp_fold_zone(ledger, block->nid, block->zone);
		if (zone)
			mhp_fold_leave(zone, block->vmemmap_online, 1);
	}
	block = mhp_ledger_block(ledger, e->start_pfn, 1);
	if (!block)
		return;
	/* Polled again, it is the same operation. */
	if (block->state != e->state)
		mhp_fold_begun(block, e->state, r->time_ns);
	block->flags = (block->flags & MHP_BLOCK_LATE) | MHP_BLOCK_SNAPSHOT |
		       (e->origin == MHP_ORIGIN_SYSFS ? MHP_BLOCK_SYSFS : 0);
	block->nid = e->nid;
	block->zone = e->zone;
	block->hosting = e->hosting;
	block->state = e->state;
	block->altmap_base = e->altmap_base;
	block->vmemmap_pages = e->vmemmap_pages;
	block->populated = e->populated;
	block->described = e->state == MHP_STATE_REMOVED ? 0 : e->nr_pages;
	block->vmemmap_online = 0;
	mhp_fold_use(ledger, block);
	/* Its counts may have changed before; they follow from its state once it is online. */
	if (e->state == MHP_STATE_GOING_ONLINE)
		block->flags |= MHP_BLOCK_PARTIAL;
	if (e->state != MHP_STATE_ONLINE && e->state != MHP_STATE_GOING_OFFLINE)
		return;
	own = mhp_fold_is_shared(ledger, block) ? 0 : e->vmemmap_pages;
	/* Boot memory, or what may be, may have holes and early reserved pages; their number is unknown. */
	if (e->state == MHP_STATE_GOING_OFFLINE) {
		block->flags |= MHP_BLOCK_PARTIAL;
	} else if (e->hosting != MHP_HOSTING_BOOT &&
		   e->hosting != MHP_HOSTING_NONE &&
		   e->origin == MHP_ORIGIN_KERNEL) {
		block->flags |= MHP_BLOCK_ESTIMATED;
		block->managed = e->nr_pages - e->vmemmap_pages;
		block->present = mhp_fold_sum(block->managed, own);
	}
	block->flags |= MHP_BLOCK_COUNTED;
	block->vmemmap_online = own;
	zone = mhp_fold_zone(ledger, e->nid, e->zone);
	if (zone)
		mhp_fold_enter(zone, own, 1);
}

MHP_FOLD void mhp_fold_snapshot_zone(struct mhp_ledger *ledger,
				     const struct mhp_record *r)
{
	const struct mhp_mhp_snapshot_zone *e = &r->p.mhp_snapshot_zone;
	struct mhp_zone_account *zone = mhp_fold_zone(ledger, e->nid, e->zone);

	if (!zone)
		return;
	zone->present = e->present;
	zone->managed = e->managed;
}

#endif
