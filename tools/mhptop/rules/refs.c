// SPDX-License-Identifier: GPL-2.0
/*
 * The references of a range that hosts its memmap as a whole, see struct
 * memmap_range in mm/memory_hotplug.c. What happens when there are none left
 * is in rules_free.c.
 */
#include "model/event_table.h"
#include "rules/state.h"

static void range_hold(struct rules *rules, const struct mhp_mhp_vmemmap_ref *e,
		       struct rule_range *range)
{
	struct rule_op *op = &rules->op;

	if (!rule_ask(rules, RULE_REFS, e->start_pfn, op->kind == OP_ADD,
		      "an add that it belongs to", "a reference held outside"))
		return;
	rule_same_pfn(rules, RULE_REFS, e->start_pfn, "base of the altmap",
		      op->start, e->altmap_base);
	rule_same_pfn(rules, RULE_REFS, e->start_pfn, "section", op->next_pfn,
		      e->start_pfn);
	rule_equal(rules, RULE_REFS, e->start_pfn, "references",
		   op->sections + 1, e->refs);
	rule_equal(rules, RULE_REFS, e->start_pfn, "references held before",
		   op->sections, op->holds);
	range->known = true;
	range->refs = ++op->holds;
}

static void range_put(struct rules *rules, const struct mhp_mhp_vmemmap_ref *e,
		      struct rule_range *range)
{
	struct rule_block *block = rule_block(rules, e->start_pfn, false);
	struct rule_op *op = &rules->op;

	if (!rule_ask(rules, RULE_REFS, e->start_pfn,
		      op->kind == OP_REMOVE || op->kind == OP_ADD,
		      "a removal that it belongs to",
		      "a reference put outside"))
		return;
	if (op->kind == OP_REMOVE)
		rule_same_pfn(rules, RULE_REFS, e->start_pfn, "section",
			      op->next_pfn, e->start_pfn);
	if (range->known)
		rule_equal(rules, RULE_REFS, e->start_pfn, "references",
			   rule_difference(range->refs, 1), e->refs);
	range->refs -= range->refs > 0;
	op->next_pfn = e->start_pfn + rules->block_pages;
	if (!block)
		return;
	if (block->section_pages)
		op->next_pfn = e->start_pfn + block->section_pages;
	if (op->kind == OP_REMOVE && block->state != MHP_STATE_UNKNOWN)
		rule_ask(rules, RULE_REMOVE, e->start_pfn,
			 block->state == MHP_STATE_OFFLINE ||
				 e->start_pfn % rules->block_pages,
			 "offline", "it is %s",
			 event_symbol(event_states, block->state));
	/* Of one that was there before, nothing tells that its memmap was freed. */
	block->state = block->hosting == MHP_HOSTING_NONE ? MHP_STATE_UNKNOWN :
							    MHP_STATE_REMOVED;
}

void rules_refs_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_ref *e = &r->p.mhp_vmemmap_ref;
	struct rule_range *range = rule_range(rules, e->altmap_base, true);

	if (!range || (rules->op.kind == OP_NONE && !rules->settled))
		return;
	if (e->op == MHP_REF_HOLD)
		range_hold(rules, e, range);
	else if (rule_ask(rules, RULE_REFS, e->start_pfn, e->op == MHP_REF_PUT,
			  "hold or put", "op %llu", e->op))
		range_put(rules, e, range);
}
