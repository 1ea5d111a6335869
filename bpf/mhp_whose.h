/* SPDX-License-Identifier: GPL-2.0 */
/* Where the kernel's structures tell whose a page is. Shared by the BPF object and user space. */
#ifndef MHP_WHOSE_H
#define MHP_WHOSE_H

#include "mhp_event.h"

/* Offsets in the structures that their names begin with, in bytes */
struct mhp_whose_offsets {
	u32 slab_cache;
	u32 cache_name;
	u32 mapping_host;
	u32 inode_number;
	u32 inode_sb;
	u32 inode_dentry;
	u32 dentry_alias;
	u32 dentry_name;
	u32 sb_id;
	u32 task_next; /* struct list_head */
	u32 task_pid;
	u32 task_mm;
	u32 mm_pgd;
	u32 chain_head; /* struct blocking_notifier_head */
	u32 notifier_next;
	u32 has; /* enum mhp_whose: what this kernel's structures tell */
	u64 init_task; /* address of the first task, 0 if not found */
};

enum mhp_whose {
	MHP_WHOSE_CACHE = 1,
	MHP_WHOSE_FILE = 2,
	MHP_WHOSE_TABLE = 4,
	MHP_WHOSE_NOTIFIERS = 8,
};

#endif
