// SPDX-License-Identifier: GPL-2.0
/*
 * Which kinds of events an imported recording should have. The kernel holds one
 * lock for each operation, so what comes between its begin and its end is known
 * to be there, or to be left out.
 */
#include <stdlib.h>

#include "base/vec.h"
#include "source/import/kinds.h"

#define MOST_ADDED 4096
#define BIT(name) (1ULL << MHP_EVENT_mhp_##name)
#define BOUNDS                                                                 \
	(BIT(add_begin) | BIT(add_end) | BIT(remove_begin) | BIT(remove_end) | \
	 BIT(online_begin) | BIT(online_end) | BIT(offline_begin) |            \
	 BIT(offline_end))

/* The begin of the operation that a notifier call belongs to, 0: of either. */
static u16 begin_of_step(u32 step)
{
	switch (step) {
	case MHP_STEP_PREPARE_ONLINE:
	case MHP_STEP_GOING_ONLINE:
	case MHP_STEP_CANCEL_ONLINE:
	case MHP_STEP_ONLINE:
		return MHP_EVENT_mhp_online_begin;
	case MHP_STEP_GOING_OFFLINE:
	case MHP_STEP_CANCEL_OFFLINE:
	case MHP_STEP_OFFLINE:
		return MHP_EVENT_mhp_offline_begin;
	default:
		return 0;
	}
}

static u16 begin_of_cause(u32 cause)
{
	switch (cause) {
	case MHP_CAUSE_ONLINE:
		return MHP_EVENT_mhp_online_begin;
	case MHP_CAUSE_OFFLINE:
	case MHP_CAUSE_ROLLBACK:
		return MHP_EVENT_mhp_offline_begin;
	default:
		return 0;
	}
}

/* The begin of the operation that an event belongs to, 0: of more than one, or of none. */
static u16 begin_of(const struct mhp_record *r)
{
	switch (r->event) {
	case MHP_EVENT_mhp_add_end:
	case MHP_EVENT_mhp_add_failed:
		return MHP_EVENT_mhp_add_begin;
	case MHP_EVENT_mhp_vmemmap_populate:
		return r->p.mhp_vmemmap_populate.hosting == MHP_HOSTING_DEVICE ?
			       0 :
			       MHP_EVENT_mhp_add_begin;
	case MHP_EVENT_mhp_vmemmap_ref:
		return r->p.mhp_vmemmap_ref.op == MHP_REF_HOLD ?
			       MHP_EVENT_mhp_add_begin :
			       MHP_EVENT_mhp_remove_begin;
	case MHP_EVENT_mhp_remove_end:
	case MHP_EVENT_mhp_remove_failed:
		return MHP_EVENT_mhp_remove_begin;
	case MHP_EVENT_mhp_vmemmap_free:
		return r->p.mhp_vmemmap_free.hosting == MHP_HOSTING_DEVICE ?
			       0 :
			       MHP_EVENT_mhp_remove_begin;
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_online_failed:
		return MHP_EVENT_mhp_online_begin;
	case MHP_EVENT_mhp_offline_end:
	case MHP_EVENT_mhp_offline_failed:
	case MHP_EVENT_mhp_offline_blocker:
		return MHP_EVENT_mhp_offline_begin;
	case MHP_EVENT_mhp_notify:
		return begin_of_step(r->p.mhp_notify.step);
	case MHP_EVENT_mhp_present:
	case MHP_EVENT_mhp_managed:
		return begin_of_cause(r->p.mhp_account.cause);
	default:
		return 0;
	}
}

static u16 end_of(u16 begin)
{
	switch (begin) {
	case MHP_EVENT_mhp_add_begin:
		return MHP_EVENT_mhp_add_end;
	case MHP_EVENT_mhp_remove_begin:
		return MHP_EVENT_mhp_remove_end;
	case MHP_EVENT_mhp_online_begin:
		return MHP_EVENT_mhp_online_end;
	case MHP_EVENT_mhp_offline_begin:
		return MHP_EVENT_mhp_offline_end;
	default:
		return 0;
	}
}

static struct import_added *find_added(const struct import_kinds *kinds,
				       u64 pfn)
{
	size_t i;

	for (i = 0; i < kinds->nr_added; i++)
		if (pfn - kinds->added[i].start < kinds->added[i].nr_pages)
			return &kinds->added[i];
	return NULL;
}

static void note_added(struct import_kinds *kinds, u64 start, u64 nr_pages,
		       u32 hosting)
{
	struct import_added *added = find_added(kinds, start);

	if (!added && hosting != MHP_HOSTING_BLOCK &&
	    hosting != MHP_HOSTING_RANGE)
		return;
	if (!added) {
		/* Nothing follows from what is not kept. */
		if (kinds->nr_added == MOST_ADDED ||
		    !vec_grow(kinds->added, kinds->nr_added, kinds->room_added))
			return;
		added = &kinds->added[kinds->nr_added++];
	}
	*added = (struct import_added){ start, nr_pages, hosting, 0 };
}

static void add_ends(struct import_kinds *kinds,
		     const struct mhp_mhp_add_end *e)
{
	if (e->ret) {
		kinds->implied_new |= BIT(add_failed);
		return;
	}
	kinds->implied |= BIT(vmemmap_populate);
	if (e->hosting == MHP_HOSTING_RANGE)
		kinds->implied |= BIT(vmemmap_ref);
	note_added(kinds, e->start_pfn, e->nr_pages, e->hosting);
}

/* A kernel of the old form may free the memmap of a range later, with the last of it. */
static void remove_ends(struct import_kinds *kinds,
			const struct mhp_mhp_remove_end *e)
{
	if (e->ret)
		kinds->implied_new |= BIT(remove_failed);
	else if (kinds->seen & BIT(vmemmap_ref))
		kinds->implied_new |= BIT(vmemmap_free);
	else
		kinds->implied |= BIT(vmemmap_free);
}

/* The memmap of a range joins a zone with the first of the blocks that use it, and leaves it with the last one. */
static void memmap_moves(struct import_kinds *kinds,
			 const struct mhp_mhp_block_end *e, bool online)
{
	struct import_added *added = find_added(kinds, e->start_pfn);
	u64 event = online ? BIT(vmemmap_online) : BIT(vmemmap_offline);

	if (e->vmemmap_pages)
		kinds->implied_old |= event;
	if (!added)
		return;
	if (added->hosting == MHP_HOSTING_BLOCK && e->vmemmap_pages)
		kinds->implied_new |= event;
	if (added->hosting != MHP_HOSTING_RANGE ||
	    e->vmemmap_pages == e->nr_pages)
		return;
	added->users += online ? 1 : 0;
	if (online || added->users == 1)
		kinds->implied_new |= event;
	added->users -= !online && added->users ? 1 : 0;
}

static void block_ends(struct import_kinds *kinds, const struct mhp_record *r)
{
	const struct mhp_mhp_block_end *e = &r->p.mhp_block_end;
	bool online = r->event == MHP_EVENT_mhp_online_end;

	if (e->ret) {
		kinds->implied_new |= online ? BIT(online_failed) :
					       BIT(offline_failed);
		return;
	}
	/* A block with nothing but memmap has fewer steps, or none. */
	if (e->vmemmap_pages != e->nr_pages)
		kinds->implied |= BIT(notify) | BIT(present) | BIT(managed);
	memmap_moves(kinds, e, online);
}

/* What fails after a notifier was called. */
static void block_fails(struct import_kinds *kinds,
			const struct mhp_mhp_failed *e)
{
	switch (e->reason) {
	case MHP_REASON_NOTIFIER:
	case MHP_REASON_SIGNAL:
	case MHP_REASON_UNMOVABLE:
	case MHP_REASON_HUGETLB:
		kinds->implied |= BIT(notify);
	}
}

/* An operation that is there as a whole. */
static void look_into(struct import_kinds *kinds, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_populate *e = &r->p.mhp_vmemmap_populate;
	const struct mhp_mhp_vmemmap_ref *ref = &r->p.mhp_vmemmap_ref;

	switch (r->event) {
	case MHP_EVENT_mhp_add_end:
		return add_ends(kinds, &r->p.mhp_add_end);
	case MHP_EVENT_mhp_remove_end:
		return remove_ends(kinds, &r->p.mhp_remove_end);
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_offline_end:
		return block_ends(kinds, r);
	case MHP_EVENT_mhp_online_failed:
	case MHP_EVENT_mhp_offline_failed:
		return block_fails(kinds, &r->p.mhp_failed);
	case MHP_EVENT_mhp_vmemmap_ref:
		if (ref->op == MHP_REF_PUT && !ref->refs &&
		    kinds->open != MHP_EVENT_mhp_add_begin)
			kinds->implied |= BIT(vmemmap_free);
		return;
	case MHP_EVENT_mhp_vmemmap_populate:
		if (e->hosting == MHP_HOSTING_RANGE)
			kinds->implied |= BIT(vmemmap_ref);
	}
}

void import_kinds_look(struct import_kinds *kinds, const struct mhp_record *r)
{
	u16 begin = begin_of(r), end = end_of(r->event);
	/* A failing add gives up what it had. */
	bool undoes = kinds->open == MHP_EVENT_mhp_add_begin &&
		      begin == MHP_EVENT_mhp_remove_begin &&
		      r->event != MHP_EVENT_mhp_remove_end &&
		      r->event != MHP_EVENT_mhp_remove_failed;

	kinds->seen |= 1ULL << r->event;
	if (begin)
		kinds->within |= 1ULL << begin | 1ULL << end_of(begin);
	kinds->is_old |= r->schema != 0;
	if (kinds->settled && begin && begin != kinds->open && !undoes) {
		kinds->implied |= 1ULL << begin;
		if (end_of(kinds->open))
			kinds->implied |= 1ULL << end_of(kinds->open);
	}
	if (kinds->settled)
		look_into(kinds, r);
	if (end) {
		/* The operation before it has ended. */
		if (kinds->open)
			kinds->implied |= 1ULL << end_of(kinds->open);
		kinds->open = r->event;
	} else if (begin && end_of(begin) == r->event) {
		kinds->open = 0;
	}
	kinds->settled |= end || (begin && end_of(begin) == r->event);
}

void import_kinds_restart(struct import_kinds *kinds)
{
	kinds->open = 0;
	kinds->settled = false;
	kinds->nr_added = 0;
}

u64 import_kinds_missing(const struct import_kinds *kinds)
{
	u64 implied = kinds->implied;

	implied |= kinds->is_old ? kinds->implied_old : kinds->implied_new;
	if (!(kinds->seen & BOUNDS))
		implied |= kinds->within;
	return implied & ~kinds->seen;
}

void import_kinds_free(struct import_kinds *kinds)
{
	free(kinds->added);
}
