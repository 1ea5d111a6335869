// SPDX-License-Identifier: GPL-2.0
/*
 * The user's limits and expectations: time of operations, memmap of an add and
 * its host, removed memory, and success.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "base/vec.h"
#include "model/event_table.h"
#include "rules/state.h"

static const char *const names[] = { "add", "online", "offline", "remove" };

static s64 budget_ret(const struct mhp_record *r)
{
	switch (r->event) {
	case MHP_EVENT_mhp_add_end:
		return r->p.mhp_add_end.ret;
	case MHP_EVENT_mhp_remove_end:
		return r->p.mhp_remove_end.ret;
	default:
		return r->p.mhp_block_end.ret;
	}
}

static void add_budget(struct rules *rules, const struct mhp_mhp_add_end *e)
{
	const struct rules_opts *opts = &rules->opts;
	char expected[64];

	if (e->ret)
		return;
	snprintf(expected, sizeof(expected), "at most %g %% of its pages",
		 opts->max_vmemmap);
	if (opts->max_vmemmap > 0)
		rule_check(rules, RULE_BUDGET_VMEMMAP, e->start_pfn,
			   e->vmemmap_pages * 100.0 <=
				   opts->max_vmemmap * e->nr_pages,
			   expected, "%llu of %llu pages, %.3f %%",
			   e->vmemmap_pages, e->nr_pages,
			   e->vmemmap_pages * 100.0 / e->nr_pages);
	if (opts->hosting)
		rule_check(rules, RULE_BUDGET_HOSTING, e->start_pfn,
			   e->hosting == opts->hosting,
			   event_symbol(event_hostings, opts->hosting),
			   "hosting %s, why %s",
			   event_symbol(event_hostings, e->hosting),
			   event_symbol(event_whys, e->why));
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

/* Check that the expected range was removed. */
static void removed_check(struct rules *rules)
{
	const struct rules_opts *opts = &rules->opts;
	u64 pfn = opts->removed_start / opts->page_bytes;
	u64 first = pfn / rules->block_pages;
	u64 last = opts->removed_end / opts->page_bytes / rules->block_pages;
	u64 blocks = last - first + 1;
	u64 gone = count_removed(rules, first, last);

	/* The removal may be among the lost events. */
	if (gone < blocks && rules->lost)
		return;
	rule_check(rules, RULE_BUDGET_REMOVED, pfn, gone == blocks,
		   "all memory blocks removed", "%llu of %llu memory blocks",
		   gone, blocks);
}

static void time_check(struct rules *rules, u64 now_ns, const char *verb)
{
	const struct rule_op *op = &rules->op;
	u64 max = rules->opts.max_ns[op->kind - OP_ADD];
	/* If time runs backwards, this wraps and exceeds any limit. */
	u64 took = now_ns - op->begin.time_ns;
	char text[UNITS_TEXT_MAX], expected[64];

	if (!max)
		return;
	snprintf(expected, sizeof(expected), "at most %s",
		 duration_text(text, max, DURATION_EXACT));
	rule_check(rules, RULE_BUDGET_TIME, op->start, took <= max, expected,
		   "%s %s %s", names[op->kind - OP_ADD], verb,
		   duration_text(text, took, DURATION_EXACT));
}

void rules_budget_end(struct rules *rules, const struct mhp_record *r)
{
	const struct rules_opts *opts = &rules->opts;
	const struct rule_op *op = &rules->op;
	s64 ret = budget_ret(r);

	time_check(rules, r->time_ns, "took");
	if (opts->no_failures)
		rule_check(rules, RULE_BUDGET_FAILURES, op->start, !ret,
			   "success", "%s failed with %lld",
			   names[op->kind - OP_ADD], ret);
	if (r->event == MHP_EVENT_mhp_add_end)
		add_budget(rules, &r->p.mhp_add_end);
	else if (r->event == MHP_EVENT_mhp_remove_end)
		removed(rules, &r->p.mhp_remove_end);
}

void rules_end(struct rules *rules)
{
	rules->now = NULL;
	/* An operation that does not end may exceed its limit, too. */
	if (rules->op.kind != OP_NONE &&
	    rules->last_ns - rules->op.begin.time_ns >
		    rules->opts.max_ns[rules->op.kind - OP_ADD])
		time_check(rules, rules->last_ns, "has not ended after");
	rules->op.kind = OP_NONE;
	if (rules->opts.removed_end)
		removed_check(rules);
	if (!rules->described && rules->ratio_pages && !rules->lost)
		rule_equal(rules, RULE_RETIRED, 0, "vmemmap pages never freed",
			   0, rules->retired);
	if (rules->last_seq > rules->numbered)
		rules->unsure = true;
}
