/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of blocks that a view shows: filtered and sorted.
 *
 * The list holds the first pfn of each block, not pointers to accounts, so that
 * it does not depend on the ledger it was made from.
 */
#ifndef BLOCK_ORDER_H
#define BLOCK_ORDER_H

#include <stdbool.h>
#include "model/columns.h"

struct block_order {
	u64 *pfns; /* first pfn of each block */
	size_t nr;
	size_t room;
};

/*
 * Fill order, which begins zeroed, with the blocks that match filter (NULL: all
 * blocks), ascending by column (NULL: by pfn) or descending if reverse. Returns
 * 0, or -ENOMEM with an empty list. Free it with block_order_free().
 */
int block_order_make(struct block_order *order, const struct model *model,
		     const struct column *column, bool reverse,
		     const struct block_filter *filter);
void block_order_free(struct block_order *order);
/* The index of the block with this first pfn, -1 if the list does not have it. */
long block_order_find(const struct block_order *order, u64 pfn);

#endif
