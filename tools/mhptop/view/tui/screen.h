/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The terminal: opening it and giving it back, styles, clipped text, keys.
 * Nothing here knows what is shown. Rows and columns count from 0.
 */
#ifndef VIEW_TUI_SCREEN_H
#define VIEW_TUI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum tui_style {
	TUI_PLAIN,
	TUI_TITLE, /* of a pane, a head of a column */
	TUI_FOCUS, /* of the pane that takes the keys */
	TUI_VALUE, /* what is to be read at a glance */
	TUI_DIM,
	TUI_GOOD,
	TUI_ALARM, /* read this first */
	TUI_KERNEL,
	TUI_MOVABLE,
	TUI_OFFLINE,
	TUI_GOING,
	TUI_FAILED,
	TUI_NR_STYLES,
	TUI_REVERSE = 0x100, /* may be or'ed in */
	TUI_UNDERLINE = 0x200,
};

/* Keys that are no characters. */
enum tui_key {
	TUI_KEY_NONE = -1, /* none is waiting */
	TUI_KEY_GONE = -2, /* the terminal went away */
	TUI_KEY_UP = 0x110000,
	TUI_KEY_DOWN,
	TUI_KEY_LEFT,
	TUI_KEY_RIGHT,
	TUI_KEY_PGUP,
	TUI_KEY_PGDN,
	TUI_KEY_HOME,
	TUI_KEY_END,
	TUI_KEY_BACKSPACE,
	TUI_KEY_DELETE,
	TUI_KEY_BACKTAB,
	TUI_KEY_F1,
	TUI_KEY_OTHER,
};

#define TUI_CTRL(c) ((c)&0x1f)
#define TUI_KEY_ESC TUI_CTRL('[')
#define TUI_KEY_TAB TUI_CTRL('I')
#define TUI_KEY_ENTER TUI_CTRL('M')

/* Standard output must be a terminal. -ENOTTY or -EINVAL with a reason. */
int tui_screen_open(bool color, bool ascii, char *why, size_t len);
void tui_screen_close(void); /* when it is open or not */
int tui_screen_fd(void); /* where keys come from */
bool tui_screen_utf8(void); /* more than ASCII may be written */
void tui_screen_resize(void); /* ask the terminal how large it is */
void tui_screen_size(int *rows, int *cols);
void tui_screen_redraw(void); /* trust nothing that is on it */
int tui_screen_key(void); /* a character or an enum tui_key */

void tui_screen_begin(void); /* an empty frame without a cursor */
/* Exactly width cells: cut off, or filled up with spaces. */
void tui_screen_text(int y, int x, int width, int style, const char *text);
int tui_screen_width(const char *text); /* in cells */
void tui_screen_cursor(int y, int x);
void tui_screen_end(void);

#endif
