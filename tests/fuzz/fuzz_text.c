// SPDX-License-Identifier: GPL-2.0
/*
 * The output of another tool, or anything else given in its place: read, checked
 * and shown. Events that are read and printed again must be read back unchanged.
 * Binary files of perf and trace-cmd are not read here.
 */
#include "judge.h"
#include "lines.h"
#include "source/import/text_line.h"

static void event_again(const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);
	char fields[640], line[1024], why[160] = "no event";
	const struct mhp_record *again;
	struct text_line parsed;

	/* Of a newer kernel */
	if (!record->size)
		return;
	must(info && record->size == info->size, "event %u of %u bytes",
	     record->event, record->size);
	must(!event_is_tool(record->event), "%s is not the kernel's",
	     info->name);
	/* Fields of an older form, and words that are gone, cannot be printed. */
	if (record->schema)
		return;
	event_print(record, fields, sizeof(fields));
	snprintf(line, sizeof(line), "task %u [%03u] %llu.%09llu: mhp:%s: %s\n",
		 record->pid, record->cpu, record->time_ns / 1000000000,
		 record->time_ns % 1000000000, info->name, fields);
	must(!text_line_parse(line, &parsed, why, sizeof(why)) &&
		     parsed.kind == TEXT_LINE_EVENT,
	     "cannot read the printed event: %s: %s", why, line);
	again = &parsed.record;
	must(again->event == record->event && again->pid == record->pid &&
		     again->cpu == record->cpu &&
		     again->time_ns == record->time_ns &&
		     !memcmp(&again->p, &record->p, info->size),
	     "read another event than printed: %s", line);
}

/* perf would be run for each of them. */
static bool is_perf_data(const uint8_t *data, size_t size)
{
	return size >= 8 && !memcmp(data, "PERFILE2", 8);
}

/* What gzip or zstd packed may have any bytes. */
static bool is_packed(const uint8_t *data, size_t size)
{
	return size >= 3 && (!memcmp(data, "\x1f\x8b\x08", 3) ||
			     !memcmp(data, "\x28\xb5\x2f", 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct judge judge = { .take = event_again };
	struct stream *stream = &judge.stream;
	struct source_totals totals;
	int err;

	/* That is a recording; fuzz_recording.c tests those. */
	if ((size && *data == '{') || is_perf_data(data, size))
		return 0;
	err = stream_open_any(stream, fuzz_file(data, size), NULL);
	if (err) {
		must_be_reason(stream->why, sizeof(stream->why));
		return 0;
	}
	/* A text has no field to take options from, so its length chooses them. */
	judge_run(&judge, size * 0x9e3779b97f4a7c15ULL >> 32);
	must(stream->err || source_totals(stream->source, &totals) ||
		     is_packed(data, size) || !memchr(data, '\0', size),
	     "a zero byte is ignored");
	stream_close(stream);
	return 0;
}
