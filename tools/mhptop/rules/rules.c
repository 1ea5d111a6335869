// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of the rules: what they remember, how a violation is told, and
 * who gets which record. The laws themselves are in rules_block.c (a memory
 * block going online and offline), rules_range.c (add and remove),
 * rules_populate.c and rules_free.c (memmap), rules_refs.c (references),
 * rules_count.c (counts of zones) and rules_budget.c (what the user asks for on top).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_table.h"
#include "rules/state.h"

#define GAP_RECORDS 64

const struct rule_info rule_infos[NR_RULES] = {
#define RULE_INFO(id, name, law) [RULE_##id] = { name, law },
	RULES(RULE_INFO)
#undef RULE_INFO
};

enum rule_id rule_by_name(const char *name, size_t len)
{
	int i;

	for (i = 0; i < NR_RULES; i++)
		if (strlen(rule_infos[i].name) == len &&
		    !memcmp(rule_infos[i].name, name, len))
			break;
	return i;
}

struct rules *rules_new(u64 block_pages, const struct rules_opts *opts,
			violation_sink sink, void *ctx)
{
	struct rules *rules;

	if (!block_pages)
		return NULL;
	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return NULL;
	rules->opts = *opts;
	rules->block_pages = block_pages;
	rules->sink = sink;
	rules->ctx = ctx;
	return rules;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	free(rules->blocks);
	free(rules->index);
	free(rules->ranges);
	free(rules->retired_memmap);
	free(rules->removed);
	free(rules);
}

u64 rules_asked(const struct rules *rules, enum rule_id rule)
{
	return rules->asked[rule];
}

u64 rules_broken(const struct rules *rules, enum rule_id rule)
{
	return rules->broken[rule];
}

u64 rules_block_broken(const struct rules *rules, u64 pfn)
{
	const struct rule_block *block =
		rule_block((struct rules *)rules, pfn, false);

	return block ? block->broken : 0;
}

bool rules_unsure(const struct rules *rules)
{
	return rules->unsure || rules->lost;
}

/* The event before that has to do with it: of the operation, or of the block. */
static void first_event(struct rules *rules, u64 pfn, struct mhp_record *first)
{
	const struct rule_block *block = rule_block(rules, pfn, false);

	if (rules->op.kind != OP_NONE && rules->op.last.event) {
		*first = rules->op.last;
	} else if (block && block->last_event) {
		first->event = block->last_event;
		first->seq = block->last_seq;
		first->time_ns = block->last_ns;
	}
}

static void violate(struct rules *rules, enum rule_id rule, u64 pfn,
		    const char *expected, const char *found, va_list args)
{
	struct violation violation = { .rule = rule, .pfn = pfn };
	struct rule_block *block;

	/* With numbers missing, this may be what is missing. */
	if (rules->last_seq > rules->numbered) {
		rules->unsure = true;
		return;
	}
	rules->broken[rule]++;
	block = rule_block(rules, pfn, false);
	if (block)
		block->broken++;
	first_event(rules, pfn, &violation.first);
	if (rules->now)
		violation.second = *rules->now;
	snprintf(violation.expected, sizeof(violation.expected), "%s",
		 expected);
	vsnprintf(violation.found, sizeof(violation.found), found, args);
	rules->sink(rules->ctx, &violation);
}

bool rule_ask(struct rules *rules, enum rule_id rule, u64 pfn, bool holds,
	      const char *expected, const char *found, ...)
{
	va_list args;

	if (rules->opts.skip[rule])
		return true;
	rules->asked[rule]++;
	if (holds)
		return true;
	va_start(args, found);
	violate(rules, rule, pfn, expected, found, args);
	va_end(args);
	return false;
}

void rule_holds(struct rules *rules, enum rule_id rule)
{
	rules->asked[rule] += !rules->opts.skip[rule];
}

bool rule_equal(struct rules *rules, enum rule_id rule, u64 pfn,
		const char *what, s64 want, s64 got)
{
	char expected[RULE_TEXT_MAX];

	if (want == got || rules->opts.skip[rule]) {
		rule_holds(rules, rule);
		return true;
	}
	snprintf(expected, sizeof(expected), "%s %lld", what, want);
	return rule_ask(rules, rule, pfn, false, expected, "%s %lld", what,
			got);
}

bool rule_same_pfn(struct rules *rules, enum rule_id rule, u64 pfn,
		   const char *what, u64 want, u64 got)
{
	char expected[RULE_TEXT_MAX];

	snprintf(expected, sizeof(expected), "%s 0x%llx", what, want);
	return rule_ask(rules, rule, pfn, want == got, expected, "%s 0x%llx",
			what, got);
}

/* -- records -------------------------------------------------------------- */

/* Events are missing: nothing that is under way is known any more. */
static void forget(struct rules *rules)
{
	rules->lost = true;
	rules->settled = false;
	rules->op = (struct rule_op){ .kind = OP_NONE };
	rules->nr_retired = 0;
	rules->numbered = rules->last_seq;
	rules_forget(rules);
}

/*
 * Numbers may come out of order, as those of different CPUs do, so that a gap
 * can close later. What stays open for GAP_RECORDS is lost; from there on
 * everything is judged anew.
 */
static void take_number(struct rules *rules, u64 seq)
{
	if (!seq)
		return;
	rules->numbered++;
	if (rules->last_seq < seq)
		rules->last_seq = seq;
	/* What was given up on came after all. */
	if (rules->numbered > rules->last_seq)
		rules->numbered = rules->last_seq;
	if (rules->numbered == rules->last_seq)
		rules->since_gap = 0;
	else if (++rules->since_gap > GAP_RECORDS)
		forget(rules);
}

static void dispatch(struct rules *rules, const struct mhp_record *r)
{
	switch (r->event) {
	case MHP_EVENT_mhp_vmemmap_populate:
		return rules_populate_take(rules, r);
	case MHP_EVENT_mhp_vmemmap_free:
		return rules_free_take(rules, r);
	case MHP_EVENT_mhp_vmemmap_ref:
		return rules_refs_take(rules, r);
	case MHP_EVENT_mhp_vmemmap_retired:
		return rules_retired_take(rules, r);
	case MHP_EVENT_mhp_add_begin:
	case MHP_EVENT_mhp_add_end:
	case MHP_EVENT_mhp_remove_begin:
	case MHP_EVENT_mhp_remove_end:
		return rules_range_take(rules, r);
	case MHP_EVENT_mhp_present:
	case MHP_EVENT_mhp_managed:
		rules_count_take(rules, r);
		return rules_block_take(rules, r);
	case MHP_EVENT_mhp_block_seen:
	case MHP_EVENT_mhp_zone_seen:
		return rules_seen_take(rules, r);
	default:
		return rules_block_take(rules, r);
	}
}

int rules_take(struct rules *rules, const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);

	if (!info || record->size != info->size)
		return 0;
	rules->now = record;
	if (rules->last_ns < record->time_ns)
		rules->last_ns = record->time_ns;
	rules->no_memory = false;
	take_number(rules, record->seq);
	dispatch(rules, record);
	if (rules->op.kind != OP_NONE && !event_is_tool(record->event))
		rules->op.last = *record;
	rules->now = NULL;
	return rules->no_memory ? -ENOMEM : 0;
}
