/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A snapshot of the memory blocks and zones that sysfs and /proc/zoneinfo report,
 * as payloads of the tool's own events.
 */
#ifndef SYSFS_VIEW_H
#define SYSFS_VIEW_H

#include <stddef.h>
#include "mhp_event.h"

struct sysfs_view {
	struct mhp_mhp_snapshot_block *blocks; /* in ascending order of pfn */
	size_t nr_blocks;
	size_t room_blocks;
	struct mhp_mhp_snapshot_zone *zones; /* in the order of /proc/zoneinfo */
	size_t nr_zones;
	size_t room_zones;
};

/*
 * Read /sys/devices/system and /proc below root ("" for the machine itself). The
 * hosting of memmap is not known there, and is "none". 0, or -errno, and the view
 * is empty.
 */
int sysfs_view_read(struct sysfs_view *view, const char *root, u64 block_pages);
void sysfs_view_free(struct sysfs_view *view);

#endif
