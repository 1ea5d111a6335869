// SPDX-License-Identifier: GPL-2.0
/*
 * The report as one page for a browser, which needs no other file and no scripts.
 * It is XML as well. Whatever comes from the recording is escaped.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/xml.h"
#include "model/columns.h"
#include "model/event_table.h"
#include "model/times.h"
#include "report/report.h"
#include "report/style.h"
#include "report/svg.h"

#define ROWS_MAX 1000 /* operations in the table */
#define BLOCKS_MAX 256 /* memory blocks in the table */
#define SITES_SHOWN_MAX 3
#define LINE_TEXT_MAX 640

static const char *const operation_columns[] = {
	"begin", "kind", "memory", "result", "time", "phases", "task",
};

#define TIME_COLUMN 4 /* its values are numbers */
#define NR_OPERATION_COLUMNS \
	(sizeof(operation_columns) / sizeof(*operation_columns))

/* On a phone, an operation is a card, where each value has the title of its column. */
static void html_card_titles(FILE *out)
{
	size_t i;

	fputs("@media screen and (max-width:40rem){", out);
	for (i = 0; i < NR_OPERATION_COLUMNS; i++)
		fprintf(out,
			"#operations td:nth-child(%zu)::before{content:\"%s: \";color:var(--dim)}",
			i + 1, operation_columns[i]);
	fputc('}', out);
}

static void html_begin(const struct report *report, FILE *out)
{
	const struct model *model = &report->stream->model;

	fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<title>mhptop report: ",
	      out);
	xml_put(out, model->info.kernel);
	fputs("</title><style>" REPORT_STYLE, out);
	html_card_titles(out);
	fputs("</style></head><body>\n<h1>Memory hotplug on ", out);
	xml_put(out, *model->info.host ? model->info.host : "a machine");
	fputs("</h1>\n<p>kernel ", out);
	xml_put(out, model->info.kernel);
	fprintf(out,
		", source %s, %llu events, <b>%llu</b> lost, <b>%llu</b> violations of rules. Times: %s.</p>\n",
		source_kind_name(model->info.kind), model_seen(model),
		model_lost(model), model->violations.total,
		time_style_help(report->opts->time));
	if (*model->notice) {
		fputs("<p><b>", out);
		xml_put(out, model->notice);
		fputs("</b></p>\n", out);
	}
}

static int html_pictures(const struct report *report, FILE *out)
{
	int err;

	fputs("<h2>Memory blocks over time</h2>\n<p class=\"dim\"><i class=\"on\"></i>online<i class=\"off\"></i>offline<i class=\"go\"></i>in transition<i class=\"mix\"></i>some online, some offline; empty: not there</p><div>",
	      out);
	err = svg_map(report, out);
	fputs("</div>\n<h2>Operations over time</h2>\n<p class=\"dim\"><i class=\"good\"></i>worked<i class=\"bad\"></i>failed, or did not end (taller)</p><div>",
	      out);
	err = err ?: svg_waterfall(report, out);
	fputs("</div>\n", out);
	return err;
}

static void html_time(FILE *out, const struct summary_times *times, u64 ns)
{
	char text[UNITS_TEXT_MAX];

	fprintf(out, "<td class=\"n\">%s</td>",
		times->timed ? duration_text(text, ns, 1) : "-");
}

static void html_times(const struct report *report, FILE *out)
{
	int i;

	fputs("<h2>Durations</h2>\n<div><table id=\"times\"><tr><th>kind</th><th class=\"n\">count</th><th class=\"n\">failed</th><th class=\"n\">not ended</th><th class=\"n\">p50</th><th class=\"n\">p95</th><th class=\"n\">p99</th><th class=\"n\">maximum</th></tr>\n",
	      out);
	for (i = 0; i < NR_OPERATIONS; i++) {
		const struct summary_times *times = &report->summary.times[i];

		fprintf(out,
			"<tr><td>%s</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td>",
			operation_name(i), times->nr, times->failed,
			times->unended);
		html_time(out, times, times->p50_ns);
		html_time(out, times, times->p95_ns);
		html_time(out, times, times->p99_ns);
		html_time(out, times, times->max_ns);
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
	for (i = 0; i < NR_OPERATIONS; i++) {
		if (!report->summary.times[i].timed)
			continue;
		fprintf(out, "<h3>%s</h3><div>", operation_name(i));
		svg_distribution(&report->summary.times[i], out);
		fputs("</div>\n", out);
	}
}

static void html_phases(FILE *out, const struct history_operation *operation)
{
	char text[UNITS_TEXT_MAX];
	const char *sep = "";
	int i;

	fputs("<small>", out);
	for (i = 0; i < NR_PHASES; i++) {
		s64 ns = operation->phases[i];

		if (!operation->begin_ns || !phase_fits(i, operation->kind) ||
		    ns == PHASE_NONE)
			continue;
		fprintf(out, "%s%s %s", sep, phase_title(i),
			ns < 0 ? "?" : duration_text(text, ns, 1));
		sep = ", ";
	}
	fputs("</small>", out);
}

static void html_operation(const struct report *report, FILE *out,
			   const struct history_operation *operation)
{
	const struct summary_times *times =
		&report->summary.times[operation->kind];
	char when[UNITS_TEXT_MAX], took[UNITS_TEXT_MAX] = "?",
				   result[HISTORY_OUTCOME_MAX];
	char memory[HISTORY_MEMORY_MAX], comm[MHP_COMM_LEN + 1];
	bool failed = operation->end != HISTORY_ENDED || operation->ret;
	s64 ns = history_duration(operation);

	if (ns >= 0)
		duration_text(took, ns, 1);
	model_time_text(when, &report->stream->model, report->opts->time,
			operation->begin_ns ?: operation->end_ns);
	fprintf(out, "<tr%s><td>%s</td><td>%s</td><td>%s",
		failed ? " class=\"bad\"" : "", when,
		operation_name(operation->kind),
		history_memory(&report->stream->model, operation->kind,
			       operation->start_pfn, operation->nr_pages,
			       memory));
	if (operation->zone)
		fprintf(out, " %s", event_symbol(event_zones, operation->zone));
	fputs("</td><td>", out);
	xml_put(out,
		history_outcome(&report->stream->model, operation, result));
	fprintf(out, "</td><td class=\"n\">%s</td><td>", took);
	svg_phases(operation, times->max_ns, out);
	html_phases(out, operation);
	fputs("</td><td><bdi>", out);
	xml_put(out, history_comm(operation->comm, comm));
	fprintf(out, "</bdi> (%u)%s%s</td></tr>\n", operation->pid,
		operation->way ? ", " : "",
		operation->way ? event_symbol(who_ways, operation->way) : "");
}

/* What failed comes first, then what took longest. */
static int compare_weight(const void *a, const void *b)
{
	const struct history_operation *one =
		*(const struct history_operation *const *)a;
	const struct history_operation *other =
		*(const struct history_operation *const *)b;
	bool failed = one->end != HISTORY_ENDED || one->ret;
	bool other_failed = other->end != HISTORY_ENDED || other->ret;
	s64 ns = history_duration(one), other_ns = history_duration(other);

	if (failed != other_failed)
		return failed ? -1 : 1;
	if (ns != other_ns)
		return ns > other_ns ? -1 : 1;
	return one < other ? -1 : one > other;
}

static int compare_place(const void *a, const void *b)
{
	const struct history_operation *one =
		*(const struct history_operation *const *)a;
	const struct history_operation *other =
		*(const struct history_operation *const *)b;

	return one < other ? -1 : one > other;
}

static int html_rows(const struct report *report, FILE *out)
{
	const struct history *history = report->history;
	size_t i, nr = history->nr < ROWS_MAX ? history->nr : ROWS_MAX;
	const struct history_operation **list =
		calloc(history->nr ?: 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (i = 0; i < history->nr; i++)
		list[i] = &history->operations[i];
	if (nr < history->nr) {
		qsort(list, history->nr, sizeof(*list), compare_weight);
		qsort(list, nr, sizeof(*list), compare_place);
	}
	for (i = 0; i < nr; i++)
		html_operation(report, out, list[i]);
	free(list);
	return 0;
}

static int html_operations(const struct report *report, FILE *out)
{
	size_t nr = report->history->nr;
	size_t column;
	int i, err;

	fprintf(out, "<h2>Operations</h2>\n<p>%zu operation%s", nr,
		nr == 1 ? "" : "s");
	if (nr > ROWS_MAX)
		fprintf(out,
			". Shown are %d: those that failed, then those that took longest. <code>mhptop report --json</code> has all of them",
			ROWS_MAX);
	fputs(".</p><p class=\"dim\">", out);
	for (i = 0; i < NR_PHASES; i++)
		fprintf(out, "<i class=\"p%d\"></i>%s: %s%s", i, phase_title(i),
			phase_help(i), i + 1 < NR_PHASES ? ";" : ".");
	fputs("</p>\n<div><table id=\"operations\"><tr>", out);
	for (column = 0; column < NR_OPERATION_COLUMNS; column++)
		fprintf(out, "<th%s>%s</th>",
			column == TIME_COLUMN ? " class=\"n\"" : "",
			operation_columns[column]);
	fputs("</tr>\n", out);
	err = html_rows(report, out);
	fputs("</table></div>\n", out);
	return err;
}

static void html_count(FILE *out, bool known, s64 count)
{
	if (known)
		fprintf(out, "<td class=\"n\">%lld</td>", count);
	else
		fputs("<td class=\"n\">?</td>", out);
}

static void html_page(const struct report *report, FILE *out,
		      const struct history_page *page)
{
	const struct mhp_mhp_offline_blocker *latest = &page->latest;
	u64 unknown = page->unknown;

	fprintf(out,
		"<tr><td>0x%llx</td><td>memory%llu</td><td>%s</td><td>%s</td>",
		page->pfn,
		page->pfn / ledger_block_pages(report->stream->model.ledger),
		event_symbol(event_kinds, latest->kind),
		event_symbol(event_stages, latest->stage));
	html_count(out, !(unknown & MHP_FIELD(mhp_offline_blocker, order)),
		   latest->order);
	html_count(out, !(unknown & MHP_FIELD(mhp_offline_blocker, refcount)),
		   latest->refcount);
	html_count(out, !(unknown & MHP_FIELD(mhp_offline_blocker, mapcount)),
		   latest->mapcount);
	html_count(out, true, page->offlines);
	html_count(out, true, page->reports);
	fputs("</tr>\n", out);
}

static void html_pages(const struct report *report, FILE *out)
{
	const struct summary *summary = &report->summary;
	size_t i;

	fputs("<h2>Pages in the way</h2>\n", out);
	if (!summary->nr_pages) {
		fputs("<p>None was reported.</p>\n", out);
		return;
	}
	fprintf(out,
		"<p>%zu of %zu pages.</p><div><table id=\"pages\"><tr><th>page</th><th>block</th><th>kind</th><th>stage</th><th class=\"n\">order</th><th class=\"n\">references</th><th class=\"n\">mappings</th><th class=\"n\">offlines</th><th class=\"n\">reports</th></tr>\n",
		summary->nr_pages, report->history->nr_pages);
	for (i = 0; i < summary->nr_pages; i++)
		html_page(report, out, summary->pages[i]);
	fputs("</table></div>\n", out);
}

static void html_retries(const struct report *report, FILE *out)
{
	const struct summary *summary = &report->summary;
	char memory[HISTORY_MEMORY_MAX], result[HISTORY_OUTCOME_MAX];
	size_t i;

	fputs("<h2>Retries</h2>\n", out);
	if (!summary->nr_retries) {
		fputs("<p>None.</p>\n", out);
		return;
	}
	fputs("<div><table id=\"retries\"><tr><th>kind</th><th>memory</th><th class=\"n\">tries</th><th>the last one</th></tr>\n",
	      out);
	for (i = 0; i < summary->nr_retries && i < ROWS_MAX; i++) {
		const struct summary_retry *retry = &summary->retries[i];

		fprintf(out,
			"<tr><td>%s</td><td>%s</td><td class=\"n\">%llu</td><td>",
			operation_name(retry->last->kind),
			history_memory(&report->stream->model,
				       retry->last->kind, retry->start_pfn,
				       retry->last->nr_pages, memory),
			retry->tries);
		xml_put(out, history_outcome(&report->stream->model,
					     retry->last, result));
		fputs("</td></tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void html_removals(const struct report *report, FILE *out)
{
	const struct removals *removals = &report->summary.removals;
	const struct model *model = &report->stream->model;
	char when[UNITS_TEXT_MAX], text[REMOVAL_TEXT_MAX];
	size_t i;

	fputs("<h2>Ejects and removals</h2>\n", out);
	if (!removals->nr) {
		fputs("<p>None with several memory blocks, and no refusals.</p>\n",
		      out);
		return;
	}
	fputs("<div><table id=\"removals\"><tr><th>begin</th><th>what became of it</th></tr>\n",
	      out);
	for (i = 0; i < removals->nr && i < ROWS_MAX; i++) {
		model_time_text(when, model, report->opts->time,
				removals->list[i].ns);
		fprintf(out, "<tr><td>%s</td><td>", when);
		xml_put(out,
			removal_text(model, &removals->list[i], NULL, text));
		fputs("</td></tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void html_zones(const struct model *model, FILE *out)
{
	const struct mhp_zone_account *zone = NULL;

	fputs("<div><table id=\"zones\"><tr><th class=\"n\">node</th><th>zone</th><th class=\"n\">present</th><th class=\"n\">managed</th><th class=\"n\">memmap</th><th class=\"n\">blocks</th></tr>\n",
	      out);
	while ((zone = ledger_next_zone(model->ledger, zone))) {
		fprintf(out,
			"<tr><td class=\"n\">%d</td><td>%s</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td>",
			zone->nid, event_symbol(event_zones, zone->zone),
			zone->present, zone->managed);
		html_count(out, model_knows_memmap(model, zone),
			   zone->vmemmap_online);
		html_count(out, true, zone->blocks_online);
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

/* A row of a table of columns; NULL: their titles. */
static void html_row(const struct model *model, const struct column *list,
		     const void *row, FILE *out)
{
	const struct column *column = column_shown(list);
	const char *tag = row ? "td" : "th";
	char text[64];

	fputs("<tr>", out);
	for (; column; column = column_shown(column + 1)) {
		fprintf(out, "<%s%s>", tag,
			column->kind == COLUMN_WORD ? "" : " class=\"n\"");
		if (row)
			column_format(column, model, row, text, sizeof(text));
		xml_put(out, row ? text : column->title);
		fprintf(out, "</%s>", tag);
	}
	fputs("</tr>\n", out);
}

static void html_accounts(const struct model *model, FILE *out)
{
	const struct mhp_range *range = NULL;
	const struct mhp_block *block = NULL;
	size_t nr = ledger_nr_blocks(model->ledger), shown = 0;

	fputs("<h2>Accounts at the end</h2>\n<h3>Zones, in pages</h3>\n", out);
	html_zones(model, out);
	if (ledger_nr_ranges(model->ledger)) {
		fputs("<h3>Added ranges</h3>\n<div><table id=\"ranges\">", out);
		html_row(model, range_columns, NULL, out);
		while ((range = ledger_next_range(model->ledger, range)) &&
		       shown++ < BLOCKS_MAX)
			html_row(model, range_columns, range, out);
		fputs("</table></div>\n", out);
	}
	fprintf(out, "<h3>Memory blocks</h3>\n<p>%zu memory block%s", nr,
		nr == 1 ? "" : "s");
	if (nr > BLOCKS_MAX)
		fprintf(out, ", of which the first %d are shown", BLOCKS_MAX);
	fputs(".</p><div><table id=\"blocks\">", out);
	html_row(model, columns, NULL, out);
	for (shown = 0; shown < BLOCKS_MAX &&
			(block = ledger_next_block(model->ledger, block));
	     shown++)
		html_row(model, columns, block, out);
	fputs("</table></div>\n", out);
}

static void html_event(const struct report *report, FILE *out, const char *what,
		       const struct mhp_record *record)
{
	struct call_site sites[SITES_SHOWN_MAX];
	char text[LINE_TEXT_MAX] = "", when[UNITS_TEXT_MAX];
	size_t i, nr = 0;

	if (!record->event)
		return;
	fprintf(out, "<p>%s %s <code>%s", what,
		model_time_text(when, &report->stream->model,
				report->opts->time, record->time_ns),
		event_info(record->event)->name);
	if (record->size) {
		event_print(record, text, sizeof(text));
		fputs(": ", out);
		xml_put(out, text);
		nr = call_sites_find(report->sites, record, sites,
				     SITES_SHOWN_MAX);
	}
	fputs("</code>", out);
	for (i = 0; i < nr && i < SITES_SHOWN_MAX; i++) {
		call_site_print(&sites[i], text, sizeof(text));
		fprintf(out, "<br/><small>%s <code>", i ? "or" : "at");
		xml_put(out, text);
		fputs("</code></small>", out);
	}
	fputs("</p>\n", out);
}

static void html_violations(const struct report *report, FILE *out)
{
	const struct model *model = &report->stream->model;
	const struct violations *violations = &model->violations;
	size_t i;

	fprintf(out, "<h2>Violations</h2>\n<p>%llu violation%s",
		violations->total, violations->total == 1 ? "" : "s");
	if (violations->total > violations->nr_kept)
		fprintf(out, ", of which the first of each rule are shown");
	fputs(".</p><div id=\"violations\">\n", out);
	for (i = 0; i < violations->nr_kept; i++) {
		const struct violation *violation = &violations->kept[i];

		fprintf(out, "<h3>%s, memory%llu</h3><p>",
			rule_infos[violation->rule].name,
			violation->pfn / ledger_block_pages(model->ledger));
		xml_put(out, rule_infos[violation->rule].text);
		fputs(".<br/>Expected ", out);
		xml_put(out, violation->expected);
		fputs("; found ", out);
		xml_put(out, violation->found);
		fputs(".</p>\n", out);
		html_event(report, out, "before", &violation->first);
		html_event(report, out, "then", &violation->second);
	}
	fputs("</div>\n", out);
}

int report_html(const struct report *report, FILE *out)
{
	int err;

	html_begin(report, out);
	if (report->stream->model.violations.total)
		html_violations(report, out);
	err = html_pictures(report, out);
	html_times(report, out);
	err = err ?: html_operations(report, out);
	html_pages(report, out);
	html_retries(report, out);
	html_removals(report, out);
	html_accounts(&report->stream->model, out);
	if (!report->stream->model.violations.total)
		html_violations(report, out);
	fputs("</body></html>\n", out);
	return err ?: ferror(out) ? -EIO : 0;
}
