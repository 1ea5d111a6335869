// SPDX-License-Identifier: GPL-2.0
/* Writes the operations that ended last as server-sent events. */
#include "base/units.h"
#include "model/event_table.h"
#include "model/times.h"
#include "serve/feed.h"

/* A browser asks again so many ms after an answer. */
#define RETRY_MS 1000

static void feed_put_time(FILE *out, const struct model *model, u64 ns)
{
	char text[UNITS_TEXT_MAX];
	u64 wall;

	if (model_wall(model, ns, &wall))
		fprintf(out, "\"%s\"", time_wall_text(text, wall, true));
	else
		fputs("null", out);
}

static void feed_put_operation(FILE *out, const struct model *model,
			       const struct tally_operation *one)
{
	u64 page = model->info.page_bytes;

	fprintf(out,
		"{\"operation\":\"%s\",\"start\":%llu,\"bytes\":%llu,\"ns\":%llu,\"time\":",
		operation_name(one->operation), one->start_pfn * page,
		one->nr_pages * page, one->end_ns);
	feed_put_time(out, model, one->end_ns);
	fputs(",\"duration\":", out);
	if (one->begin_ns)
		fprintf(out, "%llu", one->end_ns - one->begin_ns);
	else
		fputs("null", out);
	fprintf(out, ",\"ret\":%lld,\"reason\":", one->ret);
	if (one->ret && one->reason)
		fprintf(out, "\"%s\"}",
			event_symbol(event_reasons, one->reason));
	else
		fputs("null}", out);
}

void feed_put(const struct tally *tally, const struct model *model, u64 after,
	      FILE *out)
{
	u64 number;

	/* A page may remember the numbers of another mhptop. */
	if (after > tally->ended)
		after = 0;
	if (tally->ended - after > TALLY_RECENT)
		after = tally->ended - TALLY_RECENT;
	fprintf(out, "retry: %d\n\n", RETRY_MS);
	for (number = after + 1; number <= tally->ended; number++) {
		fprintf(out, "id: %llu\nevent: operation\ndata: ", number);
		feed_put_operation(out, model,
				   &tally->recent[(number - 1) % TALLY_RECENT]);
		fputs("\n\n", out);
	}
	fprintf(out, "event: seen\ndata: %llu\n\n", model->seen);
}
