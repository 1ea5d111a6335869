// SPDX-License-Identifier: GPL-2.0
/* Text along a row, lists of lines, and sizes as text. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/fit.h"
#include "base/vec.h"
#include "view/tui/screen.h"
#include "view/tui/text.h"

static bool pen_put(struct tui_pen *pen, int style, bool force, const char *fmt,
		    va_list args)
{
	char text[512];
	int width;

	vsnprintf(text, sizeof(text), fmt, args);
	width = tui_screen_width(text);
	if (width > pen->end - pen->x) {
		if (!force)
			return false;
		width = pen->end - pen->x;
	}
	tui_screen_text(pen->y, pen->x, width, style, text);
	pen->x += width;
	return true;
}

bool tui_pen_write(struct tui_pen *pen, int style, const char *fmt, ...)
{
	va_list args;
	bool fits;

	va_start(args, fmt);
	fits = pen_put(pen, style, false, fmt, args);
	va_end(args);
	return fits;
}

void tui_pen_force(struct tui_pen *pen, int style, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	pen_put(pen, style, true, fmt, args);
	va_end(args);
}

void tui_pen_title(struct tui_pen *pen, bool focus, const char *name)
{
	tui_pen_force(pen, focus ? TUI_FOCUS : TUI_TITLE,
		      focus ? "[%s]" : " %s ", name);
}

void tui_lines_add(struct tui_lines *lines, int style, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	if (!vec_grow(lines->line, lines->nr, lines->room))
		return;
	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	lines->line[lines->nr].style = style;
	lines->line[lines->nr++].text = text;
}

int tui_row_fit(const char *text, int cols)
{
	return fit_break(text, -1, tui_screen_fit(text, cols));
}

int tui_rows_draw(const char *text, int style, int y, int most, int cols)
{
	const char *rest = text;
	int rows, len;

	for (rows = 0; *rest; rows++) {
		struct tui_pen pen = { y + rows, 0, cols };

		len = tui_row_fit(rest, cols);
		if (rows == most - 1 && rest[len])
			tui_pen_force(&pen, style, "%.*s...",
				      tui_row_fit(rest, cols - 3), rest);
		else if (rows < most)
			tui_pen_force(&pen, style, "%.*s", len, rest);
		rest += len;
		rest += strspn(rest, " ");
	}
	return rows;
}

const char *tui_quoted(char buf[TUI_QUOTED_MAX], const char *text, size_t size)
{
	const int room = TUI_QUOTED_MAX - sizeof("'...'");

	if (size <= (size_t)room)
		snprintf(buf, TUI_QUOTED_MAX, "'%.*s'", (int)size, text);
	else
		snprintf(buf, TUI_QUOTED_MAX, "'%.*s...'", room, text);
	return buf;
}

static void line_wrap(struct tui_lines *lines, const struct tui_text *line,
		      int cols)
{
	int indent = fit_indent(line->text, cols);
	const char *rest = line->text;
	int len = fit_break(rest, -1, tui_screen_fit(rest, cols));

	tui_lines_add(lines, line->style, "%.*s", len, rest);
	for (rest += len; *(rest += strspn(rest, " ")); rest += len) {
		len = tui_row_fit(rest, cols - indent);
		tui_lines_add(lines, line->style, "%*s%.*s", indent, "", len,
			      rest);
	}
}

void tui_lines_wrap(struct tui_lines *lines, int cols)
{
	struct tui_lines made = { .top = lines->top };
	size_t i;

	for (i = 0; i < lines->nr; i++)
		line_wrap(&made, &lines->line[i], cols);
	tui_lines_free(lines);
	*lines = made;
}

void tui_lines_clear(struct tui_lines *lines)
{
	while (lines->nr)
		free(lines->line[--lines->nr].text);
}

void tui_lines_free(struct tui_lines *lines)
{
	tui_lines_clear(lines);
	free(lines->line);
	*lines = (struct tui_lines){ 0 };
}

void tui_lines_draw(struct tui_lines *lines, const struct tui_area *area,
		    int cols, const char *title)
{
	struct tui_pen pen = { area->y, 0, cols };
	long i, height = area->height - 1;
	long below;

	lines->top = tui_layout_scroll(lines->top, -1, lines->nr, height);
	below = (long)lines->nr - lines->top - height;
	tui_pen_title(&pen, true, title);
	if (below > 0)
		tui_pen_write(&pen, TUI_DIM, "  %ld more below", below);
	if (lines->top > 0)
		tui_pen_write(&pen, TUI_DIM, "  %ld above", lines->top);
	for (i = 0; i < height && lines->top + i < (long)lines->nr; i++) {
		const struct tui_text *line = &lines->line[lines->top + i];

		tui_screen_text(area->y + 1 + i, 0, cols, line->style,
				line->text);
	}
}
