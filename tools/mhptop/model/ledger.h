/* SPDX-License-Identifier: GPL-2.0 */
/* The ledger: accounts of memory blocks, zones and added ranges. */
#ifndef MODEL_LEDGER_H
#define MODEL_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_ledger.h"

struct mhp_ledger;

/*
 * block_pages: size of a memory block in pages, not 0. max_accounts: the highest
 * number of memory blocks, and of ranges; 0: MHP_MIN_ACCOUNTS. NULL: no memory.
 */
struct mhp_ledger *ledger_new(u64 block_pages, u64 max_accounts);
void ledger_free(struct mhp_ledger *ledger); /* NULL is fine */
/* 0, or -ENOMEM when an account could not be made; the rest stays right. */
int ledger_fold(struct mhp_ledger *ledger, const struct mhp_record *record);
/*
 * Take an account as it is, from a ledger that was kept elsewhere and has all
 * accounts that this one has: those of blocks and zones are never deleted. 0 or
 * -ENOMEM as above.
 */
int ledger_load_block(struct mhp_ledger *ledger, const struct mhp_block *block);
int ledger_load_zone(struct mhp_ledger *ledger,
		     const struct mhp_zone_account *zone);
int ledger_load_range(struct mhp_ledger *ledger, const struct mhp_range *range);
/* Delete all ranges, before those of another ledger are loaded. */
void ledger_clear_ranges(struct mhp_ledger *ledger);
void ledger_load_globals(struct mhp_ledger *ledger,
			 const struct mhp_globals *globals);

u64 ledger_block_pages(const struct mhp_ledger *ledger);
size_t ledger_nr_blocks(const struct mhp_ledger *ledger);
size_t ledger_nr_zones(const struct mhp_ledger *ledger);
size_t ledger_nr_ranges(const struct mhp_ledger *ledger);
/*
 * Accounts in ascending order of pfn (zones: of node, then zone). Start with
 * NULL; NULL after the last one.
 */
const struct mhp_block *ledger_next_block(const struct mhp_ledger *ledger,
					  const struct mhp_block *block);
const struct mhp_zone_account *
ledger_next_zone(const struct mhp_ledger *ledger,
		 const struct mhp_zone_account *zone);
const struct mhp_range *ledger_next_range(const struct mhp_ledger *ledger,
					  const struct mhp_range *range);
/* By any pfn of the block; NULL if there is no account. */
const struct mhp_block *ledger_find_block(const struct mhp_ledger *ledger,
					  u64 pfn);
/* The range that a pfn is part of, the youngest if there are several. */
const struct mhp_range *ledger_find_range(const struct mhp_ledger *ledger,
					  u64 pfn);
const struct mhp_globals *ledger_globals(const struct mhp_ledger *ledger);

struct range_pages {
	u64 first_pfn;
	u64 nr; /* 0: none */
};

/*
 * False if the range does not host its memmap as a whole, or the memmap of the
 * block is not there any more, or nobody told how large it is.
 */
bool range_memmap(const struct mhp_ledger *ledger,
		  const struct mhp_block *block, struct range_pages *holds,
		  struct range_pages *held_in);

#endif
