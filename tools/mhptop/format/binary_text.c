// SPDX-License-Identifier: GPL-2.0
/*
 * Turns a binary recording into the lines of NDJSON that it stands for. The bytes
 * may have been made to attack the reader: nothing is used before its check, its
 * kind, its length and, in a record, event and size were found valid. What the
 * lines say is judged by those who read NDJSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/binary.h"
#include "format/record_json.h"

#define FRAME_MAX (sizeof(struct binary_head) + BINARY_BODY_MAX)
#define RECORD_MIN (sizeof(struct binary_head) + MHP_RECORD_HEADER)

/* One record may have been waiting for its end; a line of another kind is as long as its frame. */
_Static_assert((BINARY_RAW_MAX / RECORD_MIN + 1) * LAYOUT_LINE_MAX +
			       RECORDING_LINE_MAX + BINARY_RAW_MAX <=
		       BINARY_LINES_MAX,
	       "the lines of one call fit");
_Static_assert(RECORD_JSON_MAX <= LAYOUT_LINE_MAX, "so do ours");

/* What must come next, unless another recording begins. */
enum next { NEXT_START, NEXT_HEADER, NEXT_LAYOUT, NEXT_RECORD };

struct binary_text {
	enum next next;
	u64 chain;
	struct layout *layout; /* of another mhptop, NULL: ours */
	int err;
	char why[160];
	size_t len; /* of what was not used yet */
	char raw[FRAME_MAX + BINARY_RAW_MAX];
};

struct binary_text *binary_text_new(void)
{
	return calloc(1, sizeof(struct binary_text));
}

void binary_text_free(struct binary_text *text)
{
	if (!text)
		return;
	free(text->layout);
	free(text);
}

int binary_text_error(const struct binary_text *text, const char **why)
{
	*why = text->why;
	return text->err;
}

static int binary_fail(struct binary_text *text, int err, const char *why)
{
	snprintf(text->why, sizeof(text->why), "%s", why);
	text->err = err;
	return err;
}

static int damaged(struct binary_text *text)
{
	return binary_fail(text, -EPROTO, "damaged");
}

/* The bytes used, 0 if they are not all there yet, or an error. */
static int take_start(struct binary_text *text, const char *raw, size_t len)
{
	struct binary_start start;
	u64 chain;

	if (memcmp(raw, BINARY_MAGIC,
		   len < BINARY_MAGIC_LEN ? len : BINARY_MAGIC_LEN))
		return binary_fail(text, -EPROTO, "not an mhptop recording");
	if (len < sizeof(start))
		return 0;
	memcpy(&start, raw, sizeof(start));
	if (start.order == __builtin_bswap16(BINARY_ORDER))
		return binary_fail(
			text, -ENOTSUP,
			"recorded on a machine of the other byte order: convert it there with mhptop export --ndjson");
	if (start.order != BINARY_ORDER)
		return damaged(text);
	if (start.version != BINARY_VERSION) {
		snprintf(
			text->why, sizeof(text->why),
			"version %u of binary recordings is not the one this mhptop reads, %d: convert it with the mhptop that recorded it, by export --ndjson",
			start.version, BINARY_VERSION);
		text->err = -ENOTSUP;
		return text->err;
	}
	if (binary_check_start(&chain, &start) != start.check)
		return damaged(text);
	text->chain = chain;
	text->next = NEXT_HEADER;
	return sizeof(start);
}

/* A body that is a line of JSON becomes that line. 0 or an error. */
static int take_line(struct binary_text *text, const char *body, size_t len,
		     bool (*is_kind)(const char *line, size_t len),
		     char **lines)
{
	if (len > RECORDING_LINE_MAX || !is_kind(body, len) ||
	    memchr(body, '\n', len) != body + len - 1)
		return damaged(text);
	*lines = mempcpy(*lines, body, len);
	return 0;
}

static int take_layout(struct binary_text *text, const char *body, size_t len)
{
	size_t own_len;
	const char *own = layout_own(&own_len), *why;

	free(text->layout);
	text->layout = NULL;
	text->next = NEXT_RECORD;
	if (len == own_len && !memcmp(own, body, len))
		return 0;
	text->layout = layout_parse(body, len, &why);
	if (text->layout)
		return 0;
	return binary_fail(text, *why == 'o' ? -ENOMEM : -EPROTO, why);
}

/* Whether the bits of the unknown fields are those of fields. */
static bool fields_exist(const struct mhp_record *record)
{
	const struct event_field *field = event_info(record->event)->fields;
	u32 bits = record->unknown;

	for (; bits && field->name; field++)
		bits >>= 1;
	return !bits;
}

static int take_record(struct binary_text *text, const char *body, size_t len,
		       char **lines)
{
	struct mhp_record record = { 0 };
	const struct event_info *info;
	int size;

	if (len < MHP_RECORD_HEADER)
		return damaged(text);
	memcpy(&record, body, MHP_RECORD_HEADER);
	info = event_info(record.event);
	size = text->layout ? layout_payload(text->layout, record.event) :
	       info	    ? info->size :
			      -1;
	if (size < 0 || record.size != size ||
	    len != MHP_RECORD_HEADER + (size_t)size || record.schema ||
	    record.reason || record.comm[MHP_COMM_LEN - 1])
		return damaged(text);
	if (text->layout) {
		*lines += layout_to_json(text->layout, &record,
					 body + MHP_RECORD_HEADER, *lines);
		return 0;
	}
	if (!fields_exist(&record))
		return damaged(text);
	memcpy(&record.p, body + MHP_RECORD_HEADER, size);
	*lines += record_to_json(&record, *lines);
	return 0;
}

/* 0 or an error */
static int take_body(struct binary_text *text, enum binary_kind kind,
		     const char *body, size_t len, char **lines)
{
	static const enum binary_kind wanted[] = {
		[NEXT_HEADER] = BINARY_HEADER,
		[NEXT_LAYOUT] = BINARY_LAYOUT,
		[NEXT_RECORD] = BINARY_RECORD,
	};

	if (kind == BINARY_TOTALS && text->next == NEXT_RECORD) {
		text->next = NEXT_START;
		return take_line(text, body, len, recording_is_totals, lines);
	}
	if (kind != wanted[text->next])
		return damaged(text);
	if (kind == BINARY_RECORD)
		return take_record(text, body, len, lines);
	if (kind == BINARY_LAYOUT)
		return take_layout(text, body, len);
	text->next = NEXT_LAYOUT;
	return take_line(text, body, len, recording_is_header, lines);
}

/* The bytes used, 0 if they are not all there yet, or an error. */
static int take_frame(struct binary_text *text, const char *raw, size_t len,
		      char **lines)
{
	const char *body = raw + sizeof(struct binary_head);
	struct binary_head head;
	int err;

	if (len < sizeof(head))
		return 0;
	memcpy(&head, raw, sizeof(head));
	if (head.len > BINARY_BODY_MAX)
		return damaged(text);
	if (len - sizeof(head) < head.len)
		return 0;
	if (binary_check(&text->chain, head.kind, head.len, body) != head.check)
		return damaged(text);
	err = take_body(text, head.kind, body, head.len, lines);
	return err ?: (int)sizeof(head) + head.len;
}

size_t binary_text_put(struct binary_text *text, const char *raw, size_t len,
		       char *lines)
{
	const char *at = text->raw;
	char *end = lines;
	size_t left;
	int used = 0;

	if (text->err)
		return 0;
	/* What was left is less than a frame. */
	memcpy(text->raw + text->len, raw, len);
	for (left = text->len + len; left; at += used, left -= used) {
		/* An earlier recorder may have been killed. No frame begins with that byte. */
		if (text->next == NEXT_START || *at == *BINARY_MAGIC)
			used = take_start(text, at, left);
		else
			used = take_frame(text, at, left, &end);
		if (used <= 0)
			break;
	}
	memmove(text->raw, at, left);
	text->len = left;
	return end - lines;
}

bool binary_text_is_inside(const struct binary_text *text)
{
	return text->len || text->next == NEXT_HEADER;
}

void binary_text_end(struct binary_text *text)
{
	if (!text->err && binary_text_is_inside(text))
		binary_fail(text, -EPROTO, "truncated");
}
