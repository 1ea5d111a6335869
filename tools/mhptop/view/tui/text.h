/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text for the dashboard: pieces along a row, lists of lines that scroll, and
 * numbers in the units that people use. No model, no curses.
 */
#ifndef VIEW_TUI_TEXT_H
#define VIEW_TUI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "base/units.h"
#include "view/tui/layout.h"

/*
 * Text in pieces, from x to end of one row. A piece that does not fit as a
 * whole is left out; false then.
 */
struct tui_pen {
	int y;
	int x;
	int end;
};

bool tui_pen_write(struct tui_pen *pen, int style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, but cut off where it does not fit. */
void tui_pen_force(struct tui_pen *pen, int style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The title of a pane; marked if it has the keys. */
void tui_pen_title(struct tui_pen *pen, bool focus, const char *name);

struct tui_lines {
	struct tui_text {
		int style;
		char *text;
	} * line;
	size_t nr;
	size_t room;
	long top; /* the first that is shown */
};

/* Without memory the line is left out. */
void tui_lines_add(struct tui_lines *lines, int style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void tui_lines_clear(struct tui_lines *lines); /* keeps top */
void tui_lines_free(struct tui_lines *lines);
/* With a title, and how much is not in sight. */
void tui_lines_draw(struct tui_lines *lines, const struct tui_area *area,
		    int cols, const char *title);

#endif
