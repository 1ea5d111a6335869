// SPDX-License-Identifier: GPL-2.0
/* Keeps the latest records, and decides when they are worth a file. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "model/event_table.h"
#include "record/flight.h"

/* So long the end of an operation, and what follows a failure, may take until the records are written. */
#define FLIGHT_DELAY_NS LOOP_NS
/* An offline that is tried again and again must not push out the records of the first failure. */
#define FLIGHT_PAUSE_NS (10 * LOOP_NS)

/* -- the ring --------------------------------------------------------------------- */

static void ring_copy_in(struct flight *flight, const void *from, u64 len)
{
	u64 at = flight->head % flight->size, first = flight->size - at;

	if (first > len)
		first = len;
	memcpy(flight->ring + at, from, first);
	memcpy(flight->ring, (const char *)from + first, len - first);
	flight->head += len;
}

static void ring_copy_out(const struct flight *flight, u64 from, void *to,
			  u64 len)
{
	u64 at = from % flight->size, first = flight->size - at;

	if (first > len)
		first = len;
	memcpy(to, flight->ring + at, first);
	memcpy((char *)to + first, flight->ring, len - first);
}

/* The record at a place in the ring. Its length. */
static u64 ring_get(const struct flight *flight, u64 from,
		    struct mhp_record *record)
{
	memset(record, 0, sizeof(*record));
	ring_copy_out(flight, from, record, MHP_RECORD_HEADER);
	ring_copy_out(flight, from, record, MHP_RECORD_HEADER + record->size);
	return MHP_RECORD_HEADER + record->size;
}

/* Take the oldest record out; the accounts before the ring include it from now on. */
static void flight_drop_oldest(struct flight *flight)
{
	struct operation_event event;
	struct mhp_record record;

	flight->tail += ring_get(flight, flight->tail, &record);
	ledger_fold(flight->base, &record);
	progress_take(&flight->base_progress, &record, 0, &event);
	if (!record.seq)
		return;
	flight->base_gaps |= record.seq != flight->base_seq + 1;
	if (flight->base_seq < record.seq)
		flight->base_seq = record.seq;
	if (flight->base_ns < record.time_ns)
		flight->base_ns = record.time_ns;
	flight->dropped++;
}

/* What is kept begins between two operations, if there is such a place not far away. */
static void make_way(struct flight *flight, u64 len)
{
	u64 far;

	if (flight->head - flight->tail + len <= flight->size)
		return;
	while (flight->head - flight->tail + len > flight->size)
		flight_drop_oldest(flight);
	far = flight->tail + flight->size / 8;
	while (flight->tail < far && flight->tail < flight->head &&
	       !progress_is_quiet(&flight->base_progress))
		flight_drop_oldest(flight);
}

/*
 * It may begin neither in the source's snapshot nor in an add: what is longer than
 * the ring is not kept at all.
 */
static bool may_begin(const struct flight *flight)
{
	if (flight->tail &&
	    (!flight->settled || flight->base_seq < flight->settled_seq))
		return false;
	return progress_may_part(&flight->base_progress);
}

static void drop_rest(struct flight *flight)
{
	while (flight->tail < flight->head && !may_begin(flight))
		flight_drop_oldest(flight);
}

void flight_settle(struct flight *flight)
{
	flight->settled = true;
	flight->settled_seq = flight->last_seq;
	drop_rest(flight);
}

/* -- what fails ------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3)))
flight_notice(struct flight *flight, const char *format, ...)
{
	u64 due = loop_now() + FLIGHT_DELAY_NS;
	va_list args;

	if (flight->due_ns)
		return;
	flight->due_ns = due < flight->wait_ns ? flight->wait_ns : due;
	va_start(args, format);
	vsnprintf(flight->why, sizeof(flight->why), format, args);
	va_end(args);
}

static void notice_violation(struct flight *flight)
{
	const struct violations *violations = &flight->violations;
	size_t kept = violations->nr_kept;

	if (violations->total == flight->reported)
		return;
	flight->reported = violations->total;
	if (kept)
		flight_notice(flight, "the rule %s was violated",
			      rule_infos[violations->kept[kept - 1].rule].name);
	else
		flight_notice(flight, "a rule was violated");
}

/* Numbers may come a little out of order: what is missing in the end is counted when the records are written. */
static void notice_loss(struct flight *flight, u64 seq)
{
	u64 gaps;

	if (!seq)
		return;
	flight->numbered++;
	if (flight->last_seq < seq)
		flight->last_seq = seq;
	gaps = flight->last_seq > flight->numbered ?
		       flight->last_seq - flight->numbered :
		       0;
	if (gaps > flight->gaps)
		flight_notice(flight, "events were lost");
	flight->gaps = gaps;
}

static void notice_failure(struct flight *flight,
			   const struct mhp_record *record)
{
	struct operation_event event;
	u64 start_pfn;
	bool failed;

	failed = progress_take(&flight->progress, record, loop_now(), &event);
	flight->stuck &= !!flight->progress.begun_ns;
	if (!failed)
		return;
	start_pfn = event.start_pfn;
	flight_notice(flight, "the %s operation at pfn 0x%llx failed",
		      operation_name(event.operation), start_pfn);
}

static void notice_stuck(struct flight *flight)
{
	const struct progress *progress = &flight->progress;
	int i;

	if (!progress->begun_ns || flight->stuck ||
	    loop_now() < progress->begun_ns + flight->patience_ns)
		return;
	flight->stuck = true;
	for (i = 0; i < NR_OPERATIONS; i++)
		if (progress->open[i].begin_ns)
			flight_notice(
				flight,
				"the %s operation at pfn 0x%llx does not end",
				operation_name(i),
				progress->open[i].begin.start_pfn);
}

int flight_take(struct flight *flight, const struct mhp_record *record)
{
	const u64 len = MHP_RECORD_HEADER + record->size;
	int err;

	make_way(flight, len);
	if (record->event == MHP_EVENT_mhp_add_begin)
		flight->add_at = flight->head;
	ring_copy_in(flight, record, len);
	drop_rest(flight);
	err = rules_take(flight->rules, record);
	notice_violation(flight);
	notice_loss(flight, record->seq);
	notice_failure(flight, record);
	return err;
}

bool flight_is_due(struct flight *flight)
{
	bool quiet = progress_is_quiet(&flight->progress) || flight->stuck;
	u64 now = loop_now();

	notice_stuck(flight);
	if (!flight->due_ns || now < flight->wait_ns)
		return false;
	return quiet || now >= flight->due_ns;
}

u64 flight_until(const struct flight *flight)
{
	const struct progress *progress = &flight->progress;
	u64 stuck_ns = progress->begun_ns + flight->patience_ns;

	if (flight->due_ns)
		return flight->due_ns;
	return progress->begun_ns && !flight->stuck ? stuck_ns : 0;
}

int flight_walk(struct flight *flight, source_sink sink, void *ctx)
{
	struct mhp_record record;
	u64 at = flight->tail;
	int err = 0;

	while (!err && at < flight->head) {
		at += ring_get(flight, at, &record);
		err = sink(ctx, &record);
	}
	return err;
}

void flight_written(struct flight *flight)
{
	u64 end = progress_may_part(&flight->progress) ? flight->head :
							 flight->add_at;

	while (flight->tail < end)
		flight_drop_oldest(flight);
	flight->repeats = flight->tail < flight->head;
	flight->dropped = 0;
	flight->due_ns = 0;
	flight->wait_ns = loop_now() + FLIGHT_PAUSE_NS;
	flight->why[0] = '\0';
}

int flight_init(struct flight *flight, const struct source_info *info,
		u64 bytes, u64 patience_ns)
{
	const u64 pages = info->block_bytes / info->page_bytes;
	const struct rules_opts opts = { .page_bytes = info->page_bytes };

	*flight = (struct flight){ .size = bytes, .patience_ns = patience_ns };
	violations_init(&flight->violations, pages);
	flight->ring = malloc(bytes);
	flight->base = ledger_new(pages, info->max_accounts);
	flight->rules = rules_new(pages, &opts, &flight->violations);
	if (!flight->ring || !flight->base || !flight->rules)
		return -ENOMEM;
	rules_describe(flight->rules, info);
	return 0;
}

void flight_fini(struct flight *flight)
{
	free(flight->ring);
	ledger_free(flight->base);
	rules_free(flight->rules);
	violations_free(&flight->violations);
}
