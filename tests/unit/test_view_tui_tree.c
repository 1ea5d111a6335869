// SPDX-License-Identifier: GPL-2.0
/* The tree of nodes, zones and ranges: which range each memory block is counted in. */
#include <stdlib.h>

#include "ktap.h"
#include "view/tui/tree.h"

#define PAGES 32768ULL
#define BLOCKS 400
#define RANGES 60

static void put_block(struct model *model, u64 number)
{
	struct mhp_block block = {
		.start_pfn = number * PAGES,
		.nid = number / 250,
		.zone = number % 97 < 60 ? MHP_ZONE_MOVABLE : MHP_ZONE_NORMAL,
		.state = number % 11 ? MHP_STATE_ONLINE :
			 number % 2  ? MHP_STATE_REMOVED :
				       MHP_STATE_OFFLINE,
	};

	ledger_load_block(model->ledger, &block);
}

/* Ranges that overlap, hide others, share their begin or their end, or end within a block */
static void put_ranges(struct model *model)
{
	struct mhp_range range = { 0 };
	int i;

	srand(1);
	for (i = 0; i < RANGES; i++) {
		range.start_pfn = (u64)(rand() % BLOCKS) * PAGES;
		range.nr_pages = (u64)(rand() % 40 + 1) * PAGES;
		if (i % 5 == 0)
			range.nr_pages += PAGES / 2;
		if (i % 7 == 0)
			range.start_pfn += PAGES / 2;
		range.add.begin_ns = rand() % 20;
		ledger_load_range(model->ledger, &range);
	}
}

/* Blocks in the same node, zone and range as this one, each looked up by itself */
static struct tui_tally count_alike(const struct model *model, s32 nid,
				    u32 zone, const struct mhp_range *range)
{
	const struct mhp_block *block = NULL;
	struct tui_tally tally = { 0 };

	while ((block = ledger_next_block(model->ledger, block)))
		if (block->state != MHP_STATE_REMOVED && block->nid == nid &&
		    block->zone == zone &&
		    ledger_find_range(model->ledger, block->start_pfn) == range)
			tui_tally_add(&tally, block);
	return tally;
}

static void check_lines(const struct tui_tree *tree, const struct model *model)
{
	const struct mhp_range *range;
	struct tui_tally want, got;
	u64 wrong = 0, blocks = 0, nested = 0;
	size_t i, j;

	for (i = 0; i < tree->nr; i++) {
		const struct tui_tree_line *line = &tree->lines[i];

		if (line->kind != TUI_TREE_RANGE)
			continue;
		range = ledger_find_range(model->ledger, line->first_pfn);
		want = count_alike(model, line->nid, line->zone, range);
		/* Where others lie in between, a range has several lines. */
		got = (struct tui_tally){ 0 };
		for (j = 0; j < tree->nr; j++) {
			const struct tui_tree_line *at = &tree->lines[j];

			if (at->kind != TUI_TREE_RANGE ||
			    at->nid != line->nid || at->zone != line->zone ||
			    at->is_range != line->is_range ||
			    at->range_pfn != line->range_pfn)
				continue;
			nested += j > i;
			got.blocks += at->tally.blocks;
			got.online += at->tally.online;
			got.offline += at->tally.offline;
		}
		wrong += line->is_range != !!range ||
			 (range && line->range_pfn != range->start_pfn) ||
			 got.blocks != want.blocks ||
			 got.online != want.online ||
			 got.offline != want.offline;
		blocks += line->tally.blocks;
	}
	eq("each block is counted in the range that was added last", wrong, 0);
	eq("all blocks but the removed ones are counted once", blocks,
	   BLOCKS - (BLOCKS / 11 + 1) / 2);
	ok(nested > 0, "there are ranges within others");
}

int main(void)
{
	struct source_info info = { .kind = SOURCE_EVENTS,
				    .page_bytes = 4096,
				    .block_bytes = PAGES * 4096 };
	struct tui_tree tree = { 0 };
	struct model model;
	u64 number;
	size_t all;

	if (model_init(&model, &info))
		return 1;
	for (number = 0; number < BLOCKS; number++)
		put_block(&model, number);
	put_ranges(&model);
	tui_tree_make(&tree, &model);
	check_lines(&tree, &model);
	all = tree.nr;
	tui_tree_fold(&tree, &tree.lines[0], true);
	tui_tree_make(&tree, &model);
	ok(tree.nr < all && tree.lines[0].folded, "a node can be folded");
	tree.filled = false;
	tui_tree_make(&tree, &model);
	ok(tree.lines[0].folded,
	   "it stays folded when the tree is filled anew");
	tui_tree_free(&tree);
	model_fini(&model);
	return ktap_done();
}
