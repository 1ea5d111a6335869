/* SPDX-License-Identifier: GPL-2.0 */
/* What `mhptop explain` says about a range: the tries to remove it, and what refused. */
#ifndef ANSWERS_EXPLAIN_RANGE_H
#define ANSWERS_EXPLAIN_RANGE_H

#include <stdio.h>
#include "answers/account.h"
#include "base/memory_name.h"
#include "base/units.h"
#include "model/model.h"
#include "model/removal.h"

/* A range of memory, what is known of it, and where to write that */
struct explain_range {
	const struct model *model;
	const struct removals *removals; /* of the history of the model */
	struct page_source *pages; /* of this machine, NULL: they tell nothing */
	u64 start_pfn;
	u64 nr_pages;
	enum time_style time;
	bool ends_early; /* of the recording: nobody knows what happened after that */
	bool end_unseen; /* nobody knows whether what is in progress has ended since */
	FILE *out;
};

/* Take the range that a name means; the size of a page is that of the model. */
void explain_range_take(struct explain_range *range,
			const struct memory_name *name);
/* Print lines that say so, if the recording ends early, or is not the only one. */
void explain_ending(const struct explain_range *range);
/* Print a line for each try to remove memory of the range. */
void explain_removals(const struct explain_range *range);
/*
 * Print the page about the range. False if nothing is known of its memory; nothing is
 * printed then.
 */
bool explain_range_print(const struct explain_range *range);

#endif
