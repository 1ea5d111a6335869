// SPDX-License-Identifier: GPL-2.0
/* The layout of the screen. */
#include <string.h>
#include "view/tui/layout.h"

#define MAP_EXTRA 2 /* title and legend */
#define TABLE_MIN 4 /* title, heads, two blocks */
#define RANGES_EXTRA 2 /* title, heads */
#define RANGES_AUTO_ROWS 30 /* of the screen, to show ranges by default */
#define ALARM_MAX 3
#define ATTENTION_ROWS \
	14 /* of the screen, to show what needs attention in one row */
#define ATTENTION_MORE_ROWS 24 /* in two */
#define LOG_MIN 3 /* title, two events */

static int header_height(const struct tui_panes *panes)
{
	int height = panes->rows >= 20 ? 4 : panes->rows >= 14 ? 3 : 2;

	return height + panes->attention;
}

static int alarm_height(const struct tui_request *request, int rows)
{
	int most = rows >= 20 ? ALARM_MAX : 1;

	return request->alarm < most ? request->alarm : most;
}

static int attention_height(const struct tui_request *request, int rows)
{
	int most = rows >= ATTENTION_MORE_ROWS ? 2 : rows >= ATTENTION_ROWS;

	return request->attention < most ? request->attention : most;
}

/* A message takes what it needs, up to half of the screen. */
static int footer_height(const struct tui_request *request, int rows)
{
	int height = request->footer < rows / 2 ? request->footer : rows / 2;

	return height > 1 ? height : 1;
}

/* Other panes, if any, get at least three fifths of the body. */
static int map_height(const struct tui_request *request, int body, bool others)
{
	int height = request->map_rows + MAP_EXTRA;

	if (!request->map)
		return 0;
	if (!others)
		return body;
	if (height < MAP_EXTRA + 1)
		height = MAP_EXTRA + 1;
	if (height > body * 2 / 5)
		height = body * 2 / 5;
	return height > MAP_EXTRA ? height : 0;
}

static bool ranges_requested(const struct tui_request *request, int rows)
{
	if (request->log == TUI_LOG_ALONE)
		return false;
	if (request->ranges == TUI_RANGES_AUTO)
		return request->range_rows && rows >= RANGES_AUTO_ROWS;
	return request->ranges == TUI_RANGES_SHOWN;
}

/* At most a third of the rows below the map; none if the table would not fit. */
static int ranges_height(const struct tui_request *request, int body,
			 bool others)
{
	int height = request->range_rows + RANGES_EXTRA;
	int most = body / 3;

	if (!others)
		return body;
	if (height < RANGES_EXTRA + 1)
		height = RANGES_EXTRA + 1;
	if (most < RANGES_EXTRA + 1)
		most = RANGES_EXTRA + 1;
	if (height > most)
		height = most;
	return body - height >= TABLE_MIN ? height : 0;
}

static int log_height(int body, bool table)
{
	int height = body / 3;

	if (!table)
		return body;
	if (height < LOG_MIN)
		height = LOG_MIN;
	return body - height >= TABLE_MIN ? height : 0;
}

static int area_set(struct tui_area *area, int y, int height)
{
	area->y = y;
	area->height = height;
	return y + height;
}

void tui_layout(struct tui_panes *panes, const struct tui_request *request,
		int rows, int cols)
{
	bool log = request->log != TUI_LOG_HIDDEN;
	bool table = request->table && request->log != TUI_LOG_ALONE;
	bool map = request->map && request->log != TUI_LOG_ALONE;
	bool ranges = ranges_requested(request, rows);
	int footer = footer_height(request, rows), body, y, height = 0;

	memset(panes, 0, sizeof(*panes));
	panes->rows = rows;
	panes->cols = cols;
	panes->too_small = rows < TUI_MIN_ROWS || cols < TUI_MIN_COLS;
	if (panes->too_small)
		return;
	panes->attention = attention_height(request, rows);
	panes->alarm = alarm_height(request, rows);
	y = area_set(&panes->header, 0, header_height(panes) + panes->alarm);
	area_set(&panes->footer, rows - footer, footer);
	body = rows - y - footer;
	if (map)
		height = map_height(request, body, table || log || ranges);
	/* Nothing is requested, or it does not fit: show the table. */
	if (!height && !log && !ranges)
		table = true;
	y = area_set(&panes->pane[TUI_MAP], y, height);
	body -= height;
	height = ranges ? ranges_height(request, body, table || log) : 0;
	y = area_set(&panes->pane[TUI_RANGES], y, height);
	body -= height;
	height = log ? log_height(body, table) : 0;
	y = area_set(&panes->pane[TUI_TABLE], y, table ? body - height : 0);
	area_set(&panes->pane[TUI_LOG], y, height);
}

enum tui_pane tui_layout_next(const struct tui_panes *panes, enum tui_pane pane)
{
	int i;

	for (i = 1; i < TUI_NR_PANES; i++) {
		enum tui_pane next = (pane + i) % TUI_NR_PANES;

		if (panes->pane[next].height)
			return next;
	}
	return pane;
}

long tui_layout_scroll(long top, long sel, long nr, long height)
{
	if (sel >= 0 && sel < top)
		top = sel;
	if (sel >= 0 && sel >= top + height)
		top = sel - height + 1;
	if (top > nr - height)
		top = nr - height;
	return top < 0 ? 0 : top;
}
