// SPDX-License-Identifier: GPL-2.0
/* The order of added ranges: as usual, or as the user sorts the view of ranges. */
#include <stdlib.h>

#include "view/tui/range_order.h"

/*
 * The usual order: ranges that are there first, then removed ones, each in order of
 * address. NULL for the first one; NULL after the last.
 */
static const struct mhp_range *range_next(const struct model *model,
					  const struct mhp_range *range)
{
	bool removed = range && range->removed;

	for (;;) {
		while ((range = ledger_next_range(model->ledger, range)))
			if (removed == !!range->removed)
				return range;
		if (removed)
			return NULL;
		removed = true;
	}
}

struct range_key {
	const struct column *column;
	const struct model *model;
	bool reverse;
};

static int range_compare(const void *a, const void *b, void *arg)
{
	const struct range_key *key = arg;
	const struct mhp_range *x = *(const struct mhp_range *const *)a;
	const struct mhp_range *y = *(const struct mhp_range *const *)b;
	int ret = column_compare(key->column, key->model, x, y);

	return key->reverse ? -ret : ret;
}

size_t tui_range_order(const struct mhp_range ***list,
		       const struct model *model, const struct column *column,
		       bool reverse)
{
	struct range_key key = { column ?: range_columns, model, reverse };
	size_t nr = 0, all = ledger_nr_ranges(model->ledger);
	const struct mhp_range *range = NULL;

	*list = calloc(all + 1, sizeof(**list));
	if (!*list)
		return 0;
	while (nr < all && (range = range_next(model, range)))
		(*list)[nr++] = range;
	if (column || reverse)
		qsort_r(*list, nr, sizeof(**list), range_compare, &key);
	return nr;
}
