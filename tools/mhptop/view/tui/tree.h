/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory as a tree: nodes, their zones, and the added ranges whose memory blocks are
 * in each zone. What is folded stays folded when the tree is made anew. No curses.
 */
#ifndef VIEW_TUI_TREE_H
#define VIEW_TUI_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_ledger.h"
#include "model/model.h"

#define TUI_TREE_NODES (MHP_MAX_ZONES / MHP_NODE_ZONES + 1) /* last: unknown */

/* Memory blocks that are not removed */
struct tui_tally {
	u64 blocks;
	u64 online;
	u64 offline;
	u64 failed; /* whose last online or offline operation failed */
	u64 unknown; /* online, and it is unknown how much memmap they hold */
};

void tui_tally_add(struct tui_tally *tally, const struct mhp_block *block);

/* Pages that the accounts of zones count */
struct tui_tree_pages {
	bool known;
	u64 present;
	u64 managed;
	u64 vmemmap;
};

enum tui_tree_kind { TUI_TREE_NODE, TUI_TREE_ZONE, TUI_TREE_RANGE };

/* A visible line */
struct tui_tree_line {
	enum tui_tree_kind kind;
	s32 nid; /* -1: unknown */
	u32 zone; /* enum mhp_zone, 0: unknown */
	bool folded; /* and there is something below it */
	bool is_range; /* of a range; false: of no range that was seen */
	u64 range_pfn; /* if so, where the range starts */
	u64 first_pfn; /* of the first memory block, if there is one */
	struct tui_tally tally;
	struct tui_tree_pages pages; /* of a node or a zone */
};

/* The memory blocks of one range in one zone */
struct tui_tree_leaf {
	bool is_range;
	u64 range_pfn;
	u64 first_pfn;
	struct tui_tally tally;
};

struct tui_tree_zone {
	s32 nid;
	u32 zone;
	struct tui_tree_pages pages;
	struct tui_tree_leaf *leaves; /* in the order of their addresses */
	size_t nr, room;
};

/* Where the walk over the memory blocks is, which come in ascending order. */
struct tui_tree_walk {
	const struct mhp_ledger *ledger;
	u64 block_pages;
	const struct mhp_range
		*next; /* the first that starts behind the last pfn */
	const struct mhp_range *range; /* that contains the last pfn, or NULL */
	u64 until; /* the range is the same up to this pfn */
	u64 end; /* behind all ranges that start at or before the last pfn */
	struct tui_tree_zone *zone; /* of the last block, NULL: of none yet */
	struct tui_tree_leaf *leaf; /* likewise */
	bool full; /* out of memory: what comes is left out */
};

struct tui_tree {
	struct tui_tree_zone *zones;
	size_t nr_zones, room_zones;
	struct tui_tree_walk walk;
	struct tui_tree_line *lines;
	size_t nr, room;
	struct tui_tree_folds {
		bool nodes[TUI_TREE_NODES];
		bool zones[TUI_TREE_NODES][MHP_NODE_ZONES];
	} folds;
	bool filled; /* the zones are up to date */
	bool made; /* the lines are */
};

/*
 * Fill the tree anew: begin, then add all memory blocks, an array of those with
 * consecutive numbers at a time, in ascending order. What has no room is left out.
 */
void tui_tree_begin(struct tui_tree *tree, const struct model *model);
void tui_tree_add(struct tui_tree *tree, const struct mhp_block *blocks,
		  u64 number, size_t nr);
/* Make the lines anew. Fills the tree first if it is not filled. */
void tui_tree_make(struct tui_tree *tree, const struct model *model);
/* Fold or unfold a line. False if there is nothing to fold. */
bool tui_tree_fold(struct tui_tree *tree, const struct tui_tree_line *line,
		   bool fold);
/* What is folded as text: "node0,node1/Movable", "" if nothing is. What does not fit is left out. */
void tui_tree_folds_text(const struct tui_tree *tree, char *buf, size_t len);
/* The opposite. 0, or -EINVAL with a reason in why; nothing changes then. */
int tui_tree_folds_parse(struct tui_tree *tree, const char *text, char *why,
			 size_t len);
void tui_tree_free(struct tui_tree *tree);

#endif
