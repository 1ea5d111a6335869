// SPDX-License-Identifier: GPL-2.0
/*
 * A snapshot made of the accounts, as exact as those are: the one that the collector
 * makes of the kernel's structures would stand at another place among the events.
 */
#include <string.h>
#include <unistd.h>

#include "record/accounts.h"
#include "source/sysfs/snapshot.h"

#define BLOCK_FIELD(field) MHP_FIELD(mhp_snapshot_block, field)

static void init_record(struct mhp_record *record, u16 event, u16 size,
			u64 time_ns)
{
	memset(record, 0, sizeof(*record));
	record->event = event;
	record->size = size;
	record->time_ns = time_ns;
	record->pid = getpid();
	strcpy(record->comm, "mhptop");
}

/* As the collector: an empty zone has no record. */
static bool zone_record(struct mhp_record *record,
			const struct mhp_zone_account *zone, u64 time_ns)
{
	init_record(record, MHP_EVENT_mhp_snapshot_zone,
		    sizeof(record->p.mhp_snapshot_zone), time_ns);
	record->p.mhp_snapshot_zone = (struct mhp_mhp_snapshot_zone){
		.present = zone->present,
		.managed = zone->managed,
		.nid = zone->nid,
		.zone = zone->zone,
		.origin = MHP_ORIGIN_KERNEL,
	};
	return zone->present || zone->managed;
}

/* What the blocks of a range that hosts its memmap as a whole have in common. */
static void put_memmap(struct mhp_mhp_snapshot_block *p,
		       const struct mhp_range *range)
{
	p->altmap_alloc = range->alloc;
	p->altmap_free = range->vmemmap_pages;
	p->refs = range->refs;
	p->range_pages = range->nr_pages;
	p->sections = range->sections;
	p->users = range->users;
	p->memmap_zone = range->zone;
}

/* The fields of a snapshot that the account of the block does not tell. */
static u32 unknown_fields(const struct mhp_block *block, bool has_range)
{
	/* No account has the poisoned pages. */
	u32 unknown = BLOCK_FIELD(poisoned);

	if (block->flags & MHP_BLOCK_SYSFS)
		unknown |= SYSFS_BLOCK_UNKNOWN;
	if (!block->hosting || block->hosting == MHP_HOSTING_NONE)
		unknown |= BLOCK_FIELD(hosting);
	if (block->hosting == MHP_HOSTING_RANGE && !has_range)
		unknown |= BLOCK_FIELD(altmap_alloc) | BLOCK_FIELD(refs) |
			   BLOCK_FIELD(altmap_free) | BLOCK_FIELD(range_pages) |
			   BLOCK_FIELD(sections) | BLOCK_FIELD(users) |
			   BLOCK_FIELD(memmap_zone);
	return unknown;
}

/* False if the block does not exist at the moment, is not known, or has its memmap only in part, as during an add. */
static bool block_record(struct mhp_record *record,
			 const struct mhp_ledger *ledger,
			 const struct mhp_block *block, u64 time_ns)
{
	struct mhp_mhp_snapshot_block *p = &record->p.mhp_snapshot_block;
	const struct mhp_range *range = NULL;

	if (!block->state || block->state == MHP_STATE_REMOVED ||
	    block->described != ledger_block_pages(ledger))
		return false;
	init_record(record, MHP_EVENT_mhp_snapshot_block, sizeof(*p), time_ns);
	p->start_pfn = block->start_pfn;
	p->nr_pages = ledger_block_pages(ledger);
	p->vmemmap_pages = block->vmemmap_pages;
	p->populated = block->populated - block->freed;
	p->altmap_base = block->altmap_base;
	p->nid = block->nid;
	p->zone = block->zone ?: MHP_ZONE_NONE;
	p->hosting = block->hosting ?: MHP_HOSTING_NONE;
	p->state = block->state;
	p->origin = block->flags & MHP_BLOCK_SYSFS ? MHP_ORIGIN_SYSFS :
						     MHP_ORIGIN_KERNEL;
	p->altmap_free = block->vmemmap_pages;
	p->altmap_alloc = block->vmemmap_pages ? p->populated : 0;
	if (block->hosting == MHP_HOSTING_RANGE)
		range = ledger_find_range(ledger, block->altmap_base);
	if (range && range->start_pfn != block->altmap_base)
		range = NULL;
	if (range)
		put_memmap(p, range);
	record->unknown = unknown_fields(block, range);
	return true;
}

int accounts_put(const struct mhp_ledger *ledger, u64 time_ns, source_sink sink,
		 void *ctx)
{
	const struct mhp_zone_account *zone = NULL;
	const struct mhp_block *block = NULL;
	struct mhp_record record;
	int err = 0;

	while (!err && (zone = ledger_next_zone(ledger, zone)))
		if (zone_record(&record, zone, time_ns))
			err = sink(ctx, &record);
	while (!err && (block = ledger_next_block(ledger, block)))
		if (block_record(&record, ledger, block, time_ns))
			err = sink(ctx, &record);
	return err;
}
