// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of the rules: how a violation is told, and who gets which record.
 * What they remember is in rules_store.c, the laws in rules_block.c (a memory
 * block going online and offline), rules_range.c (add and remove),
 * rules_memmap.c (populate and free), rules_refs.c (references),
 * rules_count.c (counts of zones) and rules_budget.c (what the user asks for on top).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_table.h"
#include "rules_state.h"

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
	free(rules->ranges);
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

bool rules_unsure(const struct rules *rules)
{
	return rules->unsure;
}

/* The event before that has to do with it: of the operation, or of the block. */
static void first_event(struct rules *rules, u64 pfn, struct mhp_record *first)
{
	const struct rule_block *block = rule_block(rules, pfn, false);

	if (rules->op.kind != OP_NONE && rules->op.last.event)
		*first = rules->op.last;
	else if (block && block->last.event)
		*first = block->last;
}

static void violate(struct rules *rules, enum rule_id rule, u64 pfn,
		    const char *expected, const char *found, va_list args)
{
	struct violation violation = { .rule = rule, .pfn = pfn };

	/* With numbers missing, this may be what is missing. */
	if (rules->last_seq > rules->numbered) {
		rules->unsure = true;
		return;
	}
	rules->broken[rule]++;
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

bool rule_equal(struct rules *rules, enum rule_id rule, u64 pfn,
		const char *what, s64 want, s64 got)
{
	char expected[RULE_TEXT_MAX];

	if (want == got || rules->opts.skip[rule]) {
		rules->asked[rule] += !rules->opts.skip[rule];
		return true;
	}
	snprintf(expected, sizeof(expected), "%s %lld", what, want);
	return rule_ask(rules, rule, pfn, false, expected, "%s %lld", what,
			got);
}

static void forget_blocks(struct rules *rules)
{
	size_t i;

	for (i = 0; i < rules->room; i++) {
		rules->blocks[i].state = MHP_STATE_UNKNOWN;
		rules->blocks[i].counted = false;
		rules->blocks[i].hosting = MHP_HOSTING_NONE;
		rules->blocks[i].described = 0;
	}
	for (i = 0; i < rules->nr_ranges; i++)
		rules->ranges[i].known = false;
	for (i = 0; i < rules->nr_zones; i++)
		rules->zones[i].known[0] = rules->zones[i].known[1] = false;
}

void rules_gap(struct rules *rules)
{
	rules->settled = false;
	rules->op = (struct rule_op){ .kind = OP_NONE };
	forget_blocks(rules);
}

static void take_number(struct rules *rules, u64 seq)
{
	if (!seq)
		return;
	rules->numbered++;
	if (rules->last_seq < seq)
		rules->last_seq = seq;
}

static void dispatch(struct rules *rules, const struct mhp_record *r)
{
	switch (r->event) {
	case MHP_EVENT_mhp_vmemmap_populate:
	case MHP_EVENT_mhp_vmemmap_free:
		return rules_memmap_take(rules, r);
	case MHP_EVENT_mhp_vmemmap_ref:
		return rules_refs_take(rules, r);
	case MHP_EVENT_mhp_vmemmap_retired:
		return;
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
	rules->no_memory = false;
	take_number(rules, record->seq);
	dispatch(rules, record);
	if (rules->op.kind != OP_NONE && !event_is_tool(record->event))
		rules->op.last = *record;
	rules->now = NULL;
	return rules->no_memory ? -ENOMEM : 0;
}
