/* SPDX-License-Identifier: GPL-2.0 */
/* What mhp_snapshot_find() found, as bits of its result. User space chooses how to take the snapshot by them. */
#ifndef MHP_SNAPSHOT_FOUND_H
#define MHP_SNAPSHOT_FOUND_H

enum mhp_snapshot_found {
	MHP_FOUND_BLOCKS = 1,
	MHP_FOUND_SECTIONS = 2,
	MHP_FOUND_NODES = 4,
};

#endif
