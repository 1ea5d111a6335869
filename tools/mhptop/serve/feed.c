// SPDX-License-Identifier: GPL-2.0
/* Writes the operations that ended last as server-sent events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

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

int feed_name(char instance[FEED_INSTANCE_MAX])
{
	u64 number;

	if (getrandom(&number, sizeof(number), 0) < 0)
		return -errno;
	snprintf(instance, FEED_INSTANCE_MAX, "%016llx", number);
	return 0;
}

/* The number of an id, 0 if it is of another instance: that one counted other operations. */
static u64 feed_number(const char *instance, const char *id)
{
	size_t len = strlen(instance);

	if (!id || strncmp(id, instance, len) || id[len] != '.')
		return 0;
	return strtoull(id + len + 1, NULL, 10);
}

void feed_put(const struct tally *tally, const struct model *model,
	      const char *instance, const char *last, FILE *out)
{
	u64 number, after = feed_number(instance, last);

	if (after > tally->ended)
		after = 0;
	if (tally->ended - after > TALLY_RECENT)
		after = tally->ended - TALLY_RECENT;
	fprintf(out, "retry: %d\n\nevent: instance\ndata: %s\n\n", RETRY_MS,
		instance);
	for (number = after + 1; number <= tally->ended; number++) {
		fprintf(out, "id: %s.%llu\nevent: operation\ndata: ", instance,
			number);
		feed_put_operation(out, model,
				   &tally->recent[(number - 1) % TALLY_RECENT]);
		fputs("\n\n", out);
	}
	fprintf(out, "event: seen\ndata: %llu\n\n", model->seen);
}
