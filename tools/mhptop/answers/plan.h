/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop plan offline`: whether memory can go offline, and if not, because of which pages. */
#ifndef ANSWERS_PLAN_H
#define ANSWERS_PLAN_H

#include <stdbool.h>
#include <stdio.h>
#include "answers/account.h"
#include "answers/target.h"

/* Ascending: the answer for several blocks is the highest one of any. */
enum plan_answer { PLAN_YES, PLAN_UNKNOWN, PLAN_NO };

/* What decides, as words of JSON; each has a sentence in plan.c */
#define PLAN_REASONS(_)                      \
	_(OFFLINE_ALREADY, "offline")        \
	_(BUSY, "busy")                      \
	_(HOLES, "holes")                    \
	_(MULTIZONE, "multizone")            \
	_(KERNEL_PAGES, "kernel_pages")      \
	_(SECRET_PAGES, "secretmem")         \
	_(PINNED_PAGES, "pinned")            \
	_(THP_PINNED, "thp_pinned")          \
	_(HUGE_PINNED, "hugetlb_pinned")     \
	_(THP_POISONED, "thp_poisoned")      \
	_(HUGE_POISONED, "hugetlb_poisoned") \
	_(CMA, "cma")                        \
	_(CMA_UNKNOWN, "cma_unknown")        \
	_(OFFLINE_PAGES, "offline_pages")    \
	_(NO_ROOM, "no_room")                \
	_(RECLAIM, "reclaim")                \
	_(HUGE_RESERVED, "hugetlb_reserved") \
	_(HUGE_NO_ROOM, "hugetlb_no_room")   \
	_(HUGE_COMPACT, "hugetlb_compact")   \
	_(HUGE_LOOP, "hugetlb_loop")         \
	_(HUGE_BEYOND, "hugetlb_beyond")     \
	_(BLIND, "references")

enum plan_reason {
#define PLAN_REASON(name, word) PLAN_##name,
	PLAN_REASONS(PLAN_REASON)
#undef PLAN_REASON
		PLAN_NR_REASONS
};

#define PLAN_FINDINGS 20

struct plan_finding {
	enum plan_reason reason;
	enum plan_answer answer; /* that follows from it alone */
	enum account_kind kind; /* of the pages; ACCOUNT_NR_KINDS: none */
	u64 pages; /* or huge pages */
	u64 first; /* pfn, 0 if no page is named */
	u64 room; /* pages, or huge pages, that are free for them */
	u64 size; /* of a huge page, in bytes */
	bool each; /* of several blocks: pages and room are the most that one of them has */
};

/* One memory block, or all of them together */
struct plan_result {
	enum plan_answer answer;
	u64 move; /* pages that need room elsewhere, without hugetlb */
	u64 room; /* pages that are free for them */
	u64 move_huge; /* huge pages of hugetlb that need room elsewhere */
	struct plan_finding findings[PLAN_FINDINGS];
	size_t nr_findings;
};

struct plan_block {
	struct target_block *block;
	struct page_account account;
	struct plan_result result;
};

struct plan {
	struct target target;
	struct plan_block *blocks; /* as many as the target has */
	struct plan_result all;
	bool no_pages; /* pages cannot be looked at, and blind says why: there are no answers */
	const char *root; /* "" for this machine */
	char blind[256]; /* why references are unknown, "" if they are known */
};

/*
 * Forecast an offline of what text names, NULL for all memory, on this machine or in a
 * tree under root. All memory is listed even if its pages cannot be looked at.
 * 0, or -errno with why, as target_find(). The caller frees the plan.
 */
int plan_make(struct plan *plan, const char *root, const char *text, char *why,
	      size_t len);
/* The same for this machine, whose pages are open. */
int plan_look(struct plan *plan, struct page_source *pages, const char *text,
	      char *why, size_t len);
void plan_free(struct plan *plan);

const char *plan_answer_word(enum plan_answer answer);
const char *plan_reason_word(enum plan_reason reason);
/* One sentence about a finding, without a full stop. Returns buf. */
#define PLAN_TEXT_MAX 256
const char *plan_finding_text(char buf[PLAN_TEXT_MAX],
			      const struct plan_finding *finding);

/* Memory blocks side by side with the same answer for the same reasons */
struct plan_row {
	size_t first, nr; /* in the blocks of the plan */
	struct plan_result
		result; /* move is the most that has to, room the least that there is */
	struct page_account account; /* of all of them */
};

/* The row that begins with a block; all: of this block alone. */
void plan_row_make(struct plan_row *row, const struct plan *plan, size_t first,
		   bool all);

struct plan_opts {
	bool json;
	bool all; /* a line for each memory block */
	bool pages; /* and what its pages are */
};

/* Lines fit the terminal that it is printed on, if any. 0, or -ENOMEM or -EIO. */
int plan_print_text(const struct plan *plan, const char *what,
		    const struct plan_opts *opts, FILE *to);
void plan_print_json(const struct plan *plan, const char *what, FILE *out);

/*
 * The command: print the answer. Returns STATUS_OK for yes, STATUS_VIOLATED for no,
 * STATUS_UNKNOWN if it cannot be known, or another status with a message.
 */
int plan_offline_run(const char *what, const struct plan_opts *opts, FILE *out);

#endif
