/* SPDX-License-Identifier: GPL-2.0 */
/* A count of the machine's memory, from the counters of /proc. */
#ifndef SYSFS_MEMORY_H
#define SYSFS_MEMORY_H

#include "mhp_event.h"

/*
 * Each CPU counts its changes apart and adds them to the kernel's counters later:
 * make all CPUs do that now. Without root, or if the kernel lacks the file
 * (/proc/sys/vm/stat_refresh), nothing happens, and counts are less precise.
 */
void sysfs_memory_refresh(const char *root);
/*
 * Count the pages of the machine: how many the buddy allocator manages, how many
 * are free, and how many of the others are in one of the kernel's counters. root
 * is prepended to /proc, "" for the machine itself. 0 or -errno.
 */
int sysfs_memory_read(struct mhp_mhp_snapshot_memory *memory, const char *root,
		      u64 page_bytes);

#endif
