// SPDX-License-Identifier: GPL-2.0
/* The help page. */
#include <stdio.h>
#include <string.h>
#include "model/columns.h"
#include "view/tui/state.h"
#include "view/tui/keys.h"

static const struct {
	const char *keys;
	const char *what;
} keys[] = {
#define X(action, keys, hint, what, ...) { keys, what },
	TUI_KEYS(X)
#undef X
};

static void legend_lines(struct tui_lines *lines)
{
	char a[2], b[2];
	int i, style;

	tui_lines_add(lines, TUI_TITLE,
		      "Block glyphs: memmap hosted elsewhere, self-hosted");
	for (i = TUI_CELL_REMOVED; i < TUI_NR_CELLS; i++) {
		const char *other = tui_glyph(i, a, &style);
		const char *self = tui_glyph(i | TUI_CELL_SELF, b, &style);
		bool pair = strcmp(other, self);

		tui_lines_add(lines, style & ~TUI_UNDERLINE, "  %s %s  %s",
			      other, pair ? self : " ", tui_glyphs[i].help);
	}
	tui_lines_add(
		lines, TUI_UNDERLINE,
		"  underlined where both have the same glyph: self-hosted");
	tui_lines_add(
		lines, TUI_PLAIN,
		"  A cell of several blocks shows the worst state, the last one in this list.");
}

static void help_column_lines(struct tui_lines *lines,
			      const struct column *column)
{
	for (; column->key; column++)
		tui_lines_add(lines, TUI_PLAIN, "  %-10s %-18s %s",
			      column->title, column->key, column->help);
}

static void settings_lines(struct tui_lines *lines, const struct view_tui *view)
{
	const char *at = view->unusable;
	int len;

	tui_lines_add(lines, TUI_TITLE, "Settings");
	tui_lines_add(lines, TUI_PLAIN, "  %s",
		      view->settings ? view->settings :
				       "none: HOME is not set");
	for (; *at; at += len + 1) {
		len = strcspn(at, "\n");
		tui_lines_add(lines, TUI_ALARM, "  %.*s", len, at);
	}
}

void tui_help_make(struct view_tui *view)
{
	struct tui_lines *lines = &view->lines;
	size_t i;

	tui_lines_clear(lines);
	/* What is wrong comes first. */
	if (*view->unusable)
		settings_lines(lines, view);
	tui_lines_add(lines, TUI_TITLE, "Keys");
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		tui_lines_add(lines, TUI_PLAIN, "  %-12s %s", keys[i].keys,
			      keys[i].what);
	if (!*view->unusable)
		settings_lines(lines, view);
	legend_lines(lines);
	tui_lines_add(
		lines, TUI_TITLE,
		"Filters: key=word key!=word key~regex key<number mov*; all must match, or all before or after an 'or'");
	tui_lines_add(lines, TUI_TITLE, "Columns: title, key, description");
	help_column_lines(lines, columns);
	tui_lines_add(lines, TUI_TITLE,
		      "Columns of ranges: title, key, description");
	help_column_lines(lines, range_columns);
}
