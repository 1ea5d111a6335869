/* SPDX-License-Identifier: GPL-2.0 */
/* What to do about an operation that failed: one sentence for each reason, or for each operation that can have it. */
#ifndef ANSWERS_ADVICE_H
#define ANSWERS_ADVICE_H

#include <stdbool.h>
#include <stdio.h>
#include "model/ledger.h"
#include "model/operation.h"

#define ADVICE_RETRIES 0

/* In place of an enum mhp_kind */
enum advice_kind {
	ADVICE_ASKS =
		0xff00, /* no page, but a notifier that has not answered */
	ADVICE_HUGE_NO_ROOM, /* a huge page of hugetlb that has nowhere to go */
	ADVICE_HUGE_PINNED, /* one that something holds */
	ADVICE_CMA, /* a page of a CMA area */
};

/* Where the memory is, and what else decides which parts of a sentence fit, as bits */
enum advice_place {
	ADVICE_OTHER_NODES = 1, /* another node has memory */
	ADVICE_IN_MOVABLE = 2, /* it is in ZONE_MOVABLE already */
	ADVICE_END_UNSEEN =
		4, /* nobody knows whether the operation is still in progress */
};

/* Whether there was room elsewhere for the page in the way */
enum advice_room { ADVICE_ROOM_UNKNOWN, ADVICE_NO_ROOM, ADVICE_HAS_ROOM };

/*
 * The kind to ask advice_for() about: a page that had no room is not held, so the sentence about all other pages fits.
 * Of a huge page of hugetlb it depends on this what keeps it.
 */
u32 advice_kind(u32 kind, enum advice_room room);
/*
 * What failed, or has not ended; reason is an enum mhp_reason, ADVICE_RETRIES for one that has not ended, such as an
 * offline that tries again and again; kind an enum mhp_kind of the page that was in the way, 0 if there was none, or an
 * enum advice_kind; place: bits of enum advice_place. Returns buf with a sentence, empty for a reason that the operation
 * cannot have, or that is unknown here.
 */
#define ADVICE_TEXT_MAX 512
const char *advice_for(char buf[ADVICE_TEXT_MAX], enum operation operation,
		       u32 reason, u32 kind, unsigned int place);
/* Where a page is, in the zone that an operation was about; other nodes as far as the accounts of zones tell. */
unsigned int advice_place(const struct mhp_ledger *ledger, u64 pfn, u32 zone);
/* Print the line of a page that has it, if there is any. */
void advice_print(enum operation operation, u32 reason, u32 kind,
		  unsigned int place, FILE *out);

#endif
