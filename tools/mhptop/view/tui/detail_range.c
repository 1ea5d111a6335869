// SPDX-License-Identifier: GPL-2.0
/*
 * The page of one memory block, its part about a range that hosts its memmap
 * as a whole: where the memmap is and who depends on it. The rest of the page
 * is in view_tui_detail.c.
 */
#include <stdio.h>
#include "model/event_table.h"
#include "model/range_memmap.h"
#include "view/tui/tui.h"

#define NAMES_MAX 64

static const char *names(char buf[NAMES_MAX], u64 first, u64 last)
{
	if (first == last)
		snprintf(buf, NAMES_MAX, "memory%llu", first);
	else
		snprintf(buf, NAMES_MAX, "memory%llu to memory%llu", first,
			 last);
	return buf;
}

/* Others whose memmap it holds keep it from going offline. */
static void holds_line(struct tui_lines *lines, const struct model *model,
		       const struct mhp_block *block,
		       const struct range_pages *holds)
{
	u64 pages = ledger_block_pages(model->ledger);
	u64 first = holds->first_pfn / pages, number;
	u64 last = (holds->first_pfn + holds->nr - 1) / pages;
	u64 others = 0, needed = 0;
	char text[NAMES_MAX];

	for (number = first; number <= last; number++) {
		const struct mhp_block *other =
			ledger_find_block(model->ledger, number * pages);

		if (!other || other == block)
			continue;
		others++;
		needed += other->state != MHP_STATE_OFFLINE &&
			  other->state != MHP_STATE_REMOVED;
	}
	tui_lines_add(
		lines, TUI_PLAIN,
		"         holds the memmap of %s: %llu others, %llu of them not offline",
		names(text, first, last), others, needed);
}

void tui_detail_memmap(struct tui_lines *lines, const struct model *model,
		       const struct mhp_block *block)
{
	u64 pages = ledger_block_pages(model->ledger);
	struct range_pages holds, held_in;
	char bytes[TUI_BYTES_MAX], text[NAMES_MAX];

	if (!range_memmap(model->ledger, block, &holds, &held_in)) {
		tui_lines_add(lines, TUI_PLAIN,
			      "memmap   hosted by its range, as a whole");
		return;
	}
	tui_lines_add(
		lines, TUI_PLAIN,
		"memmap   hosted by its range: %llu pages of pfn 0x%llx on, in %s",
		held_in.nr, held_in.first_pfn,
		names(text, held_in.first_pfn / pages,
		      (held_in.first_pfn + held_in.nr - 1) / pages));
	if (!holds.nr) {
		tui_lines_add(lines, TUI_PLAIN,
			      "         holds no memmap itself");
		return;
	}
	holds_line(lines, model, block, &holds);
	tui_lines_add(lines, TUI_PLAIN, "         in %u of its pages (%s)",
		      block->vmemmap_pages,
		      tui_bytes(bytes, (u64)block->vmemmap_pages *
					       model->info.page_bytes));
}

void tui_detail_refs(struct tui_lines *lines, const struct mhp_range *range)
{
	if (range->hosting == MHP_HOSTING_RANGE)
		tui_lines_add(
			lines, TUI_PLAIN,
			"  base pfn 0x%llx, %u references; %u sections have a memmap, of %llu vmemmap pages",
			range->start_pfn, range->refs, range->sections,
			range->alloc);
	if (range->frees)
		tui_lines_add(
			lines, TUI_PLAIN,
			"  memmap of %u sections freed, %s; the last one that of pfn 0x%llx",
			range->frees,
			range->order ?
				event_symbol(event_orders, range->order) :
				"the first",
			range->free_pfn);
}
