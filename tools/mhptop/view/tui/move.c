// SPDX-License-Identifier: GPL-2.0
/* What the moving keys do in each pane and on each page. */
#include "view/tui/tui.h"

#define LOG_STEP 16 /* columns to the side */

/* Where a list of nr is after a move from at, with pages of height. */
static long list_move(enum tui_move move, long at, long nr, long height)
{
	long page = height > 1 ? height - 1 : 1;

	switch (move) {
	case TUI_MOVE_UP:
		at--;
		break;
	case TUI_MOVE_DOWN:
		at++;
		break;
	case TUI_MOVE_PGUP:
		at -= page;
		break;
	case TUI_MOVE_PGDN:
		at += page;
		break;
	case TUI_MOVE_FIRST:
		at = 0;
		break;
	case TUI_MOVE_LAST:
		at = nr - 1;
		break;
	default:
		break;
	}
	if (at >= nr)
		at = nr - 1;
	return at < 0 ? 0 : at;
}

static void table_move(struct view_tui *view, enum tui_move move)
{
	long height = view->panes.pane[TUI_TABLE].height - 2;
	const struct column *list[TUI_COLUMNS_MAX + 1];
	int nr = 0;
	long row;

	if (move == TUI_MOVE_LEFT || move == TUI_MOVE_RIGHT) {
		tui_table_columns(list);
		while (list[nr])
			nr++;
		view->table_col += move == TUI_MOVE_LEFT ? -1 : 1;
		if (view->table_col > nr - 2)
			view->table_col = nr - 2;
		if (view->table_col < 0)
			view->table_col = 0;
		return;
	}
	if (!view->order.nr)
		return;
	/* A block that is not listed leaves us where the table is. */
	if (view->sel_row < 0)
		row = list_move(TUI_MOVE_UP, view->table_top + 1,
				view->order.nr, height);
	else
		row = list_move(move, view->sel_row, view->order.nr, height);
	tui_select(view, view->order.pfns[row]);
}

/* Step over cells without a block; stay if there are none on that side. */
static void map_step(struct view_tui *view, u64 block_pages, long row, long col,
		     int step)
{
	struct tui_cells *cells = &view->cells;
	u64 number;

	for (;;) {
		if (col < 0) {
			row--;
			col = cells->cols - 1;
		} else if (col >= (long)cells->cols) {
			row++;
			col = 0;
		}
		if (row < 0 || row >= (long)cells->nr_rows)
			return;
		if (tui_cells_block(cells, row, col, &number))
			break;
		col += step;
	}
	tui_select(view, number * block_pages);
}

static void map_move(struct view_tui *view, const struct model *model,
		     enum tui_move move)
{
	long height = view->panes.pane[TUI_MAP].height - 2;
	u64 pages = ledger_block_pages(model->ledger);
	struct tui_cells *cells = &view->cells;
	unsigned int col = 0;
	size_t row = 0;

	if (!cells->nr_rows)
		return;
	tui_cells_find(cells, view->sel_pfn / pages, &row, &col);
	switch (move) {
	case TUI_MOVE_LEFT:
		map_step(view, pages, row, (long)col - 1, -1);
		break;
	case TUI_MOVE_RIGHT:
		map_step(view, pages, row, (long)col + 1, 1);
		break;
	case TUI_MOVE_FIRST:
		map_step(view, pages, 0, 0, 1);
		break;
	case TUI_MOVE_LAST:
		map_step(view, pages, cells->nr_rows - 1, cells->cols - 1, -1);
		break;
	default:
		/* A shorter row ends further left. */
		row = list_move(move, row, cells->nr_rows, height);
		map_step(view, pages, row, col, -1);
	}
}

static void ranges_move(struct view_tui *view, const struct model *model,
			enum tui_move move)
{
	long height = view->panes.pane[TUI_RANGES].height - 2;
	long nr = ledger_nr_ranges(model->ledger);

	if (move == TUI_MOVE_LEFT || move == TUI_MOVE_RIGHT)
		tui_ranges_shift(view, move == TUI_MOVE_LEFT ? -1 : 1);
	else
		tui_ranges_scroll(view, model,
				  list_move(move, view->ranges_top, nr,
					    height));
}

static void log_move(struct view_tui *view, const struct model *model,
		     enum tui_move move)
{
	long page = view->panes.pane[TUI_LOG].height - 2;

	switch (move) {
	case TUI_MOVE_UP:
	case TUI_MOVE_DOWN:
		tui_log_scroll(view, model, move == TUI_MOVE_UP ? 1 : -1);
		break;
	case TUI_MOVE_PGUP:
	case TUI_MOVE_PGDN:
		page = page < 1 ? 1 : page;
		tui_log_scroll(view, model,
			       move == TUI_MOVE_PGUP ? page : -page);
		break;
	case TUI_MOVE_FIRST:
		tui_log_scroll(view, model, MODEL_LOG);
		break;
	case TUI_MOVE_LAST:
		view->log_back = false;
		break;
	case TUI_MOVE_LEFT:
		view->log_x -= view->log_x >= LOG_STEP ? LOG_STEP : 0;
		break;
	case TUI_MOVE_RIGHT:
		view->log_x += view->log_x < TUI_EVENT_MAX ? LOG_STEP : 0;
		break;
	}
}

static void page_move(struct view_tui *view, enum tui_move move)
{
	bool detail = view->mode == TUI_DETAIL;
	struct tui_area area;

	if (detail && (move == TUI_MOVE_LEFT || move == TUI_MOVE_RIGHT)) {
		table_move(view,
			   move == TUI_MOVE_LEFT ? TUI_MOVE_UP : TUI_MOVE_DOWN);
		return;
	}
	tui_page_area(view, &area);
	view->lines.top = list_move(move, view->lines.top, view->lines.nr,
				    area.height - 1);
}

static void chooser_move(struct view_tui *view, enum tui_move move)
{
	struct tui_area area;

	tui_page_area(view, &area);
	view->chosen =
		list_move(move, view->chosen, view->lines.nr, area.height - 1);
	view->lines.top = tui_layout_scroll(view->lines.top, view->chosen,
					    view->lines.nr, area.height - 1);
}

void tui_move(struct view_tui *view, const struct model *model,
	      enum tui_move move)
{
	if (view->mode == TUI_SORT)
		chooser_move(view, move);
	else if (view->mode != TUI_MAIN)
		page_move(view, move);
	else if (view->focus == TUI_MAP)
		map_move(view, model, move);
	else if (view->focus == TUI_RANGES)
		ranges_move(view, model, move);
	else if (view->focus == TUI_LOG)
		log_move(view, model, move);
	else
		table_move(view, move);
}
