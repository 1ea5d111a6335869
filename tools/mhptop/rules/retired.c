// SPDX-License-Identifier: GPL-2.0
/*
 * The rule of memmap that is retired: it was given up while a neighbour still uses
 * its backing page, and is freed with the memmap of that neighbour.
 */
#include "base/vec.h"
#include "rules/state.h"

#define STRUCT_PAGE_BYTES 64 /* the usual size */

bool rules_may_be_backing(const struct rules *rules, s64 pages)
{
	const s64 pmd_pages = rules->opts.page_bytes / 8;

	return rules->opts.any_struct_page && pmd_pages && !(pages % pmd_pages);
}

static bool is_backed_by(const struct rule_retired *retired, u64 host_pfn)
{
	return host_pfn - retired->host_pfn < retired->backing_pages;
}

/* The number of pages whose struct pages fit in a backing page, 0: unknown; at most, if they may have any size. */
static u64 room_in(const struct rules *rules, u64 backing_pages)
{
	if (rules->opts.any_struct_page)
		return backing_pages * rules->opts.page_bytes /
		       STRUCT_PAGE_BYTES;
	return rules->ratio_vmemmap ? backing_pages * rules->ratio_pages /
					      rules->ratio_vmemmap :
				      0;
}

/*
 * Whether a section has memmap in the backing page of memmap that was retired
 * before: in the page that its own begins in, or so close that it must.
 */
static bool uses_backing(const struct rules *rules,
			 const struct rule_retired *retired,
			 const struct mhp_mhp_vmemmap_free *e)
{
	u64 room = room_in(rules, retired->backing_pages);

	if (is_backed_by(retired, e->host_pfn))
		return true;
	return (rules->opts.struct_page_bytes || rules->opts.any_struct_page) &&
	       e->start_pfn < retired->pfn + room &&
	       e->start_pfn + e->nr_pages + room >
		       retired->pfn + retired->nr_pages;
}

static void retire(struct rules *rules, const struct mhp_mhp_vmemmap_retired *e)
{
	if (!vec_grow(rules->retired_memmap, rules->nr_retired,
		      rules->room_retired)) {
		rules->no_memory = true;
		return;
	}
	rules->retired_memmap[rules->nr_retired++] = (struct rule_retired){
		.pfn = e->start_pfn,
		.nr_pages = e->nr_pages,
		.host_pfn = e->host_pfn,
		.backing_pages = e->backing_pages,
		.fresh = true,
	};
}

/* If all memmap in a backing page is retired, nothing is left to free the page. */
static void leak_check(struct rules *rules,
		       const struct mhp_mhp_vmemmap_retired *e)
{
	const struct rule_retired *retired = rules->retired_memmap;
	u64 room = room_in(rules, e->backing_pages), described = 0;
	size_t i;

	for (i = 0; i < rules->nr_retired; i++)
		if (retired[i].host_pfn == e->host_pfn)
			described += retired[i].nr_pages;
	rule_check(rules, RULE_RETIRED, e->start_pfn, !room || described < room,
		   "a neighbour that uses the rest of the backing page",
		   "page 0x%llx kept, but all memmap in it retired",
		   e->host_pfn);
}

void rules_retired_over(struct rules *rules)
{
	s64 left = rules->retired;

	/* Memmap that was populated before may have had a part of its backing. */
	if (left < 0 && rules->opts.struct_page_bytes)
		return;
	if (left < 0 && rules_may_be_backing(rules, left)) {
		rules->uneven = true;
		return;
	}
	rule_equal(rules, RULE_RETIRED, 0, "vmemmap pages never freed", 0,
		   left);
}

bool rules_uneven(const struct rules *rules)
{
	return rules->uneven;
}

void rules_retired_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_retired *e = &r->p.mhp_vmemmap_retired;

	retire(rules, e);
	if (!rules->no_memory)
		leak_check(rules, e);
}

/* Whether the section that is being freed retired its memmap in this backing page. */
static bool is_kept(const struct rules *rules, u64 host_pfn)
{
	size_t i;

	for (i = 0; i < rules->nr_retired; i++)
		if (rules->retired_memmap[i].fresh &&
		    rules->retired_memmap[i].host_pfn == host_pfn)
			return true;
	return false;
}

/* A backing page is freed by a section whose own memmap in it was not retired. */
void rules_retired_free(struct rules *rules,
			const struct mhp_mhp_vmemmap_free *e)
{
	struct rule_retired *retired = rules->retired_memmap;
	size_t i, left = 0, nr = rules->nr_retired;

	for (i = 0; i < nr; i++)
		if (!uses_backing(rules, &retired[i], e) ||
		    is_kept(rules, retired[i].host_pfn))
			retired[left++] = retired[i];
	rules->nr_retired = left;
	for (i = 0; i < left; i++)
		retired[i].fresh = false;
}

const struct rule_retired *rules_retired(const struct rules *rules, size_t nth)
{
	return nth < rules->nr_retired ? &rules->retired_memmap[nth] : NULL;
}
