// SPDX-License-Identifier: GPL-2.0
/*
 * Compares the accounts, the operations and the rules of two streams at their ends.
 * The times of operations are shown, but are no difference: no two runs have the
 * same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fit.h"
#include "base/json.h"
#include "model/columns.h"
#include "model/event_table.h"
#include "model/times.h"
#include "report/diff.h"
#include "report/diff_part.h"

#define VALUE_MAX 112 /* a text of 16 bytes, escaped for JSON */

/* The table of a section, if that has one */
static void end_section(struct diff *diff)
{
	struct table_column columns[] = { { diff->title, -34 },
					  { "A", 24 },
					  { "B", 36 } };

	snprintf(diff->title, sizeof(diff->title), "%s", diff->section);
	*diff->title += 'A' - 'a';
	diff->table.columns = columns;
	diff->table.nr_columns = 3;
	if (diff->table.nr) {
		fputc('\n', diff->out);
		if (table_print(&diff->table, diff->cols, diff->out))
			diff->no_memory = true;
	}
	table_free(&diff->table);
}

/* A member of JSON */
static void begin_section(struct diff *diff, const char *section)
{
	if (diff->json)
		fprintf(diff->out, "%s\"%s\":[", diff->section ? "],\n" : "",
			section);
	else if (diff->section)
		end_section(diff);
	diff->section = section;
	diff->is_first = true;
}

void diff_begin_row(struct diff *diff)
{
	fputs(diff->is_first ? "\n" : ",\n", diff->out);
	diff->is_first = false;
}

void diff_put_row(struct diff *diff, const char *name, const char *a,
		  const char *b)
{
	table_cell(&diff->table, "%s", name);
	table_cell(&diff->table, "%s", a);
	table_cell(&diff->table, "%s", b);
}

void diff_put_numbers(struct diff *diff, const char *subject, const char *key,
		      s64 a, s64 b, bool known_a, bool known_b)
{
	char name[96], text_a[24] = "?", text_b[24] = "?";

	if (known_a)
		snprintf(text_a, sizeof(text_a), "%lld", a);
	if (known_b)
		snprintf(text_b, sizeof(text_b), "%lld", b);
	if (!diff->json) {
		snprintf(name, sizeof(name), "%s %s", subject, key);
		diff_put_row(diff, name, text_a, text_b);
		return;
	}
	diff_begin_row(diff);
	fprintf(diff->out, "{\"what\":\"%s\",\"key\":\"%s\",\"a\":%s,\"b\":%s}",
		subject, key, known_a ? text_a : "null",
		known_b ? text_b : "null");
}

static void compare(struct diff *diff, const char *subject, const char *key,
		    s64 a, s64 b)
{
	if (a == b)
		return;
	diff->differences++;
	diff_put_numbers(diff, subject, key, a, b, true, true);
}

static void compare_known(struct diff *diff, const char *subject,
			  const char *key, s64 a, bool known_a, s64 b,
			  bool known_b)
{
	if (known_a == known_b && (!known_a || a == b))
		return;
	diff->differences++;
	diff_put_numbers(diff, subject, key, a, b, known_a, known_b);
}

#define COMPARE(diff, subject, key, a, b) \
	compare(diff, subject, #key, (a)->key, (b)->key)

static void compare_sums(struct diff *diff)
{
	struct model_sums a, b;

	model_sum(&diff->a.stream->model, &a);
	model_sum(&diff->b.stream->model, &b);
	COMPARE(diff, "sum", present, &a, &b);
	COMPARE(diff, "sum", managed, &a, &b);
	compare_known(diff, "sum", "self_hosted", a.self_hosted,
		      !a.self_unknown, b.self_hosted, !b.self_unknown);
	compare_known(diff, "sum", "buddy_hosted", a.buddy_hosted,
		      !a.buddy_unknown, b.buddy_hosted, !b.buddy_unknown);
	COMPARE(diff, "sum", blocks, &a, &b);
	COMPARE(diff, "sum", blocks_online, &a, &b);
	COMPARE(diff, "sum", blocks_offline, &a, &b);
	COMPARE(diff, "sum", failures, &a, &b);
}

static const struct mhp_zone_account *
zone_like(const struct report *report, const struct mhp_zone_account *other)
{
	const struct mhp_zone_account *zone = NULL;

	while ((zone = ledger_next_zone(report->stream->model.ledger, zone)))
		if (zone->nid == other->nid && zone->zone == other->zone)
			return zone;
	return NULL;
}

/* A zone that one of them does not have has no pages. */
static void diff_zone(struct diff *diff, const struct mhp_zone_account *a,
		      const struct mhp_zone_account *b)
{
	static const struct mhp_zone_account none;
	const struct mhp_zone_account *any = a ? a : b;
	char name[48];

	snprintf(name, sizeof(name), "node %d zone %s", any->nid,
		 event_symbol(event_zones, any->zone));
	a = a ? a : &none;
	b = b ? b : &none;
	COMPARE(diff, name, present, a, b);
	COMPARE(diff, name, managed, a, b);
	COMPARE(diff, name, vmemmap_online, a, b);
	COMPARE(diff, name, blocks_online, a, b);
}

static void diff_zones(struct diff *diff)
{
	const struct mhp_zone_account *zone = NULL;

	while ((zone = ledger_next_zone(diff->a.stream->model.ledger, zone)))
		diff_zone(diff, zone, zone_like(&diff->b, zone));
	zone = NULL;
	while ((zone = ledger_next_zone(diff->b.stream->model.ledger, zone)))
		if (!zone_like(&diff->a, zone))
			diff_zone(diff, NULL, zone);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), part = strlen(end);

	return len >= part && !strcmp(text + len - part, end);
}

/* Times, and what is said about them, and thread IDs differ between any two runs, and mean nothing. */
static bool is_compared(const struct column *column)
{
	return column->kind != COLUMN_TIME && column->kind != COLUMN_WHEN &&
	       !ends_with(column->key, "_bound") &&
	       !ends_with(column->key, "_pid") && !column_is_asked(column);
}

/* The value of a cell, as JSON or as in a table. */
static void diff_value(const struct diff *diff, const struct column *column,
		       const struct report *report, const void *row,
		       char text[VALUE_MAX])
{
	const struct model *model = &report->stream->model;
	char comm[MHP_COMM_LEN + 1];
	s64 value;

	if (!diff->json) {
		column_format(column, model, row, text, VALUE_MAX);
		return;
	}
	value = column->get(model, row);
	if (value == COLUMN_NONE || value == COLUMN_UNKNOWN) {
		strcpy(text, "null");
	} else if (column->kind == COLUMN_TEXT) {
		*text = '"';
		column_text(column, model, row, comm);
		strcpy(json_text_put(text + 1, comm, MHP_COMM_LEN), "\"");
	} else if (column_word(column, value)) {
		snprintf(text, VALUE_MAX, "\"%s\"", column_word(column, value));
	} else if (column->kind == COLUMN_FLAG) {
		strcpy(text, value ? "true" : "false");
	} else if (column->kind == COLUMN_WORD && !value) {
		strcpy(text, "null");
	} else {
		snprintf(text, VALUE_MAX, "%lld", value);
	}
}

static bool is_same_cell(const struct diff *diff, const struct column *column,
			 const void *a, const void *b)
{
	char text_a[MHP_COMM_LEN + 1], text_b[MHP_COMM_LEN + 1];
	s64 value_a, value_b;

	value_a = column->get(&diff->a.stream->model, a);
	value_b = column->get(&diff->b.stream->model, b);
	if (value_a != value_b || column->kind != COLUMN_TEXT ||
	    value_a <= COLUMN_UNKNOWN)
		return value_a == value_b;
	return !strcmp(column_text(column, &diff->a.stream->model, a, text_a),
		       column_text(column, &diff->b.stream->model, b, text_b));
}

/* The blocks with the same differences that came last */
static void flush_blocks(struct diff *diff)
{
	if (!*diff->line)
		return;
	if (diff->is_first)
		fputs("\nMemory blocks and ranges, A -> B\n", diff->out);
	diff->is_first = false;
	if (diff->first_block == diff->last_block)
		fprintf(diff->out, "memory%llu:%s\n", diff->first_block,
			diff->line);
	else
		fprintf(diff->out, "memory%llu-memory%llu:%s\n",
			diff->first_block, diff->last_block, diff->line);
	*diff->line = '\0';
}

static void put_block_line(struct diff *diff, u64 block, const char *line)
{
	if (strcmp(diff->line, line) || block != diff->last_block + 1) {
		flush_blocks(diff);
		diff->first_block = block;
		snprintf(diff->line, sizeof(diff->line), "%s", line);
	}
	diff->last_block = block;
}

static void put_range_line(struct diff *diff, u64 pfn, const char *line)
{
	if (diff->is_first)
		fputs("\nMemory blocks and ranges, A -> B\n", diff->out);
	diff->is_first = false;
	fprintf(diff->out, "range 0x%llx:%s\n", pfn, line);
}

/* A block, or a range, that only one of them has */
static void only_one(struct diff *diff, const struct column *list, bool in_a,
		     u64 number)
{
	const char *line = in_a ? " only in A" : " only in B";

	diff->differences++;
	if (diff->json) {
		diff_begin_row(diff);
		fprintf(diff->out,
			"{\"%s\":%llu,\"key\":\"exists\",\"a\":%s,\"b\":%s}",
			list == columns ? "block" : "base_pfn", number,
			in_a ? "true" : "false", in_a ? "false" : "true");
	} else if (list == columns) {
		put_block_line(diff, number, line);
	} else {
		put_range_line(diff, number, line);
	}
}

/* A block, or a range, that at least one of them has */
static void compare_rows(struct diff *diff, const struct column *list,
			 const void *a, const void *b, u64 number)
{
	const struct column *column;
	char line[LINE_MAX_BYTES] = "", text_a[VALUE_MAX], text_b[VALUE_MAX];
	size_t used = 0;

	if (!a || !b) {
		only_one(diff, list, a != NULL, number);
		return;
	}
	for (column = list; column->key; column++) {
		if (!is_compared(column) || is_same_cell(diff, column, a, b))
			continue;
		diff->differences++;
		diff_value(diff, column, &diff->a, a, text_a);
		diff_value(diff, column, &diff->b, b, text_b);
		if (diff->json) {
			diff_begin_row(diff);
			fprintf(diff->out,
				"{\"%s\":%llu,\"key\":\"%s\",\"a\":%s,\"b\":%s}",
				list == columns ? "block" : "base_pfn", number,
				column->key, text_a, text_b);
		} else if (used < sizeof(line)) {
			used += snprintf(line + used, sizeof(line) - used,
					 "%s %s %s -> %s", used ? "," : "",
					 column->key, text_a, text_b);
		}
	}
	if (!*line)
		return;
	if (list == columns)
		put_block_line(diff, number, line);
	else
		put_range_line(diff, number, line);
}

static void compare_blocks(struct diff *diff)
{
	const struct mhp_ledger *ledger_a = diff->a.stream->model.ledger;
	const struct mhp_ledger *ledger_b = diff->b.stream->model.ledger;
	const struct mhp_block *a = ledger_next_block(ledger_a, NULL);
	const struct mhp_block *b = ledger_next_block(ledger_b, NULL);
	u64 pages = ledger_block_pages(ledger_a), pfn;

	while (a || b) {
		pfn = !b || (a && a->start_pfn < b->start_pfn) ? a->start_pfn :
								 b->start_pfn;
		const struct mhp_block *in_a = a && a->start_pfn == pfn ? a :
									  NULL;
		const struct mhp_block *in_b = b && b->start_pfn == pfn ? b :
									  NULL;

		compare_rows(diff, columns, in_a, in_b, pfn / pages);
		if (in_a)
			a = ledger_next_block(ledger_a, a);
		if (in_b)
			b = ledger_next_block(ledger_b, b);
	}
	flush_blocks(diff);
}

static void compare_ranges(struct diff *diff)
{
	const struct mhp_ledger *ledger_a = diff->a.stream->model.ledger;
	const struct mhp_ledger *ledger_b = diff->b.stream->model.ledger;
	const struct mhp_range *a = ledger_next_range(ledger_a, NULL);
	const struct mhp_range *b = ledger_next_range(ledger_b, NULL);
	u64 pfn;

	while (a || b) {
		pfn = !b || (a && a->start_pfn < b->start_pfn) ? a->start_pfn :
								 b->start_pfn;
		const struct mhp_range *in_a = a && a->start_pfn == pfn ? a :
									  NULL;
		const struct mhp_range *in_b = b && b->start_pfn == pfn ? b :
									  NULL;

		compare_rows(diff, range_columns, in_a, in_b, pfn);
		if (in_a)
			a = ledger_next_range(ledger_a, a);
		if (in_b)
			b = ledger_next_range(ledger_b, b);
	}
}

static void compare_rules(struct diff *diff)
{
	const struct violations *a = &diff->a.stream->model.violations;
	const struct violations *b = &diff->b.stream->model.violations;
	int i;

	for (i = 0; i < NR_RULES; i++)
		compare(diff, "rule", rule_infos[i].name, a->of_rule[i],
			b->of_rule[i]);
}

static void put_side(struct diff *diff, const char *key,
		     const struct report *report, const char *name)
{
	const struct model *model = &report->stream->model;
	char when[UNITS_TEXT_MAX], *escaped;

	if (!diff->json) {
		fprintf(diff->out, "%s  %s at %s, %llu events, %llu lost\n",
			key, name, time_text(when, model_now(model)),
			model_seen(model), model_lost(model));
		return;
	}
	escaped = malloc(JSON_TEXT_MAX * strlen(name) + 1);
	if (escaped)
		*json_text_put(escaped, name, strlen(name)) = '\0';
	fprintf(diff->out,
		"\"%s\":{\"name\":\"%s\",\"ns\":%llu,\"seen\":%llu,\"lost\":%llu},\n",
		key, escaped ? escaped : "", model_now(model),
		model_seen(model), model_lost(model));
	free(escaped);
}

/* Why nobody knows whether the recordings are equal, if no difference was found; NULL: they are. */
static const char *diff_doubt(const struct diff *diff)
{
	const struct stream *a = diff->a.stream, *b = diff->b.stream;
	char why[160];

	if (a->err || b->err)
		return "a recording could not be read to its end";
	if (model_lost(&a->model) || model_lost(&b->model))
		return "events were lost";
	if (model_doubt(&a->model, why, sizeof(why)) ||
	    model_doubt(&b->model, why, sizeof(why)))
		return "a recording may be wrong";
	return NULL;
}

static void print_verdict(const struct diff *diff)
{
	const char *doubt = diff_doubt(diff);

	if (diff->json)
		fprintf(diff->out, "],\n\"equal\":%s}\n",
			diff->differences ? "false" :
			doubt		  ? "null" :
					    "true");
	else if (doubt && !diff->differences)
		fprintf(diff->out, "\nNo difference was found, but %s.\n",
			doubt);
	else
		fprintf(diff->out, "\n%s\n",
			diff->differences ? "They differ." : "They are equal.");
}

static int diff_print(struct diff *diff, FILE *to)
{
	int err;

	diff->cols = diff->json ? 0 : fit_cols(to);
	diff->out = diff->json ? to : fit_open(to, diff->cols);
	if (!diff->out)
		return -ENOMEM;
	if (diff->json)
		fprintf(diff->out, "{\"schema\":%d,\n", SOURCE_SCHEMA);
	put_side(diff, diff->json ? "a" : "A", &diff->a, diff->names[0]);
	put_side(diff, diff->json ? "b" : "B", &diff->b, diff->names[1]);
	begin_section(diff, "accounts");
	compare_sums(diff);
	diff_zones(diff);
	begin_section(diff, "blocks");
	compare_blocks(diff);
	compare_ranges(diff);
	begin_section(diff, "operations");
	err = diff_compare_operations(diff);
	begin_section(diff, "violations");
	compare_rules(diff);
	begin_section(diff, "times");
	diff_show_times(diff);
	if (!diff->json)
		end_section(diff);
	print_verdict(diff);
	if (diff->no_memory)
		err = -ENOMEM;
	if (diff->json)
		return err ?: ferror(to) ? -EIO : 0;
	return fit_close(diff->out) ?: err;
}

/* What could not be read, or was lost, leaves a doubt about what is equal. */
static int side_status(const struct report *report)
{
	const struct stream *stream = report->stream;

	if (stream->over && *stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	if (stream->err)
		return stream_status(stream->err);
	if (report->history->no_memory)
		return status_fail(STATUS_FAILED, "out of memory");
	return stream_shown_status(&stream->model);
}

static int diff_status(struct diff *diff, FILE *out)
{
	int err = diff_print(diff, out);
	int written = status_printed(STATUS_OK);
	int a = side_status(&diff->a), b = side_status(&diff->b);

	if (err)
		return status_fail(STATUS_FAILED, "cannot compare: %s",
				   strerror(-err));
	if (written != STATUS_OK)
		return written;
	if (a == STATUS_DAMAGED || b == STATUS_DAMAGED)
		return STATUS_DAMAGED;
	if (a == STATUS_FAILED || b == STATUS_FAILED)
		return STATUS_FAILED;
	if (diff->differences)
		return STATUS_VIOLATED;
	return a ?: b;
}

/* After the end of the recording, the stream has what it ends with. Times are rounded to microseconds. */
static int check_end(const struct diff_side *side)
{
	const struct stream *stream = &side->stream;
	u64 end = stream->end_ns ?: stream->model.last_ns;
	char why[160], text[UNITS_TEXT_MAX];

	if (!side->moment || !stream->begin_ns || stream->err ||
	    stream->stopped || stream->until_ns <= end + 2000)
		return STATUS_OK;
	moment_outside(why, sizeof(why), side->moment, "after", "ends at",
		       time_text(text, end));
	return status_fail(STATUS_USAGE, "%s: %s", side->name, why);
}

static int choose_moment(struct diff_side *side)
{
	if (!stream_show_part(&side->stream, NULL, side->moment, TIME_AS_MONO))
		return STATUS_OK;
	return status_fail(STATUS_USAGE, "%s: %s", side->name,
			   side->stream.why);
}

int diff_run(struct diff_side *a, struct diff_side *b, bool json, FILE *out)
{
	static const struct report_opts opts;
	struct diff diff = {
		.a = { .stream = &a->stream, .opts = &opts },
		.b = { .stream = &b->stream, .opts = &opts },
		.names = { a->name, b->name },
		.json = json,
	};
	int status = choose_moment(a) ?: choose_moment(b);

	if (status)
		return status;
	report_read(&diff.a);
	report_read(&diff.b);
	status = check_end(a) ?: check_end(b);
	if (!status && ledger_block_pages(a->stream.model.ledger) !=
			       ledger_block_pages(b->stream.model.ledger))
		status = status_fail(
			STATUS_FAILED,
			"cannot compare: the memory blocks have different sizes");
	else if (!status)
		status = diff_status(&diff, out);
	report_free(&diff.a);
	report_free(&diff.b);
	return status;
}
