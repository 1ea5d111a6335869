/* SPDX-License-Identifier: GPL-2.0 */
/* Where pages of a memory block can go: free memory and free huge pages of the zones that offline moves them to. */
#ifndef ANSWERS_ROOM_H
#define ANSWERS_ROOM_H

#include "answers/account.h"

#define ROOM_ZONES 256
#define ROOM_PROTECTIONS 8 /* zones of a node */
#define ROOM_NODES 64

struct room_zone {
	s32 nid;
	u32 zone; /* MHP_ZONE_ */
	unsigned int nth; /* place in its node */
	u64 free;
	u64 min; /* watermark */
	u64 managed;
	u64 file; /* pages of files on LRU lists, which may be dropped */
	u64 cma; /* pages of CMA areas, and those of them that are free */
	u64 free_cma;
	u64 protection
		[ROOM_PROTECTIONS]; /* kept for allocations that cannot go further up */
	u64 free_huge; /* free chunks that are large enough for the smallest huge page */
};

/* Huge pages of hugetlb of one size; counts are of huge pages */
struct room_huge {
	u64 pages; /* of one; 0: there is no such size */
	u64 free;
	u64 reserved; /* of those that are free */
	u64 free_on[ROOM_NODES];
};

struct room {
	struct room_zone zones[ROOM_ZONES];
	size_t nr_zones;
	struct room_huge huge[ACCOUNT_HUGE_SIZES]; /* ascending */
	u64 swap; /* free pages of swap */
	unsigned int
		release; /* of the kernel, ROOM_RELEASE(); newer than any if it is unknown */
};

#define ROOM_RELEASE(major, minor) ((major) << 16 | (minor))

/* What leaves a zone, so that it is no room: of all blocks that are to go */
struct room_leaving {
	s32 nid;
	u32 zone;
	bool asks; /* room is wanted for pages of this zone */
	u64 pages; /* present ones, of any kind */
	u64 free;
	u64 file;
	u64 free_huge;
	u64 huge[ACCOUNT_HUGE_SIZES]; /* free huge pages of hugetlb */
};

/* The room for the pages of a zone */
struct room_found {
	u64 free; /* pages that can be allocated at once */
	u64 reclaim; /* pages that the kernel might make free */
	u64 free_huge; /* chunks for the smallest huge page */
	u64 huge[ACCOUNT_HUGE_SIZES]; /* free huge pages of hugetlb, reserved ones too */
	bool same_node; /* pages stay on their node, as there is no other with memory */
	bool counted[ROOM_NODES]; /* whose huge pages are in it */
};

/* Read /proc/zoneinfo, /proc/buddyinfo and hugetlb's counters, below root. 0 or -errno. */
int room_read(struct room *room, const char *root, u32 page_bytes);
/*
 * The room for pages of the zones that ask, while memory leaves these and others. Offline
 * moves pages to other nodes if any other has memory, and else to the same node; only
 * pages of ZONE_MOVABLE may go to ZONE_MOVABLE (do_migrate_range(),
 * alloc_migration_target()). All of them may go to CMA areas.
 */
void room_find(const struct room *room, const struct room_leaving *leaving,
	       size_t nr, struct room_found *found);
/* Pages that the kernel may allocate for itself: none of CMA areas or ZONE_MOVABLE. */
void room_find_kernel(const struct room *room, struct room_found *found);
/* The zone, NULL if there is none. */
const struct room_zone *room_zone_at(const struct room *room, s32 nid,
				     u32 zone);

#endif
