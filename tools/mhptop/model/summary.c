// SPDX-License-Identifier: GPL-2.0
/* Sorts what a history has, and counts it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/summary.h"

#define DECADE(ns) ns, 2 * (ns), 5 * (ns)
const u64 summary_bounds[SUMMARY_BUCKETS] = {
	DECADE(1000ULL),       DECADE(10000ULL),       DECADE(100000ULL),
	DECADE(1000000ULL),    DECADE(10000000ULL),    DECADE(100000000ULL),
	DECADE(1000000000ULL), DECADE(10000000000ULL),
};

static int compare_numbers(const void *a, const void *b)
{
	const u64 *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

/* The nearest rank: the smallest time that is not exceeded by percent of all. */
static u64 percentile(const u64 *times, u64 nr, unsigned int percent)
{
	return nr ? times[(nr * percent + 99) / 100 - 1] : 0;
}

static void count_time(struct summary_times *times, u64 ns)
{
	int i = 0;

	while (i < SUMMARY_BUCKETS && ns > summary_bounds[i])
		i++;
	times->buckets[i]++;
}

static void sum_times(struct summary_times *times,
		      const struct history *history, enum operation kind,
		      u64 *durations)
{
	size_t i;

	for (i = 0; i < history->nr; i++) {
		const struct history_operation *operation =
			&history->operations[i];
		s64 ns = history_duration(operation);

		if (operation->kind != kind)
			continue;
		times->nr++;
		times->failed += operation->ret != 0;
		times->unended += operation->end != HISTORY_ENDED;
		if (ns < 0)
			continue;
		durations[times->timed++] = ns;
		count_time(times, ns);
	}
	qsort(durations, times->timed, sizeof(*durations), compare_numbers);
	times->p50_ns = percentile(durations, times->timed, 50);
	times->p95_ns = percentile(durations, times->timed, 95);
	times->p99_ns = percentile(durations, times->timed, 99);
	times->max_ns = percentile(durations, times->timed, 100);
}

/* Whether a page was in the way more often. */
static bool is_worse(const struct history_page *a, const struct history_page *b)
{
	if (a->offlines != b->offlines)
		return a->offlines > b->offlines;
	return a->reports > b->reports;
}

static void sort_page(struct summary *summary, const struct history_page *page)
{
	size_t i = summary->nr_pages;

	while (i && is_worse(page, summary->pages[i - 1]))
		i--;
	if (i == SUMMARY_PAGES)
		return;
	if (summary->nr_pages < SUMMARY_PAGES)
		summary->nr_pages++;
	memmove(&summary->pages[i + 1], &summary->pages[i],
		(summary->nr_pages - 1 - i) * sizeof(summary->pages[0]));
	summary->pages[i] = page;
}

static int compare_memory(const void *a, const void *b)
{
	const struct history_operation *one =
		*(const struct history_operation *const *)a;
	const struct history_operation *other =
		*(const struct history_operation *const *)b;

	if (one->part != other->part)
		return one->part < other->part ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	if (one->start_pfn != other->start_pfn)
		return one->start_pfn < other->start_pfn ? -1 : 1;
	/* Both are of one array, in the order of their begin. */
	return one < other ? -1 : one > other;
}

static int compare_retries(const void *a, const void *b)
{
	const struct summary_retry *one = a, *other = b;

	if (one->part != other->part)
		return one->part < other->part ? -1 : 1;
	if (one->first_ns != other->first_ns)
		return one->first_ns < other->first_ns ? -1 : 1;
	return one->last < other->last ? -1 : one->last > other->last;
}

static bool is_same_memory(const struct history_operation *a,
			   const struct history_operation *b)
{
	return a->part == b->part && a->kind == b->kind &&
	       a->start_pfn == b->start_pfn;
}

/* The tries from list[at] on: up to the first that did not fail. Returns the index of the next operation. */
static size_t follow_tries(struct summary *summary, size_t *room,
			   const struct history_operation *const *list,
			   size_t nr, size_t at, int *err)
{
	struct summary_retry retry = {
		.start_pfn = list[at]->start_pfn,
		.part = list[at]->part,
		.first_ns = list[at]->begin_ns,
	};

	do {
		retry.tries++;
		retry.last = list[at++];
	} while (at < nr && retry.last->ret &&
		 is_same_memory(list[at], retry.last));
	if (retry.tries < 2)
		return at;
	retry.last_ns = retry.last->end_ns;
	if (vec_grow(summary->retries, summary->nr_retries, *room))
		summary->retries[summary->nr_retries++] = retry;
	else
		*err = -ENOMEM;
	return at;
}

static int find_retries(struct summary *summary, const struct history *history)
{
	const struct history_operation **list;
	size_t i, room = 0;
	int err = 0;

	list = calloc(history->nr ?: 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (i = 0; i < history->nr; i++)
		list[i] = &history->operations[i];
	qsort(list, history->nr, sizeof(*list), compare_memory);
	for (i = 0; i < history->nr;)
		i = follow_tries(summary, &room, list, history->nr, i, &err);
	free(list);
	if (summary->nr_retries)
		qsort(summary->retries, summary->nr_retries,
		      sizeof(*summary->retries), compare_retries);
	return err;
}

int summary_times_make(struct summary_times *times,
		       const struct history *history)
{
	u64 *durations = calloc(history->nr ?: 1, sizeof(*durations));
	size_t i;

	memset(times, 0, NR_OPERATIONS * sizeof(*times));
	if (!durations)
		return -ENOMEM;
	for (i = 0; i < NR_OPERATIONS; i++)
		sum_times(&times[i], history, i, durations);
	free(durations);
	return 0;
}

int summary_make(struct summary *summary, const struct history *history,
		 const struct model *model)
{
	size_t i;

	*summary = (struct summary){ 0 };
	if (summary_times_make(summary->times, history))
		return -ENOMEM;
	for (i = 0; i < history->nr_pages; i++)
		sort_page(summary, &history->pages[i]);
	if (removals_find(&summary->removals, history, model))
		return -ENOMEM;
	return find_retries(summary, history);
}

void summary_free(struct summary *summary)
{
	free(summary->retries);
	summary->retries = NULL;
	summary->nr_retries = 0;
	removals_free(&summary->removals);
}
