/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fold's access to accounts, and the changes that several events have in common.
 *
 * Every user of the fold defines the six mhp_ledger_ functions declared here: the BPF programs find accounts in maps,
 * user space in its ledger.
 */
#ifndef MHP_ACCOUNT_H
#define MHP_ACCOUNT_H

#include "mhp_ledger.h"

/* The account of the block that contains pfn. NULL if it does not exist and create is 0, or if there is no room. */
static struct mhp_block *mhp_ledger_block(struct mhp_ledger *ledger, u64 pfn,
					  int create);
/* The account of a zone, created if it does not exist. NULL if there is no room. */
static struct mhp_zone_account *mhp_ledger_zone(struct mhp_ledger *ledger,
						s32 nid, u32 zone);
/* The account of the range added at start_pfn. NULL if it does not exist and create is 0, or if there is no room. */
static struct mhp_range *mhp_ledger_range(struct mhp_ledger *ledger,
					  u64 start_pfn, int create);
/* Delete the account of the range added at start_pfn. Pointers to accounts of ranges are invalid afterwards. */
static void mhp_ledger_delete_range(struct mhp_ledger *ledger, u64 start_pfn);
/* Never NULL at run time, but the verifier requires a check. */
static struct mhp_globals *mhp_ledger_globals(struct mhp_ledger *ledger);
/* Pages in a memory block. */
static u64 mhp_ledger_block_pages(const struct mhp_ledger *ledger);

#define MHP_FOLD static inline __attribute__((always_inline))

/*
 * The account of a block that should exist. If the collector was attached too late to have one, creates it and flags it
 * as partial.
 */
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

/* Adds vmemmap pages and blocks that went online to a zone. */
MHP_FOLD void mhp_fold_enter(struct mhp_zone_account *zone, u64 vmemmap_pages,
			     u32 blocks)
{
	zone->vmemmap_online += vmemmap_pages;
	zone->blocks_online += blocks;
}

/* Removes them again, but never more than were added: the collector may have missed the online. */
MHP_FOLD void mhp_fold_leave(struct mhp_zone_account *zone, u64 vmemmap_pages,
			     u32 blocks)
{
	if (vmemmap_pages > zone->vmemmap_online)
		vmemmap_pages = zone->vmemmap_online;
	zone->vmemmap_online -= vmemmap_pages;
	if (zone->blocks_online)
		zone->blocks_online -= blocks;
}

/* The account of a zone; NULL if the event has no zone, or pages in several, or if it is unknown. */
MHP_FOLD struct mhp_zone_account *mhp_fold_zone(struct mhp_ledger *ledger,
						s32 nid, u32 zone)
{
	return !zone || zone == MHP_ZONE_NONE ?
		       (void *)0 :
		       mhp_ledger_zone(ledger, nid, zone);
}

/* Whether the memmap in the pages of a block belongs to the account of the block's range. */
MHP_FOLD int mhp_fold_is_shared(struct mhp_ledger *ledger,
				const struct mhp_block *block)
{
	struct mhp_globals *globals = mhp_ledger_globals(ledger);

	return block->hosting == MHP_HOSTING_RANGE && globals &&
	       !globals->memmap_of_blocks;
}

/* The range whose memmap begins at pfn and has an account of its own. NULL: there is none. */
MHP_FOLD struct mhp_range *mhp_fold_memmap(struct mhp_ledger *ledger, u64 pfn)
{
	struct mhp_globals *globals = mhp_ledger_globals(ledger);
	struct mhp_range *range;

	/* Most machines have none: that saves a search for nearly every event. */
	if (!globals || !globals->has_memmaps || globals->memmap_of_blocks)
		return (void *)0;
	range = mhp_ledger_range(ledger, pfn, 0);
	return range && range->hosting == MHP_HOSTING_RANGE ? range : (void *)0;
}

/* Counts a block as a user of its range while it is online, unless all of its pages hold memmap. */
MHP_FOLD void mhp_fold_use(struct mhp_ledger *ledger, struct mhp_block *block)
{
	int uses = (block->state == MHP_STATE_ONLINE ||
		    block->state == MHP_STATE_GOING_OFFLINE) &&
		   block->vmemmap_pages < mhp_ledger_block_pages(ledger);
	struct mhp_range *range;

	if (block->hosting != MHP_HOSTING_RANGE ||
	    uses == !!(block->flags & MHP_BLOCK_USER))
		return;
	range = mhp_ledger_range(ledger, block->altmap_base, 0);
	if (!range)
		return;
	block->flags ^= MHP_BLOCK_USER;
	if (uses)
		range->users++;
	else if (range->users)
		range->users--;
}

/* An operation on a block of the range has ended: what was not counted follows from the state of the memmap. */
MHP_FOLD void mhp_fold_settle_range(struct mhp_ledger *ledger,
				    const struct mhp_block *block)
{
	struct mhp_range *range = mhp_fold_memmap(ledger, block->altmap_base);

	if (block->hosting == MHP_HOSTING_RANGE && range && range->estimated)
		range->present = (s64)range->vmemmap_online;
}

/*
 * Completes a partial account once the operation that the collector caught in the middle has ended: the counts of
 * hot-added memory follow from its state. Those of boot memory do not, as it may have holes.
 */
MHP_FOLD void mhp_fold_settle(struct mhp_ledger *ledger,
			      struct mhp_block *block,
			      struct mhp_zone_account *zone)
{
	u32 own;

	mhp_fold_use(ledger, block);
	mhp_fold_settle_range(ledger, block);
	if (!(block->flags & MHP_BLOCK_PARTIAL) ||
	    block->flags & MHP_BLOCK_SYSFS)
		return;
	if (block->state == MHP_STATE_OFFLINE) {
		block->flags &= ~MHP_BLOCK_PARTIAL;
		block->present = 0;
		block->managed = 0;
	}
	/* The hosting may still be unknown. */
	if (block->state != MHP_STATE_ONLINE || !block->hosting ||
	    block->hosting == MHP_HOSTING_NONE ||
	    block->hosting == MHP_HOSTING_BOOT)
		return;
	block->flags &= ~MHP_BLOCK_PARTIAL;
	block->flags |= MHP_BLOCK_ESTIMATED;
	own = mhp_fold_is_shared(ledger, block) ? 0 : block->vmemmap_pages;
	block->managed = block->described - block->vmemmap_pages;
	block->present = block->managed + (s32)own;
	if (zone)
		mhp_fold_enter(zone, (u64)own - block->vmemmap_online,
			       !(block->flags & MHP_BLOCK_COUNTED));
	block->flags |= MHP_BLOCK_COUNTED;
	block->vmemmap_online = own;
}

/* Signed addition that wraps, as recordings may contain any values. */
MHP_FOLD s64 mhp_fold_sum(s64 a, s64 b)
{
	return (s64)((u64)a + (u64)b);
}

#endif
