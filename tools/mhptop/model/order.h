/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which blocks a view lists, and in which order.
 *
 * Blocks are kept by their first pfn, never by pointer, as accounts may move
 * when the model takes its next record.
 */
#ifndef BLOCK_ORDER_H
#define BLOCK_ORDER_H

#include <stdbool.h>
#include "model/columns.h"

struct block_order {
	u64 *pfns;
	size_t nr;
	size_t room;
};

/*
 * Fill with the blocks that match filter, ascending by column, or by pfn if
 * that is NULL; reverse is the same list backwards. 0, or -ENOMEM with an
 * empty list.
 */
int block_order_make(struct block_order *order, const struct model *model,
		     const struct column *column, bool reverse,
		     const struct block_filter *filter);
void block_order_free(struct block_order *order);
/* The place of a block in the list, -1 if it is not there. */
long block_order_find(const struct block_order *order, u64 pfn);

#endif
