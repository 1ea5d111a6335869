/* SPDX-License-Identifier: GPL-2.0 */
/* What to do about an operation that failed: one sentence for each reason. */
#ifndef ANSWERS_ADVICE_H
#define ANSWERS_ADVICE_H

#include "base/types.h"

#define ADVICE_RETRIES 0
#define ADVICE_ASKS \
	0xffff /* in place of a kind: no page, but a notifier that has not answered */

/*
 * reason is an enum mhp_reason, ADVICE_RETRIES for an offline that tries again and again;
 * kind an enum mhp_kind of the page that was in the way,
 * 0 if there was none, or ADVICE_ASKS. Returns a static sentence, "" for a reason that is unknown here.
 */
const char *advice_for(u32 reason, u32 kind);

#endif
