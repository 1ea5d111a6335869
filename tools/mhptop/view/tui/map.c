// SPDX-License-Identifier: GPL-2.0
/* The map: which memory blocks are in which cell, and how cells are drawn. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "view/tui/cells.h"
#include "view/tui/tui.h"

#define GAP_CELLS 4 /* a longer gap starts a new row */

void tui_cells_clear(struct tui_cells *cells)
{
	cells->nr = 0;
	cells->nr_runs = 0;
	cells->nr_rows = 0;
}

void tui_cells_free(struct tui_cells *cells)
{
	free(cells->cells);
	free(cells->runs);
	free(cells->rows);
	memset(cells, 0, sizeof(*cells));
}

static int runs_extend(struct tui_cells *cells, u64 number)
{
	struct tui_run *run;

	if (cells->nr_runs) {
		run = &cells->runs[cells->nr_runs - 1];
		if (run->first + run->nr == number) {
			run->nr++;
			return 0;
		}
	}
	if (!vec_grow(cells->runs, cells->nr_runs, cells->room_runs))
		return -ENOMEM;
	cells->runs[cells->nr_runs++] = (struct tui_run){
		.first = number,
		.nr = 1,
		.index = cells->nr,
	};
	return 0;
}

int tui_cells_add(struct tui_cells *cells, u64 number, u8 cell)
{
	int err;

	if (!vec_grow(cells->cells, cells->nr, cells->room))
		return -ENOMEM;
	err = runs_extend(cells, number);
	if (err)
		return err;
	cells->cells[cells->nr++] = cell;
	return 0;
}

u8 tui_cells_of(const struct mhp_block *block, bool violated)
{
	u8 self = block->hosting == MHP_HOSTING_BLOCK ||
				  block->hosting == MHP_HOSTING_RANGE ?
			  TUI_CELL_SELF :
			  0;

	if (violated)
		return TUI_CELL_VIOLATED | self;
	switch (block->state) {
	case MHP_STATE_REMOVED:
		return TUI_CELL_REMOVED;
	case MHP_STATE_GOING_ONLINE:
		return TUI_CELL_GOING_ONLINE | self;
	case MHP_STATE_GOING_OFFLINE:
		return TUI_CELL_GOING_OFFLINE | self;
	}
	if (block->last_ret)
		return TUI_CELL_FAILED | self;
	if (block->state == MHP_STATE_OFFLINE)
		return TUI_CELL_OFFLINE | self;
	if (block->state != MHP_STATE_ONLINE)
		return TUI_CELL_UNKNOWN | self;
	if (block->hosting == MHP_HOSTING_BOOT)
		return TUI_CELL_BOOT;
	switch (block->zone) {
	case MHP_ZONE_MOVABLE:
		return TUI_CELL_MOVABLE | self;
	case MHP_ZONE_DMA:
	case MHP_ZONE_DMA32:
	case MHP_ZONE_NORMAL:
	case MHP_ZONE_HIGHMEM:
		return TUI_CELL_KERNEL | self;
	}
	return TUI_CELL_UNKNOWN | self;
}

static int rows_append(struct tui_cells *cells, const struct tui_row *row)
{
	if (!vec_grow(cells->rows, cells->nr_rows, cells->room_rows))
		return -ENOMEM;
	cells->rows[cells->nr_rows++] = *row;
	return 0;
}

/*
 * Arrange the blocks in rows, fold blocks per cell, and store the rows if keep
 * is set. Returns the number of rows, or -ENOMEM.
 */
static long rows_make(struct tui_cells *cells, u32 fold, bool keep)
{
	u64 span = (u64)cells->cols * fold;
	struct tui_row row = { 0 };
	long nr = 0;
	size_t i;

	cells->nr_rows = 0;
	for (i = 0; i < cells->nr_runs; i++) {
		const struct tui_run *run = &cells->runs[i];
		u64 at = run->first, end = run->first + run->nr;
		bool same = nr && at < row.first + span &&
			    at - row.end <= (u64)GAP_CELLS * fold;

		for (; at < end; at = row.end, same = false) {
			if (!same && nr++) {
				row.gap = at - row.end;
				if (keep && rows_append(cells, &row))
					return -ENOMEM;
			}
			if (!same)
				row = (struct tui_row){ .first = at, .run = i };
			row.end = row.first + span;
			if (row.end > end)
				row.end = end;
		}
	}
	if (nr && keep && rows_append(cells, &row))
		return -ENOMEM;
	return nr;
}

int tui_cells_arrange(struct tui_cells *cells, unsigned int cols, u32 fold,
		      size_t height)
{
	size_t nr, best = SIZE_MAX;
	u32 try;

	cells->cols = cols ? cols : 1;
	cells->fold = fold ? fold : 1;
	for (try = 1; !fold && best > height; try *= 2) {
		nr = rows_make(cells, try, false);
		if (nr < best) {
			best = nr;
			cells->fold = try;
		}
		if ((u64)cells->cols * try >= cells->nr)
			break;
	}
	return rows_make(cells, cells->fold, true) < 0 ? -ENOMEM : 0;
}

static bool cell_is_worse(u8 a, u8 b)
{
	return tui_cell_kind(a) != tui_cell_kind(b) ?
		       tui_cell_kind(a) > tui_cell_kind(b) :
		       a > b;
}

void tui_cells_row(const struct tui_cells *cells, size_t row, u8 *out)
{
	const struct tui_row *r = &cells->rows[row];
	size_t i;
	u64 n;

	memset(out, TUI_CELL_EMPTY, cells->cols);
	for (i = r->run; i < cells->nr_runs; i++) {
		const struct tui_run *run = &cells->runs[i];
		u64 end = run->first + run->nr;

		if (run->first >= r->end)
			break;
		n = run->first < r->first ? r->first : run->first;
		for (; n < end && n < r->end; n++) {
			u8 cell = cells->cells[run->index + (n - run->first)];
			u8 *to = &out[(n - r->first) / cells->fold];

			if (cell_is_worse(cell, *to))
				*to = cell;
		}
	}
}

/*
 * The last row or run that starts at or before a block, or nr if there is none.
 * The first member of both structures is the number of their first block.
 */
static size_t array_find(const void *array, size_t nr, size_t size, u64 number)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const u64 *first =
			(const void *)((const char *)array + mid * size);

		if (*first <= number)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : nr;
}

static const u8 *cell_of_block(const struct tui_cells *cells, u64 number)
{
	size_t i = array_find(cells->runs, cells->nr_runs, sizeof(*cells->runs),
			      number);
	const struct tui_run *run = &cells->runs[i];

	if (i == cells->nr_runs || number - run->first >= run->nr)
		return NULL;
	return &cells->cells[run->index + (number - run->first)];
}

bool tui_cells_find(const struct tui_cells *cells, u64 number, size_t *row,
		    unsigned int *col)
{
	size_t i = array_find(cells->rows, cells->nr_rows, sizeof(*cells->rows),
			      number);

	if (i == cells->nr_rows || number >= cells->rows[i].end ||
	    !cell_of_block(cells, number))
		return false;
	*row = i;
	*col = (number - cells->rows[i].first) / cells->fold;
	return true;
}

bool tui_cells_block(const struct tui_cells *cells, size_t row,
		     unsigned int col, u64 *number)
{
	const struct tui_row *r = &cells->rows[row];
	u64 n = r->first + (u64)col * cells->fold, end = n + cells->fold;
	u8 worst = TUI_CELL_EMPTY;

	for (; n < end && n < r->end; n++) {
		const u8 *cell = cell_of_block(cells, n);

		if (cell && cell_is_worse(*cell, worst)) {
			worst = *cell;
			*number = n;
		}
	}
	return worst != TUI_CELL_EMPTY;
}

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
		tui_pen_write(&pen, TUI_DIM, "  z: one block per cell");
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
