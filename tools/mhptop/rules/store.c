// SPDX-License-Identifier: GPL-2.0
/*
 * What the rules remember of memory blocks, ranges and zones, and how it is
 * found. What the laws make of it is not here.
 */
#include <stdlib.h>

#include "rules/state.h"

#define RANGES_STEP 64

static u32 *slot_of(const struct rules *rules, u64 number)
{
	size_t i = number * 0x9e3779b97f4a7c15ULL >> 20 & (rules->room - 1);

	while (rules->index[i] &&
	       rules->blocks[rules->index[i] - 1].number != number)
		i = (i + 1) & (rules->room - 1);
	return &rules->index[i];
}

/* Room for one more block, with an index that is half empty. */
static bool blocks_grow(struct rules *rules)
{
	size_t i, room = rules->room ? rules->room * 2 : 256;
	struct rule_block *blocks;
	u32 *index;

	if (rules->nr_blocks * 2 < rules->room)
		return true;
	blocks = reallocarray(rules->blocks, room / 2, sizeof(*blocks));
	if (!blocks)
		return false;
	rules->blocks = blocks;
	index = calloc(room, sizeof(*index));
	if (!index)
		return false;
	free(rules->index);
	rules->index = index;
	rules->room = room;
	for (i = 0; i < rules->nr_blocks; i++)
		*slot_of(rules, blocks[i].number) = i + 1;
	return true;
}

struct rule_block *rule_block(struct rules *rules, u64 pfn, bool create)
{
	u64 number = pfn / rules->block_pages;
	struct rule_block *block;
	u32 place;

	place = rules->room ? *slot_of(rules, number) : 0;
	if (place)
		return &rules->blocks[place - 1];
	if (!create)
		return NULL;
	if (!blocks_grow(rules)) {
		rules->no_memory = true;
		return NULL;
	}
	block = &rules->blocks[rules->nr_blocks++];
	*block = (struct rule_block){
		.number = number,
		.nid = -1,
		.zone = MHP_ZONE_NONE,
		.hosting = MHP_HOSTING_NONE,
	};
	*slot_of(rules, number) = rules->nr_blocks;
	return block;
}

void rule_block_touch(struct rule_block *block, const struct mhp_record *r)
{
	block->last_event = r->event;
	block->last_seq = r->seq;
	block->last_ns = r->time_ns;
}

u64 rule_block_pfn(const struct rules *rules, const struct rule_block *block)
{
	return block->number * rules->block_pages;
}

u64 rule_blocks(const struct rules *rules, u64 nr_pages)
{
	return nr_pages / rules->block_pages +
	       !!(nr_pages % rules->block_pages);
}

struct rule_block *rule_block_in(struct rules *rules, u64 start, u64 nr,
				 size_t *at)
{
	u64 first = start / rules->block_pages;
	u64 blocks = rule_blocks(rules, nr);
	bool few = blocks <= rules->nr_blocks;
	struct rule_block *block;
	u32 place;

	while (*at < (few ? blocks : rules->nr_blocks)) {
		place = few ? *slot_of(rules, first + *at) : *at + 1;
		++*at;
		if (!place)
			continue;
		block = &rules->blocks[place - 1];
		if (block->number - first < blocks)
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

void rules_forget(struct rules *rules)
{
	size_t i;

	for (i = 0; i < rules->nr_blocks; i++) {
		rules->blocks[i].state = MHP_STATE_UNKNOWN;
		rules->blocks[i].counted = false;
		rules->blocks[i].hosting = MHP_HOSTING_NONE;
		rules->blocks[i].described = 0;
		rules->blocks[i].nid = -1;
		rules->blocks[i].strict = false;
	}
	for (i = 0; i < rules->nr_ranges; i++)
		rules->ranges[i].known = false;
	for (i = 0; i < rules->nr_zones; i++)
		rules->zones[i].known[0] = rules->zones[i].known[1] = false;
}
