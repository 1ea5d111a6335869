// SPDX-License-Identifier: GPL-2.0
/*
 * Forecasts an offline, from the account of each memory block and the room for what
 * has to move. What stops an offline is in offline_pages() (mm/memory_hotplug.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answers/plan.h"
#include "answers/room.h"
#include "base/status.h"
#include "model/event_table.h"
#include "source/live.h"

struct planning {
	struct plan *plan;
	struct page_source *source;
	struct room room;
	bool balloon; /* the machine has one */
};

static void add_finding(struct plan_result *result,
			const struct plan_finding *finding)
{
	if (result->nr_findings < PLAN_FINDINGS)
		result->findings[result->nr_findings++] = *finding;
	if (finding->answer > result->answer)
		result->answer = finding->answer;
}

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
	add_finding(&block->result, &finding);
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
		add_finding(&block->result, &finding);
}

/* Pages that nothing can move, wherever there is room. */
static void find_unmovable(struct plan_block *block)
{
	const struct page_account *account = &block->account;
	struct plan_finding pinned = {
		.reason = PLAN_PINNED_PAGES,
		.answer = PLAN_NO,
		.kind = ACCOUNT_NR_KINDS,
		.pages = account->pinned.pages,
		.first = account->pinned.first,
	};

	find_kind(block, ACCOUNT_NOPAGE, PLAN_HOLES, PLAN_NO);
	find_kind(block, ACCOUNT_RESERVED, PLAN_KERNEL_PAGES, PLAN_NO);
	find_kind(block, ACCOUNT_SLAB, PLAN_KERNEL_PAGES, PLAN_NO);
	find_kind(block, ACCOUNT_PGTABLE, PLAN_KERNEL_PAGES, PLAN_NO);
	/* Free pages that a CPU has on its list look the same if references are unknown, and so do pages on their way to an LRU list. */
	find_kind(block, ACCOUNT_OTHER, PLAN_KERNEL_PAGES,
		  account->uncertain ? PLAN_UNKNOWN : PLAN_NO);
	find_kind(block, ACCOUNT_SECRET, PLAN_SECRET_PAGES, PLAN_NO);
	if (pinned.pages)
		add_finding(&block->result, &pinned);
	/* The driver of virtio-mem gives up its references when it is told; others migrate or keep theirs. */
	if (!block->block->virtio_mem)
		find_kind(block, ACCOUNT_OFFLINE, PLAN_OFFLINE_PAGES,
			  account->blind ? PLAN_UNKNOWN : PLAN_NO);
}

static u64 movable_pages(const struct page_account *account)
{
	return account->kinds[ACCOUNT_ANON].pages +
	       account->kinds[ACCOUNT_FILE].pages +
	       account->kinds[ACCOUNT_MOVABLE_OPS].pages;
}

static void add_leaving(struct room_leaving *leaving,
			const struct page_account *account)
{
	size_t i;

	leaving->free += account->kinds[ACCOUNT_FREE].pages;
	leaving->file += account->kinds[ACCOUNT_FILE].pages;
	leaving->free_huge += account->free_huge;
	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++)
		leaving->huge[i] += account->huge[i].free;
}

static void find_room(struct plan_result *result,
		      const struct page_account *account,
		      const struct room_found *room)
{
	u64 need = movable_pages(account);
	struct plan_finding finding = {
		.reason = PLAN_NO_ROOM,
		.answer = PLAN_NO,
		.kind = ACCOUNT_NR_KINDS,
		.pages = need,
		.room = room->free,
	};

	result->move = need;
	result->room = room->free;
	if (need <= room->free)
		return;
	/* Pages of files can be dropped instead of moved, as those elsewhere can. */
	if (need - account->kinds[ACCOUNT_FILE].pages <=
	    room->free + room->reclaim) {
		finding.reason = PLAN_RECLAIM;
		finding.answer = PLAN_UNKNOWN;
	}
	add_finding(result, &finding);
}

/*
 * Huge pages in use move to free ones of the pool or, unless they are gigantic, to
 * fresh ones. Then those that are free in the block leave the pool, which must keep
 * as many free ones as are reserved (dissolve_free_hugetlb_folio()).
 */
static void find_huge_room(struct plan_result *result,
			   const struct room_huge *pool,
			   const struct account_huge *huge, u64 size,
			   u64 free_elsewhere, u64 fresh, bool fresh_possible)
{
	u64 available =
		pool->free > pool->reserved ? pool->free - pool->reserved : 0;
	u64 from_pool = available ? free_elsewhere : 0, rest;
	struct plan_finding finding = {
		.answer = PLAN_NO,
		.kind = ACCOUNT_HUGETLB,
		.size = size,
	};

	if (from_pool > huge->used)
		from_pool = huge->used;
	rest = huge->used - from_pool;
	if (rest > fresh) {
		finding.reason = fresh_possible ? PLAN_HUGE_COMPACT :
						  PLAN_HUGE_NO_ROOM;
		finding.answer = fresh_possible ? PLAN_UNKNOWN : PLAN_NO;
		finding.pages = huge->used;
		finding.room = from_pool + fresh;
		add_finding(result, &finding);
	} else if (huge->free + from_pool > available) {
		finding.reason = PLAN_HUGE_RESERVED;
		finding.pages = huge->free + from_pool;
		finding.room = available;
		add_finding(result, &finding);
	}
}

static void find_huge(struct planning *p, struct plan_result *result,
		      const struct page_account *account,
		      const struct room_found *found)
{
	u32 page_bytes = p->plan->target.page_bytes;
	const struct account_huge *huge;
	u64 fresh, spare;
	size_t i;

	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++) {
		huge = &account->huge[i];
		if (!huge->used && !huge->free)
			continue;
		/* Only the smallest size is allocated like other memory; the kernel makes no gigantic page for this. */
		fresh = i ? 0 : found->free_huge;
		spare = found->free + found->reclaim;
		find_huge_room(result, &p->room.huge[i], huge,
			       huge->pages * page_bytes, found->huge[i], fresh,
			       !i && huge->used * huge->pages +
						       movable_pages(account) <=
					       spare);
	}
}

/*
 * An old kernel moves a huge page to the one that became free last, even if that is in
 * the block that is going offline. Then the next one moves to where this one was, and so
 * on, without end. Nothing shows which one became free last.
 */
static void find_huge_loop(const struct planning *p, struct plan_block *block,
			   const struct room_found *found)
{
	struct plan_finding finding = {
		.reason = PLAN_HUGE_LOOP,
		.answer = PLAN_UNKNOWN,
		.kind = ACCOUNT_HUGETLB,
	};
	const struct account_huge *huge;
	size_t i;

	/* Since 6.15 the kernel skips isolated ones. */
	if (!found->same_node || p->room.release >= ROOM_RELEASE(6, 15))
		return;
	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++) {
		huge = &block->account.huge[i];
		if (p->room.huge[i].free <= p->room.huge[i].reserved ||
		    !huge->used || huge->used + huge->free < 2)
			continue;
		finding.pages = huge->used;
		finding.size = huge->pages * p->plan->target.page_bytes;
		add_finding(&block->result, &finding);
	}
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
		add_finding(&block->result, &finding);
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
		add_finding(&block->result, &finding);
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

/* There is no forecast of an offline that runs, but whether what is left of the block has room. Its free pages are isolated. */
static int plan_running(struct planning *p, struct plan_block *block)
{
	struct mhp_mhp_snapshot_block *at = &block->block->at;
	struct room_leaving leaving = { .nid = at->nid, .zone = at->zone };
	struct room_found found;
	int err = count_block_pages(p, block);

	if (err)
		return err;
	room_find(&p->room, &leaving, &found);
	block->result.move = movable_pages(&block->account);
	block->result.room = found.free;
	return 0;
}

static int plan_one(struct planning *p, struct plan_block *block)
{
	struct mhp_mhp_snapshot_block *at = &block->block->at;
	struct room_leaving leaving = { .nid = at->nid, .zone = at->zone };
	struct room_found found;
	int err;

	if (at->state == MHP_STATE_GOING_OFFLINE) {
		find_state(block);
		return plan_running(p, block);
	}
	if (find_state(block))
		return 0;
	err = count_block_pages(p, block);
	if (err)
		return err;
	find_unmovable(block);
	add_leaving(&leaving, &block->account);
	room_find(&p->room, &leaving, &found);
	find_room(&block->result, &block->account, &found);
	find_huge(p, &block->result, &block->account, &found);
	find_huge_loop(p, block, &found);
	find_huge_beyond(p, block);
	find_blind(block);
	return 0;
}

static bool is_same_zone(const struct plan_block *a, const struct plan_block *b)
{
	return a->block->at.nid == b->block->at.nid &&
	       a->block->at.zone == b->block->at.zone;
}

/* The blocks of one zone that are to go, from the first one on */
static void plan_zone(struct planning *p, size_t first)
{
	const struct plan_block *blocks = p->plan->blocks, *at = &blocks[first];
	struct room_leaving leaving = { .nid = at->block->at.nid,
					.zone = at->block->at.zone };
	struct page_account sum = { 0 };
	struct plan_result zone = { 0 };
	struct room_found found;
	size_t i;

	for (i = 0; i < first; i++)
		if (is_same_zone(&blocks[i], at))
			return;
	for (i = first; i < p->plan->target.nr; i++) {
		if (!is_same_zone(&blocks[i], at))
			continue;
		account_add(&sum, &blocks[i].account);
		add_leaving(&leaving, &blocks[i].account);
	}
	room_find(&p->room, &leaving, &found);
	find_room(&zone, &sum, &found);
	find_huge(p, &zone, &sum, &found);
	for (i = 0; i < zone.nr_findings; i++)
		add_finding(&p->plan->all, &zone.findings[i]);
	p->plan->all.move += zone.move;
	p->plan->all.room += zone.room;
}

/* Blocks that could each go alone may need the same room. */
static void plan_together(struct planning *p)
{
	struct plan *plan = p->plan;
	size_t i;

	for (i = 0; i < plan->target.nr; i++) {
		if (plan->blocks[i].result.answer > plan->all.answer)
			plan->all.answer = plan->blocks[i].result.answer;
		if (plan->target.nr > 1)
			plan_zone(p, i);
	}
	if (plan->target.nr == 1) {
		plan->all.move = plan->blocks[0].result.move;
		plan->all.room = plan->blocks[0].result.room;
	}
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
	plan_together(p);
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
		plan_print_text(&plan, what, opts, out);
	status = statuses[plan.all.answer];
	plan_free(&plan);
	return status_printed(status);
}
