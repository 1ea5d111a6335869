/* SPDX-License-Identifier: GPL-2.0 */
/* The order of added ranges. No curses. */
#ifndef VIEW_TUI_RANGE_ORDER_H
#define VIEW_TUI_RANGE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include "model/columns.h"

/*
 * All ranges in the order of a column of range_columns, descending if reverse; the
 * usual order if the column is NULL and reverse is not set. Returns their number and an
 * array that the caller frees and that the next record invalidates; 0 and possibly
 * NULL if out of memory.
 */
size_t tui_range_order(const struct mhp_range ***list,
		       const struct model *model, const struct column *column,
		       bool reverse);

#endif
