// SPDX-License-Identifier: GPL-2.0
/* Stores the violations of a stream and counts them by rule and memory block. */
#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"
#include "model/violations.h"

void violations_init(struct violations *violations, u64 block_pages)
{
	*violations = (struct violations){ .block_pages = block_pages };
	sparse_init(&violations->of_block, sizeof(u32));
}

void violations_free(struct violations *violations)
{
	free(violations->kept);
	sparse_free(&violations->of_block);
	violations_init(violations, violations->block_pages);
}

void violations_add(struct violations *violations,
		    const struct violation *violation)
{
	u32 *of_block = sparse_make(&violations->of_block,
				    violation->pfn / violations->block_pages);

	/* NULL for a bogus pfn above all memory, or if out of memory. */
	if (of_block)
		++*of_block;
	violations->total++;
	if (++violations->of_rule[violation->rule] > VIOLATIONS_KEPT)
		return;
	if (!vec_grow(violations->kept, violations->nr_kept,
		      violations->room)) {
		violations->err = -ENOMEM;
		return;
	}
	violations->kept[violations->nr_kept++] = *violation;
}

u64 violations_of_block(const struct violations *violations, u64 pfn)
{
	const u32 *nr = sparse_find(&violations->of_block,
				    pfn / violations->block_pages);

	return nr ? *nr : 0;
}

const struct violation *
violations_kept_of_block(const struct violations *violations, u64 pfn,
			 size_t nth)
{
	u64 block = pfn / violations->block_pages;
	size_t i;

	for (i = 0; i < violations->nr_kept; i++)
		if (violations->kept[i].pfn / violations->block_pages ==
			    block &&
		    !nth--)
			return &violations->kept[i];
	return NULL;
}
