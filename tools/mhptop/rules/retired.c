// SPDX-License-Identifier: GPL-2.0
/*
 * Memmap that is given up while its backing page stays, as a neighbour uses
 * the rest of it: x86 maps the vmemmap with pages of 2 MiB where it can, and
 * marks what is not used in them, see vmemmap_unuse_sub_pmd() in
 * arch/x86/mm/init_64.c. The page comes back with the last who uses it.
 */
#include <stdlib.h>

#include "rules/state.h"

#define RETIRED_STEP 64

static bool is_backed_by(const struct rule_retired *retired, u64 host_pfn)
{
	return host_pfn - retired->host_pfn < retired->backing_pages;
}

static void retire(struct rules *rules, const struct mhp_mhp_vmemmap_retired *e)
{
	struct rule_retired *grown;

	if (!(rules->nr_retired % RETIRED_STEP)) {
		grown = reallocarray(rules->retired_memmap,
				     rules->nr_retired + RETIRED_STEP,
				     sizeof(*grown));
		if (!grown) {
			rules->no_memory = true;
			return;
		}
		rules->retired_memmap = grown;
	}
	rules->retired_memmap[rules->nr_retired++] = (struct rule_retired){
		.pfn = e->start_pfn,
		.nr_pages = e->nr_pages,
		.host_pfn = e->host_pfn,
		.backing_pages = e->backing_pages,
		.fresh = true,
	};
}

/* Nobody is left to give the page back once all that it describes is retired. */
static void leak_check(struct rules *rules,
		       const struct mhp_mhp_vmemmap_retired *e)
{
	const struct rule_retired *retired = rules->retired_memmap;
	u64 described = 0, room = 0;
	size_t i;

	for (i = 0; i < rules->nr_retired; i++)
		if (retired[i].host_pfn == e->host_pfn)
			described += retired[i].nr_pages;
	if (rules->ratio_vmemmap)
		room = e->backing_pages * rules->ratio_pages /
		       rules->ratio_vmemmap;
	rule_ask(rules, RULE_RETIRED, e->start_pfn, !room || described < room,
		 "a neighbour that uses the rest of the backing page",
		 "page 0x%llx kept for memmap that was given up, all of it",
		 e->host_pfn);
}

void rules_retired_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_retired *e = &r->p.mhp_vmemmap_retired;

	retire(rules, e);
	if (!rules->no_memory)
		leak_check(rules, e);
}

/* A backing page goes with a section whose own memmap in it was not retired. */
void rules_retired_free(struct rules *rules,
			const struct mhp_mhp_vmemmap_free *e)
{
	struct rule_retired *retired = rules->retired_memmap;
	size_t i, left = 0;
	bool stays = false;

	for (i = 0; i < rules->nr_retired; i++) {
		stays |= retired[i].fresh &&
			 is_backed_by(&retired[i], e->host_pfn);
		retired[i].fresh = false;
	}
	if (stays)
		return;
	for (i = 0; i < rules->nr_retired; i++)
		if (!is_backed_by(&retired[i], e->host_pfn))
			retired[left++] = retired[i];
	rules->nr_retired = left;
}

const struct rule_retired *rules_retired(const struct rules *rules, size_t nth)
{
	return nth < rules->nr_retired ? &rules->retired_memmap[nth] : NULL;
}
