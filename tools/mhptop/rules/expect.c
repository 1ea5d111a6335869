// SPDX-License-Identifier: GPL-2.0
/*
 * The user's expectations: what must be removed or go online, how many
 * operations must succeed, and how long added memory may stay offline.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "base/vec.h"
#include "rules/state.h"

/* The most memory blocks that one add has: 2^16 of 128 MiB are 8 TiB, and blocks are larger then. */
#define ADD_BLOCKS_MAX (1ULL << 16)

/* What has not happened may be among the missing events: then it is no violation. */
static bool may_be_missing(struct rules *rules)
{
	if (!rules->incomplete && !rules->no_ends)
		return false;
	return rules->unmet = true;
}

/* Remember the blocks of a removal, which may be added again later. */
static void removed(struct rules *rules, const struct mhp_mhp_remove_end *e)
{
	u64 first = e->start_pfn / rules->block_pages;
	u64 more = rule_blocks(rules, e->nr_pages) - 1;

	if (e->ret || !e->nr_pages || !rules->opts.removed_end)
		return;
	if (!vec_grow(rules->removed, rules->nr_removed, rules->room_removed)) {
		rules->no_memory = true;
		return;
	}
	rules->removed[rules->nr_removed++] = (struct rule_span){
		.first = first,
		.last = first + more < first ? ~0ULL : first + more,
	};
}

static int compare_spans(const void *a, const void *b)
{
	const struct rule_span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The number of blocks from first to last that were removed, each counted once. */
static u64 count_removed(struct rules *rules, u64 first, u64 last)
{
	const struct rule_span *span = rules->removed;
	u64 gone = 0, end;
	size_t i;

	if (span)
		qsort(rules->removed, rules->nr_removed, sizeof(*span),
		      compare_spans);
	for (i = 0; i < rules->nr_removed && first <= last; i++, span++) {
		if (span->last < first || span->first > last)
			continue;
		if (first < span->first)
			first = span->first;
		end = span->last < last ? span->last : last;
		gone += end - first + 1;
		if (end == last)
			break;
		first = end + 1;
	}
	return gone;
}

/* The numbers of the first and the last block of a range of physical addresses. */
static void range_blocks(const struct rules *rules, u64 start, u64 end,
			 u64 *first, u64 *last)
{
	u64 bytes = rules->block_pages * rules->opts.page_bytes;

	*first = start / bytes;
	*last = end / bytes;
}

/* Check that the expected range was removed. */
static void removed_check(struct rules *rules)
{
	const struct rules_opts *opts = &rules->opts;
	u64 first, last, gone;

	range_blocks(rules, opts->removed_start, opts->removed_end, &first,
		     &last);
	gone = count_removed(rules, first, last);
	if (gone <= last - first && may_be_missing(rules))
		return;
	rule_check(rules, RULE_BUDGET_REMOVED, first * rules->block_pages,
		   gone == last - first + 1, "all memory blocks removed",
		   "%llu of %llu memory blocks", gone, last - first + 1);
}

/* Check that the expected range went online, or was online from the start. */
static void online_check(struct rules *rules)
{
	const struct rules_opts *opts = &rules->opts;
	const struct rule_block *block;
	u64 first, last, number, online = 0, missing = 0, known = 0;

	range_blocks(rules, opts->online_start, opts->online_end, &first,
		     &last);
	for (number = first;
	     (block = sparse_next(&rules->blocks, &number)) && number <= last;
	     number++) {
		known++;
		online += block->was_online;
		missing += !block->was_online && !block->maybe_online;
	}
	/* Those that are never mentioned do not exist, or were online all the time. */
	if (!rules->unlisted)
		missing += last - first + 1 - known;
	if (online <= last - first &&
	    (!missing || rules->incomplete || rules->no_ends)) {
		rules->unmet = true;
		return;
	}
	rule_check(rules, RULE_BUDGET_ONLINE, first * rules->block_pages,
		   online == last - first + 1, "all memory blocks online",
		   "%llu of %llu memory blocks", online, last - first + 1);
}

static void number_check(struct rules *rules, enum rule_op_kind kind)
{
	const struct rules_count *count = &rules->opts.count[kind - OP_ADD];
	u64 nr = rules->succeeded[kind - OP_ADD];
	u64 before = rules->violations->total;
	char expected[80];

	if (!count->set || (nr < count->min && may_be_missing(rules)))
		return;
	/* As many as in one recording are certain. */
	if (rules->overlaps && nr >= count->min &&
	    rules->most_succeeded[kind - OP_ADD] <= count->max &&
	    (nr > count->max ||
	     rules->most_succeeded[kind - OP_ADD] < count->min)) {
		rules->twice = true;
		return;
	}
	if (count->min == count->max)
		snprintf(expected, sizeof(expected), "%llu successful %ss",
			 count->min, rule_op_names[kind]);
	else
		snprintf(expected, sizeof(expected),
			 "%llu to %llu successful %ss", count->min, count->max,
			 rule_op_names[kind]);
	rule_check(rules, RULE_BUDGET_COUNT, 0,
		   nr >= count->min && nr <= count->max, expected, "%llu", nr);
	/* In the wrong order, events may be counted too few times, but not too often. */
	if (nr > count->max && rules->violations->total > before)
		rules->orderless++;
}

void rules_expect_forget(struct rules *rules)
{
	struct rule_block *block;
	u64 number;

	rules_retries_forget(rules);
	for (number = 0; (block = sparse_next(&rules->blocks, &number));
	     number++) {
		block->added_ns = 0;
		block->changing = false;
	}
}

/* -- idle memory -------------------------------------------------------------- */

static void idle_check(struct rules *rules, struct rule_block *block, u64 now,
		       const char *what)
{
	u64 max = rules->opts.max_idle_ns, idle = now - block->added_ns;
	char text[UNITS_TEXT_MAX], expected[64];

	if (!max || !block->added_ns)
		return;
	if (now < block->added_ns) {
		rules->unsure = true;
		return;
	}
	snprintf(expected, sizeof(expected), "online at most %s after its add",
		 duration_text(text, max, DURATION_EXACT));
	rule_check(rules, RULE_BUDGET_IDLE, rule_block_pfn(rules, block),
		   idle <= max, expected, "%s after %s", what,
		   duration_text(text, idle, DURATION_EXACT));
}

static void blocks_added(struct rules *rules, u64 now)
{
	u64 i, nr = rule_blocks(rules, rules->op.nr);
	struct rule_block *block;

	if (!rules->opts.max_idle_ns && !rules->opts.online_end)
		return;
	/* The source may not report the memmap of each. More than these are no machine's. */
	for (i = 0; i < nr && i < ADD_BLOCKS_MAX; i++) {
		block = rule_block(
			rules, rules->op.start + i * rules->block_pages, true);
		if (!block)
			return;
		block->added_ns = now;
		block->start_known = true;
	}
}

static void blocks_gone(struct rules *rules, u64 now)
{
	struct rule_block *block;
	u64 at = 0;

	while ((block = rule_block_in(rules, rules->op.start, rules->op.nr,
				      &at))) {
		idle_check(rules, block, now, "removed");
		block->added_ns = 0;
		block->start_known = true;
	}
}

static void block_online(struct rules *rules, u64 now)
{
	struct rule_block *block = rule_block(rules, rules->op.start, true);

	if (!block)
		return;
	idle_check(rules, block, now, "online");
	block->added_ns = 0;
	block->was_online = true;
}

static void idle_over(struct rules *rules)
{
	u64 max = rules->opts.max_idle_ns, number = 0;
	struct rule_block *block;

	for (; max && (block = sparse_next(&rules->blocks, &number)); number++)
		if (block->added_ns && rules->end_ns > block->added_ns &&
		    rules->end_ns - block->added_ns > max)
			idle_check(rules, block, rules->end_ns, "not online");
}

/* -- the end of an operation, and of the stream ------------------------------- */

void rules_expect_take(struct rules *rules, const struct mhp_record *r, s64 ret)
{
	if (rules->opts.limit_failures)
		rules_retries_take(rules, r, ret);
	if (ret)
		return;
	rules->succeeded[rules->op.kind - OP_ADD]++;
	switch (rules->op.kind) {
	case OP_ADD:
		return blocks_added(rules, r->time_ns);
	case OP_ONLINE:
		return block_online(rules, r->time_ns);
	case OP_REMOVE:
		blocks_gone(rules, r->time_ns);
		return removed(rules, &r->p.mhp_remove_end);
	default:
		return;
	}
}

void rules_expect_end(struct rules *rules)
{
	int kind;

	if (rules->opts.removed_end)
		removed_check(rules);
	if (rules->opts.online_end)
		online_check(rules);
	for (kind = OP_ADD; kind <= OP_REMOVE; kind++)
		number_check(rules, kind);
}

void rules_expect_part(struct rules *rules)
{
	u64 nr;
	int i;

	for (i = 0; i < 4; i++) {
		nr = rules->succeeded[i] - rules->part_succeeded[i];
		if (rules->most_succeeded[i] < nr)
			rules->most_succeeded[i] = nr;
		rules->part_succeeded[i] = rules->succeeded[i];
	}
	rules->part_failures = rules->failures;
}

bool rules_twice(const struct rules *rules)
{
	return rules->twice;
}

const char *rules_unjudged_limit(const struct rules *rules)
{
	int i;

	for (i = RULE_BUDGET_TIME; i < NR_RULES; i++)
		if (rules->unjudged[i] && !rules->opts.skip[i])
			return rules->unjudged_what[i];
	return NULL;
}

void rules_expect_over(struct rules *rules)
{
	if (rules->opts.retries_ok)
		rules_retries_over(rules);
	idle_over(rules);
}

bool rules_unmet(const struct rules *rules)
{
	return rules->unmet;
}
