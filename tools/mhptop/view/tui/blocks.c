// SPDX-License-Identifier: GPL-2.0
/* The view of blocks: the panes, and how the selection moves in each. */
#include "view/tui/state.h"

void tui_table_move(struct view_tui *view, enum tui_move move)
{
	long height = view->panes.pane[TUI_TABLE].height - 2;
	long row;

	if (move == TUI_MOVE_LEFT || move == TUI_MOVE_RIGHT) {
		/* Drawing it keeps this within the columns. */
		view->table_col += move == TUI_MOVE_LEFT ? -1 : 1;
		return;
	}
	if (!view->order.nr)
		return;
	/* The selected block is not listed: select the first visible row. */
	if (view->sel_row < 0)
		row = tui_list_move(TUI_MOVE_UP, view->table_top + 1,
				    view->order.nr, height);
	else
		row = tui_list_move(move, view->sel_row, view->order.nr,
				    height);
	tui_select(view, view->order.pfns[row]);
}

/* Skip cells without a block; stay if there is no block in this direction. */
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
		/* If the row is shorter, move left. */
		row = tui_list_move(move, row, cells->nr_rows, height);
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
				  tui_list_move(move, view->ranges_top, nr,
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
		view->log_x -= view->log_x >= TUI_EVENT_STEP ? TUI_EVENT_STEP :
							       0;
		break;
	case TUI_MOVE_RIGHT:
		view->log_x += view->log_x < TUI_EVENT_MAX ? TUI_EVENT_STEP : 0;
		break;
	}
}

static void blocks_move(struct view_tui *view, const struct model *model,
			enum tui_move move)
{
	if (view->focus == TUI_MAP)
		map_move(view, model, move);
	else if (view->focus == TUI_RANGES)
		ranges_move(view, model, move);
	else if (view->focus == TUI_LOG)
		log_move(view, model, move);
	else
		tui_table_move(view, move);
}

static void blocks_draw(struct view_tui *view, const struct model *model,
			const struct tui_area *area)
{
	(void)area;
	tui_map_draw(view, model);
	tui_ranges_draw(view, model);
	tui_table_draw(view, model);
	tui_log_draw(view, model);
}

const struct tui_view_ops tui_view_blocks = {
	.title = "Blocks",
	.draw = blocks_draw,
	.move = blocks_move,
};
