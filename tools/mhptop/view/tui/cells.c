// SPDX-License-Identifier: GPL-2.0
/* The map of memory blocks as rows of cells: where each block is, and how many share a cell. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "view/tui/cells.h"

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

static int runs_extend(struct tui_cells *cells, u64 number, size_t nr)
{
	struct tui_run *run;

	if (cells->nr_runs) {
		run = &cells->runs[cells->nr_runs - 1];
		if (run->first + run->nr == number) {
			run->nr += nr;
			return 0;
		}
	}
	if (!vec_grow(cells->runs, cells->nr_runs, cells->room_runs))
		return -ENOMEM;
	cells->runs[cells->nr_runs++] = (struct tui_run){
		.first = number,
		.nr = nr,
		.index = cells->nr,
	};
	return 0;
}

u8 *tui_cells_extend(struct tui_cells *cells, u64 first, size_t nr)
{
	u8 *array = vec_reserve(cells->cells, sizeof(*array), cells->nr + nr,
				&cells->room);

	if (!array)
		return NULL;
	cells->cells = array;
	if (runs_extend(cells, first, nr))
		return NULL;
	cells->nr += nr;
	return &array[cells->nr - nr];
}

int tui_cells_add(struct tui_cells *cells, u64 number, u8 cell)
{
	u8 *at = tui_cells_extend(cells, number, 1);

	if (!at)
		return -ENOMEM;
	*at = cell;
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
