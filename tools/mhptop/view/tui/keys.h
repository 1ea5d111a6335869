/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys of the dashboard, for key handling, the line of hints, the help
 * page and the manual page. It has no includes, so that the preprocessor alone
 * can expand it.
 */
#ifndef VIEW_TUI_KEYS_H
#define VIEW_TUI_KEYS_H

/*
 * X(action, keys as shown, hint in the last line or "", description,
 *   codes: characters, TUI_CTRL() or enum tui_key)
 * Hints are shown in this order; those that do not fit are left out.
 *
 * The action of a view is its name; views.h says what a view consists of.
 */
#define TUI_VIEWS(X)                                                       \
	X(blocks, "1", "1-7:views",                                        \
	  "view: memory blocks, with map, ranges and events", '1')         \
	X(ranges, "2", "", "view: added ranges", '2')                      \
	X(nodes, "3", "", "view: nodes, with their zones and ranges", '3') \
	X(devices, "4", "", "view: devices that have memory", '4')         \
	X(operations, "5", "",                                             \
	  "view: operations, with a waterfall of their phases", '5')       \
	X(latency, "6", "", "view: how long operations take", '6')         \
	X(events, "7", "", "view: events", '7')

#define TUI_KEYS(X)                                                            \
	X(help, "? h F1", "?:help", "show keys, legend and columns", '?', 'h', \
	  TUI_KEY_F1)                                                          \
	X(quit, "q", "q:quit", "quit; from a page or list: go back", 'q')      \
	X(open, "Enter", "Enter:detail", "show details of the selected block", \
	  TUI_KEY_ENTER)                                                       \
	X(filter, "/", "/:filter", "show only matching blocks", '/')           \
	TUI_VIEWS(X)                                                           \
	X(failed, "n", "n:failed",                                             \
	  "go to the next block that ever failed or violated a rule", 'n')     \
	X(sort, "s", "s:sort", "choose the column to sort by", 's')            \
	X(columns, "c", "c:columns",                                           \
	  "choose the columns, their order and width", 'c')                    \
	X(reverse, "r", "r:reverse", "reverse the sort order", 'r')            \
	X(pause, "p Space", "p:pause",                                         \
	  "pause the display, or play on; events are still collected", 'p',    \
	  ' ')                                                                 \
	X(next, "Tab", "Tab:pane", "move the focus to the next pane",          \
	  TUI_KEY_TAB, TUI_KEY_BACKTAB)                                        \
	X(log, "l", "l:log", "cycle the log: split, alone, hidden", 'l')       \
	X(map, "m", "m:map", "show or hide the map", 'm')                      \
	X(table, "t", "t:table", "show or hide the table", 't')                \
	X(ranges_pane, "R", "R:ranges", "show or hide the added ranges", 'R')  \
	X(time, "T", "T:time", "cycle the times: local, utc, mono, delta",     \
	  'T')                                                                 \
	X(event_back, "[", "[ ]:step", "recording: one event back", '[')       \
	X(event_on, "]", "", "recording: one event on", ']')                   \
	X(operation_back, "{", "",                                             \
	  "recording: back to the previous event of an operation", '{')        \
	X(operation_on, "}", "",                                               \
	  "recording: on to the next event of an operation", '}')              \
	X(half_speed, "(", "", "recording: half the speed of playing", '(')    \
	X(double_speed, ")", "", "recording: double the speed of playing",     \
	  ')')                                                                 \
	X(moment, "@", "@:time", "recording: enter a time to show", '@')       \
	X(zoom, "z", "",                                                       \
	  "map: one block per cell, or all; operations: each from 0", 'z')     \
	X(zoom_in, "Z", "", "map: half as many blocks per cell", 'Z')          \
	X(mouse, "M", "", "use the mouse, or leave it to the terminal", 'M')   \
	X(sort_prev, "<", "", "sort by the previous column", '<')              \
	X(sort_next, ">", "", "sort by the next column", '>')                  \
	X(back, "Esc", "", "go back; on the main screen: clear the filter",    \
	  TUI_KEY_ESC)                                                         \
	X(up, "Up k", "", "move up", TUI_KEY_UP, 'k')                          \
	X(down, "Down j", "", "move down", TUI_KEY_DOWN, 'j')                  \
	X(pgup, "PgUp Ctrl-B", "", "move one page up", TUI_KEY_PGUP,           \
	  TUI_CTRL('B'))                                                       \
	X(pgdn, "PgDn Ctrl-F", "", "move one page down", TUI_KEY_PGDN,         \
	  TUI_CTRL('F'))                                                       \
	X(first, "Home g", "", "go to the beginning", TUI_KEY_HOME, 'g')       \
	X(last, "End G", "", "go to the end", TUI_KEY_END, 'G')                \
	X(left, "Left", "", "scroll left; on the detail page: previous block", \
	  TUI_KEY_LEFT)                                                        \
	X(right, "Right", "", "scroll right; on the detail page: next block",  \
	  TUI_KEY_RIGHT)                                                       \
	X(slower, "+", "", "increase the delay between frames", '+', '=')      \
	X(faster, "-", "", "decrease the delay between frames", '-')           \
	X(delay, "d", "", "enter the delay between frames", 'd')               \
	X(save, "W", "",                                                       \
	  "save view, columns, order, folds, panes, times and delay", 'W')     \
	X(redraw, "Ctrl-L", "", "redraw the screen", TUI_CTRL('L'))

#endif
