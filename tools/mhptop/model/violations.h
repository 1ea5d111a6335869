/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The violations of rules that a stream has had: what the rules report with,
 * and what the views show. Pure storage; the rules are not known here.
 */
#ifndef MODEL_VIOLATIONS_H
#define MODEL_VIOLATIONS_H

#include <stdbool.h>
#include "base/sparse.h"
#include "mhp_event.h"

#define VIOLATIONS_RULES 64 /* numbers of rules end here */
#define VIOLATIONS_KEPT 10 /* of each rule, in full */
#define VIOLATION_TEXT 160

/* Two events that contradict a rule. The first may be missing (event 0). */
struct violation {
	unsigned int rule; /* enum rule_id */
	u64 pfn; /* of the memory block, range or page that it is about */
	struct mhp_record
		first; /* of an earlier operation: size 0, without fields */
	struct mhp_record second;
	char expected[VIOLATION_TEXT];
	char found[VIOLATION_TEXT];
};

struct violations {
	struct violation *kept; /* the first VIOLATIONS_KEPT of each rule */
	size_t nr_kept;
	size_t room;
	u64 total; /* of all rules, kept or not */
	u64 of_rule[VIOLATIONS_RULES];
	struct sparse of_block; /* u32 each, by block number */
	u64 block_pages;
	int err; /* -ENOMEM: not all could be kept */
};

void violations_init(struct violations *violations, u64 block_pages);
void violations_free(struct violations *violations);
void violations_add(struct violations *violations,
		    const struct violation *violation);
/* How many are about pages of the memory block of a page. */
u64 violations_of_block(const struct violations *violations, u64 pfn);
/* The nth kept one about the memory block of a page, NULL if there are not so many. */
const struct violation *
violations_kept_of_block(const struct violations *violations, u64 pfn,
			 size_t nth);

#endif
