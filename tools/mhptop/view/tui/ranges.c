// SPDX-License-Identifier: GPL-2.0
/*
 * The pane of the added ranges: what happens to each, and the columns of
 * range_columns.c. Blocks are in view_tui_table.c.
 */
#include <stdio.h>
#include "model/event_table.h"
#include "model/range_columns.h"
#include "view/tui/tui.h"

#define GUTTER 2 /* marks of what failed, and of the selected block's range */
#define COLUMNS_FIXED 1 /* the base; it and the state do not scroll */

static const struct column state_column = {
	.title = "STATE",
	.width = 24,
	.kind = COLUMN_WORD,
};

/* Those that are there, then those that were, each in order of address. */
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

/* In the order in which it happens: references go, then the memmap. */
static void state_text(const struct mhp_range *range, char *buf, size_t len)
{
	bool hosts = range->hosting == MHP_HOSTING_RANGE;

	switch (range_state(range)) {
	case RANGE_THERE:
		if (hosts && range->refs < range->sections)
			snprintf(buf, len, "in part, %u of %u", range->refs,
				 range->sections);
		else
			snprintf(buf, len, "ok");
		break;
	case RANGE_ADDING:
		snprintf(buf, len, "adding, %u sections", range->sections);
		break;
	case RANGE_REMOVING:
		if (hosts)
			snprintf(buf, len, "removing, %u refs", range->refs);
		else
			snprintf(buf, len, "removing");
		break;
	case RANGE_FREEING:
		snprintf(buf, len, "freeing %u/%u %s", range->frees,
			 range_sections(range),
			 range->order ?
				 event_symbol(event_orders, range->order) :
				 "");
		break;
	case RANGE_REMOVED:
		snprintf(buf, len, "removed");
		break;
	case RANGE_NOT_ADDED:
		snprintf(buf, len, "not added: %d", range->add_ret);
		break;
	case RANGE_NOT_REMOVED:
		snprintf(buf, len, "not removed: %d", range->remove_ret);
		break;
	}
}

static int state_style(const struct mhp_range *range)
{
	switch (range_state(range)) {
	case RANGE_ADDING:
	case RANGE_REMOVING:
	case RANGE_FREEING:
		return TUI_GOING;
	case RANGE_NOT_ADDED:
	case RANGE_NOT_REMOVED:
		return TUI_FAILED;
	case RANGE_REMOVED:
		return TUI_DIM;
	case RANGE_THERE:
		break;
	}
	return TUI_PLAIN;
}

void tui_ranges_scroll(struct view_tui *view, const struct model *model,
		       long top)
{
	long height = view->panes.pane[TUI_RANGES].height - 2;

	view->ranges_top = tui_layout_scroll(
		top, -1, ledger_nr_ranges(model->ledger), height);
}

void tui_ranges_shift(struct view_tui *view, int columns)
{
	int nr = 0;

	while (range_columns[nr].key)
		nr++;
	view->ranges_col += columns;
	if (view->ranges_col > nr - COLUMNS_FIXED - 1)
		view->ranges_col = nr - COLUMNS_FIXED - 1;
	if (view->ranges_col < 0)
		view->ranges_col = 0;
}

static void title_draw(const struct view_tui *view, const struct model *model,
		       int y, long height)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	const struct mhp_range *range = NULL;
	long nr = ledger_nr_ranges(model->ledger);
	size_t removed = 0;

	while ((range = ledger_next_range(model->ledger, range)))
		removed += !!range->removed;
	tui_pen_title(&pen, tui_has_keys(view, TUI_RANGES), "Ranges");
	if (nr > height)
		tui_pen_write(&pen, TUI_PLAIN, " %ld-%ld of %ld",
			      view->ranges_top + 1, view->ranges_top + height,
			      nr);
	else
		tui_pen_write(&pen, TUI_PLAIN, " %ld", nr);
	if (removed)
		tui_pen_write(&pen, TUI_DIM, ", %zu removed", removed);
}

/* Heads if there is no range. */
static void row_draw(const struct view_tui *view, const struct model *model,
		     const struct mhp_range *range, int y)
{
	struct tui_pen pen = { y, GUTTER, view->panes.cols };
	int style = range ? state_style(range) : TUI_TITLE;
	const struct column *column = range_columns;
	char text[64];

	for (; column->key && pen.x < pen.end; column++) {
		if (range)
			column_format(column, model, range, text, sizeof(text));
		tui_cell_draw(&pen, column, style,
			      range ? text : column->title);
		if (column != &range_columns[COLUMNS_FIXED - 1])
			continue;
		if (range)
			state_text(range, text, sizeof(text));
		tui_cell_draw(&pen, &state_column, style,
			      range ? text : state_column.title);
		column += view->ranges_col;
	}
}

static void marks_draw(const struct view_tui *view, const struct model *model,
		       const struct mhp_range *range, int y)
{
	bool failed = state_style(range) == TUI_FAILED;
	bool selected = view->selected &&
			ledger_find_range(model->ledger, view->sel_pfn) ==
				range;

	tui_screen_text(y, 0, 1, TUI_PLAIN, selected ? ">" : " ");
	tui_screen_text(y, 1, 1, TUI_FAILED, failed ? "!" : " ");
}

void tui_ranges_draw(struct view_tui *view, const struct model *model)
{
	const struct tui_area *area = &view->panes.pane[TUI_RANGES];
	const struct mhp_range *range = NULL;
	long row, height = area->height - 2;

	if (height < 1)
		return;
	tui_ranges_scroll(view, model, view->ranges_top);
	title_draw(view, model, area->y, height);
	row_draw(view, model, NULL, area->y + 1);
	for (row = -view->ranges_top; row < height; row++) {
		range = range_next(model, range);
		if (!range)
			break;
		if (row < 0)
			continue;
		marks_draw(view, model, range, area->y + 2 + row);
		row_draw(view, model, range, area->y + 2 + row);
	}
	if (!ledger_nr_ranges(model->ledger))
		tui_screen_text(area->y + 2, GUTTER, view->panes.cols - GUTTER,
				TUI_DIM, "no range was seen yet");
}
