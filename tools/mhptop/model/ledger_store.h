/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the ledger keeps its accounts, and how one is found: what ledger.c, which
 * fills it, and ledger_query.c, which reads it, share. Nobody else includes
 * this.
 */
#ifndef LEDGER_STORE_H
#define LEDGER_STORE_H

#include "model/ledger.h"

/* Blocks of a leaf; a bit of its mask says that a block has an account. */
#define LEAF_BLOCKS 32
struct ledger_leaf {
	u32 mask;
	struct mhp_block blocks[LEAF_BLOCKS];
};

struct mhp_ledger {
	u64 block_pages;
	struct ledger_leaf **leaves;
	size_t nr_leaves; /* entries of the directory, used or not */
	size_t nr_blocks;
	struct mhp_zone_account *zones;
	size_t nr_zones;
	struct mhp_range *ranges;
	size_t nr_ranges;
	u64 longest_range; /* pages of the longest one there ever was */
	struct mhp_globals globals;
	int full; /* an account could not be made */
};

static inline struct mhp_block *
ledger_store_block(const struct mhp_ledger *ledger, u64 id)
{
	u64 index = id / LEAF_BLOCKS;
	struct ledger_leaf *leaf;

	if (index >= ledger->nr_leaves)
		return NULL;
	leaf = ledger->leaves[index];
	if (!leaf || !(leaf->mask & 1U << id % LEAF_BLOCKS))
		return NULL;
	return &leaf->blocks[id % LEAF_BLOCKS];
}

/* The number of ranges that start at or below a pfn. */
static inline size_t ledger_store_ranges(const struct mhp_ledger *ledger,
					 u64 pfn)
{
	size_t low = 0, high = ledger->nr_ranges, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (ledger->ranges[mid].start_pfn <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

#endif
