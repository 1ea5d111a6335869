/* SPDX-License-Identifier: GPL-2.0 */
/* The memory that a question is about: memory blocks of a range, a node or a device. */
#ifndef ANSWERS_TARGET_H
#define ANSWERS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include "source/sysfs/snapshot.h"

/* A memory block */
struct target_block {
	struct mhp_mhp_snapshot_block at; /* what sysfs reports of it */
	bool whole; /* all of it is System RAM in /proc/iomem, so it has no holes */
	bool virtio_mem; /* of a virtio-mem device */
	char device[64]; /* "dax0.0", "virtio0", "PNP0C80:00"; "" if it is of none, or unknown */
};

struct target {
	struct target_block *blocks; /* in ascending order */
	size_t nr;
	u64 block_pages;
	u32 page_bytes;
};

/* For messages */
#define TARGET_WHAT                                                     \
	"a range such as 0x100000000-0x13fffffff, an address, a block " \
	"such as memory32, a node such as node1, or a device such as dax0.0"

/*
 * Find the memory blocks that text names, NULL for all, on this machine or in a tree
 * under root. All of them are found without root, and without their devices then. 0; -EINVAL: not a name of memory; -ENOENT: there is no such memory; or another
 * -errno, all with why.
 */
int target_find(struct target *target, const char *root, const char *text,
		char *why, size_t len);
void target_free(struct target *target);

#endif
