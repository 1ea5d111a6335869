// SPDX-License-Identifier: GPL-2.0
/*
 * Sums up tries to remove memory. The operations of a try follow each other in one
 * task: offlines, then onlines if one was refused, or the removal. Where a user's task
 * does the same by hand, one that did not get as far as that is no try.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sparse.h"
#include "base/vec.h"
#include "model/event_table.h"
#include "model/model.h"
#include "model/removal.h"

#define WENT 1 /* what a try did to a memory block */
#define BACK 2
#define NAME_MAX_TEXT 160

/* A try while its operations are collected */
struct collecting {
	const struct model *model;
	struct removal removal;
	const struct history_operation *first;
	const struct history_operation *last;
	const struct history_operation
		*failed; /* the last offline, if it failed */
	struct sparse blocks; /* u8: WENT, BACK, by block number */
	bool no_memory;
};

static bool is_same_task(const struct history_operation *a,
			 const struct history_operation *b)
{
	return a->part == b->part && a->pid == b->pid &&
	       !memcmp(a->comm, b->comm, sizeof(a->comm));
}

static bool overlaps(const struct removal *removal,
		     const struct history_operation *operation)
{
	return removal_concerns(removal, operation->start_pfn,
				operation->nr_pages);
}

static u64 collecting_block(const struct collecting *try,
			    const struct history_operation *operation)
{
	return operation->start_pfn / ledger_block_pages(try->model->ledger);
}

/* Whether a driver does it, which takes memory offline only to remove it. */
static bool is_driver(const struct history_operation *operation)
{
	switch (operation->way) {
	case WHO_ACPI:
	case WHO_VIRTIO_MEM:
	case WHO_BALLOON:
		return true;
	}
	return who_is_worker(operation->comm);
}

/*
 * Memory of another device, as far as is known: a worker may get to work on the next one. A
 * dax device may have several ranges, which a user's task removes together.
 */
static bool is_other_range(const struct collecting *try,
			   const struct history_operation *operation)
{
	const struct mhp_ledger *ledger = try->model->ledger;
	const struct mhp_range *one =
		ledger_find_range(ledger, try->first->start_pfn);
	const struct mhp_range *other =
		ledger_find_range(ledger, operation->start_pfn);

	return is_driver(try->first) && one && other && one != other;
}

/* Whether an operation goes on with the try. */
static bool joins(const struct collecting *try,
		  const struct history_operation *operation)
{
	const u8 *block;

	if (!is_same_task(try->first, operation) || try->removal.remove)
		return false;
	switch (operation->kind) {
	case OPERATION_OFFLINE:
		return try->last->kind == OPERATION_OFFLINE &&
		       !is_other_range(try, operation);
	case OPERATION_ONLINE:
		block = sparse_find(&try->blocks,
				    collecting_block(try, operation));
		return try->failed && block && *block == WENT;
	case OPERATION_REMOVE:
		return try->last->kind == OPERATION_OFFLINE &&
		       overlaps(&try->removal, operation);
	}
	return false;
}

static void widen(struct removal *removal,
		  const struct history_operation *operation)
{
	u64 end = operation->start_pfn + operation->nr_pages;
	u64 known = removal->start_pfn + removal->nr_pages;

	if (!removal->nr_pages || operation->start_pfn < removal->start_pfn)
		removal->start_pfn = operation->start_pfn;
	if (end < known)
		end = known;
	removal->nr_pages = end - removal->start_pfn;
}

static void collect_offline(struct collecting *try,
			    const struct history_operation *operation)
{
	u64 number = collecting_block(try, operation);
	bool known = sparse_find(&try->blocks, number);
	u8 *block = sparse_make(&try->blocks, number);
	bool went = operation->end == HISTORY_ENDED && !operation->ret;

	try->failed = operation->ret ? operation : NULL;
	if (!block) {
		try->no_memory = true;
		return;
	}
	try->removal.blocks += !known;
	try->removal.offline += went && *block != WENT;
	if (went)
		*block = WENT;
	if (operation->ret)
		try->removal.refused = operation;
	else if (went && try->removal.refused &&
		 try->removal.refused->start_pfn == operation->start_pfn)
		try->removal.refused = NULL;
}

static void removal_collect(struct collecting *try,
			    const struct history_operation *operation)
{
	struct removal *removal = &try->removal;
	u8 *block;

	widen(removal, operation);
	try->last = operation;
	removal->in_progress |= operation->end == HISTORY_IN_PROGRESS;
	switch (operation->kind) {
	case OPERATION_OFFLINE:
		collect_offline(try, operation);
		break;
	case OPERATION_ONLINE:
		block = sparse_find(&try->blocks,
				    collecting_block(try, operation));
		if (operation->end != HISTORY_ENDED || operation->ret || !block)
			break;
		*block = BACK;
		removal->back++;
		break;
	case OPERATION_REMOVE:
		removal->remove = operation;
		removal->way = operation->way;
		break;
	}
}

static void removal_start(struct collecting *try,
			  const struct history_operation *operation)
{
	sparse_free(&try->blocks);
	try->removal = (struct removal){
		.part = operation->part,
		.ns = operation->begin_ns ?: operation->end_ns,
		.way = operation->way,
	};
	try->first = operation;
	try->failed = NULL;
	removal_collect(try, operation);
}

/* A removal of what went offline before is no more than that operation itself. */
static bool is_try(const struct collecting *try)
{
	const struct removal *removal = &try->removal;

	if (removal->remove)
		return removal->remove->ret || removal->blocks > 1;
	if (!removal->blocks)
		return false;
	if (is_driver(try->first))
		return removal->in_progress || removal->refused;
	return removal->back;
}

static void finish(struct collecting *try, struct removals *removals)
{
	struct removal *removal = &try->removal;
	const struct mhp_range *range;

	if (!try->first || !is_try(try))
		return;
	removal->refusals = removal->blocks - removal->offline;
	/* One that is tried at the moment has not refused. */
	if (removal->refusals && removal->in_progress &&
	    try->last->kind == OPERATION_OFFLINE)
		removal->refusals--;
	if (!removal->refusals)
		removal->refused = NULL;
	range = ledger_find_range(try->model->ledger, removal->start_pfn);
	if (range && !removal->remove) {
		removal->nr_pages += removal->start_pfn - range->start_pfn;
		removal->start_pfn = range->start_pfn;
	}
	if (!vec_grow(removals->list, removals->nr, removals->room))
		try->no_memory = true;
	else
		removals->list[removals->nr++] = *removal;
}

int removals_find(struct removals *removals, const struct history *history,
		  const struct model *model)
{
	struct collecting try = { .model = model };
	const struct history_operation *operation;
	size_t i;

	sparse_init(&try.blocks, sizeof(u8));
	for (i = 0; model->ledger && i < history->nr; i++) {
		operation = &history->operations[i];
		if (try.first && joins(&try, operation)) {
			removal_collect(&try, operation);
			continue;
		}
		finish(&try, removals);
		try.first = NULL;
		if (operation->kind == OPERATION_OFFLINE ||
		    operation->kind == OPERATION_REMOVE)
			removal_start(&try, operation);
	}
	finish(&try, removals);
	sparse_free(&try.blocks);
	return try.no_memory ? -ENOMEM : 0;
}

void removals_free(struct removals *removals)
{
	free(removals->list);
	*removals = (struct removals){ 0 };
}

bool removal_concerns(const struct removal *removal, u64 start_pfn,
		      u64 nr_pages)
{
	return start_pfn < removal->start_pfn + removal->nr_pages &&
	       start_pfn + nr_pages > removal->start_pfn;
}

static const char *owner_word(u8 way)
{
	switch (way) {
	case WHO_ACPI:
		return "DIMM";
	case WHO_VIRTIO_MEM:
		return "virtio-mem";
	case WHO_KMEM:
		return "dax memory";
	}
	return "memory";
}

/* "isolation, slab, dentry", of which only the reason is always known */
static void refusal_text(const struct history_operation *refused,
			 const char *cache, char *text, size_t len)
{
	const char *reason =
		refused->reason ? event_symbol(event_reasons, refused->reason) :
				  "reason unknown";
	const char *kind =
		refused->blocker_kind ?
			event_symbol(event_kinds, refused->blocker_kind) :
			reason;
	/* The reason can say it already: hugetlb. */
	bool says = !strcmp(kind, reason);

	snprintf(text, len, "%s%s%s%s%s", reason, says ? "" : ", ",
		 says ? "" : kind, *cache ? ", " : "", cache);
}

static void refused_text(const struct model *model,
			 const struct removal *removal, const char *cache,
			 char text[NAME_MAX_TEXT])
{
	const struct history_operation *refused = removal->refused;
	u64 block = refused->start_pfn / ledger_block_pages(model->ledger);
	char why[NAME_MAX_TEXT - 64], others[32] = "";

	if (removal->refusals > 1)
		snprintf(others, sizeof(others), " and %u other%s",
			 removal->refusals - 1,
			 removal->refusals > 2 ? "s" : "");
	refusal_text(refused, cache, why, sizeof(why));
	snprintf(text, NAME_MAX_TEXT, ", memory%llu%s refused (%s)", block,
		 others, why);
}

static const char *back_text(const struct removal *removal,
			     char text[NAME_MAX_TEXT])
{
	*text = '\0';
	if (removal->in_progress)
		snprintf(text, NAME_MAX_TEXT, ": in progress");
	else if (removal->back && removal->back == removal->offline)
		snprintf(text, NAME_MAX_TEXT, ": the %u %s brought back",
			 removal->back, removal->back == 1 ? "was" : "were");
	else if (removal->offline && !removal->remove)
		snprintf(text, NAME_MAX_TEXT, ": %u of the %u %s brought back",
			 removal->back, removal->offline,
			 removal->back == 1 ? "was" : "were");
	return text;
}

static const char *remove_text(const struct model *model,
			       const struct history_operation *remove,
			       const char *sep, char text[NAME_MAX_TEXT])
{
	u64 pages = ledger_block_pages(model->ledger);
	char result[NAME_MAX_TEXT - 24];

	if (!remove || remove->end == HISTORY_IN_PROGRESS)
		*text = '\0';
	else if (remove->end == HISTORY_END_UNSEEN)
		snprintf(text, NAME_MAX_TEXT,
			 "%sthe end of its removal was not seen", sep);
	else if (!remove->ret)
		snprintf(text, NAME_MAX_TEXT, "%sthe range was removed", sep);
	else if (remove->reason == MHP_REASON_NOT_OFFLINE)
		snprintf(text, NAME_MAX_TEXT,
			 "%sit was not removed, as memory%llu is online", sep,
			 remove->failed_pfn / pages);
	else
		snprintf(text, NAME_MAX_TEXT, "%sits removal %s", sep,
			 history_result(remove, result, sizeof(result)));
	return text;
}

const char *removal_text(const struct model *model,
			 const struct removal *removal, const char *cache,
			 char text[REMOVAL_TEXT_MAX])
{
	char went[NAME_MAX_TEXT] = "", refused[NAME_MAX_TEXT] = "";
	char back[NAME_MAX_TEXT], remove[NAME_MAX_TEXT];

	if (removal->blocks)
		snprintf(went, sizeof(went),
			 "%u of %u memory block%s went offline",
			 removal->offline, removal->blocks,
			 removal->blocks == 1 ? "" : "s");
	if (removal->refused)
		refused_text(model, removal, cache ?: "", refused);
	remove_text(model, removal->remove, removal->blocks ? ", and " : "",
		    remove);
	snprintf(text, REMOVAL_TEXT_MAX, "%s at 0x%llx: %s%s%s%s",
		 owner_word(removal->way),
		 removal->start_pfn * model->info.page_bytes, went, refused,
		 remove, back_text(removal, back));
	return text;
}
