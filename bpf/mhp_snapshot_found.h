/* SPDX-License-Identifier: GPL-2.0 */
/* Result bits of mhp_find(), by which user space chooses how to take the snapshot. */
#ifndef MHP_SNAPSHOT_FOUND_H
#define MHP_SNAPSHOT_FOUND_H

enum mhp_snapshot_found {
	MHP_FOUND_BLOCKS = 1,
	MHP_FOUND_SECTIONS = 2,
	MHP_FOUND_NODES = 4,
};

#endif
