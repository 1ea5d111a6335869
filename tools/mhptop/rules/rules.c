// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of the rules: creates their state, tracks the numbers of records to
 * detect lost ones, and passes each record to the rules that it concerns.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_table.h"
#include "model/source_info.h"
#include "rules/state.h"

#define GAP_RECORDS 64

const struct rule_info rule_infos[NR_RULES] = {
#define RULE_INFO(id, name, text) [RULE_##id] = { name, text },
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

bool rules_lacks_events(const struct rules *rules)
{
	static const u16 events[] = {
		MHP_EVENT_mhp_add_begin,	MHP_EVENT_mhp_add_end,
		MHP_EVENT_mhp_remove_begin,	MHP_EVENT_mhp_remove_end,
		MHP_EVENT_mhp_online_begin,	MHP_EVENT_mhp_online_end,
		MHP_EVENT_mhp_offline_begin,	MHP_EVENT_mhp_offline_end,
		MHP_EVENT_mhp_present,		MHP_EVENT_mhp_managed,
		MHP_EVENT_mhp_vmemmap_populate, MHP_EVENT_mhp_vmemmap_online,
		MHP_EVENT_mhp_vmemmap_offline,	MHP_EVENT_mhp_vmemmap_free,
	};
	size_t i;

	if (rules->opts.partial)
		return true;
	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (rules->opts.unknown_events >> events[i] & 1)
			return true;
	return false;
}

bool rules_lack_ends(const struct rules *rules)
{
	static const u16 ends[] = {
		MHP_EVENT_mhp_add_begin,     MHP_EVENT_mhp_add_end,
		MHP_EVENT_mhp_remove_begin,  MHP_EVENT_mhp_remove_end,
		MHP_EVENT_mhp_online_begin,  MHP_EVENT_mhp_online_end,
		MHP_EVENT_mhp_offline_begin, MHP_EVENT_mhp_offline_end,
	};
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (rules_lack(rules, ends[i]))
			return true;
	return false;
}

bool rules_gaps(const struct rules *rules)
{
	return rules->gaps;
}

struct rules *rules_new(u64 block_pages, const struct rules_opts *opts,
			struct violations *violations)
{
	struct rules *rules;

	if (!block_pages)
		return NULL;
	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return NULL;
	sparse_init(&rules->blocks, sizeof(struct rule_block));
	sparse_init(&rules->failed, sizeof(struct rule_failures));
	rules->opts = *opts;
	rules->block_pages = block_pages;
	rules->violations = violations;
	rules->gaps = rules_lacks_events(rules);
	rules->no_ends = rules->opts.partial || rules_lack_ends(rules);
	return rules;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	sparse_free(&rules->blocks);
	free(rules->ranges);
	free(rules->retired_memmap);
	free(rules->removed);
	rules_retries_free(rules);
	free(rules->skipped);
	free(rules);
}

u64 rules_checked(const struct rules *rules, enum rule_id rule)
{
	return rules->checked[rule];
}

u64 rules_unjudged(const struct rules *rules, enum rule_id rule,
		   const char **what)
{
	*what = rules->unjudged_what[rule];
	return rules->unjudged[rule];
}

bool rules_unsure(const struct rules *rules)
{
	return rules->unsure;
}

/* -- records -------------------------------------------------------------- */

/* The state of memory and of operations in progress is unknown. */
static void forget(struct rules *rules)
{
	rules->settled = false;
	rules->op = (struct rule_op){ .kind = OP_NONE };
	rules->nr_retired = 0;
	rules->since_ns = 0;
	rules->numbered = rules->last_seq;
	rules->since_gap = 0;
	rules_forget(rules);
	rules_expect_forget(rules);
	rules_memory_forget(rules);
}

void rules_lose(struct rules *rules)
{
	rules->lost = true;
	rules->unsure = true;
	forget(rules);
}

/* Whether anything happened in the recording, and which of its violations are certain. */
static void count_part(struct rules *rules, const struct rules_ending *ending)
{
	u64 found = rules->violations->total - rules->part_violations;

	rules->parts++;
	if (!rules->happened && !rules->idle_part)
		rules->idle_part = rules->parts;
	if (ending->balloon) {
		found -= rules->ballooned;
		rules->balloon |= rules->ballooned;
	}
	rules->certain += ending->unordered ? rules->orderless : found;
	rules->incomplete |= !rules->whole || rules->lost || ending->unordered;
	rules->unordered |= ending->unordered;
	rules->part_violations = rules->violations->total;
	rules->orderless = rules->ballooned = 0;
	rules->happened = 0;
}

static void end_recording(struct rules *rules,
			  const struct rules_ending *ending)
{
	bool gap = rules->last_seq > rules->numbered;

	rules->now = NULL;
	rules->whole = ending->whole && !gap;
	rules->unsure |= gap;
	rules->end_ns = ending->end_ns > rules->last_ns ? ending->end_ns :
							  rules->last_ns;
	rules->is_open = false;
	rules->overlaps |= ending->overlaps;
	rules_expect_overlap(rules);
	rules_blocks_end(rules);
	rules_budget_over(rules);
	rules_expect_over(rules);
	rules_expect_part(rules);
	/* Between operations, nothing is left that may be freed later. */
	if (!rules->described && rules->ratio_pages && !rules->lost &&
	    !rules->is_open)
		rules_retired_over(rules);
	count_part(rules, ending);
}

/* The next recording may be of another boot, and another kernel. */
void rules_restart(struct rules *rules, const struct rules_ending *ending)
{
	end_recording(rules, ending);
	if (rules->last_seq < ending->numbered)
		rules->last_seq = ending->numbered;
	rules->span_ns = rules_span(rules);
	rules->first_ns = rules->last_ns = 0;
	rules->described = rules->retired = 0;
	rules->ratio_pages = rules->ratio_vmemmap = 0;
	rules->ratio_of_device = false;
	rules->lost = false;
	rules->old_steps = false;
	rules->nr_skipped = 0;
	rules->no_memory = false;
	rules_blocks_restart(rules);
	forget(rules);
}

void rules_may_overlap(struct rules *rules)
{
	rules->may_overlap = true;
}

void rules_describe(struct rules *rules, const struct source_info *info)
{
	rules->opts.no_late_ends = !source_info_late_ends(info);
	rules->opts.struct_page_bytes = info->struct_page_bytes;
	rules->opts.any_struct_page = info->any_struct_page;
	rules->opts.unknown_events = info->unknown_events;
	rules->opts.doubtful_events = info->doubtful_events;
	rules->opts.partial = info->partial;
	rules->opts.balloon = info->balloon;
	rules->gaps |= rules_lacks_events(rules);
	rules->no_ends |= rules->opts.partial || rules_lack_ends(rules);
}

u64 rules_doubted(const struct rules *rules)
{
	return rules->doubted;
}

/*
 * Records of different CPUs may come out of order, so a gap in the numbers may
 * close later. A gap that stays open for GAP_RECORDS means that records are
 * lost: forget the state and start anew. So does a record that comes late, as
 * what came before it was judged without it. Returns whether this one is in time.
 */
static bool rules_take_number(struct rules *rules, u64 seq)
{
	bool late = seq && seq < rules->last_seq;

	if (!seq)
		return true;
	rules->numbered++;
	if (!late)
		rules->last_seq = seq;
	if (late || rules->numbered > rules->last_seq) {
		rules->unsure = true;
		forget(rules);
	}
	if (rules->numbered == rules->last_seq)
		rules->since_gap = 0;
	else if (++rules->since_gap > GAP_RECORDS)
		rules_lose(rules);
	return !late;
}

/* Whether memory comes, goes or changes its state, or a try to do so ends. */
static bool is_happening(const struct mhp_record *r)
{
	switch (r->event) {
	case MHP_EVENT_mhp_add_begin:
	case MHP_EVENT_mhp_add_end:
	case MHP_EVENT_mhp_remove_begin:
	case MHP_EVENT_mhp_remove_end:
	case MHP_EVENT_mhp_online_begin:
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_offline_begin:
	case MHP_EVENT_mhp_offline_end:
		return true;
	/* That of a device is no memory that is added. */
	case MHP_EVENT_mhp_vmemmap_populate:
		return record_knows(r, mhp_vmemmap_populate, hosting) &&
		       r->p.mhp_vmemmap_populate.hosting != MHP_HOSTING_DEVICE;
	case MHP_EVENT_mhp_vmemmap_free:
		return record_knows(r, mhp_vmemmap_free, hosting) &&
		       r->p.mhp_vmemmap_free.hosting != MHP_HOSTING_DEVICE;
	default:
		return false;
	}
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
	case MHP_EVENT_mhp_snapshot_block:
	case MHP_EVENT_mhp_snapshot_zone:
		return rules_snapshot_take(rules, r);
	case MHP_EVENT_mhp_add_failed:
	case MHP_EVENT_mhp_online_failed:
	case MHP_EVENT_mhp_offline_failed:
	case MHP_EVENT_mhp_remove_failed:
		return rules_failed_take(rules, r);
	case MHP_EVENT_mhp_virtio_mem_busy:
	case MHP_EVENT_mhp_clock:
	case MHP_EVENT_mhp_refused:
		return;
	case MHP_EVENT_mhp_snapshot_memory:
		return; /* see rules_memory_take() */
	default:
		return rules_block_take(rules, r);
	}
}

/* The fields of an event that the rules can do without: some source does not know them, or no rule needs them. */
static u32 dispensable(unsigned int event)
{
#define CAN_DO(class, field) MHP_FIELD(class, field)
	switch (event) {
	case MHP_EVENT_mhp_add_begin:
		return CAN_DO(mhp_add_begin, nid);
	case MHP_EVENT_mhp_add_end:
		return CAN_DO(mhp_add_end, nid) | CAN_DO(mhp_add_end, why) |
		       CAN_DO(mhp_add_end, hosting);
	case MHP_EVENT_mhp_add_failed:
	case MHP_EVENT_mhp_online_failed:
	case MHP_EVENT_mhp_offline_failed:
	case MHP_EVENT_mhp_remove_failed:
		return CAN_DO(mhp_failed, reason);
	case MHP_EVENT_mhp_remove_begin:
		return CAN_DO(mhp_remove_begin, nid) |
		       CAN_DO(mhp_remove_begin, vmemmap_pages);
	case MHP_EVENT_mhp_remove_end:
		return CAN_DO(mhp_remove_end, nid) |
		       CAN_DO(mhp_remove_end, vmemmap_pages);
	case MHP_EVENT_mhp_vmemmap_populate:
		return CAN_DO(mhp_vmemmap_populate, host_pfn) |
		       CAN_DO(mhp_vmemmap_populate, vmemmap_pages);
	case MHP_EVENT_mhp_vmemmap_free:
		return CAN_DO(mhp_vmemmap_free, host_pfn) |
		       CAN_DO(mhp_vmemmap_free, hosting) |
		       CAN_DO(mhp_vmemmap_free, altmap_base) |
		       CAN_DO(mhp_vmemmap_free, altmap_free) |
		       CAN_DO(mhp_vmemmap_free, altmap_align);
	case MHP_EVENT_mhp_online_begin:
	case MHP_EVENT_mhp_offline_begin:
		return CAN_DO(mhp_block_begin, zone);
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_offline_end:
		return CAN_DO(mhp_block_end, zone) | MHP_OLD_REASON;
	case MHP_EVENT_mhp_vmemmap_online:
	case MHP_EVENT_mhp_vmemmap_offline:
		return CAN_DO(mhp_vmemmap_zone, nid) |
		       CAN_DO(mhp_vmemmap_zone, zone);
	case MHP_EVENT_mhp_present:
	case MHP_EVENT_mhp_managed:
		return CAN_DO(mhp_account, after) | CAN_DO(mhp_account, nid) |
		       CAN_DO(mhp_account, zone) |
		       CAN_DO(mhp_account, start_pfn) |
		       CAN_DO(mhp_account, cause);
	case MHP_EVENT_mhp_offline_blocker:
		return ~CAN_DO(mhp_offline_blocker, stage);
	case MHP_EVENT_mhp_vmemmap_ref:
	case MHP_EVENT_mhp_vmemmap_retired:
	case MHP_EVENT_mhp_notify:
		return 0;
	default:
		return ~0U;
	}
#undef CAN_DO
}

/*
 * A record that lacks more than that cannot be judged, nor can what follows from
 * it: as if it were lost.
 */
static bool rules_can_judge(struct rules *rules, const struct mhp_record *r)
{
	u32 missing = r->unknown & ~dispensable(r->event);
	const struct event_info *info = event_info(r->event);

	if (!missing)
		return true;
	if (!*rules->unread)
		snprintf(rules->unread, sizeof(rules->unread), "%s.%s",
			 info->name, info->fields[__builtin_ctz(missing)].name);
	rules_lose(rules);
	return false;
}

const char *rules_unread(const struct rules *rules)
{
	return *rules->unread ? rules->unread : NULL;
}

int rules_take(struct rules *rules, const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);
	bool in_time;

	if (!info || record->size != info->size)
		return 0;
	rules->now = record;
	rules->first_design = mhp_is_first_design(record);
	if (!rules->first_ns)
		rules->first_ns = record->time_ns;
	rules->happened += is_happening(record);
	if (rules->last_ns < record->time_ns)
		rules->last_ns = record->time_ns;
	in_time = rules_take_number(rules, record->seq) &&
		  rules_can_judge(rules, record);
	/* The record after a gap may itself be late, but no begin is missing since the latest one. */
	if (!rules->since_ns)
		rules->since_ns = rules->last_ns;
	if (in_time || !record->unknown)
		rules_memory_take(rules, record);
	if (in_time)
		dispatch(rules, record);
	if (rules->op.kind != OP_NONE && !event_is_tool(record->event))
		rules->op.last = *record;
	rules->now = NULL;
	return rules->no_memory ? -ENOMEM : 0;
}

void rules_end(struct rules *rules, const struct rules_ending *ending)
{
	end_recording(rules, ending);
	rules_expect_end(rules);
	rules->certain += rules->unordered ? rules->orderless :
					     rules->violations->total -
						     rules->part_violations;
}

u64 rules_certain(const struct rules *rules)
{
	return rules->certain;
}

bool rules_ballooned(const struct rules *rules)
{
	return rules->balloon;
}

u64 rules_idle_part(const struct rules *rules)
{
	return rules->idle_part;
}

u64 rules_parts(const struct rules *rules)
{
	return rules->parts;
}

u64 rules_span(const struct rules *rules)
{
	return rules->span_ns +
	       (rules->first_ns ? rules->end_ns - rules->first_ns : 0);
}
