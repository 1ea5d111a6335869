/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rule violations found in a stream: the rules add them, views and reports
 * print them.
 */
#ifndef MODEL_VIOLATIONS_H
#define MODEL_VIOLATIONS_H

#include <stdbool.h>
#include "base/sparse.h"
#include "mhp_event.h"

#define VIOLATIONS_RULES 64 /* limit of rule numbers */
#define VIOLATIONS_KEPT 10 /* violations kept in full for each rule */
#define VIOLATION_TEXT 160 /* bytes */

/* Two events that violate a rule. The first may be missing (event 0). */
struct violation {
	unsigned int rule; /* enum rule_id */
	u64 pfn; /* of the memory block, range or page concerned */
	/* If it belongs to an earlier operation, size is 0 and fields are missing. */
	struct mhp_record first;
	struct mhp_record second;
	char expected[VIOLATION_TEXT];
	char found[VIOLATION_TEXT];
};

struct violations {
	struct violation *kept; /* the first VIOLATIONS_KEPT of each rule */
	size_t nr_kept;
	size_t room;
	u64 total; /* violations of all rules, kept or not */
	u64 of_rule[VIOLATIONS_RULES]; /* violations of each rule */
	struct sparse of_block; /* u32 counts, by block number */
	u64 block_pages; /* pages of a memory block */
	int err; /* -ENOMEM if one could not be kept */
};

/* block_pages: pages of a memory block, not 0. */
void violations_init(struct violations *violations, u64 block_pages);
void violations_free(struct violations *violations);
/* Count a violation and keep a copy of the first VIOLATIONS_KEPT of its rule. */
void violations_add(struct violations *violations,
		    const struct violation *violation);
/* The number of violations in the memory block that contains pfn. */
u64 violations_of_block(const struct violations *violations, u64 pfn);
/*
 * The nth violation kept for the memory block that contains pfn, NULL if there
 * are fewer. Valid until the next violations_add().
 */
const struct violation *
violations_kept_of_block(const struct violations *violations, u64 pfn,
			 size_t nth);

#endif
