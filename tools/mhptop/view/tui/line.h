/* SPDX-License-Identifier: GPL-2.0 */
/* A line editor for ASCII text. No curses. */
#ifndef VIEW_TUI_LINE_H
#define VIEW_TUI_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define TUI_LINE_MAX 200

struct tui_line {
	char text[TUI_LINE_MAX + 1];
	size_t len;
	size_t at; /* position of the cursor, 0 … len */
};

enum tui_edit {
	TUI_EDIT_LEFT,
	TUI_EDIT_RIGHT,
	TUI_EDIT_HOME,
	TUI_EDIT_END,
	TUI_EDIT_BACKSPACE,
	TUI_EDIT_DELETE,
	TUI_EDIT_KILL_WORD, /* the word before the cursor */
	TUI_EDIT_KILL_LINE,
};

void tui_line_set(struct tui_line *line, const char *text);
/* Insert a character at the cursor. False if it does not fit or is not printable ASCII. */
bool tui_line_insert(struct tui_line *line, int c);
void tui_line_edit(struct tui_line *line, enum tui_edit edit);

#endif
