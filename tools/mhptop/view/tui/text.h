/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text for the dashboard: pieces along a row, lists of lines that scroll, and
 * sizes with units. No model, no curses.
 */
#ifndef VIEW_TUI_TEXT_H
#define VIEW_TUI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "base/units.h"
#include "view/tui/layout.h"

/* A position in a row; text is written from x up to end. */
struct tui_pen {
	int y;
	int x;
	int end;
};

/* Write a text only if all of it fits. False if it does not. */
bool tui_pen_write(struct tui_pen *pen, int style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Write a text, clipped at the end of the row. */
void tui_pen_force(struct tui_pen *pen, int style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Write the title of a pane, marked if the pane has the focus. */
void tui_pen_title(struct tui_pen *pen, bool focus, const char *name);

/* A text in quotes, of a long one only the begin, with dots. Returns buf. */
#define TUI_QUOTED_MAX 48
const char *tui_quoted(char buf[TUI_QUOTED_MAX], const char *text, size_t size);

struct tui_lines {
	struct tui_text {
		int style;
		char *text;
	} * line;
	size_t nr;
	size_t room;
	long top; /* the first visible line */
};

/* Append a line. It is left out if there is no memory. */
void tui_lines_add(struct tui_lines *lines, int style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The bytes of a text that fit into a row, up to a space if possible; at least one. */
int tui_row_fit(const char *text, int cols);
/*
 * Break a text into rows and draw at most so many, from y; dots stand for what is cut
 * off. Returns how many rows all of it needs.
 */
int tui_rows_draw(const char *text, int style, int y, int most, int cols);
/* Break lines that are longer than a row, with what follows below where the text begins. */
void tui_lines_wrap(struct tui_lines *lines, int cols);
void tui_lines_clear(struct tui_lines *lines); /* keeps top */
void tui_lines_free(struct tui_lines *lines);
/* Draw the visible lines below a title with the number of hidden ones. */
void tui_lines_draw(struct tui_lines *lines, const struct tui_area *area,
		    int cols, const char *title);

#endif
