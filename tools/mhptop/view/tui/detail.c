// SPDX-License-Identifier: GPL-2.0
/* The detail page of a memory block, with the range it is part of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model/event_table.h"
#include "rules/rules.h"
#include "view/tui/state.h"
#include "model/ledger.h"

#define EVENTS_MAX 200

static void bytes_line(struct tui_lines *lines, const struct model *model,
		       const struct mhp_block *block)
{
	u64 pages = ledger_block_pages(model->ledger);
	u64 address = block->start_pfn * model->info.page_bytes;
	char bytes[UNITS_TEXT_MAX];

	tui_lines_add(
		lines, TUI_VALUE,
		"memory%llu  0x%llx-0x%llx  %s, %llu pages from pfn 0x%llx",
		block->start_pfn / pages, address,
		address + pages * model->info.page_bytes - 1,
		size_text(bytes, model->info.block_bytes), pages,
		block->start_pfn);
}

static void state_lines(struct tui_lines *lines, const struct mhp_block *block)
{
	bool online = block->state == MHP_STATE_ONLINE;

	tui_lines_add(lines, TUI_PLAIN, "state    %s, zone %s, node %d",
		      event_symbol(event_states, block->state),
		      event_symbol(event_zones, block->zone), block->nid);
	if (block->last_ret)
		tui_lines_add(lines, TUI_FAILED,
			      "failed   !did not go %s: %s (%d, %s)",
			      online ? "offline" : "online",
			      event_symbol(event_reasons, block->reason),
			      block->last_ret, error_text(block->last_ret));
	if (block->blockers)
		tui_lines_add(
			lines, block->last_ret ? TUI_FAILED : TUI_PLAIN,
			"blocker  pfn 0x%llx, page kind %s, stage %s; %u reported in total",
			block->blocker_pfn,
			event_symbol(event_kinds, block->blocker_kind),
			event_symbol(event_stages, block->blocker_stage),
			block->blockers);
}

static bool has_label(const char *line, const char *label)
{
	size_t len = strlen(label);

	return !strncmp(line, label, len) && line[len] == ' ';
}

static int answer_style(const char *line, int above)
{
	if (*line == ' ')
		return above;
	if (has_label(line, "why") || has_label(line, "page"))
		return TUI_FAILED;
	return has_label(line, "do") ? TUI_VALUE : TUI_PLAIN;
}

/* What mhptop explain says as well, in the same words */
static void answer_lines(struct tui_lines *lines, const struct view_tui *view,
			 const struct model *model,
			 const struct mhp_block *block)
{
	char *text = NULL, *rest, *line;
	int style = TUI_PLAIN;
	size_t size;
	FILE *out;

	if (!view->answers)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	view->answers->write(view->answers, model, block, out);
	if (!fclose(out))
		for (rest = text; (line = strsep(&rest, "\n")) && *line;) {
			style = answer_style(line, style);
			tui_lines_add(lines, style, "%s", line);
		}
	free(text);
}

static void event_line(struct tui_lines *lines, const struct view_tui *view,
		       const struct model *model, const char *what,
		       const struct mhp_record *record)
{
	char when[UNITS_TEXT_MAX];
	char text[TUI_EVENT_MAX];

	if (!record->event)
		return;
	if (record->size)
		tui_event_line(view, model, record, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s %s",
			 model_time_short(when, model, view->time,
					  record->time_ns),
			 event_info(record->event)->name);
	tui_lines_add(lines, TUI_PLAIN, "           %s: %s", what, text);
}

static void violation_lines(struct tui_lines *lines,
			    const struct view_tui *view,
			    const struct model *model,
			    const struct mhp_block *block)
{
	u64 violations =
		violations_of_block(&model->violations, block->start_pfn);
	const struct violation *violation;
	size_t nth = 0;

	while ((violation = violations_kept_of_block(&model->violations,
						     block->start_pfn, nth))) {
		tui_lines_add(lines, TUI_FAILED,
			      "rule     !%s: expected %s; found %s",
			      rule_infos[violation->rule].name,
			      violation->expected, violation->found);
		event_line(lines, view, model, "before", &violation->first);
		event_line(lines, view, model, "then", &violation->second);
		nth++;
	}
	if (violations > nth)
		tui_lines_add(lines, TUI_FAILED,
			      "rule     !violations not kept: %llu",
			      violations - nth);
}

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

/* The blocks whose memmap a block holds, and how many of them need it. */
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
		"         holds the memmap of %s: %llu other blocks, %llu of them not offline",
		names(text, first, last), others, needed);
}

/* Where the memmap of the range is: sysfs cannot show that an offline block holds some in use. */
static void users_line(struct tui_lines *lines, const struct model *model,
		       const struct mhp_block *block)
{
	const struct mhp_range *range =
		ledger_find_range(model->ledger, block->start_pfn);
	bool up = range && range->vmemmap_online;

	if (!range || range->hosting != MHP_HOSTING_RANGE || !range->zone)
		return;
	if (up)
		tui_lines_add(
			lines, TUI_PLAIN,
			"         the memmap of the range is up, in zone %s, used by %u %s",
			event_symbol(event_zones, range->zone), range->users,
			range->users == 1 ? "block" : "blocks");
	else
		tui_lines_add(lines, TUI_PLAIN,
			      "         the memmap of the range is down");
	if (block->state == MHP_STATE_OFFLINE &&
	    range_live_pages(model->ledger, block))
		tui_lines_add(
			lines, TUI_VALUE,
			"         this block is offline, but these pages are in use by the blocks that are online");
}

static void tui_detail_memmap(struct tui_lines *lines,
			      const struct model *model,
			      const struct mhp_block *block)
{
	u64 pages = ledger_block_pages(model->ledger);
	struct range_pages holds, held_in;
	char bytes[UNITS_TEXT_MAX], text[NAMES_MAX];

	if (!range_memmap(model->ledger, block, &holds, &held_in)) {
		tui_lines_add(lines, TUI_PLAIN,
			      "memmap   hosted by its range, as a whole");
		return;
	}
	tui_lines_add(
		lines, TUI_PLAIN,
		"memmap   hosted by its range: %llu pages from pfn 0x%llx, in %s",
		held_in.nr, held_in.first_pfn,
		names(text, held_in.first_pfn / pages,
		      (held_in.first_pfn + held_in.nr - 1) / pages));
	if (!holds.nr) {
		tui_lines_add(lines, TUI_PLAIN, "         holds no memmap");
		users_line(lines, model, block);
		return;
	}
	holds_line(lines, model, block, &holds);
	tui_lines_add(lines, TUI_PLAIN, "         in %u of its pages (%s)",
		      block->vmemmap_pages,
		      size_text(bytes, (u64)block->vmemmap_pages *
					       model->info.page_bytes));
	users_line(lines, model, block);
}

static void tui_detail_refs(struct tui_lines *lines,
			    const struct mhp_range *range)
{
	if (range->hosting == MHP_HOSTING_RANGE)
		tui_lines_add(
			lines, TUI_PLAIN,
			"  base pfn 0x%llx, %u references; %u sections have a memmap (%llu vmemmap pages)",
			range->start_pfn, range->refs, range->sections,
			range->alloc);
	if (range->frees)
		tui_lines_add(
			lines, TUI_PLAIN,
			"  memmap of %u sections freed%s%s; last freed: pfn 0x%llx",
			range->frees, range->order ? ", " : "",
			range->order ?
				event_symbol(event_orders, range->order) :
				"",
			range->free_pfn);
}

static void memmap_lines(struct tui_lines *lines, const struct model *model,
			 const struct mhp_block *block)
{
	char bytes[UNITS_TEXT_MAX];

	if (block->hosting == MHP_HOSTING_RANGE)
		tui_detail_memmap(lines, model, block);
	else if (block->vmemmap_pages)
		tui_lines_add(
			lines, TUI_PLAIN,
			"memmap   self-hosted in %u pages (%s) from pfn 0x%llx",
			block->vmemmap_pages,
			size_text(bytes, (u64)block->vmemmap_pages *
						 model->info.page_bytes),
			block->altmap_base);
	else
		tui_lines_add(
			lines, TUI_PLAIN, "memmap   hosted by: %s",
			!block->hosting || block->hosting == MHP_HOSTING_NONE ?
				"unknown" :
				event_symbol(event_hostings, block->hosting));
	if (block->flags & MHP_BLOCK_SYSFS)
		return;
	tui_lines_add(
		lines, TUI_PLAIN,
		"         vmemmap pages: %u populated, %u freed, %llu in a zone; %u pages retired",
		block->populated, block->freed,
		range_live_pages(model->ledger, block), block->retired);
}

static void origin_lines(struct tui_lines *lines, const struct mhp_block *block)
{
	if (block->flags & MHP_BLOCK_SYSFS)
		tui_lines_add(lines, TUI_PLAIN,
			      "origin   known from sysfs only");
	else if (block->flags & MHP_BLOCK_SNAPSHOT)
		tui_lines_add(
			lines, TUI_PLAIN,
			"origin   snapshot: existed before mhptop started");
	if (block->flags & MHP_BLOCK_ESTIMATED)
		tui_lines_add(
			lines, TUI_PLAIN,
			"         present and managed pages are estimated from its state");
	if (block->flags & MHP_BLOCK_PARTIAL)
		tui_lines_add(
			lines, TUI_PLAIN,
			"origin   first reported in mid-life; earlier counts are missing");
}

/* When a phase began or, if only that was reported, when it ended. */
static void phase_line(struct tui_lines *lines, const struct view_tui *view,
		       const struct model *model, const char *name,
		       const struct mhp_phase *phase, bool in_progress,
		       bool is_late)
{
	u64 at = phase->begin_ns ? phase->begin_ns : phase->end_ns;
	char took[UNITS_TEXT_MAX], when[UNITS_TEXT_MAX];

	if (!at) {
		tui_lines_add(lines, TUI_DIM, "  %-8s not reported", name);
		return;
	}
	model_time_text(when, model, view->time, at);
	if (in_progress)
		tui_lines_add(
			lines, TUI_GOING,
			is_late ? "  %-8s before %s, in progress for > %s%s" :
				  "  %-8s at %s, in progress for %s%s",
			name, when,
			duration_text(took, phase_elapsed(model, phase), 3),
			model->info.live || model->now_ns > model->last_ns ?
				"" :
				" at the newest event");
	else if (phase->end_ns > at)
		tui_lines_add(lines, TUI_PLAIN,
			      is_late ? "  %-8s before %s, took > %s" :
					"  %-8s at %s, took %s",
			      name, when,
			      duration_text(took, phase->end_ns - at, 3));
	else
		tui_lines_add(lines, TUI_PLAIN, "  %-8s at %s%s", name, when,
			      phase->end_ns ? "" : ", its end is missing");
}

static void phase_lines(struct tui_lines *lines, const struct view_tui *view,
			const struct model *model,
			const struct mhp_block *block)
{
	struct mhp_phase freed = { .end_ns = block->free_ns };

	tui_lines_add(lines, TUI_TITLE, "Phases (%s)",
		      time_style_help(view->time));
	phase_line(lines, view, model, "add", &block->add,
		   block_is_adding(model, block), false);
	phase_line(lines, view, model, "online", &block->online,
		   block_is_onlining(block), block_onlines_late(block));
	phase_line(lines, view, model, "offline", &block->offline,
		   block_is_offlining(block), block_offlines_late(block));
	phase_line(lines, view, model, "free", &freed, false, false);
	if (block->step)
		tui_lines_add(lines, TUI_PLAIN, "  notifier last step %s",
			      event_symbol(event_steps, block->step));
}

/* Tasks that the kernel does not remember */
static void task_lines(struct tui_lines *lines, const struct model *model,
		       const struct mhp_block *block)
{
	char text[BLOCK_WHO_MAX];

	tui_lines_add(lines, TUI_TITLE, "Tasks");
	tui_lines_add(lines, TUI_PLAIN, "  added    by %s",
		      block_who_text(model, block, OPERATION_ADD, text));
	tui_lines_add(lines, TUI_PLAIN, "  onlined  by %s",
		      block_who_text(model, block, OPERATION_ONLINE, text));
	tui_lines_add(lines, TUI_PLAIN, "  offlined by %s",
		      block_who_text(model, block, OPERATION_OFFLINE, text));
}

static void range_lines(struct tui_lines *lines, const struct view_tui *view,
			const struct model *model,
			const struct mhp_block *block)
{
	const struct mhp_range *range =
		ledger_find_range(model->ledger, block->start_pfn);
	char bytes[UNITS_TEXT_MAX];

	tui_lines_add(lines, TUI_TITLE, "Range it was added with");
	if (!range) {
		tui_lines_add(lines, TUI_DIM, "  its add was not reported");
		return;
	}
	tui_lines_add(
		lines, TUI_PLAIN, "  pfn 0x%llx, %llu pages (%s), node %d%s",
		range->start_pfn, range->nr_pages,
		size_text(bytes, range->nr_pages * model->info.page_bytes),
		range->nid, range->removed ? ", removed" : "");
	tui_lines_add(lines, TUI_PLAIN,
		      "  memmap hosted by: %s, reason: %s; %llu vmemmap pages",
		      event_symbol(event_hostings, range->hosting),
		      event_symbol(event_whys, range->why),
		      range->vmemmap_pages);
	tui_detail_refs(lines, range);
	phase_line(lines, view, model, "add", &range->add,
		   range_is_adding(range), false);
	if (range->add_ret)
		tui_lines_add(lines, TUI_FAILED, "  !add failed: %d, %s",
			      range->add_ret, error_text(range->add_ret));
	if (range->remove.begin_ns)
		phase_line(lines, view, model, "remove", &range->remove,
			   range_is_removing(range), false);
	if (range->remove_ret)
		tui_lines_add(lines, TUI_FAILED, "  !remove failed: %d, %s",
			      range->remove_ret, error_text(range->remove_ret));
	if (range->reason)
		tui_lines_add(lines, TUI_FAILED, "  !reason: %s, at pfn 0x%llx",
			      event_symbol(event_reasons, range->reason),
			      range->failed_pfn);
}

static void detail_column_lines(struct tui_lines *lines,
				const struct model *model,
				const struct mhp_block *block)
{
	const struct column *column;
	char text[128];

	tui_lines_add(lines, TUI_TITLE, "All columns");
	for (column = columns; column->key; column++) {
		/* The line "now" has it, and is newer. */
		if (column_is_asked(column))
			continue;
		column_format(column, model, block, text, sizeof(text));
		tui_lines_add(lines, TUI_PLAIN, "  %-20s %-16s %s", column->key,
			      text, column->help);
	}
}

static void event_lines(struct tui_lines *lines, const struct view_tui *view,
			const struct model *model,
			const struct mhp_block *block)
{
	u64 pages = ledger_block_pages(model->ledger);
	u64 nth = model->log_head - tui_log_head(view, model);
	const struct mhp_record *record;
	char text[TUI_EVENT_MAX];
	int nr = 0;

	tui_lines_add(lines, TUI_TITLE, "Events, newest first");
	for (; nr < EVENTS_MAX && (record = model_log(model, nth)); nth++) {
		if (!tui_event_concerns(record, block->start_pfn, pages))
			continue;
		tui_event_line(view, model, record, text, sizeof(text));
		tui_lines_add(lines,
			      tui_event_failed(record) ? TUI_FAILED : TUI_PLAIN,
			      "%c %s", tui_event_failed(record) ? '!' : ' ',
			      text);
		nr++;
	}
	if (!nr)
		tui_lines_add(lines, TUI_DIM, "  none among the last %d events",
			      MODEL_LOG);
}

void tui_detail_make(struct view_tui *view, const struct model *model)
{
	const struct mhp_block *block = tui_selected(view, model);
	struct tui_lines *lines = &view->lines;

	tui_lines_clear(lines);
	if (!block) {
		tui_lines_add(lines, TUI_DIM, "no block selected");
		return;
	}
	bytes_line(lines, model, block);
	if (view->view == TUI_VIEW_ranges)
		range_lines(lines, view, model, block);
	state_lines(lines, block);
	answer_lines(lines, view, model, block);
	violation_lines(lines, view, model, block);
	memmap_lines(lines, model, block);
	origin_lines(lines, block);
	phase_lines(lines, view, model, block);
	task_lines(lines, model, block);
	if (view->view != TUI_VIEW_ranges)
		range_lines(lines, view, model, block);
	event_lines(lines, view, model, block);
	detail_column_lines(lines, model, block);
}

void tui_detail_open(struct view_tui *view, const struct model *model, u64 pfn)
{
	const struct mhp_block *block = ledger_find_block(model->ledger, pfn);

	if (!block) {
		snprintf(view->message, sizeof(view->message),
			 "there is no memory block at pfn 0x%llx", pfn);
		return;
	}
	tui_select(view, block->start_pfn);
	view->mode = TUI_DETAIL;
	view->lines.top = 0;
}
