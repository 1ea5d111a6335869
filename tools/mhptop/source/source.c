// SPDX-License-Identifier: GPL-2.0
/*
 * Calls the operations of a source, with defaults for those that it lacks, and
 * decides when to read a live source again.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "source/source.h"

int source_read(struct source *source, source_sink sink, void *ctx)
{
	source->why[0] = '\0';
	return source->ops->read(source, sink, ctx);
}

int source_fd(struct source *source)
{
	return source->ops->fd ? source->ops->fd(source) : -1;
}

int source_totals(struct source *source, struct source_totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	if (!source->ops->totals)
		return -EOPNOTSUPP;
	return source->ops->totals(source, totals);
}

void source_totals_add(struct source_totals *sums,
		       const struct source_totals *totals)
{
	size_t i;

	for (i = 0; i < sizeof(sums->count) / sizeof(*sums->count); i++) {
		sums->count[i].seen += totals->count[i].seen;
		sums->count[i].submitted += totals->count[i].submitted;
		sums->count[i].lost += totals->count[i].lost;
	}
}

u64 source_numbered(struct source *source)
{
	return source->ops->numbered ? source->ops->numbered(source) : 0;
}

int source_self_check(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len)
{
	if (len)
		why[0] = '\0';
	if (source->ops->self_check)
		return source->ops->self_check(source, ledger, why, len);
	snprintf(why, len, "the kernel keeps no ledger for this source");
	return -EOPNOTSUPP;
}

int source_ledger(struct source *source, struct mhp_ledger *ledger, char *why,
		  size_t len)
{
	if (len)
		why[0] = '\0';
	if (source->ops->ledger)
		return source->ops->ledger(source, ledger, why, len);
	snprintf(why, len, "the kernel keeps no ledger for this source");
	return -EOPNOTSUPP;
}

const char *source_why(struct source *source)
{
	return source->why;
}

void source_close(struct source *source)
{
	if (source)
		source->ops->close(source);
}

#define FETCH_NS (LOOP_NS / 2)

void burst_begin(struct burst *burst, struct source *source)
{
	burst->fetched = burst->last = source_numbered(source);
	burst->most = source->ops->backlog ? source->ops->backlog(source) :
					     UINT64_MAX;
	burst->latest = loop_now() + FETCH_NS;
}

bool burst_goes_on(struct burst *burst, struct source *source)
{
	u64 now = source_numbered(source);
	bool paused = now == burst->last;

	burst->last = now;
	return !paused && now - burst->fetched < burst->most &&
	       loop_now() < burst->latest;
}
