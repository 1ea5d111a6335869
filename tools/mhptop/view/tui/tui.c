// SPDX-License-Identifier: GPL-2.0
/*
 * The view of the dashboard: open and close it, draw a frame. What it derives
 * from the model is updated only if the model has new records.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "view/tui/settings.h"
#include "view/tui/state.h"

/* One view, as there is one terminal. */
static struct view_tui the_view;

static int opts_take(struct view_tui *view, const struct view_opts *opts,
		     char *why, size_t len)
{
	view->settings = opts->settings;
	view->answers = opts->answers;
	view->time = TIME_AS_LOCAL;
	/* The dashboard comes up whatever the file has. */
	if (opts->settings)
		tui_settings_read(view, opts->settings);
	view->delay_changed = view->delay > 0;
	if (opts->delay > 0)
		view->delay = opts->delay;
	if (*opts->sort) {
		view->sort = column_find(opts->sort);
		if (!view->sort) {
			snprintf(
				why, len,
				"dashboard: cannot sort by '%s': unknown column",
				opts->sort);
			return -EINVAL;
		}
	}
	if (*opts->sort)
		view->reverse = opts->reverse;
	if (opts->time_given || !opts->settings)
		view->time = opts->time;
	return tui_filter(view, opts->filter ? opts->filter : "", why, len);
}

int view_tui_open(struct view_tui **view, const struct view_opts *opts,
		  char *why, size_t len)
{
	int err;

	*view = NULL;
	if (the_view.open) {
		snprintf(why, len, "dashboard: already open");
		return -EBUSY;
	}
	the_view = (struct view_tui){
		.map_shown = true,
		.table_shown = true,
		.focus = TUI_TABLE,
		.sel_row = -1,
	};
	tui_choice_default(&the_view.choice);
	err = opts_take(&the_view, opts, why, len);
	if (err)
		return err;
	err = tui_screen_open(opts->color, opts->ascii, why, len);
	if (err) {
		block_filter_free(the_view.filter);
		return err;
	}
	the_view.open = true;
	tui_screen_mouse_use(!the_view.no_mouse);
	*view = &the_view;
	return 0;
}

/* Of the modes that are pages */
static const char *const page_titles[] = {
	[TUI_DETAIL] = "Block",	   [TUI_SORT] = "Sort by",
	[TUI_COLUMNS] = "Columns", [TUI_HELP] = "Help",
	[TUI_MOMENT] = NULL,
};

void tui_page_make(struct view_tui *view, const struct model *model)
{
	if (view->mode == TUI_DETAIL)
		tui_detail_make(view, model);
	else if (view->mode == TUI_SORT || view->mode == TUI_COLUMNS)
		tui_chooser_make(view);
	else
		tui_help_make(view);
	if (view->mode == TUI_DETAIL || view->mode == TUI_HELP)
		tui_lines_wrap(&view->lines, view->panes.cols);
}

static void page_draw(struct view_tui *view, const struct model *model)
{
	struct tui_area area;

	tui_page_area(view, &area);
	tui_page_make(view, model);
	tui_lines_draw(&view->lines, &area, view->panes.cols,
		       page_titles[view->mode]);
}

static void too_small_draw(const struct tui_panes *panes)
{
	struct tui_pen pen = { 0, 0, panes->cols };

	tui_pen_force(&pen, TUI_ALARM, "terminal too small: ");
	tui_pen_force(&pen, TUI_PLAIN, "%dx%d, needs %dx%d", panes->cols,
		      panes->rows, TUI_MIN_COLS, TUI_MIN_ROWS);
}

static void view_draw(struct view_tui *view, const struct model *model)
{
	bool page = page_titles[view->mode];
	struct tui_area area;

	tui_header_draw(view, model);
	if (page) {
		tui_page_area(view, &area);
		if (area.y > view->panes.header.height)
			tui_map_draw(view, model);
		page_draw(view, model);
	} else {
		tui_view_area(view, &area);
		tui_view_now(view)->draw(view, model, &area);
	}
	tui_footer_draw(view);
}

/* If there is room, rows of the map start at round addresses. */
static unsigned int map_cols(const struct view_tui *view,
			     const struct model *model, int cols)
{
	int room = cols - tui_map_label(view, model) - 2;

	if (room >= 32)
		room -= room % 16;
	if (room > TUI_MAP_COLS)
		room = TUI_MAP_COLS;
	return room < 1 ? 1 : room;
}

/* A number of blocks per cell that shows more detail than if all blocks are to fit. */
static u32 zoom_fold(const struct view_tui *view)
{
	u32 fold = view->cells.fold >> (view->zoom < 32 ? view->zoom : 31);

	return fold ? fold : 1;
}

void tui_arrange(struct view_tui *view, const struct model *model)
{
	struct tui_request request = {
		.map = view->map_shown,
		.table = view->table_shown,
		.log = view->log_size,
		.ranges = view->ranges,
	};
	unsigned int width;
	int rows, cols, height;
	size_t most = ledger_nr_ranges(model->ledger);

	tui_screen_size(&rows, &cols);
	request.range_rows = most > 9999 ? 9999 : most;
	request.alarm = tui_header_alarm(model, cols);
	request.attention = tui_header_attention(model, cols);
	request.footer = tui_footer_rows(view, cols);
	width = map_cols(view, model, cols);
	tui_cells_arrange(&view->cells, width, 1, 0);
	most = view->cells.nr_rows;
	request.map_rows = most > 9999 ? 9999 : most;
	tui_layout(&view->panes, &request, rows, cols);
	height = view->panes.pane[TUI_MAP].height - 2;
	if (height > 0 && most > (size_t)height && !view->zoomed) {
		tui_cells_arrange(&view->cells, width, 0, height);
		if (view->zoom)
			tui_cells_arrange(&view->cells, width, zoom_fold(view),
					  height);
		/* A power of two seldom fills the map; other panes get the rest. */
		request.map_rows = view->cells.nr_rows;
		if (request.map_rows < height)
			tui_layout(&view->panes, &request, rows, cols);
	}
	if (!view->panes.pane[view->focus].height)
		view->focus = tui_layout_next(&view->panes, view->focus);
	tui_view_arrange(view, model);
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
		view_draw(view, model);
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

void view_tui_motion(struct view_tui *view, const struct view_motion *motion)
{
	view->motion = *motion;
}

void view_tui_message(struct view_tui *view, const char *message)
{
	snprintf(view->message, sizeof(view->message), "%s", message);
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
	tui_tree_free(&view->tree);
	tui_devices_free(&view->devices);
	tui_lines_free(&view->lines);
}
