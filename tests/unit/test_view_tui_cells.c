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
	eq("the last row ends with the last block", cells->rows[2].end, 135);
	eq("no gap between rows that go on", cells->rows[0].gap, 0);
	tui_cells_row(cells, 2, row);
	eq("the last cell in use", row[2], ONLINE);
	eq("and the one after", row[3], TUI_CELL_EMPTY);
}

static void test_gaps(struct tui_cells *cells)
{
	u8 row[16];

	tui_cells_clear(cells);
	blocks_add(cells, 0, 4);
	blocks_add(cells, 6, 2);
	blocks_add(cells, 100, 1);
	tui_cells_arrange(cells, 16, 1, 0);
	eq("a short gap stays in the row, a long one begins a row",
	   cells->nr_rows, 2);
	tui_cells_row(cells, 0, row);
	eq("a missing block is an empty cell", row[4], TUI_CELL_EMPTY);
	eq("the one after the gap is in its place", row[6], ONLINE);
	eq("what is missing before the next row", cells->rows[0].gap, 92);
	eq("the row after the gap begins with its block", cells->rows[1].first,
	   100);
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
	eq("a short gap at the end of a row is told too", cells->rows[0].gap,
	   2);
}

static void test_fold(struct tui_cells *cells)
{
	u8 row[64];

	tui_cells_clear(cells);
	blocks_add(cells, 0, 65536);
	tui_cells_arrange(cells, 64, 0, 8);
	eq("65,536 blocks in 8 rows of 64: 128 a cell", cells->fold, 128);
	eq("which fill them", cells->nr_rows, 8);
	tui_cells_arrange(cells, 64, 0, 7);
	eq("one row less needs twice as many a cell", cells->fold, 256);
	tui_cells_arrange(cells, 64, 1, 8);
	eq("one by one: 1024 rows", cells->nr_rows, 1024);

	tui_cells_clear(cells);
	blocks_add(cells, 0, 100);
	tui_cells_add(cells, 100, TUI_CELL_FAILED);
	tui_cells_add(cells, 101, TUI_CELL_OFFLINE);
	blocks_add(cells, 102, 26);
	tui_cells_arrange(cells, 64, 0, 1);
	eq("128 blocks in a row of 64: 2 a cell", cells->fold, 2);
	tui_cells_row(cells, 0, row);
	eq("the worst of a cell is shown", row[50], TUI_CELL_FAILED);
	eq("others are as they were", row[51], ONLINE);
}

static void test_fold_and_gaps(struct tui_cells *cells)
{
	int i;

	tui_cells_clear(cells);
	for (i = 0; i < 10; i++)
		blocks_add(cells, i * 100000, 100);
	tui_cells_arrange(cells, 64, 0, 5);
	eq("ten ranges far apart never fit five rows: ten", cells->nr_rows, 10);
	eq("and are not folded more than that takes", cells->fold, 2);
	tui_cells_clear(cells);
	for (i = 0; i < 4096; i++)
		tui_cells_add(cells, i * 2, ONLINE);
	tui_cells_arrange(cells, 64, 0, 4);
	ok(cells->nr_rows <= 4, "every second block missing fits too");
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

/* Any blocks, columns and folds: each block is in the cell that shows it. */
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
	ok(!tui_cells_find(cells, 4, &row, &col), "nor one before the first");
	ok(!tui_cells_find(cells, 17, &row, &col), "nor one after the last");
	ok(!tui_cells_block(cells, 0, 5, &number),
	   "nor a block of an empty cell");
	tui_cells_add(cells, 17, TUI_CELL_OFFLINE);
	tui_cells_add(cells, 18, TUI_CELL_OFFLINE);
	tui_cells_arrange(cells, 16, 8, 0);
	ok(tui_cells_block(cells, 0, 1, &number), "a cell has a block");
	eq("and it is the first of the worst", number, 17);
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
	eq("in a kernel zone", tui_cells_of(&block, false), TUI_CELL_KERNEL);
	block.hosting = MHP_HOSTING_BOOT;
	eq("since boot", tui_cells_of(&block, false), TUI_CELL_BOOT);
	block.last_ret = -16;
	eq("did not go offline", tui_cells_of(&block, false), TUI_CELL_FAILED);
	block.state = MHP_STATE_GOING_OFFLINE;
	eq("tries again", tui_cells_of(&block, false), TUI_CELL_GOING_OFFLINE);
	block.state = MHP_STATE_REMOVED;
	eq("removed after all", tui_cells_of(&block, false), TUI_CELL_REMOVED);
	block = (struct mhp_block){ .state = MHP_STATE_OFFLINE };
	eq("offline", tui_cells_of(&block, false), TUI_CELL_OFFLINE);
	block.state = MHP_STATE_ONLINE;
	eq("online in a zone that nobody told", tui_cells_of(&block, false),
	   TUI_CELL_UNKNOWN);
	eq("whatever its state, what broke a law", tui_cells_of(&block, true),
	   TUI_CELL_BROKEN);
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
