/* SPDX-License-Identifier: GPL-2.0 */
/* The tasks of this machine: which one is in a function of the kernel, and which ones map a page. */
#ifndef SOURCE_TASK_H
#define SOURCE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include "base/types.h"

#define TASK_COMM 17

/* A task in the kernel */
struct task_inside {
	u32 pid;
	char comm[TASK_COMM];
	char stack[256]; /* functions, the innermost first: "a < b < c" */
};

/*
 * Find a task whose kernel stack has this function. 0, -ENOENT: there is none among
 * those that can be read, -EPERM: none can. The task may have gone on meanwhile.
 */
int task_find_inside(const char *function, struct task_inside *task);

/* A process that maps a page */
struct task_mapping {
	u32 pid;
	char comm[TASK_COMM];
	u64 address;
	char path[128]; /* of the file, or the name of the area, "" if it has none */
};

/*
 * Find the processes that map a page of the nr pages from pfn on, once each. Returns how
 * many there are, of which the first room are stored. complete is set unless processes
 * could not be read, or have too many addresses to look at all of them.
 */
size_t task_find_mappings(u64 pfn, u64 nr, struct task_mapping *mappings,
			  size_t room, bool *complete);

#endif
