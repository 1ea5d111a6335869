// SPDX-License-Identifier: GPL-2.0
/* The terminal. Only this file uses curses. */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include "base/fit.h"
#include "view/tui/screen.h"

/* One terminal, as curses has global state. */
static struct {
	SCREEN *curses; /* NULL: not open */
	FILE *keys;
	bool color;
	bool utf8;
	bool cursor; /* this frame shows the cursor, at: */
	int cursor_y;
	int cursor_x;
	struct tui_mouse mouse;
} screen;

#define MOUSE_CLICK (BUTTON1_PRESSED | BUTTON1_CLICKED)

/* Every colour is redundant with an attribute, a word or a shape. */
static const struct {
	attr_t attr;
	short color; /* -1: the terminal's own */
} styles[TUI_NR_STYLES] = {
	[TUI_PLAIN] = { A_NORMAL, -1 },
	[TUI_TITLE] = { A_BOLD, -1 },
	[TUI_FOCUS] = { A_BOLD | A_REVERSE, -1 },
	[TUI_VALUE] = { A_BOLD, -1 },
	[TUI_DIM] = { A_DIM, -1 },
	[TUI_GOOD] = { A_NORMAL, COLOR_CYAN },
	[TUI_ALARM] = { A_BOLD | A_REVERSE, COLOR_RED },
	[TUI_KERNEL] = { A_NORMAL, COLOR_CYAN },
	[TUI_MOVABLE] = { A_NORMAL, COLOR_YELLOW },
	[TUI_OFFLINE] = { A_NORMAL, -1 },
	[TUI_GOING] = { A_BOLD, COLOR_MAGENTA },
	[TUI_FAILED] = { A_BOLD, COLOR_RED },
};

static const struct {
	int curses;
	int key;
} keys[] = {
	{ KEY_UP, TUI_KEY_UP },
	{ KEY_DOWN, TUI_KEY_DOWN },
	{ KEY_LEFT, TUI_KEY_LEFT },
	{ KEY_RIGHT, TUI_KEY_RIGHT },
	{ KEY_PPAGE, TUI_KEY_PGUP },
	{ KEY_NPAGE, TUI_KEY_PGDN },
	{ KEY_HOME, TUI_KEY_HOME },
	{ KEY_END, TUI_KEY_END },
	{ KEY_BACKSPACE, TUI_KEY_BACKSPACE },
	{ 0x7f, TUI_KEY_BACKSPACE },
	{ TUI_CTRL('H'), TUI_KEY_BACKSPACE },
	{ KEY_DC, TUI_KEY_DELETE },
	{ KEY_BTAB, TUI_KEY_BACKTAB },
	{ KEY_F(1), TUI_KEY_F1 },
	{ KEY_ENTER, TUI_KEY_ENTER },
	{ '\n', TUI_KEY_ENTER },
};

static void colors_open(void)
{
	int i;

	screen.color = has_colors() && start_color() == OK &&
		       use_default_colors() == OK;
	for (i = 1; screen.color && i < TUI_NR_STYLES; i++)
		init_pair(i, styles[i].color, -1);
}

static void modes_set(void)
{
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	curs_set(0);
}

/* Standard input, unless it is a recording. */
static FILE *keys_open(void)
{
	FILE *file;
	int fd;

	if (isatty(STDIN_FILENO))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open("/dev/tty", O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

int tui_screen_open(bool color, bool ascii, char *why, size_t len)
{
	const char *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO)) {
		snprintf(
			why, len,
			"dashboard: standard output is not a terminal; use -b for text or --json");
		return -ENOTTY;
	}
	screen.keys = keys_open();
	if (!screen.keys) {
		snprintf(
			why, len,
			"dashboard: no terminal to read keys from: %s; use -b for text or --json",
			strerror(errno));
		return -ENOTTY;
	}
	screen.utf8 = !ascii && !strcmp(nl_langinfo(CODESET), "UTF-8");
	set_escdelay(25);
	screen.curses = newterm(NULL, stdout, screen.keys);
	if (screen.curses && !tigetstr("cup")) {
		/* The terminal cannot move the cursor, e.g. "dumb". */
		endwin();
		delscreen(screen.curses);
		screen.curses = NULL;
	}
	if (!screen.curses) {
		fclose(screen.keys);
		screen.keys = NULL;
		snprintf(
			why, len,
			"dashboard: terminal type '%s' is unknown or cannot move the cursor; set TERM, or use -b for text",
			term ? term : "");
		return -EINVAL;
	}
	if (color)
		colors_open();
	modes_set();
	return 0;
}

void tui_screen_close(void)
{
	SCREEN *curses = screen.curses;

	if (!curses)
		return;
	/* First, so that a nested call does nothing. */
	screen.curses = NULL;
	endwin();
	delscreen(curses);
	fclose(screen.keys);
	screen.keys = NULL;
	screen.color = false;
}

int tui_screen_fd(void)
{
	return screen.keys ? fileno(screen.keys) : -1;
}

bool tui_screen_utf8(void)
{
	return screen.utf8;
}

void tui_screen_resize(void)
{
	struct winsize size;

	if (screen.curses && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) &&
	    size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

void tui_screen_size(int *rows, int *cols)
{
	getmaxyx(stdscr, *rows, *cols);
}

void tui_screen_redraw(void)
{
	clearok(curscr, TRUE);
}

/* POLLIN without data means that the terminal hung up. */
static bool terminal_is_gone(void)
{
	struct pollfd fd = { .fd = tui_screen_fd(), .events = POLLIN };
	int waiting = 0;

	if (poll(&fd, 1, 0) <= 0)
		return false;
	if (fd.revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	return ioctl(fd.fd, FIONREAD, &waiting) || !waiting;
}

/* Without an interval in which curses would wait for a second click */
void tui_screen_mouse_use(bool use)
{
	mouseinterval(0);
	mousemask(use ? MOUSE_CLICK | BUTTON4_PRESSED | BUTTON5_PRESSED : 0,
		  NULL);
}

void tui_screen_mouse(struct tui_mouse *mouse)
{
	*mouse = screen.mouse;
}

static int mouse_key(void)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return TUI_KEY_OTHER;
	screen.mouse.y = event.y;
	screen.mouse.x = event.x;
	if (event.bstate & BUTTON4_PRESSED)
		screen.mouse.what = TUI_MOUSE_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		screen.mouse.what = TUI_MOUSE_DOWN;
	else if (event.bstate & MOUSE_CLICK)
		screen.mouse.what = TUI_MOUSE_CLICK;
	else
		return TUI_KEY_OTHER;
	return TUI_KEY_MOUSE;
}

int tui_screen_key(void)
{
	int c = getch();
	size_t i;

	if (c == ERR)
		return terminal_is_gone() ? TUI_KEY_GONE : TUI_KEY_NONE;
	if (c == KEY_MOUSE)
		return mouse_key();
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].curses == c)
			return keys[i].key;
	return c < KEY_MIN ? c : TUI_KEY_OTHER;
}

void tui_screen_begin(void)
{
	erase();
	screen.cursor = false;
}

static attr_t style_attr(int style)
{
	attr_t attr = styles[style & 0xff].attr;

	if (style & TUI_REVERSE)
		attr ^= A_REVERSE;
	if (style & TUI_UNDERLINE)
		attr |= A_UNDERLINE;
	return attr;
}

int tui_screen_width(const char *text)
{
	int cells, width = 0;

	while (*text) {
		fit_char(&text, screen.utf8, &cells);
		width += cells;
	}
	return width;
}

size_t tui_screen_fit(const char *text, int width)
{
	const char *at = text, *next = text;
	int cells, used = 0;

	while (*next) {
		fit_char(&next, screen.utf8, &cells);
		used += cells;
		if (used > width)
			break;
		at = next;
	}
	return at - text;
}

void tui_screen_text(int y, int x, int width, int style, const char *text)
{
	wchar_t line[512];
	int rows, cols, cells, n = 0, used = 0;

	tui_screen_size(&rows, &cols);
	if (width > cols - x)
		width = cols - x;
	if (y < 0 || y >= rows || x < 0 || width <= 0)
		return;
	if (width > (int)(sizeof(line) / sizeof(*line)) - 1)
		width = sizeof(line) / sizeof(*line) - 1;
	while (used < width) {
		wchar_t c = ' ';

		cells = 1;
		if (*text)
			c = fit_char(&text, screen.utf8, &cells);
		if (used + cells > width)
			break;
		line[n++] = c;
		used += cells;
	}
	attr_set(style_attr(style), screen.color ? (short)(style & 0xff) : 0,
		 NULL);
	mvaddnwstr(y, x, line, n);
	attr_set(A_NORMAL, 0, NULL);
}

void tui_screen_cursor(int y, int x)
{
	screen.cursor = true;
	screen.cursor_y = y;
	screen.cursor_x = x;
}

void tui_screen_end(void)
{
	if (screen.cursor)
		move(screen.cursor_y, screen.cursor_x);
	curs_set(screen.cursor);
	wnoutrefresh(stdscr);
	doupdate();
}
