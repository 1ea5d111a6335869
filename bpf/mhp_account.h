/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accounts as the fold sees them: how it finds one, and what several events do to one. Whoever compiles the fold
 * defines the six mhp_ledger_ functions that are declared here: mhp_maps.h for BPF, the ledger for user space.
 */
#ifndef MHP_ACCOUNT_H
#define MHP_ACCOUNT_H

#include "mhp_ledger.h"

/* The account of a memory block by the pfn of any of its pages, NULL if there is none and create is 0, or no room. */
static struct mhp_block *mhp_ledger_block(struct mhp_ledger *ledger, u64 pfn,
					  int create);
/* The account of a zone, made if need be; NULL if there is no room. */
static struct mhp_zone_account *mhp_ledger_zone(struct mhp_ledger *ledger,
						s32 nid, u32 zone);
/* The account of an added range by its first pfn, NULL if there is none and create is 0, or no room. */
static struct mhp_range *mhp_ledger_range(struct mhp_ledger *ledger,
					  u64 start_pfn, int create);
/* Delete the account of a range; pointers to accounts of other ranges are not valid any more. */
static void mhp_ledger_delete_range(struct mhp_ledger *ledger, u64 start_pfn);
static struct mhp_globals *mhp_ledger_globals(struct mhp_ledger *ledger);
/* The pages of a memory block. */
static u64 mhp_ledger_block_pages(const struct mhp_ledger *ledger);

#define MHP_FOLD static inline __attribute__((always_inline))

/* The account of a block that must be there; a collector that came late makes one and says that it knows little. */
MHP_FOLD struct mhp_block *mhp_fold_block(struct mhp_ledger *ledger, u64 pfn)
{
	struct mhp_block *block = mhp_ledger_block(ledger, pfn, 0);
	struct mhp_globals *globals;

	if (block)
		return block;
	globals = mhp_ledger_globals(ledger);
	if (globals)
		globals->unmatched++;
	block = mhp_ledger_block(ledger, pfn, 1);
	if (block)
		block->flags |= MHP_BLOCK_PARTIAL;
	return block;
}

/* So many vmemmap pages and blocks are online in a zone from now on. */
MHP_FOLD void mhp_fold_enter(struct mhp_zone_account *zone, u64 vmemmap_pages,
			     u32 blocks)
{
	zone->vmemmap_online += vmemmap_pages;
	zone->blocks_online += blocks;
}

/* And are not any more; what nobody saw coming is not counted when it goes. */
MHP_FOLD void mhp_fold_leave(struct mhp_zone_account *zone, u64 vmemmap_pages,
			     u32 blocks)
{
	if (vmemmap_pages > zone->vmemmap_online)
		vmemmap_pages = zone->vmemmap_online;
	zone->vmemmap_online -= vmemmap_pages;
	if (zone->blocks_online)
		zone->blocks_online -= blocks;
}

/* The account of a zone; none for what is in no zone, or in several. */
MHP_FOLD struct mhp_zone_account *mhp_fold_zone(struct mhp_ledger *ledger,
						s32 nid, u32 zone)
{
	return zone == MHP_ZONE_NONE ? (void *)0 :
				       mhp_ledger_zone(ledger, nid, zone);
}

/*
 * A block that was met in the middle of an operation has come to rest: what it counts now follows from its state, if it
 * is hot-added. Boot memory may have holes.
 */
MHP_FOLD void mhp_fold_settle(struct mhp_block *block,
			      struct mhp_zone_account *zone)
{
	if (!(block->flags & MHP_BLOCK_PARTIAL) ||
	    block->flags & MHP_BLOCK_SYSFS)
		return;
	if (block->state == MHP_STATE_OFFLINE) {
		block->flags &= ~MHP_BLOCK_PARTIAL;
		block->present = 0;
		block->managed = 0;
	}
	/* Who hosts it nobody may have told yet. */
	if (block->state != MHP_STATE_ONLINE || !block->hosting ||
	    block->hosting == MHP_HOSTING_NONE ||
	    block->hosting == MHP_HOSTING_BOOT)
		return;
	block->flags &= ~MHP_BLOCK_PARTIAL;
	block->flags |= MHP_BLOCK_ESTIMATED;
	block->present = block->described;
	block->managed = block->described - block->vmemmap_pages;
	if (zone)
		mhp_fold_enter(
			zone, (u64)block->vmemmap_pages - block->vmemmap_online,
			!(block->flags & MHP_BLOCK_COUNTED));
	block->flags |= MHP_BLOCK_COUNTED;
	block->vmemmap_online = block->vmemmap_pages;
}

/* What events say may be anything: sums wrap, in the kernel and elsewhere. */
MHP_FOLD s64 mhp_fold_sum(s64 a, s64 b)
{
	return (s64)((u64)a + (u64)b);
}

#endif
