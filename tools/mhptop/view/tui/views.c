// SPDX-License-Identifier: GPL-2.0
/* The table of views, and how to move in those that are lists. */
#include "view/tui/state.h"

static const struct tui_view_ops *const views[TUI_NR_VIEWS] = {
#define X(name, ...) [TUI_VIEW_##name] = &tui_view_##name,
	TUI_VIEWS(X)
#undef X
};

const struct tui_view_ops *tui_view_now(const struct view_tui *view)
{
	return views[view->view];
}

struct tui_place *tui_view_place(struct view_tui *view)
{
	return &view->places[view->view];
}

void tui_view_area(const struct view_tui *view, struct tui_area *area)
{
	area->y = view->panes.header.height;
	area->height = view->panes.footer.y - area->y;
}

static long list_height(const struct view_tui *view)
{
	struct tui_area area;

	tui_view_area(view, &area);
	area.height -= tui_view_now(view)->heads;
	return area.height < 1 ? 1 : area.height;
}

void tui_view_arrange(struct view_tui *view, const struct model *model)
{
	const struct tui_view_ops *ops = tui_view_now(view);
	struct tui_place *place = tui_view_place(view);
	long nr;

	if (!ops->lines)
		return;
	nr = ops->lines(view, model);
	if (place->line >= nr)
		place->line = nr - 1;
	if (place->line < 0)
		place->line = 0;
	place->top = tui_layout_scroll(place->top, place->line, nr,
				       list_height(view));
}

long tui_list_move(enum tui_move move, long at, long nr, long height)
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

void tui_view_move(struct view_tui *view, const struct model *model,
		   enum tui_move move)
{
	const struct tui_view_ops *ops = tui_view_now(view);
	struct tui_place *place = tui_view_place(view);

	if (!ops->lines) {
		ops->move(view, model, move);
		return;
	}
	if (ops->turn && (move == TUI_MOVE_LEFT || move == TUI_MOVE_RIGHT))
		ops->turn(view, model, move == TUI_MOVE_RIGHT);
	else if (move == TUI_MOVE_RIGHT)
		place->x++;
	else if (move == TUI_MOVE_LEFT)
		place->x -= place->x > 0;
	else
		place->line = tui_list_move(move, place->line,
					    ops->lines(view, model),
					    list_height(view));
	tui_view_arrange(view, model);
}

int tui_view_title(const struct view_tui *view, const struct tui_area *area,
		   long nr)
{
	const struct tui_view_ops *ops = tui_view_now(view);
	const struct tui_place *place = &view->places[view->view];
	struct tui_pen pen = { area->y, 0, view->panes.cols };
	long height = list_height(view);

	tui_pen_title(&pen, view->mode == TUI_MAIN, ops->title);
	if (nr > height)
		tui_pen_write(&pen, TUI_PLAIN, " %ld-%ld of %ld",
			      place->top + 1, place->top + height, nr);
	else
		tui_pen_write(&pen, TUI_PLAIN, " %ld", nr);
	return pen.x;
}
