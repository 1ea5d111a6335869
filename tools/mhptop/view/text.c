// SPDX-License-Identifier: GPL-2.0
/*
 * One frame as plain text, for batch mode: the content of the dashboard
 * without a terminal. The tables have the columns that are shown by default.
 */
#include <errno.h>
#include <string.h>

#include "base/units.h"
#include "model/event_table.h"
#include "base/plain_text.h"
#include "model/columns.h"
#include "model/times.h"
#include "format/recording.h"
#include "rules/rules.h"
#include "view/view.h"

#define LAST_EVENTS 10
#define EVENT_MAX 640

static void put_pages(FILE *out, const struct model *model, const char *what,
		      u64 pages)
{
	char size[UNITS_TEXT_MAX];

	fprintf(out, "  %s %llu pages (%s)", what, pages,
		size_text(size, pages * model->info.page_bytes));
}

static void put_hosted(FILE *out, const struct model *model, const char *what,
		       bool unknown, u64 pages)
{
	if (unknown)
		fprintf(out, "  %s ?", what);
	else
		put_pages(out, model, what, pages);
}

static void put_events_head(FILE *out, const struct model *model)
{
	fprintf(out, "events  seen %llu  lost %llu", model_seen(model),
		model_lost(model));
	if (model->info.dropped)
		fprintf(out, "  not kept %llu", model->info.dropped);
	fprintf(out, "  self-check %s%s%s\n",
		recording_check_name(model->self_check),
		model->self_check_why[0] ? ": " : "", model->self_check_why);
	fprintf(out, "rules   %llu violation%s\n", model->violations.total,
		model->violations.total == 1 ? "" : "s");
}

static void text_put_head(FILE *out, const struct model *model,
			  enum time_style style)
{
	const struct source_info *info = &model->info;
	char size[UNITS_TEXT_MAX], now[UNITS_TEXT_MAX];
	char text[ATTENTION_TEXT];
	struct model_sums sums;

	model_sum(model, &sums);
	fprintf(out, "mhptop  kernel %s  host %s  source %s%s  block %s\n",
		info->kernel, info->host, source_kind_name(info->kind),
		info->kind == SOURCE_SYSFS ? " (states polled, no events)" : "",
		size_text(size, info->block_bytes));
	fprintf(out, "time    %s\n",
		model_time_text(now, model, style, model_now(model)));
	fputs("memory", out);
	put_pages(out, model, "present", sums.present);
	put_pages(out, model, "managed", sums.managed);
	fputs("\nmemmap", out);
	put_hosted(out, model, "self-hosted", sums.self_unknown,
		   sums.self_hosted);
	put_hosted(out, model, "buddy-hosted", sums.buddy_unknown,
		   sums.buddy_hosted);
	fprintf(out, "\nblocks  %llu: %llu online, %llu offline  failures ",
		sums.blocks, sums.blocks_online, sums.blocks_offline);
	if (info->kind == SOURCE_SYSFS)
		fputs("?\n", out);
	else
		fprintf(out, "%llu\n", sums.failures);
	if (info->kind != SOURCE_SYSFS)
		put_events_head(out, model);
	else
		fputs("events  none\n", out);
	if (model->attention.nr)
		fprintf(out, "attention  %llu: %s\n", model->attention.nr,
			attention_text(text, model->attention.kept));
	if (model->notice[0])
		fprintf(out, "notice  %s\n", model->notice);
}

static void text_put_zone(FILE *out, const struct model *model,
			  const struct mhp_zone_account *zone)
{
	char memmap[24] = "?";

	if (model_knows_memmap(model, zone))
		snprintf(memmap, sizeof(memmap), "%llu", zone->vmemmap_online);
	fprintf(out, "%4d %-8s %12llu %12llu %10s %7u\n", zone->nid,
		event_symbol(event_zones, zone->zone), zone->present,
		zone->managed, memmap, zone->blocks_online);
}

static void text_put_zones(FILE *out, const struct model *model)
{
	const struct mhp_zone_account *zone = NULL;

	if (!ledger_nr_zones(model->ledger))
		return;
	fprintf(out, "\n%4s %-8s %12s %12s %10s %7s\n", "NODE", "ZONE",
		"PRESENT", "MANAGED", "VMEMMAP", "BLOCKS");
	while ((zone = ledger_next_zone(model->ledger, zone)))
		text_put_zone(out, model, zone);
}

/*
 * One row of a table; without a row, the titles. Words are left-aligned and
 * the last cell is not padded. The tail, if any, follows the last column.
 */
static void text_put_row(FILE *out, const struct model *model,
			 const struct column *list, const void *row,
			 const char *tail)
{
	const struct column *column, *next = column_shown(list);
	char text[64];
	int width;

	while ((column = next)) {
		next = column_shown(column + 1);
		width = column->kind == COLUMN_WORD ||
					column->kind == COLUMN_TEXT ?
				-column->width :
				column->width;
		if (!next && !tail && width < 0)
			width = 0;
		if (row)
			column_format(column, model, row, text, sizeof(text));
		fprintf(out, "%*s%s", width, row ? text : column->title,
			next || tail ? " " : "");
	}
	fprintf(out, "%s\n", tail ? tail : "");
}

static void put_range(FILE *out, const struct model *model,
		      const struct mhp_range *range)
{
	char result[32] = "ok";

	switch (range_state(range)) {
	case RANGE_THERE:
		break;
	case RANGE_ADDING:
	case RANGE_REMOVING:
		strcpy(result, "in progress");
		break;
	case RANGE_FREEING:
		snprintf(result, sizeof(result), "freeing, %u left",
			 range->sections);
		break;
	case RANGE_REMOVED:
		strcpy(result, "removed");
		break;
	case RANGE_NOT_ADDED:
		snprintf(result, sizeof(result), "error %d", range->add_ret);
		break;
	case RANGE_NOT_REMOVED:
		snprintf(result, sizeof(result), "not removed %d",
			 range->remove_ret);
		break;
	}
	text_put_row(out, model, range_columns, range, result);
}

static void text_put_ranges(FILE *out, const struct model *model)
{
	const struct mhp_range *range = NULL;

	if (!ledger_nr_ranges(model->ledger))
		return;
	fputs("\nRANGES\n", out);
	text_put_row(out, model, range_columns, NULL, "RESULT");
	while ((range = ledger_next_range(model->ledger, range)))
		put_range(out, model, range);
}

struct progress {
	FILE *out;
	const struct model *model;
	enum time_style style;
	bool titled;
};

static void put_progress(struct progress *to, const char *what,
			 const char *name, u64 number,
			 const struct mhp_phase *phase, bool is_late)
{
	char took[UNITS_TEXT_MAX], when[UNITS_TEXT_MAX];

	if (!to->titled)
		fputs("\nIN PROGRESS\n", to->out);
	to->titled = true;
	fprintf(to->out, "%s of ", what);
	fprintf(to->out, *name == 'r' ? "%s0x%llx" : "%s%llu", name, number);
	fprintf(to->out,
		is_late ? ": > %s, since before %s\n" : ": %s+, since %s\n",
		duration_text(took, phase_elapsed(to->model, phase), 1),
		model_time_text(when, to->model, to->style, phase->begin_ns));
}

/* The add of a block is part of that of its range. */
static void text_put_progress(FILE *out, const struct model *model,
			      enum time_style style)
{
	struct progress to = { out, model, style, false };
	u64 pages = ledger_block_pages(model->ledger);
	const struct mhp_range *range = NULL;
	const struct mhp_block *block = NULL;

	while ((range = ledger_next_range(model->ledger, range))) {
		if (range_is_adding(range))
			put_progress(&to, "add", "range ", range->start_pfn,
				     &range->add, false);
		if (range_is_removing(range))
			put_progress(&to, "remove", "range ", range->start_pfn,
				     &range->remove, false);
	}
	while ((block = ledger_next_block(model->ledger, block))) {
		if (block_is_onlining(block))
			put_progress(&to, "online", "memory",
				     block->start_pfn / pages, &block->online,
				     block_onlines_late(block));
		if (block_is_offlining(block))
			put_progress(&to, "offline", "memory",
				     block->start_pfn / pages, &block->offline,
				     block_offlines_late(block));
	}
}

static void text_put_violations(FILE *out, const struct model *model,
				enum time_style style)
{
	const struct violations *violations = &model->violations;
	const struct violation *violation = violations->kept;
	u64 pages = ledger_block_pages(model->ledger);
	char when[UNITS_TEXT_MAX];
	size_t i;

	if (violations->nr_kept)
		fputs("\nRULE VIOLATIONS\n", out);
	for (i = 0; i < violations->nr_kept; i++, violation++)
		fprintf(out, "%s %s, memory%llu: expected %s; found %s\n",
			model_time_text(when, model, style,
					violation->second.time_ns),
			rule_infos[violation->rule].name,
			violation->pfn / pages, violation->expected,
			violation->found);
}

/* The memmap in a block that is offline serves the blocks of its range that are online. */
static const char *live_note(const struct model *model,
			     const struct mhp_block *block, char *buf,
			     size_t len)
{
	u64 live = range_live_pages(model->ledger, block);

	if (block->state != MHP_STATE_OFFLINE || !live)
		return NULL;
	snprintf(buf, len, "%llu pages hold memmap in use", live);
	return buf;
}

static void text_put_block(FILE *out, const struct model *model,
			   const struct mhp_block *block, size_t nth)
{
	char note[64];

	if (!nth) {
		fputc('\n', out);
		text_put_row(out, model, columns, NULL, NULL);
	}
	text_put_row(out, model, columns, block,
		     live_note(model, block, note, sizeof(note)));
}

/* In the format of `perf script`. A comm may contain control characters. */
static void text_put_event(FILE *out, const struct model *model,
			   enum time_style style,
			   const struct mhp_record *record)
{
	char text[EVENT_MAX], comm[MHP_COMM_LEN], when[UNITS_TEXT_MAX];

	snprintf(comm, sizeof(comm), "%.*s", MHP_COMM_LEN - 1, record->comm);
	plain_text(comm);
	event_print(record, text, sizeof(text));
	fprintf(out, "%16s %7u [%03u] %12s: mhp:%s: %s\n", comm, record->pid,
		record->cpu,
		model_time_text(when, model, style, record->time_ns),
		event_info(record->event)->name, text);
}

static void put_events(FILE *out, const struct model *model,
		       enum time_style style)
{
	u64 nth = LAST_EVENTS;

	while (nth && !model_log(model, nth - 1))
		nth--;
	if (nth)
		fputc('\n', out);
	while (nth--)
		text_put_event(out, model, style, model_log(model, nth));
}

int view_text(const struct model *model, const struct view_opts *opts,
	      FILE *out)
{
	int err;

	text_put_head(out, model, opts->time);
	text_put_progress(out, model, opts->time);
	text_put_zones(out, model);
	text_put_ranges(out, model);
	text_put_violations(out, model, opts->time);
	err = view_blocks(out, model, opts, text_put_block);
	put_events(out, model, opts->time);
	fputc('\n', out);
	if (!err && ferror(out))
		err = -EIO;
	return err;
}
