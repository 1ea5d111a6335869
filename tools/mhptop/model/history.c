// SPDX-License-Identifier: GPL-2.0
/*
 * Builds the history from records. The kernel runs one operation at a time, so the
 * time from one event of it to the next belongs to the phase that the latter ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain_text.h"
#include "base/units.h"
#include "base/vec.h"
#include "model/event_table.h"
#include "model/history.h"
#include "model/model.h"

#define BIT(number) (1ULL << (number))
#define OF_ADD BIT(OPERATION_ADD)
#define OF_ONLINE BIT(OPERATION_ONLINE)
#define OF_OFFLINE BIT(OPERATION_OFFLINE)
#define OF_REMOVE BIT(OPERATION_REMOVE)

/* What has this phase, and the events without which its begin or end is unknown */
static const struct {
	unsigned int kinds;
	u64 events;
} phase_facts[NR_PHASES] = {
	[PHASE_ISOLATE] = { OF_OFFLINE, BIT(MHP_EVENT_mhp_notify) },
	[PHASE_MIGRATE] = { OF_OFFLINE, BIT(MHP_EVENT_mhp_notify) |
						BIT(MHP_EVENT_mhp_managed) },
	[PHASE_NOTIFIERS] = { OF_ONLINE | OF_OFFLINE,
			      BIT(MHP_EVENT_mhp_notify) },
	[PHASE_DIRECT_MAP] = { OF_ADD | OF_REMOVE,
			       BIT(MHP_EVENT_mhp_vmemmap_populate) |
				       BIT(MHP_EVENT_mhp_vmemmap_free) },
	[PHASE_POPULATE] = { OF_ADD, BIT(MHP_EVENT_mhp_vmemmap_populate) },
	[PHASE_MEMMAP_INIT] = { OF_ONLINE, BIT(MHP_EVENT_mhp_notify) },
	[PHASE_RELEASE] = { OF_ONLINE, BIT(MHP_EVENT_mhp_notify) |
					       BIT(MHP_EVENT_mhp_managed) },
	[PHASE_FREE] = { OF_REMOVE, BIT(MHP_EVENT_mhp_vmemmap_free) },
	[PHASE_REST] = { OF_ADD | OF_ONLINE | OF_OFFLINE | OF_REMOVE, 0 },
};

static const char *const phase_names[NR_PHASES] = {
#define PHASE_NAME(name, word, title, help) word,
	PHASES(PHASE_NAME)
};

static const char *const phase_titles[NR_PHASES] = {
#define PHASE_TITLE(name, word, title, help) title,
	PHASES(PHASE_TITLE)
};

static const char *const phase_helps[NR_PHASES] = {
#define PHASE_HELP(name, word, title, help) help,
	PHASES(PHASE_HELP)
};

const char *phase_name(enum phase phase)
{
	return phase_names[phase];
}

const char *phase_title(enum phase phase)
{
	return phase_titles[phase];
}

const char *phase_help(enum phase phase)
{
	return phase_helps[phase];
}

bool phase_fits(enum phase phase, enum operation kind)
{
	return phase_facts[phase].kinds >> kind & 1;
}

/* The operation that events belong to; NULL: none is in progress. */
static struct history_operation *history_current(struct history *history)
{
	return history->at.index ? &history->operations[history->at.index - 1] :
				   NULL;
}

static void forget_indices(size_t *index, size_t dropped)
{
	*index -= *index < dropped ? *index : dropped;
}

static void forget_oldest(struct history *history)
{
	size_t i, drop = history->nr / 2;

	history->nr -= drop;
	memmove(history->operations, history->operations + drop,
		history->nr * sizeof(*history->operations));
	history->dropped += drop;
	forget_indices(&history->at.index, drop);
	for (i = 0; i < NR_OPERATIONS; i++)
		forget_indices(&history->current[i], drop);
}

static struct history_operation *
add_operation(struct history *history, const struct operation_event *event,
	      const struct mhp_record *record)
{
	struct history_operation *operation;
	int i;

	if (history->extent == HISTORY_LATEST && history->nr >= HISTORY_MOST)
		forget_oldest(history);
	if (!vec_grow(history->operations, history->nr, history->room)) {
		history->no_memory = true;
		return NULL;
	}
	operation = &history->operations[history->nr++];
	*operation = (struct history_operation){
		.start_pfn = event->start_pfn,
		.nr_pages = event->nr_pages,
		.part = history->part,
		.pid = record->pid,
		.kind = event->operation,
	};
	memcpy(operation->comm, record->comm, sizeof(operation->comm));
	for (i = 0; i < NR_PHASES; i++)
		operation->phases[i] = PHASE_UNKNOWN;
	return operation;
}

/* The time since the last event of the operation was spent in this phase. */
static void charge(struct history *history, enum phase phase, u64 ns)
{
	struct history_operation *operation = history_current(history);
	u64 since = history->at.last_ns;

	if (!operation || !phase_fits(phase, operation->kind) || ns < since)
		return;
	if (operation->phases[phase] < 0)
		operation->phases[phase] = 0;
	operation->phases[phase] += ns - since;
	history->at.last_ns = ns;
}

static void set_zone(struct history_operation *operation,
		     const struct mhp_record *record)
{
	if (record->event == MHP_EVENT_mhp_online_begin ||
	    record->event == MHP_EVENT_mhp_offline_begin)
		operation->zone = record->p.mhp_block_begin.zone;
	else if (record->event == MHP_EVENT_mhp_online_end ||
		 record->event == MHP_EVENT_mhp_offline_end)
		operation->zone = record->p.mhp_block_end.zone ?:
								 operation->zone;
}

/* The last one of this kind has not been seen to end. */
static void forget_current(struct history *history, enum operation kind)
{
	size_t index = history->current[kind];

	if (!index)
		return;
	history->operations[index - 1].end = HISTORY_END_UNSEEN;
	history->current[kind] = 0;
	if (history->at.index == index)
		history->at.index = 0;
}

static void take_begin(struct history *history, const struct model *model,
		       const struct operation_event *event,
		       const struct mhp_record *record)
{
	struct history_operation *operation;
	int i;

	forget_current(history, event->operation);
	operation = add_operation(history, event, record);
	if (!operation)
		return;
	operation->begin_ns = record->time_ns;
	operation->way = model->who.latest.way;
	operation->end = HISTORY_IN_PROGRESS;
	for (i = 0; i < NR_PHASES; i++)
		operation->phases[i] = PHASE_NONE;
	set_zone(operation, record);
	history->current[event->operation] = history->nr;
	history->at.index = history->nr;
	history->at.last_ns = record->time_ns;
	history->at.first_ns = PHASE_NONE;
	history->at.sections = 0;
	history->at.lost = model_lost(model);
	history->at.refused_or_agreed = false;
	history->at.is_block_hosted = false;
}

/*
 * Up to the first section, the direct map of the range is made as well. If memory
 * blocks host their own memmap, each is added by itself, with its direct map: no
 * event separates the two.
 */
static void settle_add(struct history *history,
		       struct history_operation *operation)
{
	s64 first = history->at.first_ns;
	u64 populate = operation->phases[PHASE_POPULATE] < 0 ?
			       0 :
			       operation->phases[PHASE_POPULATE];

	if (first < 0)
		return;
	if (history->at.is_block_hosted || history->at.sections < 2) {
		/* It wraps if the times of a recording are absurd. */
		operation->phases[PHASE_POPULATE] = first + populate;
		operation->phases[PHASE_DIRECT_MAP] = PHASE_UNKNOWN;
	} else {
		operation->phases[PHASE_DIRECT_MAP] = first;
	}
}

/* After the last section was freed, the direct map of the range goes. */
static void settle_remove(struct history *history,
			  struct history_operation *operation)
{
	if (operation->phases[PHASE_FREE] < 0)
		return;
	if (history->at.is_block_hosted) {
		operation->phases[PHASE_DIRECT_MAP] = PHASE_UNKNOWN;
		return;
	}
	operation->phases[PHASE_DIRECT_MAP] = operation->phases[PHASE_REST];
	operation->phases[PHASE_REST] = PHASE_NONE;
}

/* What the source cannot report, or what was lost, leaves a phase unknown. */
static void settle_phases(const struct history *history,
			  const struct model *model,
			  struct history_operation *operation)
{
	u64 unknown = model->info.unknown_events;
	bool lost = model_lost(model) != history->at.lost;
	bool partly = false;
	int i;

	for (i = 0; i < PHASE_REST; i++) {
		if (!phase_fits(i, operation->kind))
			continue;
		if (!lost && !(unknown & phase_facts[i].events))
			continue;
		operation->phases[i] = PHASE_UNKNOWN;
		partly = true;
	}
	if (partly)
		operation->phases[PHASE_REST] = PHASE_UNKNOWN;
}

static void history_take_end(struct history *history, const struct model *model,
			     const struct operation_event *event,
			     const struct mhp_record *record,
			     const struct operation_end *end)
{
	size_t index = history->current[event->operation];
	struct history_operation *operation;

	if (!end->begin_ns) {
		forget_current(history, event->operation);
		operation = add_operation(history, event, record);
		if (!operation)
			return;
		set_zone(operation, record);
	} else {
		if (!index)
			return;
		operation = &history->operations[index - 1];
		set_zone(operation, record);
		if (history->at.index == index) {
			charge(history, PHASE_REST, record->time_ns);
			if (event->operation == OPERATION_ADD)
				settle_add(history, operation);
			if (event->operation == OPERATION_REMOVE)
				settle_remove(history, operation);
			settle_phases(history, model, operation);
		}
	}
	operation->end = HISTORY_ENDED;
	operation->end_ns = record->time_ns;
	operation->ret = event->ret;
	operation->reason = end->reason;
	history->current[event->operation] = 0;
	history->at.index = 0;
}

/* Why it fails comes as soon as it does, so the phase that was in progress ends. */
static void take_failure(struct history *history, u64 ns)
{
	const struct history_operation *operation = history_current(history);

	if (operation && operation->kind == OPERATION_OFFLINE)
		charge(history,
		       history->at.refused_or_agreed ? PHASE_MIGRATE :
						       PHASE_ISOLATE,
		       ns);
}

static void take_failed(struct history *history,
			const struct operation_event *event, u64 ns)
{
	size_t index = history->current[event->operation];

	if (index)
		history->operations[index - 1].failed_pfn = event->start_pfn;
	take_failure(history, ns);
}

static void history_take_operation(struct history *history,
				   const struct model *model,
				   const struct operation_event *event,
				   const struct mhp_record *record)
{
	struct operation_end end;
	bool ended =
		operation_follow(history->open, event, record->time_ns, &end);

	if (event->step == OPERATION_BEGINS)
		take_begin(history, model, event, record);
	else if (event->step == OPERATION_FAILS)
		take_failed(history, event, record->time_ns);
	else if (ended)
		history_take_end(history, model, event, record, &end);
}

static void history_take_notify(struct history *history,
				const struct mhp_record *record)
{
	switch (record->p.mhp_notify.step) {
	case MHP_STEP_GOING_OFFLINE:
		charge(history, PHASE_ISOLATE, record->time_ns);
		/* If they refuse, nothing is migrated. */
		history->at.refused_or_agreed = !record->p.mhp_notify.ret;
		break;
	case MHP_STEP_GOING_ONLINE:
		charge(history, PHASE_MEMMAP_INIT, record->time_ns);
		break;
	default:
		charge(history, PHASE_NOTIFIERS, record->time_ns);
		break;
	}
}

static void take_populate(struct history *history,
			  const struct mhp_record *record)
{
	const struct history_operation *operation = history_current(history);
	u64 ns = record->time_ns;

	if (!operation || operation->kind != OPERATION_ADD)
		return;
	history->at.is_block_hosted |= record->p.mhp_vmemmap_populate.hosting ==
				       MHP_HOSTING_BLOCK;
	if (!history->at.sections++ && ns >= history->at.last_ns) {
		history->at.first_ns = ns - history->at.last_ns;
		history->at.last_ns = ns;
		return;
	}
	charge(history, PHASE_POPULATE, ns);
}

static void history_take_account(struct history *history,
				 const struct mhp_record *record)
{
	const struct history_operation *operation = history_current(history);
	bool is_managed = record->event == MHP_EVENT_mhp_managed;

	/* Drivers such as virtio-mem change the counts at any time. */
	if (!operation || record->p.mhp_account.cause == MHP_CAUSE_DRIVER)
		return;
	if (operation->kind == OPERATION_ONLINE)
		charge(history, is_managed ? PHASE_RELEASE : PHASE_REST,
		       record->time_ns);
	else if (is_managed)
		charge(history, PHASE_MIGRATE, record->time_ns);
	else
		charge(history,
		       history->at.refused_or_agreed ? PHASE_REST :
						       PHASE_ISOLATE,
		       record->time_ns);
}

/* The page with this pfn, or where it belongs */
static size_t page_index(const struct history *history, u64 pfn)
{
	size_t low = 0, high = history->nr_pages, middle;
	const struct history_page *page;

	while (low < high) {
		middle = low + (high - low) / 2;
		page = &history->pages[middle];
		if (page->part < history->part ||
		    (page->part == history->part && page->pfn < pfn))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void count_page(struct history *history, const struct mhp_record *record,
		       size_t operation)
{
	const struct mhp_mhp_offline_blocker *blocker =
		&record->p.mhp_offline_blocker;
	size_t index = page_index(history, blocker->pfn);
	struct history_page *page =
		index < history->nr_pages ? &history->pages[index] : NULL;

	if (!page || page->pfn != blocker->pfn || page->part != history->part) {
		if (!vec_insert(history->pages, history->nr_pages,
				history->room_pages, index)) {
			history->no_memory = true;
			return;
		}
		page = &history->pages[index];
		page->part = history->part;
		page->pfn = blocker->pfn;
	}
	page->reports++;
	page->offlines += operation != page->last;
	page->last = operation;
	page->latest = *blocker;
	page->unknown = record->unknown;
}

static void history_take_blocker(struct history *history,
				 const struct mhp_record *record)
{
	size_t index = history->current[OPERATION_OFFLINE];
	struct history_operation *operation;

	if (history->extent == HISTORY_ALL)
		count_page(history, record, index);
	if (!index)
		return;
	operation = &history->operations[index - 1];
	operation->blockers++;
	if (operation->passes < record->p.mhp_offline_blocker.pass)
		operation->passes = record->p.mhp_offline_blocker.pass;
	operation->blocker_kind = record->p.mhp_offline_blocker.kind;
	operation->blocker_pfn = record->p.mhp_offline_blocker.pfn;
	operation->blocker_room_known =
		!(record->unknown & MHP_FIELD(mhp_offline_blocker, ret));
	operation->blocker_no_room = operation->blocker_room_known &&
				     record->p.mhp_offline_blocker.ret ==
					     -ENOMEM;
	take_failure(history, record->time_ns);
}

static void history_take_step(struct history *history,
			      const struct mhp_record *record)
{
	switch (record->event) {
	case MHP_EVENT_mhp_notify:
		history_take_notify(history, record);
		break;
	case MHP_EVENT_mhp_vmemmap_populate:
		take_populate(history, record);
		break;
	case MHP_EVENT_mhp_vmemmap_free:
		history->at.is_block_hosted |=
			record->p.mhp_vmemmap_free.hosting == MHP_HOSTING_BLOCK;
		charge(history, PHASE_FREE, record->time_ns);
		break;
	case MHP_EVENT_mhp_vmemmap_retired:
		charge(history, PHASE_FREE, record->time_ns);
		break;
	case MHP_EVENT_mhp_vmemmap_online:
		charge(history, PHASE_MEMMAP_INIT, record->time_ns);
		break;
	case MHP_EVENT_mhp_present:
	case MHP_EVENT_mhp_managed:
		history_take_account(history, record);
		break;
	case MHP_EVENT_mhp_offline_blocker:
		history_take_blocker(history, record);
		break;
	}
}

/* A record can change the state of the memory block that it is about. */
static void take_change(struct history *history, const struct model *model,
			const struct mhp_record *record)
{
	const struct mhp_ledger *ledger = model->ledger;
	u64 pages = ledger_block_pages(ledger);
	struct history_change *change;
	const struct mhp_block *block;

	switch (record->event) {
	case MHP_EVENT_mhp_online_begin:
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_offline_begin:
	case MHP_EVENT_mhp_offline_end:
	case MHP_EVENT_mhp_vmemmap_populate:
	case MHP_EVENT_mhp_vmemmap_free:
	case MHP_EVENT_mhp_vmemmap_ref:
	case MHP_EVENT_mhp_snapshot_block:
		break;
	default:
		return;
	}
	/* Of all these events, start_pfn is the first field. */
	block = ledger_find_block(ledger, record->p.mhp_failed.start_pfn);
	if (!block)
		return;
	if (!vec_grow(history->changes, history->nr_changes,
		      history->room_changes)) {
		history->no_memory = true;
		return;
	}
	change = &history->changes[history->nr_changes++];
	*change = (struct history_change){
		.time_ns = record->time_ns,
		.part = history->part,
		.block = block->start_pfn / pages,
		.state = block->state,
	};
}

/* Another recording begins. */
static void start_recording(struct history *history, u64 part)
{
	int i;

	for (i = 0; i < NR_OPERATIONS; i++)
		forget_current(history, i);
	memset(history->open, 0, sizeof(history->open));
	history->part = part;
}

void history_take(struct history *history, const struct model *model,
		  const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);
	struct operation_event event;

	if (!history->extent || !info || record->size != info->size)
		return;
	if (history->part != model->part)
		start_recording(history, model->part);
	if (operation_event_get(&event, record))
		history_take_operation(history, model, &event, record);
	else
		history_take_step(history, record);
	if (history->extent == HISTORY_ALL)
		take_change(history, model, record);
}

void history_end(struct history *history, const struct model *model)
{
	int i;

	for (i = 0; i < NR_OPERATIONS; i++) {
		size_t index = history->current[i];

		if (index)
			settle_phases(history, model,
				      &history->operations[index - 1]);
	}
}

void history_free(struct history *history)
{
	free(history->operations);
	free(history->pages);
	free(history->changes);
	*history = (struct history){ 0 };
}

s64 history_duration(const struct history_operation *operation)
{
	if (!operation->begin_ns || !operation->end_ns)
		return PHASE_UNKNOWN;
	return operation->end_ns - operation->begin_ns;
}

const char *history_memory(const struct model *model, enum operation kind,
			   u64 start_pfn, u64 nr_pages,
			   char text[HISTORY_MEMORY_MAX])
{
	u64 bytes = model->info.page_bytes;

	if (kind == OPERATION_ONLINE || kind == OPERATION_OFFLINE)
		snprintf(text, HISTORY_MEMORY_MAX, "memory%llu",
			 start_pfn / ledger_block_pages(model->ledger));
	else
		snprintf(text, HISTORY_MEMORY_MAX, "0x%llx-0x%llx",
			 start_pfn * bytes, (start_pfn + nr_pages) * bytes - 1);
	return text;
}

const char *history_comm(const char *comm, char text[MHP_COMM_LEN + 1])
{
	memcpy(text, comm, MHP_COMM_LEN);
	text[MHP_COMM_LEN] = '\0';
	plain_text(text);
	return text;
}

const char *history_result(const struct history_operation *operation,
			   char *text, size_t size)
{
	if (operation->end == HISTORY_IN_PROGRESS)
		snprintf(text, size, "in progress");
	else if (operation->end == HISTORY_END_UNSEEN)
		snprintf(text, size, "end not seen");
	else if (!operation->ret)
		snprintf(text, size, "ok");
	else
		snprintf(text, size, "failed: %s (%s)",
			 operation->reason ? event_symbol(event_reasons,
							  operation->reason) :
					     "reason unknown",
			 error_text(operation->ret));
	return text;
}

const char *history_online(const struct model *model,
			   const struct history_operation *operation,
			   char text[HISTORY_MEMORY_MAX])
{
	*text = '\0';
	if (operation->end == HISTORY_ENDED && operation->ret &&
	    operation->reason == MHP_REASON_NOT_OFFLINE &&
	    operation->failed_pfn)
		snprintf(text, HISTORY_MEMORY_MAX, "memory%llu is online",
			 operation->failed_pfn /
				 ledger_block_pages(model->ledger));
	return text;
}

const char *history_outcome(const struct model *model,
			    const struct history_operation *operation,
			    char text[HISTORY_OUTCOME_MAX])
{
	char online[HISTORY_MEMORY_MAX];
	size_t used;

	history_result(operation, text, HISTORY_OUTCOME_MAX);
	used = strlen(text);
	if (*history_online(model, operation, online))
		snprintf(text + used, HISTORY_OUTCOME_MAX - used, ", %s",
			 online);
	return text;
}
