// SPDX-License-Identifier: GPL-2.0
/* The line editor behind the dashboard's prompts; see view_tui_line.h. */
#include <string.h>
#include "view/tui/line.h"

void tui_line_set(struct tui_line *line, const char *text)
{
	line->len = strnlen(text, TUI_LINE_MAX);
	memcpy(line->text, text, line->len);
	line->text[line->len] = '\0';
	line->at = line->len;
}

bool tui_line_insert(struct tui_line *line, int c)
{
	if (c < ' ' || c > '~' || line->len == TUI_LINE_MAX)
		return false;
	memmove(line->text + line->at + 1, line->text + line->at,
		line->len - line->at + 1);
	line->text[line->at++] = c;
	line->len++;
	return true;
}

/* Take out what is between from and to, and put the cursor there. */
static void line_cut(struct tui_line *line, size_t from, size_t to)
{
	memmove(line->text + from, line->text + to, line->len - to + 1);
	line->len -= to - from;
	line->at = from;
}

static size_t word_begin(const struct tui_line *line)
{
	size_t at = line->at;

	while (at && line->text[at - 1] == ' ')
		at--;
	while (at && line->text[at - 1] != ' ')
		at--;
	return at;
}

void tui_line_edit(struct tui_line *line, enum tui_edit edit)
{
	switch (edit) {
	case TUI_EDIT_LEFT:
		line->at -= line->at > 0;
		break;
	case TUI_EDIT_RIGHT:
		line->at += line->at < line->len;
		break;
	case TUI_EDIT_HOME:
		line->at = 0;
		break;
	case TUI_EDIT_END:
		line->at = line->len;
		break;
	case TUI_EDIT_BACKSPACE:
		if (line->at)
			line_cut(line, line->at - 1, line->at);
		break;
	case TUI_EDIT_DELETE:
		if (line->at < line->len)
			line_cut(line, line->at, line->at + 1);
		break;
	case TUI_EDIT_KILL_WORD:
		line_cut(line, word_begin(line), line->at);
		break;
	case TUI_EDIT_KILL_LINE:
		line_cut(line, 0, line->len);
		break;
	}
}
