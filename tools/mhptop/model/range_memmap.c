// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds whose memmap in a range; see range_memmap.h. The memmap lies at
 * the start of the range in the order of the pages it describes, so that all
 * follows from how much of it a memory block takes.
 */
#include "model/range_memmap.h"

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
