// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger: storage for the accounts, and queries. How an event changes an
 * account is the fold's business (mhp_fold.h), the same as in the kernel.
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
	else if (record->event == MHP_EVENT_mhp_snapshot_block)
		note_range(ledger, record->p.mhp_snapshot_block.range_pages);
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

u64 ledger_block_pages(const struct mhp_ledger *ledger)
{
	return ledger->block_pages;
}

size_t ledger_nr_blocks(const struct mhp_ledger *ledger)
{
	return ledger->nr_blocks;
}

size_t ledger_nr_zones(const struct mhp_ledger *ledger)
{
	return ledger->nr_zones;
}

size_t ledger_nr_ranges(const struct mhp_ledger *ledger)
{
	return ledger->nr_ranges;
}

const struct mhp_block *ledger_next_block(const struct mhp_ledger *ledger,
					  const struct mhp_block *block)
{
	u64 id = block ? block->start_pfn / ledger->block_pages + 1 : 0;
	u64 index = id / LEAF_BLOCKS;
	u32 mask = ~0U << id % LEAF_BLOCKS;
	const struct ledger_leaf *leaf;

	for (; index < ledger->nr_leaves; index++, mask = ~0U) {
		leaf = ledger->leaves[index];
		if (leaf && leaf->mask & mask)
			return &leaf->blocks[__builtin_ctz(leaf->mask & mask)];
	}
	return NULL;
}

const struct mhp_zone_account *
ledger_next_zone(const struct mhp_ledger *ledger,
		 const struct mhp_zone_account *zone)
{
	size_t next = zone ? zone - ledger->zones + 1 : 0;

	return next < ledger->nr_zones ? &ledger->zones[next] : NULL;
}

const struct mhp_range *ledger_next_range(const struct mhp_ledger *ledger,
					  const struct mhp_range *range)
{
	size_t next = range ? range - ledger->ranges + 1 : 0;

	return next < ledger->nr_ranges ? &ledger->ranges[next] : NULL;
}

const struct mhp_block *ledger_find_block(const struct mhp_ledger *ledger,
					  u64 pfn)
{
	return ledger_store_block(ledger, pfn / ledger->block_pages);
}

const struct mhp_range *ledger_find_range(const struct mhp_ledger *ledger,
					  u64 pfn)
{
	const struct mhp_range *found = NULL, *range;
	size_t i = ledger_store_ranges(ledger, pfn);

	/* None that starts further below than the longest can reach up here. */
	while (i--) {
		range = &ledger->ranges[i];
		if (pfn - range->start_pfn >= ledger->longest_range)
			break;
		if (pfn - range->start_pfn < range->nr_pages &&
		    (!found || found->add.begin_ns < range->add.begin_ns))
			found = range;
	}
	return found;
}

const struct mhp_globals *ledger_globals(const struct mhp_ledger *ledger)
{
	return &ledger->globals;
}

bool range_memmap(const struct mhp_ledger *ledger,
		  const struct mhp_block *block, struct range_pages *holds,
		  struct range_pages *held_in)
{
	const struct mhp_range *range =
		ledger_find_range(ledger, block->start_pfn);
	u64 each = block->populated - block->freed;
	u64 pages = ledger_block_pages(ledger), at, end;

	if (!range || range->hosting != MHP_HOSTING_RANGE || !each ||
	    block->populated < block->freed)
		return false;
	at = block->start_pfn - range->start_pfn;
	held_in->first_pfn = range->start_pfn + at * each / pages;
	held_in->nr = each;
	/* A page of memmap describes pages / each pages. */
	holds->first_pfn = range->start_pfn + at * pages / each;
	end = (at + pages) * pages / each;
	if (end > range->nr_pages)
		end = range->nr_pages;
	end += range->start_pfn;
	holds->nr = end > holds->first_pfn ? end - holds->first_pfn : 0;
	return true;
}
