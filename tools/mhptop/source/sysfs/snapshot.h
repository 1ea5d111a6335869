/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A snapshot of the memory blocks and zones that sysfs and /proc/zoneinfo report,
 * as payloads of the tool's own events.
 */
#ifndef SYSFS_VIEW_H
#define SYSFS_VIEW_H

#include <stddef.h>
#include "mhp_event.h"

#define SYSFS_UNKNOWN(field) MHP_FIELD(mhp_snapshot_block, field)
/* The fields of a memory block that sysfs does not provide: what hosts memmap, and where */
#define SYSFS_BLOCK_UNKNOWN                                         \
	(SYSFS_UNKNOWN(vmemmap_pages) | SYSFS_UNKNOWN(populated) |  \
	 SYSFS_UNKNOWN(altmap_base) | SYSFS_UNKNOWN(altmap_alloc) | \
	 SYSFS_UNKNOWN(hosting) | SYSFS_UNKNOWN(poisoned) |         \
	 SYSFS_UNKNOWN(refs) | SYSFS_UNKNOWN(altmap_free) |         \
	 SYSFS_UNKNOWN(range_pages) | SYSFS_UNKNOWN(sections) |     \
	 SYSFS_UNKNOWN(users) | SYSFS_UNKNOWN(memmap_zone))

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
/*
 * The same of the nr memory blocks from number first on, as far as there are any, and without zones: a machine may have
 * tens of thousands of others.
 */
int sysfs_view_read_some(struct sysfs_view *view, const char *root,
			 u64 block_pages, u64 first, u64 nr);
void sysfs_view_free(struct sysfs_view *view);

#endif
