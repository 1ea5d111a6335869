// SPDX-License-Identifier: GPL-2.0
/*
 * Begin and end of a memory block's way online or offline: in which state it
 * may begin, and that result, reason and counts fit in the end.
 */
#include <errno.h>

#include "model/event_table.h"
#include "rules/steps.h"

#ifndef EHWPOISON
#define EHWPOISON 133
#endif

/* Reasons, with the step that they are possible in and what they return, 0: anything. */
static const struct {
	u8 reason;
	u8 kind;
	s64 ret;
} reasons[] = {
	{ MHP_REASON_HWPOISON, OP_ONLINE, -EHWPOISON },
	{ MHP_REASON_NOTIFIER, OP_ONLINE, 0 },
	{ MHP_REASON_MEMMAP, OP_ONLINE, 0 },
	{ MHP_REASON_NO_ZONE, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_HOSTING, OP_OFFLINE, -EBUSY },
	{ MHP_REASON_HOLES, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_MULTIZONE, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_INVALID, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_ISOLATION, OP_OFFLINE, -EBUSY },
	{ MHP_REASON_NOTIFIER, OP_OFFLINE, 0 },
	{ MHP_REASON_SIGNAL, OP_OFFLINE, -EINTR },
	{ MHP_REASON_UNMOVABLE, OP_OFFLINE, 0 },
	{ MHP_REASON_HUGETLB, OP_OFFLINE, 0 },
};

static void result_check(struct rules *rules, const struct mhp_mhp_block_end *e)
{
	struct rule_op *op = &rules->op;
	size_t i;

	if (!e->ret) {
		rule_ask(rules, RULE_RESULT, op->start,
			 e->reason == MHP_REASON_NONE, "reason none",
			 "reason %s", event_symbol(event_reasons, e->reason));
		return;
	}
	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].reason == e->reason &&
		    reasons[i].kind == op->kind &&
		    (!reasons[i].ret || reasons[i].ret == e->ret))
			break;
	rule_ask(rules, RULE_RESULT, op->start,
		 i < sizeof(reasons) / sizeof(*reasons) && e->ret < 0,
		 "a reason that goes with the result", "reason %s, ret %lld",
		 event_symbol(event_reasons, e->reason), (s64)e->ret);
	rule_ask(rules, RULE_RESULT, op->start,
		 (e->reason == MHP_REASON_NOTIFIER) == (op->veto != 0) &&
			 (!op->veto || op->veto == e->ret),
		 op->veto ? "the notifier's answer" : "no notifier's answer",
		 "reason %s, ret %lld", event_symbol(event_reasons, e->reason),
		 (s64)e->ret);
	if (e->reason == MHP_REASON_UNMOVABLE ||
	    e->reason == MHP_REASON_HUGETLB)
		rule_ask(rules, RULE_RESULT, op->start,
			 e->ret < 0 && e->ret != -EINTR, "an error", "ret %lld",
			 (s64)e->ret);
}

static void pages_check(struct rules *rules, const struct mhp_mhp_block_end *e)
{
	struct rule_op *op = &rules->op;
	struct rule_block *block = rule_block(rules, op->start, false);
	bool online = op->kind == OP_ONLINE;

	if (e->ret) {
		rule_ask(rules, RULE_ROLLBACK, op->start,
			 !op->present && !op->managed, "no change in the end",
			 "present %+lld, managed %+lld", op->present,
			 op->managed);
		return;
	}
	if (!block)
		return;
	/* After an offline there is nothing, whatever was not known before. */
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
		   online ? op->nr : 0, block->present);
	if (block->strict)
		rule_equal(rules, RULE_BLOCK_PAGES, op->start, "managed pages",
			   online ? op->nr - op->vmemmap : 0, block->managed);
}

void rules_block_end(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_block_end *e = &r->p.mhp_block_end;
	struct rule_op *op = &rules->op;
	struct rule_block *block = rule_block(rules, op->start, true);
	bool online = op->kind == OP_ONLINE;

	rule_same_place(rules, "the end", e->start_pfn, e->nr_pages, op->start,
			op->nr);
	rule_same_zone(rules, e->nid, e->zone);
	rule_equal(rules, RULE_SAME_BLOCK, op->start, "vmemmap pages",
		   op->vmemmap, e->vmemmap_pages);
	if (!op->blind) {
		result_check(rules, e);
		pages_check(rules, e);
	}
	if (block) {
		block->state = online == !e->ret ? MHP_STATE_ONLINE :
						   MHP_STATE_OFFLINE;
		block->zone = block->state == MHP_STATE_ONLINE ? op->zone :
								 MHP_ZONE_NONE;
		block->nid = op->nid;
		rule_block_touch(block, r);
	}
	rules_budget_end(rules, r);
	op->kind = OP_NONE;
}

static void begin_check(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_block_begin *e = &r->p.mhp_block_begin;
	struct rule_op *op = &rules->op;
	const struct rule_block *block = rule_block(rules, op->start, true);
	u8 want = op->kind == OP_ONLINE ? MHP_STATE_OFFLINE : MHP_STATE_ONLINE;

	rule_ask(rules, RULE_SAME_BLOCK, op->start,
		 !(op->start % rules->block_pages) &&
			 op->nr == rules->block_pages,
		 "one memory block", "pages 0x%llx+%llu", op->start, op->nr);
	if (!block)
		return;
	if (block->state != MHP_STATE_UNKNOWN)
		rule_ask(rules, RULE_ORDER_LIFE, op->start,
			 block->state == want, event_symbol(event_states, want),
			 "it is %s", event_symbol(event_states, block->state));
	if (block->nid >= 0)
		rule_equal(rules, RULE_SAME_BLOCK, op->start, "node",
			   block->nid, e->nid);
	if (block->hosting != MHP_HOSTING_NONE)
		rule_equal(rules, RULE_HOSTING, op->start,
			   "pages that host memmap", block->vmemmap_pages,
			   e->vmemmap_pages);
	if (op->kind == OP_OFFLINE && block->state == MHP_STATE_ONLINE &&
	    block->zone != MHP_ZONE_NONE)
		rule_ask(rules, RULE_SAME_BLOCK, op->start,
			 block->zone == e->zone, "the zone it is online in",
			 "zone %s instead of %s",
			 event_symbol(event_zones, e->zone),
			 event_symbol(event_zones, block->zone));
}

void rules_block_begin(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_block_begin *e = &r->p.mhp_block_begin;
	struct rule_op *op = &rules->op;

	rule_ask(rules, RULE_ORDER_LIFE, e->start_pfn, op->kind == OP_NONE,
		 "the end of the operation before", "%s",
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
	};
	op->step = op->kind == OP_ONLINE ? ON_BEGUN : OFF_BEGUN;
	rules->settled = true;
	begin_check(rules, r);
}
