// SPDX-License-Identifier: GPL-2.0
/*
 * The report as one JSON object. A phase that did not happen is left out; what is
 * unknown is null. The last member is the frame of the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/event_table.h"
#include "model/times.h"
#include "report/report.h"
#include "view/view.h"

#define EVENT_TEXT_MAX 640
#define SITE_TEXT_MAX 640
#define SITES_MAX 3

static void report_put_string(FILE *out, const char *key, const char *text,
			      size_t max)
{
	char escaped[JSON_TEXT_MAX * EVENT_TEXT_MAX + 1];
	size_t len = strnlen(text, max < EVENT_TEXT_MAX ? max : EVENT_TEXT_MAX);

	*json_text_put(escaped, text, len) = '\0';
	fprintf(out, ",\"%s\":\"%s\"", key, escaped);
}

static void report_put_number(FILE *out, const char *key, bool known, s64 value)
{
	if (known)
		fprintf(out, ",\"%s\":%lld", key, value);
	else
		fprintf(out, ",\"%s\":null", key);
}

static void report_put_word(FILE *out, const char *key,
			    const struct event_symbol *words, u32 value)
{
	const char *word = value ? event_symbol_known(words, value) : NULL;

	if (word)
		fprintf(out, ",\"%s\":\"%s\"", key, word);
	else
		fprintf(out, ",\"%s\":null", key);
}

static const char *result_word(const struct history_operation *operation)
{
	switch (operation->end) {
	case HISTORY_IN_PROGRESS:
		return "in_progress";
	case HISTORY_END_UNSEEN:
		return "unseen";
	}
	return operation->ret ? "failed" : "ok";
}

static void json_phases(FILE *out, const struct history_operation *operation)
{
	const char *sep = "";
	int i;

	fputs(",\"phases\":{", out);
	for (i = 0; i < NR_PHASES; i++) {
		s64 ns = operation->phases[i];

		if (!phase_fits(i, operation->kind) || ns == PHASE_NONE)
			continue;
		fprintf(out, "%s\"%s\":", sep, phase_name(i));
		if (ns == PHASE_UNKNOWN)
			fputs("null", out);
		else
			fprintf(out, "%lld", ns);
		sep = ",";
	}
	fputc('}', out);
}

static void json_operation(const struct report *report, FILE *out,
			   const struct history_operation *operation)
{
	const struct model *model = &report->stream->model;
	s64 ns = history_duration(operation);
	bool ended = operation->end == HISTORY_ENDED;
	char memory[HISTORY_MEMORY_MAX], when[UNITS_TEXT_MAX];
	u64 wall, from = operation->begin_ns ?: operation->end_ns;

	fprintf(out,
		"{\"kind\":\"%s\",\"memory\":\"%s\",\"part\":%llu,\"start_pfn\":%llu,\"nr_pages\":%llu",
		operation_name(operation->kind),
		history_memory(&report->stream->model, operation->kind,
			       operation->start_pfn, operation->nr_pages,
			       memory),
		operation->part, operation->start_pfn, operation->nr_pages);
	report_put_number(out, "begin_ns", operation->begin_ns != 0,
			  operation->begin_ns);
	report_put_number(out, "end_ns", operation->end_ns != 0,
			  operation->end_ns);
	if (model_wall(model, from, &wall))
		report_put_string(out, "time", time_wall_text(when, wall, true),
				  sizeof(when));
	else
		fputs(",\"time\":null", out);
	report_put_number(out, "ns", ns >= 0, ns);
	fprintf(out, ",\"result\":\"%s\"", result_word(operation));
	report_put_number(out, "ret", ended, operation->ret);
	report_put_word(out, "reason", event_reasons, operation->reason);
	report_put_word(out, "zone", event_zones, operation->zone);
	fprintf(out, ",\"pid\":%u", operation->pid);
	report_put_string(out, "comm", operation->comm,
			  sizeof(operation->comm));
	report_put_word(out, "way", who_ways, operation->way);
	fprintf(out, ",\"blockers\":%u,\"passes\":%u", operation->blockers,
		operation->passes);
	json_phases(out, operation);
	fputc('}', out);
}

static void json_operations(const struct report *report, FILE *out)
{
	const struct history *history = report->history;
	size_t i;

	fputs("\"operations\":[", out);
	for (i = 0; i < history->nr; i++) {
		fputs(i ? ",\n" : "\n", out);
		json_operation(report, out, &history->operations[i]);
	}
	fputs("],\n", out);
}

static void json_times(const struct report *report, FILE *out)
{
	int i, bucket;

	fputs("\"bounds_ns\":[", out);
	for (i = 0; i < SUMMARY_BUCKETS; i++)
		fprintf(out, "%s%llu", i ? "," : "", summary_bounds[i]);
	fputs("],\n\"times\":{", out);
	for (i = 0; i < NR_OPERATIONS; i++) {
		const struct summary_times *times = &report->summary.times[i];

		fprintf(out,
			"%s\"%s\":{\"count\":%llu,\"failed\":%llu,\"unended\":%llu,\"timed\":%llu",
			i ? ",\n" : "\n", operation_name(i), times->nr,
			times->failed, times->unended, times->timed);
		report_put_number(out, "p50_ns", times->timed, times->p50_ns);
		report_put_number(out, "p95_ns", times->timed, times->p95_ns);
		report_put_number(out, "p99_ns", times->timed, times->p99_ns);
		report_put_number(out, "max_ns", times->timed, times->max_ns);
		fputs(",\"buckets\":[", out);
		for (bucket = 0; bucket <= SUMMARY_BUCKETS; bucket++)
			fprintf(out, "%s%llu", bucket ? "," : "",
				times->buckets[bucket]);
		fputs("]}", out);
	}
	fputs("},\n", out);
}

static void json_page(const struct report *report, FILE *out,
		      const struct history_page *page)
{
	const struct mhp_mhp_offline_blocker *latest = &page->latest;

	fprintf(out, "{\"pfn\":%llu,\"block\":%llu,\"part\":%llu", page->pfn,
		page->pfn / ledger_block_pages(report->stream->model.ledger),
		page->part);
	report_put_word(out, "kind", event_kinds, latest->kind);
	report_put_word(out, "stage", event_stages, latest->stage);
	report_put_number(out, "order",
			  !(page->unknown &
			    MHP_FIELD(mhp_offline_blocker, order)),
			  latest->order);
	report_put_number(out, "refcount",
			  !(page->unknown &
			    MHP_FIELD(mhp_offline_blocker, refcount)),
			  latest->refcount);
	report_put_number(out, "mapcount",
			  !(page->unknown &
			    MHP_FIELD(mhp_offline_blocker, mapcount)),
			  latest->mapcount);
	fprintf(out, ",\"offlines\":%llu,\"reports\":%llu}", page->offlines,
		page->reports);
}

static void json_retry(const struct report *report, FILE *out,
		       const struct summary_retry *retry)
{
	const struct history_operation *last = retry->last;
	char memory[HISTORY_MEMORY_MAX];

	fprintf(out,
		"{\"kind\":\"%s\",\"memory\":\"%s\",\"part\":%llu,\"start_pfn\":%llu,\"tries\":%llu",
		operation_name(last->kind),
		history_memory(&report->stream->model, last->kind,
			       retry->start_pfn, last->nr_pages, memory),
		retry->part, retry->start_pfn, retry->tries);
	report_put_number(out, "begin_ns", retry->first_ns != 0,
			  retry->first_ns);
	report_put_number(out, "end_ns", retry->last_ns != 0, retry->last_ns);
	fprintf(out, ",\"result\":\"%s\"}", result_word(last));
}

static void json_removal(const struct report *report, FILE *out,
			 const struct removal *removal)
{
	const struct model *model = &report->stream->model;
	const struct history_operation *refused = removal->refused;
	u64 pages = ledger_block_pages(model->ledger);
	char text[REMOVAL_TEXT_MAX];

	fprintf(out,
		"{\"part\":%llu,\"start_pfn\":%llu,\"nr_pages\":%llu,\"ns\":%llu",
		removal->part, removal->start_pfn, removal->nr_pages,
		removal->ns);
	report_put_word(out, "way", who_ways, removal->way);
	fprintf(out,
		",\"blocks\":%u,\"offline\":%u,\"back\":%u,\"refusals\":%u",
		removal->blocks, removal->offline, removal->back,
		removal->refusals);
	report_put_number(out, "refused", refused != NULL,
			  refused ? refused->start_pfn / pages : 0);
	fprintf(out, ",\"removed\":%s",
		removal->remove && !removal->remove->ret &&
				removal->remove->end == HISTORY_ENDED ?
			"true" :
			"false");
	removal_text(model, removal, NULL, text);
	report_put_string(out, "text", text, sizeof(text));
	fputc('}', out);
}

static void json_summary(const struct report *report, FILE *out)
{
	const struct summary *summary = &report->summary;
	size_t i;

	fprintf(out, "\"pages_in_the_way\":%zu,\n\"pages\":[",
		report->history->nr_pages);
	for (i = 0; i < summary->nr_pages; i++) {
		fputs(i ? ",\n" : "\n", out);
		json_page(report, out, summary->pages[i]);
	}
	fputs("],\n\"retries\":[", out);
	for (i = 0; i < summary->nr_retries; i++) {
		fputs(i ? ",\n" : "\n", out);
		json_retry(report, out, &summary->retries[i]);
	}
	fputs("],\n\"removals\":[", out);
	for (i = 0; i < summary->removals.nr; i++) {
		fputs(i ? ",\n" : "\n", out);
		json_removal(report, out, &summary->removals.list[i]);
	}
	fputs("],\n", out);
}

/* How the states of the memory blocks changed, without events that left a state as it was. */
static void json_states(const struct report *report, FILE *out)
{
	const struct history *history = report->history;
	struct sparse states;
	const char *sep = "\n";
	size_t i;

	sparse_init(&states, sizeof(u8));
	fputs("\"states\":[", out);
	for (i = 0; i < history->nr_changes; i++) {
		const struct history_change *change = &history->changes[i];
		u8 *state = sparse_make(&states, change->block);

		if (state && *state == change->state)
			continue;
		if (state)
			*state = change->state;
		fprintf(out, "%s[%llu,%u,\"%s\"]", sep, change->time_ns,
			change->block,
			event_symbol(event_states, change->state));
		sep = ",\n";
	}
	fputs("],\n", out);
	sparse_free(&states);
}

static void json_event(const struct report *report, FILE *out, const char *key,
		       const struct mhp_record *record)
{
	struct call_site sites[SITES_MAX];
	char text[EVENT_TEXT_MAX] = "", site[SITE_TEXT_MAX];
	size_t i, nr;

	if (!record->event) {
		fprintf(out, ",\"%s\":null", key);
		return;
	}
	fprintf(out, ",\"%s\":{\"event\":\"%s\",\"ns\":%llu,\"seq\":%llu", key,
		event_info(record->event)->name, record->time_ns, record->seq);
	if (record->size)
		event_print(record, text, sizeof(text));
	report_put_string(out, "fields", text, sizeof(text));
	nr = record->size ?
		     call_sites_find(report->sites, record, sites, SITES_MAX) :
		     0;
	fputs(",\"sites\":[", out);
	for (i = 0; i < nr && i < SITES_MAX; i++) {
		char escaped[JSON_TEXT_MAX * SITE_TEXT_MAX + 1];

		call_site_print(&sites[i], site, sizeof(site));
		*json_text_put(escaped, site, strlen(site)) = '\0';
		fprintf(out, "%s\"%s\"", i ? "," : "", escaped);
	}
	fputs("]}", out);
}

static void json_violations(const struct report *report, FILE *out)
{
	const struct model *model = &report->stream->model;
	const struct violations *violations = &model->violations;
	size_t i;

	fprintf(out, "\"violated\":%llu,\n\"violations\":[", violations->total);
	for (i = 0; i < violations->nr_kept; i++) {
		const struct violation *violation = &violations->kept[i];

		fprintf(out, "%s{\"rule\":\"%s\",\"block\":%llu,\"pfn\":%llu",
			i ? ",\n" : "\n", rule_infos[violation->rule].name,
			violation->pfn / ledger_block_pages(model->ledger),
			violation->pfn);
		report_put_string(out, "expected", violation->expected,
				  sizeof(violation->expected));
		report_put_string(out, "found", violation->found,
				  sizeof(violation->found));
		json_event(report, out, "before", &violation->first);
		json_event(report, out, "then", &violation->second);
		fputc('}', out);
	}
	fputs("],\n", out);
}

int report_json(const struct report *report, FILE *out)
{
	static const struct view_opts opts = { .format = VIEW_JSON };
	int err;

	fprintf(out, "{\"schema\":%d,\n", SOURCE_SCHEMA);
	json_operations(report, out);
	json_times(report, out);
	json_summary(report, out);
	json_states(report, out);
	json_violations(report, out);
	fputs("\"end\":", out);
	err = view_json(&report->stream->model, &opts, out);
	fputs("}\n", out);
	return err ?: ferror(out) ? -EIO : 0;
}
