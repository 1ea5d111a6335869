// SPDX-License-Identifier: GPL-2.0
/*
 * Collects the operations on a memory block. The kernel does one operation at a time,
 * so a page that is reported while the block goes offline is in its way, even if it
 * begins in another block, as a huge page can.
 */
#include <stdlib.h>
#include <string.h>

#include "answers/story.h"
#include "base/vec.h"
#include "model/times.h"

static bool concerns(const struct story *story, u64 start_pfn, u64 nr_pages)
{
	return start_pfn < story->start_pfn + story->nr_pages &&
	       start_pfn + nr_pages > story->start_pfn;
}

static struct story_step *add_step(struct story *story,
				   enum operation operation)
{
	struct story_step *step;

	if (!vec_grow(story->steps, story->nr, story->room)) {
		story->no_memory = true;
		return NULL;
	}
	step = &story->steps[story->nr++];
	*step = (struct story_step){ .operation = operation };
	return step;
}

/* The operation if it is in progress, else NULL. */
static struct story_step *current_step(struct story *story,
				       enum operation operation)
{
	struct story_step *last = story->nr ? &story->steps[story->nr - 1] :
					      NULL;

	return last && last->operation == operation && !last->end_ns ? last :
								       NULL;
}

static void story_begin(struct story *story, enum operation operation,
			const struct mhp_record *record, u64 start_pfn,
			u64 nr_pages, u32 zone)
{
	struct story_step *step;

	if (!concerns(story, start_pfn, nr_pages))
		return;
	story->reasons[operation] = 0;
	story->late = (struct story_blockers){ 0 };
	step = add_step(story, operation);
	if (!step)
		return;
	step->begin_ns = record->time_ns;
	step->zone = zone;
	step->pid = record->pid;
	memcpy(step->comm, record->comm, sizeof(step->comm));
}

/*
 * A removal of another part of the range may fail for the whole of it: that is no operation on this block. One of the
 * whole range may fail because of another block.
 */
static void story_fail(struct story *story, enum operation operation,
		       const struct mhp_mhp_failed *failed)
{
	struct story_step *step = current_step(story, operation);

	if (step) {
		step->reason = failed->reason;
		step->failed_pfn = failed->start_pfn;
	} else if (concerns(story, failed->start_pfn, failed->nr_pages)) {
		story->reasons[operation] = failed->reason;
	}
}

static void story_end(struct story *story, enum operation operation,
		      const struct mhp_record *record, u64 start_pfn,
		      u64 nr_pages, s64 ret)
{
	struct story_step *step;

	if (!concerns(story, start_pfn, nr_pages))
		return;
	step = current_step(story, operation) ?: add_step(story, operation);
	if (!step)
		return;
	if (!step->reason && ret)
		step->reason = story->reasons[operation];
	step->end_ns = record->time_ns;
	step->ret = ret;
	if (operation == OPERATION_OFFLINE && !step->begin_ns)
		step->blockers = story->late;
	story->late = (struct story_blockers){ 0 };
	if (!step->pid) {
		step->pid = record->pid;
		memcpy(step->comm, record->comm, sizeof(step->comm));
	}
	/* Until schema 3, the end of an operation had its reason. */
	if (!step->reason)
		step->reason = record->reason;
}

static void story_page(struct story *story, const struct mhp_record *record)
{
	const struct mhp_mhp_offline_blocker *blocker =
		&record->p.mhp_offline_blocker;
	struct story_step *step = current_step(story, OPERATION_OFFLINE);
	struct story_blockers *blockers = step ? &step->blockers : &story->late;

	if (!step && (record->unknown & MHP_FIELD(mhp_offline_blocker, pfn) ||
		      !concerns(story, blocker->pfn, 1)))
		return;
	if (!blockers->nr || blockers->last.pfn != blocker->pfn)
		blockers->pages++;
	blockers->nr++;
	blockers->last = *blocker;
	blockers->unknown = record->unknown;
	if (blocker->pass > blockers->passes)
		blockers->passes = blocker->pass;
}

static void story_refused(struct story *story,
			  const struct mhp_mhp_refused *refused)
{
	struct story_step *step = story->nr ? &story->steps[story->nr - 1] :
					      NULL;

	if (!step || step->end_ns ||
	    !concerns(story, refused->start_pfn, refused->nr_pages))
		return;
	step->refused_known = true;
	step->refused = refused->call;
}

#define BEGIN(operation, field)                                   \
	story_begin(story, operation, record, p->field.start_pfn, \
		    p->field.nr_pages, 0)
#define END(operation, field)                                   \
	story_end(story, operation, record, p->field.start_pfn, \
		  p->field.nr_pages, p->field.ret)

void story_restart(struct story *story, u64 part)
{
	if (story->part == part)
		return;
	story->part = part;
	story->nr = 0;
	memset(story->reasons, 0, sizeof(story->reasons));
	story->late = (struct story_blockers){ 0 };
}

void story_take(struct story *story, const struct mhp_record *record)
{
	const union mhp_payload *p = &record->p;

	switch (record->event) {
	case MHP_EVENT_mhp_add_begin:
		BEGIN(OPERATION_ADD, mhp_add_begin);
		break;
	case MHP_EVENT_mhp_add_failed:
		story_fail(story, OPERATION_ADD, &p->mhp_failed);
		break;
	case MHP_EVENT_mhp_add_end:
		END(OPERATION_ADD, mhp_add_end);
		break;
	case MHP_EVENT_mhp_online_begin:
		story_begin(story, OPERATION_ONLINE, record,
			    p->mhp_block_begin.start_pfn,
			    p->mhp_block_begin.nr_pages,
			    p->mhp_block_begin.zone);
		break;
	case MHP_EVENT_mhp_online_failed:
		story_fail(story, OPERATION_ONLINE, &p->mhp_failed);
		break;
	case MHP_EVENT_mhp_online_end:
		END(OPERATION_ONLINE, mhp_block_end);
		break;
	case MHP_EVENT_mhp_offline_begin:
		story_begin(story, OPERATION_OFFLINE, record,
			    p->mhp_block_begin.start_pfn,
			    p->mhp_block_begin.nr_pages,
			    p->mhp_block_begin.zone);
		break;
	case MHP_EVENT_mhp_offline_blocker:
		story_page(story, record);
		break;
	case MHP_EVENT_mhp_refused:
		story_refused(story, &p->mhp_refused);
		break;
	case MHP_EVENT_mhp_offline_failed:
		story_fail(story, OPERATION_OFFLINE, &p->mhp_failed);
		break;
	case MHP_EVENT_mhp_offline_end:
		END(OPERATION_OFFLINE, mhp_block_end);
		break;
	case MHP_EVENT_mhp_remove_begin:
		BEGIN(OPERATION_REMOVE, mhp_remove_begin);
		break;
	case MHP_EVENT_mhp_remove_failed:
		story_fail(story, OPERATION_REMOVE, &p->mhp_failed);
		break;
	case MHP_EVENT_mhp_remove_end:
		END(OPERATION_REMOVE, mhp_remove_end);
		break;
	}
}

static bool is_range_step(const struct story_step *step)
{
	return step->operation == OPERATION_ADD ||
	       step->operation == OPERATION_REMOVE;
}

/* The account has the page and the stage, and nothing else of it. */
static void add_blocker(struct story_blockers *blockers,
			const struct mhp_block *block)
{
	blockers->nr = blockers->pages = 1;
	blockers->last = (struct mhp_mhp_offline_blocker){
		.pfn = block->blocker_pfn,
		.kind = block->blocker_kind,
		.stage = block->blocker_stage,
	};
	blockers->unknown = MHP_FIELD(mhp_offline_blocker, order) |
			    MHP_FIELD(mhp_offline_blocker, refcount) |
			    MHP_FIELD(mhp_offline_blocker, mapcount) |
			    MHP_FIELD(mhp_offline_blocker, pass) |
			    MHP_FIELD(mhp_offline_blocker, ret);
}

static void add_late(struct story *story, enum operation operation,
		     const struct mhp_block *block)
{
	bool offline = operation == OPERATION_OFFLINE;
	struct story_step *step;

	if (current_step(story, operation))
		return;
	step = add_step(story, operation);
	if (!step)
		return;
	step->begin_ns = offline ? block->offline.begin_ns :
				   block->online.begin_ns;
	step->late = true;
	step->zone = block->zone;
	if (offline && story->late.nr)
		step->blockers = story->late;
	else if (offline && block->blockers)
		add_blocker(&step->blockers, block);
}

void story_add_late(struct story *story, const struct mhp_block *block)
{
	if (block_is_offlining(block))
		add_late(story, OPERATION_OFFLINE, block);
	else if (block_is_onlining(block))
		add_late(story, OPERATION_ONLINE, block);
}

void story_add_failure(struct story *story, const struct mhp_block *block)
{
	bool offline = block->state == MHP_STATE_ONLINE;
	const struct mhp_phase *phase = offline ? &block->offline :
						  &block->online;
	struct story_step *step;
	size_t i;

	for (i = 0; i < story->nr; i++)
		if (!is_range_step(&story->steps[i]))
			return;
	if (!block->last_ret || !phase->end_ns)
		return;
	step = add_step(story, offline ? OPERATION_OFFLINE : OPERATION_ONLINE);
	if (!step)
		return;
	step->begin_ns = phase->begin_ns;
	step->late = offline ? block_offlines_late(block) :
			       block_onlines_late(block);
	step->end_ns = phase->end_ns;
	step->ret = block->last_ret;
	step->reason = block->reason;
	step->zone = block->zone;
	if (offline && block->blockers)
		add_blocker(&step->blockers, block);
}

void story_add_refusal(struct story *story, u64 time_ns, s64 call)
{
	struct story_step *step;
	size_t i;

	for (i = 0; i < story->nr; i++) {
		step = &story->steps[i];
		if (is_range_step(step) ||
		    step->reason != MHP_REASON_NOTIFIER ||
		    step->begin_ns > time_ns || step->end_ns < time_ns)
			continue;
		step->refused_known = true;
		step->refused = call;
	}
}

/* Whether both reported the same page last, as far as pages are known. */
static bool is_same_page(const struct story_step *step,
			 const struct story_step *other)
{
	u64 unknown = step->blockers.unknown | other->blockers.unknown;

	return other->blockers.nr &&
	       !(unknown & MHP_FIELD(mhp_offline_blocker, pfn)) &&
	       step->blockers.last.pfn == other->blockers.last.pfn;
}

static void add_try(struct story_trouble *trouble,
		    const struct story_step *step)
{
	const struct story_step *last = trouble->step;

	if (last && last->operation != step->operation)
		*trouble = (struct story_trouble){ 0 };
	else if (last && last->blockers.nr)
		trouble->before = last;
	if (!step->blockers.nr)
		trouble->same = 0;
	else if (trouble->step && is_same_page(step, last))
		trouble->same++;
	else
		trouble->same = 1;
	trouble->step = step;
	trouble->nth++;
}

size_t story_troubles(const struct story *story,
		      struct story_trouble troubles[STORY_MAX_TROUBLES])
{
	struct story_trouble last[STORY_MAX_TROUBLES] = { 0 }; /* state, range */
	struct story_trouble *trouble;
	const struct story_step *step;
	size_t first, i, nr = 0;

	for (i = 0; i < story->nr; i++) {
		step = &story->steps[i];
		trouble = &last[is_range_step(step)];
		if (step->end_ns && !step->ret) {
			memset(last, 0, sizeof(last));
			continue;
		}
		add_try(trouble, step);
	}
	/* The steps are an array in the order of their begin. */
	first = last[0].step && last[1].step && last[1].step < last[0].step;
	for (i = 0; i < STORY_MAX_TROUBLES; i++) {
		trouble = &last[(first + i) % STORY_MAX_TROUBLES];
		if (trouble->step)
			troubles[nr++] = *trouble;
	}
	return nr;
}

void story_free(struct story *story)
{
	free(story->steps);
	story->steps = NULL;
	story->nr = 0;
}
