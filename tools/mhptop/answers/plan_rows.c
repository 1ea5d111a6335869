// SPDX-License-Identifier: GPL-2.0
/* Merges the memory blocks of a plan that lie side by side and have the same answer for the same reasons. */
#include "answers/plan.h"

/*
 * What the pages of a block need elsewhere cannot be added up: each block alone would have all of the room. Nor can huge pages
 * of which several blocks are parts.
 */
static bool is_of_each(enum plan_reason reason)
{
	return reason == PLAN_NO_ROOM || reason == PLAN_RECLAIM ||
	       reason == PLAN_HUGE_BEYOND;
}

/* Their sentences have two numbers that belong together. */
static bool stays_alone(const struct plan_result *result)
{
	enum plan_reason reason;
	size_t i;

	for (i = 0; i < result->nr_findings; i++) {
		reason = result->findings[i].reason;
		if (reason == PLAN_HUGE_RESERVED ||
		    reason == PLAN_HUGE_NO_ROOM || reason == PLAN_HUGE_COMPACT)
			return true;
	}
	return false;
}

/* The reasons from which the answer follows, as bits */
static u64 deciding(const struct plan_result *result)
{
	u64 reasons = 0;
	size_t i;

	for (i = 0; i < result->nr_findings; i++)
		if (result->findings[i].answer == result->answer)
			reasons |= 1ULL << result->findings[i].reason;
	return reasons;
}

/* Which kinds of kernel pages there are makes no difference. */
static bool is_same_result(const struct plan_result *a,
			   const struct plan_result *b)
{
	return a->answer == b->answer && deciding(a) == deciding(b) &&
	       (a->answer != PLAN_YES ||
		(!a->move == !b->move && !a->move_huge == !b->move_huge)) &&
	       !stays_alone(a) && !stays_alone(b);
}

static bool is_next(const struct plan_block *a, const struct plan_block *b)
{
	const struct mhp_mhp_snapshot_block *at = &a->block->at;
	const struct mhp_mhp_snapshot_block *next = &b->block->at;

	return at->start_pfn + at->nr_pages == next->start_pfn &&
	       at->nid == next->nid && at->zone == next->zone &&
	       at->state == next->state;
}

static u64 larger(u64 a, u64 b)
{
	return a > b ? a : b;
}

static struct plan_finding *same_finding(struct plan_result *result,
					 const struct plan_finding *finding)
{
	struct plan_finding *other;
	size_t i;

	for (i = 0; i < result->nr_findings; i++) {
		other = &result->findings[i];
		if (other->reason == finding->reason &&
		    other->answer == finding->answer &&
		    other->kind == finding->kind &&
		    other->size == finding->size)
			return other;
	}
	return NULL;
}

static void merge_finding(struct plan_result *result,
			  const struct plan_finding *finding)
{
	struct plan_finding *sum = same_finding(result, finding);

	if (!sum && result->nr_findings == PLAN_FINDINGS)
		return;
	if (!sum) {
		sum = &result->findings[result->nr_findings++];
		*sum = *finding;
	} else if (is_of_each(sum->reason)) {
		sum->pages = larger(sum->pages, finding->pages);
		sum->room = larger(sum->room, finding->room);
	} else {
		sum->pages += finding->pages;
	}
	sum->each = is_of_each(sum->reason);
}

/* before is the block before this one, which is in the row. */
static void add_to_row(struct plan_row *row, const struct plan_block *before,
		       const struct plan_block *block)
{
	const struct plan_result *result = &block->result;
	struct page_account account = block->account;
	size_t i;

	row->nr++;
	row->result.move = larger(row->result.move, result->move);
	row->result.move_huge =
		larger(row->result.move_huge, result->move_huge);
	if (result->room < row->result.room)
		row->result.room = result->room;
	for (i = 0; i < result->nr_findings; i++)
		merge_finding(&row->result, &result->findings[i]);
	account_leave_out(&account, before->account.huge_beyond);
	account_add(&row->account, &account);
}

void plan_row_make(struct plan_row *row, const struct plan *plan, size_t first,
		   bool all)
{
	const struct plan_block *blocks = plan->blocks;
	size_t i;

	*row = (struct plan_row){
		.first = first,
		.nr = 1,
		.result = blocks[first].result,
		.account = blocks[first].account,
	};
	for (i = first + 1; !all && i < plan->target.nr; i++) {
		if (!is_next(&blocks[i - 1], &blocks[i]) ||
		    !is_same_result(&blocks[i - 1].result, &blocks[i].result))
			break;
		add_to_row(row, &blocks[i - 1], &blocks[i]);
	}
}
