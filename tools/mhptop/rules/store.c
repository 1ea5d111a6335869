// SPDX-License-Identifier: GPL-2.0
/*
 * The storage of what is known about memory blocks, ranges and zones.
 */
#include "base/vec.h"
#include "rules/state.h"

struct rule_block *rule_block(struct rules *rules, u64 pfn, bool create)
{
	u64 number = pfn / rules->block_pages;
	struct rule_block *block = sparse_find(&rules->blocks, number);

	if (block || !create)
		return block;
	block = sparse_make(&rules->blocks, number);
	if (!block) {
		/* No machine has memory at this address. */
		if (number >= SPARSE_MAX)
			rules->unsure = true;
		else
			rules->no_memory = true;
		return NULL;
	}
	block->number = number;
	block->maybe_online = rules->unlisted;
	block->nid = -1;
	block->zone = MHP_ZONE_NONE;
	block->hosting = MHP_HOSTING_NONE;
	block->host = MHP_HOSTING_NONE;
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
	return (u64)block->number * rules->block_pages;
}

u64 rule_blocks(const struct rules *rules, u64 nr_pages)
{
	return nr_pages / rules->block_pages +
	       !!(nr_pages % rules->block_pages);
}

struct rule_block *rule_block_in(struct rules *rules, u64 start, u64 nr,
				 u64 *at)
{
	u64 first = start / rules->block_pages;
	u64 number = first + *at;
	struct rule_block *block = sparse_next(&rules->blocks, &number);

	if (!block || number < first ||
	    number - first >= rule_blocks(rules, nr))
		return NULL;
	*at = number - first + 1;
	return block;
}

struct rule_range *rule_range(struct rules *rules, u64 base, bool create)
{
	struct rule_range *range;
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++)
		if (rules->ranges[i].base == base)
			return &rules->ranges[i];
	if (!create)
		return NULL;
	if (!vec_grow(rules->ranges, rules->nr_ranges, rules->room_ranges)) {
		rules->no_memory = true;
		return NULL;
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

void rules_blocks_end(struct rules *rules)
{
	struct rule_block *block;
	u64 number = 0;

	if (rules->listed)
		return;
	for (; (block = sparse_next(&rules->blocks, &number)); number++)
		block->maybe_online |= !block->start_known;
	rules->unlisted = true;
}

void rules_blocks_restart(struct rules *rules)
{
	struct rule_block *block;
	u64 number = 0;

	for (; (block = sparse_next(&rules->blocks, &number)); number++) {
		block->start_known = false;
		block->last_event = 0;
	}
	rules->listed = false;
}

void rules_forget(struct rules *rules)
{
	struct rule_block *block;
	u64 number = 0;
	size_t i;

	while ((block = sparse_next(&rules->blocks, &number))) {
		block->state = MHP_STATE_UNKNOWN;
		block->counted = false;
		block->hosting = MHP_HOSTING_NONE;
		block->host = MHP_HOSTING_NONE;
		block->described = 0;
		block->nid = -1;
		block->strict = false;
		number++;
	}
	for (i = 0; i < rules->nr_ranges; i++)
		rules->ranges[i] = (struct rule_range){
			.base = rules->ranges[i].base,
		};
	for (i = 0; i < rules->nr_zones; i++)
		rules->zones[i].known[0] = rules->zones[i].known[1] = false;
}
