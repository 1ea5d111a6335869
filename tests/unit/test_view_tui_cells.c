// SPDX-License-Identifier: GPL-2.0
/* The map of the dashboard: blocks into cells, gaps into rows. */
#include <stdlib.h>
#include "ktap.h"
#include "view/tui/cells.h"

#define ONLINE (TUI_CELL_MOVABLE | TUI_CELL_SELF)

static void blocks_add(struct tui_cells *cells, u64 first, u64 nr)
{
	while (nr--)
		tui_cells_add(cells, first++, ONLINE);
}

static void test_one_by_one(struct tui_cells *cells)
{
	u8 row[16];

	tui_cells_clear(cells);
	blocks_add(cells, 100, 35);
	tui_cells_arrange(cells, 16, 1, 0);
	eq("35 blocks in rows of 16: 3 rows", cells->nr_rows, 3);
	eq("the second row's address", cells->rows[1].first, 116);
	eq("the last row ends after the last block", cells->rows[2].end, 135);
	eq("no gap between contiguous rows", cells->rows[0].gap, 0);
	tui_cells_row(cells, 2, row);
	eq("the last cell in use", row[2], ONLINE);
	eq("the cell after it is empty", row[3], TUI_CELL_EMPTY);
}

static void test_gaps(struct tui_cells *cells)
{
	u8 row[16];

	tui_cells_clear(cells);
	blocks_add(cells, 0, 4);
	blocks_add(cells, 6, 2);
	blocks_add(cells, 100, 1);
	tui_cells_arrange(cells, 16, 1, 0);
	eq("a short gap stays in the row, a long one starts a new row",
	   cells->nr_rows, 2);
	tui_cells_row(cells, 0, row);
	eq("a missing block is an empty cell", row[4], TUI_CELL_EMPTY);
	eq("the block after the gap is in its cell", row[6], ONLINE);
	eq("the number of blocks missing before the next row",
	   cells->rows[0].gap, 92);
	eq("the row after the gap starts with the next block",
	   cells->rows[1].first, 100);
	tui_cells_clear(cells);
	blocks_add(cells, 0, 4);
	blocks_add(cells, 8, 1);
	blocks_add(cells, 14, 1);
	tui_cells_arrange(cells, 16, 1, 0);
	eq("four cells are a short gap, five are not", cells->nr_rows, 2);
	tui_cells_clear(cells);
	blocks_add(cells, 0, 15);
	blocks_add(cells, 17, 1);
	tui_cells_arrange(cells, 16, 1, 0);
	eq("a short gap at the end of a row is reported, too",
	   cells->rows[0].gap, 2);
}

static void test_fold(struct tui_cells *cells)
{
	u8 row[64];

	tui_cells_clear(cells);
	blocks_add(cells, 0, 65536);
	tui_cells_arrange(cells, 64, 0, 8);
	eq("65,536 blocks in 8 rows of 64: 128 per cell", cells->fold, 128);
	eq("65,536 blocks fill 8 rows", cells->nr_rows, 8);
	tui_cells_arrange(cells, 64, 0, 7);
	eq("with 7 rows: 256 per cell", cells->fold, 256);
	tui_cells_arrange(cells, 64, 1, 8);
	eq("one block per cell: 1024 rows", cells->nr_rows, 1024);

	tui_cells_clear(cells);
	blocks_add(cells, 0, 100);
	tui_cells_add(cells, 100, TUI_CELL_FAILED);
	tui_cells_add(cells, 101, TUI_CELL_OFFLINE);
	blocks_add(cells, 102, 26);
	tui_cells_arrange(cells, 64, 0, 1);
	eq("128 blocks in a row of 64: 2 per cell", cells->fold, 2);
	tui_cells_row(cells, 0, row);
	eq("a cell shows its worst block", row[50], TUI_CELL_FAILED);
	eq("other cells are unchanged", row[51], ONLINE);
}

static void test_fold_and_gaps(struct tui_cells *cells)
{
	int i;

	tui_cells_clear(cells);
	for (i = 0; i < 10; i++)
		blocks_add(cells, i * 100000, 100);
	tui_cells_arrange(cells, 64, 0, 5);
	eq("ten distant ranges need ten rows, even if five are available",
	   cells->nr_rows, 10);
	eq("they are not folded more than necessary", cells->fold, 2);
	tui_cells_clear(cells);
	for (i = 0; i < 4096; i++)
		tui_cells_add(cells, i * 2, ONLINE);
	tui_cells_arrange(cells, 64, 0, 4);
	ok(cells->nr_rows <= 4,
	   "4096 blocks with holes between them fit into four rows");
}

static bool cells_agree(const struct tui_cells *cells)
{
	unsigned int col;
	size_t i, n, row;
	u64 found;

	for (i = 0; i < cells->nr_runs; i++)
		for (n = 0; n < cells->runs[i].nr; n++) {
			u64 number = cells->runs[i].first + n;

			if (!tui_cells_find(cells, number, &row, &col) ||
			    col >= cells->cols ||
			    !tui_cells_block(cells, row, col, &found) ||
			    (cells->fold == 1 && found != number))
				return false;
		}
	return true;
}

/* Random blocks, columns and folds: each block is found in its cell. */
static void test_find(struct tui_cells *cells)
{
	unsigned int col, round, bad = 0, nr;
	size_t row;
	u64 number;

	srand(1);
	for (round = 0; round < 300; round++) {
		tui_cells_clear(cells);
		for (number = 0, nr = rand() % 400; nr; nr--) {
			number += rand() % 20 ? 1 : rand() % 60 + 1;
			tui_cells_add(cells, number,
				      rand() % TUI_NR_CELLS ?: 1);
		}
		tui_cells_arrange(cells, rand() % 100, rand() % 5, rand() % 10);
		bad += !cells_agree(cells);
	}
	eq("each block is found in its cell", bad, 0);
	tui_cells_clear(cells);
	blocks_add(cells, 5, 5);
	blocks_add(cells, 12, 5);
	tui_cells_arrange(cells, 16, 1, 0);
	ok(!tui_cells_find(cells, 11, &row, &col),
	   "a block in a gap is not found");
	ok(!tui_cells_find(cells, 4, &row, &col),
	   "a block before the first is not found");
	ok(!tui_cells_find(cells, 17, &row, &col),
	   "a block after the last is not found");
	ok(!tui_cells_block(cells, 0, 5, &number),
	   "an empty cell has no block");
	tui_cells_add(cells, 17, TUI_CELL_OFFLINE);
	tui_cells_add(cells, 18, TUI_CELL_OFFLINE);
	tui_cells_arrange(cells, 16, 8, 0);
	ok(tui_cells_block(cells, 0, 1, &number), "a cell has a block");
	eq("it is the first of its worst blocks", number, 17);
}

static void test_states(void)
{
	struct mhp_block block = {
		.state = MHP_STATE_ONLINE,
		.zone = MHP_ZONE_MOVABLE,
		.hosting = MHP_HOSTING_BLOCK,
	};

	eq("online, self-hosted", tui_cells_of(&block, false), ONLINE);
	block.hosting = MHP_HOSTING_RANGE;
	eq("online, hosted by its range", tui_cells_of(&block, false), ONLINE);
	block.hosting = MHP_HOSTING_BUDDY;
	eq("online, buddy-hosted", tui_cells_of(&block, false),
	   TUI_CELL_MOVABLE);
	block.zone = MHP_ZONE_NORMAL;
	eq("online in a kernel zone", tui_cells_of(&block, false),
	   TUI_CELL_KERNEL);
	block.hosting = MHP_HOSTING_BOOT;
	eq("boot memory", tui_cells_of(&block, false), TUI_CELL_BOOT);
	block.last_ret = -16;
	eq("did not go offline", tui_cells_of(&block, false), TUI_CELL_FAILED);
	block.state = MHP_STATE_GOING_OFFLINE;
	eq("going offline again", tui_cells_of(&block, false),
	   TUI_CELL_GOING_OFFLINE);
	block.state = MHP_STATE_REMOVED;
	eq("removed", tui_cells_of(&block, false), TUI_CELL_REMOVED);
	block = (struct mhp_block){ .state = MHP_STATE_OFFLINE };
	eq("offline", tui_cells_of(&block, false), TUI_CELL_OFFLINE);
	block.state = MHP_STATE_ONLINE;
	eq("online in an unknown zone", tui_cells_of(&block, false),
	   TUI_CELL_UNKNOWN);
	eq("a rule violation, in any state", tui_cells_of(&block, true),
	   TUI_CELL_VIOLATED);
}

int main(void)
{
	struct tui_cells cells = { 0 };

	tui_cells_arrange(&cells, 80, 0, 5);
	eq("no blocks, no rows", cells.nr_rows, 0);
	test_one_by_one(&cells);
	test_gaps(&cells);
	test_fold(&cells);
	test_fold_and_gaps(&cells);
	test_find(&cells);
	test_states();
	tui_cells_free(&cells);
	return ktap_done();
}
