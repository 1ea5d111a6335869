/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layout of the panes on the screen. Pure arithmetic: no curses, no model.
 */
#ifndef VIEW_TUI_LAYOUT_H
#define VIEW_TUI_LAYOUT_H

#include <stdbool.h>

#define TUI_MIN_ROWS 10
#define TUI_MIN_COLS 40

enum tui_pane { TUI_MAP, TUI_RANGES, TUI_TABLE, TUI_LOG, TUI_NR_PANES };

enum tui_log_size { TUI_LOG_SPLIT, TUI_LOG_ALONE, TUI_LOG_HIDDEN };

/* AUTO: if there are ranges and the screen is high enough. */
enum tui_ranges { TUI_RANGES_AUTO, TUI_RANGES_SHOWN, TUI_RANGES_HIDDEN };

/* The requested layout. */
struct tui_request {
	bool map;
	bool table;
	enum tui_log_size log;
	int map_rows; /* of the whole map, without title and legend */
	enum tui_ranges ranges;
	int range_rows; /* number of ranges */
	int alarm; /* rows for alarms below the header */
	int attention; /* rows for what needs attention */
	int footer; /* rows for a message, 0: one for hints */
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
	int alarm; /* rows of the header used for alarms, at its end */
	int attention; /* rows of the header that say what needs attention, from the second on */
	struct tui_area pane[TUI_NR_PANES]; /* with title, and map's legend */
	struct tui_area footer;
};

void tui_layout(struct tui_panes *panes, const struct tui_request *request,
		int rows, int cols);
/* The next visible pane, or the same if there is no other. */
enum tui_pane tui_layout_next(const struct tui_panes *panes,
			      enum tui_pane pane);
/*
 * The first visible row of a list of nr rows in height rows: as close to top
 * as possible, with row sel visible (-1: none) and no empty rows at the end.
 */
long tui_layout_scroll(long top, long sel, long nr, long height);

#endif
