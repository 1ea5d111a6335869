// SPDX-License-Identifier: GPL-2.0
/* Shared by the views: the memory blocks of a frame, and the delay between frames. */
#include <errno.h>

#include "base/units.h"
#include "model/order.h"
#include "view/view.h"

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

int view_delay_parse(double *seconds, const char *text)
{
	u64 ns;

	if (duration_parse(&ns, text) || ns < VIEW_DELAY_MIN * 1e9 ||
	    ns > VIEW_DELAY_MAX * 1e9)
		return -EINVAL;
	*seconds = ns / 1e9;
	return 0;
}
