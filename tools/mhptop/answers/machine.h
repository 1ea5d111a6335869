/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What only the running machine shows of a memory block: its device, whether it could go offline now, and whose the
 * pages are that are in the way. Questions and answers have no pointers, so that they can go to another process.
 */
#ifndef ANSWERS_MACHINE_H
#define ANSWERS_MACHINE_H

#include <stdbool.h>
#include "answers/advice.h"
#include "answers/story.h"

/* Members of one size: no padding, so that questions can be compared as bytes. */
struct machine_question {
	u64 block; /* its number */
	u64 start_pfn;
	u64 nr_pages;
	u64 nr_troubles;
	struct machine_trouble {
		u64 operation; /* enum operation */
		u64 ended;
		u64 pfn; /* of the last page in the way, 0: none */
		u64 notifier; /* a notifier refused */
		u64 refused_known; /* which function of it */
		s64 refused; /* its distance from _stext */
	} troubles[STORY_MAX_TROUBLES];
};

#define MACHINE_TEXT_MAX 8192

/* Texts are whole lines, cut at the end if they do not fit. */
struct machine_answer {
	struct machine_question question;
	u64 took_ns;
	char now[MACHINE_TEXT_MAX];
	u32 keeps; /* enum mhp_kind or advice_kind of a page that keeps it online now, 0: none, or unknown */
	/* Whether there is room elsewhere now, for its pages and for its huge pages of hugetlb */
	enum advice_room room;
	enum advice_room huge_room;
	struct {
		char whose[MACHINE_TEXT_MAX];
		u32 kind; /* what the page is, if that is known better than from the events: enum mhp_kind or advice_kind; 0: unknown */
	} troubles[STORY_MAX_TROUBLES];
};

struct machine;

/* Open what needs privileges; what cannot be opened is unknown in the answers. NULL: out of memory. */
struct machine *machine_open(void);
void machine_close(struct machine *machine); /* NULL is fine */
/* The pages of the machine, NULL if they cannot be read; then the other one says why. */
struct page_source *machine_pages(struct machine *machine);
const char *machine_blind(const struct machine *machine);

/* What to ask about a memory block with these troubles; end_unseen: those that are in progress may have ended. */
void machine_question_make(struct machine_question *question, u64 block,
			   u64 nr_pages, const struct story_trouble *troubles,
			   size_t nr, bool end_unseen);
void machine_look(struct machine *machine,
		  const struct machine_question *question,
		  struct machine_answer *answer);

#endif
