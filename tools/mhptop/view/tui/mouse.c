// SPDX-License-Identifier: GPL-2.0
/* What the mouse does: a click selects, one on the selected line opens it, the wheel scrolls. */
#include "view/tui/state.h"

#define WHEEL_LINES 3

static bool is_wheel(const struct tui_mouse *mouse)
{
	return mouse->what != TUI_MOUSE_CLICK;
}

static enum tui_move wheel_move(const struct tui_mouse *mouse)
{
	return mouse->what == TUI_MOUSE_UP ? TUI_MOVE_UP : TUI_MOVE_DOWN;
}

static bool area_has(const struct tui_area *area, int y)
{
	return y >= area->y && y < area->y + area->height;
}

/* Help and details scroll, a list of columns has a line to choose. */
static void mouse_page(struct view_tui *view, const struct tui_mouse *mouse)
{
	bool chooser = view->mode == TUI_SORT || view->mode == TUI_COLUMNS;
	struct tui_area area;
	long line;

	tui_page_area(view, &area);
	line = view->lines.top + mouse->y - area.y - 1;
	if (chooser && is_wheel(mouse))
		tui_chooser_move(view, wheel_move(mouse));
	else if (is_wheel(mouse))
		view->lines.top = tui_layout_scroll(
			view->lines.top + (mouse->what == TUI_MOUSE_UP ?
						   -WHEEL_LINES :
						   WHEEL_LINES),
			-1, view->lines.nr, area.height - 1);
	else if (chooser && mouse->y > area.y && area_has(&area, mouse->y) &&
		 line < tui_chooser_nr(view))
		view->chosen = line;
}

/* A click on the title of a column sorts by it, a second one in reverse. */
static void mouse_heads(struct view_tui *view, const struct column *column)
{
	if (!column)
		return;
	if (column == tui_sorted_by(view))
		tui_sort_reverse(view);
	tui_sort(view, column);
}

static void mouse_table(struct view_tui *view, const struct tui_mouse *mouse)
{
	const struct tui_area *area = &view->panes.pane[TUI_TABLE];
	long row = view->table_top + mouse->y - area->y - 2;

	if (mouse->y == area->y + 1)
		mouse_heads(view, tui_table_column_at(view, mouse->x));
	if (mouse->y < area->y + 2 || row >= (long)view->order.nr)
		return;
	if (row == view->sel_row) {
		view->mode = TUI_DETAIL;
		view->lines.top = 0;
	} else {
		tui_select(view, view->order.pfns[row]);
	}
}

static void mouse_map(struct view_tui *view, const struct model *model,
		      const struct tui_mouse *mouse)
{
	const struct tui_area *area = &view->panes.pane[TUI_MAP];
	long row = view->map_top + mouse->y - area->y - 1;
	long col = mouse->x - tui_map_label(view, model);
	u64 number;

	/* The first row is the title, the last one the legend. */
	if (mouse->y == area->y || mouse->y == area->y + area->height - 1 ||
	    row >= (long)view->cells.nr_rows || col < 0 ||
	    col >= (long)view->cells.cols)
		return;
	if (tui_cells_block(&view->cells, row, col, &number))
		tui_select(view, number * ledger_block_pages(model->ledger));
}

static void mouse_panes(struct view_tui *view, const struct model *model,
			const struct tui_mouse *mouse)
{
	enum tui_pane pane;
	int i;

	for (pane = 0; pane < TUI_NR_PANES; pane++)
		if (area_has(&view->panes.pane[pane], mouse->y))
			break;
	if (pane == TUI_NR_PANES)
		return;
	view->focus = pane;
	if (is_wheel(mouse))
		for (i = 0; i < WHEEL_LINES; i++)
			tui_view_move(view, model, wheel_move(mouse));
	else if (pane == TUI_TABLE)
		mouse_table(view, mouse);
	else if (pane == TUI_MAP)
		mouse_map(view, model, mouse);
}

static void mouse_list(struct view_tui *view, const struct model *model,
		       const struct tui_mouse *mouse)
{
	const struct tui_view_ops *ops = tui_view_now(view);
	struct tui_place *place = tui_view_place(view);
	struct tui_area area;
	long line;
	int i;

	tui_view_area(view, &area);
	for (i = 0; is_wheel(mouse) && i < WHEEL_LINES; i++)
		tui_view_move(view, model, wheel_move(mouse));
	if (view->view == TUI_VIEW_ranges && !is_wheel(mouse) &&
	    mouse->y == area.y + 1)
		mouse_heads(view, tui_ranges_column_at(view, mouse->x));
	line = place->top + mouse->y - area.y - ops->heads;
	if (is_wheel(mouse) || !area_has(&area, mouse->y) ||
	    mouse->y < area.y + ops->heads || line >= ops->lines(view, model))
		return;
	if (line == place->line && ops->open)
		ops->open(view, model);
	else
		place->line = line;
}

void tui_mouse_take(struct view_tui *view, const struct model *model,
		    const struct tui_mouse *mouse)
{
	if (view->panes.too_small || tui_prompt_is_open(view))
		return;
	if (view->mode != TUI_MAIN)
		mouse_page(view, mouse);
	else if (tui_view_now(view)->lines)
		mouse_list(view, model, mouse);
	else
		mouse_panes(view, model, mouse);
}
