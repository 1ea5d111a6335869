// SPDX-License-Identifier: GPL-2.0
/* Keeps what the rules find; see verdict.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/verdict.h"

static void take_violation(void *ctx, const struct violation *violation)
{
	struct verdict *verdict = ctx;
	struct violation *grown;

	verdict->broken++;
	if (rules_broken(verdict->rules, violation->rule) > VERDICT_SHOWN)
		return;
	grown = reallocarray(verdict->violations, verdict->nr_violations + 1,
			     sizeof(*grown));
	if (!grown) {
		verdict->err = -ENOMEM;
		return;
	}
	verdict->violations = grown;
	grown[verdict->nr_violations++] = *violation;
}

int verdict_init(struct verdict *verdict, u64 block_pages,
		 const struct rules_opts *opts)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->rules = rules_new(block_pages, opts, take_violation, verdict);
	return verdict->rules ? 0 : -ENOMEM;
}

void verdict_fini(struct verdict *verdict)
{
	rules_free(verdict->rules);
	free(verdict->violations);
	memset(verdict, 0, sizeof(*verdict));
}

void verdict_take(struct verdict *verdict, const struct mhp_record *record)
{
	int err = rules_take(verdict->rules, record);

	if (err)
		verdict->err = err;
}

void verdict_end(struct verdict *verdict)
{
	rules_end(verdict->rules);
}

const struct violation *verdict_of_block(const struct verdict *verdict,
					 u64 start_pfn, u64 nr_pages,
					 size_t nth)
{
	const struct violation *violation;
	size_t i;

	for (i = 0; i < verdict->nr_violations; i++) {
		violation = &verdict->violations[i];
		if (violation->pfn - start_pfn < nr_pages && !nth--)
			return violation;
	}
	return NULL;
}
