/* SPDX-License-Identifier: GPL-2.0 */
/* Whose the pages of a memory block are, and what is left of one that is going offline. */
#ifndef ANSWERS_WHOSE_H
#define ANSWERS_WHOSE_H

#include "answers/account.h"
#include "base/types.h"

/* What the events call pages of this kind, as enum mhp_kind; 0: ACCOUNT_NR_KINDS, no kind. */
u32 whose_event_kind(enum account_kind kind);
/*
 * Print whose a page is, its flags, and who allocated it: a line for each, which begins with a
 * label, as far as this machine shows it.
 */
void whose_print(struct page_source *source, u64 pfn, FILE *out);
/* The name of the slab cache that has a page now. False if it is no slab page, or if that is unknown. */
#define WHOSE_CACHE_MAX 64
bool whose_cache(struct page_source *source, u64 pfn,
		 char name[WHOSE_CACHE_MAX]);
/*
 * Print the pages that a memory block still has while it goes offline, by what they are,
 * and whose the first of each kind is. Returns the kind that is most likely in the way,
 * as enum mhp_kind; 0: none, or it is unknown.
 */
u32 whose_print_left(struct page_source *source, u64 start_pfn, u64 nr_pages,
		     FILE *out);
/*
 * Print the task that is in this function of the kernel, and its stack. Returns whether it
 * waits for the answer of a notifier.
 */
bool whose_print_task(const char *function, FILE *out);
/*
 * Print which function of the memory notifier refused: its distance from _stext, if that is
 * known, or the functions that were asked. source is NULL if the kernel that asked them does
 * not run here.
 */
void whose_print_refused(struct page_source *source, bool known, s64 distance,
			 FILE *out);

#endif
