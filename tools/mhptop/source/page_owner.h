/* SPDX-License-Identifier: GPL-2.0 */
/* Who allocated a page, where the kernel keeps that: CONFIG_PAGE_OWNER, booted with page_owner=on. */
#ifndef SOURCE_PAGE_OWNER_H
#define SOURCE_PAGE_OWNER_H

#include <stdbool.h>
#include "base/types.h"
#include "source/task.h"

struct page_owner {
	u64 pfn; /* of the first page that was allocated together */
	u32 order; /* 1 << order pages were */
	u32 pid; /* the process that allocated it, which may have ended */
	char comm[TASK_COMM];
	char stack[768]; /* where it did, the innermost function first: "a < b < c" */
};

/*
 * Find who allocated a page. 0; -ENOENT: the kernel has no page_owner, or does not
 * keep it of this page; -EPERM: not permitted.
 */
int page_owner_find(u64 pfn, struct page_owner *owner);
/* The owner that a text of the kernel's file begins with. False if it is none. */
bool page_owner_parse(const char *text, struct page_owner *owner);

#endif
