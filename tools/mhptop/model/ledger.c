// SPDX-License-Identifier: GPL-2.0
/*
 * Storage for the accounts: memory blocks in leaves of a directory indexed by
 * block number, zones and ranges in small ordered arrays. How events change
 * the accounts is the fold's business (mhp_fold.h), the same as in the kernel;
 * how they are looked at is in ledger_query.c.
 *
 * The limits are those of the kernel's maps, so that both end up with the same
 * accounts even when there are too many.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/ledger.h"
#include "model/ledger_store.h"
#include "mhp_fold.h"

/* Directory entries at most: 64 Mi blocks, more than 52 bits of address need. */
#define MAX_LEAVES (1U << 21)

struct mhp_ledger *ledger_new(u64 block_pages)
{
	struct mhp_ledger *ledger;

	if (!block_pages)
		return NULL;
	ledger = calloc(1, sizeof(*ledger));
	if (ledger)
		ledger->block_pages = block_pages;
	return ledger;
}

void ledger_free(struct mhp_ledger *ledger)
{
	size_t i;

	if (!ledger)
		return;
	for (i = 0; i < ledger->nr_leaves; i++)
		free(ledger->leaves[i]);
	free(ledger->leaves);
	free(ledger->zones);
	free(ledger->ranges);
	free(ledger);
}

/* Make the directory reach up to an entry: 0 or -ENOMEM. */
static int leaves_reach(struct mhp_ledger *ledger, u64 index)
{
	struct ledger_leaf **leaves;
	size_t nr = ledger->nr_leaves ?: 64;

	if (index < ledger->nr_leaves)
		return 0;
	if (index >= MAX_LEAVES)
		return -ENOMEM;
	while (nr <= index)
		nr *= 2;
	leaves = reallocarray(ledger->leaves, nr, sizeof(*leaves));
	if (!leaves)
		return -ENOMEM;
	memset(leaves + ledger->nr_leaves, 0,
	       (nr - ledger->nr_leaves) * sizeof(*leaves));
	ledger->leaves = leaves;
	ledger->nr_leaves = nr;
	return 0;
}

static struct mhp_block *block_new(struct mhp_ledger *ledger, u64 id)
{
	struct ledger_leaf *leaf;
	struct mhp_block *block;

	if (ledger->nr_blocks == MHP_MAX_BLOCKS ||
	    leaves_reach(ledger, id / LEAF_BLOCKS))
		return NULL;
	leaf = ledger->leaves[id / LEAF_BLOCKS];
	if (!leaf) {
		leaf = calloc(1, sizeof(*leaf));
		if (!leaf)
			return NULL;
		ledger->leaves[id / LEAF_BLOCKS] = leaf;
	}
	leaf->mask |= 1U << id % LEAF_BLOCKS;
	block = &leaf->blocks[id % LEAF_BLOCKS];
	block->start_pfn = id * ledger->block_pages;
	ledger->nr_blocks++;
	return block;
}

static struct mhp_block *mhp_ledger_block(struct mhp_ledger *ledger, u64 pfn,
					  int create)
{
	u64 id = pfn / ledger->block_pages;
	struct mhp_block *block = ledger_store_block(ledger, id);

	if (block || !create)
		return block;
	block = block_new(ledger, id);
	if (!block)
		ledger->full = 1;
	return block;
}

/*
 * Room for one more at a place of an ordered array, zeroed; NULL if there is
 * none. The array is twice as long at each power of two.
 */
static void *array_insert(void **array, size_t *nr, size_t size, size_t at,
			  size_t max)
{
	void *grown = *array;
	char *place;

	if (*nr == max)
		return NULL;
	if (!(*nr & (*nr - 1))) {
		grown = reallocarray(*array, *nr ? *nr * 2 : 1, size);
		if (!grown)
			return NULL;
		*array = grown;
	}
	place = (char *)grown + at * size;
	memmove(place + size, place, (*nr - at) * size);
	memset(place, 0, size);
	++*nr;
	return place;
}

static struct mhp_zone_account *mhp_ledger_zone(struct mhp_ledger *ledger,
						s32 nid, u32 zone)
{
	struct mhp_zone_account *account = ledger->zones;
	void *zones = ledger->zones;
	size_t i;

	for (i = 0; i < ledger->nr_zones; i++, account++) {
		if (account->nid == nid && account->zone == zone)
			return account;
		if (account->nid > nid ||
		    (account->nid == nid && account->zone > zone))
			break;
	}
	account = array_insert(&zones, &ledger->nr_zones, sizeof(*account), i,
			       MHP_MAX_ZONES);
	ledger->zones = zones;
	if (!account) {
		ledger->full = 1;
		return NULL;
	}
	account->nid = nid;
	account->zone = zone;
	return account;
}

static struct mhp_range *mhp_ledger_range(struct mhp_ledger *ledger,
					  u64 start_pfn, int create)
{
	size_t at = ledger_store_ranges(ledger, start_pfn);
	void *ranges = ledger->ranges;
	struct mhp_range *range;

	if (at && ledger->ranges[at - 1].start_pfn == start_pfn)
		return &ledger->ranges[at - 1];
	if (!create)
		return NULL;
	range = array_insert(&ranges, &ledger->nr_ranges, sizeof(*range), at,
			     MHP_MAX_RANGES);
	ledger->ranges = ranges;
	if (!range) {
		ledger->full = 1;
		return NULL;
	}
	range->start_pfn = start_pfn;
	return range;
}

static struct mhp_globals *mhp_ledger_globals(struct mhp_ledger *ledger)
{
	return &ledger->globals;
}

static u64 mhp_ledger_block_pages(const struct mhp_ledger *ledger)
{
	return ledger->block_pages;
}

static void note_range(struct mhp_ledger *ledger, u64 nr_pages)
{
	if (ledger->longest_range < nr_pages)
		ledger->longest_range = nr_pages;
}

int ledger_fold(struct mhp_ledger *ledger, const struct mhp_record *record)
{
	ledger->full = 0;
	mhp_fold(ledger, record, record->event);
	if (record->event == MHP_EVENT_mhp_add_begin)
		note_range(ledger, record->p.mhp_add_begin.nr_pages);
	else if (record->event == MHP_EVENT_mhp_add_end)
		note_range(ledger, record->p.mhp_add_end.nr_pages);
	else if (record->event == MHP_EVENT_mhp_block_seen)
		note_range(ledger, record->p.mhp_block_seen.range_pages);
	return ledger->full ? -ENOMEM : 0;
}

int ledger_load_block(struct mhp_ledger *ledger, const struct mhp_block *block)
{
	struct mhp_block *ours = mhp_ledger_block(ledger, block->start_pfn, 1);

	if (!ours)
		return -ENOMEM;
	*ours = *block;
	return 0;
}

int ledger_load_zone(struct mhp_ledger *ledger,
		     const struct mhp_zone_account *zone)
{
	struct mhp_zone_account *ours =
		mhp_ledger_zone(ledger, zone->nid, zone->zone);

	if (!ours)
		return -ENOMEM;
	*ours = *zone;
	return 0;
}

int ledger_load_range(struct mhp_ledger *ledger, const struct mhp_range *range)
{
	struct mhp_range *ours = mhp_ledger_range(ledger, range->start_pfn, 1);

	if (!ours)
		return -ENOMEM;
	*ours = *range;
	note_range(ledger, range->nr_pages);
	return 0;
}

void ledger_load_globals(struct mhp_ledger *ledger,
			 const struct mhp_globals *globals)
{
	ledger->globals = *globals;
}
