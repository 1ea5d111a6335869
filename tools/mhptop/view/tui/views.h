/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The views: what the dashboard shows below its header. To add one, add a line to
 * TUI_VIEWS and a file that defines tui_view_NAME.
 */
#ifndef VIEW_TUI_VIEWS_H
#define VIEW_TUI_VIEWS_H

#include "view/tui/keys.h"
#include "view/tui/layout.h"

struct model;
struct view_tui;

#define X(name, ...) TUI_VIEW_##name,
enum tui_view { TUI_VIEWS(X) TUI_NR_VIEWS };
#undef X

enum tui_move {
	TUI_MOVE_UP,
	TUI_MOVE_DOWN,
	TUI_MOVE_PGUP,
	TUI_MOVE_PGDN,
	TUI_MOVE_FIRST,
	TUI_MOVE_LAST,
	TUI_MOVE_LEFT,
	TUI_MOVE_RIGHT,
};

/* Where the user is in a view that is a list. */
struct tui_place {
	long top; /* the first visible line */
	long line; /* the selected one */
	int x; /* columns scrolled away */
};

struct tui_view_ops {
	const char *title;
	int heads; /* rows above the first line of a list: its title and so on */
	/*
	 * A list: how many lines it has now. Called before each frame and each
	 * key; place is then valid. NULL: the view moves by itself.
	 */
	long (*lines)(struct view_tui *view, const struct model *model);
	/* Draw the view in an area of the screen. */
	void (*draw)(struct view_tui *view, const struct model *model,
		     const struct tui_area *area);
	/* Move in a view that is no list. */
	void (*move)(struct view_tui *view, const struct model *model,
		     enum tui_move move);
	/* A list: Left and Right do something else than scroll columns; right or left. */
	void (*turn)(struct view_tui *view, const struct model *model,
		     bool right);
	/* Enter on the selected line. NULL: shows the details of the selected block. */
	void (*open)(struct view_tui *view, const struct model *model);
};

#define X(name, ...) extern const struct tui_view_ops tui_view_##name;
TUI_VIEWS(X)
#undef X

/* The view that is shown, and where the user is in it. */
const struct tui_view_ops *tui_view_now(const struct view_tui *view);
struct tui_place *tui_view_place(struct view_tui *view);
/* The area of a view: all between header and footer. */
void tui_view_area(const struct view_tui *view, struct tui_area *area);
/* Keep the place within the lines of the view. */
void tui_view_arrange(struct view_tui *view, const struct model *model);
void tui_view_move(struct view_tui *view, const struct model *model,
		   enum tui_move move);
/*
 * Draw the title of a list, with the visible lines if there are more. Returns the
 * column behind it.
 */
int tui_view_title(const struct view_tui *view, const struct tui_area *area,
		   long nr);
/* The position in a list of nr rows after a move from at, height rows per page. */
long tui_list_move(enum tui_move move, long at, long nr, long height);

#endif
