/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The terminal: open and restore it, styles, clipped text, keys. Rows and
 * columns start at 0.
 */
#ifndef VIEW_TUI_SCREEN_H
#define VIEW_TUI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum tui_style {
	TUI_PLAIN,
	TUI_TITLE, /* title of a pane or column */
	TUI_FOCUS, /* title of the pane that has the focus */
	TUI_VALUE, /* important values */
	TUI_DIM,
	TUI_GOOD,
	TUI_ALARM, /* needs attention */
	TUI_KERNEL,
	TUI_MOVABLE,
	TUI_OFFLINE,
	TUI_GOING,
	TUI_FAILED,
	TUI_NR_STYLES,
	TUI_REVERSE = 0x100, /* flags, combined with a style */
	TUI_UNDERLINE = 0x200,
};

/* Keys that are not characters. */
enum tui_key {
	TUI_KEY_NONE = -1, /* no key is pending */
	TUI_KEY_GONE = -2, /* the terminal is gone */
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
	TUI_KEY_MOUSE, /* see tui_screen_mouse() */
	TUI_KEY_OTHER,
};

/* What the mouse did, and where. */
struct tui_mouse {
	enum {
		TUI_MOUSE_CLICK,
		TUI_MOUSE_UP,
		TUI_MOUSE_DOWN
	} what; /* the wheel: up, down */
	int y;
	int x;
};

#define TUI_CTRL(c) ((c)&0x1f)
#define TUI_KEY_ESC TUI_CTRL('[')
#define TUI_KEY_TAB TUI_CTRL('I')
#define TUI_KEY_ENTER TUI_CTRL('M')

/* Open the terminal. 0, or -ENOTTY or -EINVAL with a reason in why. */
int tui_screen_open(bool color, bool ascii, char *why, size_t len);
void tui_screen_close(void); /* restore the terminal, if it is open */
int tui_screen_fd(void); /* descriptor of the keys, -1 if not open */
bool tui_screen_utf8(void); /* characters beyond ASCII may be written */
void tui_screen_resize(void); /* get the new size from the terminal */
void tui_screen_size(int *rows, int *cols);
void tui_screen_redraw(void); /* the next frame is drawn completely */
/* Take the mouse from the terminal, or give it back to it. */
void tui_screen_mouse_use(bool use);
/* What the mouse did last, after TUI_KEY_MOUSE. */
void tui_screen_mouse(struct tui_mouse *mouse);
int tui_screen_key(void); /* a character or an enum tui_key */

void tui_screen_begin(void); /* start an empty frame without cursor */
/* Write exactly width cells: the text is clipped or padded with spaces. */
void tui_screen_text(int y, int x, int width, int style, const char *text);
int tui_screen_width(const char *text); /* in cells */
size_t tui_screen_fit(const char *text,
		      int width); /* bytes that fit into the cells */
void tui_screen_cursor(int y, int x);
void tui_screen_end(void);

#endif
