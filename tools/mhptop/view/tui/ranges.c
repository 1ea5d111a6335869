// SPDX-License-Identifier: GPL-2.0
/* The table of added ranges: a pane of the view of blocks, and a view of its own. */
#include <stdio.h>
#include <stdlib.h>

#include "view/tui/range_order.h"
#include "view/tui/state.h"
#include "model/event_table.h"
#include "model/columns.h"

#define COLUMNS_FIXED 1 /* base_pfn; it and the state do not scroll */

static const struct column range_state_column = {
	.title = "STATE",
	.width = 24,
	.kind = COLUMN_WORD,
};

/* In the order of a removal: references are dropped, then the memmap is freed. */
static void range_state_text(const struct mhp_range *range, char *buf,
			     size_t len)
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

static int range_style(const struct mhp_range *range)
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

/* The columns that may be scrolled away, so that one is left. */
static int ranges_shift_limit(int x)
{
	int nr = 0;

	while (range_columns[nr].key)
		nr++;
	if (x > nr - COLUMNS_FIXED - 1)
		x = nr - COLUMNS_FIXED - 1;
	return x < 0 ? 0 : x;
}

void tui_ranges_shift(struct view_tui *view, int columns)
{
	view->ranges_col = ranges_shift_limit(view->ranges_col + columns);
}

/* Where a list of ranges is drawn, as the pane or as the view. */
struct ranges_place {
	const struct tui_area *area;
	long top;
	int x; /* columns scrolled away */
	long line; /* the selected one; -1: the range of the selected block */
	const struct column *sort; /* NULL: in the usual order */
	bool reverse;
};

static void removed_write(struct tui_pen *pen, const struct model *model)
{
	const struct mhp_range *range = NULL;
	size_t removed = 0;

	while ((range = ledger_next_range(model->ledger, range)))
		removed += !!range->removed;
	if (removed)
		tui_pen_write(pen, TUI_DIM, ", %zu removed", removed);
}

static void ranges_title_draw(const struct view_tui *view,
			      const struct model *model, int y, long height,
			      bool more)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	long nr = ledger_nr_ranges(model->ledger);

	tui_pen_title(&pen, tui_has_keys(view, TUI_RANGES), "Ranges");
	if (nr > height)
		tui_pen_write(&pen, TUI_PLAIN, " %ld-%ld of %ld",
			      view->ranges_top + 1, view->ranges_top + height,
			      nr);
	else
		tui_pen_write(&pen, TUI_PLAIN, " %ld", nr);
	removed_write(&pen, model);
	if (more && tui_has_keys(view, TUI_RANGES))
		tui_more_columns(&pen);
}

/* One row of the table of ranges; without a range, the titles. Returns whether columns were left out at the right. */
static bool ranges_row_draw(const struct view_tui *view,
			    const struct model *model,
			    const struct ranges_place *place,
			    const struct mhp_range *range, int y, int flags)
{
	struct tui_pen pen = { y, TUI_GUTTER, view->panes.cols };
	int style = (range ? range_style(range) : TUI_TITLE) | flags;
	const struct column *column = range_columns;
	char text[64];

	for (; column->key && tui_cell_fits(&pen, column, 0); column++) {
		if (range)
			column_format(column, model, range, text, sizeof(text));
		tui_cell_draw(&pen, column, 0, style,
			      range ? text : column->title);
		if (column != &range_columns[COLUMNS_FIXED - 1])
			continue;
		if (range)
			range_state_text(range, text, sizeof(text));
		tui_cell_draw(&pen, &range_state_column, 0, style,
			      range ? text : range_state_column.title);
		column += place->x;
	}
	if (flags && pen.x < pen.end)
		tui_screen_text(y, pen.x, pen.end - pen.x, style, "");
	return column->key;
}

static void marks_draw(const struct view_tui *view, const struct model *model,
		       const struct ranges_place *place, long line,
		       const struct mhp_range *range, int y)
{
	bool failed = range_style(range) == TUI_FAILED, marked;

	if (place->line >= 0)
		marked = line == place->line;
	else
		marked = view->selected &&
			 ledger_find_range(model->ledger, view->sel_pfn) ==
				 range;
	tui_screen_text(y, 0, 1, TUI_PLAIN, marked ? ">" : " ");
	tui_screen_text(y, 1, 1, TUI_FAILED, failed ? "!" : " ");
}

/* Returns whether columns were left out at the right. */
static bool ranges_rows_draw(const struct view_tui *view,
			     const struct model *model,
			     const struct ranges_place *place)
{
	long row, height = place->area->height - 2;
	const struct mhp_range **list;
	int y = place->area->y + 2;
	size_t nr = tui_range_order(&list, model, place->sort, place->reverse);
	bool more = ranges_row_draw(view, model, place, NULL, y - 1, 0);

	for (row = 0; row < height && place->top + row < (long)nr; row++) {
		const struct mhp_range *range = list[place->top + row];
		bool selected = row + place->top == place->line;

		marks_draw(view, model, place, row + place->top, range,
			   y + row);
		ranges_row_draw(view, model, place, range, y + row,
				selected ? TUI_REVERSE : 0);
	}
	free(list);
	if (!ledger_nr_ranges(model->ledger))
		tui_screen_text(y, TUI_GUTTER, view->panes.cols - TUI_GUTTER,
				TUI_DIM, "no ranges yet");
	return more;
}

void tui_ranges_draw(struct view_tui *view, const struct model *model)
{
	const struct tui_area *area = &view->panes.pane[TUI_RANGES];
	struct ranges_place place = {
		.area = area,
		.x = view->ranges_col,
		.line = -1,
	};

	if (area->height < 3)
		return;
	tui_ranges_scroll(view, model, view->ranges_top);
	place.top = view->ranges_top;
	ranges_title_draw(view, model, area->y, area->height - 2,
			  ranges_rows_draw(view, model, &place));
}

static long ranges_lines(struct view_tui *view, const struct model *model)
{
	(void)view;
	return ledger_nr_ranges(model->ledger);
}

static void order_write(struct tui_pen *pen, const struct view_tui *view)
{
	const struct column *column = view->range_sort;

	if (column || view->range_reverse)
		tui_pen_write(pen, TUI_PLAIN, "  by %s, %s",
			      column ? column->title : "address",
			      view->range_reverse ? "descending" : "ascending");
	else
		tui_pen_write(pen, TUI_PLAIN,
			      "  by address, removed ones last");
}

static void ranges_view_draw(struct view_tui *view, const struct model *model,
			     const struct tui_area *area)
{
	struct tui_place *at = tui_view_place(view);
	struct ranges_place place = {
		.area = area,
		.top = at->top,
		.line = at->line,
		.sort = view->range_sort,
		.reverse = view->range_reverse,
	};
	struct tui_pen pen = { area->y, 0, view->panes.cols };

	at->x = ranges_shift_limit(at->x);
	place.x = at->x;
	pen.x = tui_view_title(view, area, ledger_nr_ranges(model->ledger));
	removed_write(&pen, model);
	order_write(&pen, view);
	if (ranges_rows_draw(view, model, &place))
		tui_more_columns(&pen);
}

const struct column *tui_ranges_column_at(const struct view_tui *view, int x)
{
	const struct column *column = range_columns;
	int end = TUI_GUTTER;

	for (; column->key; column++) {
		const struct tui_chosen own = { .column = column };

		end += tui_choice_width(&own) + 1;
		/* The space behind the last one may be off the screen. */
		if (end - 1 > view->panes.cols)
			return NULL;
		if (x < end)
			return x < TUI_GUTTER ? NULL : column;
		if (column != &range_columns[COLUMNS_FIXED - 1])
			continue;
		end += range_state_column.width + 1;
		if (x < end)
			return NULL;
		column += view->places[TUI_VIEW_ranges].x;
	}
	return NULL;
}

/* The details of a range are on the page of its first memory block. */
static void ranges_open(struct view_tui *view, const struct model *model)
{
	const struct mhp_range **list;
	size_t line = tui_view_place(view)->line;
	size_t nr = tui_range_order(&list, model, view->range_sort,
				    view->range_reverse);

	if (line < nr)
		tui_detail_open(view, model, list[line]->start_pfn);
	free(list);
}

const struct tui_view_ops tui_view_ranges = {
	.title = "Ranges",
	.heads = 2,
	.lines = ranges_lines,
	.draw = ranges_view_draw,
	.open = ranges_open,
};
