/* SPDX-License-Identifier: GPL-2.0 */
/* Results of the programs of the snapshot. */
#ifndef MHP_SNAPSHOT_FOUND_H
#define MHP_SNAPSHOT_FOUND_H

/* Bits of mhp_find(), by which user space chooses how to take the snapshot */
enum mhp_snapshot_found {
	MHP_FOUND_BLOCKS = 1,
	MHP_FOUND_SECTIONS = 2,
	MHP_FOUND_NODES = 4,
};

/* Of the programs that store records */
enum mhp_snapshot_result {
	MHP_SNAPSHOT_STORED,
	MHP_SNAPSHOT_NO_ROOM, /* at the moment */
	MHP_SNAPSHOT_OVERTAKEN, /* an event came */
	MHP_SNAPSHOT_NOT_FOUND, /* the block is gone, or cannot be found that way */
};

#endif
