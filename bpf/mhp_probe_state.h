/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the probes remember from the begin of an operation to its end. User space includes this only because the
 * skeleton of the BPF object names these structures.
 */
#ifndef MHP_PROBE_STATE_H
#define MHP_PROBE_STATE_H

#include "mhp_event.h"

/* Pages that a driver gives to the buddy, or takes from it, in one call of its own function */
struct mhp_probe_driver {
	u64 pfn; /* of the first page */
	s64 delta;
	u32 tid; /* 0: none */
	u32 unused;
};

/* The function that a notifier called last */
struct mhp_probe_asked {
	u64 call; /* its address */
	u32 tid; /* of the thread that called it, 0: none */
	u32 unused;
};

/* The add or the removal in progress */
struct mhp_probe_range {
	u64 start_pfn;
	u64 nr_pages;
	u64 vmemmap_pages;
	u32 tid; /* 0: none */
	u32 flags;
	s32 nid;
	u32 hosting; /* 0: not decided yet */
	u32 begun; /* its begin was reported */
	u32 ended; /* so was its end */
	u32 failed; /* so was the reason of its failure */
	u32 opened; /* enum mhp_op_opened */
	u64 busy_pfn; /* removal: memory block that is not offline, 0: none */
};

/* The memmap that is being populated or freed */
struct mhp_probe_memmap {
	u64 pfn;
	u64 nr_pages;
	u64 altmap;
	u64 pgmap;
	u64 alloc; /* of the altmap, before */
	u64 host_pfn;
	u32 known; /* host_pfn is known */
	u32 hosting;
	s32 nid;
	u32 tid;
};

/* The operation in progress */
struct mhp_probe_block {
	u64 at; /* the struct memory_block */
	u64 start_pfn;
	u64 vmemmap_pages;
	u64 zone;
	u64 managed; /* of the zone, before the pages of the block join it */
	u64 taken; /* managed pages that an offline has taken from the buddy */
	u64 ram; /* pages that offline_pages() has counted, 0: none */
	u64 isolated; /* the page that was isolated last in this attempt */
	s64 veto; /* error of a notifier */
	u32 tid; /* 0: none */
	u32 kind;
	s32 nid;
	u32 begun;
	u32 counted; /* calls that changed the present pages */
	u32 notifying;
	u32 failed; /* the reason of its failure was reported */
	u32 no_isolation;
	u32 no_dissolve;
	u32 pass; /* attempts to migrate */
	u32 reported; /* pages reported in this attempt */
	u32 opened; /* enum mhp_op_opened */
	u32 emptied; /* taken is set, and was not reported yet */
};

/* Sections that one arch_add_memory() added */
struct mhp_probe_sections {
	u64 start_pfn;
	u64 nr; /* sections */
	u64 altmap;
	u64 hosts; /* pages of the range that host the memmap */
	s32 nid;
	u32 hosting;
};

#endif
