// SPDX-License-Identifier: GPL-2.0
/*
 * Lists memory as lsmem(1) does: memory blocks side by side that have everything in
 * common are one line.
 */
#include <errno.h>
#include <string.h>

#include "answers/forecasts.h"
#include "answers/list.h"
#include "base/json.h"
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

static void put_text_row(struct listing *list, const struct row *row)
{
	u64 start = row->first * list->block_bytes;
	u64 end = (row->last + 1) * list->block_bytes - 1;
	char size[UNITS_TEXT_MAX], blocks[48];

	if (row->first == row->last)
		snprintf(blocks, sizeof(blocks), "%llu", row->first);
	else
		snprintf(blocks, sizeof(blocks), "%llu-%llu", row->first,
			 row->last);
	if (!list->nr_rows)
		fprintf(list->out,
			"RANGE                                      SIZE STATE         %sNODE ZONE    HOSTING DEVICE       BLOCK\n",
			list->opts->no_forecast ? "" : "CAN GO  ");
	fprintf(list->out, "0x%016llx-0x%016llx %9s %-13s ", start, end,
		size_text(size, end - start + 1),
		event_symbol(event_states, row->state));
	if (!list->opts->no_forecast)
		fprintf(list->out, "%-7s ", can_go_text(row));
	fprintf(list->out, "%4d %-7s %-7s %-12s %s\n", row->nid,
		row_zone(row) ?: "-", hosting_word(row) ?: "?",
		*row->device ? row->device : "-", blocks);
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

static void put_text(struct listing *list)
{
	char size[UNITS_TEXT_MAX];

	list->put = put_text_row;
	put_rows(list);
	fprintf(list->out, "\nMemory block size:       %s\n",
		size_text(size, list->block_bytes));
	fprintf(list->out, "Total online memory:     %s\n",
		size_text(size, list->online_bytes));
	fprintf(list->out, "Total offline memory:    %s\n",
		size_text(size, list->offline_bytes));
	if (list->plan.no_pages)
		fprintf(list->out, "No forecast: %s\n", list->plan.blind);
	if (*list->stream.model.notice)
		fprintf(list->out, "HOSTING is unknown: %s\n",
			list->stream.model.notice);
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
		put_text(&list);
	if (list.has_stream)
		stream_close(&list.stream);
	plan_free(&list.plan);
	return status_printed(STATUS_OK);
}
