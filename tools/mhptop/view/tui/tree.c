// SPDX-License-Identifier: GPL-2.0
/* Memory as a tree of nodes, zones and ranges. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "view/tui/tree.h"

/* Finds the ranges of blocks that come in ascending order, which one search for each would make slow. */
struct range_finder {
	const struct mhp_ledger *ledger;
	const struct mhp_range
		*next; /* the first that starts behind the last pfn */
	const struct mhp_range *found;
	bool started;
};

static const struct mhp_range *range_at(struct range_finder *finder, u64 pfn)
{
	const struct mhp_range *found = finder->found;
	bool look = found && pfn - found->start_pfn >= found->nr_pages;

	if (!finder->started)
		finder->next = ledger_next_range(finder->ledger, NULL);
	finder->started = true;
	while (finder->next && finder->next->start_pfn <= pfn) {
		finder->next = ledger_next_range(finder->ledger, finder->next);
		look = true;
	}
	/* No other range begins or ends here. */
	if (look)
		finder->found = ledger_find_range(finder->ledger, pfn);
	return finder->found;
}

static size_t node_index(s32 nid)
{
	return nid < 0 || nid >= TUI_TREE_NODES - 1 ? TUI_TREE_NODES - 1 :
						      (size_t)nid;
}

static u32 tree_zone_index(u32 zone)
{
	return zone < MHP_NODE_ZONES ? zone : 0;
}

/* Memory without a zone comes last. */
static u32 zone_rank(u32 zone)
{
	return zone <= MHP_ZONE_NONE ? MHP_NODE_ZONES + zone : zone;
}

static bool is_behind(const struct tui_tree_zone *at, s32 nid, u32 zone)
{
	if (node_index(at->nid) != node_index(nid))
		return node_index(at->nid) > node_index(nid);
	return zone_rank(at->zone) > zone_rank(zone);
}

/* Its place in the tree, which it gets if it has none yet; NULL: no memory. */
static struct tui_tree_zone *tree_zone(struct tui_tree *tree, s32 nid, u32 zone)
{
	size_t i;

	for (i = 0; i < tree->nr_zones; i++) {
		struct tui_tree_zone *at = &tree->zones[i];

		if (node_index(at->nid) == node_index(nid) && at->zone == zone)
			return at;
		if (is_behind(at, nid, zone))
			break;
	}
	if (!vec_insert(tree->zones, tree->nr_zones, tree->room_zones, i))
		return NULL;
	tree->zones[i].nid = node_index(nid) == TUI_TREE_NODES - 1 ? -1 : nid;
	tree->zones[i].zone = zone;
	return &tree->zones[i];
}

static struct tui_tree_leaf *zone_leaf(struct tui_tree_zone *zone,
				       const struct mhp_range *range, u64 pfn)
{
	struct tui_tree_leaf *last = zone->nr ? &zone->leaves[zone->nr - 1] :
						NULL;
	u64 start = range ? range->start_pfn : 0;

	if (last && last->is_range == !!range && last->range_pfn == start)
		return last;
	if (!vec_grow(zone->leaves, zone->nr, zone->room))
		return NULL;
	last = &zone->leaves[zone->nr++];
	*last = (struct tui_tree_leaf){
		.is_range = range,
		.range_pfn = start,
		.first_pfn = pfn,
	};
	return last;
}

void tui_tally_add(struct tui_tally *tally, const struct mhp_block *block)
{
	tally->blocks++;
	tally->online += block->state == MHP_STATE_ONLINE;
	tally->offline += block->state == MHP_STATE_OFFLINE;
	tally->failed += block->last_ret != 0;
	tally->unknown += block->state == MHP_STATE_ONLINE &&
			  !block_hosts_known(block);
}

static void tally_add(struct tui_tally *sum, const struct tui_tally *tally)
{
	sum->blocks += tally->blocks;
	sum->online += tally->online;
	sum->offline += tally->offline;
	sum->failed += tally->failed;
	sum->unknown += tally->unknown;
}

static void pages_add(struct tui_tree_pages *sum,
		      const struct tui_tree_pages *pages)
{
	sum->known |= pages->known;
	sum->present += pages->present;
	sum->managed += pages->managed;
	sum->vmemmap += pages->vmemmap;
}

static void tree_clear(struct tui_tree *tree)
{
	while (tree->nr_zones)
		free(tree->zones[--tree->nr_zones].leaves);
}

static void tree_collect(struct tui_tree *tree, const struct model *model)
{
	struct range_finder finder = { .ledger = model->ledger };
	const struct mhp_zone_account *account = NULL;
	const struct mhp_block *block = NULL;
	struct tui_tree_zone *zone = NULL;
	struct tui_tree_leaf *leaf;

	/* Zones that have no whole memory block are zones, too. */
	while ((account = ledger_next_zone(model->ledger, account))) {
		zone = tree_zone(tree, account->nid, account->zone);
		if (zone)
			zone->pages = (struct tui_tree_pages){
				.known = true,
				.present = account->present,
				.managed = account->managed,
				.vmemmap = account->vmemmap_online,
			};
	}
	/* Another one takes the place of zone when zones are added. */
	zone = NULL;
	while ((block = ledger_next_block(model->ledger, block))) {
		if (block->state == MHP_STATE_REMOVED)
			continue;
		if (!zone || zone->zone != block->zone ||
		    node_index(zone->nid) != node_index(block->nid))
			zone = tree_zone(tree, block->nid, block->zone);
		if (!zone)
			return;
		leaf = zone_leaf(zone, range_at(&finder, block->start_pfn),
				 block->start_pfn);
		if (!leaf)
			return;
		tui_tally_add(&leaf->tally, block);
	}
}

static struct tui_tree_line *line_add(struct tui_tree *tree,
				      enum tui_tree_kind kind,
				      const struct tui_tree_zone *zone)
{
	if (!vec_grow(tree->lines, tree->nr, tree->room))
		return NULL;
	tree->lines[tree->nr] = (struct tui_tree_line){
		.kind = kind,
		.nid = zone->nid,
		.zone = kind == TUI_TREE_NODE ? 0 : zone->zone,
	};
	return &tree->lines[tree->nr++];
}

static void tree_put_zone(struct tui_tree *tree,
			  const struct tui_tree_zone *zone)
{
	const size_t node = node_index(zone->nid);
	bool folded = tree->folded_zones[node][tree_zone_index(zone->zone)];
	struct tui_tree_line *line = line_add(tree, TUI_TREE_ZONE, zone);
	size_t i;

	if (!line)
		return;
	line->folded = folded && zone->nr;
	line->pages = zone->pages;
	for (i = 0; i < zone->nr; i++)
		tally_add(&line->tally, &zone->leaves[i].tally);
	if (zone->nr)
		line->first_pfn = zone->leaves[0].first_pfn;
	for (i = 0; !folded && i < zone->nr; i++) {
		line = line_add(tree, TUI_TREE_RANGE, zone);
		if (!line)
			return;
		line->is_range = zone->leaves[i].is_range;
		line->range_pfn = zone->leaves[i].range_pfn;
		line->first_pfn = zone->leaves[i].first_pfn;
		line->tally = zone->leaves[i].tally;
	}
}

static void tree_put_node(struct tui_tree *tree, size_t from, size_t to)
{
	bool folded = tree->folded_nodes[node_index(tree->zones[from].nid)];
	struct tui_tree_line *line =
		line_add(tree, TUI_TREE_NODE, &tree->zones[from]);
	size_t i, j;

	if (!line)
		return;
	line->folded = folded;
	for (i = from; i < to; i++) {
		pages_add(&line->pages, &tree->zones[i].pages);
		for (j = 0; j < tree->zones[i].nr; j++)
			tally_add(&line->tally,
				  &tree->zones[i].leaves[j].tally);
	}
	for (i = from; !folded && i < to; i++)
		tree_put_zone(tree, &tree->zones[i]);
}

void tui_tree_make(struct tui_tree *tree, const struct model *model)
{
	size_t from, to;

	tree_clear(tree);
	tree_collect(tree, model);
	tree->nr = 0;
	for (from = 0; from < tree->nr_zones; from = to) {
		for (to = from; to < tree->nr_zones; to++)
			if (tree->zones[to].nid != tree->zones[from].nid)
				break;
		tree_put_node(tree, from, to);
	}
	tree->made = true;
}

bool tui_tree_fold(struct tui_tree *tree, const struct tui_tree_line *line,
		   bool fold)
{
	const size_t node = node_index(line->nid);
	bool *folded =
		line->kind == TUI_TREE_NODE ?
			&tree->folded_nodes[node] :
			&tree->folded_zones[node][tree_zone_index(line->zone)];

	if (line->kind == TUI_TREE_RANGE || *folded == fold)
		return false;
	*folded = fold;
	tree->made = false;
	return true;
}

void tui_tree_free(struct tui_tree *tree)
{
	tree_clear(tree);
	free(tree->zones);
	free(tree->lines);
	memset(tree, 0, sizeof(*tree));
}
