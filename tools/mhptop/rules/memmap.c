// SPDX-License-Identifier: GPL-2.0
/* The rules of memmap: how it is populated and freed. */
#include <string.h>

#include "model/event_table.h"
#include "rules/state.h"

/* The first section of an altmap: count its reserved pages once. */
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
		range->users = 0;
		range->by_zone = true;
		memset(range->zoned, 0, sizeof(range->zoned));
		range->up = range->present = false;
		range->counted = true;
	}
}

static void populate_hosted(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_populate *e = &r->p.mhp_vmemmap_populate;
	u64 start = e->start_pfn - e->start_pfn % rules->block_pages;
	struct rule_op *op = &rules->op;
	struct rule_range *range;

	rule_same_pfn(rules, RULE_HOSTING, e->start_pfn, "altmap base",
		      e->hosting == MHP_HOSTING_RANGE ? op->start : start,
		      e->altmap_base);
	altmap_begin(rules, e);
	rule_equal(rules, RULE_ALLOC, e->start_pfn, "allocated pages",
		   op->alloc + e->vmemmap_pages, e->altmap_alloc);
	rule_check(rules, RULE_POPULATE, e->start_pfn,
		   e->altmap_alloc + e->altmap_align <= e->altmap_free,
		   "room in the altmap",
		   "%llu pages allocated and %llu for alignment, of %llu",
		   e->altmap_alloc, e->altmap_align, e->altmap_free);
	if (!e->ret &&
	    rule_knows(rules, RULE_POPULATE, r, mhp_vmemmap_populate, host_pfn))
		rule_same_pfn(rules, RULE_POPULATE, e->start_pfn,
			      "memmap at page",
			      e->altmap_base + e->altmap_align + op->alloc,
			      e->host_pfn);
	op->alloc = e->altmap_alloc;
	range = rule_range(rules, e->altmap_base, false);
	if (e->hosting != MHP_HOSTING_RANGE || !range)
		return;
	rule_equal(rules, RULE_HOSTING, e->start_pfn,
		   "pages reserved for memmap", range->free, e->altmap_free);
	range->alloc = e->altmap_alloc;
	range->end = e->start_pfn + e->nr_pages;
}

/*
 * Sections whose memmap does not fill whole PMDs share the backing pages at its
 * ends with their neighbours: who comes first gets them. A PMD has one entry of
 * 8 bytes for each of its pages.
 */
static bool shares_backing(const struct rules *rules, u64 nr, u64 vmemmap)
{
	const u64 pmd_pages = rules->opts.page_bytes / 8;
	u64 need = nr * rules->opts.struct_page_bytes / rules->opts.page_bytes;

	return need % pmd_pages && vmemmap + 2 * pmd_pages > need &&
	       vmemmap < need + 2 * pmd_pages;
}

/* Whether a section may have other memmap than one of the usual size: by the backing pages at its ends. */
static bool may_be_uneven(const struct rules *rules, u64 nr, u64 vmemmap)
{
	const s64 most = rules->opts.page_bytes / 8 * 2;
	s64 more;

	/* A section without pages is none. */
	if (!rules->ratio_pages)
		return false;
	more = rule_difference(vmemmap,
			       nr * rules->ratio_vmemmap / rules->ratio_pages);
	return vmemmap && more && more <= most && more >= -most &&
	       rules_may_be_backing(rules, more);
}

/* The ratio of pages to vmemmap pages must be the same everywhere. */
static void ratio_check(struct rules *rules, u64 start, u64 nr, u64 vmemmap)
{
	if (rules->opts.struct_page_bytes) {
		rules->ratio_pages = rules->opts.page_bytes;
		rules->ratio_vmemmap = rules->opts.struct_page_bytes;
		if (shares_backing(rules, nr, vmemmap))
			return;
	}
	if (!rules->ratio_pages || rules->ratio_of_device) {
		rules->ratio_pages = nr;
		rules->ratio_vmemmap = vmemmap;
		rules->ratio_of_device = false;
	}
	if (may_be_uneven(rules, nr, vmemmap)) {
		rules->uneven = true;
		return;
	}
	rule_check(rules, RULE_POPULATE, start,
		   nr && vmemmap &&
			   nr * rules->ratio_vmemmap ==
				   vmemmap * rules->ratio_pages,
		   "as much memmap per page as elsewhere",
		   "%llu vmemmap pages for %llu pages", vmemmap, nr);
}

/* An add of which the node was unknown at its begin is where its first section is. */
static void populate_node(struct rules *rules,
			  const struct mhp_mhp_vmemmap_populate *e)
{
	struct rule_op *op = &rules->op;

	if (op->nid_unknown)
		op->nid = e->nid;
	op->nid_unknown = false;
	rule_equal(rules, RULE_SAME_BLOCK, e->start_pfn, "node", op->nid,
		   e->nid);
}

static void populate_check(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_populate *e = &r->p.mhp_vmemmap_populate;
	const struct rule_block *block = rule_block(rules, e->start_pfn, true);
	struct rule_op *op = &rules->op;
	bool buddy = e->hosting == MHP_HOSTING_BUDDY;

	rule_same_pfn(rules, RULE_ORDER_ADD, op->start, "a section at page",
		      op->next_pfn, e->start_pfn);
	rule_check(rules, RULE_POPULATE, e->start_pfn,
		   e->nr_pages && !(rules->block_pages % e->nr_pages),
		   "a section size that divides a memory block", "%llu pages",
		   e->nr_pages);
	if (block)
		rule_check(rules, RULE_POPULATE, e->start_pfn,
			   block->described + e->nr_pages <= rules->block_pages,
			   "pages without memmap",
			   "%u pages of the block populated, and %llu more",
			   block->described, e->nr_pages);
	populate_node(rules, e);
	if (op->hosting == MHP_HOSTING_NONE)
		op->hosting = e->hosting;
	rule_check(rules, RULE_HOSTING, e->start_pfn, e->hosting == op->hosting,
		   event_symbol(event_hostings, op->hosting), "hosting %s",
		   event_symbol(event_hostings, e->hosting));
	if (block && block->state != MHP_STATE_UNKNOWN)
		rule_check(rules, RULE_ORDER_LIFE, e->start_pfn,
			   block->state == MHP_STATE_REMOVED ||
				   block->described < rules->block_pages,
			   "a block without memmap", "state %s",
			   event_symbol(event_states, block->state));
	if (!e->ret && rule_knows(rules, RULE_POPULATE, r, mhp_vmemmap_populate,
				  vmemmap_pages))
		ratio_check(rules, e->start_pfn, e->nr_pages, e->vmemmap_pages);
	if (e->hosting == MHP_HOSTING_RANGE &&
	    !rules_lack(rules, MHP_EVENT_mhp_vmemmap_ref))
		rule_equal(rules, RULE_REFS, e->start_pfn, "references held",
			   op->sections + 1, op->holds);
	if (!buddy)
		populate_hosted(rules, r);
	else if (rule_knows(rules, RULE_HOSTING, r, mhp_vmemmap_populate,
			    host_pfn))
		rule_check(rules, RULE_HOSTING, e->start_pfn,
			   !e->altmap_base && !e->altmap_free &&
				   !e->altmap_alloc && !e->altmap_align &&
				   e->host_pfn - op->start >= op->nr,
			   "no altmap, and memmap outside the added range",
			   "altmap at 0x%llx, memmap at page 0x%llx",
			   e->altmap_base, e->host_pfn);
}

static void populate_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_populate *e = &r->p.mhp_vmemmap_populate;
	struct rule_op *op = &rules->op;
	struct rule_block *block;
	u64 first, pages;

	if (e->hosting == MHP_HOSTING_DEVICE || op->kind != OP_ADD) {
		if (e->hosting == MHP_HOSTING_DEVICE && !rules->ratio_pages &&
		    record_knows(r, mhp_vmemmap_populate, vmemmap_pages)) {
			rules->ratio_pages = e->nr_pages;
			rules->ratio_vmemmap = e->vmemmap_pages;
			rules->ratio_of_device = true;
		}
		if (e->hosting != MHP_HOSTING_DEVICE && rules->settled)
			rule_check(rules, RULE_ORDER_ADD, e->start_pfn, false,
				   "an add in progress",
				   "a section populated without one");
		return;
	}
	populate_check(rules, r);
	op->sections++;
	op->failed |= e->ret != 0;
	op->next_pfn = e->start_pfn + e->nr_pages;
	block = rule_block(rules, e->start_pfn, true);
	if (!block)
		return;
	if (!block->described) {
		block->host_pfn = e->host_pfn;
		block->host_known =
			record_knows(r, mhp_vmemmap_populate, host_pfn);
		block->populated = 0;
		block->present = 0;
		block->managed = 0;
		block->counted = true;
	}
	first = (u64)block->number * rules->block_pages;
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
	block->host = e->hosting;
	block->nid = e->nid;
	block->state = MHP_STATE_OFFLINE;
	block->zone = MHP_ZONE_NONE;
	rule_block_touch(block, r);
}

/* If the size of the memmap is unknown, it is what the altmap gave, or that of other sections. */
void rules_populate_take(struct rules *rules, const struct mhp_record *r)
{
	struct mhp_record derived;
	struct mhp_mhp_vmemmap_populate *e = &derived.p.mhp_vmemmap_populate;

	if (record_knows(r, mhp_vmemmap_populate, vmemmap_pages))
		return populate_take(rules, r);
	derived = *r;
	if (e->hosting != MHP_HOSTING_BUDDY)
		e->vmemmap_pages =
			e->altmap_alloc -
			(e->start_pfn == e->altmap_base ? 0 : rules->op.alloc);
	else if (rules->ratio_pages && !rules->ratio_of_device)
		e->vmemmap_pages =
			e->nr_pages * rules->ratio_vmemmap / rules->ratio_pages;
	else
		rules->lost = true; /* So is what is freed of it. */
	populate_take(rules, &derived);
}

static void free_of_range(struct rules *rules,
			  const struct mhp_mhp_vmemmap_free *e)
{
	struct rule_range *range = rule_range(rules, e->altmap_base, false);

	if (!rule_check(rules, RULE_TEARDOWN, e->start_pfn, range != NULL,
			"the altmap base of an added range",
			"altmap base 0x%llx", e->altmap_base) ||
	    !range->known)
		return;
	rule_equal(rules, RULE_TEARDOWN, e->start_pfn, "references", 0,
		   range->refs);
	rules_users_removed(rules, range, e->start_pfn);
	rule_check(rules, RULE_TEARDOWN, e->start_pfn,
		   e->start_pfn + e->nr_pages ==
			   (range->freed_pfn ? range->freed_pfn : range->end),
		   range->freed_pfn ? "the section below the one freed last" :
				      "the last section first",
		   "the section at page 0x%llx", e->start_pfn);
	rule_equal(rules, RULE_ALLOC, e->start_pfn, "allocated pages",
		   range->alloc - e->vmemmap_pages, e->altmap_alloc);
	rule_equal(rules, RULE_HOSTING, e->start_pfn,
		   "pages reserved for memmap", range->free, e->altmap_free);
	range->freed_pfn = e->start_pfn;
	range->alloc = e->altmap_alloc;
}

/* The location of a section's memmap, if it can be derived. */
static void free_place(struct rules *rules, const struct rule_block *block,
		       const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_free *e = &r->p.mhp_vmemmap_free;
	u64 want;

	if (!block->section_pages)
		return;
	if (e->hosting == MHP_HOSTING_BUDDY) {
		if (block->section_pages != rules->block_pages ||
		    !block->host_known)
			return;
		want = block->host_pfn;
	} else {
		want = e->altmap_base + block->align +
		       (e->start_pfn - e->altmap_base) / block->section_pages *
			       block->section_vmemmap;
	}
	if (rule_knows(rules, RULE_FREE, r, mhp_vmemmap_free, host_pfn))
		rule_same_pfn(rules, RULE_FREE, e->start_pfn, "memmap at page",
			      want, e->host_pfn);
	rule_equal(rules, RULE_FREE, e->start_pfn, "section pages",
		   block->section_pages, e->nr_pages);
}

static void free_check(struct rules *rules, const struct rule_block *block,
		       const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_free *e = &r->p.mhp_vmemmap_free;
	bool range = e->hosting == MHP_HOSTING_RANGE;
	bool removing = rules->op.kind == OP_REMOVE;
	bool put = range && !rules_lack(rules, MHP_EVENT_mhp_vmemmap_ref);
	u8 want = put ? MHP_STATE_REMOVED : MHP_STATE_OFFLINE;

	rule_check(rules, RULE_FREE, e->start_pfn,
		   e->nr_pages && block->described >= e->nr_pages,
		   "populated memmap", "%u pages populated, %llu freed",
		   block->described, e->nr_pages);
	if (rule_knows(rules, RULE_HOSTING, r, mhp_vmemmap_free, hosting) &&
	    rule_knows(rules, RULE_HOSTING, r, mhp_vmemmap_free, altmap_base))
		rule_check(rules, RULE_HOSTING, e->start_pfn,
			   e->hosting == block->hosting &&
				   e->altmap_base == block->altmap_base &&
				   e->altmap_align == block->align,
			   "the host used when it was populated",
			   "hosting %s, altmap at 0x%llx",
			   event_symbol(event_hostings, e->hosting),
			   e->altmap_base);
	if (!rules->op.failed)
		free_place(rules, block, r);
	if (!range && removing)
		rule_equal(rules, RULE_ORDER_REMOVE, rules->op.start,
			   "a section at page", rules->op.next_pfn,
			   e->start_pfn);
	if (removing)
		rule_check(rules, RULE_REMOVE, e->start_pfn,
			   block->state == want,
			   event_symbol(event_states, want), "%s",
			   event_symbol(event_states, block->state));
	if (block->counted)
		rule_check(rules, RULE_BLOCK_PAGES, e->start_pfn,
			   !block->present && !block->managed,
			   "no pages present or managed",
			   "%lld present, %lld managed", block->present,
			   block->managed);
	if (e->hosting == MHP_HOSTING_BUDDY)
		rule_check(rules, RULE_HOSTING, e->start_pfn,
			   !e->altmap_free && !e->altmap_alloc, "no altmap",
			   "an altmap with %llu of %llu pages allocated",
			   e->altmap_alloc, e->altmap_free);
	if (e->hosting != MHP_HOSTING_BLOCK)
		return;
	rule_equal(rules, RULE_ALLOC, e->start_pfn, "allocated pages",
		   rule_difference(block->populated, e->vmemmap_pages),
		   e->altmap_alloc);
	if (rule_knows(rules, RULE_HOSTING, r, mhp_vmemmap_free, altmap_free))
		rule_equal(rules, RULE_HOSTING, e->start_pfn,
			   "pages reserved for memmap", block->vmemmap_pages,
			   e->altmap_free);
}

/* The host is unknown: the section existed before mhptop started. */
static void free_of_unknown(struct rules *rules, struct rule_block *block,
			    const struct mhp_mhp_vmemmap_free *e)
{
	rule_check(rules, RULE_FREE, e->start_pfn,
		   block->state != MHP_STATE_REMOVED, "populated memmap",
		   "a section without memmap");
	if (block->state != MHP_STATE_REMOVED)
		rule_check(rules, RULE_REMOVE, e->start_pfn,
			   block->state != MHP_STATE_ONLINE, "offline",
			   "online");
	/* Other sections of the block may still have memmap. */
	if (block->state != MHP_STATE_REMOVED)
		block->state = MHP_STATE_UNKNOWN;
}

static void free_take(struct rules *rules, const struct mhp_record *r,
		      struct rule_block *block)
{
	const struct mhp_mhp_vmemmap_free *e = &r->p.mhp_vmemmap_free;
	struct rule_op *op = &rules->op;

	rules_retired_free(rules, e);
	if (e->hosting == MHP_HOSTING_DEVICE ||
	    e->hosting == MHP_HOSTING_BOOT) {
		rule_check(rules, RULE_HOSTING, e->start_pfn,
			   op->kind == OP_NONE ||
				   e->start_pfn - op->start >= op->nr,
			   "the host used when it was populated", "hosting %s",
			   event_symbol(event_hostings, e->hosting));
		return;
	}
	if (op->kind != OP_ADD && op->kind != OP_REMOVE) {
		if (rules->settled)
			rule_check(rules, RULE_ORDER_REMOVE, e->start_pfn,
				   false, "a removal in progress",
				   "a section freed without one");
		return;
	}
	if (e->hosting == MHP_HOSTING_RANGE)
		free_of_range(rules, e);
	if (block && block->hosting != MHP_HOSTING_NONE)
		free_check(rules, block, r);
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
	/* Memmap that shares its backing page is freed with the neighbour. */
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
	block->host = MHP_HOSTING_NONE;
	block->nid = -1;
}

/* What is unknown of the host is as it was when the memmap was populated. */
void rules_free_take(struct rules *rules, const struct mhp_record *r)
{
	struct rule_block *block =
		rule_block(rules, r->p.mhp_vmemmap_free.start_pfn, false);
	struct mhp_record derived;
	struct mhp_mhp_vmemmap_free *e = &derived.p.mhp_vmemmap_free;
	const struct rule_range *range;

	if (!r->unknown)
		return free_take(rules, r, block);
	if (!(record_knows(r, mhp_vmemmap_free, hosting) &&
	      record_knows(r, mhp_vmemmap_free, altmap_base)) &&
	    (!block || block->host == MHP_HOSTING_NONE)) {
		rules_lose(rules);
		return;
	}
	derived = *r;
	if (!record_knows(r, mhp_vmemmap_free, hosting))
		e->hosting = block->host;
	if (block && !record_knows(r, mhp_vmemmap_free, altmap_base))
		e->altmap_base = block->altmap_base;
	if (block && !record_knows(r, mhp_vmemmap_free, altmap_align))
		e->altmap_align = block->align;
	range = rule_range(rules, e->altmap_base, false);
	if (!record_knows(r, mhp_vmemmap_free, altmap_free))
		e->altmap_free = e->hosting == MHP_HOSTING_RANGE && range ?
					 range->free :
					 0;
	free_take(rules, &derived, block);
}
