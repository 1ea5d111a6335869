// SPDX-License-Identifier: GPL-2.0
/* Filtering and sorting blocks for the views. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "model/order.h"

struct order_key {
	const struct column *column;
	const struct model *model;
	bool reverse;
};

static int block_compare(const void *a, const void *b, void *arg)
{
	const struct order_key *key = arg;
	const struct mhp_block *const *x = a, *const *y = b;
	int ret;

	if (key->column)
		ret = column_compare(key->column, key->model, *x, *y);
	else
		ret = ((*x)->start_pfn > (*y)->start_pfn) -
		      ((*x)->start_pfn < (*y)->start_pfn);
	return key->reverse ? -ret : ret;
}

/* Sort what is sorted by pfn. */
static int block_order_sort(struct block_order *order,
			    const struct model *model, struct order_key *key)
{
	const struct mhp_block **list =
		malloc((order->nr + 1) * sizeof(const struct mhp_block *));
	size_t i;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < order->nr; i++)
		list[i] = ledger_find_block(model->ledger, order->pfns[i]);
	qsort_r(list, order->nr, sizeof(*list), block_compare, key);
	for (i = 0; i < order->nr; i++)
		order->pfns[i] = list[i]->start_pfn;
	free(list);
	return 0;
}

int block_order_make(struct block_order *order, const struct model *model,
		     const struct column *column, bool reverse,
		     const struct block_filter *filter)
{
	struct order_key key = { column, model, reverse };
	size_t nr = 0, all = ledger_nr_blocks(model->ledger);
	const struct mhp_block *block = NULL;
	int ret = 0;

	order->nr = 0;
	if (!vec_grow(order->pfns, all, order->room))
		return -ENOMEM;
	while ((block = ledger_next_block(model->ledger, block)) && nr < all)
		if (!filter || block_filter_match(filter, model, block))
			order->pfns[nr++] = block->start_pfn;
	order->nr = nr;
	/* The ledger is already sorted by pfn. */
	if (column || reverse)
		ret = block_order_sort(order, model, &key);
	if (ret)
		order->nr = 0;
	return ret;
}

void block_order_free(struct block_order *order)
{
	free(order->pfns);
	*order = (struct block_order){ 0 };
}

long block_order_find(const struct block_order *order, u64 pfn)
{
	size_t i;

	for (i = 0; i < order->nr; i++)
		if (order->pfns[i] == pfn)
			return i;
	return -1;
}
