// SPDX-License-Identifier: GPL-2.0
/* The page about a range: its memory blocks, the tries to remove it, and the operations that failed last. */
#include "answers/advice.h"
#include "answers/explain_range.h"
#include "answers/whose.h"
#include "base/sparse.h"
#include "model/event_table.h"
#include "model/times.h"

#define FAILURES_SHOWN 10

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

void explain_removals(const struct explain_range *range)
{
	char when[UNITS_TEXT_MAX], text[REMOVAL_TEXT_MAX];
	const struct removal *removal;
	size_t i;

	for (i = 0; i < range->removals->nr; i++) {
		removal = &range->removals->list[i];
		if (removal->part != range->model->part ||
		    !removal_concerns(removal, range->start_pfn,
				      range->nr_pages))
			continue;
		model_time_text(when, range->model, range->time, removal->ns);
		fprintf(range->out, "removal  %s  %s\n", when,
			removal_text(range->model, removal, text));
	}
}

/* "8 memory blocks: 7 offline, 1 online". Returns how many there are. */
static u64 print_states(const struct explain_range *range)
{
	const struct mhp_ledger *ledger = range->model->ledger;
	u64 states[MHP_STATE_REMOVED + 1] = { 0 }, nr = 0;
	const struct mhp_block *block = NULL;
	u64 bytes = range->model->info.page_bytes;
	char size[UNITS_TEXT_MAX];
	const char *sep = ": ";
	size_t i;

	while ((block = ledger_next_block(ledger, block))) {
		if (!is_in_range(range, block->start_pfn,
				 ledger_block_pages(ledger)) ||
		    block->state > MHP_STATE_REMOVED)
			continue;
		states[block->state]++;
		nr++;
	}
	if (!nr)
		return 0;
	fprintf(range->out, "0x%llx-0x%llx  %s, %llu memory block%s",
		range->start_pfn * bytes,
		(range->start_pfn + range->nr_pages) * bytes - 1,
		size_text(size, range_bytes(range)), nr, nr == 1 ? "" : "s");
	for (i = 0; i <= MHP_STATE_REMOVED; i++) {
		if (!states[i])
			continue;
		fprintf(range->out, "%s%llu %s", sep, states[i],
			event_symbol(event_states, i));
		sep = ", ";
	}
	fputc('\n', range->out);
	return nr;
}

static void print_failure(const struct explain_range *range,
			  const struct history_operation *operation)
{
	char memory[HISTORY_MEMORY_MAX], result[HISTORY_OUTCOME_MAX];
	u32 kind = operation->blocker_kind;

	fprintf(range->out, "why      %s of %s %s",
		operation_name(operation->kind),
		history_memory(range->model, operation->kind,
			       operation->start_pfn, operation->nr_pages,
			       memory),
		history_outcome(range->model, operation, result));
	if (kind)
		fprintf(range->out, ", page 0x%llx: %s, pass %u",
			operation->blocker_pfn, event_symbol(event_kinds, kind),
			operation->passes);
	fputc('\n', range->out);
	if (range->pages && kind)
		whose_print(range->pages, operation->blocker_pfn, range->out);
	if (operation->reason)
		advice_print(operation->kind, operation->reason, kind,
			     range->out);
}

/*
 * Of each memory block, the last offline if it failed; and the last removal of this memory,
 * if that did.
 */
static void print_failures(const struct explain_range *range)
{
	const struct history *history = &range->model->history;
	u64 pages = ledger_block_pages(range->model->ledger);
	const struct history_operation *shown[FAILURES_SHOWN], *operation;
	struct sparse seen;
	size_t i, nr = 0;
	u64 more = 0;
	u8 *known;

	sparse_init(&seen, sizeof(u8));
	for (i = history->nr; i--;) {
		operation = &history->operations[i];
		if (operation->part != range->model->part ||
		    operation->end != HISTORY_ENDED ||
		    (operation->kind != OPERATION_OFFLINE &&
		     operation->kind != OPERATION_REMOVE) ||
		    !is_in_range(range, operation->start_pfn,
				 operation->nr_pages))
			continue;
		known = sparse_make(&seen, operation->start_pfn / pages);
		if (!known || *known >> operation->kind & 1)
			continue;
		*known |= 1 << operation->kind;
		if (!operation->ret)
			continue;
		if (nr < FAILURES_SHOWN)
			shown[nr++] = operation;
		else
			more++;
	}
	sparse_free(&seen);
	if (more)
		fprintf(range->out, "why      failures before these: %llu\n",
			more);
	while (nr--)
		print_failure(range, shown[nr]);
}

bool explain_range_print(const struct explain_range *range)
{
	if (!range->model->ledger || !print_states(range))
		return false;
	explain_removals(range);
	print_failures(range);
	return true;
}
