// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of the reason of a failure: an operation that fails reports it once,
 * between its begin and its end, and it matches the result. Before schema 3,
 * the end of an online or offline had the reason, and other operations had none.
 */
#include <errno.h>

#include "model/event_table.h"
#include "rules/steps.h"

#ifndef EHWPOISON
#define EHWPOISON 133
#endif

/* The schema in which the reason became an event */
#define REASON_SCHEMA 3

/* Reasons of a failure, with their operation and result; 0: any error. */
static const struct {
	u8 reason;
	u8 kind;
	s64 ret;
} reasons[] = {
	{ MHP_REASON_UNALIGNED, OP_ADD, -EINVAL },
	{ MHP_REASON_NO_NODE, OP_ADD, 0 },
	{ MHP_REASON_NO_MEMORY, OP_ADD, -ENOMEM },
	{ MHP_REASON_ARCH_ADD, OP_ADD, 0 },
	{ MHP_REASON_DEVICE, OP_ADD, 0 },
	{ MHP_REASON_HWPOISON, OP_ONLINE, -EHWPOISON },
	{ MHP_REASON_MEMMAP, OP_ONLINE, 0 },
	{ MHP_REASON_INVALID, OP_ONLINE, -EINVAL },
	{ MHP_REASON_NODE_NOTIFIER, OP_ONLINE, 0 },
	{ MHP_REASON_NOTIFIER, OP_ONLINE, 0 },
	{ MHP_REASON_NO_ZONE, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_OLD_HOSTING, OP_OFFLINE, -EBUSY },
	{ MHP_REASON_HOLES, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_MULTIZONE, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_INVALID, OP_OFFLINE, -EINVAL },
	{ MHP_REASON_ISOLATION, OP_OFFLINE, -EBUSY },
	{ MHP_REASON_NODE_NOTIFIER, OP_OFFLINE, 0 },
	{ MHP_REASON_NOTIFIER, OP_OFFLINE, 0 },
	{ MHP_REASON_SIGNAL, OP_OFFLINE, -EINTR },
	{ MHP_REASON_UNMOVABLE, OP_OFFLINE, 0 },
	{ MHP_REASON_HUGETLB, OP_OFFLINE, 0 },
	{ MHP_REASON_NOT_OFFLINE, OP_REMOVE, -EBUSY },
	{ MHP_REASON_MIXED_HOSTING, OP_REMOVE, -EINVAL },
	{ MHP_REASON_PART, OP_REMOVE, -EBUSY },
};

static enum rule_op_kind failed_kind(unsigned int event)
{
	switch (event) {
	case MHP_EVENT_mhp_add_failed:
		return OP_ADD;
	case MHP_EVENT_mhp_online_failed:
		return OP_ONLINE;
	case MHP_EVENT_mhp_offline_failed:
		return OP_OFFLINE;
	default:
		return OP_REMOVE;
	}
}

/* Whether pages are among others. */
static bool is_within(u64 start, u64 nr, u64 of_start, u64 of_nr)
{
	u64 offset = start - of_start;

	return offset <= of_nr && nr <= of_nr - offset;
}

/* A range of which a part would be removed: all of it is reported. */
static void part_check(struct rules *rules, const struct mhp_mhp_failed *e)
{
	const struct rule_op *op = &rules->op;
	const struct rule_range *range;
	bool known = false, found = false;
	size_t i;

	for (i = 0; i < rules->nr_ranges; i++) {
		range = &rules->ranges[i];
		if (!range->known || !range->refs ||
		    !is_within(op->start, op->nr, range->base,
			       range->end - range->base))
			continue;
		known = true;
		found |= range->base == e->start_pfn &&
			 range->end - range->base == e->nr_pages;
	}
	rule_check(rules, RULE_SAME_BLOCK, op->start, found || !known,
		   "the pages of such a range", "pages 0x%llx+%llu",
		   e->start_pfn, e->nr_pages);
}

/* The pages are those of the operation, or among them; or the range of which the operation would remove a part. */
static void failed_pages(struct rules *rules, const struct mhp_mhp_failed *e,
			 const char *name)
{
	const struct rule_op *op = &rules->op;
	bool part = e->reason == MHP_REASON_PART, memmap = false;
	bool within = is_within(e->start_pfn, e->nr_pages, op->start, op->nr);
	const struct rule_range *range;
	/* The memmap that a block cannot bring up is in other blocks. */
	if (e->reason == MHP_REASON_HWPOISON && !within)
		rules_users_found(rules, e->start_pfn);
	if (e->reason == MHP_REASON_HWPOISON && op->shared) {
		range = rule_range(rules, op->range_base, false);
		memmap = range && e->start_pfn == range->base &&
			 (!range->free || e->nr_pages == range->free);
	}
	rule_check(rules, RULE_SAME_BLOCK, op->start,
		   part ? e->start_pfn < op->start + op->nr &&
				   op->start < e->start_pfn + e->nr_pages :
			  within || memmap,
		   part ? "a range that these pages are part of" :
			  "pages of its operation",
		   "%s for pages 0x%llx+%llu instead of 0x%llx+%llu", name,
		   e->start_pfn, e->nr_pages, op->start, op->nr);
	if (part)
		part_check(rules, e);
}

/* Notifiers that were called for the operation learn that it fails before its reason is reported. */
static void cancelled_check(struct rules *rules, const char *name)
{
	const struct rule_op *op = &rules->op;

	if (op->blind || (op->kind != OP_ONLINE && op->kind != OP_OFFLINE))
		return;
	rule_check(rules,
		   op->kind == OP_ONLINE ? RULE_ORDER_ONLINE :
					   RULE_ORDER_OFFLINE,
		   op->start,
		   op->step != ON_VETOED && op->step != ON_GOING &&
			   op->step != OFF_VETOED && op->step != OFF_GOING,
		   "the cancellation of the notifier calls", "%s", name);
}

void rules_failed_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_failed *e = &r->p.mhp_failed;
	struct rule_op *op = &rules->op;

	if (op->kind == OP_NONE && !rules->settled)
		return;
	if (!rule_check(rules, RULE_ORDER_LIFE, e->start_pfn,
			op->kind == failed_kind(r->event),
			"a matching operation in progress", "%s without one",
			event_info(r->event)->name))
		return;
	rule_check(rules, RULE_RESULT, op->start, !op->reason, "one reason",
		   "reason %s after reason %s",
		   event_symbol(event_reasons, e->reason),
		   event_symbol(event_reasons, op->reason));
	/* Which pages they are depends on the reason. */
	if (rule_knows(rules, RULE_SAME_BLOCK, r, mhp_failed, reason))
		failed_pages(rules, e, event_info(r->event)->name);
	cancelled_check(rules, event_info(r->event)->name);
	op->reason = e->reason;
	op->reason_ret = e->ret;
	op->reason_unknown =
		!rule_knows(rules, RULE_RESULT, r, mhp_failed, reason);
}

static bool is_known(u32 reason, enum rule_op_kind kind, s64 ret)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].reason == reason && reasons[i].kind == kind &&
		    (!reasons[i].ret || reasons[i].ret == ret))
			return true;
	return false;
}

bool rules_reason_fits(unsigned int reason, unsigned int operation)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].reason == reason &&
		    reasons[i].kind == OP_ADD + operation &&
		    reason != MHP_REASON_OLD_HOSTING)
			return true;
	return false;
}

static void reason_check(struct rules *rules, u32 reason, s64 ret)
{
	const struct rule_op *op = &rules->op;
	const char *word = reason ? event_symbol(event_reasons, reason) :
				    "none";

	rule_check(rules, RULE_RESULT, op->start,
		   ret < 0 && is_known(reason, op->kind, ret),
		   "a reason that matches the result", "reason %s, ret %lld",
		   word, ret);
	if (!rules_are_deaf(rules))
		rule_check(rules, RULE_RESULT, op->start,
			   (reason == MHP_REASON_NOTIFIER) == (op->veto != 0) &&
				   (!op->veto || op->veto == ret),
			   op->veto ? "the notifier's error" :
				      "no error of a notifier",
			   "reason %s, ret %lld", word, ret);
	if (reason == MHP_REASON_UNMOVABLE || reason == MHP_REASON_HUGETLB)
		rule_check(rules, RULE_RESULT, op->start, ret != -EINTR,
			   "an error other than -EINTR", "ret %lld", ret);
}

/* Whether the source cannot report why operations of this kind fail. */
static bool is_untold(const struct rules *rules)
{
	static const u16 events[] = {
		[OP_ADD] = MHP_EVENT_mhp_add_failed,
		[OP_ONLINE] = MHP_EVENT_mhp_online_failed,
		[OP_OFFLINE] = MHP_EVENT_mhp_offline_failed,
		[OP_REMOVE] = MHP_EVENT_mhp_remove_failed,
	};

	return rules->op.reason_unknown ||
	       rules->opts.unknown_events >> events[rules->op.kind] & 1;
}

void rules_failed_end(struct rules *rules, const struct mhp_record *r, s64 ret)
{
	const struct rule_op *op = &rules->op;
	bool is_old = r->schema && r->schema < REASON_SCHEMA;
	u32 reason = is_old ? r->reason : op->reason;

	if (is_old && (op->kind == OP_ADD || op->kind == OP_REMOVE))
		return;
	if (!rule_knows_field(rules, RULE_RESULT, r, MHP_OLD_REASON,
			      "mhp_block_end.reason"))
		return;
	if (!is_old && is_untold(rules))
		return;
	if (ret)
		reason_check(rules, reason, ret);
	else
		rule_check(rules, RULE_RESULT, op->start, !reason, "no reason",
			   "reason %s", event_symbol(event_reasons, reason));
	if (ret && op->reason)
		rule_equal(rules, RULE_RESULT, op->start,
			   "return value of what failed", ret, op->reason_ret);
}
