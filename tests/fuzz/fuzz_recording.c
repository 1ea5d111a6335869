// SPDX-License-Identifier: GPL-2.0
/*
 * An untrusted recording: read, checked and shown. Records that are read without
 * an error, and written again by the recorder's own code, must be read back
 * unchanged.
 */
#include "judge.h"
#include "lines.h"
#include "format/record_json.h"
#include "format/recording.h"

/* Records of older schemas are written in the current one. */
static void record_again(const struct mhp_record *read)
{
	struct mhp_record again, now = *read, *record = &now;
	char line[RECORD_JSON_MAX];
	const char *why;
	size_t len;

	/* Unknown events and words cannot be written. */
	if (!record->event || !record->size)
		return;
	record->schema = 0;
	record->reason = 0;
	len = record_to_json(record, line);
	must(len <= sizeof(line) && line[len - 1] == '\n', "no line");
	must(!record_from_json(line, len - 1, SOURCE_SCHEMA, &again, &why),
	     "cannot read the written record: %s: %.*s", why, (int)len, line);
	must(!memcmp(record, &again, sizeof(again)),
	     "read another record than written: %.*s", (int)len, line);
}

/* Bytes that are not UTF-8 are read as characters, so such a name changes. */
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
	     "cannot read the written header: %s", why);
	if (is_utf8(info->kernel) && is_utf8(info->host) && is_utf8(info->boot))
		must(!strcmp(info->kernel, again.kernel) &&
			     !strcmp(info->host, again.host) &&
			     !strcmp(info->boot, again.boot),
		     "read other names than written: %s", line);
	must(info->kind == again.kind && info->page_bytes == again.page_bytes &&
		     info->block_bytes == again.block_bytes &&
		     info->wall_ns == again.wall_ns &&
		     info->mono_ns == again.mono_ns,
	     "read another header than written: %s", line);
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
	/* A recorder does not write counts of unknown events, and skips none. */
	if (unknown || totals.source.unknown)
		return;
	len = recording_totals_put(&totals, line);
	must(len < sizeof(line) && line[len - 1] == '\n', "no totals");
	must(recording_is_totals(line, len - 1), "not recognized as totals");
	must(!recording_totals_get(line, len - 1, &again, why, sizeof(why)),
	     "cannot read the written totals: %s: %s", why, line);
	must(!memcmp(&totals.source, &again.source, sizeof(again.source)) &&
		     totals.folded == again.folded &&
		     totals.self_check == again.self_check,
	     "read other totals than written: %s", line);
}

/* Record callback */
static int must_not_come(void *ctx, const struct mhp_record *record)
{
	(void)ctx;
	must(false, "record %llu after the end", record->seq);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct judge judge = { .take = record_again };
	struct stream *stream = &judge.stream;
	int err;

	/* That is a text; fuzz_text.c tests those. */
	if (size && *data != '{')
		return 0;
	err = stream_open_any(stream, fuzz_file(data, size), NULL);
	if (err) {
		must_be_reason(stream->why, sizeof(stream->why));
		return 0;
	}
	header_again(&stream->model.info);
	judge_run(&judge, stream->model.info.wall_ns);
	must(stream->err || !memchr(data, '\0', size),
	     "a zero byte is ignored");
	err = stream->err ?: -ENODATA;
	must(source_read(stream->source, must_not_come, NULL) == err,
	     "a read after the end returns something else");
	totals_again(stream);
	stream_close(stream);
	return 0;
}
