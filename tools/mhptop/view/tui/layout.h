/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the dashboard divides the screen among its panes. Pure arithmetic: no
 * curses, no model.
 */
#ifndef VIEW_TUI_LAYOUT_H
#define VIEW_TUI_LAYOUT_H

#include <stdbool.h>

#define TUI_MIN_ROWS 10
#define TUI_MIN_COLS 40

enum tui_pane { TUI_MAP, TUI_RANGES, TUI_TABLE, TUI_LOG, TUI_NR_PANES };

enum tui_log_size { TUI_LOG_SPLIT, TUI_LOG_ALONE, TUI_LOG_HIDDEN };

/* AUTO: where there are any, and rows to spare. */
enum tui_ranges { TUI_RANGES_AUTO, TUI_RANGES_SHOWN, TUI_RANGES_HIDDEN };

/* What is asked for. */
struct tui_wishes {
	bool map;
	bool table;
	enum tui_log_size log;
	int map_rows; /* that the map would fill, without title and legend */
	enum tui_ranges ranges;
	int range_rows; /* that there are ranges for */
	int alarm; /* rows for what must be said below the header */
};

/* Rows of the screen, from the top; a height of 0 is not shown. */
struct tui_area {
	int y;
	int height;
};

struct tui_panes {
	int rows;
	int cols;
	bool too_small; /* then nothing else is set */
	struct tui_area header;
	int alarm; /* rows of the header, its last */
	struct tui_area pane[TUI_NR_PANES]; /* with title, and map's legend */
	struct tui_area footer;
};

void tui_layout(struct tui_panes *panes, const struct tui_wishes *wishes,
		int rows, int cols);
/* The pane that is shown after the given one, the same if it is alone. */
enum tui_pane tui_layout_next(const struct tui_panes *panes,
			      enum tui_pane pane);
/*
 * The first row to show of a list of nr in height rows, so that row sel is in
 * sight, moving as little as possible from top, and nothing is left empty.
 */
long tui_layout_scroll(long top, long sel, long nr, long height);

#endif
