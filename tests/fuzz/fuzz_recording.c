// SPDX-License-Identifier: GPL-2.0
/*
 * A recording of any origin: read, judged and shown. What was read without an
 * error and is written again by the recorder's own writer must be read as the
 * same.
 */
#include "judge.h"
#include "lines.h"
#include "format/record_json.h"
#include "format/recording.h"

static void record_again(const struct mhp_record *record)
{
	struct mhp_record again;
	char line[RECORD_JSON_MAX];
	const char *why;
	size_t len;

	/* Of an event that is not known there is nothing to write. */
	if (!record->event)
		return;
	len = record_to_json(record, line);
	must(len <= sizeof(line) && line[len - 1] == '\n', "no line");
	must(!record_from_json(line, len - 1, &again, &why),
	     "what was written cannot be read: %s: %.*s", why, (int)len, line);
	must(!memcmp(record, &again, sizeof(again)),
	     "another record than was written: %.*s", (int)len, line);
}

/* Bytes that are no UTF-8 are kept as characters, so such a name changes. */
static bool is_utf8(const char *text)
{
	size_t size;

	for (; *text; text += size) {
		size = plain_text_char((const unsigned char *)text,
				       strlen(text));
		if (!size)
			return false;
	}
	return true;
}

static void header_again(const struct source_info *info)
{
	struct source_info again;
	char line[RECORDING_LINE_MAX], why[160];
	size_t len = recording_header_put(info, line);

	must(len < sizeof(line) && line[len - 1] == '\n', "no header");
	must(!recording_header_get(line, len - 1, &again, why, sizeof(why)),
	     "the header that was written cannot be read: %s", why);
	if (is_utf8(info->kernel) && is_utf8(info->host))
		must(!strcmp(info->kernel, again.kernel) &&
			     !strcmp(info->host, again.host),
		     "other names than were written: %s", line);
	must(info->kind == again.kind && info->page_bytes == again.page_bytes &&
		     info->block_bytes == again.block_bytes &&
		     info->wall_ns == again.wall_ns &&
		     info->mono_ns == again.mono_ns,
	     "another header than was written: %s", line);
}

static void totals_again(struct stream *stream)
{
	struct recording_totals totals = {
		.self_check = stream->model.self_check,
	}, again;
	char line[RECORDING_LINE_MAX], why[160];
	u64 unknown;
	size_t len;
	int i;

	if (source_totals(stream->source, &totals.source))
		return;
	totals.folded = totals.source.count[0].submitted;
	unknown = totals.source.count[0].seen;
	for (i = 1; i < MHP_NR_EVENTS; i++)
		unknown -= totals.source.count[i].seen;
	/* A recorder writes none of events that it does not know. */
	if (unknown)
		return;
	len = recording_totals_put(&totals, line);
	must(len < sizeof(line) && line[len - 1] == '\n', "no totals");
	must(recording_is_totals(line, len - 1), "not taken for totals");
	must(!recording_totals_get(line, len - 1, &again, why, sizeof(why)),
	     "the totals that were written cannot be read: %s: %s", why, line);
	must(!memcmp(&totals.source, &again.source, sizeof(again.source)) &&
		     totals.folded == again.folded &&
		     totals.self_check == again.self_check,
	     "other totals than were written: %s", line);
}

/* A sink */
static int must_not_come(void *ctx, const struct mhp_record *record)
{
	(void)ctx;
	must(false, "record %llu behind the end", record->seq);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct judge judge = { .take = record_again };
	struct stream *stream = &judge.stream;
	int err = stream_open_file(stream, fuzz_file(data, size), NULL);

	if (err) {
		must_be_reason(stream->why, sizeof(stream->why));
		return 0;
	}
	header_again(&stream->model.info);
	judge_run(&judge, stream->model.info.wall_ns);
	must(stream->err || !memchr(data, '\0', size),
	     "a byte 0 is passed over");
	err = stream->err ?: -ENODATA;
	must(source_read(stream->source, must_not_come, NULL) == err,
	     "the end does not stay the end");
	totals_again(stream);
	stream_close(stream);
	return 0;
}
