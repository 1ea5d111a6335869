/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map of the memory blocks as rows of cells: which block is where, how
 * many share a cell, where addresses are missing. No curses, and nothing of
 * what a cell looks like.
 *
 * Blocks are counted by number, which is their first pfn divided by the size
 * of a block.
 */
#ifndef VIEW_TUI_CELLS_H
#define VIEW_TUI_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_ledger.h"

/* In a cell of several blocks the one that comes last in this list is shown. */
enum tui_cell {
	TUI_CELL_EMPTY, /* no memory block has this address */
	TUI_CELL_REMOVED,
	TUI_CELL_BOOT,
	TUI_CELL_MOVABLE,
	TUI_CELL_KERNEL,
	TUI_CELL_OFFLINE,
	TUI_CELL_UNKNOWN,
	TUI_CELL_GOING_ONLINE,
	TUI_CELL_GOING_OFFLINE,
	TUI_CELL_FAILED,
	TUI_CELL_BROKEN,
	TUI_NR_CELLS,
	TUI_CELL_SELF = 0x80, /* or'ed in: it or its range hosts its memmap */
};

static inline enum tui_cell tui_cell_kind(u8 cell)
{
	return (enum tui_cell)(cell & ~TUI_CELL_SELF);
}

/* Blocks without a hole between them. */
struct tui_run {
	u64 first;
	size_t nr;
	size_t index; /* of the first, among all blocks */
};

struct tui_row {
	u64 first; /* number of the block that its first cell begins with */
	u64 end; /* and the one after its last */
	u64 gap; /* blocks that are missing before the next row */
	size_t run; /* that first is part of */
};

struct tui_cells {
	u8 *cells; /* enum tui_cell of each block */
	size_t nr, room;
	struct tui_run *runs;
	size_t nr_runs, room_runs;
	struct tui_row *rows;
	size_t nr_rows, room_rows;
	unsigned int cols; /* cells in a row */
	u32 fold; /* blocks in a cell */
};

void tui_cells_clear(struct tui_cells *cells);
void tui_cells_free(struct tui_cells *cells);
/* Add the next block, in ascending order. 0 or -ENOMEM. */
int tui_cells_add(struct tui_cells *cells, u64 number, u8 cell);
/* What a block's account looks like on the map. */
u8 tui_cells_of(const struct mhp_block *block, bool broken);
/*
 * Divide the blocks into rows of cols cells, fold blocks in each. With a fold
 * of 0 the smallest power of two with which height rows hold all, or the one
 * beyond which it does not get better. 0 or -ENOMEM.
 */
int tui_cells_arrange(struct tui_cells *cells, unsigned int cols, u32 fold,
		      size_t height);
/* The cells of a row into out[cols]. */
void tui_cells_row(const struct tui_cells *cells, size_t row, u8 *out);
/* Where a block is. False if there is no such block. */
bool tui_cells_find(const struct tui_cells *cells, u64 number, size_t *row,
		    unsigned int *col);
/* The worst block of a cell, the first of several. False if it is empty. */
bool tui_cells_block(const struct tui_cells *cells, size_t row,
		     unsigned int col, u64 *number);

#endif
