// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger, looked at: one account by its place, or all in order. Nothing
 * here changes it; that is in ledger.c.
 */
#include "model/ledger.h"
#include "model/ledger_store.h"

u64 ledger_block_pages(const struct mhp_ledger *ledger)
{
	return ledger->block_pages;
}

size_t ledger_nr_blocks(const struct mhp_ledger *ledger)
{
	return ledger->nr_blocks;
}

size_t ledger_nr_zones(const struct mhp_ledger *ledger)
{
	return ledger->nr_zones;
}

size_t ledger_nr_ranges(const struct mhp_ledger *ledger)
{
	return ledger->nr_ranges;
}

const struct mhp_block *ledger_next_block(const struct mhp_ledger *ledger,
					  const struct mhp_block *block)
{
	u64 id = block ? block->start_pfn / ledger->block_pages + 1 : 0;
	u64 index = id / LEAF_BLOCKS;
	u32 mask = ~0U << id % LEAF_BLOCKS;
	const struct ledger_leaf *leaf;

	for (; index < ledger->nr_leaves; index++, mask = ~0U) {
		leaf = ledger->leaves[index];
		if (leaf && leaf->mask & mask)
			return &leaf->blocks[__builtin_ctz(leaf->mask & mask)];
	}
	return NULL;
}

const struct mhp_zone_account *
ledger_next_zone(const struct mhp_ledger *ledger,
		 const struct mhp_zone_account *zone)
{
	size_t next = zone ? zone - ledger->zones + 1 : 0;

	return next < ledger->nr_zones ? &ledger->zones[next] : NULL;
}

const struct mhp_range *ledger_next_range(const struct mhp_ledger *ledger,
					  const struct mhp_range *range)
{
	size_t next = range ? range - ledger->ranges + 1 : 0;

	return next < ledger->nr_ranges ? &ledger->ranges[next] : NULL;
}

const struct mhp_block *ledger_find_block(const struct mhp_ledger *ledger,
					  u64 pfn)
{
	return ledger_store_block(ledger, pfn / ledger->block_pages);
}

const struct mhp_range *ledger_find_range(const struct mhp_ledger *ledger,
					  u64 pfn)
{
	const struct mhp_range *found = NULL, *range;
	size_t i = ledger_store_ranges(ledger, pfn);

	/* None that starts further below than the longest can reach up here. */
	while (i--) {
		range = &ledger->ranges[i];
		if (pfn - range->start_pfn >= ledger->longest_range)
			break;
		if (pfn - range->start_pfn < range->nr_pages &&
		    (!found || found->add.begin_ns < range->add.begin_ns))
			found = range;
	}
	return found;
}

const struct mhp_globals *ledger_globals(const struct mhp_ledger *ledger)
{
	return &ledger->globals;
}
