/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys of the dashboard: one list, from which the key handling, the line
 * of hints and the help screen are made, and the manual can be. No includes,
 * so that any reader can expand it.
 */
#ifndef VIEW_TUI_KEYS_H
#define VIEW_TUI_KEYS_H

/*
 * X(action, keys as shown, hint in the last line or "", what it does,
 *   codes: characters, TUI_CTRL() or enum tui_key)
 * Hints stand in this order, and those that do not fit are left out.
 */
#define TUI_KEYS(X)                                                            \
	X(help, "? h F1", "?:help", "keys, legend and columns", '?', 'h',      \
	  TUI_KEY_F1)                                                          \
	X(quit, "q", "q:quit", "quit; on a page or in a list: go back", 'q')   \
	X(open, "Enter", "Enter:detail", "all about the selected block",       \
	  TUI_KEY_ENTER)                                                       \
	X(filter, "/", "/:filter", "show only the blocks that match", '/')     \
	X(failed, "n", "n:failed", "to the next block that failed", 'n')       \
	X(sort, "s", "s:sort", "choose the column to sort by", 's')            \
	X(reverse, "r", "r:reverse", "sort the other way round", 'r')          \
	X(pause, "p Space", "p:pause", "hold the screen still; events go on",  \
	  'p', ' ')                                                            \
	X(next, "Tab", "Tab:pane", "give the keys to the next pane",           \
	  TUI_KEY_TAB, TUI_KEY_BACKTAB)                                        \
	X(log, "l", "l:log", "log split, alone or hidden", 'l')                \
	X(map, "m", "m:map", "show or hide the map", 'm')                      \
	X(table, "t", "t:table", "show or hide the table", 't')                \
	X(ranges, "R", "R:ranges", "show or hide the added ranges", 'R')       \
	X(zoom, "z", "", "map: one block a cell, or all blocks at once", 'z')  \
	X(sort_prev, "<", "", "sort by the column before", '<')                \
	X(sort_next, ">", "", "sort by the column after", '>')                 \
	X(back, "Esc", "", "go back; on the main screen: clear the filter",    \
	  TUI_KEY_ESC)                                                         \
	X(up, "Up k", "", "up", TUI_KEY_UP, 'k')                               \
	X(down, "Down j", "", "down", TUI_KEY_DOWN, 'j')                       \
	X(pgup, "PgUp Ctrl-B", "", "a page up", TUI_KEY_PGUP, TUI_CTRL('B'))   \
	X(pgdn, "PgDn Ctrl-F", "", "a page down", TUI_KEY_PGDN, TUI_CTRL('F')) \
	X(first, "Home g", "", "to the first", TUI_KEY_HOME, 'g')              \
	X(last, "End G", "", "to the last", TUI_KEY_END, 'G')                  \
	X(left, "Left", "",                                                    \
	  "columns or text to the left; detail: block before", TUI_KEY_LEFT)   \
	X(right, "Right", "",                                                  \
	  "columns or text to the right; detail: next block", TUI_KEY_RIGHT)   \
	X(slower, "+", "", "longer between frames", '+', '=')                  \
	X(faster, "-", "", "shorter between frames", '-')                      \
	X(delay, "d", "", "type the seconds between frames", 'd')              \
	X(redraw, "Ctrl-L", "", "draw everything anew", TUI_CTRL('L'))

#endif
