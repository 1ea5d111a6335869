// SPDX-License-Identifier: GPL-2.0
/*
 * The report as CSV (RFC 4180): one table, whose first column says what a row is
 * about. A cell is empty if it does not apply, and "?" if it is unknown.
 */
#include <errno.h>
#include <string.h>

#include "model/event_table.h"
#include "report/report.h"

/* clang-format off */
static const char *const csv_columns[] = {
	"row", "kind", "memory", "recording", "start_pfn", "nr_pages", "begin_ns", "end_ns", "ns", "result", "ret",
	"reason", "zone", "pid", "comm", "way", "blockers", "passes",
	/* of phases */
	"isolate_ns", "migrate_ns", "notifiers_ns", "direct_map_ns", "populate_ns", "memmap_init_ns", "release_ns",
	"free_ns", "rest_ns",
	/* of times */
	"count", "failed", "unended", "p50_ns", "p95_ns", "p99_ns", "max_ns",
	/* of pages and retries */
	"pfn", "page_kind", "stage", "order", "refcount", "mapcount", "offlines", "reports", "tries",
};
/* clang-format on */

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define CELL_MAX 192

struct csv_row {
	char cells[ARRAY_SIZE(csv_columns)][CELL_MAX];
};

static void csv_text(struct csv_row *row, const char *name, const char *text)
{
	size_t i = 0;

	while (strcmp(csv_columns[i], name))
		i++;
	snprintf(row->cells[i], sizeof(row->cells[i]), "%s", text);
}

static void csv_number(struct csv_row *row, const char *name, bool known,
		       s64 number)
{
	char text[24] = "?";

	if (known)
		snprintf(text, sizeof(text), "%lld", number);
	csv_text(row, name, text);
}

static void csv_word(struct csv_row *row, const char *name,
		     const struct event_symbol *words, u32 value)
{
	const char *word = value ? event_symbol_known(words, value) : NULL;

	csv_text(row, name, word ? word : "?");
}

/* Quotes double, and a cell with a comma, a quote or an end of a line is quoted. */
static void csv_cell(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void csv_put(FILE *out, const struct csv_row *row)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(csv_columns); i++) {
		if (i)
			fputc(',', out);
		csv_cell(out, row->cells[i]);
	}
	fputs("\r\n", out);
}

static void csv_memory(struct csv_row *row, const struct report *report,
		       const struct history_operation *operation)
{
	char memory[HISTORY_MEMORY_MAX];

	csv_text(row, "kind", operation_name(operation->kind));
	csv_text(row, "memory",
		 history_memory(&report->stream->model, operation->kind,
				operation->start_pfn, operation->nr_pages,
				memory));
	csv_number(row, "recording", true, operation->part);
	csv_number(row, "start_pfn", true, operation->start_pfn);
	csv_number(row, "nr_pages", true, operation->nr_pages);
}

static void csv_result(struct csv_row *row,
		       const struct history_operation *operation)
{
	if (operation->end == HISTORY_IN_PROGRESS)
		csv_text(row, "result", "in_progress");
	else if (operation->end == HISTORY_END_UNSEEN)
		csv_text(row, "result", "unseen");
	else
		csv_text(row, "result", operation->ret ? "failed" : "ok");
	if (operation->end == HISTORY_ENDED)
		csv_number(row, "ret", true, operation->ret);
	if (operation->ret)
		csv_word(row, "reason", event_reasons, operation->reason);
}

static void csv_operation(const struct report *report, FILE *out,
			  const struct history_operation *operation)
{
	s64 ns = history_duration(operation);
	struct csv_row row = { 0 };
	char text[32];
	int i;

	csv_text(&row, "row", "operation");
	csv_memory(&row, report, operation);
	csv_number(&row, "begin_ns", operation->begin_ns != 0,
		   operation->begin_ns);
	csv_number(&row, "end_ns", operation->end_ns != 0, operation->end_ns);
	csv_number(&row, "ns", ns >= 0, ns);
	csv_result(&row, operation);
	if (operation->kind == OPERATION_ONLINE ||
	    operation->kind == OPERATION_OFFLINE)
		csv_word(&row, "zone", event_zones, operation->zone);
	csv_number(&row, "pid", true, operation->pid);
	csv_text(&row, "comm", history_comm(operation->comm, text));
	csv_word(&row, "way", who_ways, operation->way);
	csv_number(&row, "blockers", true, operation->blockers);
	csv_number(&row, "passes", true, operation->passes);
	for (i = 0; i < NR_PHASES; i++) {
		if (!phase_fits(i, operation->kind) ||
		    operation->phases[i] == PHASE_NONE)
			continue;
		snprintf(text, sizeof(text), "%s_ns", phase_name(i));
		csv_number(&row, text, operation->phases[i] >= 0,
			   operation->phases[i]);
	}
	csv_put(out, &row);
}

static void csv_times(const struct report *report, FILE *out,
		      enum operation kind)
{
	const struct summary_times *times = &report->summary.times[kind];
	struct csv_row row = { 0 };

	csv_text(&row, "row", "times");
	csv_text(&row, "kind", operation_name(kind));
	csv_number(&row, "count", true, times->nr);
	csv_number(&row, "failed", true, times->failed);
	csv_number(&row, "unended", true, times->unended);
	if (times->timed) {
		csv_number(&row, "p50_ns", true, times->p50_ns);
		csv_number(&row, "p95_ns", true, times->p95_ns);
		csv_number(&row, "p99_ns", true, times->p99_ns);
		csv_number(&row, "max_ns", true, times->max_ns);
	}
	csv_put(out, &row);
}

static void csv_page(FILE *out, const struct history_page *page)
{
	const struct mhp_mhp_offline_blocker *latest = &page->latest;
	struct csv_row row = { 0 };

	csv_text(&row, "row", "page");
	csv_number(&row, "recording", true, page->part);
	csv_number(&row, "pfn", true, page->pfn);
	csv_word(&row, "page_kind", event_kinds, latest->kind);
	csv_word(&row, "stage", event_stages, latest->stage);
	csv_number(&row, "order",
		   !(page->unknown & MHP_FIELD(mhp_offline_blocker, order)),
		   latest->order);
	csv_number(&row, "refcount",
		   !(page->unknown & MHP_FIELD(mhp_offline_blocker, refcount)),
		   latest->refcount);
	csv_number(&row, "mapcount",
		   !(page->unknown & MHP_FIELD(mhp_offline_blocker, mapcount)),
		   latest->mapcount);
	csv_number(&row, "offlines", true, page->offlines);
	csv_number(&row, "reports", true, page->reports);
	csv_put(out, &row);
}

static void csv_retry(const struct report *report, FILE *out,
		      const struct summary_retry *retry)
{
	struct csv_row row = { 0 };

	csv_text(&row, "row", "retry");
	csv_memory(&row, report, retry->last);
	csv_number(&row, "begin_ns", retry->first_ns != 0, retry->first_ns);
	csv_number(&row, "end_ns", retry->last_ns != 0, retry->last_ns);
	csv_result(&row, retry->last);
	csv_number(&row, "tries", true, retry->tries);
	csv_put(out, &row);
}

int report_csv(const struct report *report, FILE *out)
{
	const struct history *history = report->history;
	const struct summary *summary = &report->summary;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(csv_columns); i++)
		fprintf(out, "%s%s", i ? "," : "", csv_columns[i]);
	fputs("\r\n", out);
	for (i = 0; i < history->nr; i++)
		csv_operation(report, out, &history->operations[i]);
	for (i = 0; i < NR_OPERATIONS; i++)
		csv_times(report, out, i);
	for (i = 0; i < summary->nr_pages; i++)
		csv_page(out, summary->pages[i]);
	for (i = 0; i < summary->nr_retries; i++)
		csv_retry(report, out, &summary->retries[i]);
	return ferror(out) ? -EIO : 0;
}
