/* SPDX-License-Identifier: GPL-2.0 */
/* The story of a memory block: its operations, collected from the records of a stream. */
#ifndef ANSWERS_STORY_H
#define ANSWERS_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_event.h"

enum story_operation {
	STORY_ADD,
	STORY_ONLINE,
	STORY_OFFLINE,
	STORY_REMOVE,
	STORY_NR_OPERATIONS
};

/* The pages that were in the way of one offline */
struct story_blockers {
	u32 nr; /* events */
	u32 pages; /* different pages, as far as those that follow each other show */
	u32 passes; /* the last try in which one was reported, from 0 */
	struct mhp_mhp_offline_blocker last;
	u64 unknown; /* fields of the last one that its source could not report */
};

struct story_step {
	enum story_operation operation;
	u64 begin_ns; /* 0: not seen */
	bool late; /* it was in progress already at begin_ns */
	u64 end_ns; /* 0: it has not ended */
	s64 ret;
	u32 reason; /* enum mhp_reason, 0: it did not fail, or nothing was reported */
	u64 failed_pfn; /* where it failed, 0: not reported */
	u32 zone; /* enum mhp_zone, 0: none */
	u32 pid;
	bool refused_known; /* which function of the notifier refused */
	s64 refused; /* its distance from _stext */
	char comm[MHP_COMM_LEN];
	struct story_blockers blockers;
};

struct story {
	u64 start_pfn; /* of the memory block */
	u64 nr_pages;
	struct story_step *steps; /* in the order of their begin */
	size_t nr;
	size_t room;
	u32 reasons[STORY_NR_OPERATIONS]; /* of failures whose begin was not seen */
	bool no_memory; /* not all steps could be kept */
};

/* Add what a record says about the block, if anything. */
void story_take(struct story *story, const struct mhp_record *record);
/* Unless it is known, add an operation that is in progress and began at begin_ns or before. */
void story_late(struct story *story, enum story_operation operation,
		u64 begin_ns, u32 zone);
void story_free(struct story *story);

#endif
