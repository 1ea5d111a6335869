// SPDX-License-Identifier: GPL-2.0
/* The rules of the references of a range that hosts its memmap as a whole. */
#include "model/event_table.h"
#include "rules/state.h"

static void range_hold(struct rules *rules, const struct mhp_mhp_vmemmap_ref *e,
		       struct rule_range *range)
{
	struct rule_op *op = &rules->op;

	if (!rule_check(rules, RULE_REFS, e->start_pfn, op->kind == OP_ADD,
			"an add in progress", "a reference held without one"))
		return;
	rule_same_pfn(rules, RULE_REFS, e->start_pfn, "altmap base", op->start,
		      e->altmap_base);
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

	if (!rule_check(rules, RULE_REFS, e->start_pfn,
			op->kind == OP_REMOVE || op->kind == OP_ADD,
			"a removal or failing add in progress",
			"a reference put without one"))
		return;
	if (op->kind == OP_REMOVE)
		rule_same_pfn(rules, RULE_REFS, e->start_pfn, "section",
			      op->next_pfn, e->start_pfn);
	if (range->known)
		rule_equal(rules, RULE_REFS, e->start_pfn, "references",
			   rule_difference(range->refs, 1), e->refs);
	range->refs -= range->refs > 0;
	op->puts++;
	rules_users_removed(rules, range, e->start_pfn);
	op->next_pfn = e->start_pfn + rules->block_pages;
	if (!block)
		return;
	if (block->section_pages)
		op->next_pfn = e->start_pfn + block->section_pages;
	if (op->kind == OP_REMOVE && block->state != MHP_STATE_UNKNOWN)
		rule_check(rules, RULE_REMOVE, e->start_pfn,
			   block->state == MHP_STATE_OFFLINE ||
				   e->start_pfn % rules->block_pages,
			   "offline", "%s",
			   event_symbol(event_states, block->state));
	/* For a block that existed before, it is unknown whether its memmap was freed. */
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
	else if (rule_check(rules, RULE_REFS, e->start_pfn,
			    e->op == MHP_REF_PUT, "hold or put", "op %u",
			    (unsigned int)e->op))
		range_put(rules, e, range);
}
