// SPDX-License-Identifier: GPL-2.0
/* The page on which the user chooses the columns of the table, and that to sort by. */
#include <stdio.h>
#include <string.h>

#include "view/tui/state.h"

/* Ranges have no choice of columns, but can be sorted by any. */
static bool chooser_has_ranges(const struct view_tui *view)
{
	return view->view == TUI_VIEW_ranges && view->mode != TUI_COLUMNS;
}

int tui_chooser_nr(const struct view_tui *view)
{
	int nr = 0;

	if (!chooser_has_ranges(view))
		return view->choice.nr;
	while (range_columns[nr].key)
		nr++;
	return nr;
}

const struct column *tui_chooser_column(const struct view_tui *view, int at)
{
	return chooser_has_ranges(view) ? &range_columns[at] :
					  view->choice.at[at].column;
}

int tui_chooser_find(const struct view_tui *view, const struct column *column)
{
	int i, nr = tui_chooser_nr(view);

	for (i = 0; i < nr; i++)
		if (tui_chooser_column(view, i) == column)
			return i;
	return 0;
}

static void chooser_line(struct view_tui *view, int i)
{
	const struct column *column = tui_chooser_column(view, i);
	const struct tui_chosen *chosen = &view->choice.at[i];
	bool selected = i == view->chosen;
	/* On a narrow screen the explanation is worth more than the key. */
	int key = view->panes.cols < 100 ? 0 : 18;
	int style = selected ? TUI_PLAIN | TUI_REVERSE : TUI_PLAIN;

	if (view->mode == TUI_SORT)
		tui_lines_add(&view->lines, style, "%c %-10s %-18s %s",
			      selected ? '>' : ' ', column->title, column->key,
			      column->help);
	else
		tui_lines_add(&view->lines,
			      chosen->hidden && !selected ? TUI_DIM : style,
			      "%c [%c] %-10s %-*.*s width %2d  %s",
			      selected ? '>' : ' ', chosen->hidden ? ' ' : 'x',
			      column->title, key, key, column->key,
			      tui_choice_width(chosen), column->help);
}

void tui_chooser_make(struct view_tui *view)
{
	int i, nr = tui_chooser_nr(view);
	struct tui_area area;

	tui_lines_clear(&view->lines);
	for (i = 0; i < nr; i++)
		chooser_line(view, i);
	tui_page_area(view, &area);
	view->lines.top = tui_layout_scroll(view->lines.top, view->chosen, nr,
					    area.height - 1);
}

void tui_chooser_move(struct view_tui *view, enum tui_move move)
{
	struct tui_area area;
	long height;

	tui_page_area(view, &area);
	height = area.height - 1;
	if (view->mode == TUI_COLUMNS && move == TUI_MOVE_LEFT)
		view->chosen =
			tui_choice_shift(&view->choice, view->chosen, -1);
	else if (view->mode == TUI_COLUMNS && move == TUI_MOVE_RIGHT)
		view->chosen = tui_choice_shift(&view->choice, view->chosen, 1);
	else
		view->chosen = tui_list_move(move, view->chosen,
					     tui_chooser_nr(view), height);
}

bool tui_chooser_key(struct view_tui *view, int key)
{
	switch (key) {
	case ' ':
		if (!tui_choice_toggle(&view->choice, view->chosen))
			snprintf(view->message, sizeof(view->message),
				 "one column must be shown");
		return true;
	case '+':
	case '=':
		tui_choice_widen(&view->choice, view->chosen, 1);
		return true;
	case '-':
		tui_choice_widen(&view->choice, view->chosen, -1);
		return true;
	case 'd':
		tui_choice_default(&view->choice);
		return true;
	}
	return false;
}
