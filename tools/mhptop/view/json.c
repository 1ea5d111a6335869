// SPDX-License-Identifier: GPL-2.0
/*
 * One frame as one line of JSON. The keys of blocks[] and ranges[] are the
 * columns. All values come from the model.
 */
#include <errno.h>
#include <string.h>

#include "model/event_table.h"
#include "base/json.h"
#include "model/columns.h"
#include "model/times.h"
#include "format/attention_json.h"
#include "format/recording.h"
#include "rules/rules.h"
#include "view/view.h"

static void put_string(FILE *out, const char *key, const char *text)
{
	char escaped[JSON_TEXT_MAX * 256 + 1];

	*json_text_put(escaped, text, 256) = '\0';
	fprintf(out, "\"%s\":\"%s\",", key, escaped);
}

static void json_put_value(FILE *out, const struct column *column, s64 value)
{
	const char *word = column_word(column, value);

	if (word)
		fprintf(out, "\"%s\"", word);
	else if (value == COLUMN_NONE || value == COLUMN_UNKNOWN ||
		 (column->kind == COLUMN_WORD && !value))
		fputs("null", out);
	else if (column->kind == COLUMN_FLAG)
		fputs(value ? "true" : "false", out);
	else
		fprintf(out, "%lld", value);
}

/* A text that there is not is null. */
static void json_put_text(FILE *out, const struct column *column,
			  const struct model *model, const void *row)
{
	char text[MHP_COMM_LEN + 1], escaped[JSON_TEXT_MAX * MHP_COMM_LEN + 1];

	if (column->get(model, row) <= COLUMN_UNKNOWN) {
		fputs("null", out);
		return;
	}
	column_text(column, model, row, text);
	*json_text_put(escaped, text, MHP_COMM_LEN) = '\0';
	fprintf(out, "\"%s\"", escaped);
}

static void json_put_row(FILE *out, const struct model *model,
			 const struct column *list, const void *row, size_t nth)
{
	const struct column *column;

	if (nth)
		fputc(',', out);
	for (column = list; column->key; column++) {
		fprintf(out, "%s\"%s\":", column == list ? "{" : ",",
			column->key);
		if (column->kind == COLUMN_TEXT)
			json_put_text(out, column, model, row);
		else
			json_put_value(out, column, column->get(model, row));
	}
	fputc('}', out);
}

static void json_put_block(FILE *out, const struct model *model,
			   const struct mhp_block *block, size_t nth)
{
	json_put_row(out, model, columns, block, nth);
}

/* Whether there can be events; a polled source has only states. */
static bool has_events(const struct model *model)
{
	return model->info.kind != SOURCE_SYSFS;
}

/* One more key of an object. What is unknown is null. */
static void json_put_known(FILE *out, const char *key, bool known, s64 value)
{
	if (known)
		fprintf(out, ",\"%s\":%lld", key, value);
	else
		fprintf(out, ",\"%s\":null", key);
}

static void json_put_zones(FILE *out, const struct model *model)
{
	bool known = has_events(model);
	const struct mhp_zone_account *zone = NULL;
	const char *sep = "";

	fputs("\"zones\":[", out);
	while ((zone = ledger_next_zone(model->ledger, zone))) {
		fprintf(out,
			"%s{\"node\":%d,\"zone\":\"%s\",\"present\":%llu,\"managed\":%llu",
			sep, zone->nid, event_symbol(event_zones, zone->zone),
			zone->present, zone->managed);
		json_put_known(out, "present_change", known,
			       zone->present_change);
		json_put_known(out, "managed_change", known,
			       zone->managed_change);
		json_put_known(out, "vmemmap_pages",
			       model_knows_memmap(model, zone),
			       zone->vmemmap_online);
		fprintf(out, ",\"blocks_online\":%u}", zone->blocks_online);
		sep = ",";
	}
	fputs("],", out);
}

static void json_put_ranges(FILE *out, const struct model *model)
{
	const struct mhp_range *range = NULL;
	size_t nth = 0;

	fputs("\"ranges\":[", out);
	while ((range = ledger_next_range(model->ledger, range)))
		json_put_row(out, model, range_columns, range, nth++);
	fputs("],", out);
}

/* A time, and the wall-clock time in UTC if it is known. */
static void put_time(FILE *out, const struct model *model, u64 ns)
{
	char text[UNITS_TEXT_MAX];
	u64 wall;

	fprintf(out, "\"ns\":%llu,\"time\":", ns);
	if (model_wall(model, ns, &wall))
		fprintf(out, "\"%s\"", time_wall_text(text, wall, true));
	else
		fputs("null", out);
}

static void json_put_event(FILE *out, const struct model *model,
			   const char *key, const struct mhp_record *record)
{
	if (!record->event) {
		fprintf(out, "\"%s\":null", key);
		return;
	}
	fprintf(out, "\"%s\":{\"event\":\"%s\",", key,
		event_info(record->event)->name);
	put_time(out, model, record->time_ns);
	fprintf(out, ",\"seq\":%llu}", record->seq);
}

static void json_put_violations(FILE *out, const struct model *model)
{
	const struct violations *violations = &model->violations;
	const struct violation *violation = violations->kept;
	size_t i;

	fprintf(out, "\"violated\":%llu,\"violations\":[", violations->total);
	for (i = 0; i < violations->nr_kept; i++, violation++) {
		fprintf(out, "%s{\"rule\":\"%s\",\"block\":%llu,\"pfn\":%llu,",
			i ? "," : "", rule_infos[violation->rule].name,
			violation->pfn / ledger_block_pages(model->ledger),
			violation->pfn);
		put_string(out, "expected", violation->expected);
		put_string(out, "found", violation->found);
		json_put_event(out, model, "before", &violation->first);
		fputc(',', out);
		json_put_event(out, model, "then", &violation->second);
		fputc('}', out);
	}
	fputc(']', out);
}

static void put_sums(FILE *out, const struct model *model)
{
	struct model_sums sums;

	model_sum(model, &sums);
	fprintf(out, "\"sums\":{\"present\":%llu,\"managed\":%llu",
		sums.present, sums.managed);
	json_put_known(out, "self_hosted", !sums.self_unknown,
		       sums.self_hosted);
	json_put_known(out, "buddy_hosted", !sums.buddy_unknown,
		       sums.buddy_hosted);
	fprintf(out,
		",\"blocks\":%llu,\"blocks_online\":%llu,\"blocks_offline\":%llu",
		sums.blocks, sums.blocks_online, sums.blocks_offline);
	json_put_known(out, "failures", has_events(model), sums.failures);
	fputs("},", out);
}

static void json_put_head(FILE *out, const struct model *model)
{
	const struct source_info *info = &model->info;

	fprintf(out, "{\"schema\":%d,", SOURCE_SCHEMA);
	put_string(out, "kernel", info->kernel);
	put_string(out, "host", info->host);
	fprintf(out,
		"\"source\":\"%s\",\"page_bytes\":%u,\"block_bytes\":%llu,",
		source_kind_name(info->kind), info->page_bytes,
		info->block_bytes);
	put_time(out, model, model_now(model));
	fprintf(out,
		",\"events\":{\"seen\":%llu,\"lost\":%llu},\"self_check\":\"%s\",",
		model_seen(model), model_lost(model),
		recording_check_name(model->self_check));
	if (model->self_check_why[0])
		put_string(out, "self_check_why", model->self_check_why);
	if (model->notice[0])
		put_string(out, "notice", model->notice);
}

/* Whether a run of equal memory blocks goes on. */
static bool is_same_run(const struct mhp_block *a, const struct mhp_block *b,
			u64 block_pages, u64 count)
{
	return a && b->start_pfn == a->start_pfn + count * block_pages &&
	       a->state == b->state && a->zone == b->zone && a->nid == b->nid &&
	       a->hosting == b->hosting &&
	       !a->offline_failures == !b->offline_failures;
}

/* Some of the columns of a row, in the order of the table. */
static void put_some(FILE *out, const struct model *model,
		     const struct column *column, const char *const *keys,
		     const void *row, const char *sep)
{
	size_t i;

	for (; column->key; column++) {
		for (i = 0; keys[i] && strcmp(keys[i], column->key); i++)
			;
		if (!keys[i])
			continue;
		fprintf(out, "%s\"%s\":", sep, column->key);
		json_put_value(out, column, column->get(model, row));
		sep = ",";
	}
}

static void put_run(FILE *out, const struct model *model,
		    const struct mhp_block *block, u64 count, const char *sep)
{
	static const char *const keys[] = { "state", "node", "zone", "hosting",
					    NULL };
	u64 pages = ledger_block_pages(model->ledger);

	fprintf(out, "%s{\"id\":%llu,\"count\":%llu", sep,
		block->start_pfn / pages, count);
	put_some(out, model, columns, keys, block, ",");
	fprintf(out, ",\"failed\":%s}",
		block->offline_failures ? "true" : "false");
}

static void put_runs(FILE *out, const struct model *model)
{
	u64 pages = ledger_block_pages(model->ledger), count = 0;
	const struct mhp_block *block = NULL, *first = NULL;
	const char *sep = "";

	fputs("\"runs\":[", out);
	while ((block = ledger_next_block(model->ledger, block))) {
		if (is_same_run(first, block, pages, count)) {
			count++;
			continue;
		}
		if (first) {
			put_run(out, model, first, count, sep);
			sep = ",";
		}
		first = block;
		count = 1;
	}
	if (first)
		put_run(out, model, first, count, sep);
	fputs("],", out);
}

/* Ranges without the tasks that added and removed them. */
static void put_ranges(FILE *out, const struct model *model)
{
	static const char *const keys[] = {
		"base_pfn",	 "nr_pages", "node",	"hosting", "why",
		"vmemmap_pages", "zone",     "removed", "reason",  NULL
	};
	const struct mhp_range *range = NULL;
	const char *sep = "";

	fputs("\"ranges\":[", out);
	while ((range = ledger_next_range(model->ledger, range))) {
		fprintf(out, "%s{", sep);
		put_some(out, model, range_columns, keys, range, "");
		fputc('}', out);
		sep = ",";
	}
	fputs("],", out);
}

static void put_open(FILE *out, const struct model *model,
		     const struct operation_open *open)
{
	u64 now = model_now(model), page = model->info.page_bytes;
	const struct operation_event *begin = &open->begin;

	fprintf(out, "{\"operation\":\"%s\",\"start\":%llu,\"bytes\":%llu,",
		operation_name(begin->operation), begin->start_pfn * page,
		begin->nr_pages * page);
	put_time(out, model, open->begin_ns);
	fprintf(out, ",\"duration\":%llu,\"reason\":",
		now > open->begin_ns ? now - open->begin_ns : 0);
	if (open->reason)
		fprintf(out, "\"%s\"}",
			event_symbol(event_reasons, open->reason));
	else
		fputs("null}", out);
}

/* ns and time are those of the begin. */
static void put_in_progress(FILE *out, const struct model *model,
			    const struct operation_open *open)
{
	const char *sep = "";
	int i;

	fputs("\"in_progress\":", out);
	if (!open) {
		fputs("null,", out);
		return;
	}
	fputc('[', out);
	for (i = 0; i < NR_OPERATIONS; i++) {
		if (!open[i].begin_ns)
			continue;
		fputs(sep, out);
		put_open(out, model, &open[i]);
		sep = ",";
	}
	fputs("],", out);
}

int view_state(const struct model *model, const struct operation_open *open,
	       const char *instance, bool pipe_ended, FILE *out)
{
	json_put_head(out, model);
	put_sums(out, model);
	json_put_zones(out, model);
	put_runs(out, model);
	put_ranges(out, model);
	put_in_progress(out, model, open);
	fprintf(out,
		"\"violated\":%llu,\"instance\":\"%s\",\"records\":%llu,\"pipe_ended\":%s,\"attention\":",
		model->violations.total, instance, model->seen,
		pipe_ended ? "true" : "false");
	attention_json_put(out, &model->attention);
	fputs("}\n", out);
	return ferror(out) ? -EIO : 0;
}

int view_json(const struct model *model, const struct view_opts *opts,
	      FILE *out)
{
	int err;

	json_put_head(out, model);
	put_sums(out, model);
	json_put_zones(out, model);
	fputs("\"blocks\":[", out);
	err = view_blocks(out, model, opts, json_put_block);
	fputs("],", out);
	json_put_ranges(out, model);
	json_put_violations(out, model);
	fputs(",\"attention\":", out);
	attention_json_put(out, &model->attention);
	fputs("}\n", out);
	if (!err && ferror(out))
		err = -EIO;
	return err;
}
