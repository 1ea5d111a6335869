// SPDX-License-Identifier: GPL-2.0
/* Memory as a tree of nodes, zones and ranges. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "view/tui/text.h"
#include "view/tui/tree.h"

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

void tui_tree_begin(struct tui_tree *tree, const struct model *model)
{
	const struct mhp_zone_account *account = NULL;
	struct tui_tree_zone *zone;

	tree_clear(tree);
	tree->walk = (struct tui_tree_walk){
		.ledger = model->ledger,
		.block_pages = ledger_block_pages(model->ledger),
		.next = ledger_next_range(model->ledger, NULL),
	};
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
}

static bool range_has(const struct mhp_range *range, u64 pfn)
{
	return range && pfn - range->start_pfn < range->nr_pages;
}

/*
 * Find what ledger_find_range() would: of several ranges, the last added. One search
 * for each range would be slow, so the walk searches only where a range ends inside
 * another.
 */
static void walk_range(struct tui_tree_walk *walk, u64 pfn)
{
	const struct mhp_range *range =
		range_has(walk->range, pfn) ? walk->range : NULL;
	bool search = !range && pfn < walk->end;

	for (; walk->next && walk->next->start_pfn <= pfn;
	     walk->next = ledger_next_range(walk->ledger, walk->next)) {
		if (range_has(walk->next, pfn) &&
		    (!range || range->add.begin_ns <= walk->next->add.begin_ns))
			range = walk->next;
		if (walk->end < walk->next->start_pfn + walk->next->nr_pages)
			walk->end =
				walk->next->start_pfn + walk->next->nr_pages;
	}
	if (search)
		range = ledger_find_range(walk->ledger, pfn);
	walk->range = range;
	walk->until = walk->next ? walk->next->start_pfn : ~0ULL;
	if (range && walk->until > range->start_pfn + range->nr_pages)
		walk->until = range->start_pfn + range->nr_pages;
}

/* False: out of memory. */
static bool walk_step(struct tui_tree *tree, const struct mhp_block *block,
		      u64 pfn)
{
	struct tui_tree_walk *walk = &tree->walk;
	struct tui_tree_zone *zone = walk->zone;

	if (pfn >= walk->until) {
		walk_range(walk, pfn);
		walk->leaf = NULL;
	}
	if (!zone || zone->zone != block->zone ||
	    node_index(zone->nid) != node_index(block->nid)) {
		walk->zone = tree_zone(tree, block->nid, block->zone);
		walk->leaf = NULL;
	}
	if (!walk->leaf && walk->zone)
		walk->leaf = zone_leaf(walk->zone, walk->range, pfn);
	return walk->leaf;
}

void tui_tree_add(struct tui_tree *tree, const struct mhp_block *blocks,
		  u64 number, size_t nr)
{
	struct tui_tree_walk *walk = &tree->walk;
	u64 pfn = number * walk->block_pages;
	size_t i;

	for (i = 0; i < nr && !walk->full; i++, pfn += walk->block_pages) {
		if (blocks[i].state == MHP_STATE_REMOVED)
			continue;
		if (walk_step(tree, &blocks[i], pfn))
			tui_tally_add(&walk->leaf->tally, &blocks[i]);
		else
			walk->full = true;
	}
}

static void tree_fill(struct tui_tree *tree, const struct model *model)
{
	const struct mhp_block *blocks;
	u64 number;
	size_t nr;

	tui_tree_begin(tree, model);
	for (number = 0;
	     (blocks = ledger_walk_blocks(model->ledger, &number, &nr));
	     number += nr)
		tui_tree_add(tree, blocks, number, nr);
	tree->filled = true;
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
	bool folded = tree->folds.zones[node][tree_zone_index(zone->zone)];
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
	bool folded = tree->folds.nodes[node_index(tree->zones[from].nid)];
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

	if (!tree->filled)
		tree_fill(tree, model);
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
			&tree->folds.nodes[node] :
			&tree->folds.zones[node][tree_zone_index(line->zone)];

	if (line->kind == TUI_TREE_RANGE || *folded == fold)
		return false;
	*folded = fold;
	tree->made = false;
	return true;
}

/* Append one. "?" stands for an unknown node or zone. */
static void fold_put(char *buf, size_t len, size_t node, const char *zone)
{
	size_t used = strlen(buf);
	char name[24] = "?";
	int more;

	if (node < TUI_TREE_NODES - 1)
		snprintf(name, sizeof(name), "%zu", node);
	more = snprintf(buf + used, len - used, "%snode%s%s%s", used ? "," : "",
			name, zone ? "/" : "", zone ?: "");
	if (more < 0 || used + more >= len)
		buf[used] = '\0';
}

void tui_tree_folds_text(const struct tui_tree *tree, char *buf, size_t len)
{
	size_t node, zone;

	*buf = '\0';
	for (node = 0; node < TUI_TREE_NODES; node++) {
		if (tree->folds.nodes[node])
			fold_put(buf, len, node, NULL);
		for (zone = 0; zone < MHP_NODE_ZONES; zone++)
			if (tree->folds.zones[node][zone])
				fold_put(buf, len, node,
					 event_symbol(event_zones, zone));
	}
}

/* The place of "node0" or "node?" among the nodes, -1 if it is neither. */
static long fold_node(const char *text, size_t size)
{
	unsigned long node;
	char *end;

	if (size < 5 || strncmp(text, "node", 4))
		return -1;
	if (size == 5 && text[4] == '?')
		return TUI_TREE_NODES - 1;
	if (text[4] < '0' || text[4] > '9')
		return -1;
	node = strtoul(text + 4, &end, 10);
	return end == text + size && node < TUI_TREE_NODES - 1 ? (long)node :
								 -1;
}

/* One node or zone. False if it is neither. */
static bool fold_take(struct tui_tree_folds *folds, const char *text,
		      size_t size)
{
	const char *slash = memchr(text, '/', size);
	long node = fold_node(text, slash ? (size_t)(slash - text) : size);
	long zone = 0;

	if (node < 0)
		return false;
	if (!slash) {
		folds->nodes[node] = true;
		return true;
	}
	size -= slash + 1 - text;
	if (size != 1 || slash[1] != '?')
		zone = event_symbol_value(event_zones, slash + 1, size);
	if (zone < 0 || zone >= MHP_NODE_ZONES)
		return false;
	folds->zones[node][zone] = true;
	return true;
}

int tui_tree_folds_parse(struct tui_tree *tree, const char *text, char *why,
			 size_t len)
{
	struct tui_tree_folds folds = { 0 };
	char quoted[TUI_QUOTED_MAX];
	size_t size;

	for (;; text += size + 1) {
		size = strcspn(text, ",");
		if (!fold_take(&folds, text, size)) {
			snprintf(
				why, len,
				"%s is neither a node such as node0 nor a zone such as node0/Movable",
				tui_quoted(quoted, text, size));
			return -EINVAL;
		}
		if (!text[size])
			break;
	}
	tree->folds = folds;
	tree->made = false;
	return 0;
}

void tui_tree_free(struct tui_tree *tree)
{
	tree_clear(tree);
	free(tree->zones);
	free(tree->lines);
	memset(tree, 0, sizeof(*tree));
}
