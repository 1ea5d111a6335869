/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who did it: the tasks that last added, onlined, offlined and removed memory,
 * and by which way. An event has the task that it happened in; the way is
 * inferred from the task's name, the flags of the add and what it was about.
 */
#ifndef MODEL_WHO_H
#define MODEL_WHO_H

#include "base/sparse.h"
#include "model/event_table.h"
#include "model/operation.h"

enum who_way {
	WHO_UNKNOWN, /* what the events have does not tell */
	WHO_UDEV, /* a task of udev, through sysfs */
	WHO_DAXCTL, /* daxctl, through sysfs */
	WHO_SYSFS, /* another task, through sysfs */
	WHO_POLICY, /* the kernel, as soon as the memory was added */
	WHO_ACPI,
	WHO_VIRTIO_MEM,
	WHO_KMEM, /* the driver that makes a dax device memory */
	WHO_BALLOON, /* a balloon driver: Hyper-V or Xen */
};

extern const struct event_symbol who_ways[];

/* A task that did something, and by which way */
struct who_task {
	u32 pid;
	u8 way; /* enum who_way */
	char comm[MHP_COMM_LEN];
};

/* There may be many memory blocks, and few tasks: a block has their numbers, 0: none, or not known. */
#define WHO_TASKS 4096

/*
 * The last successful operations on a memory block. add and remove are of the range
 * that it was part of. When they were is in the account of the block.
 */
struct who_block {
	u16 tasks[NR_OPERATIONS];
	u8 zone; /* enum mhp_zone that was last asked for, 0: none */
};

/* The operation that has begun last */
struct who_latest {
	enum operation kind;
	u64 start_pfn;
	u64 nr_pages;
	u64 begin_ns; /* 0: none is in progress */
	u64 last_block; /* whose section was populated or freed last; -1: none */
	u32 pid;
	u8 way; /* enum who_way */
};

struct who {
	struct sparse blocks; /* struct who_block, by block number */
	struct who_task *tasks; /* number 1 is the first */
	size_t nr_tasks;
	size_t room_tasks;
	struct who_latest latest;
	struct who_latest
		added; /* the add that was followed by nothing but onlines of its memory in the same task */
	u64 lost; /* events, at the last record */
	bool no_memory; /* not everything could be kept */
};

void who_init(struct who *who);
/* Forget everything: another recording begins, or events were lost. */
void who_reset(struct who *who);
/*
 * Take a record, for memory blocks of block_pages pages. lost is the number of
 * events lost so far; after a loss, what was known may be out of date.
 */
void who_take(struct who *who, const struct mhp_record *record, u64 block_pages,
	      u64 lost);
/* The task that last did this with a memory block; NULL if none is known. */
const struct who_task *who_find_task(const struct who *who, u64 block,
				     enum operation kind);
/* Whether a task is one of the kernel's workers, which run what drivers ask for. */
bool who_is_worker(const char *comm);
/* NULL if nothing is known. */
const struct who_block *who_find(const struct who *who, u64 block);

#endif
