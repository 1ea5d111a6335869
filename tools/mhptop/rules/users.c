// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of a range whose memmap has users of its own: the memory blocks of
 * the range that are online, except those that are nothing but memmap. The first
 * user brings the memmap up: its pages join the user's zone and become present.
 * The last one takes it down. If the last user in the memmap's zone goes, but
 * there are others, the memmap moves to the zone of one of them. All of this
 * happens between the begin and end of that block's operation.
 */
#include <string.h>

#include "model/event_table.h"
#include "rules/steps.h"

#define NO_BASE (~0ULL) /* the range of a block is unknown */

/* The range of the operation's block, if its memmap has users. NULL: none, or unknown. */
static struct rule_range *users_range(struct rules *rules)
{
	const struct rule_op *op = &rules->op;

	if (!op->shared || op->range_base == NO_BASE)
		return NULL;
	return rule_range(rules, op->range_base, false);
}

static void users_begin(struct rules *rules)
{
	const struct rule_range *range = users_range(rules);
	struct rule_op *op = &rules->op;

	op->was_up = range && range->up;
	op->was_present = range && range->present;
	op->memmap_zone = range ? range->zone : MHP_ZONE_NONE;
}

void rules_users_begin(struct rules *rules, const struct rule_block *block)
{
	struct rule_op *op = &rules->op;

	op->hosted = op->vmemmap;
	if (rules->first_design)
		return;
	op->guess = !block || block->host == MHP_HOSTING_NONE;
	if (op->guess || block->host != MHP_HOSTING_RANGE)
		return;
	op->shared = true;
	op->hosted = 0;
	op->range_base = block->altmap_base;
	users_begin(rules);
}

/* The block may be a user of the ranges that it lies in, or not. */
static void users_doubt(struct rules *rules)
{
	u64 start = rules->op.start;
	struct rule_range *range;
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++) {
		range = &rules->ranges[i];
		if (start >= range->base && (!range->end || start < range->end))
			range->counted = range->by_zone = false;
	}
}

/* The events show that the block, whose host was unknown, shares the memmap at base, or at NO_BASE. */
static void users_share(struct rules *rules, u64 base)
{
	struct rule_block *block = rule_block(rules, rules->op.start, true);
	struct rule_op *op = &rules->op;

	/* What left its zone as the block's own memmap was that of the range. */
	if (op->hosted && op->step == OFF_LEFT) {
		op->step = OFF_OFFLINED;
		op->went_down = true;
	}
	op->guess = false;
	op->shared = true;
	op->hosted = 0;
	op->range_base = base;
	if (block) {
		block->host = MHP_HOSTING_RANGE;
		block->altmap_base = base;
	}
	if (base != NO_BASE)
		rule_range(rules, base, true);
	else
		users_doubt(rules);
	users_begin(rules);
}

void rules_users_found(struct rules *rules, u64 base)
{
	if (rules->op.guess)
		users_share(rules, base);
}

bool rules_users_guess(struct rules *rules)
{
	struct rule_op *op = &rules->op;

	if (!op->guess || !op->hosted)
		return false;
	users_share(rules, NO_BASE);
	return true;
}

static void same_zone(struct rules *rules, s32 nid, u32 zone, s32 want_nid,
		      u32 want_zone)
{
	rule_check(rules, RULE_SAME_BLOCK, rules->op.start,
		   nid == want_nid && zone == want_zone,
		   "the node and zone of the memmap",
		   "node %d, zone %s instead of node %d, zone %s", nid,
		   event_symbol(event_zones, zone), want_nid,
		   event_symbol(event_zones, want_zone));
}

/* Whether an event shows that the block, of which that is unknown, uses a memmap, and which one. */
static bool is_unexpected(const struct rule_op *op, const struct mhp_record *r,
			  bool is_zone)
{
	const struct mhp_mhp_vmemmap_zone *zone = &r->p.mhp_vmemmap_zone;
	u64 start = r->p.mhp_account.start_pfn;

	if (op->shared && op->range_base == NO_BASE)
		return is_zone || start != op->start + op->vmemmap;
	if (!op->guess)
		return false;
	if (is_zone)
		return zone->start_pfn != op->start ||
		       zone->vmemmap_pages != op->vmemmap;
	return start != op->start && start != op->start + op->vmemmap;
}

/* The memmap joins a zone: that of the first user or, when it moves, that of another one. */
static void come_up(struct rules *rules, struct rule_range *range,
		    const struct mhp_mhp_vmemmap_zone *e)
{
	struct rule_op *op = &rules->op;
	bool moves = op->kind == OP_OFFLINE;

	if (range->counted || op->went_down)
		rule_check(rules, RULE_USERS, e->start_pfn, !range->up,
			   "a memmap that is in no zone",
			   "one that is in zone %s, with %llu users",
			   event_symbol(event_zones, range->zone),
			   range->users);
	rule_check(
		rules, RULE_USERS, e->start_pfn,
		moves ? op->went_down && !op->came_up :
			(op->step == ON_BEGUN || op->step == ON_PREPARED) &&
				!op->came_up,
		moves ? "a memmap that left its zone in this operation" :
			"the memmap between the preparation and the pages of its user",
		"mhp_vmemmap_online");
	if (!moves && op->zone_unknown)
		op->zone = e->zone;
	if (!moves)
		same_zone(rules, e->nid, e->zone, op->nid, op->zone);
	else if (range->by_zone)
		rule_check(rules, RULE_USERS, e->start_pfn,
			   range->zoned[e->zone & 7] > 0 &&
				   e->zone != range->zone,
			   "another zone that has users", "zone %s",
			   event_symbol(event_zones, e->zone));
	op->zone_unknown &= moves;
	range->up = true;
	range->present = false;
	range->nid = e->nid;
	range->zone = e->zone;
	op->came_up = true;
}

/* Whether the operation is at a step, as far as the source can tell. */
static bool is_at(const struct rule_op *op, unsigned int step)
{
	return rule_step_reached(op, op->step, step);
}

/* Whether the memmap may leave its zone now: a failed online undoes its own, an offline has taken the block's pages out. */
static bool may_go_down(const struct rule_op *op)
{
	if (op->went_down)
		return false;
	if (op->kind == OP_ONLINE)
		return op->came_up && is_at(op, ON_CANCELLED);
	return is_at(op, OFF_OFFLINED);
}

static void go_down(struct rules *rules, struct rule_range *range,
		    const struct mhp_mhp_vmemmap_zone *e)
{
	struct rule_op *op = &rules->op;

	if (range->counted || op->came_up) {
		rule_check(rules, RULE_USERS, e->start_pfn, range->up,
			   "a memmap that is in a zone", "one that is in none");
		same_zone(rules, e->nid, e->zone, range->nid, range->zone);
		rule_check(rules, RULE_RANGE_PAGES, e->start_pfn,
			   !range->present, "no page of the memmap present",
			   "%llu", range->free);
	}
	rule_check(rules, RULE_USERS, e->start_pfn, may_go_down(op),
		   op->kind == OP_ONLINE ?
			   "a memmap that this operation brought up" :
			   "the pages of its last user gone before",
		   "mhp_vmemmap_offline");
	range->up = false;
	range->present = false;
	op->went_down = true;
}

/* The zone of the memmap, if the record lacks it: that of its user, or the one it is in. False: nobody knows. */
static bool find_zone(const struct rules *rules, const struct rule_range *range,
		      const struct mhp_record *r,
		      struct mhp_mhp_vmemmap_zone *e)
{
	const struct rule_op *op = &rules->op;

	*e = r->p.mhp_vmemmap_zone;
	if (record_knows(r, mhp_vmemmap_zone, nid) &&
	    record_knows(r, mhp_vmemmap_zone, zone))
		return true;
	if (r->event == MHP_EVENT_mhp_vmemmap_offline) {
		e->nid = range->nid;
		e->zone = range->zone;
		return range->up;
	}
	e->nid = op->nid;
	e->zone = op->zone;
	return op->kind == OP_ONLINE && !op->zone_unknown;
}

static void zone_take(struct rules *rules, struct rule_range *range,
		      const struct mhp_record *r)
{
	struct mhp_mhp_vmemmap_zone found, *e = &found;

	if (!find_zone(rules, range, r, e)) {
		rules_lose(rules);
		return;
	}
	rule_same_pfn(rules, RULE_USERS, e->start_pfn, "the memmap at page",
		      range->base, e->start_pfn);
	if (range->free)
		rule_equal(rules, RULE_USERS, e->start_pfn,
			   "pages of the memmap", range->free,
			   e->vmemmap_pages);
	else
		range->free = e->vmemmap_pages;
	if (r->event == MHP_EVENT_mhp_vmemmap_online)
		come_up(rules, range, e);
	else
		go_down(rules, range, e);
}

/* When the pages of the memmap may become present, or cease to be. */
static bool is_time_to_count(const struct rule_op *op, bool more)
{
	if (op->kind == OP_ONLINE)
		return more && is_at(op, ON_ONLINE);
	if (!more)
		return op->step == OFF_BEGUN;
	if (op->came_up)
		return is_at(op, OFF_OFFLINED);
	return op->step == OFF_BEGUN || op->step == OFF_TAKEN ||
	       is_at(op, OFF_CANCELLED);
}

/* Why they do: a rollback, unless the memmap moves to another zone. */
static u32 count_cause(const struct rule_op *op, bool more)
{
	if (op->kind == OP_ONLINE)
		return more ? MHP_CAUSE_ONLINE : MHP_CAUSE_ROLLBACK;
	if (!more)
		return MHP_CAUSE_OFFLINE;
	return op->came_up ? MHP_CAUSE_ONLINE : MHP_CAUSE_ROLLBACK;
}

static void present_take(struct rules *rules, struct rule_range *range,
			 const struct mhp_mhp_account *e)
{
	struct rule_op *op = &rules->op;
	bool more = e->delta > 0;
	u32 cause = count_cause(op, more);

	if (range->free)
		rule_equal(rules, RULE_RANGE_PAGES, e->start_pfn,
			   "change of present pages",
			   more ? (s64)range->free :
				  rule_difference(0, range->free),
			   e->delta);
	if (range->counted || op->came_up)
		rule_check(rules, RULE_RANGE_PAGES, e->start_pfn,
			   range->present != more && range->up,
			   more ? "a memmap that is in a zone and not present" :
				  "a memmap that is present",
			   "one that is in %s zone and %s",
			   range->up ? "a" : "no",
			   range->present ? "present" : "not present");
	rule_check(rules, rule_order(op), e->start_pfn,
		   is_time_to_count(op, more),
		   op->kind == OP_ONLINE ? "the memmap after the user's pages" :
					   "the memmap before the user's pages",
		   "mhp_present");
	rule_check(rules, rule_order(op), e->start_pfn, e->cause == cause,
		   event_symbol(event_causes, cause), "cause %s",
		   event_symbol(event_causes, e->cause));
	if (range->up && (range->counted || op->came_up))
		same_zone(rules, e->nid, e->zone, range->nid, range->zone);
	range->present = more;
	op->back |= cause == MHP_CAUSE_ROLLBACK;
}

bool rules_users_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_zone *zone = &r->p.mhp_vmemmap_zone;
	const struct mhp_mhp_account *present = &r->p.mhp_account;
	bool is_zone = r->event == MHP_EVENT_mhp_vmemmap_online ||
		       r->event == MHP_EVENT_mhp_vmemmap_offline;
	struct rule_op *op = &rules->op;
	struct rule_range *range;

	if ((op->kind != OP_ONLINE && op->kind != OP_OFFLINE) || op->blind ||
	    (!is_zone && r->event != MHP_EVENT_mhp_present))
		return false;
	/* It may be about the memmap, or about the block. */
	if (!is_zone && (op->shared || op->guess) &&
	    !(record_knows(r, mhp_account, start_pfn) &&
	      record_knows(r, mhp_account, cause) &&
	      record_knows(r, mhp_account, nid) &&
	      record_knows(r, mhp_account, zone))) {
		rules_lose(rules);
		return true;
	}
	if (is_unexpected(op, r, is_zone))
		users_share(rules,
			    is_zone ? zone->start_pfn : present->start_pfn);
	range = users_range(rules);
	if (!range || (!is_zone && present->start_pfn != range->base))
		return false;
	rule_passes(rules, rule_order(op));
	if (is_zone)
		zone_take(rules, range, r);
	else
		present_take(rules, range, present);
	return true;
}

void rules_users_step(struct rules *rules, const struct mhp_record *r)
{
	const struct rule_range *range = users_range(rules);
	const struct rule_op *op = &rules->op;

	if (!range || op->kind != OP_ONLINE)
		return;
	if (r->event == MHP_EVENT_mhp_notify &&
	    r->p.mhp_notify.step == MHP_STEP_PREPARE_ONLINE)
		rule_check(rules, RULE_ORDER_ONLINE, op->start, !op->came_up,
			   "prepare_online before the memmap",
			   "mhp_vmemmap_online before it");
	if (range->counted && r->event == MHP_EVENT_mhp_managed)
		rule_check(rules, RULE_USERS, op->start, range->up,
			   "the memmap of its range in a zone",
			   "pages go online without it");
}

/* The memmap must be in a zone, and present, or neither. */
static void users_check(struct rules *rules, enum rule_id rule,
			const struct rule_range *range, bool up, bool present)
{
	rule_check(rules, rule, rules->op.start,
		   range->up == up && range->present == present,
		   up ? "the memmap of the range in a zone, and present" :
			"the memmap of the range in no zone, and not present",
		   "it is in %s zone, and %s, with %llu users",
		   range->up ? "a" : "no",
		   range->present ? "present" : "not present", range->users);
}

/* A memmap stays in its zone as long as that has users, and is never in a zone without. */
static void zone_check(struct rules *rules, const struct rule_range *range,
		       u32 zone_before)
{
	const struct rule_op *op = &rules->op;

	if (!range->by_zone || !range->up)
		return;
	rule_check(rules, RULE_USERS, op->start,
		   range->zoned[range->zone & 7] > 0,
		   "the memmap of the range in a zone that has users",
		   "zone %s", event_symbol(event_zones, range->zone));
	if (op->kind == OP_OFFLINE && op->went_down)
		rule_check(rules, RULE_USERS, op->start,
			   !range->zoned[zone_before & 7],
			   "a memmap that stays in the zone of its users",
			   "%u users left in zone %s",
			   range->zoned[zone_before & 7],
			   event_symbol(event_zones, zone_before));
}

/* The block of the operation is a user from now on, or not any more. */
static void count_user(struct rules *rules, struct rule_range *range)
{
	const struct rule_op *op = &rules->op;
	u32 *zoned = &range->zoned[op->zone & 7];

	/* The first or last user. But of a range that was not seen before, other blocks may be unknown. */
	if (range->known && !range->counted && op->came_up != op->went_down) {
		range->users = op->kind == OP_OFFLINE;
		range->counted = true;
	}
	if (op->kind == OP_ONLINE) {
		range->users++;
		++*zoned;
	} else {
		range->users -= range->users > 0;
		*zoned -= *zoned > 0;
	}
	range->by_zone &= !op->zone_unknown;
	/* Without any user, there is none in any zone. */
	if (!range->users && range->counted) {
		memset(range->zoned, 0, sizeof(range->zoned));
		range->by_zone = true;
	}
}

void rules_users_end(struct rules *rules, s64 ret)
{
	struct rule_range *range = users_range(rules);
	const struct rule_op *op = &rules->op;

	if (op->guess)
		users_doubt(rules);
	if (!range)
		return;
	if (op->blind) {
		range->counted = range->by_zone = false;
		return;
	}
	if (ret) {
		if (range->counted)
			users_check(rules, RULE_ROLLBACK, range, op->was_up,
				    op->was_present);
		return;
	}
	rule_check(rules, RULE_ROLLBACK, op->start, !op->back,
		   "no rollback of an operation that succeeded",
		   "the pages of the memmap put back");
	if (op->vmemmap < op->nr)
		count_user(rules, range);
	if (!range->counted)
		return;
	users_check(rules, RULE_USERS, range, range->users > 0,
		    range->users > 0);
	zone_check(rules, range, op->memmap_zone);
}

void rules_users_removed(struct rules *rules, const struct rule_range *range,
			 u64 pfn)
{
	if (range->counted && !rules->first_design)
		rule_check(rules, RULE_USERS, pfn,
			   !range->users && !range->up && !range->present,
			   "no user of the memmap",
			   "%llu users, and it is in %s zone", range->users,
			   range->up ? "a" : "no");
}

void rules_users_forget(struct rules *rules)
{
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++)
		rules->ranges[i].counted = rules->ranges[i].by_zone = false;
}
