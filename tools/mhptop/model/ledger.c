// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger: storage for the accounts, and queries. Events change accounts
 * through the fold, the same code as in the BPF programs.
 *
 * The limits are those of the BPF maps, so that both ledgers end up with the
 * same accounts even if there is no room for all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sparse.h"
#include "base/vec.h"
#include "model/ledger.h"
#include "mhp_fold.h"

struct mhp_ledger {
	u64 block_pages;
	u64 max_accounts; /* of blocks, and of ranges */
	struct sparse blocks; /* struct mhp_block, by block number */
	struct mhp_zone_account *zones; /* sorted by node and zone */
	size_t nr_zones;
	size_t room_zones;
	struct mhp_range *ranges; /* sorted by start_pfn */
	size_t nr_ranges;
	size_t room_ranges;
	u64 longest_range; /* in pages, of all ranges ever */
	struct mhp_globals globals;
	int full; /* an account could not be created */
};

struct mhp_ledger *ledger_new(u64 block_pages, u64 max_accounts)
{
	struct mhp_ledger *ledger;

	if (!block_pages)
		return NULL;
	ledger = calloc(1, sizeof(*ledger));
	if (!ledger)
		return NULL;
	ledger->block_pages = block_pages;
	ledger->max_accounts = max_accounts ?: MHP_MIN_ACCOUNTS;
	sparse_init(&ledger->blocks, sizeof(struct mhp_block));
	return ledger;
}

void ledger_free(struct mhp_ledger *ledger)
{
	if (!ledger)
		return;
	sparse_free(&ledger->blocks);
	free(ledger->zones);
	free(ledger->ranges);
	free(ledger);
}

static struct mhp_block *mhp_ledger_block(struct mhp_ledger *ledger, u64 pfn,
					  int create)
{
	u64 id = pfn / ledger->block_pages;
	struct mhp_block *block = sparse_find(&ledger->blocks, id);

	if (block || !create)
		return block;
	if (ledger->blocks.nr < ledger->max_accounts)
		block = sparse_make(&ledger->blocks, id);
	if (!block) {
		ledger->full = 1;
		return NULL;
	}
	block->start_pfn = id * ledger->block_pages;
	return block;
}

static struct mhp_zone_account *mhp_ledger_zone(struct mhp_ledger *ledger,
						s32 nid, u32 zone)
{
	struct mhp_zone_account *account = ledger->zones;
	size_t i;

	for (i = 0; i < ledger->nr_zones; i++, account++) {
		if (account->nid == nid && account->zone == zone)
			return account;
		if (account->nid > nid ||
		    (account->nid == nid && account->zone > zone))
			break;
	}
	if (ledger->nr_zones == MHP_MAX_ZONES ||
	    !vec_insert(ledger->zones, ledger->nr_zones, ledger->room_zones,
			i)) {
		ledger->full = 1;
		return NULL;
	}
	account = &ledger->zones[i];
	account->nid = nid;
	account->zone = zone;
	return account;
}

/* The number of ranges that start at or below a pfn. */
static size_t ranges_up_to(const struct mhp_ledger *ledger, u64 pfn)
{
	size_t low = 0, high = ledger->nr_ranges, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (ledger->ranges[mid].start_pfn <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct mhp_range *mhp_ledger_range(struct mhp_ledger *ledger,
					  u64 start_pfn, int create)
{
	size_t at = ranges_up_to(ledger, start_pfn);
	struct mhp_range *range;

	if (at && ledger->ranges[at - 1].start_pfn == start_pfn)
		return &ledger->ranges[at - 1];
	if (!create)
		return NULL;
	if (ledger->nr_ranges >= ledger->max_accounts ||
	    !vec_insert(ledger->ranges, ledger->nr_ranges, ledger->room_ranges,
			at)) {
		ledger->full = 1;
		return NULL;
	}
	range = &ledger->ranges[at];
	range->start_pfn = start_pfn;
	return range;
}

static void mhp_ledger_delete_range(struct mhp_ledger *ledger, u64 start_pfn)
{
	size_t at = ranges_up_to(ledger, start_pfn);

	if (!at || ledger->ranges[at - 1].start_pfn != start_pfn)
		return;
	memmove(&ledger->ranges[at - 1], &ledger->ranges[at],
		(ledger->nr_ranges - at) * sizeof(*ledger->ranges));
	ledger->nr_ranges--;
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
	ledger->globals.memmap_of_blocks = mhp_is_first_design(record);
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

void ledger_clear_ranges(struct mhp_ledger *ledger)
{
	ledger->nr_ranges = 0;
}

void ledger_load_globals(struct mhp_ledger *ledger,
			 const struct mhp_globals *globals)
{
	ledger->globals = *globals;
}

bool block_hosts_known(const struct mhp_block *block)
{
	if (block->flags & MHP_BLOCK_SNAPSHOT &&
	    !(block->flags & MHP_BLOCK_SYSFS))
		return true;
	return block->hosting && block->hosting != MHP_HOSTING_NONE;
}

u64 ledger_block_pages(const struct mhp_ledger *ledger)
{
	return ledger->block_pages;
}

size_t ledger_nr_blocks(const struct mhp_ledger *ledger)
{
	return ledger->blocks.nr;
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

	return sparse_next(&ledger->blocks, &id);
}

const struct mhp_block *ledger_walk_blocks(const struct mhp_ledger *ledger,
					   u64 *number, size_t *nr)
{
	return sparse_run(&ledger->blocks, number, nr);
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
	return sparse_find(&ledger->blocks, pfn / ledger->block_pages);
}

const struct mhp_range *ledger_find_range(const struct mhp_ledger *ledger,
					  u64 pfn)
{
	const struct mhp_range *found = NULL, *range;
	size_t i = ranges_up_to(ledger, pfn);

	/* Ranges may overlap. One that starts longest_range below does not reach pfn. */
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

u64 range_live_pages(const struct mhp_ledger *ledger,
		     const struct mhp_block *block)
{
	const struct mhp_range *range;

	if (block->hosting != MHP_HOSTING_RANGE ||
	    ledger->globals.memmap_of_blocks)
		return block->vmemmap_online;
	range = ledger_find_range(ledger, block->start_pfn);
	return range && range->vmemmap_online ? block->vmemmap_pages : 0;
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
	/* One page of memmap describes pages / each pages. */
	holds->first_pfn = range->start_pfn + at * pages / each;
	end = (at + pages) * pages / each;
	if (end > range->nr_pages)
		end = range->nr_pages;
	end += range->start_pfn;
	holds->nr = end > holds->first_pfn ? end - holds->first_pfn : 0;
	return true;
}
