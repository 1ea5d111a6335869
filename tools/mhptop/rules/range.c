// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of the begin and end of an add and a removal: they must match each other
 * and the events in between. The order of events is that of
 * add_memory_resource() and try_remove_memory() in mm/memory_hotplug.c.
 */
#include "model/event_table.h"
#include "rules/state.h"

static void op_begin(struct rules *rules, const struct mhp_record *r,
		     enum rule_op_kind kind, u64 start, u64 nr, s32 nid)
{
	rule_check(rules, RULE_ORDER_LIFE, start, rules->op.kind == OP_NONE,
		   "the end of the previous operation", "%s",
		   event_info(r->event)->name);
	rules->op = (struct rule_op){
		.kind = kind,
		.begin = *r,
		.start = start,
		.nr = nr,
		.nid = nid,
		.zone = MHP_ZONE_NONE,
		.next_pfn = start,
		.hosting = MHP_HOSTING_NONE,
		.unknown_events = rules->opts.unknown_events,
	};
	rules->settled = true;
}

/* The kernel only adds and removes whole memory blocks. */
static void whole_blocks(struct rules *rules)
{
	u64 start = rules->op.start, nr = rules->op.nr;

	rule_check(rules, RULE_SAME_BLOCK, start,
		   nr && !(start % rules->block_pages) &&
			   !(nr % rules->block_pages),
		   "whole memory blocks", "pages 0x%llx+%llu", start, nr);
}

/* Whether the record ends the current operation, which must be of the same kind and have begun in the stream. */
static bool op_ends(struct rules *rules, const struct mhp_record *r,
		    enum rule_op_kind kind, u64 start, u64 nr)
{
	struct rule_op *op = &rules->op;
	bool settled = rules->settled;

	rules->settled = true;
	if (op->kind == OP_NONE && !settled) {
		rules_budget_late(rules, r, kind, start, nr);
		return false;
	}
	if (!rule_check(rules, RULE_ORDER_LIFE, start, op->kind == kind,
			"a matching operation in progress", "%s without one",
			event_info(r->event)->name))
		return false;
	rule_check(rules, RULE_SAME_BLOCK, op->start,
		   start == op->start && nr == op->nr,
		   "the pages of its begin event",
		   "pages 0x%llx+%llu instead of 0x%llx+%llu", start, nr,
		   op->start, op->nr);
	return true;
}

static void add_end_why(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_add_end *e = &r->p.mhp_add_end;
	struct rule_op *op = &rules->op;
	bool hosted = e->hosting == MHP_HOSTING_BLOCK ||
		      e->hosting == MHP_HOSTING_RANGE;
	bool range_why = e->why == MHP_WHY_RANGE_UNALIGNED ||
			 e->why == MHP_WHY_OLD_RANGE_WHOLE ||
			 e->why == MHP_WHY_RANGE_INACCESSIBLE ||
			 e->why == MHP_WHY_RANGE_ARCHITECTURE;

	if (!rule_knows(rules, RULE_HOSTING, r, mhp_add_end, why) ||
	    !rule_knows(rules, RULE_HOSTING, r, mhp_add_end, hosting))
		return;
	rule_check(rules, RULE_HOSTING, op->start,
		   e->hosting == MHP_HOSTING_RANGE ?
			   e->why == MHP_WHY_SELF_HOSTED :
		   hosted ? e->why == MHP_WHY_SELF_HOSTED || range_why :
			    e->why != MHP_WHY_SELF_HOSTED && !range_why &&
				    e->why,
		   "a reason that matches the host", "hosting %s, why %s",
		   event_symbol(event_hostings, e->hosting),
		   event_symbol(event_whys, e->why));
	rule_check(rules, RULE_HOSTING, op->start,
		   (op->begin.p.mhp_add_begin.flags &
		    MHP_ADD_MEMMAP_ON_MEMORY) ?
			   e->why != MHP_WHY_NOT_REQUESTED :
			   e->why == MHP_WHY_NOT_REQUESTED,
		   "a reason that matches the caller's request",
		   "flags 0x%x, why %s",
		   (unsigned int)op->begin.p.mhp_add_begin.flags,
		   event_symbol(event_whys, e->why));
}

static void add_end_hosting(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_add_end *e = &r->p.mhp_add_end;
	struct rule_op *op = &rules->op;

	add_end_why(rules, r);
	if (rules_lack(rules, MHP_EVENT_mhp_vmemmap_populate))
		return;
	rule_same_pfn(rules, RULE_ORDER_ADD, op->start, "sections up to page",
		      op->start + op->nr, op->next_pfn);
	if (!record_knows(r, mhp_add_end, hosting))
		return;
	rule_check(rules, RULE_HOSTING, op->start, e->hosting == op->hosting,
		   event_symbol(event_hostings, op->hosting), "hosting %s",
		   event_symbol(event_hostings, e->hosting));
	rule_equal(rules, RULE_HOSTING, op->start, "pages reserved for memmap",
		   op->hosts, e->vmemmap_pages);
}

static void blocks_set_strict(struct rules *rules, u64 start, u64 nr,
			      bool strict)
{
	struct rule_block *block;
	u64 at = 0;

	while ((block = rule_block_in(rules, start, nr, &at)))
		block->strict = strict;
}

static void add_end(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_add_end *e = &r->p.mhp_add_end;
	struct rule_op *op = &rules->op;

	if (!op_ends(rules, r, OP_ADD, e->start_pfn, e->nr_pages))
		return;
	rule_check(rules, RULE_RESULT, op->start, e->ret <= 0 && e->ret > -4096,
		   "0 or a negative errno", "ret %lld", (s64)e->ret);
	rules_failed_end(rules, r, e->ret);
	if (!op->nid_unknown &&
	    rule_knows(rules, RULE_SAME_BLOCK, r, mhp_add_end, nid))
		rule_equal(rules, RULE_SAME_BLOCK, op->start, "node", op->nid,
			   e->nid);
	if (!e->ret) {
		rule_check(rules, RULE_RESULT, op->start, !op->failed,
			   "an error after a section was not populated",
			   "ret 0");
		whole_blocks(rules);
		add_end_hosting(rules, r);
		/* virtio-mem and other drivers may withhold pages from the buddy. */
		blocks_set_strict(rules, op->start, op->nr,
				  op->begin.p.mhp_add_begin.flags &
					  MHP_ADD_MEMMAP_ON_MEMORY);
	} else {
		rule_check(rules, RULE_HOSTING, op->start,
			   e->hosting == MHP_HOSTING_NONE && !e->vmemmap_pages,
			   "no host after a failed add",
			   "hosting %s, %llu pages",
			   event_symbol(event_hostings, e->hosting),
			   e->vmemmap_pages);
		rule_equal(rules, RULE_ROLLBACK, op->start,
			   "sections left populated", 0, op->sections);
	}
	rules_budget_end(rules, r);
	op->kind = OP_NONE;
}

/* The begin of a removal must match what is known of its memory blocks. */
static void remove_begin(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_remove_begin *e = &r->p.mhp_remove_begin;
	const struct rule_block *block;
	u64 hosts = 0, known = 0;
	u64 at = 0;

	op_begin(rules, r, OP_REMOVE, e->start_pfn, e->nr_pages, e->nid);
	while ((block = rule_block_in(rules, e->start_pfn, e->nr_pages, &at))) {
		if (block->hosting != MHP_HOSTING_NONE) {
			known++;
			hosts += block->vmemmap_pages;
		}
		if (block->nid >= 0 && rule_knows(rules, RULE_SAME_BLOCK, r,
						  mhp_remove_begin, nid))
			rule_equal(rules, RULE_SAME_BLOCK,
				   rule_block_pfn(rules, block), "node",
				   block->nid, e->nid);
	}
	if (known == rule_blocks(rules, e->nr_pages) &&
	    rule_knows(rules, RULE_HOSTING, r, mhp_remove_begin, vmemmap_pages))
		rule_equal(rules, RULE_HOSTING, e->start_pfn,
			   "pages reserved for memmap", hosts,
			   e->vmemmap_pages);
}

static bool is_part_of(const struct rule_op *op, const struct rule_range *range)
{
	return op->start < range->end && op->start + op->nr > range->base;
}

/* A range that hosts its memmap is removed as a whole. */
static void ranges_whole(struct rules *rules)
{
	const struct rule_op *op = &rules->op;
	const struct rule_range *range;
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++) {
		range = &rules->ranges[i];
		if (range->known && range->free && is_part_of(op, range))
			rule_check(rules, RULE_REMOVE, op->start, !range->refs,
				   "the whole range that hosts its memmap",
				   "%llu sections that stay", range->refs);
	}
}

/* Pages that hold the memmap of remaining sections must not be removed. */
static void hosts_stay(struct rules *rules)
{
	const struct rule_op *op = &rules->op;
	const struct rule_range *range;
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++) {
		range = &rules->ranges[i];
		if (!range->known || !range->refs || !range->free)
			continue;
		rule_check(
			rules, RULE_REMOVE, op->start,
			op->start - range->base >= range->free &&
				range->base - op->start >= op->nr,
			"no pages that host the memmap of sections that stay",
			"%llu sections that stay, with memmap in pages 0x%llx+%llu",
			range->refs, range->base, range->free);
	}
}

/* At the end of a removal, a range without references must have freed all of its memmap. */
static void ranges_over(struct rules *rules)
{
	struct rule_range *range;
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++) {
		range = &rules->ranges[i];
		if (!range->known || range->refs || !range->free)
			continue;
		rule_equal(rules, RULE_ALLOC, range->base, "allocated pages", 0,
			   range->alloc);
		range->known = false;
	}
}

/*
 * In the first design, memory of a range may be removed before the rest of it, and its
 * memmap is freed with the last of it. Until then, references alone tell what became
 * of it.
 */
static bool is_freed_later(const struct rules *rules,
			   const struct rule_block *block)
{
	return rules->first_design && block->hosting == MHP_HOSTING_RANGE &&
	       rules_lack(rules, MHP_EVENT_mhp_vmemmap_ref);
}

/* The memory blocks of a removal that succeeds have no memmap any more. */
static void blocks_freed(struct rules *rules)
{
	const struct rule_op *op = &rules->op;
	const struct rule_block *block;
	u64 at = 0;

	while ((block = rule_block_in(rules, op->start, op->nr, &at)))
		if (block->state != MHP_STATE_UNKNOWN &&
		    !is_freed_later(rules, block))
			rule_check(rules, RULE_ORDER_REMOVE,
				   rule_block_pfn(rules, block),
				   block->state == MHP_STATE_REMOVED,
				   "its memmap freed", "state %s",
				   event_symbol(event_states, block->state));
}

static void remove_end(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_remove_end *e = &r->p.mhp_remove_end;
	struct rule_op *op = &rules->op;

	if (!op_ends(rules, r, OP_REMOVE, e->start_pfn, e->nr_pages))
		return;
	rules_failed_end(rules, r, e->ret);
	if (record_knows(&op->begin, mhp_remove_begin, nid) &&
	    rule_knows(rules, RULE_SAME_BLOCK, r, mhp_remove_end, nid))
		rule_equal(rules, RULE_SAME_BLOCK, op->start, "node", op->nid,
			   e->nid);
	if (record_knows(&op->begin, mhp_remove_begin, vmemmap_pages) &&
	    rule_knows(rules, RULE_SAME_BLOCK, r, mhp_remove_end,
		       vmemmap_pages))
		rule_equal(rules, RULE_SAME_BLOCK, op->start, "vmemmap pages",
			   op->begin.p.mhp_remove_begin.vmemmap_pages,
			   e->vmemmap_pages);
	rule_check(rules, RULE_RESULT, op->start, e->ret <= 0 && e->ret > -4096,
		   "0 or a negative errno", "ret %lld", (s64)e->ret);
	if (e->ret)
		rule_equal(rules, RULE_ROLLBACK, op->start,
			   "sections that gave up memmap or a reference", 0,
			   op->sections + op->puts);
	if (!e->ret)
		whole_blocks(rules);
	if (!e->ret && !rules_lack(rules, MHP_EVENT_mhp_vmemmap_free))
		blocks_freed(rules);
	if (!e->ret && rules->first_design)
		hosts_stay(rules);
	else if (!e->ret)
		ranges_whole(rules);
	ranges_over(rules);
	rules_budget_end(rules, r);
	op->kind = OP_NONE;
}

void rules_range_take(struct rules *rules, const struct mhp_record *r)
{
	switch (r->event) {
	case MHP_EVENT_mhp_add_begin:
		op_begin(rules, r, OP_ADD, r->p.mhp_add_begin.start_pfn,
			 r->p.mhp_add_begin.nr_pages, r->p.mhp_add_begin.nid);
		rules->op.nid_unknown = !record_knows(r, mhp_add_begin, nid);
		return;
	case MHP_EVENT_mhp_add_end:
		return add_end(rules, r);
	case MHP_EVENT_mhp_remove_begin:
		return remove_begin(rules, r);
	case MHP_EVENT_mhp_remove_end:
		return remove_end(rules, r);
	}
}
