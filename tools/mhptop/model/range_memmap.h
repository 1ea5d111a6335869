/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In a range that hosts its memmap as a whole: which pages hold the memmap of
 * a memory block, and the memmap of which pages a memory block holds. Computed
 * from the accounts; the kernel says neither.
 */
#ifndef RANGE_MEMMAP_H
#define RANGE_MEMMAP_H

#include <stdbool.h>
#include "model/ledger.h"

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
