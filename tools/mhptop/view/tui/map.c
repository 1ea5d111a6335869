// SPDX-License-Identifier: GPL-2.0
/* Draws the map: cells, labels, holes and the legend. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/tui/state.h"

/* States and hosting differ in shape, not only in colour. */
/* clang-format off */
#define GLYPH(cell, other, self, ascii_other, ascii_self, style, word, help) \
	[TUI_CELL_##cell] = { { other, self }, { ascii_other, ascii_self }, TUI_##style, word, help }
const struct tui_glyph tui_glyphs[TUI_NR_CELLS] = {
	GLYPH(EMPTY,	     " ", " ", ' ', ' ', PLAIN,   "",	       "no memory block at this address"),
	GLYPH(REMOVED,	     "·", "·", '.', '.', DIM,	  "removed",   "removed"),
	GLYPH(BOOT,	     "▒", "▒", '#', '#', PLAIN,	  "boot",      "boot memory, online"),
	GLYPH(MOVABLE,	     "○", "●", 'm', 'M', MOVABLE, "movable",   "online in ZONE_MOVABLE"),
	GLYPH(KERNEL,	     "□", "■", 'k', 'K', KERNEL,  "kernel",    "online in a kernel zone"),
	GLYPH(OFFLINE,	     "▭", "▬", '-', '=', OFFLINE, "offline",   "offline"),
	GLYPH(UNKNOWN,	     "?", "?", '?', '?', PLAIN,	  "unknown",   "unknown state or zone"),
	GLYPH(GOING_ONLINE,  "▷", "▶", '>', '>', GOING,	  "onlining",  "going online"),
	GLYPH(GOING_OFFLINE, "◁", "◀", '<', '<', GOING,	  "offlining", "going offline"),
	GLYPH(FAILED,	     "!", "!", '!', '!', FAILED,  "failed",    "last online or offline operation failed"),
	GLYPH(VIOLATED,    "X", "X", 'X', 'X', ALARM,   "violation", "rule violation, see the block's details"),
};
#undef GLYPH
/* clang-format on */

const char *tui_glyph(u8 cell, char buf[2], int *style)
{
	const struct tui_glyph *glyph = &tui_glyphs[tui_cell_kind(cell)];
	bool self = cell & TUI_CELL_SELF;
	bool same;

	*style = glyph->style;
	if (tui_screen_utf8()) {
		same = !strcmp(glyph->utf8[0], glyph->utf8[1]);
	} else {
		same = glyph->ascii[0] == glyph->ascii[1];
		buf[0] = glyph->ascii[self];
		buf[1] = '\0';
	}
	if (self && same)
		*style |= TUI_UNDERLINE;
	return tui_screen_utf8() ? glyph->utf8[self] : buf;
}

static u64 number_to_address(const struct model *model, u64 number)
{
	return number * ledger_block_pages(model->ledger) *
	       model->info.page_bytes;
}

/* Digits of the highest address, so that all labels have the same width. */
static int label_digits(const struct view_tui *view, const struct model *model)
{
	const struct tui_cells *cells = &view->cells;
	const struct tui_run *last;
	u64 address = 0;
	int digits = 0;

	if (cells->nr_runs) {
		last = &cells->runs[cells->nr_runs - 1];
		address = number_to_address(model, last->first + last->nr);
	}
	for (; address; address >>= 4)
		digits++;
	return digits < 9 ? 9 : digits;
}

int tui_map_label(const struct view_tui *view, const struct model *model)
{
	return label_digits(view, model) + (int)strlen("0x ");
}

static void map_title_draw(const struct view_tui *view,
			   const struct model *model, int y, long height)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	const struct tui_cells *cells = &view->cells;
	char bytes[UNITS_TEXT_MAX];

	tui_pen_title(&pen, tui_has_keys(view, TUI_MAP), "Map");
	if (cells->fold == 1)
		tui_pen_write(&pen, TUI_PLAIN, " 1 cell = 1 block, %s",
			      size_text(bytes, model->info.block_bytes));
	else
		tui_pen_write(&pen, TUI_PLAIN,
			      " 1 cell = %u blocks, %s, worst state shown",
			      cells->fold,
			      size_text(bytes,
					model->info.block_bytes * cells->fold));
	if ((long)cells->nr_rows > height)
		tui_pen_write(&pen, TUI_VALUE, "  rows %ld-%ld of %zu",
			      view->map_top + 1, view->map_top + height,
			      cells->nr_rows);
	if (cells->fold > 1)
		tui_pen_write(&pen, TUI_DIM,
			      "  z: one block per cell  Z: half as many");
	else if (view->zoom)
		tui_pen_write(&pen, TUI_DIM, "  Z: fit all blocks");
	else if (view->zoomed)
		tui_pen_write(&pen, TUI_DIM, "  z: fit all blocks");
}

static void gap_draw(const struct view_tui *view, const struct model *model,
		     const struct tui_row *row, int y, int x)
{
	struct tui_pen pen = { y, x, view->panes.cols };
	char bytes[UNITS_TEXT_MAX];

	if (!row->gap)
		return;
	tui_pen_force(&pen, TUI_DIM, "%s", tui_screen_utf8() ? "┊" : "|");
	tui_pen_write(&pen, TUI_DIM, " %s hole",
		      size_text(bytes, number_to_address(model, row->gap)));
}

static void map_row_draw(const struct view_tui *view, const struct model *model,
			 size_t nr, int y, long sel)
{
	const struct tui_row *row = &view->cells.rows[nr];
	struct tui_pen pen = { y, 0, view->panes.cols };
	u8 cells[TUI_MAP_COLS];
	int i, style,
		used = (row->end - row->first + view->cells.fold - 1) /
		       view->cells.fold;
	char buf[2];

	tui_pen_force(&pen, TUI_DIM, "0x%0*llx ", label_digits(view, model),
		      number_to_address(model, row->first));
	tui_cells_row(&view->cells, nr, cells);
	for (i = 0; i < used; i++) {
		const char *glyph = tui_glyph(cells[i], buf, &style);

		if (i == sel)
			style |= TUI_REVERSE;
		tui_screen_text(y, pen.x + i, 1, style, glyph);
	}
	gap_draw(view, model, row, y, pen.x + used);
}

/* The number of blocks in each state that occurs. */
static void legend_draw(const struct view_tui *view, int y)
{
	static const u8 order[] = {
		TUI_CELL_VIOLATED,     TUI_CELL_FAILED,	 TUI_CELL_GOING_OFFLINE,
		TUI_CELL_GOING_ONLINE, TUI_CELL_KERNEL,	 TUI_CELL_MOVABLE,
		TUI_CELL_OFFLINE,      TUI_CELL_UNKNOWN, TUI_CELL_BOOT,
		TUI_CELL_REMOVED,
	};
	struct tui_pen pen = { y, 0, view->panes.cols };
	size_t i, nr[TUI_CELL_SELF * 2] = { 0 }, self = 0;
	char a[2], b[2];
	int style;

	for (i = 0; i < view->cells.nr; i++)
		nr[view->cells.cells[i]]++;
	for (i = 0; i < sizeof(order); i++) {
		const char *one =
			tui_glyph(order[i] | TUI_CELL_SELF, a, &style);
		const char *two = tui_glyph(order[i], b, &style);
		size_t own = nr[order[i] | TUI_CELL_SELF];
		size_t all = nr[order[i]] + own;

		self += own;
		if (!all)
			continue;
		tui_pen_force(&pen, style, "%s%s", own ? one : "",
			      all > own && (!own || strcmp(one, two)) ? two :
									"");
		tui_pen_force(&pen, TUI_PLAIN, "%zu %s ", all,
			      tui_glyphs[order[i]].word);
	}
	if (self)
		tui_pen_write(&pen, TUI_DIM, "%s",
			      tui_screen_utf8() ? " filled: self-hosted" :
						  " K M =: self-hosted");
}

void tui_map_draw(struct view_tui *view, const struct model *model)
{
	const struct tui_area *area = &view->panes.pane[TUI_MAP];
	long i, height = area->height - 2;
	unsigned int sel_col = 0;
	size_t sel_row = 0;
	bool found;

	if (height < 1)
		return;
	found = view->selected &&
		tui_cells_find(&view->cells,
			       view->sel_pfn /
				       ledger_block_pages(model->ledger),
			       &sel_row, &sel_col);
	view->map_top = tui_layout_scroll(view->map_top,
					  found ? (long)sel_row : -1,
					  view->cells.nr_rows, height);
	map_title_draw(view, model, area->y, height);
	for (i = 0; i < height; i++) {
		size_t row = view->map_top + i;

		if (row >= view->cells.nr_rows)
			break;
		map_row_draw(view, model, row, area->y + 1 + i,
			     found && row == sel_row ? (long)sel_col : -1);
	}
	legend_draw(view, area->y + area->height - 1);
}
