/* SPDX-License-Identifier: GPL-2.0 */
/* The ledger: accounts of memory blocks, zones and added ranges, and queries. */
#ifndef MODEL_LEDGER_H
#define MODEL_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_ledger.h"

struct mhp_ledger;

/*
 * Create an empty ledger for memory blocks of block_pages pages, with room for
 * max_accounts blocks and as many ranges (0: MHP_MIN_ACCOUNTS). NULL if out of
 * memory or if block_pages is 0. The caller frees it with ledger_free().
 */
struct mhp_ledger *ledger_new(u64 block_pages, u64 max_accounts);
void ledger_free(struct mhp_ledger *ledger); /* NULL is fine */
/*
 * Apply one record. Returns 0, or -ENOMEM if an account could not be created;
 * all other accounts stay correct.
 */
int ledger_fold(struct mhp_ledger *ledger, const struct mhp_record *record);
/*
 * Overwrite an account with that of another ledger, such as the kernel's.
 * Accounts of blocks and zones are never deleted, so the other one must have
 * every such account of this one. Returns 0, or -ENOMEM as above.
 */
int ledger_load_block(struct mhp_ledger *ledger, const struct mhp_block *block);
int ledger_load_zone(struct mhp_ledger *ledger,
		     const struct mhp_zone_account *zone);
int ledger_load_range(struct mhp_ledger *ledger, const struct mhp_range *range);
/* Delete all ranges, before those of another ledger are loaded. */
void ledger_clear_ranges(struct mhp_ledger *ledger);
void ledger_load_globals(struct mhp_ledger *ledger,
			 const struct mhp_globals *globals);

/* The pages of a memory block, as given to ledger_new(). */
u64 ledger_block_pages(const struct mhp_ledger *ledger);
/*
 * Whether it is known how many pages of a block host memmap. If the kernel's
 * structures or an event told, none is a number, too, even if it is unknown whether
 * boot memory or the buddy allocator hosts the block's own.
 */
bool block_hosts_known(const struct mhp_block *block);
size_t ledger_nr_blocks(const struct mhp_ledger *ledger);
size_t ledger_nr_zones(const struct mhp_ledger *ledger);
size_t ledger_nr_ranges(const struct mhp_ledger *ledger);
/*
 * Walk the accounts in ascending order of pfn; zones by node, then zone. Pass
 * NULL to start. Returns NULL after the last one. Folding a record ends a walk,
 * because zones and ranges may move.
 */
const struct mhp_block *ledger_next_block(const struct mhp_ledger *ledger,
					  const struct mhp_block *block);
/*
 * The same for walks over all blocks, which it makes faster: the next block whose
 * number, its first pfn divided by the pages of a block, is at least *number, which
 * becomes that of the block. It is the first of an array of *nr blocks with
 * consecutive numbers.
 */
const struct mhp_block *ledger_walk_blocks(const struct mhp_ledger *ledger,
					   u64 *number, size_t *nr);
const struct mhp_zone_account *
ledger_next_zone(const struct mhp_ledger *ledger,
		 const struct mhp_zone_account *zone);
const struct mhp_range *ledger_next_range(const struct mhp_ledger *ledger,
					  const struct mhp_range *range);
/* The account of the block that contains a pfn; NULL if there is none. */
const struct mhp_block *ledger_find_block(const struct mhp_ledger *ledger,
					  u64 pfn);
/* The range that contains a pfn, the last added if there are several; or NULL. */
const struct mhp_range *ledger_find_range(const struct mhp_ledger *ledger,
					  u64 pfn);
const struct mhp_globals *ledger_globals(const struct mhp_ledger *ledger);

/*
 * The pages of a block that hold memmap in use. A block that is offline has
 * some if another block of its range is online.
 */
u64 range_live_pages(const struct mhp_ledger *ledger,
		     const struct mhp_block *block);

struct range_pages {
	u64 first_pfn;
	u64 nr; /* 0: none */
};

/*
 * For a block of a range that hosts its memmap as a whole: where the block's
 * memmap lies (held_in), and which pages the memmap inside the block describes
 * (holds). False if the range does not host its memmap that way, or if the block
 * has no memmap now or one of unknown size.
 */
bool range_memmap(const struct mhp_ledger *ledger,
		  const struct mhp_block *block, struct range_pages *holds,
		  struct range_pages *held_in);

#endif
