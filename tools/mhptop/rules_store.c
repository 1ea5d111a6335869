// SPDX-License-Identifier: GPL-2.0
/*
 * What the rules remember of memory blocks, ranges and zones, and how it is
 * found. What the laws make of it is not here.
 */
#include <stdlib.h>

#include "rules_state.h"

#define RANGES_STEP 64

static struct rule_block *slot_of(struct rule_block *blocks, size_t room,
				  u64 key)
{
	size_t i = key * 0x9e3779b97f4a7c15ULL >> 20 & (room - 1);

	while (blocks[i].number && blocks[i].number != key)
		i = (i + 1) & (room - 1);
	return &blocks[i];
}

static bool blocks_grow(struct rules *rules)
{
	size_t i, room = rules->room ? rules->room * 2 : 256;
	struct rule_block *blocks = calloc(room, sizeof(*blocks));

	if (!blocks)
		return false;
	for (i = 0; i < rules->room; i++)
		if (rules->blocks[i].number)
			*slot_of(blocks, room, rules->blocks[i].number) =
				rules->blocks[i];
	free(rules->blocks);
	rules->blocks = blocks;
	rules->room = room;
	return true;
}

struct rule_block *rule_block(struct rules *rules, u64 pfn, bool create)
{
	u64 key = pfn / rules->block_pages + 1;
	struct rule_block *block = NULL;

	/* The number behind the last one there is, where a block is a page. */
	if (!key)
		return NULL;
	if (rules->room)
		block = slot_of(rules->blocks, rules->room, key);
	if (block && block->number)
		return block;
	if (!create)
		return NULL;
	if (rules->nr_blocks * 2 >= rules->room) {
		if (!blocks_grow(rules)) {
			rules->no_memory = true;
			return NULL;
		}
		block = slot_of(rules->blocks, rules->room, key);
	}
	block->number = key;
	block->nid = -1;
	block->zone = MHP_ZONE_NONE;
	block->hosting = MHP_HOSTING_NONE;
	rules->nr_blocks++;
	return block;
}

u64 rule_blocks(const struct rules *rules, u64 nr_pages)
{
	return nr_pages / rules->block_pages +
	       !!(nr_pages % rules->block_pages);
}

u64 rule_block_pfn(const struct rules *rules, const struct rule_block *block)
{
	return (block->number - 1) * rules->block_pages;
}

struct rule_block *rule_block_in(struct rules *rules, u64 start, u64 nr,
				 size_t *at)
{
	u64 first = start / rules->block_pages + 1;
	u64 blocks = rule_blocks(rules, nr);
	struct rule_block *block;

	while (*at < blocks && *at < rules->room) {
		block = blocks <= rules->room ?
				slot_of(rules->blocks, rules->room,
					first + *at) :
				&rules->blocks[*at];
		++*at;
		if (block->number && block->number - first < blocks)
			return block;
	}
	return NULL;
}

struct rule_range *rule_range(struct rules *rules, u64 base, bool create)
{
	struct rule_range *range, *ranges;
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++)
		if (rules->ranges[i].base == base)
			return &rules->ranges[i];
	if (!create)
		return NULL;
	if (!(rules->nr_ranges % RANGES_STEP)) {
		ranges = reallocarray(rules->ranges,
				      rules->nr_ranges + RANGES_STEP,
				      sizeof(*ranges));
		if (!ranges) {
			rules->no_memory = true;
			return NULL;
		}
		rules->ranges = ranges;
	}
	range = &rules->ranges[rules->nr_ranges++];
	*range = (struct rule_range){ .base = base };
	return range;
}

struct rule_zone *rule_zone(struct rules *rules, s32 nid, u32 zone)
{
	size_t i;

	for (i = 0; i < rules->nr_zones; i++)
		if (rules->zones[i].nid == nid && rules->zones[i].zone == zone)
			return &rules->zones[i];
	if (rules->nr_zones == sizeof(rules->zones) / sizeof(*rules->zones))
		return NULL;
	rules->zones[i] = (struct rule_zone){ .nid = nid, .zone = zone };
	rules->nr_zones++;
	return &rules->zones[i];
}
