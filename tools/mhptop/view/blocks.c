// SPDX-License-Identifier: GPL-2.0
/* The blocks of a frame, filtered and sorted. */
#include "view/blocks.h"
#include "model/order.h"

int view_blocks(FILE *out, const struct model *model,
		const struct view_opts *opts, view_block_put put)
{
	const struct column *sort = *opts->sort ? column_find(opts->sort) :
						  NULL;
	struct block_filter *filter = NULL;
	struct block_order order = { 0 };
	char why[128];
	size_t i;
	int err;

	err = block_filter_parse(&filter, opts->filter ?: "", why, sizeof(why));
	if (err)
		return err;
	err = block_order_make(&order, model, sort, opts->reverse, filter);
	for (i = 0; !err && i < order.nr; i++)
		put(out, model, ledger_find_block(model->ledger, order.pfns[i]),
		    i);
	block_order_free(&order);
	block_filter_free(filter);
	return err;
}
