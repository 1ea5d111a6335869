// SPDX-License-Identifier: GPL-2.0
/*
 * Whether what has to move has room elsewhere: out of one memory block, and out of all blocks of a plan together, which may
 * be in several zones.
 */
#include <stdlib.h>

#include "answers/planning.h"

void plan_add_finding(struct plan_result *result,
		      const struct plan_finding *finding)
{
	if (result->nr_findings < PLAN_FINDINGS)
		result->findings[result->nr_findings++] = *finding;
	if (finding->answer > result->answer)
		result->answer = finding->answer;
}

static u64 movable_pages(const struct page_account *account)
{
	return account->kinds[ACCOUNT_ANON].pages +
	       account->kinds[ACCOUNT_FILE].pages +
	       account->kinds[ACCOUNT_MOVABLE_OPS].pages;
}

/* Huge pages that have to go elsewhere; others are in use, but in the way. */
static u64 movable_huge(const struct account_huge *huge)
{
	return huge->used - huge->pinned.pages - huge->poisoned.pages;
}

static void add_leaving(struct room_leaving *leaving, u64 nr_pages,
			const struct page_account *account)
{
	size_t i;

	leaving->pages += nr_pages;
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
	plan_add_finding(result, &finding);
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
	u64 from_pool = available ? free_elsewhere : 0;
	u64 move = movable_huge(huge);
	struct plan_finding finding = {
		.answer = PLAN_NO,
		.kind = ACCOUNT_HUGETLB,
		.size = size,
	};

	if (from_pool > move)
		from_pool = move;
	if (move - from_pool > fresh) {
		finding.reason = fresh_possible ? PLAN_HUGE_COMPACT :
						  PLAN_HUGE_NO_ROOM;
		finding.answer = fresh_possible ? PLAN_UNKNOWN : PLAN_NO;
		finding.pages = move;
		finding.room = from_pool + fresh;
		plan_add_finding(result, &finding);
	} else if (huge->free + from_pool > available) {
		finding.reason = PLAN_HUGE_RESERVED;
		finding.pages = huge->free + from_pool;
		finding.room = available;
		plan_add_finding(result, &finding);
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
		result->move_huge += movable_huge(huge);
		/* Only the smallest size is allocated like other memory; the kernel makes no gigantic page for this. */
		fresh = i ? 0 : found->free_huge;
		spare = found->free + found->reclaim;
		find_huge_room(result, &p->room.huge[i], huge,
			       huge->pages * page_bytes, found->huge[i], fresh,
			       !i && movable_huge(huge) * huge->pages +
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
		    !movable_huge(huge) || huge->used + huge->free < 2)
			continue;
		finding.pages = movable_huge(huge);
		finding.size = huge->pages * p->plan->target.page_bytes;
		plan_add_finding(&block->result, &finding);
	}
}

void planning_room_left(struct planning *p, struct plan_block *block)
{
	struct mhp_mhp_snapshot_block *at = &block->block->at;
	struct room_leaving leaving = { .nid = at->nid,
					.zone = at->zone,
					.asks = true };
	struct page_account left = block->account;
	struct room_found found;
	size_t i;

	room_find(&p->room, &leaving, 1, &found);
	/* A huge page that is about to be migrated has one more reference. */
	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++)
		left.huge[i].pinned.pages = 0;
	block->result.move_huge = 0;
	find_huge(p, &block->result, &left, &found);
	block->result.move = movable_pages(&left);
	block->result.room = found.free;
}

void planning_room(struct planning *p, struct plan_block *block)
{
	struct mhp_mhp_snapshot_block *at = &block->block->at;
	struct room_leaving leaving = { .nid = at->nid,
					.zone = at->zone,
					.asks = true };
	struct room_found found;

	add_leaving(&leaving, at->nr_pages, &block->account);
	room_find(&p->room, &leaving, 1, &found);
	find_room(&block->result, &block->account, &found);
	find_huge(p, &block->result, &block->account, &found);
	find_huge_loop(p, block, &found);
}

/* The zones of the memory blocks of a plan: what leaves each, and what its pages are */
struct together {
	struct planning *planning;
	struct room_leaving leaving[ROOM_ZONES];
	struct page_account accounts[ROOM_ZONES];
	size_t nr;
};

/* Of the huge page that this block shares with the one before it, if that is in the plan, too */
static u64 shared_with(const struct plan_block *before,
		       const struct plan_block *block)
{
	const struct mhp_mhp_snapshot_block *at = &before->block->at;

	return at->start_pfn + at->nr_pages == block->block->at.start_pfn ?
		       before->account.huge_beyond :
		       0;
}

/* The nth block of the plan; a huge page is only counted with the first block that it is in. */
static void add_to_zone(struct together *t, size_t nth)
{
	const struct plan_block *block = &t->planning->plan->blocks[nth];
	const struct mhp_mhp_snapshot_block *at = &block->block->at;
	struct page_account account = block->account;
	size_t i;

	if (nth)
		account_leave_out(&account, shared_with(block - 1, block));

	for (i = 0; i < t->nr; i++)
		if (t->leaving[i].nid == at->nid &&
		    t->leaving[i].zone == at->zone)
			break;
	if (i == ROOM_ZONES)
		return;
	if (i == t->nr) {
		t->leaving[i] = (struct room_leaving){ .nid = at->nid,
						       .zone = at->zone };
		t->nr++;
	}
	account_add(&t->accounts[i], &account);
	add_leaving(&t->leaving[i], at->nr_pages, &account);
}

static struct plan_finding *find_like(struct plan_result *result,
				      const struct plan_finding *finding)
{
	size_t i;

	for (i = 0; i < result->nr_findings; i++)
		if (result->findings[i].kind == finding->kind &&
		    result->findings[i].size == finding->size)
			return &result->findings[i];
	return NULL;
}

static bool lacks_more(const struct plan_finding *a,
		       const struct plan_finding *b)
{
	if (a->answer != b->answer)
		return a->answer > b->answer;
	return a->pages - a->room > b->pages - b->room;
}

/* Of several groups of zones that lack the same, the one that lacks most is named. */
static void add_worse(struct plan_result *all,
		      const struct plan_finding *finding)
{
	struct plan_finding *like = find_like(all, finding);

	if (!like)
		plan_add_finding(all, finding);
	else if (lacks_more(finding, like))
		*like = *finding;
	if (finding->answer > all->answer)
		all->answer = finding->answer;
}

/* Whether the zones that ask have room together */
static void ask_together(struct together *t)
{
	struct plan_result *all = &t->planning->plan->all;
	struct page_account sum = { 0 };
	struct plan_result result = { 0 };
	struct room_found found;
	size_t i;

	for (i = 0; i < t->nr; i++)
		if (t->leaving[i].asks)
			account_add(&sum, &t->accounts[i]);
	room_find(&t->planning->room, t->leaving, t->nr, &found);
	find_room(&result, &sum, &found);
	find_huge(t->planning, &result, &sum, &found);
	for (i = 0; i < result.nr_findings; i++)
		add_worse(all, &result.findings[i]);
	all->move = result.move;
	all->move_huge = result.move_huge;
	all->room = result.room;
}

enum asking { NOBODY, KERNEL_ZONES, MOVABLE_ZONES, ALL_ZONES };

/* The zones of a node and those of the others that ask. False if none does. */
static bool choose_asking(struct together *t, s32 nid, enum asking here,
			  enum asking others)
{
	enum asking zone, wanted;
	bool any = false;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		zone = t->leaving[i].zone == MHP_ZONE_MOVABLE ? MOVABLE_ZONES :
								KERNEL_ZONES;
		wanted = t->leaving[i].nid == nid ? here : others;
		t->leaving[i].asks = wanted & zone;
		any |= t->leaving[i].asks;
	}
	return any;
}

/*
 * All pages have room if each group of zones has at least as much room, wherever one of them may go, as it has pages. What a zone
 * may take depends on the node of a page, and on whether its own zone is ZONE_MOVABLE, so that these groups decide; all other
 * ones have the same room as a larger one of these. The last one is all zones, whose numbers are those of the plan.
 */
static void ask_groups(struct together *t)
{
	static const enum asking groups[][2] = {
		{ KERNEL_ZONES, NOBODY },    { MOVABLE_ZONES, NOBODY },
		{ ALL_ZONES, NOBODY },	     { KERNEL_ZONES, KERNEL_ZONES },
		{ ALL_ZONES, KERNEL_ZONES }, { ALL_ZONES, ALL_ZONES },
	};
	size_t i, j;

	for (i = 0; i < t->nr; i++)
		for (j = 0; j < sizeof(groups) / sizeof(*groups); j++)
			if (choose_asking(t, t->leaving[i].nid, groups[j][0],
					  groups[j][1]))
				ask_together(t);
}

void planning_together(struct planning *p)
{
	struct plan *plan = p->plan;
	struct together *t;
	size_t i;

	for (i = 0; i < plan->target.nr; i++)
		if (plan->blocks[i].result.answer > plan->all.answer)
			plan->all.answer = plan->blocks[i].result.answer;
	if (plan->target.nr == 1) {
		plan->all.move = plan->blocks[0].result.move;
		plan->all.room = plan->blocks[0].result.room;
		return;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return;
	t->planning = p;
	for (i = 0; i < plan->target.nr; i++)
		add_to_zone(t, i);
	ask_groups(t);
	free(t);
}
