// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard as a whole: its beginning, its frames, its end. Panes, pages,
 * keys and the terminal are in the other files of view_tui*.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "view/tui/tui.h"

/* One terminal, one view: closing it twice is then harmless. */
static struct view_tui the_view;

static int opts_take(struct view_tui *view, const struct view_opts *opts,
		     char *why, size_t len)
{
	if (opts->sort) {
		view->sort = column_find(opts->sort);
		if (!view->sort) {
			snprintf(
				why, len,
				"dashboard: cannot sort by '%s': there is no such column",
				opts->sort);
			return -EINVAL;
		}
	}
	view->reverse = opts->reverse;
	return tui_filter(view, opts->filter ? opts->filter : "", why, len);
}

int view_tui_open(struct view_tui **view, const struct view_opts *opts,
		  char *why, size_t len)
{
	int err;

	*view = NULL;
	if (the_view.open) {
		snprintf(why, len, "dashboard: it is open already");
		return -EBUSY;
	}
	the_view = (struct view_tui){
		.map_shown = true,
		.table_shown = true,
		.focus = TUI_TABLE,
		.sel_row = -1,
	};
	err = opts_take(&the_view, opts, why, len);
	if (err)
		return err;
	err = tui_screen_open(opts->color, opts->ascii, why, len);
	if (err) {
		block_filter_free(the_view.filter);
		return err;
	}
	the_view.open = true;
	*view = &the_view;
	return 0;
}

static void page_draw(struct view_tui *view, const struct model *model)
{
	struct tui_area area;

	tui_page_area(view, &area);
	if (view->mode == TUI_DETAIL)
		tui_detail_make(view, model);
	else if (view->mode == TUI_SORT)
		tui_chooser_make(view);
	else
		tui_help_make(view);
	tui_lines_draw(&view->lines, &area, view->panes.cols,
		       view->mode == TUI_DETAIL ? "Block" :
		       view->mode == TUI_SORT	? "Sort by" :
						  "Help");
}

static void too_small_draw(const struct tui_panes *panes)
{
	struct tui_pen pen = { 0, 0, panes->cols };

	tui_pen_force(&pen, TUI_ALARM, "terminal too small: ");
	tui_pen_force(&pen, TUI_PLAIN, "%dx%d, needs %dx%d", panes->cols,
		      panes->rows, TUI_MIN_COLS, TUI_MIN_ROWS);
}

static void panes_draw(struct view_tui *view, const struct model *model)
{
	bool page = view->mode == TUI_DETAIL || view->mode == TUI_SORT ||
		    view->mode == TUI_HELP;
	struct tui_area area = { 0 };

	if (page)
		tui_page_area(view, &area);
	tui_header_draw(view, model);
	if (!page || area.y > view->panes.header.height)
		tui_map_draw(view, model);
	if (page) {
		page_draw(view, model);
	} else {
		tui_ranges_draw(view, model);
		tui_table_draw(view, model);
		tui_log_draw(view, model);
	}
	tui_footer_draw(view);
}

void view_tui_draw(struct view_tui *view, const struct model *model)
{
	if (!view->open)
		return;
	tui_make(view, model);
	tui_arrange(view, model);
	tui_screen_begin();
	if (view->panes.too_small)
		too_small_draw(&view->panes);
	else
		panes_draw(view, model);
	tui_screen_end();
}

int view_tui_fd(const struct view_tui *view)
{
	return view->open ? tui_screen_fd() : -1;
}

void view_tui_resize(struct view_tui *view)
{
	if (view->open)
		tui_screen_resize();
}

bool view_tui_paused(const struct view_tui *view)
{
	return view->paused;
}

double view_tui_delay(struct view_tui *view, double delay)
{
	if (view->delay == 0)
		view->delay = delay;
	return view->delay;
}

void view_tui_close(struct view_tui *view)
{
	if (!view || !view->open)
		return;
	view->open = false;
	tui_screen_close();
	block_filter_free(view->filter);
	view->filter = NULL;
	tui_cells_free(&view->cells);
	block_order_free(&view->order);
	tui_lines_free(&view->lines);
}
