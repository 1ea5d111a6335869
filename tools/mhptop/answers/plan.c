// SPDX-License-Identifier: GPL-2.0
/*
 * Forecasts an offline, from the account of each memory block and the room for what
 * has to move. What stops an offline is in offline_pages() (mm/memory_hotplug.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answers/plan.h"
#include "answers/planning.h"
#include "base/status.h"
#include "model/event_table.h"
#include "source/live.h"

/* Before pages are looked at. Returns whether the answer is known. */
static bool find_state(struct plan_block *block)
{
	const struct target_block *at = block->block;
	struct plan_finding finding = { .kind = ACCOUNT_NR_KINDS,
					.answer = PLAN_NO };

	if (at->at.state == MHP_STATE_OFFLINE) {
		finding.reason = PLAN_OFFLINE_ALREADY;
		finding.answer = PLAN_YES;
	} else if (at->at.state != MHP_STATE_ONLINE) {
		finding.reason = PLAN_BUSY;
		finding.answer = PLAN_UNKNOWN;
	} else if (!at->whole) {
		finding.reason = PLAN_HOLES;
	} else if (at->at.zone == MHP_ZONE_NONE) {
		finding.reason = PLAN_MULTIZONE;
	} else {
		return false;
	}
	plan_add_finding(&block->result, &finding);
	return true;
}

static void find_kind(struct plan_block *block, enum account_kind kind,
		      enum plan_reason reason, enum plan_answer answer)
{
	const struct account_count *count = &block->account.kinds[kind];
	struct plan_finding finding = {
		.reason = reason,
		.answer = answer,
		.kind = kind,
		.pages = count->pages,
		.first = count->first,
	};

	if (count->pages)
		plan_add_finding(&block->result, &finding);
}

static void find_count(struct plan_block *block,
		       const struct account_count *count, u64 size,
		       const struct plan_finding *like)
{
	struct plan_finding finding = *like;

	finding.pages = count->pages;
	finding.first = count->first;
	finding.size = size;
	if (count->pages)
		plan_add_finding(&block->result, &finding);
}

/* Pages that something holds: offline tries to migrate them until a signal ends it. */
static void find_pinned(const struct planning *p, struct plan_block *block)
{
	const struct plan_finding pages = { .reason = PLAN_PINNED_PAGES,
					    .answer = PLAN_NO,
					    .kind = ACCOUNT_NR_KINDS };
	const struct plan_finding thp = { .reason = PLAN_THP_PINNED,
					  .answer = PLAN_NO,
					  .kind = ACCOUNT_NR_KINDS };
	const struct plan_finding huge = { .reason = PLAN_HUGE_PINNED,
					   .answer = PLAN_NO,
					   .kind = ACCOUNT_HUGETLB };
	const struct page_account *account = &block->account;
	u64 page_bytes = p->plan->target.page_bytes;
	size_t i;

	find_count(block, &account->pinned, page_bytes, &pages);
	find_count(block, &account->pinned_thp, account->thp_pages * page_bytes,
		   &thp);
	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++)
		find_count(block, &account->huge[i].pinned,
			   account->huge[i].pages * page_bytes, &huge);
}

/*
 * A poisoned huge page of hugetlb that is in use is not migrated, and not dissolved either, so that offline fails. What a transparent
 * one does that could not be split is known since 6.12, where do_migrate_range() passes over it again and again.
 */
static void find_poisoned(const struct planning *p, struct plan_block *block)
{
	const struct plan_finding thp = {
		.reason = PLAN_THP_POISONED,
		.answer = p->room.release < ROOM_RELEASE(6, 12) ? PLAN_UNKNOWN :
								  PLAN_NO,
		.kind = ACCOUNT_NR_KINDS,
	};
	const struct plan_finding huge = { .reason = PLAN_HUGE_POISONED,
					   .answer = PLAN_NO,
					   .kind = ACCOUNT_HUGETLB };
	const struct page_account *account = &block->account;
	u64 page_bytes = p->plan->target.page_bytes;
	size_t i;

	find_count(block, &account->poisoned_thp,
		   account->thp_pages * page_bytes, &thp);
	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++)
		find_count(block, &account->huge[i].poisoned,
			   account->huge[i].pages * page_bytes, &huge);
}

/*
 * A pageblock of a CMA area is isolated for an allocation from that area only, never for an offline (has_unmovable_pages()). All of
 * them are in zones whose counts show them.
 */
static void find_cma(struct planning *p, struct plan_block *block)
{
	const struct mhp_mhp_snapshot_block *at = &block->block->at;
	const struct room_zone *zone =
		room_zone_at(&p->room, at->nid, at->zone);
	struct plan_finding finding = { .reason = PLAN_CMA,
					.answer = PLAN_NO,
					.kind = ACCOUNT_NR_KINDS };

	if (!zone || !zone->cma)
		return;
	if (!page_source_cma(p->source, at->start_pfn, at->nr_pages,
			     &finding.pages, &finding.first)) {
		finding.reason = PLAN_CMA_UNKNOWN;
		finding.answer = PLAN_UNKNOWN;
		finding.pages = zone->cma;
		finding.first = 0;
	}
	if (finding.pages)
		plan_add_finding(&block->result, &finding);
}

/* Pages that nothing can move, wherever there is room. */
static void find_unmovable(const struct planning *p, struct plan_block *block)
{
	const struct page_account *account = &block->account;

	find_kind(block, ACCOUNT_NOPAGE, PLAN_HOLES, PLAN_NO);
	find_kind(block, ACCOUNT_RESERVED, PLAN_KERNEL_PAGES, PLAN_NO);
	find_kind(block, ACCOUNT_SLAB, PLAN_KERNEL_PAGES, PLAN_NO);
	find_kind(block, ACCOUNT_PGTABLE, PLAN_KERNEL_PAGES, PLAN_NO);
	/* Free pages that a CPU has on its list look the same if references are unknown, and so do pages on their way to an LRU list. */
	find_kind(block, ACCOUNT_OTHER, PLAN_KERNEL_PAGES,
		  account->uncertain ? PLAN_UNKNOWN : PLAN_NO);
	find_kind(block, ACCOUNT_SECRET, PLAN_SECRET_PAGES, PLAN_NO);
	find_pinned(p, block);
	find_poisoned(p, block);
	/* The driver of virtio-mem gives up its references when it is told; others migrate or keep theirs. */
	if (!block->block->virtio_mem)
		find_kind(block, ACCOUNT_OFFLINE, PLAN_OFFLINE_PAGES,
			  account->blind ? PLAN_UNKNOWN : PLAN_NO);
}

/*
 * From 5.19 to 6.11, isolate_single_pageblock() wants to move a huge page that lies across the end of the block out of the
 * way, used or free, and isolate_or_dissolve_huge_page() refuses gigantic ones. Smaller ones never lie there.
 */
static void find_huge_beyond(const struct planning *p, struct plan_block *block)
{
	struct plan_finding finding = {
		.reason = PLAN_HUGE_BEYOND,
		.answer = PLAN_NO,
		.kind = ACCOUNT_HUGETLB,
		.pages = 1,
		.size = block->account.huge_beyond * p->plan->target.page_bytes,
	};

	if (finding.size && p->room.release >= ROOM_RELEASE(5, 19) &&
	    p->room.release < ROOM_RELEASE(6, 12))
		plan_add_finding(&block->result, &finding);
}

static void find_blind(struct plan_block *block)
{
	struct plan_finding finding = {
		.reason = PLAN_BLIND,
		.answer = PLAN_UNKNOWN,
		.kind = ACCOUNT_NR_KINDS,
		.pages = block->account.blind,
	};

	if (finding.pages)
		plan_add_finding(&block->result, &finding);
}

static int count_block_pages(struct planning *p, struct plan_block *block)
{
	struct mhp_mhp_snapshot_block *at = &block->block->at;
	struct account_facts facts = { .start_pfn = at->start_pfn,
				       .nr_pages = at->nr_pages,
				       .virtio_mem = block->block->virtio_mem,
				       .balloon = p->balloon };
	size_t i;

	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++)
		facts.huge_pages[i] = p->room.huge[i].pages;
	return account_count(&block->account, p->source, &facts);
}

static int plan_one(struct planning *p, struct plan_block *block)
{
	bool running = block->block->at.state == MHP_STATE_GOING_OFFLINE;
	int err;

	/* There is no forecast of an offline that runs, but whether what is left of the block has room. */
	if (find_state(block) && !running)
		return 0;
	err = count_block_pages(p, block);
	if (err)
		return err;
	if (running) {
		planning_room_left(p, block);
		return 0;
	}
	find_unmovable(p, block);
	find_cma(p, block);
	planning_room(p, block);
	find_huge_beyond(p, block);
	find_blind(block);
	return 0;
}

/* A result for each block, without an answer yet. 0 or -ENOMEM. */
static int list_blocks(struct plan *plan)
{
	size_t i;

	plan->blocks = calloc(plan->target.nr, sizeof(*plan->blocks));
	for (i = 0; plan->blocks && i < plan->target.nr; i++)
		plan->blocks[i].block = &plan->target.blocks[i];
	return plan->blocks ? 0 : -ENOMEM;
}

static int plan_blocks(struct planning *p, char *why, size_t len)
{
	struct plan *plan = p->plan;
	size_t i;
	int err;

	if (list_blocks(plan))
		return source_live_why(-ENOMEM, why, len, "out of memory");
	page_source_settle();
	err = room_read(&p->room, plan->root, plan->target.page_bytes);
	if (err)
		return source_live_why(
			err, why, len,
			"cannot read how much memory is free: %s",
			strerror(-err));
	for (i = 0; i < plan->target.nr; i++) {
		err = plan_one(p, &plan->blocks[i]);
		if (err)
			return source_live_why(
				err, why, len, "cannot look at memory%llu: %s",
				plan->target.blocks[i].at.start_pfn /
					plan->target.block_pages,
				strerror(-err));
	}
	planning_together(p);
	return 0;
}

int plan_look(struct plan *plan, struct page_source *pages, const char *text,
	      char *why, size_t len)
{
	struct planning p = { .plan = plan,
			      .source = pages,
			      .balloon = source_live_balloon() };
	int err;

	*plan = (struct plan){ .root = "" };
	err = target_find(&plan->target, "", text, why, len);
	if (err)
		return err;
	snprintf(plan->blind, sizeof(plan->blind), "%s",
		 page_source_blind(pages));
	err = plan_blocks(&p, why, len);
	if (err)
		plan_free(plan);
	return err;
}

int plan_make(struct plan *plan, const char *root, const char *text, char *why,
	      size_t len)
{
	struct planning p = { .plan = plan,
			      .balloon = !*root && source_live_balloon() };
	int err;

	*plan = (struct plan){ .root = root };
	err = target_find(&plan->target, root, text, why, len);
	if (err)
		return err;
	err = page_source_open(&p.source, root, why, len);
	if (err && !text) {
		plan->no_pages = true;
		snprintf(plan->blind, sizeof(plan->blind), "%s", why);
		err = list_blocks(plan) ? -ENOMEM : 0;
	} else if (!err) {
		snprintf(plan->blind, sizeof(plan->blind), "%s",
			 page_source_blind(p.source));
		err = plan_blocks(&p, why, len);
		page_source_close(p.source);
	}
	if (err)
		plan_free(plan);
	return err;
}

void plan_free(struct plan *plan)
{
	target_free(&plan->target);
	free(plan->blocks);
	plan->blocks = NULL;
}

int plan_offline_run(const char *what, const struct plan_opts *opts, FILE *out)
{
	static const int statuses[] = {
		[PLAN_YES] = STATUS_OK,
		[PLAN_UNKNOWN] = STATUS_UNKNOWN,
		[PLAN_NO] = STATUS_VIOLATED,
	};
	struct plan plan;
	char why[256];
	int err = plan_make(&plan, "", what, why, sizeof(why)), status;

	if (err)
		return status_fail(err == -EINVAL ? STATUS_USAGE :
				   err == -EPERM || err == -EOPNOTSUPP ?
						    STATUS_UNSUPPORTED :
						    STATUS_FAILED,
				   "cannot plan: %s", why);
	if (opts->json)
		plan_print_json(&plan, what, out);
	else
		err = plan_print_text(&plan, what, opts, out);
	status = statuses[plan.all.answer];
	plan_free(&plan);
	if (err == -ENOMEM)
		return status_fail(STATUS_FAILED, "out of memory");
	return status_printed(status);
}
