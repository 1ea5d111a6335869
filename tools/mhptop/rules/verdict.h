/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rules found so far in a stream: the violations themselves, and
 * what they add up to. Part of the model; the laws are in rules*.c, how a
 * verdict is shown is the views' and check_report.c's business.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "rules/rules.h"

#define VERDICT_SHOWN 10 /* violations of one rule that are kept in full */

struct verdict {
	struct rules *rules;
	struct violation *violations; /* the first VERDICT_SHOWN of each rule */
	size_t nr_violations;
	u64 broken; /* violations of all rules, kept or not */
	int err; /* -ENOMEM: not everything was judged or kept */
};

/* 0 or -ENOMEM. The verdict must stay where it is. */
int verdict_init(struct verdict *verdict, u64 block_pages,
		 const struct rules_opts *opts);
void verdict_fini(struct verdict *verdict);
void verdict_take(struct verdict *verdict, const struct mhp_record *record);
/* The stream is over: what can only be judged then. */
void verdict_end(struct verdict *verdict);
/* The nth kept violation about a page of the memory block there, NULL if there are not so many. */
const struct violation *verdict_of_block(const struct verdict *verdict,
					 u64 start_pfn, u64 nr_pages,
					 size_t nth);

#endif
