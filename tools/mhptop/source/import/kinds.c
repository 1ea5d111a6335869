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
/* Smaller than a section of any kernel, so that no two ranges begin in one. */
#define TURN_PAGES 512
#define BIT(name) (1ULL << MHP_EVENT_mhp_##name)
#define BOUNDS_OF(name) (BIT(name##_begin) | BIT(name##_end))
#define BLOCK_BOUNDS (BOUNDS_OF(online) | BOUNDS_OF(offline))
#define BOUNDS (BOUNDS_OF(add) | BOUNDS_OF(remove) | BLOCK_BOUNDS)

enum import_turn { TURN_NONE, TURN_ADDED, TURN_REMOVED };

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

/* Memory that is added or removed twice was removed or added in between, and memory that goes online is there. */
static void take_turn(struct import_kinds *kinds, u64 start, u8 turn)
{
	u8 *last;

	if (!kinds->turns.size)
		sparse_init(&kinds->turns, sizeof(*last));
	last = sparse_make(&kinds->turns, start / TURN_PAGES);
	/* Nothing follows from what is not kept. */
	if (!last)
		return;
	if (*last == TURN_ADDED && turn == TURN_ADDED)
		kinds->part.across |= BOUNDS_OF(remove) | BIT(vmemmap_free);
	else if (*last == TURN_REMOVED && turn != TURN_ADDED)
		kinds->part.across |= BOUNDS_OF(add) | BIT(vmemmap_populate);
	if (turn != TURN_NONE)
		*last = turn;
}

static void add_ends(struct import_kinds *kinds,
		     const struct mhp_mhp_add_end *e)
{
	if (e->ret) {
		kinds->part.implied_new |= BIT(add_failed);
		return;
	}
	kinds->part.implied |= BIT(vmemmap_populate);
	if (e->hosting == MHP_HOSTING_RANGE)
		kinds->part.implied |= BIT(vmemmap_ref);
	note_added(kinds, e->start_pfn, e->nr_pages, e->hosting);
}

/* A kernel of the old form may free the memmap of a range later, with the last of it. */
static void remove_ends(struct import_kinds *kinds,
			const struct mhp_mhp_remove_end *e)
{
	if (e->ret)
		kinds->part.implied_new |= BIT(remove_failed);
	else if (kinds->part.seen & BIT(vmemmap_ref))
		kinds->part.implied_new |= BIT(vmemmap_free);
	else
		kinds->part.implied |= BIT(vmemmap_free);
}

/* The memmap of a range joins a zone with the first of the blocks that use it, and leaves it with the last one. */
static void memmap_moves(struct import_kinds *kinds,
			 const struct mhp_mhp_block_end *e, bool online)
{
	struct import_added *added = find_added(kinds, e->start_pfn);
	u64 event = online ? BIT(vmemmap_online) : BIT(vmemmap_offline);

	if (e->vmemmap_pages)
		kinds->part.implied_old |= event;
	if (!added)
		return;
	if (added->hosting == MHP_HOSTING_BLOCK && e->vmemmap_pages)
		kinds->part.implied_new |= event;
	if (added->hosting != MHP_HOSTING_RANGE ||
	    e->vmemmap_pages == e->nr_pages)
		return;
	added->users += online ? 1 : 0;
	if (online || added->users == 1)
		kinds->part.implied_new |= event;
	added->users -= !online && added->users ? 1 : 0;
}

static void block_ends(struct import_kinds *kinds, const struct mhp_record *r)
{
	const struct mhp_mhp_block_end *e = &r->p.mhp_block_end;
	bool online = r->event == MHP_EVENT_mhp_online_end;

	if (e->ret) {
		kinds->part.implied_new |= online ? BIT(online_failed) :
						    BIT(offline_failed);
		return;
	}
	/* A block with nothing but memmap has fewer steps, or none. */
	if (e->vmemmap_pages != e->nr_pages)
		kinds->part.implied |= BIT(notify) | BIT(present) |
				       BIT(managed);
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
		kinds->part.implied |= BIT(notify);
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
		    kinds->part.open != MHP_EVENT_mhp_add_begin)
			kinds->part.implied |= BIT(vmemmap_free);
		return;
	case MHP_EVENT_mhp_vmemmap_populate:
		if (e->hosting == MHP_HOSTING_RANGE)
			kinds->part.implied |= BIT(vmemmap_ref);
	}
}

/* Whether an event shows that memory hosts its memmap, and that it is that of a range. */
static void look_at_host(struct import_part *part, u32 hosting, u64 pages)
{
	part->of_range |= hosting == MHP_HOSTING_RANGE;
	part->hosted |= hosting == MHP_HOSTING_BLOCK ||
			hosting == MHP_HOSTING_RANGE || pages;
}

static void look_at_result(struct import_kinds *kinds,
			   const struct mhp_record *r, s64 ret, u64 start,
			   u8 turn)
{
	if (ret) {
		kinds->part.failed |= 1ULL << r->event;
		return;
	}
	kinds->part.worked |= 1ULL << r->event;
	take_turn(kinds, start, turn);
}

/* What an event shows by itself, whatever is missing before it. */
static void look_alone(struct import_kinds *kinds, const struct mhp_record *r)
{
	const struct mhp_mhp_add_end *add = &r->p.mhp_add_end;
	const struct mhp_mhp_remove_end *gone = &r->p.mhp_remove_end;
	const struct mhp_mhp_block_end *end = &r->p.mhp_block_end;
	struct import_part *part = &kinds->part;

	switch (r->event) {
	case MHP_EVENT_mhp_add_end:
		look_at_host(part, add->hosting, 0);
		look_at_result(kinds, r, add->ret, add->start_pfn, TURN_ADDED);
		return;
	case MHP_EVENT_mhp_remove_end:
		look_at_host(part, 0, gone->vmemmap_pages);
		look_at_result(kinds, r, gone->ret, gone->start_pfn,
			       TURN_REMOVED);
		return;
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_offline_end:
		look_at_host(part, 0, end->vmemmap_pages);
		look_at_result(kinds, r, end->ret, end->start_pfn, TURN_NONE);
		return;
	case MHP_EVENT_mhp_online_begin:
	case MHP_EVENT_mhp_offline_begin:
		look_at_host(part, 0, r->p.mhp_block_begin.vmemmap_pages);
		return;
	case MHP_EVENT_mhp_vmemmap_populate:
		look_at_host(part, r->p.mhp_vmemmap_populate.hosting, 0);
		return;
	case MHP_EVENT_mhp_vmemmap_free:
		look_at_host(part, r->p.mhp_vmemmap_free.hosting, 0);
		return;
	case MHP_EVENT_mhp_vmemmap_ref:
		look_at_host(part, MHP_HOSTING_RANGE, 0);
		return;
	case MHP_EVENT_mhp_vmemmap_online:
	case MHP_EVENT_mhp_vmemmap_offline:
		part->hosted = true;
	}
}

void import_kinds_look(struct import_kinds *kinds, const struct mhp_record *r)
{
	u16 begin = begin_of(r), end = end_of(r->event);
	/* A failing add gives up what it had. */
	bool undoes = kinds->part.open == MHP_EVENT_mhp_add_begin &&
		      begin == MHP_EVENT_mhp_remove_begin &&
		      r->event != MHP_EVENT_mhp_remove_end &&
		      r->event != MHP_EVENT_mhp_remove_failed;

	kinds->part.seen |= 1ULL << r->event;
	if (begin)
		kinds->part.within |= 1ULL << begin | 1ULL << end_of(begin);
	kinds->is_old |= r->schema != 0;
	if (kinds->part.settled && begin && begin != kinds->part.open &&
	    !undoes) {
		kinds->part.implied |= 1ULL << begin;
		if (end_of(kinds->part.open))
			kinds->part.implied |= 1ULL << end_of(kinds->part.open);
	}
	look_alone(kinds, r);
	if (kinds->part.settled)
		look_into(kinds, r);
	if (end) {
		/* The operation before it has ended. */
		if (kinds->part.open)
			kinds->part.implied |= 1ULL << end_of(kinds->part.open);
		kinds->part.open = r->event;
	} else if (begin && end_of(begin) == r->event) {
		kinds->part.open = 0;
	}
	kinds->part.settled |= end || (begin && end_of(begin) == r->event);
}

static u64 part_missing(const struct import_kinds *kinds)
{
	const struct import_part *part = &kinds->part;
	u64 implied = part->implied;

	implied |= kinds->is_old ? part->implied_old : part->implied_new;
	if (!(part->seen & BOUNDS))
		implied |= part->within;
	return implied & ~part->seen;
}

/* The begins and ends of the operations of which there is any event. */
static u64 find_bounds(const struct import_part *part)
{
	static const u64 bounds[] = { BOUNDS_OF(add), BOUNDS_OF(remove),
				      BOUNDS_OF(online), BOUNDS_OF(offline) };
	u64 found = part->within;
	size_t i;

	for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++)
		if (part->seen & bounds[i])
			found |= bounds[i];
	if (part->seen & (BIT(vmemmap_online) | BIT(vmemmap_offline)) &&
	    !(found & BLOCK_BOUNDS))
		found |= BLOCK_BOUNDS;
	return found;
}

/* The memmap of hosts joins and leaves zones, also when an operation is undone. */
static u64 doubtful_hosts(const struct import_part *part, u64 bounds)
{
	u64 undone = part->failed | ~part->seen, events = 0;

	if (part->of_range && bounds & (BOUNDS_OF(add) | BOUNDS_OF(remove)))
		events |= BIT(vmemmap_ref);
	if (!part->hosted)
		return events;
	if (bounds & BOUNDS_OF(online))
		events |= BIT(vmemmap_online);
	if (bounds & BOUNDS_OF(online) && undone & BIT(online_end))
		events |= BIT(vmemmap_offline);
	if (bounds & BOUNDS_OF(offline))
		events |= BIT(vmemmap_offline);
	if (bounds & BOUNDS_OF(offline) &&
	    (part->of_range || undone & BIT(offline_end)))
		events |= BIT(vmemmap_online);
	return events;
}

/* Reasons of failures: if the ends are missing, nobody knows whether there were any. */
static u64 doubtful_reasons(const struct import_part *part, u64 bounds)
{
	u64 failed = bounds & (part->failed | ~part->seen), events = 0;

	if (failed & BIT(add_end))
		events |= BIT(add_failed);
	if (failed & BIT(remove_end))
		events |= BIT(remove_failed);
	if (failed & BIT(online_end))
		events |= BIT(online_failed);
	if (failed & BIT(offline_end))
		events |= BIT(offline_failed);
	return events;
}

static u64 part_doubtful(const struct import_kinds *kinds)
{
	const struct import_part *part = &kinds->part;
	u64 bounds = find_bounds(part), events = bounds | part->across;

	if (bounds & BOUNDS_OF(add))
		events |= BIT(vmemmap_populate);
	/* A removal that fails frees nothing, an add that fails what it has populated. */
	if (bounds & BIT(remove_end) & (part->worked | ~part->seen) ||
	    part->failed & BIT(add_end))
		events |= BIT(vmemmap_free);
	if (bounds & BLOCK_BOUNDS)
		events |= BIT(notify) | BIT(managed) | BIT(present);
	events |= doubtful_hosts(part, bounds);
	if (!kinds->is_old)
		events |= doubtful_reasons(part, bounds);
	return events & ~part->seen;
}

void import_kinds_restart(struct import_kinds *kinds)
{
	kinds->missing |= part_missing(kinds);
	kinds->doubtful |= part_doubtful(kinds);
	kinds->part = (struct import_part){ 0 };
	kinds->is_old = false;
	kinds->nr_added = 0;
	sparse_free(&kinds->turns);
}

u64 import_kinds_missing(const struct import_kinds *kinds)
{
	return kinds->missing | part_missing(kinds);
}

u64 import_kinds_doubtful(const struct import_kinds *kinds)
{
	return kinds->doubtful | part_doubtful(kinds) |
	       import_kinds_missing(kinds);
}

void import_kinds_free(struct import_kinds *kinds)
{
	sparse_free(&kinds->turns);
	free(kinds->added);
}
