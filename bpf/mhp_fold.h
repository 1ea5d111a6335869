/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fold: applies one event to the accounts. The BPF programs and user space compile the same code.
 *
 * It has no clock, no I/O and no state of its own. Each event changes a fixed number of accounts, however many memory
 * blocks its range spans, so it needs no loops and suits BPF. It accepts any sequence of events; the rules judge them.
 *
 * Nothing here is atomic: the caller must fold one event at a time.
 *
 * As mm/memory_hotplug.c and drivers/base/memory.c hold the device hotplug lock to add and remove memory, only one such
 * operation runs at a time. Memmap that is populated outside an add belongs to ZONE_DEVICE memory.
 */
#ifndef MHP_FOLD_H
#define MHP_FOLD_H

#include "mhp_account.h"
#include "mhp_fold_range.h"
#include "mhp_fold_snapshot.h"

MHP_FOLD void mhp_fold_populate(struct mhp_ledger *ledger,
				const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_populate *e = &r->p.mhp_vmemmap_populate;
	struct mhp_globals *globals = mhp_ledger_globals(ledger);
	struct mhp_block *block;

	if (!globals)
		return;
	if (e->start_pfn - globals->add_start_pfn >= globals->add_nr_pages) {
		globals->device_populated += e->vmemmap_pages;
		return;
	}
	block = mhp_ledger_block(ledger, e->start_pfn, 1);
	if (!block)
		return;
	if (!block->described) {
		/* The block is added anew: reset what describes one life, keep what counts over all of them. */
		block->add.begin_ns = r->time_ns;
		block->free_ns = 0;
		block->flags &= MHP_BLOCK_LATE;
	}
	block->add.end_ns = r->time_ns;
	block->nid = e->nid;
	block->hosting = e->hosting;
	block->altmap_base = e->altmap_base;
	block->populated += e->vmemmap_pages;
	block->vmemmap_pages =
		mhp_fold_hosts(ledger, e->altmap_base, e->altmap_free, block);
	block->state = MHP_STATE_OFFLINE;
	block->zone = MHP_ZONE_NONE;
	/* A memmap that was populated only in part is undone by a free event of its own. */
	block->described += e->nr_pages;
	mhp_fold_range_populate(ledger, e, globals->add_start_pfn);
}

MHP_FOLD void mhp_fold_free(struct mhp_ledger *ledger,
			    const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_free *e = &r->p.mhp_vmemmap_free;
	struct mhp_block *block = mhp_ledger_block(ledger, e->start_pfn, 0);
	int whole = e->hosting == MHP_HOSTING_RANGE;
	/* A removed block keeps its account, but ZONE_DEVICE memory may take its place. */
	int gone = !block || !block->described;
	struct mhp_globals *globals;

	/* Blocks removed from a range before the collector was attached have no account, but are freed with the rest. */
	if (!gone || whole)
		mhp_fold_range_free(ledger, e);
	if (gone) {
		globals = mhp_ledger_globals(ledger);
		if (globals && !whole)
			globals->device_freed += e->vmemmap_pages;
		return;
	}
	block->freed += e->vmemmap_pages;
	block->described -= block->described < e->nr_pages ? block->described :
							     (u32)e->nr_pages;
	if (block->described)
		return;
	block->free_ns = r->time_ns;
	block->state = MHP_STATE_REMOVED;
	block->vmemmap_pages = 0;
	block->altmap_base = 0;
}

/* The memmap of a whole range joined or left a zone. */
MHP_FOLD void mhp_fold_memmap_zone(struct mhp_range *range,
				   struct mhp_zone_account *zone,
				   const struct mhp_mhp_vmemmap_zone *e,
				   int online)
{
	if (zone && online)
		mhp_fold_enter(zone, e->vmemmap_pages - range->vmemmap_online,
			       0);
	else if (zone)
		mhp_fold_leave(zone, range->vmemmap_online, 0);
	range->vmemmap_online = online ? e->vmemmap_pages : 0;
	range->zone = online ? e->zone : MHP_ZONE_NONE;
}

MHP_FOLD void mhp_fold_vmemmap_zone(struct mhp_ledger *ledger,
				    const struct mhp_record *r, int online)
{
	const struct mhp_mhp_vmemmap_zone *e = &r->p.mhp_vmemmap_zone;
	struct mhp_zone_account *zone = mhp_fold_zone(ledger, e->nid, e->zone);
	struct mhp_range *range = mhp_fold_memmap(ledger, e->start_pfn);
	struct mhp_block *block;

	if (range)
		return mhp_fold_memmap_zone(range, zone, e, online);
	block = mhp_fold_block(ledger, e->start_pfn);
	if (!block)
		return;
	if (zone && online)
		mhp_fold_enter(zone, e->vmemmap_pages, 0);
	else if (zone)
		mhp_fold_leave(zone, block->vmemmap_online, 0);
	block->vmemmap_online = online ? e->vmemmap_pages : 0;
}

MHP_FOLD void mhp_fold_retired(struct mhp_ledger *ledger,
			       const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_retired *e = &r->p.mhp_vmemmap_retired;
	struct mhp_block *block = mhp_ledger_block(ledger, e->start_pfn, 0);

	if (block)
		block->retired += e->nr_pages;
}

MHP_FOLD void mhp_fold_block_begin(struct mhp_ledger *ledger,
				   const struct mhp_record *r, int online)
{
	const struct mhp_mhp_block_begin *e = &r->p.mhp_block_begin;
	struct mhp_block *block = mhp_fold_block(ledger, e->start_pfn);
	struct mhp_phase *phase;

	if (!block)
		return;
	phase = online ? &block->online : &block->offline;
	phase->begin_ns = r->time_ns;
	phase->end_ns = 0;
	block->flags &=
		~(online ? MHP_BLOCK_LATE_ONLINE : MHP_BLOCK_LATE_OFFLINE);
	block->state = online ? MHP_STATE_GOING_ONLINE :
				MHP_STATE_GOING_OFFLINE;
	block->nid = e->nid;
	block->zone = e->zone;
	block->vmemmap_pages = e->vmemmap_pages;
	if (!block->described)
		block->described = e->nr_pages;
}

MHP_FOLD void mhp_fold_online_end(struct mhp_ledger *ledger,
				  const struct mhp_record *r)
{
	const struct mhp_mhp_block_end *e = &r->p.mhp_block_end;
	struct mhp_zone_account *zone = mhp_fold_zone(ledger, e->nid, e->zone);
	struct mhp_block *block = mhp_fold_block(ledger, e->start_pfn);

	if (!block)
		return;
	if (block->state != MHP_STATE_GOING_ONLINE)
		block->flags |= MHP_BLOCK_PARTIAL;
	block->online.end_ns = r->time_ns;
	block->last_ret = e->ret;
	if (e->ret) {
		block->online_failures++;
		block->state = MHP_STATE_OFFLINE;
		block->zone = MHP_ZONE_NONE;
		if (r->reason)
			block->reason = r->reason;
		mhp_fold_settle(ledger, block, zone);
		return;
	}
	block->onlines++;
	block->state = MHP_STATE_ONLINE;
	block->zone = e->zone;
	block->flags |= MHP_BLOCK_COUNTED;
	if (zone)
		mhp_fold_enter(zone, 0, 1);
	mhp_fold_settle(ledger, block, zone);
}

MHP_FOLD void mhp_fold_offline_end(struct mhp_ledger *ledger,
				   const struct mhp_record *r)
{
	const struct mhp_mhp_block_end *e = &r->p.mhp_block_end;
	struct mhp_zone_account *zone = mhp_fold_zone(ledger, e->nid, e->zone);
	struct mhp_block *block = mhp_fold_block(ledger, e->start_pfn);

	if (!block)
		return;
	if (block->state != MHP_STATE_GOING_OFFLINE)
		block->flags |= MHP_BLOCK_PARTIAL;
	block->offline.end_ns = r->time_ns;
	block->last_ret = e->ret;
	if (e->ret) {
		block->offline_failures++;
		block->state = MHP_STATE_ONLINE;
		block->zone = e->zone;
		block->nid = e->nid;
		if (r->reason)
			block->reason = r->reason;
		mhp_fold_settle(ledger, block, zone);
		return;
	}
	block->offlines++;
	block->state = MHP_STATE_OFFLINE;
	block->zone = MHP_ZONE_NONE;
	if (zone && block->flags & MHP_BLOCK_COUNTED)
		mhp_fold_leave(zone, 0, 1);
	block->flags &= ~MHP_BLOCK_COUNTED;
	mhp_fold_settle(ledger, block, zone);
}

MHP_FOLD void mhp_fold_account_block(struct mhp_ledger *ledger,
				     const struct mhp_mhp_account *e,
				     int present)
{
	struct mhp_block *block = mhp_fold_block(ledger, e->start_pfn);

	if (!block)
		return;
	if (present)
		block->present = mhp_fold_sum(block->present, e->delta);
	else
		block->managed = mhp_fold_sum(block->managed, e->delta);
	/* The collector missed the start of this operation. Drivers, however, adjust the counts of online memory. */
	if (e->cause != MHP_CAUSE_DRIVER &&
	    block->state != MHP_STATE_GOING_ONLINE &&
	    block->state != MHP_STATE_GOING_OFFLINE)
		block->flags |= MHP_BLOCK_PARTIAL;
}

/* An online or offline fails. The end event of a recording before schema 3 has the reason. */
MHP_FOLD void mhp_fold_block_failed(struct mhp_ledger *ledger,
				    const struct mhp_record *r)
{
	const struct mhp_mhp_failed *e = &r->p.mhp_failed;
	struct mhp_block *block = mhp_fold_block(ledger, e->start_pfn);

	if (block)
		block->reason = e->reason;
}

MHP_FOLD void mhp_fold_account(struct mhp_ledger *ledger,
			       const struct mhp_record *r, int present)
{
	const struct mhp_mhp_account *e = &r->p.mhp_account;
	struct mhp_zone_account *zone = mhp_fold_zone(ledger, e->nid, e->zone);
	struct mhp_range *range =
		present ? mhp_fold_memmap(ledger, e->start_pfn) : (void *)0;

	if (range)
		range->present = mhp_fold_sum(range->present, e->delta);
	else
		mhp_fold_account_block(ledger, e, present);
	if (!zone)
		return;
	if (present) {
		zone->present = e->after;
		zone->present_change =
			mhp_fold_sum(zone->present_change, e->delta);
	} else {
		zone->managed = e->after;
		zone->managed_change =
			mhp_fold_sum(zone->managed_change, e->delta);
	}
}

MHP_FOLD void mhp_fold_blocker(struct mhp_ledger *ledger,
			       const struct mhp_record *r)
{
	const struct mhp_mhp_offline_blocker *e = &r->p.mhp_offline_blocker;
	struct mhp_block *block;

	if (r->unknown & MHP_FIELD(mhp_offline_blocker, pfn))
		return;
	block = mhp_fold_block(ledger, e->pfn);
	if (!block)
		return;
	block->blockers++;
	block->blocker_pfn = e->pfn;
	block->blocker_kind = e->kind;
	block->blocker_stage = e->stage;
}

MHP_FOLD void mhp_fold_notify(struct mhp_ledger *ledger,
			      const struct mhp_record *r)
{
	const struct mhp_mhp_notify *e = &r->p.mhp_notify;
	struct mhp_block *block = mhp_ledger_block(ledger, e->start_pfn, 0);

	if (block)
		block->step = e->step;
}

/* event is r->event. The collector passes a constant, so that each of its programs contains only its own case. */
MHP_FOLD void mhp_fold(struct mhp_ledger *ledger, const struct mhp_record *r,
		       u32 event)
{
	switch (event) {
	case MHP_EVENT_mhp_vmemmap_populate:
		return mhp_fold_populate(ledger, r);
	case MHP_EVENT_mhp_vmemmap_free:
		return mhp_fold_free(ledger, r);
	case MHP_EVENT_mhp_vmemmap_online:
		return mhp_fold_vmemmap_zone(ledger, r, 1);
	case MHP_EVENT_mhp_vmemmap_offline:
		return mhp_fold_vmemmap_zone(ledger, r, 0);
	case MHP_EVENT_mhp_vmemmap_retired:
		return mhp_fold_retired(ledger, r);
	case MHP_EVENT_mhp_vmemmap_ref:
		return mhp_fold_ref(ledger, r);
	case MHP_EVENT_mhp_add_begin:
		return mhp_fold_add_begin(ledger, r);
	case MHP_EVENT_mhp_add_end:
		return mhp_fold_add_end(ledger, r);
	case MHP_EVENT_mhp_online_begin:
		return mhp_fold_block_begin(ledger, r, 1);
	case MHP_EVENT_mhp_offline_begin:
		return mhp_fold_block_begin(ledger, r, 0);
	case MHP_EVENT_mhp_online_end:
		return mhp_fold_online_end(ledger, r);
	case MHP_EVENT_mhp_offline_end:
		return mhp_fold_offline_end(ledger, r);
	case MHP_EVENT_mhp_online_failed:
	case MHP_EVENT_mhp_offline_failed:
		return mhp_fold_block_failed(ledger, r);
	case MHP_EVENT_mhp_add_failed:
	case MHP_EVENT_mhp_remove_failed:
		return mhp_fold_range_failed(ledger, r);
	case MHP_EVENT_mhp_remove_begin:
		return mhp_fold_remove(ledger, r, 0);
	case MHP_EVENT_mhp_remove_end:
		return mhp_fold_remove(ledger, r, 1);
	case MHP_EVENT_mhp_present:
		return mhp_fold_account(ledger, r, 1);
	case MHP_EVENT_mhp_managed:
		return mhp_fold_account(ledger, r, 0);
	case MHP_EVENT_mhp_offline_blocker:
		return mhp_fold_blocker(ledger, r);
	case MHP_EVENT_mhp_notify:
		return mhp_fold_notify(ledger, r);
	case MHP_EVENT_mhp_snapshot_block:
		return mhp_fold_snapshot_block(ledger, r);
	case MHP_EVENT_mhp_snapshot_zone:
		return mhp_fold_snapshot_zone(ledger, r);
	}
}

#endif
