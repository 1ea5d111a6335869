// SPDX-License-Identifier: GPL-2.0
/*
 * Lists memory as lsmem(1) does: memory blocks side by side that have everything in
 * common are one line.
 */
#include <errno.h>
#include <string.h>

#include "answers/forecasts.h"
#include "answers/list.h"
#include "base/fit.h"
#include "base/json.h"
#include "base/table.h"
#include "base/units.h"
#include "model/event_table.h"
#include "source/stream.h"

/* What the blocks of a line have in common */
struct row {
	u64 first; /* memory blocks */
	u64 last;
	s32 nid;
	u32 state;
	u32 zone;
	u32 hosting; /* MHP_HOSTING_NONE: unknown */
	const char *device;
	const char *can_go; /* forecast, NULL: there is none */
};

/*
 * From the widest on: as lsmem has it; without zeros in front; and without the end,
 * which follows from the blocks.
 */
enum address_style { ADDRESS_PADDED, ADDRESS_SHORT, ADDRESS_START };

enum { LIST_CAN_GO = 3, LIST_COLUMNS = 9 }; /* of the table */

struct listing {
	struct plan plan;
	struct stream stream;
	bool has_stream;
	const struct list_opts *opts;
	FILE *out;
	u64 block_bytes;
	u64 online_bytes;
	u64 offline_bytes;
	unsigned int nr_rows;
	enum address_style address; /* of the table */
	struct table table;
	void (*put)(struct listing *list, const struct row *row);
};

static bool is_same_row(const struct row *a, const struct row *b)
{
	return a->last + 1 == b->first && a->nid == b->nid &&
	       a->state == b->state && a->zone == b->zone &&
	       a->hosting == b->hosting && !strcmp(a->device, b->device) &&
	       a->can_go == b->can_go;
}

static const char *hosting_word(const struct row *row)
{
	return row->hosting == MHP_HOSTING_NONE ?
		       NULL :
		       event_symbol(event_hostings, row->hosting);
}

static const char *row_zone(const struct row *row)
{
	return row->state == MHP_STATE_OFFLINE || row->zone == MHP_ZONE_NONE ?
		       NULL :
		       event_symbol(event_zones, row->zone);
}

/* Only memory that is online has a forecast. */
static const char *can_go_text(const struct row *row)
{
	if (row->can_go)
		return row->can_go;
	return row->state == MHP_STATE_ONLINE ? "?" : "-";
}

static void put_address(struct listing *list, u64 start, u64 end)
{
	if (list->address == ADDRESS_PADDED)
		table_cell(&list->table, "0x%016llx-0x%016llx", start, end);
	else if (list->address == ADDRESS_SHORT)
		table_cell(&list->table, "0x%llx-0x%llx", start, end);
	else
		table_cell(&list->table, "0x%llx", start);
}

static void put_text_row(struct listing *list, const struct row *row)
{
	u64 start = row->first * list->block_bytes;
	u64 end = (row->last + 1) * list->block_bytes - 1;
	struct table *table = &list->table;
	char size[UNITS_TEXT_MAX];

	put_address(list, start, end);
	table_cell(table, "%s", size_text(size, end - start + 1));
	table_cell(table, "%s", event_symbol(event_states, row->state));
	if (!list->opts->no_forecast)
		table_cell(table, "%s", can_go_text(row));
	table_cell(table, "%d", row->nid);
	table_cell(table, "%s", row_zone(row) ?: "-");
	table_cell(table, "%s", hosting_word(row) ?: "?");
	table_cell(table, "%s", *row->device ? row->device : "-");
	if (row->first == row->last)
		table_cell(table, "%llu", row->first);
	else
		table_cell(table, "%llu-%llu", row->first, row->last);
}

static void put_word(FILE *out, const char *key, const char *word)
{
	char escaped[JSON_TEXT_MAX * 64 + 1];

	if (!word || !*word) {
		fprintf(out, "\"%s\":null,", key);
		return;
	}
	*json_text_put(escaped, word, 64) = '\0';
	fprintf(out, "\"%s\":\"%s\",", key, escaped);
}

static void put_json_row(struct listing *list, const struct row *row)
{
	u64 start = row->first * list->block_bytes;
	u64 bytes = (row->last - row->first + 1) * list->block_bytes;

	fprintf(list->out, "%s{\"start\":%llu,\"end\":%llu,\"bytes\":%llu,",
		list->nr_rows ? "," : "", start, start + bytes - 1, bytes);
	put_word(list->out, "state", event_symbol(event_states, row->state));
	put_word(list->out, "offline", row->can_go);
	put_word(list->out, "zone", row_zone(row));
	put_word(list->out, "hosting", hosting_word(row));
	put_word(list->out, "device", row->device);
	fprintf(list->out,
		"\"node\":%d,\"first_block\":%llu,\"last_block\":%llu}",
		row->nid, row->first, row->last);
}

/* Without root, nothing is known of the pages, so there is no forecast. */
static const char *forecast_word(const struct listing *list, size_t nth)
{
	enum forecast_answer answer;

	if (!list->plan.blocks || list->plan.no_pages)
		return NULL;
	answer = forecast_of(&list->plan.blocks[nth]);
	return answer ? event_symbol(forecast_words, answer) : NULL;
}

static struct row make_row(const struct listing *list, size_t nth)
{
	const struct target_block *block = &list->plan.target.blocks[nth];
	const struct mhp_mhp_snapshot_block *at = &block->at;
	const struct mhp_block *account =
		list->has_stream ? ledger_find_block(list->stream.model.ledger,
						     at->start_pfn) :
				   NULL;
	u64 number = at->start_pfn / list->plan.target.block_pages;

	return (struct row){
		.first = number,
		.last = number,
		.nid = at->nid,
		.state = at->state,
		.zone = at->zone,
		.hosting = account && account->hosting ? account->hosting :
							 MHP_HOSTING_NONE,
		.device = block->device,
		.can_go = forecast_word(list, nth),
	};
}

static void put_rows(struct listing *list)
{
	const struct plan *plan = &list->plan;
	struct row row, next;
	size_t i;

	list->nr_rows = 0;
	list->online_bytes = 0;
	list->offline_bytes = 0;
	row = make_row(list, 0);
	for (i = 0; i < plan->target.nr; i++) {
		next = make_row(list, i);
		if (next.state == MHP_STATE_ONLINE)
			list->online_bytes += list->block_bytes;
		else
			list->offline_bytes += list->block_bytes;
		if (!i)
			continue;
		if (!list->opts->all && is_same_row(&row, &next)) {
			row.last = next.last;
			continue;
		}
		list->put(list, &row);
		list->nr_rows++;
		row = next;
	}
	list->put(list, &row);
}

/* Without a forecast, the column for it is left out. */
static size_t make_columns(const struct listing *list,
			   struct table_column columns[LIST_COLUMNS])
{
	static const struct table_column all[LIST_COLUMNS] = {
		{ "RANGE", -37 },  { "SIZE", 9 },
		{ "STATE", -13 },  [LIST_CAN_GO] = { "CAN GO", -7 },
		{ "NODE", 4 },	   { "ZONE", -7 },
		{ "HOSTING", -7 }, { "DEVICE", -12 },
		{ "BLOCK", -1 },
	};
	size_t i, nr = 0;

	for (i = 0; i < LIST_COLUMNS; i++)
		if (i != LIST_CAN_GO || !list->opts->no_forecast)
			columns[nr++] = all[i];
	if (list->address == ADDRESS_START)
		columns->title = "START";
	return nr;
}

/* The addresses are as short as the terminal needs them. */
static int put_table(struct listing *list, int cols, FILE *out)
{
	struct table_column columns[LIST_COLUMNS];
	struct table *table = &list->table;
	int err = -E2BIG;

	list->put = put_text_row;
	for (list->address = 0; err == -E2BIG; list->address++) {
		*table = (struct table){
			.columns = columns,
			.nr_columns = make_columns(list, columns),
		};
		put_rows(list);
		if (table_fits(table, cols) || list->address == ADDRESS_START)
			err = table_print(table, cols, out);
		table_free(table);
	}
	return err;
}

static int put_text(struct listing *list)
{
	char size[UNITS_TEXT_MAX];
	int cols = fit_cols(list->out), err;
	FILE *out = fit_open(list->out, cols);

	if (!out)
		return -ENOMEM;
	err = put_table(list, cols, out);
	fprintf(out, "\nMemory block size:       %s\n",
		size_text(size, list->block_bytes));
	fprintf(out, "Total online memory:     %s\n",
		size_text(size, list->online_bytes));
	fprintf(out, "Total offline memory:    %s\n",
		size_text(size, list->offline_bytes));
	if (list->plan.no_pages)
		fprintf(out, "No forecast: %s\n", list->plan.blind);
	else if (*list->plan.blind)
		fprintf(out, "References are unknown: %s\n", list->plan.blind);
	if (*list->stream.model.notice)
		fprintf(out, "HOSTING is unknown: %s\n",
			list->stream.model.notice);
	return fit_close(out) ?: err;
}

static void put_json(struct listing *list)
{
	list->put = put_json_row;
	fputs("{\"ranges\":[", list->out);
	put_rows(list);
	fprintf(list->out,
		"],\"block_bytes\":%llu,\"online_bytes\":%llu,\"offline_bytes\":%llu}\n",
		list->block_bytes, list->online_bytes, list->offline_bytes);
}

/* Who hosts is only known from the kernel's memory. */
static void read_hosting(struct listing *list)
{
	if (stream_open_live(&list->stream, NULL))
		return;
	list->has_stream = true;
	if (stream_read(&list->stream, stream_take, &list->stream) >= 0)
		stream_update(&list->stream);
}

int list_run(const struct list_opts *opts, FILE *out)
{
	struct listing list = { .out = out, .opts = opts };
	char why[256];
	int err = opts->no_forecast ?
			  target_find(&list.plan.target, "", NULL, why,
				      sizeof(why)) :
			  plan_make(&list.plan, "", NULL, why, sizeof(why));

	if (err)
		return status_fail(err == -EOPNOTSUPP ? STATUS_UNSUPPORTED :
							STATUS_FAILED,
				   "cannot list memory: %s", why);
	list.block_bytes =
		list.plan.target.block_pages * list.plan.target.page_bytes;
	read_hosting(&list);
	if (opts->json)
		put_json(&list);
	else
		err = put_text(&list);
	if (list.has_stream)
		stream_close(&list.stream);
	plan_free(&list.plan);
	if (err == -ENOMEM)
		return status_fail(STATUS_FAILED, "out of memory");
	return status_printed(STATUS_OK);
}
