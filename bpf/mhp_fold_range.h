/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fold of events about added ranges: begin and end of add and remove, and the memmap of a range that hosts it as a
 * whole (struct memmap_range in mm/memory_hotplug.c).
 *
 * The memmap of such a range is freed when the last section drops its reference, and events identify it by the base of
 * the altmap. Any other range is the one that is being added or removed.
 */
#ifndef MHP_FOLD_RANGE_H
#define MHP_FOLD_RANGE_H

#include "mhp_account.h"

/* How many pages of a block belong to an altmap, which reserves as many pages from its base as free says. */
MHP_FOLD u64 mhp_fold_hosts(struct mhp_ledger *ledger, u64 base, u64 free,
			    const struct mhp_block *block)
{
	u64 pages = mhp_ledger_block_pages(ledger);

	if (!base || base + free <= block->start_pfn)
		return 0;
	free = base + free - block->start_pfn;
	return free < pages ? free : pages;
}

/*
 * A range is gone: put it on the list of such ranges, once, and delete the account of the oldest one, which the list has
 * no room for, unless that range was added again. Call it last: it may delete an account.
 */
MHP_FOLD void mhp_fold_gone(struct mhp_ledger *ledger, struct mhp_range *range)
{
	struct mhp_globals *globals = mhp_ledger_globals(ledger);
	struct mhp_range *oldest;
	u64 number, start_pfn;

	if (!globals || range->gone)
		return;
	number = ++globals->nr_gone;
	range->gone = number;
	start_pfn = globals->gone[number % MHP_GONE_RANGES];
	globals->gone[number % MHP_GONE_RANGES] = range->start_pfn;
	if (number <= MHP_GONE_RANGES)
		return;
	oldest = mhp_ledger_range(ledger, start_pfn, 0);
	if (oldest && oldest->gone == number - MHP_GONE_RANGES)
		mhp_ledger_delete_range(ledger, start_pfn);
}

MHP_FOLD void mhp_fold_range_populate(struct mhp_ledger *ledger,
				      const struct mhp_mhp_vmemmap_populate *e,
				      u64 start_pfn)
{
	struct mhp_range *range = mhp_ledger_range(ledger, start_pfn, 0);

	if (!range)
		return;
	range->sections++;
	range->alloc += e->vmemmap_pages;
}

MHP_FOLD void mhp_fold_range_free(struct mhp_ledger *ledger,
				  const struct mhp_mhp_vmemmap_free *e)
{
	struct mhp_globals *globals = mhp_ledger_globals(ledger);
	struct mhp_range *range;
	u32 order;

	if (!globals)
		return;
	range = mhp_ledger_range(ledger,
				 e->hosting == MHP_HOSTING_RANGE ?
					 e->altmap_base :
					 globals->range_pfn,
				 0);
	if (!range)
		return;
	order = e->start_pfn < range->free_pfn ? MHP_ORDER_DESCENDING :
						 MHP_ORDER_ASCENDING;
	if (range->frees == 1)
		range->order = order;
	else if (range->frees && range->order != order)
		range->order = MHP_ORDER_MIXED;
	range->frees++;
	range->free_pfn = e->start_pfn;
	range->alloc -= range->alloc < e->vmemmap_pages ? range->alloc :
							  e->vmemmap_pages;
	if (range->sections)
		range->sections--;
	if (!range->sections && !globals->add_nr_pages) {
		range->removed = 1;
		mhp_fold_gone(ledger, range);
	}
}

/* A block that drops its reference is removed, even if its memmap stays for a while. */
MHP_FOLD void mhp_fold_ref(struct mhp_ledger *ledger,
			   const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_ref *e = &r->p.mhp_vmemmap_ref;
	struct mhp_range *range = mhp_ledger_range(ledger, e->altmap_base, 0);
	struct mhp_block *block;

	if (range)
		range->refs = e->refs;
	if (e->op != MHP_REF_PUT)
		return;
	block = mhp_ledger_block(ledger, e->start_pfn, 0);
	if (block)
		block->state = MHP_STATE_REMOVED;
}

MHP_FOLD void mhp_fold_add_begin(struct mhp_ledger *ledger,
				 const struct mhp_record *r)
{
	const struct mhp_mhp_add_begin *e = &r->p.mhp_add_begin;
	struct mhp_range *range = mhp_ledger_range(ledger, e->start_pfn, 1);
	struct mhp_globals *globals = mhp_ledger_globals(ledger);

	if (globals) {
		globals->add_start_pfn = e->start_pfn;
		globals->add_nr_pages = e->nr_pages;
		globals->range_pfn = e->start_pfn;
	}
	if (!range)
		return;
	range->nr_pages = e->nr_pages;
	range->vmemmap_pages = 0;
	range->add.begin_ns = r->time_ns;
	range->add.end_ns = 0;
	range->remove.begin_ns = 0;
	range->remove.end_ns = 0;
	range->add_ret = 0;
	range->remove_ret = 0;
	range->nid = e->nid;
	range->hosting = MHP_HOSTING_NONE;
	range->why = 0;
	range->flags = e->flags;
	range->removed = 0;
	range->reason = 0;
	range->failed_pfn = 0;
	range->gone = 0;
	range->sections = 0;
	range->refs = 0;
	range->alloc = 0;
	range->frees = 0;
	range->free_pfn = 0;
	range->order = MHP_ORDER_NONE;
	range->users = 0;
	range->zone = globals && globals->memmap_of_blocks ? 0 : MHP_ZONE_NONE;
	range->vmemmap_online = 0;
	range->present = 0;
	range->estimated = 0;
}

MHP_FOLD void mhp_fold_add_end(struct mhp_ledger *ledger,
			       const struct mhp_record *r)
{
	const struct mhp_mhp_add_end *e = &r->p.mhp_add_end;
	struct mhp_range *range = mhp_ledger_range(ledger, e->start_pfn, 1);
	struct mhp_globals *globals = mhp_ledger_globals(ledger);

	if (globals)
		globals->add_nr_pages = 0;
	if (globals && e->hosting == MHP_HOSTING_RANGE)
		globals->has_memmaps = 1;
	if (!range)
		return;
	range->nr_pages = e->nr_pages;
	range->vmemmap_pages = e->vmemmap_pages;
	range->add.end_ns = r->time_ns;
	range->add_ret = e->ret;
	range->nid = e->nid;
	range->hosting = e->hosting;
	range->why = e->why;
	if (e->ret && !range->sections)
		mhp_fold_gone(ledger, range);
}

/* The range that is being added or removed, of which the event may name a part. */
MHP_FOLD void mhp_fold_range_failed(struct mhp_ledger *ledger,
				    const struct mhp_record *r)
{
	const struct mhp_mhp_failed *e = &r->p.mhp_failed;
	struct mhp_globals *globals = mhp_ledger_globals(ledger);
	struct mhp_range *range;

	if (!globals)
		return;
	range = mhp_ledger_range(ledger, globals->range_pfn, 0);
	if (!range)
		return;
	range->reason = e->reason;
	range->failed_pfn = e->start_pfn;
}

MHP_FOLD void mhp_fold_remove(struct mhp_ledger *ledger,
			      const struct mhp_record *r, int end)
{
	/*
	 * Both events begin with the same fields. A remove need not begin where a range was added; no account is created
	 * then.
	 */
	struct mhp_range *range =
		mhp_ledger_range(ledger, r->p.mhp_remove_end.start_pfn, 0);
	struct mhp_globals *globals = mhp_ledger_globals(ledger);

	if (globals && !end)
		globals->range_pfn = r->p.mhp_remove_end.start_pfn;
	if (!range)
		return;
	if (!end) {
		range->remove.begin_ns = r->time_ns;
		range->remove.end_ns = 0;
		range->reason = 0;
		range->failed_pfn = 0;
		return;
	}
	range->remove.end_ns = r->time_ns;
	range->remove_ret = r->p.mhp_remove_end.ret;
	if (range->remove_ret || r->p.mhp_remove_end.nr_pages < range->nr_pages)
		return;
	range->removed = 1;
	mhp_fold_gone(ledger, range);
}

#endif
