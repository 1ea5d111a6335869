/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict about a stream that has ended. PASS means proved: whatever leaves
 * a doubt is UNKNOWN. docs/rules.md has an example of each case.
 */
#ifndef RULES_VERDICT_H
#define RULES_VERDICT_H

#include "rules/rules.h"

/* From the least to the most urgent: if several apply, the last one counts. */
enum verdict_word {
	VERDICT_PASS,
	VERDICT_UNKNOWN,
	VERDICT_FAIL,
	VERDICT_DAMAGED,
};

/* What is known of a stream besides its events. */
struct verdict_stream {
	u64 lost; /* events that are missing */
	const char *
		doubt; /* what else leaves a doubt, such as accounts that are missing; NULL: nothing */
	bool damaged;
	bool unreadable; /* it could not be read to its end */
	bool unchecked; /* without memory, not all events were checked */
	bool differs; /* the recorder's and the kernel's ledgers differ */
	bool overlaps; /* events of several recordings may be the same */
	bool interrupted; /* the user ended the check before the stream ended */
	const char *
		rest; /* what had not come when the time was over, NULL: nothing */
	bool cut; /* its end is missing */
};

struct verdict {
	enum verdict_word word;
	char doubt[160]; /* why it is not proved that the rules pass, "" if it is */
};

/* Call it after rules_end(). */
void verdict_judge(struct verdict *verdict, const struct verdict_stream *stream,
		   const struct rules *rules);
/* "PASS" and so on. */
const char *verdict_name(enum verdict_word word);

#endif
