// SPDX-License-Identifier: GPL-2.0
/*
 * Conversion of raw records of a trace.dat, with the event formats of a real
 * file; and the statistics at the end of such a file. tests/rules/trace_dat.py
 * tests files with damage in the parts that libtracecmd reads.
 */
#include <stdlib.h>
#include <string.h>
#include <trace-cmd.h>

#include "model/event_table.h"
#include "fuzz.h"
#include "source/import/trace_dat.h"

#define SAMPLE "tests/rules/trace-cmd-v7.dat"
#define FORMATS 64

static struct tracecmd_input *input; /* owns the formats */
static struct trace_dat_events *events;
static u16 ids[FORMATS];
static unsigned int nr_ids;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct event_info *info;
	struct tep_handle *tep;
	struct tep_event *event;
	unsigned int i;

	(void)argc;
	(void)argv;
	input = tracecmd_open(SAMPLE, TRACECMD_FL_LOAD_NO_PLUGINS);
	must(input, "cannot open %s", SAMPLE);
	tep = tracecmd_get_tep(input);
	events = trace_dat_events_new(tep);
	must(events, "no memory");
	for (i = 1; (info = event_info(i)) && nr_ids < FORMATS; i++) {
		event = tep_find_event_by_name(tep, "mhp", info->name);
		if (event)
			ids[nr_ids++] = event->id;
	}
	must(nr_ids > 10, "%u events in %s", nr_ids, SAMPLE);
	return 0;
}

/* Every reader must return one of the kernel's events, which can be printed. */
static void must_be_event(const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);
	char text[640];

	must(info && record->size == info->size, "event %u of %u bytes",
	     record->event, record->size);
	must(!event_is_tool(record->event), "%s is not the kernel's",
	     info->name);
	event_print(record, text, sizeof(text));
	must_be_plain(text, info->name);
}

/*
 * An event by its index, with exactly as many bytes as the input says, so that
 * the sanitizer notices reads beyond them.
 */
static void take(u8 nth, const uint8_t *data, size_t size)
{
	struct tep_record from = { .ts = 1234567890123, .cpu = nth & 3 };
	u16 id = ids[nth % nr_ids];
	struct mhp_record record;
	char why[160] = "";
	int ret;

	from.data = malloc(size ?: 1);
	must(from.data, "no memory");
	from.size = size;
	memcpy(from.data, data, size);
	memcpy(from.data, &id, size < sizeof(id) ? size : sizeof(id));
	memset(&record, 0, sizeof(record));
	ret = trace_dat_record(events, &from, &record, why, sizeof(why));
	if (ret == 1)
		must_be_event(&record);
	else if (ret < 0)
		must_be_reason(why, sizeof(why));
	free(from.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	size_t len;

	must(text, "no memory");

	trace_dat_stats_lost(text, "");
	while (size > 1) {
		len = data[1] < size - 2 ? data[1] : size - 2;
		take(data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	free(text);
	return 0;
}
