/* SPDX-License-Identifier: GPL-2.0 */
/* The story of a memory block: its operations, collected from the records of a stream. */
#ifndef ANSWERS_STORY_H
#define ANSWERS_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_event.h"
#include "mhp_ledger.h"
#include "model/operation.h"

/* The pages that were in the way of one offline */
struct story_blockers {
	u32 nr; /* events */
	u32 pages; /* different pages, as far as those that follow each other show */
	u32 passes; /* the last try in which one was reported, from 0 */
	struct mhp_mhp_offline_blocker last;
	u64 unknown; /* fields of the last one that its source could not report */
};

struct story_step {
	enum operation operation;
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
	u64 part; /* the recording, if there are several, counted from 0 */
	u64 start_pfn; /* of the memory block */
	u64 nr_pages;
	struct story_step *steps; /* in the order of their begin */
	size_t nr;
	size_t room;
	u32 reasons[NR_OPERATIONS]; /* of failures whose begin was not seen */
	struct story_blockers late; /* of an offline whose begin was not seen */
	bool no_memory; /* not all steps could be kept */
};

/* Recording part is read from now on: what another one left behind is forgotten. */
void story_restart(struct story *story, u64 part);
/* Add what a record says about the block, if anything. */
void story_take(struct story *story, const struct mhp_record *record);
/* Unless it is known, add the operation that the account of the block shows to be in progress. */
void story_add_late(struct story *story, const struct mhp_block *block);
/*
 * Unless an online or offline is known, add the last one that failed, as far as the account of the block has it. For a
 * story whose events are gone.
 */
void story_add_failure(struct story *story, const struct mhp_block *block);
/* Which function refused at a time, if an operation of the story failed then because of one. */
void story_add_refusal(struct story *story, u64 time_ns, s64 call);
/*
 * Of the last operations on the state of the block (an online or an offline) and of those on its range (an add or a
 * removal), each that failed or has not ended, in the order of their begin, with how many of its kind failed in a row.
 * One that worked ends all troubles before it. Returns how many there are.
 */
#define STORY_MAX_TROUBLES 2
struct story_trouble {
	const struct story_step *step;
	unsigned int nth; /* from 1 */
	const struct story_step *
		before; /* the last one in this row before it that reported a page, NULL: none did */
	unsigned int
		same; /* so many of the last ones, it included, reported the same page last; 0: it reported none */
};
size_t story_troubles(const struct story *story,
		      struct story_trouble troubles[STORY_MAX_TROUBLES]);
void story_free(struct story *story);

#endif
