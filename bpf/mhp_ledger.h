/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The accounts that the fold keeps: for each memory block, zone and added range.
 *
 * The BPF maps and user space hold the same structures, and the self-check compares them byte by byte, so no structure
 * may have padding. All counts of pages are in pages of the base size. All times are in ns of CLOCK_MONOTONIC, 0 if it
 * did not happen.
 */
#ifndef MHP_LEDGER_H
#define MHP_LEDGER_H

#include "mhp_event.h"

/* Accounts of memory blocks, and as many of ranges: the least that a ledger has room for. */
#define MHP_MIN_ACCOUNTS 65536
#define MHP_NODE_ZONES 8 /* of a node, by enum mhp_zone */
#define MHP_MAX_ZONES 4096
/* Accounts of ranges that are gone. The next one takes the place of the oldest. */
#define MHP_GONE_RANGES 256

enum mhp_block_flag {
	/* From the snapshot: no events reported how its memmap was populated. */
	MHP_BLOCK_SNAPSHOT = 1,
	/* The first event came when the block already existed; what happened before is unknown. */
	MHP_BLOCK_PARTIAL = 2,
	/* present and managed are derived from the state, not counted. */
	MHP_BLOCK_ESTIMATED = 4,
	/* Known from sysfs only. */
	MHP_BLOCK_SYSFS = 8,
	/* Included in blocks_online of its zone. */
	MHP_BLOCK_COUNTED = 16,
	/* Included in users of its range. */
	MHP_BLOCK_USER = 32,
	/* Its last online or offline had begun before the snapshot, whose time is its begin_ns: the latest possible one. */
	MHP_BLOCK_LATE_ONLINE = 64,
	MHP_BLOCK_LATE_OFFLINE = 128,
};

#define MHP_BLOCK_LATE (MHP_BLOCK_LATE_ONLINE | MHP_BLOCK_LATE_OFFLINE)

/* When an operation (add, remove, online, offline) last began and last ended */
struct mhp_phase {
	u64 begin_ns;
	u64 end_ns;
};

struct mhp_block {
	u64 start_pfn;
	struct mhp_phase add; /* from the first to the last section populated */
	struct mhp_phase online;
	struct mhp_phase offline;
	u64 free_ns; /* when the last part of its memmap was freed */
	u64 altmap_base;
	u64 blocker_pfn; /* last page that blocked offlining */
	u32 vmemmap_pages; /* pages of the block used to host memmap */
	u32 populated; /* vmemmap pages populated for it, wherever they are hosted */
	u32 freed; /* vmemmap pages freed */
	u32 retired; /* pages with memmap gone but backing kept */
	u32 described; /* pages that have a memmap now */
	s32 present;
	s32 managed;
	u32 vmemmap_online; /* pages of its own memmap that are in a zone now */
	u32 onlines; /* successful operations */
	u32 offlines;
	u32 online_failures; /* failed operations */
	u32 offline_failures;
	u32 blockers; /* pages reported as blocking offlining */
	s32 last_ret; /* return value of the last online or offline */
	s32 nid;
	u8 state; /* enum mhp_state */
	u8 zone; /* enum mhp_zone */
	u8 hosting; /* enum mhp_hosting */
	u8 reason; /* enum mhp_reason of the last failure */
	u8 step; /* enum mhp_step, last step of the memory notifier */
	u8 blocker_kind; /* enum mhp_kind */
	u8 blocker_stage; /* enum mhp_stage */
	u8 flags; /* enum mhp_block_flag */
	u32 unused;
};

/* present and managed are the kernel's own counts, as of the last event or the snapshot. */
struct mhp_zone_account {
	u64 present;
	u64 managed;
	s64 present_change; /* sums of the changes reported by events */
	s64 managed_change;
	u64 vmemmap_online; /* known self-hosted vmemmap pages in the zone */
	u32 blocks_online; /* blocks known to be online in it */
	s32 nid;
	u32 zone;
	u32 unused;
};

/* The place of the account of a zone among MHP_MAX_ZONES; not below that number if there is none. */
static inline u32 mhp_zone_index(s32 nid, u32 zone)
{
	if ((u32)nid >= MHP_MAX_ZONES / MHP_NODE_ZONES ||
	    zone >= MHP_NODE_ZONES)
		return MHP_MAX_ZONES;
	return (u32)nid * MHP_NODE_ZONES + zone;
}

/*
 * The range that one add_memory() added, identified by its first pfn. If the range hosts its memmap as a whole, that is
 * also the base of its altmap; of the ranges that existed before the collector, only these are known. Such a memmap is
 * in a zone as long as it has users, which are the blocks of the range that are online and do not consist of memmap
 * alone. Its pages belong to this account, not to those of blocks.
 */
struct mhp_range {
	u64 start_pfn;
	u64 nr_pages;
	u64 vmemmap_pages; /* pages of the range used to host memmap */
	u64 alloc; /* vmemmap pages populated and not yet freed */
	u64 free_pfn; /* first pfn of the section freed last */
	u64 vmemmap_online; /* pages of its memmap that are in a zone now */
	s64 present; /* pages of its memmap that the zone counts as present */
	u64 failed_pfn; /* first pfn on which its add or removal last failed */
	struct mhp_phase add;
	struct mhp_phase remove;
	s32 add_ret;
	s32 remove_ret;
	s32 nid;
	u16 hosting; /* enum mhp_hosting */
	u16 why; /* enum mhp_why */
	u32 flags; /* of the add request */
	u16 removed; /* 1 if the range was removed */
	u16 reason; /* enum mhp_reason, why its add or removal last failed, 0: it did not */
	u32 sections; /* sections that have a memmap now */
	u32 refs; /* sections that hold a reference to the memmap of the range */
	u32 frees; /* sections freed since the range was last added */
	u32 order; /* enum mhp_order, in which they were freed */
	u32 users; /* blocks that use its memmap */
	u16 zone; /* enum mhp_zone, of its memmap; 0 if that belongs to blocks */
	u16 estimated; /* 1: present is derived from the state, not counted */
	u64 gone; /* its entry in the list of ranges that are gone, 0: none */
};

/* What belongs to no single account */
struct mhp_globals {
	u64 add_start_pfn; /* of the add in progress */
	u64 add_nr_pages; /* of the add in progress, 0 if there is none */
	u64 range_pfn; /* first pfn of the add or remove that began last */
	u64 device_populated; /* vmemmap pages of ZONE_DEVICE memory */
	u64 device_freed;
	u64 unmatched; /* events about a block that had no account */
	u64 nr_gone; /* entries ever made in the list of ranges that are gone */
	/* 1: the memmap of a range belongs to the accounts of the blocks in which it lies. See docs/range.md. */
	u64 memmap_of_blocks;
	u64 has_memmaps; /* 1: there was an account of a range that hosts its memmap as a whole */
	/* The list: first pfns, entry N at N % MHP_GONE_RANGES. */
	u64 gone[MHP_GONE_RANGES];
};

/* Records of one event: seen = submitted + lost. The kernel counts on each CPU, user space sums. */
struct mhp_count {
	u64 seen;
	u64 submitted;
	u64 lost;
};

/* All accounts. User space defines the structure; in BPF the accounts are in maps and the pointer is NULL. */
struct mhp_ledger;

#endif
