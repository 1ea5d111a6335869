// SPDX-License-Identifier: GPL-2.0
/* The page about a range: its memory blocks, the tries to remove it, and what failed last or is in progress. */
#include "answers/advice.h"
#include "answers/explain_range.h"
#include "answers/whose.h"
#include "base/sparse.h"
#include "model/event_table.h"
#include "model/times.h"

#define TROUBLES_SHOWN 10

void explain_range_take(struct explain_range *range,
			const struct memory_name *name)
{
	u64 bytes = range->model->info.page_bytes;

	range->start_pfn = name->first / bytes;
	range->nr_pages = name->last / bytes - range->start_pfn + 1;
}

/* All of the address space is one byte more than fits. */
static u64 range_bytes(const struct explain_range *range)
{
	u64 page_bytes = range->model->info.page_bytes;

	return range->nr_pages > ~0ULL / page_bytes ?
		       ~0ULL :
		       range->nr_pages * page_bytes;
}

static bool is_in_range(const struct explain_range *range, u64 start_pfn,
			u64 nr_pages)
{
	return start_pfn < range->start_pfn + range->nr_pages &&
	       start_pfn + nr_pages > range->start_pfn;
}

/* The slab cache of the page that was in the way, if it is a slab page still. NULL: unknown */
static const char *refused_cache(const struct explain_range *range,
				 const struct removal *removal,
				 char name[WHOSE_CACHE_MAX])
{
	const struct history_operation *refused = removal->refused;

	if (!range->pages || !refused ||
	    refused->blocker_kind != MHP_KIND_SLAB ||
	    !whose_cache(range->pages, refused->blocker_pfn, name))
		return NULL;
	return name;
}

void explain_ending(const struct explain_range *range)
{
	const struct model *model = range->model;
	char when[UNITS_TEXT_MAX];

	if (model->part)
		fputs("note     Of several recordings that do not continue each other, this page is about the last one.\n",
		      range->out);
	if (!range->ends_early)
		return;
	model_time_text(when, model, range->time, model_now(model));
	fprintf(range->out,
		"note     The recording ends early, at %s: nothing is known about what happened after that.\n",
		when);
}

void explain_removals(const struct explain_range *range)
{
	char when[UNITS_TEXT_MAX], text[REMOVAL_TEXT_MAX];
	char cache[WHOSE_CACHE_MAX];
	const struct removal *removal;
	size_t i;

	for (i = 0; i < range->removals->nr; i++) {
		removal = &range->removals->list[i];
		if (removal->part != range->model->part ||
		    !removal_concerns(removal, range->start_pfn,
				      range->nr_pages))
			continue;
		model_time_text(when, range->model, range->time, removal->ns);
		fprintf(range->out, "removal  %s  %s%s\n", when,
			removal_text(range->model, removal,
				     refused_cache(range, removal, cache),
				     text),
			removal->in_progress && range->end_unseen ?
				" where the recording ends" :
				"");
	}
}

/* "8 memory blocks: 7 offline, 1 online" */
struct block_states {
	u64 of[MHP_STATE_REMOVED + 1];
	u64 nr;
};

static void count_states(const struct explain_range *range,
			 struct block_states *states)
{
	const struct mhp_ledger *ledger = range->model->ledger;
	const struct mhp_block *block = NULL;

	while ((block = ledger_next_block(ledger, block))) {
		if (!is_in_range(range, block->start_pfn,
				 ledger_block_pages(ledger)) ||
		    block->state > MHP_STATE_REMOVED)
			continue;
		states->of[block->state]++;
		states->nr++;
	}
}

static void print_states(const struct explain_range *range,
			 const struct block_states *states)
{
	u64 bytes = range->model->info.page_bytes;
	char size[UNITS_TEXT_MAX];
	const char *sep = ": ";
	size_t i;

	fprintf(range->out, "0x%llx-0x%llx  %s, %llu memory block%s",
		range->start_pfn * bytes,
		(range->start_pfn + range->nr_pages) * bytes - 1,
		size_text(size, range_bytes(range)), states->nr,
		states->nr == 1 ? "" : "s");
	for (i = 0; i <= MHP_STATE_REMOVED; i++) {
		if (!states->of[i])
			continue;
		fprintf(range->out, "%s%llu %s", sep, states->of[i],
			event_symbol(event_states, i));
		sep = ", ";
	}
	fputc('\n', range->out);
}

static enum advice_room room_of(const struct history_operation *operation)
{
	if (!operation->blocker_room_known)
		return ADVICE_ROOM_UNKNOWN;
	return operation->blocker_no_room ? ADVICE_NO_ROOM : ADVICE_HAS_ROOM;
}

/* An operation that failed or is in progress; late: it was in progress already at its begin_ns. */
struct trouble {
	struct history_operation operation;
	bool late;
};

struct troubles {
	struct trouble shown[TROUBLES_SHOWN]; /* latest first */
	size_t nr;
	u64 more;
};

/* "failed: unmovable (Device or resource busy)", "has not ended, after 1.2s, since 60.000148" */
static void print_result(const struct explain_range *range,
			 const struct trouble *trouble)
{
	const struct history_operation *operation = &trouble->operation;
	const char *least = trouble->late || range->end_unseen ? "at least " :
								 "";
	char text[HISTORY_OUTCOME_MAX], when[UNITS_TEXT_MAX];

	if (operation->end == HISTORY_ENDED) {
		fputs(history_outcome(range->model, operation, text),
		      range->out);
		return;
	}
	duration_text(text, model_now(range->model) - operation->begin_ns, 1);
	fprintf(range->out, "%s %s%s",
		range->end_unseen ? "took" : "has not ended, after", least,
		text);
	if (trouble->late)
		fputs(", its start was not seen", range->out);
	else
		fprintf(range->out, ", since %s",
			model_time_text(when, range->model, range->time,
					operation->begin_ns));
	if (range->end_unseen)
		fputs(trouble->late ? ", nor was its end" :
				      ", and its end was not seen",
		      range->out);
}

/* Without a page or a reason, there is nothing to advise. */
static void print_what_to_do(const struct explain_range *range,
			     const struct history_operation *operation)
{
	bool ended = operation->end == HISTORY_ENDED;
	u32 kind = operation->blocker_kind;

	if (ended ? operation->reason : kind)
		advice_print(
			operation->kind,
			ended ? operation->reason : ADVICE_RETRIES,
			advice_kind(kind, room_of(operation)),
			advice_place(range->model->ledger, operation->start_pfn,
				     operation->zone) |
				(range->end_unseen ? ADVICE_END_UNSEEN : 0),
			range->out);
}

static void print_trouble(const struct explain_range *range,
			  const struct trouble *trouble)
{
	const struct history_operation *operation = &trouble->operation;
	char memory[HISTORY_MEMORY_MAX];
	u32 kind = operation->blocker_kind;

	fprintf(range->out, "why      %s of %s ",
		operation_name(operation->kind),
		history_memory(range->model, operation->kind,
			       operation->start_pfn, operation->nr_pages,
			       memory));
	print_result(range, trouble);
	if (kind)
		fprintf(range->out, ", page 0x%llx: %s", operation->blocker_pfn,
			event_symbol(event_kinds, kind));
	/* The account of a memory block has no passes. */
	if (kind && !trouble->late)
		fprintf(range->out, ", pass %u", operation->passes);
	fputc('\n', range->out);
	if (range->pages && kind)
		whose_print(range->pages, operation->blocker_pfn, range->out);
	print_what_to_do(range, operation);
}

/* An add that failed left no memory block behind, so only the page about its range can tell why. */
static bool is_explained(const struct explain_range *range,
			 const struct history_operation *operation)
{
	return operation->part == range->model->part &&
	       operation->end != HISTORY_END_UNSEEN &&
	       is_in_range(range, operation->start_pfn, operation->nr_pages);
}

static void add_trouble(struct troubles *troubles,
			const struct history_operation *operation, bool late)
{
	if (troubles->nr < TROUBLES_SHOWN)
		troubles->shown[troubles->nr++] =
			(struct trouble){ *operation, late };
	else
		troubles->more++;
}

static bool is_about_range(const struct history_operation *operation)
{
	return operation->kind == OPERATION_ADD ||
	       operation->kind == OPERATION_REMOVE;
}

/* The end of the memory from pfn on that a later operation did what the failed one was to do; pfn: none did. */
static u64 made_good_until(const struct history *history,
			   const struct history_operation *failed, u64 pfn)
{
	const struct history_operation *later = failed + 1;
	u64 until = pfn, end;

	for (; later < history->operations + history->nr; later++) {
		end = later->start_pfn + later->nr_pages;
		if (later->kind == failed->kind &&
		    later->end == HISTORY_ENDED && !later->ret &&
		    later->part == failed->part && later->start_pfn <= pfn &&
		    end > until)
			until = end;
	}
	return until;
}

/* Whether all memory of an add or a removal that failed was added or removed later, in one piece or in several, with other memory. */
static bool is_made_good(const struct explain_range *range,
			 const struct history_operation *failed)
{
	const struct history *history = &range->model->history;
	u64 end = failed->start_pfn + failed->nr_pages, pfn, until;

	until = failed->start_pfn;
	do {
		pfn = until;
		until = made_good_until(history, failed, pfn);
	} while (until > pfn && until < end);
	return until >= end;
}

/* Whether all memory of an add or a removal that failed was tried again later, in one piece. */
static bool is_tried_again(const struct explain_range *range,
			   const struct history_operation *failed)
{
	const struct history *history = &range->model->history;
	const struct history_operation *later = failed + 1;

	for (; later < history->operations + history->nr; later++)
		if (later->kind == failed->kind && is_explained(range, later) &&
		    later->start_pfn <= failed->start_pfn &&
		    later->start_pfn + later->nr_pages >=
			    failed->start_pfn + failed->nr_pages)
			return true;
	return false;
}

static bool is_trouble(const struct explain_range *range,
		       const struct history_operation *operation)
{
	if (operation->end == HISTORY_IN_PROGRESS)
		return true;
	if (!operation->ret)
		return false;
	return !is_about_range(operation) ||
	       !(is_tried_again(range, operation) ||
		 is_made_good(range, operation));
}

/* Of a memory block, what its account shows to be in progress, although the begin of that was not seen. */
static void add_late_trouble(const struct explain_range *range,
			     const struct mhp_block *block,
			     struct troubles *troubles)
{
	bool offline = block_is_offlining(block);
	const struct history_operation operation = {
		.start_pfn = block->start_pfn,
		.nr_pages = ledger_block_pages(range->model->ledger),
		.begin_ns = offline ? block->offline.begin_ns :
				      block->online.begin_ns,
		.kind = offline ? OPERATION_OFFLINE : OPERATION_ONLINE,
		.end = HISTORY_IN_PROGRESS,
		.zone = block->zone,
		.blocker_kind = offline ? block->blocker_kind : 0,
		.blocker_pfn = block->blocker_pfn,
	};

	add_trouble(troubles, &operation, true);
}

static void find_late(const struct explain_range *range,
		      struct troubles *troubles)
{
	const struct mhp_ledger *ledger = range->model->ledger;
	const struct mhp_block *block = NULL;

	while ((block = ledger_next_block(ledger, block)))
		if (is_in_range(range, block->start_pfn,
				ledger_block_pages(ledger)) &&
		    ((block_is_offlining(block) && block_offlines_late(block)) ||
		     (block_is_onlining(block) && block_onlines_late(block))))
			add_late_trouble(range, block, troubles);
}

/*
 * Of each memory block, the last online and the last offline, and of memory the last add and the last removal, if they
 * failed or are in progress.
 */
static void find_troubles(const struct explain_range *range,
			  struct troubles *troubles)
{
	const struct history *history = &range->model->history;
	u64 pages = ledger_block_pages(range->model->ledger);
	const struct history_operation *operation;
	struct sparse seen;
	size_t i;
	u8 *known;

	find_late(range, troubles);
	sparse_init(&seen, sizeof(u8));
	for (i = history->nr; i--;) {
		operation = &history->operations[i];
		if (!is_explained(range, operation))
			continue;
		if (is_about_range(operation)) {
			if (is_trouble(range, operation))
				add_trouble(troubles, operation, false);
			continue;
		}
		known = sparse_make(&seen, operation->start_pfn / pages);
		if (!known || *known >> operation->kind & 1)
			continue;
		*known |= 1 << operation->kind;
		if (is_trouble(range, operation))
			add_trouble(troubles, operation, false);
	}
	sparse_free(&seen);
}

static void print_range_troubles(const struct explain_range *range,
				 const struct troubles *troubles)
{
	size_t i = troubles->nr;

	if (troubles->more)
		fprintf(range->out, "why      %llu earlier failure%s\n",
			troubles->more, troubles->more == 1 ? "" : "s");
	while (i--)
		print_trouble(range, &troubles->shown[i]);
}

bool explain_range_print(const struct explain_range *range)
{
	struct block_states states = { 0 };
	struct troubles troubles = { 0 };

	if (!range->model->ledger)
		return false;
	count_states(range, &states);
	find_troubles(range, &troubles);
	if (!states.nr && !troubles.nr)
		return false;
	print_states(range, &states);
	explain_ending(range);
	explain_removals(range);
	print_range_troubles(range, &troubles);
	return true;
}
