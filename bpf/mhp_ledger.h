/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The accounts that the fold keeps: for each memory block, zone and added range.
 *
 * Shared by the BPF object, whose maps hold these very structures, and by user space; the two are compared byte by
 * byte, so no structure may have padding. How events change them is in mhp_fold.h, where they are stored is not here.
 * All counts of pages are in pages of the base size, all times in ns of CLOCK_MONOTONIC, 0 where it did not happen.
 */
#ifndef MHP_LEDGER_H
#define MHP_LEDGER_H

#include "mhp_event.h"

/* Accounts of memory blocks, and as many of ranges: the least that a ledger has room for. */
#define MHP_MIN_ACCOUNTS 65536
#define MHP_MAX_ZONES 4096
/* Accounts of ranges that are gone. The next one takes the place of the oldest. */
#define MHP_GONE_RANGES 256

enum mhp_block_flag {
	MHP_BLOCK_SNAPSHOT =
		1, /* there before the collector was: what it was populated with is not from events */
	MHP_BLOCK_PARTIAL =
		2, /* first met in the middle of its life, and nobody said what came before */
	MHP_BLOCK_ESTIMATED =
		4, /* present and managed are deduced from its state, not counted */
	MHP_BLOCK_SYSFS = 8, /* known from sysfs alone */
	MHP_BLOCK_COUNTED = 16, /* one of its zone's blocks_online */
};

/* One of the four operations: when it last began and last ended */
struct mhp_phase {
	u64 begin_ns;
	u64 end_ns;
};

struct mhp_block {
	u64 start_pfn;
	struct mhp_phase add; /* from the first to the last section populated */
	struct mhp_phase online;
	struct mhp_phase offline;
	u64 free_ns; /* when the last piece of its memmap went */
	u64 altmap_base;
	u64 blocker_pfn; /* the page that was last in the way of going offline */
	u32 vmemmap_pages; /* that it gives up to host its own memmap, 0 if others do */
	u32 populated; /* vmemmap pages populated for it, whoever hosts them, */
	u32 freed; /* and freed again */
	u32 retired; /* pages whose memmap was given up while its backing stayed */
	u32 described; /* pages that have a memmap now */
	s32 present;
	s32 managed;
	u32 vmemmap_online; /* vmemmap pages that are in a zone now */
	u32 onlines; /* times that it went online, */
	u32 offlines; /* offline, */
	u32 online_failures; /* and that it did not */
	u32 offline_failures;
	u32 blockers; /* pages reported in the way of going offline */
	s32 last_ret; /* of the last online or offline */
	s32 nid;
	u8 state; /* enum mhp_state */
	u8 zone; /* enum mhp_zone */
	u8 hosting; /* enum mhp_hosting */
	u8 reason; /* enum mhp_reason of the last failure */
	u8 step; /* enum mhp_step last notified */
	u8 blocker_kind; /* enum mhp_kind */
	u8 blocker_stage; /* enum mhp_stage */
	u8 flags; /* enum mhp_block_flag */
	u32 unused;
};

/* present and managed are the kernel's own counts, as of the last event or as first seen. */
struct mhp_zone_account {
	u64 present;
	u64 managed;
	s64 present_change; /* sums of all changes seen */
	s64 managed_change;
	u64 vmemmap_online; /* self-hosted vmemmap pages in the zone that came in sight */
	u32 blocks_online; /* hot-added or seen, known to be online in it */
	s32 nid;
	u32 zone;
	u32 unused;
};

/*
 * What one add_memory() added, by its first pfn, which is the base of the altmap where the range hosts its memmap as a
 * whole. Ranges that were there before the collector are known if they do.
 */
struct mhp_range {
	u64 start_pfn;
	u64 nr_pages;
	u64 vmemmap_pages; /* that it gives up to host its own memmap */
	u64 alloc; /* vmemmap pages that were populated for it and not freed yet */
	u64 free_pfn; /* the section whose memmap was freed last */
	struct mhp_phase add;
	struct mhp_phase remove;
	s32 add_ret;
	s32 remove_ret;
	s32 nid;
	u16 hosting;
	u16 why;
	u32 flags; /* enum mhp_add_flag */
	u32 removed; /* it was, and the record is history */
	u32 sections; /* that have a memmap now */
	u32 refs; /* sections that hold a reference on the memmap of the range */
	u32 frees; /* of sections, in this life of the range */
	u32 order; /* enum mhp_order of these */
	u64 gone; /* its entry in the list of ranges that are gone, 0: it has none */
};

/* What belongs to no single block. */
struct mhp_globals {
	u64 add_start_pfn; /* of the add under way, */
	u64 add_nr_pages; /* 0 if there is none */
	u64 range_pfn; /* of the last add or remove that began */
	u64 device_populated; /* vmemmap pages of ZONE_DEVICE memory */
	u64 device_freed;
	u64 unmatched; /* events about a block or range that had to be taken on trust */
	u64 nr_gone; /* ranges that were ever put on the list of those that are gone */
	u64 gone[MHP_GONE_RANGES]; /* the list: their first pfns, entry N at N % MHP_GONE_RANGES */
};

/* seen = submitted + lost; one of each for each event and CPU in the kernel, summed up in user space */
struct mhp_count {
	u64 seen;
	u64 submitted;
	u64 lost;
};

/* All accounts. Only the user's ledger has a structure of this name; the kernel's is in maps. */
struct mhp_ledger;

#endif
