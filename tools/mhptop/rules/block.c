// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of a memory block that goes online or offline: the order of its
 * steps, the contents of their events, and its state at the end.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "rules/steps.h"

static void rule_same_place(struct rules *rules, const char *what, u64 start,
			    u64 nr, u64 want_start, u64 want_nr)
{
	rule_check(rules, RULE_SAME_BLOCK, rules->op.start,
		   start == want_start && nr == want_nr,
		   "the pages of its operation",
		   "%s for pages 0x%llx+%llu instead of 0x%llx+%llu", what,
		   start, nr, want_start, want_nr);
}

static void rule_same_zone(struct rules *rules, s32 nid, u32 zone)
{
	struct rule_op *op = &rules->op;

	if (op->zone_unknown)
		op->zone = zone;
	op->zone_unknown = false;

	rule_check(rules, RULE_SAME_BLOCK, op->start,
		   nid == op->nid && zone == op->zone,
		   "the node and zone of its operation",
		   "node %d, zone %s instead of node %d, zone %s", nid,
		   event_symbol(event_zones, zone), op->nid,
		   event_symbol(event_zones, op->zone));
}

static void notify_check(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_notify *e = &r->p.mhp_notify;
	struct rule_op *op = &rules->op;
	u64 start = op->start + op->vmemmap, nr = op->nr - op->vmemmap;

	if (!nr && !op->shared) {
		start = op->start;
		if (e->step != MHP_STEP_PREPARE_ONLINE &&
		    e->step != MHP_STEP_FINISH_OFFLINE)
			nr = op->nr;
	}
	rule_same_place(rules, "notifier call", e->start_pfn, e->nr_pages,
			start, nr);
	if (e->ret && (e->step == MHP_STEP_PREPARE_ONLINE ||
		       e->step == MHP_STEP_GOING_ONLINE ||
		       e->step == MHP_STEP_GOING_OFFLINE))
		op->veto = e->ret;
	else
		rule_equal(rules, RULE_RESULT, op->start,
			   "return value of a step that cannot be vetoed", 0,
			   e->ret);
}

/* Stages that repeat: only passes 1, 2, 4, 8 … are reported. */
static bool is_repeated(unsigned int stage)
{
	return stage == MHP_STAGE_BUSY || stage == MHP_STAGE_POISONED ||
	       stage == MHP_STAGE_ISOLATE_PAGE || stage == MHP_STAGE_MIGRATE ||
	       stage == MHP_STAGE_TEST;
}

static void blocker_check(struct rules *rules, const struct mhp_record *r,
			  unsigned int step)
{
	const struct mhp_mhp_offline_blocker *e = &r->p.mhp_offline_blocker;
	struct rule_op *op = &rules->op;
	bool early = e->stage == MHP_STAGE_ISOLATE_RANGE;

	if (rule_knows(rules, RULE_SAME_BLOCK, r, mhp_offline_blocker, pfn))
		rule_check(rules, RULE_SAME_BLOCK, op->start,
			   e->pfn - op->start >= op->vmemmap &&
				   e->pfn - op->start < op->nr,
			   "a page of the block", "page 0x%llx", e->pfn);
	if (!rules_are_deaf(rules))
		rule_check(rules, RULE_ORDER_OFFLINE, op->start,
			   early == (step != OFF_GOING),
			   early ? "isolation before the notifiers" :
				   "this stage after the notifiers",
			   "stage %s", event_symbol(event_stages, e->stage));
	/* In stages that repeat, passes 1, 2, 4, 8 … are reported. */
	if (is_repeated(e->stage) &&
	    rule_knows(rules, RULE_ORDER_OFFLINE, r, mhp_offline_blocker, pass))
		rule_check(rules, RULE_ORDER_OFFLINE, op->start,
			   e->pass && !(e->pass & (e->pass - 1)),
			   "a pass that is a power of two", "pass %u",
			   (unsigned int)e->pass);
}

static void vmemmap_check(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_zone *e = &r->p.mhp_vmemmap_zone;

	rule_same_place(rules, "memmap", e->start_pfn, e->vmemmap_pages,
			rules->op.start, rules->op.hosted);
	if (rule_knows(rules, RULE_SAME_BLOCK, r, mhp_vmemmap_zone, zone) &&
	    rule_knows(rules, RULE_SAME_BLOCK, r, mhp_vmemmap_zone, nid))
		rule_same_zone(rules, e->nid, e->zone);
}

static void delta_check(struct rules *rules, const struct mhp_record *r,
			bool strict, s64 want)
{
	bool managed = r->event == MHP_EVENT_mhp_managed;
	u64 start = rules->op.start, before = rules->violations->total;
	s64 delta = r->p.mhp_account.delta;

	if (managed && rules->opts.balloon && delta != want)
		rule_cannot_judge(rules, RULE_BLOCK_PAGES, RULE_BALLOON);
	else if (managed && !strict)
		rule_check(rules, RULE_BLOCK_PAGES, start,
			   want < 0 ? delta >= want && delta <= 0 :
				      delta <= want && delta >= 0,
			   "a change of at most the block's pages",
			   "a change of %lld", delta);
	else
		rule_equal(rules, RULE_BLOCK_PAGES, start,
			   managed ? "change of managed pages" :
				     "change of present pages",
			   want, delta);
	if (managed)
		rules->ballooned += rules->violations->total - before;
}

/* The edge determines the first page and the number of pages that a count must change by. */
static void count_check(struct rules *rules, const struct mhp_record *r,
			const struct rule_edge *edge)
{
	const struct mhp_mhp_account *e = &r->p.mhp_account;
	struct rule_op *op = &rules->op;
	const struct rule_block *block = rule_block(rules, op->start, false);
	bool memmap = edge->to == ON_DONE || edge->to == OFF_TAKEN ||
		      edge->to == FAILED;
	u64 start = op->start, nr = op->hosted, cause = MHP_CAUSE_ONLINE;
	s64 want;

	if (!memmap && op->vmemmap < op->nr) {
		start += op->vmemmap;
		nr = op->nr - op->vmemmap;
	}
	want = nr;
	if (op->kind == OP_OFFLINE && edge->to != FAILED)
		want = rule_difference(0, want);
	if (op->kind == OP_OFFLINE)
		cause = edge->to == FAILED ? MHP_CAUSE_ROLLBACK :
					     MHP_CAUSE_OFFLINE;
	if (rule_knows(rules, RULE_SAME_BLOCK, r, mhp_account, start_pfn))
		rule_same_place(rules, "page count", e->start_pfn, 0, start, 0);
	if (rule_knows(rules, RULE_SAME_BLOCK, r, mhp_account, zone) &&
	    rule_knows(rules, RULE_SAME_BLOCK, r, mhp_account, nid))
		rule_same_zone(rules, e->nid, e->zone);
	if (rule_knows(rules, rule_order(op), r, mhp_account, cause))
		rule_check(rules, rule_order(op), op->start, e->cause == cause,
			   event_symbol(event_causes, cause), "cause %s",
			   event_symbol(event_causes, e->cause));
	delta_check(rules, r, block && block->strict, want);
	if (r->event == MHP_EVENT_mhp_managed)
		op->managed = rule_sum(op->managed, e->delta);
	else
		op->present = rule_sum(op->present, e->delta);
}

/* A notifier call by its step, any other event by its name. */
static const char *event_name(const struct mhp_record *r)
{
	return r->event == MHP_EVENT_mhp_notify ?
		       event_symbol(event_steps, r->p.mhp_notify.step) :
		       event_info(r->event)->name;
}

static void steps_expected(const struct rule_op *op, unsigned int step,
			   char *text, size_t len)
{
	rule_steps_next(op, step, text, len);
	/* It became clear too late that the block has no such steps. */
	if (!*text)
		snprintf(text, len, "the end of the operation");
}

/* An event that no edge allows: report it once, then skip to the end of the operation. */
static void unexpected_event(struct rules *rules, const struct mhp_record *r)
{
	char expected[VIOLATION_TEXT] = "";
	struct rule_op *op = &rules->op;

	if (op->kind != OP_ONLINE && op->kind != OP_OFFLINE) {
		rule_check(rules, RULE_ORDER_LIFE, op->start, false,
			   "a matching operation in progress", "%s without one",
			   event_info(r->event)->name);
		return;
	}
	steps_expected(op, op->step, expected, sizeof(expected));
	if (!op->blind)
		rule_check(rules, rule_order(op), op->start, false, expected,
			   "%s", event_name(r));
	op->blind = true;
}

static void pages_check(struct rules *rules, const struct mhp_mhp_block_end *e)
{
	struct rule_op *op = &rules->op;
	struct rule_block *block = rule_block(rules, op->start, false);
	bool online = op->kind == OP_ONLINE;
	u64 before;

	if (e->ret) {
		rule_check(rules, RULE_ROLLBACK, op->start,
			   !op->present && !op->managed, "no net change",
			   "present %+lld, managed %+lld", op->present,
			   op->managed);
		return;
	}
	if (!block)
		return;
	/* An offline block has no pages, so its counts before are known, too. */
	if (!block->counted && !online) {
		block->present = rule_difference(0, op->present);
		block->managed = rule_difference(0, op->managed);
		block->counted = true;
	}
	block->present = rule_sum(block->present, op->present);
	block->managed = rule_sum(block->managed, op->managed);
	if (!block->counted)
		return;
	rule_equal(rules, RULE_BLOCK_PAGES, op->start, "present pages",
		   online ? op->nr - op->vmemmap + op->hosted : 0,
		   block->present);
	before = rules->violations->total;
	if (block->strict && !rules->opts.balloon)
		rule_equal(rules, RULE_BLOCK_PAGES, op->start, "managed pages",
			   online ? op->nr - op->vmemmap : 0, block->managed);
	rules->ballooned += rules->violations->total - before;
}

static void rules_block_end(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_block_end *e = &r->p.mhp_block_end;
	struct rule_op *op = &rules->op;
	struct rule_block *block = rule_block(rules, op->start, true);
	bool online = op->kind == OP_ONLINE;

	rule_same_place(rules, "end", e->start_pfn, e->nr_pages, op->start,
			op->nr);
	if (rule_knows(rules, RULE_SAME_BLOCK, r, mhp_block_end, zone))
		rule_same_zone(rules, e->nid, e->zone);
	rule_equal(rules, RULE_SAME_BLOCK, op->start, "vmemmap pages",
		   op->vmemmap, e->vmemmap_pages);
	if (!op->blind) {
		rules_failed_end(rules, r, e->ret);
		pages_check(rules, e);
	}
	rules_users_end(rules, e->ret);
	if (block) {
		block->state = online == !e->ret ? MHP_STATE_ONLINE :
						   MHP_STATE_OFFLINE;
		block->zone = block->state == MHP_STATE_ONLINE &&
					      !op->zone_unknown ?
				      op->zone :
				      MHP_ZONE_NONE;
		block->nid = op->nid;
		block->changing = false;
		rule_block_touch(block, r);
	}
	rules_budget_end(rules, r);
	op->kind = OP_NONE;
}

static void begin_check(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_block_begin *e = &r->p.mhp_block_begin;
	struct rule_op *op = &rules->op;
	struct rule_block *block = rule_block(rules, op->start, true);
	u8 want = op->kind == OP_ONLINE ? MHP_STATE_OFFLINE : MHP_STATE_ONLINE;

	rule_check(rules, RULE_SAME_BLOCK, op->start,
		   !(op->start % rules->block_pages) &&
			   op->nr == rules->block_pages,
		   "one memory block", "pages 0x%llx+%llu", op->start, op->nr);
	if (!block)
		return;
	block->start_known = true;
	block->was_online |= op->kind == OP_OFFLINE;
	if (block->state != MHP_STATE_UNKNOWN)
		rule_check(rules, RULE_ORDER_LIFE, op->start,
			   block->state == want,
			   event_symbol(event_states, want), "%s",
			   event_symbol(event_states, block->state));
	if (block->nid >= 0)
		rule_equal(rules, RULE_SAME_BLOCK, op->start, "node",
			   block->nid, e->nid);
	if (block->hosting != MHP_HOSTING_NONE)
		rule_equal(rules, RULE_HOSTING, op->start,
			   "pages reserved for memmap", block->vmemmap_pages,
			   e->vmemmap_pages);
	if (op->kind == OP_OFFLINE && block->state == MHP_STATE_ONLINE &&
	    block->zone != MHP_ZONE_NONE &&
	    rule_knows(rules, RULE_SAME_BLOCK, r, mhp_block_begin, zone))
		rule_check(rules, RULE_SAME_BLOCK, op->start,
			   block->zone == e->zone, "the zone it is online in",
			   "zone %s instead of %s",
			   event_symbol(event_zones, e->zone),
			   event_symbol(event_zones, block->zone));
}

static void rules_block_begin(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_block_begin *e = &r->p.mhp_block_begin;
	struct rule_op *op = &rules->op;

	rule_check(rules, RULE_ORDER_LIFE, e->start_pfn, op->kind == OP_NONE,
		   "the end of the previous operation", "%s",
		   event_info(r->event)->name);
	*op = (struct rule_op){
		.kind = r->event == MHP_EVENT_mhp_online_begin ? OP_ONLINE :
								 OP_OFFLINE,
		.begin = *r,
		.start = e->start_pfn,
		.nr = e->nr_pages,
		.vmemmap = e->vmemmap_pages,
		.nid = e->nid,
		.zone = e->zone,
		.zone_unknown = !record_knows(r, mhp_block_begin, zone),
		.unknown_events = rules->opts.unknown_events,
	};
	op->step = op->kind == OP_ONLINE ? ON_BEGUN : OFF_BEGUN;
	rules_users_begin(rules, rule_block(rules, op->start, true));
	rules->settled = true;
	begin_check(rules, r);
}

static bool is_end_of(const struct rule_op *op, const struct mhp_record *r)
{
	return (op->kind == OP_ONLINE &&
		r->event == MHP_EVENT_mhp_online_end) ||
	       (op->kind == OP_OFFLINE &&
		r->event == MHP_EVENT_mhp_offline_end);
}

static void follow_edge(struct rules *rules, const struct mhp_record *r,
			const struct rule_edge *edge)
{
	unsigned int step = rules->op.step;

	rule_passes(rules, rule_order(&rules->op));
	rule_edge_taken(rules, edge);
	rules_users_step(rules, r);
	rules->op.step = edge->to;
	switch (r->event) {
	case MHP_EVENT_mhp_notify:
		return notify_check(rules, r);
	case MHP_EVENT_mhp_offline_blocker:
		return blocker_check(rules, r, step);
	case MHP_EVENT_mhp_vmemmap_online:
	case MHP_EVENT_mhp_vmemmap_offline:
		return vmemmap_check(rules, r);
	case MHP_EVENT_mhp_present:
	case MHP_EVENT_mhp_managed:
		return count_check(rules, r, edge);
	default:
		return rules_block_end(rules, r);
	}
}

/* An event of an operation that began before the stream. */
static void late_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_block_end *e = &r->p.mhp_block_end;
	bool online = r->event == MHP_EVENT_mhp_online_end;
	struct rule_block *block;

	if (!online && r->event != MHP_EVENT_mhp_offline_end)
		return;
	rules->settled = true;
	block = rule_block(rules, e->start_pfn, true);
	if (block) {
		block->changing = false;
		block->start_known = true;
		block->was_online |= !online;
		if (block->state != MHP_STATE_UNKNOWN)
			block->state = online == !e->ret ? MHP_STATE_ONLINE :
							   MHP_STATE_OFFLINE;
	}
	rules_users_forget(rules);
	rules_budget_late(rules, r, online ? OP_ONLINE : OP_OFFLINE,
			  e->start_pfn, e->nr_pages);
	if (block)
		rule_block_touch(block, r);
}

/*
 * MEM_PREPARE_ONLINE and MEM_FINISH_OFFLINE are gone since 6.19. If the stream
 * has one of them anywhere, its kernel has both, and no operation may skip them.
 */
static void old_step_found(struct rules *rules)
{
	size_t i;

	if (rules->old_steps)
		return;
	rules->old_steps = true;
	for (i = 0; i < rules->nr_skipped; i++)
		rule_recall(rules, &rules->skipped[i]);
	rules->nr_skipped = 0;
}

/* Remember an operation that skipped such a step, for old_step_found(). */
static void step_skipped(struct rules *rules, enum step step,
			 const struct mhp_record *r)
{
	struct violation *skipped;

	/* If numbers are missing, so may the step be. */
	if (rules->opts.skip[rule_order(&rules->op)] ||
	    rules->nr_skipped == VIOLATIONS_KEPT ||
	    rules->last_seq > rules->numbered)
		return;
	if (!vec_grow(rules->skipped, rules->nr_skipped, rules->room_skipped)) {
		rules->no_memory = true;
		return;
	}
	skipped = &rules->skipped[rules->nr_skipped++];
	*skipped = (struct violation){ .rule = rule_order(&rules->op),
				       .pfn = rules->op.start };
	rule_events(rules, rules->op.start, skipped);
	steps_expected(&rules->op, step, skipped->expected,
		       sizeof(skipped->expected));
	snprintf(skipped->found, sizeof(skipped->found), "%s", event_name(r));
}

/* The edge that a record takes. NULL: none. */
static const struct rule_edge *next_edge(struct rules *rules,
					 const struct mhp_record *r)
{
	struct rule_op *op = &rules->op;
	const struct rule_edge *edge;
	unsigned int step = op->step;

	if (op->blind || (op->kind != OP_ONLINE && op->kind != OP_OFFLINE))
		return NULL;
	op->skips = false;
	edge = rule_edge_find(op, step, r);
	if (edge || rules->old_steps)
		return edge;
	op->skips = true;
	edge = rule_edge_find(op, step, r);
	op->skips = false;
	if (edge)
		step_skipped(rules, step, r);
	return edge;
}

void rules_block_take(struct rules *rules, const struct mhp_record *r)
{
	struct rule_op *op = &rules->op;
	const struct rule_edge *edge;

	if (r->event == MHP_EVENT_mhp_online_begin ||
	    r->event == MHP_EVENT_mhp_offline_begin)
		return rules_block_begin(rules, r);
	/* Drivers may take pages from an online block at any time. */
	if ((r->event == MHP_EVENT_mhp_managed) &&
	    r->p.mhp_account.cause == MHP_CAUSE_DRIVER)
		return;
	if (op->kind == OP_NONE && !rules->settled)
		return late_take(rules, r);
	if (r->event == MHP_EVENT_mhp_notify &&
	    (r->p.mhp_notify.step == MHP_STEP_PREPARE_ONLINE ||
	     r->p.mhp_notify.step == MHP_STEP_FINISH_OFFLINE))
		old_step_found(rules);
	if (rules_users_take(rules, r))
		return;
	edge = next_edge(rules, r);
	if (!edge && rules_users_guess(rules)) {
		if (rules_users_take(rules, r))
			return;
		edge = next_edge(rules, r);
	}
	if (edge)
		return follow_edge(rules, r, edge);
	if (!op->blind)
		unexpected_event(rules, r);
	if (is_end_of(op, r))
		rules_block_end(rules, r);
}
