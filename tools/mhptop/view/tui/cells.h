/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map of memory blocks as rows of cells: the position of each block, blocks
 * per cell, gaps between addresses. No curses and no glyphs.
 *
 * The number of a block is its first pfn divided by the pages of a block.
 */
#ifndef VIEW_TUI_CELLS_H
#define VIEW_TUI_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_ledger.h"

/* A cell of several blocks shows the state that is last in this list. */
enum tui_cell {
	TUI_CELL_EMPTY, /* no memory block at this address */
	TUI_CELL_REMOVED,
	TUI_CELL_BOOT,
	TUI_CELL_MOVABLE,
	TUI_CELL_KERNEL,
	TUI_CELL_OFFLINE,
	TUI_CELL_UNKNOWN,
	TUI_CELL_GOING_ONLINE,
	TUI_CELL_GOING_OFFLINE,
	TUI_CELL_FAILED,
	TUI_CELL_VIOLATED,
	TUI_NR_CELLS,
	TUI_CELL_SELF = 0x80, /* flag: hosted by the block or its range */
};

static inline enum tui_cell tui_cell_kind(u8 cell)
{
	return (enum tui_cell)(cell & ~TUI_CELL_SELF);
}

/* Contiguous blocks. */
struct tui_run {
	u64 first;
	size_t nr;
	size_t index; /* of the first, among all blocks */
};

struct tui_row {
	u64 first; /* number of its first block */
	u64 end; /* number of its last block, plus 1 */
	u64 gap; /* number of blocks missing before the next row */
	size_t run; /* index of the run with its first block */
};

struct tui_cells {
	u8 *cells; /* enum tui_cell of each block */
	size_t nr, room;
	struct tui_run *runs;
	size_t nr_runs, room_runs;
	struct tui_row *rows;
	size_t nr_rows, room_rows;
	unsigned int cols; /* cells per row */
	u32 fold; /* blocks per cell */
};

void tui_cells_clear(struct tui_cells *cells);
void tui_cells_free(struct tui_cells *cells);
/* Add the next block, in ascending order. 0 or -ENOMEM. */
int tui_cells_add(struct tui_cells *cells, u64 number, u8 cell);
/*
 * Add nr blocks with consecutive numbers. Returns where the caller has to store their
 * cells before the next call, or NULL: out of memory.
 */
u8 *tui_cells_extend(struct tui_cells *cells, u64 first, size_t nr);
/* The cell of a block, from its account and whether it violated a rule. */
u8 tui_cells_of(const struct mhp_block *block, bool violated);
/*
 * Arrange the blocks in rows of cols cells, fold blocks per cell. A fold of 0
 * selects the smallest power of two that fits into height rows, or the one
 * with the fewest rows if none fits. 0 or -ENOMEM.
 */
int tui_cells_arrange(struct tui_cells *cells, unsigned int cols, u32 fold,
		      size_t height);
/* Get the cells of a row; out has room for cols. */
void tui_cells_row(const struct tui_cells *cells, size_t row, u8 *out);
/* Find the cell of a block. False if there is no such block. */
bool tui_cells_find(const struct tui_cells *cells, u64 number, size_t *row,
		    unsigned int *col);
/* Get the first block of a cell in its worst state. False if the cell is empty. */
bool tui_cells_block(const struct tui_cells *cells, size_t row,
		     unsigned int col, u64 *number);

#endif
