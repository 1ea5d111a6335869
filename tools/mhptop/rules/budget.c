// SPDX-License-Identifier: GPL-2.0
/*
 * The user's limits: time of operations, memmap of an add and its host; and what
 * was in progress when the stream ended.
 */
#include <stdio.h>

#include "base/units.h"
#include "model/event_table.h"
#include "rules/state.h"

const char *const rule_op_names[] = { NULL, "add", "online", "offline",
				      "remove" };

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

static void add_budget(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_add_end *e = &r->p.mhp_add_end;
	const struct rules_opts *opts = &rules->opts;
	char expected[64];

	if (e->ret)
		return;
	snprintf(expected, sizeof(expected), "at most %g %% of its pages",
		 opts->max_vmemmap);
	if (opts->max_vmemmap > 0 &&
	    rule_knows(rules, RULE_BUDGET_VMEMMAP, r, mhp_add_end,
		       vmemmap_pages) &&
	    rule_knows(rules, RULE_BUDGET_VMEMMAP, r, mhp_add_end, hosting))
		rule_check(rules, RULE_BUDGET_VMEMMAP, e->start_pfn,
			   e->vmemmap_pages * 100.0 <=
				   opts->max_vmemmap * e->nr_pages,
			   expected, "%llu of %llu pages, %.3f %%",
			   e->vmemmap_pages, e->nr_pages,
			   e->vmemmap_pages * 100.0 / e->nr_pages);
	if (opts->hosting &&
	    rule_knows(rules, RULE_BUDGET_HOSTING, r, mhp_add_end, hosting))
		rule_check(rules, RULE_BUDGET_HOSTING, e->start_pfn,
			   e->hosting == opts->hosting,
			   event_symbol(event_hostings, opts->hosting),
			   "hosting %s, why %s",
			   event_symbol(event_hostings, e->hosting),
			   event_symbol(event_whys, e->why));
}

static void time_check(struct rules *rules, enum rule_op_kind kind, u64 pfn,
		       u64 took, const char *verb)
{
	u64 max = rules->opts.max_ns[kind - OP_ADD];
	char text[UNITS_TEXT_MAX], expected[64];

	if (!max)
		return;
	snprintf(expected, sizeof(expected), "at most %s",
		 duration_text(text, max, DURATION_EXACT));
	rule_check(rules, RULE_BUDGET_TIME, pfn, took <= max, expected,
		   "%s %s %s", rule_op_names[kind], verb,
		   duration_text(text, took, DURATION_EXACT));
}

/*
 * It began before since_ns, or there would be an event of its begin. So it took at
 * least that long, but nobody knows how much longer.
 */
static void late_check(struct rules *rules, const struct mhp_record *r)
{
	const struct rule_op *op = &rules->op;
	u64 max = rules->opts.max_ns[op->kind - OP_ADD];
	u64 took = r->time_ns > rules->since_ns ? r->time_ns - rules->since_ns :
						  0;

	if (!max || rules->opts.skip[RULE_BUDGET_TIME])
		return;
	if (took > max)
		time_check(rules, op->kind, op->start, took, "took at least");
	else
		rules->late_time = true;
}

void rules_budget_end(struct rules *rules, const struct mhp_record *r)
{
	const struct rule_op *op = &rules->op;

	if (op->late)
		late_check(rules, r);
	else if (r->time_ns >= op->begin.time_ns)
		time_check(rules, op->kind, op->start,
			   r->time_ns - op->begin.time_ns, "took");
	else
		rules->unsure = true;
	rules_expect_take(rules, r, budget_ret(r));
	if (r->event == MHP_EVENT_mhp_add_end)
		add_budget(rules, r);
}

void rules_budget_late(struct rules *rules, const struct mhp_record *r,
		       enum rule_op_kind kind, u64 start, u64 nr)
{
	rules->op = (struct rule_op){
		.kind = kind,
		.start = start,
		.nr = nr,
		.late = true,
	};
	rules_budget_end(rules, r);
	rules->op.kind = OP_NONE;
}

bool rules_late_time(const struct rules *rules)
{
	return rules->late_time;
}

/* An operation has not ended: it may have exceeded its limit, and it has not succeeded. */
static void unended(struct rules *rules, enum rule_op_kind kind, u64 pfn,
		    u64 nr_pages, u64 begin_ns, bool late)
{
	u64 took = rules->end_ns > begin_ns ? rules->end_ns - begin_ns : 0;
	char text[UNITS_TEXT_MAX];

	rules->is_open = true;
	rules_retries_open(rules, kind, pfn, nr_pages);
	/* The first one: there is only one, unless numbers were changed. */
	if (!rules->unended.name)
		rules->unended = (struct rule_unended){
			.name = rule_op_names[kind],
			.pfn = pfn,
			.ns = took,
		};
	/* It may have ended without an event. */
	if (late && rules->opts.no_late_ends)
		return;
	if (took > rules->opts.max_ns[kind - OP_ADD])
		time_check(rules, kind, pfn, took, "has not ended after");
	/* It has not failed, but not succeeded either. Its end may be among the missing events. */
	if (rules->opts.limit_failures && !rules->opts.allowed_failures &&
	    !rules->opts.retries_ok && rules->whole)
		rule_check(rules, RULE_BUDGET_FAILURES, pfn, false, "success",
			   "%s has not ended after %s", rule_op_names[kind],
			   duration_text(text, took, DURATION_EXACT));
}

void rules_budget_over(struct rules *rules)
{
	struct rule_op *op = &rules->op;
	struct rule_block *block;
	u64 number = 0;

	if (op->kind != OP_NONE)
		unended(rules, op->kind, op->start, op->nr, op->begin.time_ns,
			false);
	for (; (block = sparse_next(&rules->blocks, &number)); number++)
		if (block->changing &&
		    (op->kind == OP_NONE ||
		     op->start != rule_block_pfn(rules, block)))
			unended(rules, block->leaving ? OP_OFFLINE : OP_ONLINE,
				rule_block_pfn(rules, block),
				rules->block_pages, rules->first_ns, true);
	op->kind = OP_NONE;
}

bool rules_unended(const struct rules *rules, struct rule_unended *unended)
{
	*unended = rules->unended;
	return unended->name;
}
