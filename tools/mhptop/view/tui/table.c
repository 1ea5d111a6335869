// SPDX-License-Identifier: GPL-2.0
/* The tables of memory blocks and of ranges. */
#include <stdio.h>
#include <string.h>

#include "view/tui/state.h"
#include "model/event_table.h"
#include "model/columns.h"

#define GUTTER 2 /* columns for marks and the glyph of the block */

void tui_table_columns(const struct column *list[TUI_COLUMNS_MAX + 1])
{
	const struct column *column;
	int nr = 0, shown;

	/* Columns that are not shown by default come last. */
	for (shown = 1; shown >= 0; shown--)
		for (column = columns; column->key; column++)
			if (column->shown == shown && nr < TUI_COLUMNS_MAX)
				list[nr++] = column;
	list[nr] = NULL;
}

static int column_width(const struct column *column)
{
	int title = strlen(column->title);

	return column->width > title ? column->width : title;
}

static bool column_is_left(const struct column *column)
{
	return column->kind == COLUMN_WORD || column->kind == COLUMN_TEXT;
}

static void tui_cell_draw(struct tui_pen *pen, const struct column *column,
			  int style, const char *text)
{
	int width = column_width(column);

	tui_pen_force(pen, style, column_is_left(column) ? "%-*s " : "%*s ",
		      width, text);
}

static void table_title_draw(const struct view_tui *view,
			     const struct model *model, int y, long height)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	const char *arrow = view->reverse ? "descending" : "ascending";
	size_t nr = view->order.nr;

	tui_pen_title(&pen, tui_has_keys(view, TUI_TABLE), "Blocks");
	if (*view->filter_text) {
		tui_pen_force(&pen, TUI_VALUE, " %zu of %zu match '%s'", nr,
			      ledger_nr_blocks(model->ledger),
			      view->filter_text);
		tui_pen_write(&pen, TUI_DIM, " (Esc: show all)");
	} else if ((long)nr > height) {
		tui_pen_write(&pen, TUI_PLAIN, " %ld-%ld of %zu",
			      view->table_top + 1, view->table_top + height,
			      nr);
	} else {
		tui_pen_write(&pen, TUI_PLAIN, " %zu", nr);
	}
	tui_pen_write(&pen, TUI_PLAIN, "  by %s, %s",
		      view->sort ? view->sort->title : "address", arrow);
}

/* The first column is fixed, the others scroll. */
static int columns_pick(const struct view_tui *view,
			const struct column *list[TUI_COLUMNS_MAX + 1])
{
	const struct column *all[TUI_COLUMNS_MAX + 1];
	int from = 1 + view->table_col, nr = 0;

	tui_table_columns(all);
	if (!all[0])
		return 0;
	list[nr++] = all[0];
	for (; all[from]; from++)
		list[nr++] = all[from];
	list[nr] = NULL;
	return nr;
}

static void heads_draw(const struct view_tui *view, const struct column **list,
		       int y)
{
	struct tui_pen pen = { y, GUTTER, view->panes.cols };
	int i, style;

	for (i = 0; list[i] && pen.x < pen.end; i++) {
		style = TUI_TITLE;
		if (list[i] == view->sort)
			style |= TUI_UNDERLINE;
		tui_cell_draw(&pen, list[i], style, list[i]->title);
	}
}

static void table_row_draw(const struct view_tui *view,
			   const struct model *model,
			   const struct column **list, long row, int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	const struct mhp_block *block =
		ledger_find_block(model->ledger, view->order.pfns[row]);
	int i, mark, style = TUI_PLAIN;
	const char *glyph;
	char text[128], buf[2];

	if (!block)
		return;
	glyph = tui_glyph(tui_cell_of(model, block), buf, &mark);
	if (mark == TUI_ALARM || mark == TUI_FAILED || mark == TUI_GOING)
		style = mark;
	if (row == view->sel_row) {
		mark |= TUI_REVERSE;
		style |= TUI_REVERSE;
	}
	tui_pen_force(&pen, mark & ~TUI_UNDERLINE, "%s",
		      row == view->sel_row ? ">" : " ");
	tui_pen_force(&pen, mark, "%s", glyph);
	for (i = 0; list[i] && pen.x < pen.end; i++) {
		column_format(list[i], model, block, text, sizeof(text));
		tui_cell_draw(&pen, list[i], style, text);
	}
	if (pen.x < pen.end)
		tui_screen_text(y, pen.x, pen.end - pen.x, style, "");
}

void tui_table_draw(struct view_tui *view, const struct model *model)
{
	const struct tui_area *area = &view->panes.pane[TUI_TABLE];
	const struct column *list[TUI_COLUMNS_MAX + 1] = { NULL };
	long i, height = area->height - 2;

	if (height < 1)
		return;
	view->table_top = tui_layout_scroll(view->table_top, view->sel_row,
					    view->order.nr, height);
	columns_pick(view, list);
	table_title_draw(view, model, area->y, height);
	heads_draw(view, list, area->y + 1);
	for (i = 0; i < height; i++) {
		long row = view->table_top + i;

		if (row >= (long)view->order.nr)
			break;
		table_row_draw(view, model, list, row, area->y + 2 + i);
	}
	if (!view->order.nr)
		tui_screen_text(area->y + 2, GUTTER, view->panes.cols - GUTTER,
				TUI_DIM,
				view->filter ? "no block matches the filter" :
					       "no memory blocks yet");
}

#define COLUMNS_FIXED 1 /* base_pfn; it and the state do not scroll */

static const struct column state_column = {
	.title = "STATE",
	.width = 24,
	.kind = COLUMN_WORD,
};

/* Present ranges first, then removed ones, each in order of address. */
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

/* In the order of a removal: references are dropped, then the memmap is freed. */
static void state_text(const struct mhp_range *range, char *buf, size_t len)
{
	bool hosts = range->hosting == MHP_HOSTING_RANGE;

	switch (range_state(range)) {
	case RANGE_THERE:
		if (hosts && range->refs < range->sections)
			snprintf(buf, len, "partial, %u of %u", range->refs,
				 range->sections);
		else if (hosts && range->zone)
			snprintf(buf, len, "ok, memmap %s",
				 range->vmemmap_online ? "up" : "down");
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

static void ranges_title_draw(const struct view_tui *view,
			      const struct model *model, int y, long height)
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

/* One row of the table of ranges; without a range, the titles. */
static void ranges_row_draw(const struct view_tui *view,
			    const struct model *model,
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
	ranges_title_draw(view, model, area->y, height);
	ranges_row_draw(view, model, NULL, area->y + 1);
	for (row = -view->ranges_top; row < height; row++) {
		range = range_next(model, range);
		if (!range)
			break;
		if (row < 0)
			continue;
		marks_draw(view, model, range, area->y + 2 + row);
		ranges_row_draw(view, model, range, area->y + 2 + row);
	}
	if (!ledger_nr_ranges(model->ledger))
		tui_screen_text(area->y + 2, GUTTER, view->panes.cols - GUTTER,
				TUI_DIM, "no ranges yet");
}
