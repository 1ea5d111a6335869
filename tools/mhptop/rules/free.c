// SPDX-License-Identifier: GPL-2.0
/*
 * The memmap of sections when it is freed: while a range is removed, or when
 * adding it failed. The facts are those of mm/sparse-vmemmap.c and of struct
 * memmap_range in mm/memory_hotplug.c.
 */
#include "model/event_table.h"
#include "rules/state.h"

static void free_of_range(struct rules *rules,
			  const struct mhp_mhp_vmemmap_free *e)
{
	struct rule_range *range = rule_range(rules, e->altmap_base, false);

	if (!rule_ask(rules, RULE_TEARDOWN, e->start_pfn, range != NULL,
		      "a range that was added", "altmap base 0x%llx",
		      e->altmap_base) ||
	    !range->known)
		return;
	rule_equal(rules, RULE_TEARDOWN, e->start_pfn, "references", 0,
		   range->refs);
	rule_ask(rules, RULE_TEARDOWN, e->start_pfn,
		 e->start_pfn + e->nr_pages ==
			 (range->freed_pfn ? range->freed_pfn : range->end),
		 range->freed_pfn ? "the section before the last one freed" :
				    "the last section first",
		 "the section at page 0x%llx", e->start_pfn);
	rule_equal(rules, RULE_ALLOC, e->start_pfn, "allocated pages",
		   range->alloc - e->vmemmap_pages, e->altmap_alloc);
	rule_equal(rules, RULE_HOSTING, e->start_pfn, "pages that host memmap",
		   range->free, e->altmap_free);
	range->freed_pfn = e->start_pfn;
	range->alloc = e->altmap_alloc;
}

/* Where the memmap of a section is, if that follows from anything. */
static void free_place(struct rules *rules, const struct rule_block *block,
		       const struct mhp_mhp_vmemmap_free *e)
{
	u64 want;

	if (!block->section_pages)
		return;
	if (e->hosting == MHP_HOSTING_BUDDY) {
		if (block->section_pages != rules->block_pages)
			return;
		want = block->host_pfn;
	} else {
		want = e->altmap_base + block->align +
		       (e->start_pfn - e->altmap_base) / block->section_pages *
			       block->section_vmemmap;
	}
	rule_same_pfn(rules, RULE_FREE, e->start_pfn, "page of its memmap",
		      want, e->host_pfn);
	rule_equal(rules, RULE_FREE, e->start_pfn, "pages of the section",
		   block->section_pages, e->nr_pages);
}

static void free_check(struct rules *rules, const struct rule_block *block,
		       const struct mhp_mhp_vmemmap_free *e)
{
	bool range = e->hosting == MHP_HOSTING_RANGE;
	bool removing = rules->op.kind == OP_REMOVE;
	u8 want = range ? MHP_STATE_REMOVED : MHP_STATE_OFFLINE;

	rule_ask(rules, RULE_FREE, e->start_pfn,
		 e->nr_pages && block->described >= e->nr_pages,
		 "memmap that was populated and not freed",
		 "%u pages have one, of %llu it is freed", block->described,
		 e->nr_pages);
	rule_ask(rules, RULE_HOSTING, e->start_pfn,
		 e->hosting == block->hosting &&
			 e->altmap_base == block->altmap_base &&
			 e->altmap_align == block->align,
		 "the host that it was populated with",
		 "hosting %s, altmap at 0x%llx",
		 event_symbol(event_hostings, e->hosting), e->altmap_base);
	if (!rules->op.failed)
		free_place(rules, block, e);
	if (!range && removing)
		rule_equal(rules, RULE_ORDER_REMOVE, rules->op.start,
			   "a section at page", rules->op.next_pfn,
			   e->start_pfn);
	if (removing)
		rule_ask(rules, RULE_REMOVE, e->start_pfn, block->state == want,
			 event_symbol(event_states, want), "it is %s",
			 event_symbol(event_states, block->state));
	if (block->counted)
		rule_ask(rules, RULE_BLOCK_PAGES, e->start_pfn,
			 !block->present && !block->managed,
			 "no pages present or managed", "%lld and %lld",
			 block->present, block->managed);
	if (e->hosting == MHP_HOSTING_BUDDY)
		rule_ask(rules, RULE_HOSTING, e->start_pfn,
			 !e->altmap_free && !e->altmap_alloc, "no altmap",
			 "%llu of %llu pages of one", e->altmap_alloc,
			 e->altmap_free);
	if (e->hosting != MHP_HOSTING_BLOCK)
		return;
	rule_equal(rules, RULE_ALLOC, e->start_pfn, "allocated pages",
		   rule_difference(block->populated, e->vmemmap_pages),
		   e->altmap_alloc);
	rule_equal(rules, RULE_HOSTING, e->start_pfn, "pages that host memmap",
		   block->vmemmap_pages, e->altmap_free);
}

/* Nobody told who hosts it: it was there before. */
static void free_of_unknown(struct rules *rules, struct rule_block *block,
			    const struct mhp_mhp_vmemmap_free *e)
{
	rule_ask(rules, RULE_FREE, e->start_pfn,
		 block->state != MHP_STATE_REMOVED,
		 "memmap that was populated and not freed",
		 "a section that has none");
	if (block->state != MHP_STATE_REMOVED)
		rule_ask(rules, RULE_REMOVE, e->start_pfn,
			 block->state != MHP_STATE_ONLINE, "offline",
			 "it is online");
	/* Whether another of its sections has memmap left is not known. */
	if (block->state != MHP_STATE_REMOVED)
		block->state = MHP_STATE_UNKNOWN;
}

void rules_free_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_free *e = &r->p.mhp_vmemmap_free;
	struct rule_block *block = rule_block(rules, e->start_pfn, false);
	struct rule_op *op = &rules->op;

	rules_retired_free(rules, e);
	if (e->hosting == MHP_HOSTING_DEVICE ||
	    e->hosting == MHP_HOSTING_BOOT) {
		rule_ask(rules, RULE_HOSTING, e->start_pfn,
			 op->kind == OP_NONE ||
				 e->start_pfn - op->start >= op->nr,
			 "the host that it was populated with", "hosting %s",
			 event_symbol(event_hostings, e->hosting));
		return;
	}
	if (op->kind != OP_ADD && op->kind != OP_REMOVE) {
		if (rules->settled)
			rule_ask(rules, RULE_ORDER_REMOVE, e->start_pfn, false,
				 "a removal that it belongs to",
				 "a section that is freed outside of one");
		return;
	}
	if (e->hosting == MHP_HOSTING_RANGE)
		free_of_range(rules, e);
	if (block && block->hosting != MHP_HOSTING_NONE)
		free_check(rules, block, e);
	else if (block)
		free_of_unknown(rules, block, e);
	if (op->kind == OP_ADD)
		op->sections -= op->sections > 0;
	else
		op->sections++;
	if (op->kind == OP_REMOVE && e->hosting != MHP_HOSTING_RANGE)
		op->next_pfn = e->start_pfn + e->nr_pages;
	if (!block || block->hosting == MHP_HOSTING_NONE)
		return;
	/* What shares its backing with a neighbour comes back with that one. */
	if (!op->failed)
		rules->retired += block->section_vmemmap - e->vmemmap_pages;
	block->described -= block->described < e->nr_pages ? block->described :
							     e->nr_pages;
	block->populated -= block->populated < e->vmemmap_pages ?
				    block->populated :
				    e->vmemmap_pages;
	rules->described -= rules->described < e->nr_pages ? rules->described :
							     e->nr_pages;
	rule_block_touch(block, r);
	if (block->described)
		return;
	block->state = MHP_STATE_REMOVED;
	block->hosting = MHP_HOSTING_NONE;
	block->nid = -1;
}
