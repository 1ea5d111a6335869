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
 * Find a task whose kernel stack has this function. 0, -ENOENT: there is none,
 * -EPERM: stacks cannot be read. The task may have gone on meanwhile.
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
 * Find the processes that map a page, once each. Returns how many there are, of which
 * the first room are stored. complete is set unless processes could not be read, or map
 * too much memory to look at all of it.
 */
size_t task_find_mappings(u64 pfn, struct task_mapping *mappings, size_t room,
			  bool *complete);

#endif
