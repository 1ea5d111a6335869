/* SPDX-License-Identifier: GPL-2.0 */
/* What to do about an operation that failed: one sentence for each reason, or for each operation that can have it. */
#ifndef ANSWERS_ADVICE_H
#define ANSWERS_ADVICE_H

#include <stdbool.h>
#include <stdio.h>
#include "model/operation.h"

#define ADVICE_RETRIES 0
#define ADVICE_ASKS \
	0xffff /* in place of a kind: no page, but a notifier that has not answered */

/*
 * The kind to ask advice_for() about: a page that had no room is not held, so the sentence about all other pages fits.
 * That about huge pages is about room already.
 */
u32 advice_kind(u32 kind, bool no_room);
/*
 * What failed, or has not ended; reason is an enum mhp_reason, ADVICE_RETRIES for one that has not ended, such as an
 * offline that tries again and again; kind an enum mhp_kind of the page that was in the way, 0 if there was none, or
 * ADVICE_ASKS. Returns a static sentence, "" for a reason that the operation cannot have, or that is unknown here.
 */
const char *advice_for(enum operation operation, u32 reason, u32 kind);
/* Print the line of a page that has it, if there is any. */
void advice_print(enum operation operation, u32 reason, u32 kind, FILE *out);

#endif
