// SPDX-License-Identifier: GPL-2.0
/* The page on which the user chooses the columns of the table, and that to sort by. */
#include <stdio.h>
#include <string.h>

#include "view/tui/state.h"

static void chooser_line(struct view_tui *view, int i)
{
	const struct tui_chosen *chosen = &view->choice.at[i];
	const struct column *column = chosen->column;
	bool selected = i == view->chosen;
	int style = selected ? TUI_PLAIN | TUI_REVERSE : TUI_PLAIN;

	if (view->mode == TUI_SORT)
		tui_lines_add(&view->lines, style, "%c %-10s %-18s %s",
			      selected ? '>' : ' ', column->title, column->key,
			      column->help);
	else
		tui_lines_add(&view->lines,
			      chosen->hidden && !selected ? TUI_DIM : style,
			      "%c [%c] %-10s %-18s width %2d  %s",
			      selected ? '>' : ' ', chosen->hidden ? ' ' : 'x',
			      column->title, column->key,
			      tui_choice_width(chosen), column->help);
}

void tui_chooser_make(struct view_tui *view)
{
	int i;

	tui_lines_clear(&view->lines);
	for (i = 0; i < view->choice.nr; i++)
		chooser_line(view, i);
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
					     view->choice.nr, height);
	view->lines.top = tui_layout_scroll(view->lines.top, view->chosen,
					    view->choice.nr, height);
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
