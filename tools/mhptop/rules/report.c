// SPDX-License-Identifier: GPL-2.0
/* How rules report their results: counts of checks, and violations with their events. */
#include <stdarg.h>
#include <stdio.h>

#include "model/event_table.h"
#include "rules/state.h"

/* The event before the violation: the operation's last event, or the block's. */
static void first_event(struct rules *rules, u64 pfn, struct mhp_record *first)
{
	const struct rule_block *block = rule_block(rules, pfn, false);

	if (rules->op.kind != OP_NONE && rules->op.last.event) {
		*first = rules->op.last;
	} else if (block && block->last_event &&
		   !(rules->now && rules->now->seq &&
		     block->last_seq >= rules->now->seq)) {
		first->event = block->last_event;
		first->seq = block->last_seq;
		first->time_ns = block->last_ns;
	}
}

void rule_events(struct rules *rules, u64 pfn, struct violation *violation)
{
	first_event(rules, pfn, &violation->first);
	if (rules->now)
		violation->second = *rules->now;
}

/*
 * Whether a violation of a rule does not depend on the order of all events. The
 * kernel's lock orders the begins and ends of operations in any case, so that
 * only events of others may come between them.
 */
static bool is_orderless(const struct rules *rules, enum rule_id rule)
{
	switch (rule) {
	case RULE_BUDGET_TIME:
	case RULE_BUDGET_IDLE:
	case RULE_BUDGET_VMEMMAP:
	case RULE_BUDGET_HOSTING:
		return true;
	case RULE_BUDGET_FAILURES:
		return !rules->opts.retries_ok;
	default:
		return false;
	}
}

/* Whether a violation of a rule needs no other event than the one that shows it. */
static bool is_one_event(const struct rules *rules, enum rule_id rule)
{
	return rule == RULE_BUDGET_VMEMMAP || rule == RULE_BUDGET_HOSTING ||
	       rule == RULE_BUDGET_COUNT ||
	       (rule == RULE_BUDGET_FAILURES && !rules->opts.retries_ok);
}

/*
 * Whether the source cannot report events on which a rule rests, so that a missing
 * one may be the cause of what it found. What the user expects of operations rests
 * on their begins and ends alone.
 */
static bool lacks_cause(const struct rules *rules, enum rule_id rule)
{
	if (rule < RULE_BUDGET_TIME)
		return rules_lacks_events(rules);
	/* What is left of an operation may be its begin and the end of another one. */
	if (rules->opts.partial && !is_one_event(rules, rule))
		return true;
	return rules_lack_ends(rules);
}

/*
 * Whether events that an imported recording lacks may be the cause. Not of what the
 * user expects: that rests on begins and ends, which are there if they count.
 */
static bool is_doubtful(struct rules *rules, enum rule_id rule)
{
	u64 events = rules->opts.doubtful_events;

	if (!events || rule >= RULE_BUDGET_TIME)
		return false;
	rules->doubted |= events;
	rules->unjudged[rule]++;
	rules->unjudged_what[rule] = event_info(__builtin_ctzll(events))->name;
	return true;
}

/*
 * Whether a rule is judged when everything is over, by what all recordings have: then
 * it was asked before whether one of them lacks something, not only the last one.
 */
static bool is_over(enum rule_id rule)
{
	return rule == RULE_BUDGET_COUNT || rule == RULE_BUDGET_REMOVED ||
	       rule == RULE_BUDGET_ONLINE;
}

static void violate(struct rules *rules, enum rule_id rule, u64 pfn,
		    const char *expected, const char *found, va_list args)
{
	struct violation violation = { .rule = rule, .pfn = pfn };
	bool over = is_over(rule);

	if (!over && (lacks_cause(rules, rule) || is_doubtful(rules, rule)))
		return;
	/* If numbers are missing, a missing event may be the cause; so may an event that there was no memory to keep. */
	if ((!over && rules->last_seq > rules->numbered) || rules->no_memory) {
		rules->unsure = true;
		return;
	}
	rule_events(rules, pfn, &violation);
	snprintf(violation.expected, sizeof(violation.expected), "%s",
		 expected);
	vsnprintf(violation.found, sizeof(violation.found), found, args);
	violations_add(rules->violations, &violation);
	rules->orderless += is_orderless(rules, rule);
}

bool rule_check(struct rules *rules, enum rule_id rule, u64 pfn, bool passes,
		const char *expected, const char *found, ...)
{
	va_list args;

	if (rules->opts.skip[rule])
		return true;
	rules->checked[rule]++;
	if (passes)
		return true;
	va_start(args, found);
	violate(rules, rule, pfn, expected, found, args);
	va_end(args);
	return false;
}

void rule_cannot_judge(struct rules *rules, enum rule_id rule, const char *what)
{
	if (!rules->opts.skip[rule])
		rules->unjudged[rule]++;
	rules->unjudged_what[rule] = what;
}

bool rule_knows_field(struct rules *rules, enum rule_id rule,
		      const struct mhp_record *r, u32 bit, const char *what)
{
	if (!(r->unknown & bit))
		return true;
	rule_cannot_judge(rules, rule, what);
	return false;
}

void rule_passes(struct rules *rules, enum rule_id rule)
{
	rules->checked[rule] += !rules->opts.skip[rule];
}

void rule_recall(struct rules *rules, const struct violation *violation)
{
	if (is_doubtful(rules, violation->rule))
		return;
	violations_add(rules->violations, violation);
}

bool rule_equal(struct rules *rules, enum rule_id rule, u64 pfn,
		const char *what, s64 want, s64 got)
{
	char expected[VIOLATION_TEXT];

	if (want == got || rules->opts.skip[rule]) {
		rule_passes(rules, rule);
		return true;
	}
	snprintf(expected, sizeof(expected), "%s %lld", what, want);
	return rule_check(rules, rule, pfn, false, expected, "%s %lld", what,
			  got);
}

bool rule_same_pfn(struct rules *rules, enum rule_id rule, u64 pfn,
		   const char *what, u64 want, u64 got)
{
	char expected[VIOLATION_TEXT];

	snprintf(expected, sizeof(expected), "%s 0x%llx", what, want);
	return rule_check(rules, rule, pfn, want == got, expected, "%s 0x%llx",
			  what, got);
}
