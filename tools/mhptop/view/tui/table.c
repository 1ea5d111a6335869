// SPDX-License-Identifier: GPL-2.0
/* The table of memory blocks. */
#include <stdio.h>
#include <string.h>

#include "view/tui/state.h"
#include "model/event_table.h"
#include "model/columns.h"

static bool column_is_left(const struct column *column)
{
	return column->kind == COLUMN_WORD || column->kind == COLUMN_TEXT;
}

void tui_cell_draw(struct tui_pen *pen, const struct column *column, int width,
		   int style, const char *text)
{
	const struct tui_chosen own = { .column = column };
	bool left = column_is_left(column);
	int most = 256;

	/* Without a choice, a longer text takes the room that it needs. */
	if (width && width < tui_choice_width(&own)) {
		most = width;
		if (!left && (int)strlen(text) > width &&
		    strcmp(text, column->title))
			text = "########################################";
	} else if (!width) {
		width = tui_choice_width(&own);
	}
	tui_pen_force(pen, style, left ? "%-*.*s " : "%*.*s ", width, most,
		      text);
}

bool tui_cell_fits(const struct tui_pen *pen, const struct column *column,
		   int width)
{
	const struct tui_chosen chosen = { .column = column, .width = width };

	return pen->end - pen->x >= tui_choice_width(&chosen);
}

void tui_more_columns(struct tui_pen *title)
{
	tui_pen_write(title, TUI_DIM, "  Right: more columns");
}

/* How many columns fit on the screen, at least the first one */
static int columns_fitting(const struct view_tui *view,
			   const struct tui_chosen **list)
{
	struct tui_pen pen = { 0, TUI_GUTTER, view->panes.cols };
	int nr = 0;

	for (; list[nr]; nr++) {
		if (nr &&
		    !tui_cell_fits(&pen, list[nr]->column, list[nr]->width))
			break;
		pen.x += tui_choice_width(list[nr]) + 1;
	}
	return nr;
}

/* The column that the machine is asked for, NULL if it is not on the screen */
static const struct column *asked_column(const struct tui_chosen **list)
{
	for (; *list; list++)
		if (column_is_asked((*list)->column))
			return (*list)->column;
	return NULL;
}

/* Why that column is empty, "" if it is not */
static const char *asked_why(const struct model *model)
{
	if (!model->info.live)
		return "a recording does not have it";
	return model->forecasts ? model->forecasts->why :
				  "the machine cannot be asked";
}

/* Ask for what is on the screen. */
static void rows_want(const struct view_tui *view, const struct model *model,
		      long height)
{
	long nr = view->order.nr - view->table_top;

	if (view->answers && nr > 0)
		view->answers->want(view->answers, model,
				    view->order.pfns + view->table_top,
				    nr < height ? nr : height);
}

static void table_title_draw(const struct view_tui *view,
			     const struct model *model, int y, long height,
			     bool more, const struct column *asked)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	const char *arrow = view->reverse ? "descending" : "ascending";
	size_t nr = view->order.nr;

	tui_pen_title(&pen, tui_has_keys(view, TUI_TABLE), "Blocks");
	if (*view->filter_text) {
		tui_pen_force(&pen, TUI_VALUE, " %zu of %zu match '%s'", nr,
			      ledger_nr_blocks(model->ledger),
			      view->filter_text);
		tui_pen_write(&pen, TUI_DIM, " (Esc: show all)");
	} else if ((long)nr > height) {
		tui_pen_write(&pen, TUI_PLAIN, " %ld-%ld of %zu",
			      view->table_top + 1, view->table_top + height,
			      nr);
	} else {
		tui_pen_write(&pen, TUI_PLAIN, " %zu", nr);
	}
	tui_pen_write(&pen, TUI_PLAIN, "  by %s, %s",
		      view->sort ? view->sort->title : "address", arrow);
	if (asked && *asked_why(model))
		tui_pen_write(&pen, TUI_DIM, "  %s: %s", asked->title,
			      asked_why(model));
	if (more && tui_has_keys(view, TUI_TABLE))
		tui_more_columns(&pen);
}

/* The first column is fixed, the others scroll. Returns whether some do not fit at the right. */
static bool columns_pick(struct view_tui *view,
			 const struct tui_chosen *list[TUI_COLUMNS_MAX + 1])
{
	const struct tui_chosen *all[TUI_COLUMNS_MAX + 1];
	int from, nr = tui_choice_shown(&view->choice, all);

	if (view->table_col > nr - 2)
		view->table_col = nr - 2;
	if (view->table_col < 0)
		view->table_col = 0;
	from = 1 + view->table_col;
	list[0] = all[0];
	for (nr = 1; all[nr - 1] && all[from]; from++)
		list[nr++] = all[from];
	list[nr] = NULL;
	from = columns_fitting(view, list);
	list[from] = NULL;
	return from < nr;
}

const struct column *tui_table_column_at(struct view_tui *view, int x)
{
	const struct tui_chosen *list[TUI_COLUMNS_MAX + 1];
	int i, end = TUI_GUTTER;

	columns_pick(view, list);
	for (i = 0; list[i]; i++) {
		end += tui_choice_width(list[i]) + 1;
		if (x >= TUI_GUTTER && x < end)
			return list[i]->column;
	}
	return NULL;
}

static void heads_draw(const struct view_tui *view,
		       const struct tui_chosen **list, int y)
{
	struct tui_pen pen = { y, TUI_GUTTER, view->panes.cols };
	int i, style;

	for (i = 0; list[i] && pen.x < pen.end; i++) {
		style = TUI_TITLE;
		if (list[i]->column == view->sort)
			style |= TUI_UNDERLINE;
		tui_cell_draw(&pen, list[i]->column, list[i]->width, style,
			      list[i]->column->title);
	}
}

static void table_row_draw(const struct view_tui *view,
			   const struct model *model,
			   const struct tui_chosen **list, long row, int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	const struct mhp_block *block =
		ledger_find_block(model->ledger, view->order.pfns[row]);
	int i, mark, style = TUI_PLAIN;
	const char *glyph;
	char text[128], buf[2];

	if (!block)
		return;
	glyph = tui_glyph(tui_cell_of(model, block), buf, &mark);
	if (mark == TUI_ALARM || mark == TUI_FAILED || mark == TUI_GOING)
		style = mark;
	if (row == view->sel_row) {
		mark |= TUI_REVERSE;
		style |= TUI_REVERSE;
	}
	tui_pen_force(&pen, mark & ~TUI_UNDERLINE, "%s",
		      row == view->sel_row ? ">" : " ");
	tui_pen_force(&pen, mark, "%s", glyph);
	for (i = 0; list[i] && pen.x < pen.end; i++) {
		column_format(list[i]->column, model, block, text,
			      sizeof(text));
		tui_cell_draw(&pen, list[i]->column, list[i]->width, style,
			      text);
	}
	if (pen.x < pen.end)
		tui_screen_text(y, pen.x, pen.end - pen.x, style, "");
}

void tui_table_draw(struct view_tui *view, const struct model *model)
{
	const struct tui_area *area = &view->panes.pane[TUI_TABLE];
	const struct tui_chosen *list[TUI_COLUMNS_MAX + 1];
	const struct column *asked;
	long i, height = area->height - 2;
	bool more;

	if (height < 1)
		return;
	view->table_top = tui_layout_scroll(view->table_top, view->sel_row,
					    view->order.nr, height);
	more = columns_pick(view, list);
	asked = asked_column(list);
	if (asked)
		rows_want(view, model, height);
	table_title_draw(view, model, area->y, height, more, asked);
	heads_draw(view, list, area->y + 1);
	for (i = 0; i < height; i++) {
		long row = view->table_top + i;

		if (row >= (long)view->order.nr)
			break;
		table_row_draw(view, model, list, row, area->y + 2 + i);
	}
	if (!view->order.nr)
		tui_screen_text(area->y + 2, TUI_GUTTER,
				view->panes.cols - TUI_GUTTER, TUI_DIM,
				view->filter ? "no block matches the filter" :
					       "no memory blocks yet");
}
