// SPDX-License-Identifier: GPL-2.0
/*
 * An untrusted recording in binary form. What becomes of it is lines of NDJSON,
 * whatever pieces it is read in; those of our own layout are records, and become
 * the same lines again. fuzz_recording.c tests what reads the lines.
 *
 * The first byte of an input says whether it has only frames behind our own begin
 * (1), and whether its checks are repaired (2), without which little is read.
 */
#include <errno.h>
#include <stdbool.h>

#include "fuzz.h"
#include "format/binary.h"
#include "format/record_json.h"

#define OWN_BEGIN 1
#define REPAIR 2
#define FILE_MAX (BINARY_BEGIN_MAX + (1 << 17))

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

/* The frame at a place: its size, at most what is left, and its head. */
static size_t frame_at(const char *bytes, size_t len, struct binary_head *head)
{
	memset(head, 0, sizeof(*head));
	memcpy(head, bytes, len < sizeof(*head) ? len : sizeof(*head));
	if (len < sizeof(*head))
		return len;
	len -= sizeof(*head);
	return sizeof(*head) + (head->len < len ? head->len : len);
}

static void repair(char *bytes, size_t len)
{
	struct binary_start start;
	struct binary_head head;
	size_t at = 0, size;
	u64 chain = 0;

	for (; at < len; at += size) {
		size = frame_at(bytes + at, len - at, &head);
		if (bytes[at] == *BINARY_MAGIC && len - at >= sizeof(start)) {
			size = sizeof(start);
			memcpy(&start, bytes + at, size);
			start.check = binary_check_start(&chain, &start);
			memcpy(bytes + at, &start, size);
		} else if (size == sizeof(head) + head.len) {
			head.check = binary_check(&chain, head.kind, head.len,
						  bytes + at + sizeof(head));
			memcpy(bytes + at, &head, sizeof(head));
		}
	}
}

struct result {
	int err;
	size_t len;
	char *lines;
	char why[256];
};

static void read_all(struct result *result, const char *bytes, size_t len,
		     size_t piece)
{
	static char room[BINARY_LINES_MAX];
	struct binary_text *text = binary_text_new();
	size_t at, n, got;
	const char *why;

	must(text, "no memory");
	result->len = 0;
	result->lines = malloc(1);
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		got = binary_text_put(text, bytes + at, n, room);
		must(got <= sizeof(room), "too much text");
		result->lines = realloc(result->lines, result->len + got + 1);
		memcpy(result->lines + result->len, room, got);
		result->len += got;
	}
	binary_text_end(text);
	result->err = binary_text_error(text, &why);
	must(!result->err || *why, "an error without a reason");
	snprintf(result->why, sizeof(result->why), "%s", why);
	must_be_plain(result->why, "a reason");
	binary_text_free(text);
}

/* A record that we could have written: written again, it is the same line. */
static void record_again(const char *line, size_t len, bool ours)
{
	static struct binary_writer writer;
	struct mhp_record record, copy = { 0 };
	char bytes[BINARY_RECORD_MAX], again[RECORD_JSON_MAX];
	const char *why = "";
	size_t size;
	int err = record_from_json(line, len, SOURCE_SCHEMA, &record, &why);

	/* A word that only a newer kernel has */
	if (err > 0)
		err = -ENOMSG;
	must(!err || !ours, "not a record: %s: %.*s", why, (int)len, line);
	must(!err || err == -ENOMSG || (err == -EPROTO && *why),
	     "a strange error: %d", err);
	if (err)
		return;
	size = binary_record_put(&writer, &record, bytes);
	must(size == sizeof(struct binary_head) + MHP_RECORD_HEADER +
			     record.size,
	     "a frame of another size");
	memcpy(&copy, bytes + sizeof(struct binary_head),
	       size - sizeof(struct binary_head));
	must(record_to_json(&copy, again) == len + 1 || !ours,
	     "another line than before: %.*s", (int)len, line);
	must(!memcmp(again, line, len) || !ours,
	     "another line than before: %.*s", (int)len, line);
}

static void must_be_lines(const struct result *result, bool ours)
{
	const char *at = result->lines, *end = at + result->len, *next;
	size_t len;

	for (; at < end; at = next + 1) {
		next = memchr(at, '\n', end - at);
		must(next, "an unterminated line");
		len = next - at;
		must(len && len <= RECORDING_LINE_MAX, "an odd line");
		if (recording_is_header(at, len) ||
		    recording_is_totals(at, len))
			continue;
		must(len < LAYOUT_LINE_MAX && !memchr(at, '\0', len),
		     "an odd record");
		record_again(at, len, ours);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct source_info info = { .page_bytes = 4096,
						 .block_bytes = 1 << 27 };
	static char bytes[FILE_MAX];
	struct result one = { 0 }, other = { 0 };
	struct binary_writer writer;
	size_t len = 0;

	if (!size || size > FILE_MAX - BINARY_BEGIN_MAX)
		return 0;
	if (*data & OWN_BEGIN)
		len = binary_begin_put(&writer, &info, bytes);
	memcpy(bytes + len, data + 1, size - 1);
	len += size - 1;
	if (*data & REPAIR)
		repair(bytes, len);
	read_all(&one, bytes, len, BINARY_RAW_MAX);
	read_all(&other, bytes, len, 97 + *data);
	must(one.err == other.err && one.len == other.len &&
		     !memcmp(one.lines ?: "", other.lines ?: "", one.len) &&
		     !strcmp(one.why, other.why),
	     "read in other pieces, it is something else");
	/* Another begin may follow, with another layout. */
	must_be_lines(&one, *data & OWN_BEGIN &&
				    !memchr(data + 1, *BINARY_MAGIC, size - 1));
	free(one.lines);
	free(other.lines);
	return 0;
}

/* Change a frame and its length, drop it, or double it; otherwise change bytes anywhere. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	struct binary_head head;
	size_t at = 1, frame = 0, len, grown;
	uint8_t *body;

	srand(seed);
	if (size > 1 && rand() % 4 == 0)
		return LLVMFuzzerMutate(data, size, max);
	for (len = 0; at < size; at += frame, len++) {
		frame = frame_at((char *)data + at, size - at, &head);
		if (data[at] == (uint8_t)*BINARY_MAGIC)
			frame = sizeof(struct binary_start);
		if (at + frame >= size || rand() % 8 == 0)
			break;
	}
	if (at + frame > size || frame <= sizeof(head) || size + frame > max)
		return LLVMFuzzerMutate(data, size, max);
	body = data + at + sizeof(head);
	len = frame - sizeof(head);
	switch (rand() % 4) {
	case 0:
		memmove(data + at, data + at + frame, size - at - frame);
		return size - frame;
	case 1:
		memmove(data + at + frame, data + at, size - at);
		return size + frame;
	case 2:
		LLVMFuzzerMutate(body, len, len);
		return size;
	}
	/* Move what follows to the end of the room, so that the body can grow. */
	grown = size - at - frame;
	memmove(data + max - grown, data + at + frame, grown);
	frame = LLVMFuzzerMutate(body, len, max - grown - at - sizeof(head));
	head.len = frame;
	memcpy(data + at, &head, sizeof(head));
	memmove(body + frame, data + max - grown, grown);
	return at + sizeof(head) + frame + grown;
}
