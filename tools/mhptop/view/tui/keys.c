// SPDX-License-Identifier: GPL-2.0
/* The actions of the keys, and how the selection and the panes move. */
#include <stdio.h>

#include "view/tui/settings.h"
#include "view/tui/state.h"
#include "view/tui/keys.h"

static void page_move(struct view_tui *view, const struct model *model,
		      enum tui_move move)
{
	bool detail = view->mode == TUI_DETAIL;
	struct tui_area area;

	if (detail && (move == TUI_MOVE_LEFT || move == TUI_MOVE_RIGHT)) {
		tui_table_move(view, move == TUI_MOVE_LEFT ? TUI_MOVE_UP :
							     TUI_MOVE_DOWN);
		return;
	}
	/* The page may have been opened by the key before this one. */
	tui_page_make(view, model);
	tui_page_area(view, &area);
	view->lines.top = tui_list_move(move, view->lines.top, view->lines.nr,
					area.height - 1);
}

static void tui_move(struct view_tui *view, const struct model *model,
		     enum tui_move move)
{
	if (view->mode == TUI_SORT || view->mode == TUI_COLUMNS)
		tui_chooser_move(view, move);
	else if (view->mode != TUI_MAIN)
		page_move(view, model, move);
	else
		tui_view_move(view, model, move);
}

typedef enum view_tui_event (*key_action)(struct view_tui *view,
					  const struct model *model);

#define ACTION(name)                                                \
	static enum view_tui_event do_##name(struct view_tui *view, \
					     const struct model *model)

#define MOVE(name, move)                     \
	ACTION(name)                         \
	{                                    \
		tui_move(view, model, move); \
		return VIEW_TUI_REDRAW;      \
	}

MOVE(up, TUI_MOVE_UP)
MOVE(down, TUI_MOVE_DOWN)
MOVE(pgup, TUI_MOVE_PGUP)
MOVE(pgdn, TUI_MOVE_PGDN)
MOVE(first, TUI_MOVE_FIRST)
MOVE(last, TUI_MOVE_LAST)
MOVE(left, TUI_MOVE_LEFT)
MOVE(right, TUI_MOVE_RIGHT)

static enum view_tui_event page_open(struct view_tui *view, enum tui_mode mode)
{
	view->mode = mode;
	view->lines.top = 0;
	return VIEW_TUI_REDRAW;
}

/* Whether this is the view of blocks, whose keys change nothing that others show. */
static bool view_has_panes(struct view_tui *view)
{
	if (view->view == TUI_VIEW_blocks)
		return true;
	snprintf(view->message, sizeof(view->message),
		 "this key belongs to the view of blocks; 1 shows it");
	return false;
}

ACTION(help)
{
	(void)model;
	return page_open(view, view->mode == TUI_HELP ? TUI_MAIN : TUI_HELP);
}

ACTION(quit)
{
	(void)model;
	if (view->mode == TUI_MAIN)
		return VIEW_TUI_QUIT;
	return page_open(view, TUI_MAIN);
}

ACTION(open)
{
	(void)model;
	if (view->mode == TUI_MAIN && tui_view_now(view)->open) {
		tui_view_now(view)->open(view, model);
		return VIEW_TUI_REDRAW;
	}
	if (view->mode == TUI_MAIN && view->selected)
		return page_open(view, TUI_DETAIL);
	if (view->mode == TUI_SORT && view->chosen < tui_chooser_nr(view))
		tui_sort(view, tui_chooser_column(view, view->chosen));
	return page_open(view, TUI_MAIN);
}

/* As the header and the columns count failures: also before a later success, or a removal. */
static bool block_ever_failed(const struct model *model,
			      const struct mhp_block *block)
{
	return block->online_failures || block->offline_failures ||
	       tui_cell_kind(tui_cell_of(model, block)) >= TUI_CELL_FAILED;
}

ACTION(failed)
{
	const struct block_order *order = &view->order;
	const struct mhp_block *block;
	size_t i;

	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	/* Wrap around to the selected block, which may be the only one. */
	for (i = 1; i <= order->nr; i++) {
		u64 pfn = order->pfns[(view->sel_row + i) % order->nr];

		block = ledger_find_block(model->ledger, pfn);
		if (!block || !block_ever_failed(model, block))
			continue;
		tui_select(view, pfn);
		return VIEW_TUI_REDRAW;
	}
	snprintf(view->message, sizeof(view->message),
		 "no listed block failed or violated a rule");
	return VIEW_TUI_REDRAW;
}

ACTION(back)
{
	(void)model;
	if (view->mode == TUI_MAIN && view->view != TUI_VIEW_blocks)
		view->view = TUI_VIEW_blocks;
	else if (view->mode == TUI_MAIN)
		tui_filter(view, "", view->message, sizeof(view->message));
	return page_open(view, TUI_MAIN);
}

ACTION(filter)
{
	(void)model;
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	tui_prompt_open(view, TUI_FILTER);
	return VIEW_TUI_REDRAW;
}

ACTION(delay)
{
	(void)model;
	tui_prompt_open(view, TUI_DELAY);
	return VIEW_TUI_REDRAW;
}

/* Whether what is shown can be sorted. */
static bool view_has_order(struct view_tui *view)
{
	if (view->view == TUI_VIEW_ranges || view->view == TUI_VIEW_blocks)
		return true;
	snprintf(view->message, sizeof(view->message),
		 "only blocks and ranges can be sorted; 1 and 2 show them");
	return false;
}

ACTION(sort)
{
	if (!view_has_order(view))
		return VIEW_TUI_REDRAW;
	if (view->mode == TUI_SORT)
		return do_down(view, model);
	page_open(view, TUI_SORT);
	view->chosen = tui_chooser_find(view, tui_sorted_by(view));
	return VIEW_TUI_REDRAW;
}

ACTION(columns)
{
	(void)model;
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	view->chosen = 0;
	return page_open(view,
			 view->mode == TUI_COLUMNS ? TUI_MAIN : TUI_COLUMNS);
}

static enum view_tui_event sort_step(struct view_tui *view, int step)
{
	int at = tui_chooser_find(view, tui_sorted_by(view));
	int nr = tui_chooser_nr(view);

	if (!view_has_order(view))
		return VIEW_TUI_REDRAW;
	do
		at = (at + nr + step) % nr;
	while (column_is_asked(tui_chooser_column(view, at)));
	tui_sort(view, tui_chooser_column(view, at));
	return VIEW_TUI_REDRAW;
}

ACTION(sort_prev)
{
	(void)model;
	return sort_step(view, -1);
}

ACTION(sort_next)
{
	(void)model;
	return sort_step(view, 1);
}

ACTION(reverse)
{
	(void)model;
	if (view_has_order(view))
		tui_sort_reverse(view);
	return VIEW_TUI_REDRAW;
}

static enum view_tui_event wish(struct view_tui *view, struct view_wish what)
{
	if (!tui_can_move(view))
		return VIEW_TUI_REDRAW;
	view->wish = what;
	return VIEW_TUI_MOVE;
}

#define WISH(name, kind, nr, by)                                       \
	ACTION(name)                                                   \
	{                                                              \
		(void)model;                                           \
		return wish(view, (struct view_wish){ .what = kind,    \
						      .steps = nr,     \
						      .factor = by }); \
	}

WISH(event_back, VIEW_WISH_EVENTS, -1, 0)
WISH(event_on, VIEW_WISH_EVENTS, 1, 0)
WISH(operation_back, VIEW_WISH_OPERATIONS, -1, 0)
WISH(operation_on, VIEW_WISH_OPERATIONS, 1, 0)
WISH(half_speed, VIEW_WISH_SPEED, 0, 0.5)
WISH(double_speed, VIEW_WISH_SPEED, 0, 2)

ACTION(moment)
{
	(void)model;
	if (tui_can_move(view))
		tui_prompt_open(view, TUI_MOMENT);
	return VIEW_TUI_REDRAW;
}

ACTION(pause)
{
	if (view->motion.ready && !view->paused)
		return wish(view, (struct view_wish){ .what = VIEW_WISH_PLAY });
	view->paused = !view->paused;
	view->paused_head = model->log_head;
	return VIEW_TUI_REDRAW;
}

ACTION(next)
{
	(void)model;
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	if (view->mode == TUI_MAIN)
		view->focus = tui_layout_next(&view->panes, view->focus);
	return VIEW_TUI_REDRAW;
}

ACTION(log)
{
	(void)model;
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	view->log_size = (view->log_size + 1) % (TUI_LOG_HIDDEN + 1);
	if (view->log_size == TUI_LOG_ALONE)
		view->focus = TUI_LOG;
	return VIEW_TUI_REDRAW;
}

ACTION(map)
{
	(void)model;
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	view->map_shown = !view->map_shown;
	return VIEW_TUI_REDRAW;
}

ACTION(table)
{
	(void)model;
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	view->table_shown = !view->table_shown;
	return VIEW_TUI_REDRAW;
}

ACTION(ranges_pane)
{
	const struct tui_area *area = &view->panes.pane[TUI_RANGES];

	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	view->ranges = area->height ? TUI_RANGES_HIDDEN : TUI_RANGES_SHOWN;
	if (view->log_size == TUI_LOG_ALONE)
		view->log_size = TUI_LOG_SPLIT;
	tui_arrange(view, model);
	if (view->ranges == TUI_RANGES_SHOWN && !area->height)
		snprintf(view->message, sizeof(view->message),
			 "no room for the ranges: hide the map or the log");
	return VIEW_TUI_REDRAW;
}

/* From what most people want to what few do. */
ACTION(time)
{
	static const enum time_style next[TIME_NR_STYLES] = {
		[TIME_AS_LOCAL] = TIME_AS_UTC,
		[TIME_AS_UTC] = TIME_AS_MONO,
		[TIME_AS_MONO] = TIME_AS_DELTA,
		[TIME_AS_DELTA] = TIME_AS_LOCAL,
	};

	(void)model;
	view->time = next[view->time];
	snprintf(view->message, sizeof(view->message), "times: %s (%s)",
		 time_style_help(view->time), time_style_name(view->time));
	return VIEW_TUI_REDRAW;
}

ACTION(zoom)
{
	(void)model;
	if (view->mode == TUI_MAIN && view->view == TUI_VIEW_operations) {
		view->operations_alone = !view->operations_alone;
		return VIEW_TUI_REDRAW;
	}
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	view->zoomed = !view->zoomed;
	return VIEW_TUI_REDRAW;
}

ACTION(zoom_in)
{
	(void)model;
	if (!view_has_panes(view))
		return VIEW_TUI_REDRAW;
	view->zoomed = false;
	/* From one block per cell back to all blocks */
	view->zoom = view->cells.fold > 1 ? view->zoom + 1 : 0;
	return VIEW_TUI_REDRAW;
}

ACTION(mouse)
{
	(void)model;
	view->no_mouse = !view->no_mouse;
	tui_screen_mouse_use(!view->no_mouse);
	snprintf(view->message, sizeof(view->message), "mouse: %s",
		 view->no_mouse ?
			 "left to the terminal, which can select text" :
			 "click selects, wheel scrolls");
	return VIEW_TUI_REDRAW;
}

ACTION(slower)
{
	(void)model;
	tui_delay_step(view, 2);
	return VIEW_TUI_REDRAW;
}

ACTION(faster)
{
	(void)model;
	tui_delay_step(view, 0.5);
	return VIEW_TUI_REDRAW;
}

ACTION(save)
{
	(void)model;
	if (!view->settings) {
		snprintf(view->message, sizeof(view->message),
			 "no place for settings: set HOME or XDG_CONFIG_HOME");
	} else if (!tui_settings_write(view, view->settings, view->message,
				       sizeof(view->message))) {
		view->unusable[0] = '\0';
		snprintf(view->message, sizeof(view->message),
			 "settings saved in %s", view->settings);
	}
	return VIEW_TUI_REDRAW;
}

ACTION(redraw)
{
	(void)view;
	(void)model;
	tui_screen_resize();
	tui_screen_redraw();
	return VIEW_TUI_REDRAW;
}

#define X(name, ...)                              \
	ACTION(name)                              \
	{                                         \
		(void)model;                      \
		view->view = TUI_VIEW_##name;     \
		return page_open(view, TUI_MAIN); \
	}
TUI_VIEWS(X)
#undef X

static const struct {
	int codes[3]; /* 0: unused */
	key_action action;
} keys[] = {
#define X(action, keys, hint, what, ...) { { __VA_ARGS__ }, do_##action },
	TUI_KEYS(X)
#undef X
};

static enum view_tui_event key_handle(struct view_tui *view,
				      const struct model *model, int key)
{
	size_t i, j;

	view->message[0] = '\0';
	if (key > 0 && tui_prompt_is_open(view)) {
		tui_prompt_key(view, key);
		return view->wish.what ? VIEW_TUI_MOVE : VIEW_TUI_REDRAW;
	}
	if (key == TUI_KEY_MOUSE) {
		struct tui_mouse mouse;

		tui_screen_mouse(&mouse);
		tui_mouse_take(view, model, &mouse);
		return VIEW_TUI_REDRAW;
	}
	if (view->mode == TUI_COLUMNS && tui_chooser_key(view, key))
		return VIEW_TUI_REDRAW;
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (j = 0; j < 3 && keys[i].codes[j]; j++)
			if (keys[i].codes[j] == key)
				return keys[i].action(view, model);
	return VIEW_TUI_REDRAW;
}

enum view_tui_event view_tui_keys(struct view_tui *view,
				  const struct model *model)
{
	enum view_tui_event event = VIEW_TUI_NONE;
	int key;

	if (!view->open)
		return VIEW_TUI_QUIT;
	while ((key = tui_screen_key()) != TUI_KEY_NONE) {
		if (key == TUI_KEY_GONE)
			return VIEW_TUI_QUIT;
		/* A key acts on the result of the previous key. */
		tui_make(view, model);
		tui_arrange(view, model);
		event = key_handle(view, model, key);
		if (event == VIEW_TUI_QUIT || event == VIEW_TUI_MOVE)
			break;
	}
	return event;
}

struct view_wish view_tui_wish(struct view_tui *view)
{
	struct view_wish wish = view->wish;

	view->wish = (struct view_wish){ 0 };
	return wish;
}
