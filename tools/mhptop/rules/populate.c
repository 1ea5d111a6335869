// SPDX-License-Identifier: GPL-2.0
/*
 * The memmap of sections when it is populated, while a range is added; how it
 * is freed is in rules_free.c. The facts are those of mm/sparse-vmemmap.c and of
 * struct memmap_range in mm/memory_hotplug.c.
 */
#include "model/event_table.h"
#include "rules/state.h"

/* An altmap begins with its first section; what it gives up is counted there. */
static void altmap_begin(struct rules *rules,
			 const struct mhp_mhp_vmemmap_populate *e)
{
	struct rule_op *op = &rules->op;
	struct rule_range *range;

	if (e->start_pfn != e->altmap_base)
		return;
	op->alloc = 0;
	op->hosts += e->altmap_free;
	if (e->hosting != MHP_HOSTING_RANGE)
		return;
	range = rule_range(rules, e->altmap_base, true);
	if (range) {
		range->free = e->altmap_free;
		range->alloc = 0;
		range->freed_pfn = 0;
	}
}

static void populate_hosted(struct rules *rules,
			    const struct mhp_mhp_vmemmap_populate *e)
{
	u64 start = e->start_pfn - e->start_pfn % rules->block_pages;
	struct rule_op *op = &rules->op;
	struct rule_range *range;

	rule_same_pfn(rules, RULE_HOSTING, e->start_pfn, "base of the altmap",
		      e->hosting == MHP_HOSTING_RANGE ? op->start : start,
		      e->altmap_base);
	altmap_begin(rules, e);
	rule_equal(rules, RULE_ALLOC, e->start_pfn, "allocated pages",
		   op->alloc + e->vmemmap_pages, e->altmap_alloc);
	rule_ask(rules, RULE_POPULATE, e->start_pfn,
		 e->altmap_alloc + e->altmap_align <= e->altmap_free,
		 "room in the altmap", "%llu and %llu of %llu pages",
		 e->altmap_alloc, e->altmap_align, e->altmap_free);
	if (!e->ret)
		rule_same_pfn(rules, RULE_POPULATE, e->start_pfn,
			      "page of its memmap",
			      e->altmap_base + e->altmap_align + op->alloc,
			      e->host_pfn);
	op->alloc = e->altmap_alloc;
	range = rule_range(rules, e->altmap_base, false);
	if (e->hosting != MHP_HOSTING_RANGE || !range)
		return;
	rule_equal(rules, RULE_HOSTING, e->start_pfn, "pages that host memmap",
		   range->free, e->altmap_free);
	range->alloc = e->altmap_alloc;
	range->end = e->start_pfn + e->nr_pages;
}

/* Each page takes as much memmap as any other. */
static void ratio_check(struct rules *rules, u64 start, u64 nr, u64 vmemmap)
{
	if (!rules->ratio_pages) {
		rules->ratio_pages = nr;
		rules->ratio_vmemmap = vmemmap;
	}
	rule_ask(rules, RULE_POPULATE, start,
		 nr && vmemmap &&
			 nr * rules->ratio_vmemmap ==
				 vmemmap * rules->ratio_pages,
		 "as much memmap as other pages have",
		 "%llu vmemmap pages for %llu pages", vmemmap, nr);
}

static void populate_check(struct rules *rules,
			   const struct mhp_mhp_vmemmap_populate *e)
{
	const struct rule_block *block = rule_block(rules, e->start_pfn, true);
	struct rule_op *op = &rules->op;
	bool buddy = e->hosting == MHP_HOSTING_BUDDY;

	rule_same_pfn(rules, RULE_ORDER_ADD, op->start, "a section at page",
		      op->next_pfn, e->start_pfn);
	rule_ask(rules, RULE_POPULATE, e->start_pfn,
		 e->nr_pages && !(rules->block_pages % e->nr_pages),
		 "a section of a block", "%llu pages", e->nr_pages);
	if (block)
		rule_ask(
			rules, RULE_POPULATE, e->start_pfn,
			block->described + e->nr_pages <= rules->block_pages,
			"pages without memmap",
			"%u pages of the block have some, and %llu more get it",
			block->described, e->nr_pages);
	rule_equal(rules, RULE_SAME_BLOCK, e->start_pfn, "node", op->nid,
		   e->nid);
	if (op->hosting == MHP_HOSTING_NONE)
		op->hosting = e->hosting;
	rule_ask(rules, RULE_HOSTING, e->start_pfn, e->hosting == op->hosting,
		 event_symbol(event_hostings, op->hosting), "hosting %s",
		 event_symbol(event_hostings, e->hosting));
	if (block && block->state != MHP_STATE_UNKNOWN)
		rule_ask(rules, RULE_ORDER_LIFE, e->start_pfn,
			 block->state == MHP_STATE_REMOVED ||
				 block->described < rules->block_pages,
			 "a block without memmap", "it is %s",
			 event_symbol(event_states, block->state));
	if (!e->ret)
		ratio_check(rules, e->start_pfn, e->nr_pages, e->vmemmap_pages);
	if (e->hosting == MHP_HOSTING_RANGE)
		rule_equal(rules, RULE_REFS, e->start_pfn, "references held",
			   op->sections + 1, op->holds);
	if (buddy)
		rule_ask(rules, RULE_HOSTING, e->start_pfn,
			 !e->altmap_base && !e->altmap_free &&
				 !e->altmap_alloc && !e->altmap_align &&
				 e->host_pfn - op->start >= op->nr,
			 "no altmap, and pages from elsewhere",
			 "altmap at 0x%llx, memmap at page 0x%llx",
			 e->altmap_base, e->host_pfn);
	else
		populate_hosted(rules, e);
}

void rules_populate_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_populate *e = &r->p.mhp_vmemmap_populate;
	struct rule_op *op = &rules->op;
	struct rule_block *block;
	u64 first, pages;

	if (e->hosting == MHP_HOSTING_DEVICE || op->kind != OP_ADD) {
		if (e->hosting == MHP_HOSTING_DEVICE && !rules->ratio_pages) {
			rules->ratio_pages = e->nr_pages;
			rules->ratio_vmemmap = e->vmemmap_pages;
		}
		if (e->hosting != MHP_HOSTING_DEVICE && rules->settled)
			rule_ask(rules, RULE_ORDER_ADD, e->start_pfn, false,
				 "an add that it belongs to",
				 "a section that is populated outside of one");
		return;
	}
	populate_check(rules, e);
	op->sections++;
	op->failed |= e->ret != 0;
	op->next_pfn = e->start_pfn + e->nr_pages;
	block = rule_block(rules, e->start_pfn, true);
	if (!block)
		return;
	if (!block->described) {
		block->host_pfn = e->host_pfn;
		block->populated = 0;
		block->present = 0;
		block->managed = 0;
		block->counted = true;
	}
	first = block->number * rules->block_pages;
	pages = e->altmap_base + e->altmap_free;
	pages = pages > first ? pages - first : 0;
	block->vmemmap_pages = pages < rules->block_pages ? pages :
							    rules->block_pages;
	block->described += e->nr_pages;
	block->populated += e->vmemmap_pages;
	rules->described += e->nr_pages;
	block->section_pages = e->nr_pages;
	block->section_vmemmap = e->vmemmap_pages;
	block->altmap_base = e->altmap_base;
	block->align = e->altmap_align;
	block->hosting = e->hosting;
	block->nid = e->nid;
	block->state = MHP_STATE_OFFLINE;
	block->zone = MHP_ZONE_NONE;
	rule_block_touch(block, r);
}
