/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What user space and the programs that look at what is there already tell
 * each other: the context of the three "syscall" programs of mhp_seen.h. Not
 * part of any recording.
 */
#ifndef MHP_SEEN_ARGS_H
#define MHP_SEEN_ARGS_H

#include "mhp_event.h"

/* What mhp_seen_find() found, as bits of its result */
enum mhp_seen_found {
	MHP_FOUND_BLOCKS = 1,
	MHP_FOUND_SECTIONS = 2,
	MHP_FOUND_NODES = 4,
};

/* mhp_seen_blocks(), mhp_seen_zones(): one call goes on as far as the ring buffer has room. */
struct mhp_seen_walk {
	u64 next; /* index to begin with, and then to go on with */
	u64 done; /* there is no more */
};

/*
 * mhp_seen_told(): what sysfs says, for the program to make a record of. The
 * payload is first because the verifier wants no address within a context.
 */
struct mhp_seen_told {
	union {
		struct mhp_mhp_block_seen block;
		struct mhp_mhp_zone_seen zone;
	};
	u32 event; /* MHP_EVENT_mhp_block_seen or MHP_EVENT_mhp_zone_seen */
	u32 unused;
};

#endif
