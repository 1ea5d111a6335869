// SPDX-License-Identifier: GPL-2.0
/*
 * Calls the operations of a source, with defaults for those that it lacks, and
 * decides when to read a live source again.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/live.h"
#include "source/source.h"

/* Clocks that run alike differ by no more than reading them takes. */
#define CLOCK_MOVED_NS (LOOP_NS / 100)

int source_clock(struct source *source, source_sink sink, void *ctx)
{
	struct mhp_record record = {
		.event = MHP_EVENT_mhp_clock,
		.size = sizeof(record.p.mhp_clock),
		.comm = "mhptop",
	};
	struct mhp_mhp_clock *clock = &record.p.mhp_clock;
	const struct source_info *info = &source->info;
	s64 moved;

	if (!info->live || !info->wall_ns)
		return 0;
	if (!source->wall_lead)
		source->wall_lead = info->wall_ns - info->mono_ns;
	source_live_clocks(clock);
	moved = clock->wall_ns - clock->mono_ns - source->wall_lead;
	if (moved < (s64)CLOCK_MOVED_NS && moved > -(s64)CLOCK_MOVED_NS)
		return 0;
	source->wall_lead = clock->wall_ns - clock->mono_ns;
	record.time_ns = clock->mono_ns;
	record.pid = getpid();
	return sink(ctx, &record);
}

/* The end of a source that has one recording. Those that have several know of each how it ended. */
static void end_single(struct source *source)
{
	struct source_totals totals;
	int err = source_totals(source, &totals);

	source->ending = (struct source_ending){
		.whole = !err && !source->info.unmarked,
		.unordered = totals.no_lock,
		.balloon = totals.balloon,
		.end_ns = totals.mono_ns,
	};
}

int source_read(struct source *source, source_sink sink, void *ctx)
{
	int ret = source_clock(source, sink, ctx);

	source->why[0] = '\0';
	if (ret < 0)
		return ret;
	ret = source->ops->read(source, sink, ctx);
	if (ret == -ENODATA && !source->ops->has_endings)
		end_single(source);
	return ret;
}

int source_begin(struct source *source, u64 until_ns)
{
	struct pollfd fd = { .events = POLLIN };
	int ret;

	while (!source->info.block_bytes) {
		ret = source_read(source, NULL, NULL);
		if (ret < 0)
			return ret;
		if (source->info.block_bytes)
			break;
		if (until_ns && loop_now() >= until_ns)
			return -ETIMEDOUT;
		fd.fd = source_fd(source);
		ret = loop_wait(&fd, 1, until_ns);
		if (ret < 0)
			return ret;
	}
	return 0;
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
	sums->no_room += totals->no_room;
	sums->no_lock += totals->no_lock;
	sums->unknown += totals->unknown;
	sums->unsized += totals->unsized;
	sums->balloon |= totals->balloon;
}

void source_totals_skip(struct source_totals *totals, const u64 *skipped)
{
	struct mhp_count *count = totals->count;
	size_t i;

	for (i = 0; i < sizeof(totals->count) / sizeof(*count); i++) {
		/* The totals of a damaged recording may be any. */
		count[i].seen -= count[i].seen < skipped[i] ? count[i].seen :
							      skipped[i];
		count[i].submitted -= count[i].submitted < skipped[i] ?
					      count[i].submitted :
					      skipped[i];
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

void source_describe(struct source *source, unsigned int event, char *text,
		     size_t len)
{
	if (len)
		text[0] = '\0';
	if (source->ops->describe)
		source->ops->describe(source, event, text, len);
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
