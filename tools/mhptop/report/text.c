// SPDX-License-Identifier: GPL-2.0
/* The report as text: a line for each operation, then what they have in common. */
#include <errno.h>
#include <string.h>

#include "base/fit.h"
#include "base/table.h"
#include "model/event_table.h"
#include "model/times.h"
#include "report/report.h"

static char *phase_text(char text[UNITS_TEXT_MAX], s64 ns)
{
	if (ns < 0) {
		snprintf(text, UNITS_TEXT_MAX, "?");
		return text;
	}
	duration_text(text, ns, 1);
	return text;
}

/* "isolate 1.2ms, migrate ?": a phase that did not happen is left out. */
static void text_phases(FILE *out, const struct history_operation *operation)
{
	char text[UNITS_TEXT_MAX];
	const char *sep = "  ";
	int i;

	for (i = 0; i < NR_PHASES; i++) {
		if (!phase_fits(i, operation->kind) ||
		    operation->phases[i] == PHASE_NONE)
			continue;
		fprintf(out, "%s%s %s", sep, phase_title(i),
			phase_text(text, operation->phases[i]));
		sep = ", ";
	}
}

static void text_operation(const struct report *report, FILE *out,
			   const struct history_operation *operation)
{
	char when[UNITS_TEXT_MAX], took[UNITS_TEXT_MAX],
		result[HISTORY_OUTCOME_MAX];
	char memory[HISTORY_MEMORY_MAX], comm[MHP_COMM_LEN + 1];
	enum operation kind = operation->kind;

	model_time_text(when, &report->stream->model, report->opts->time,
			operation->begin_ns ?: operation->end_ns);
	if (operation->end == HISTORY_IN_PROGRESS)
		strcat(phase_text(took, model_now(&report->stream->model) -
						operation->begin_ns),
		       "+");
	else
		phase_text(took, history_duration(operation));
	history_memory(&report->stream->model, kind, operation->start_pfn,
		       operation->nr_pages, memory);
	fprintf(out, "%s %-7s " FIT_HERE "%s", when, operation_name(kind),
		memory);
	if (kind == OPERATION_ONLINE || kind == OPERATION_OFFLINE)
		fprintf(out, " %s %s", kind == OPERATION_ONLINE ? "to" : "from",
			operation->zone ?
				event_symbol(event_zones, operation->zone) :
				"?");
	fprintf(out, "  %s  %s  %s (%u), %s",
		history_outcome(&report->stream->model, operation, result),
		took, history_comm(operation->comm, comm), operation->pid,
		operation->way ? event_symbol(who_ways, operation->way) :
				 "way unknown");
	if (operation->begin_ns)
		text_phases(out, operation);
	else
		fputs("  its start was not seen", out);
	if (operation->blockers)
		fprintf(out, "  pages in the way: %u %s, pass %u",
			operation->blockers,
			operation->blockers == 1 ? "report" : "reports",
			operation->passes);
	fputc('\n', out);
}

static void text_operations(const struct report *report, FILE *out)
{
	const struct history *history = report->history;
	size_t i;

	fprintf(out, "\nOperations  %zu  (%s)\n", history->nr,
		time_style_help(report->opts->time));
	for (i = 0; i < history->nr; i++)
		text_operation(report, out, &history->operations[i]);
}

/* Without a duration there is nothing to compare. */
static void text_time(FILE *out, const struct summary_times *times, u64 ns)
{
	char text[UNITS_TEXT_MAX];

	fprintf(out, " %9s", times->timed ? duration_text(text, ns, 1) : "-");
}

static void text_times(const struct report *report, FILE *out)
{
	int i;

	fprintf(out, "\nTimes\n%-8s %7s %7s %7s %9s %9s %9s %9s\n", "KIND",
		"COUNT", "FAILED", "UNENDED", "P50", "P95", "P99", "MAX");
	for (i = 0; i < NR_OPERATIONS; i++) {
		const struct summary_times *times = &report->summary.times[i];

		fprintf(out, "%-8s %7llu %7llu %7llu", operation_name(i),
			times->nr, times->failed, times->unended);
		text_time(out, times, times->p50_ns);
		text_time(out, times, times->p95_ns);
		text_time(out, times, times->p99_ns);
		text_time(out, times, times->max_ns);
		fputc('\n', out);
	}
}

static void text_count(struct table *table, const struct history_page *page,
		       u64 field, s64 count)
{
	if (page->unknown & field)
		table_cell(table, "?");
	else
		table_cell(table, "%lld", count);
}

static void text_page(const struct report *report, struct table *table,
		      const struct history_page *page)
{
	u64 pages = ledger_block_pages(report->stream->model.ledger);
	const struct mhp_mhp_offline_blocker *latest = &page->latest;

	table_cell(table, "0x%llx", page->pfn);
	table_cell(table, "memory%llu", page->pfn / pages);
	table_cell(table, "%s", event_symbol(event_kinds, latest->kind));
	table_cell(table, "%s", event_symbol(event_stages, latest->stage));
	text_count(table, page, MHP_FIELD(mhp_offline_blocker, order),
		   latest->order);
	text_count(table, page, MHP_FIELD(mhp_offline_blocker, refcount),
		   latest->refcount);
	text_count(table, page, MHP_FIELD(mhp_offline_blocker, mapcount),
		   latest->mapcount);
	table_cell(table, "%llu", page->offlines);
	table_cell(table, "%llu", page->reports);
}

static int text_pages(const struct report *report, int cols, FILE *out)
{
	static const struct table_column columns[] = {
		{ "PAGE", -14 },  { "BLOCK", -10 },  { "KIND", -11 },
		{ "STAGE", -13 }, { "ORDER", 8 },    { "REFS", 8 },
		{ "MAPS", 8 },	  { "OFFLINES", 8 }, { "REPORTS", 8 },
	};
	const struct summary *summary = &report->summary;
	struct table table = {
		.columns = columns,
		.nr_columns = sizeof(columns) / sizeof(*columns),
	};
	size_t i;
	int err;

	fputs("\nPages in the way", out);
	if (!summary->nr_pages) {
		fputs("  none was reported\n", out);
		return 0;
	}
	fprintf(out, "  %zu of %zu\n", summary->nr_pages,
		report->history->nr_pages);
	for (i = 0; i < summary->nr_pages; i++)
		text_page(report, &table, summary->pages[i]);
	err = table_print(&table, cols, out);
	table_free(&table);
	return err;
}

static void text_retries(const struct report *report, FILE *out)
{
	const struct summary *summary = &report->summary;
	char memory[HISTORY_MEMORY_MAX], span[UNITS_TEXT_MAX],
		result[HISTORY_OUTCOME_MAX];
	size_t i;

	fputs("\nRetries", out);
	if (!summary->nr_retries)
		fputs("  none", out);
	fputc('\n', out);
	for (i = 0; i < summary->nr_retries; i++) {
		const struct summary_retry *retry = &summary->retries[i];
		bool spans = retry->first_ns && retry->last_ns;

		history_memory(&report->stream->model, retry->last->kind,
			       retry->start_pfn, retry->last->nr_pages, memory);
		fprintf(out,
			"%-7s " FIT_HERE
			"%s  %llu tries within %s, the last one: %s\n",
			operation_name(retry->last->kind), memory, retry->tries,
			phase_text(span, spans ? (s64)(retry->last_ns -
						       retry->first_ns) :
						 PHASE_UNKNOWN),
			history_outcome(&report->stream->model, retry->last,
					result));
	}
}

static void text_removals(const struct report *report, FILE *out)
{
	const struct removals *removals = &report->summary.removals;
	const struct model *model = &report->stream->model;
	char when[UNITS_TEXT_MAX], text[REMOVAL_TEXT_MAX];
	size_t i;

	fputs("\nEjects and removals", out);
	if (!removals->nr)
		fputs("  none with several memory blocks, and no refusals",
		      out);
	fputc('\n', out);
	for (i = 0; i < removals->nr; i++) {
		model_time_text(when, model, report->opts->time,
				removals->list[i].ns);
		fprintf(out, "%s " FIT_HERE "%s\n", when,
			removal_text(model, &removals->list[i], NULL, text));
	}
}

int report_text(const struct report *report, FILE *to)
{
	const struct model *model = &report->stream->model;
	int cols = fit_cols(to), err;
	FILE *out = fit_open(to, cols);

	if (!out)
		return -ENOMEM;

	fprintf(out,
		"mhptop report  %s  source %s  %llu events, %llu lost  %llu violations of rules\n",
		model->info.kernel, source_kind_name(model->info.kind),
		model_seen(model), model_lost(model), model->violations.total);
	text_operations(report, out);
	text_times(report, out);
	err = text_pages(report, cols, out);
	text_retries(report, out);
	text_removals(report, out);
	return fit_close(out) ?: err;
}
