/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The columns of added ranges: one list for the dashboard's and the batch
 * mode's table and the keys of ranges[] in JSON; and what is going on with a
 * range. What a column is, is in columns.h.
 */
#ifndef RANGE_COLUMNS_H
#define RANGE_COLUMNS_H

#include "model/columns.h"

/* A row is a struct mhp_range. key == NULL ends the list. */
extern const struct column range_columns[];

enum range_state {
	RANGE_THERE,
	RANGE_ADDING,
	RANGE_REMOVING, /* but nothing of its memmap is freed yet */
	RANGE_FREEING, /* its memmap, to remove it or to undo its add */
	RANGE_REMOVED,
	RANGE_NOT_ADDED, /* add_ret says why */
	RANGE_NOT_REMOVED, /* remove_ret says why */
};

enum range_state range_state(const struct mhp_range *range);
/* Sections whose memmap was there, in this life of the range. */
u32 range_sections(const struct mhp_range *range);

#endif
