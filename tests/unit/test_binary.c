// SPDX-License-Identifier: GPL-2.0
/*
 * The binary form of recordings: written and read, cut, changed byte by byte, with
 * frames that are dropped, doubled or swapped, with the layout of another mhptop,
 * and with what no recorder writes although its checks are right.
 */
#include <errno.h>
#include <stdlib.h>

#include "ktap.h"
#include "format/binary.h"
#include "format/record_json.h"

#define ROOM (1 << 20)
#define FRAMES_MAX 256

/* A recording, as bytes, and the lines that it stands for. */
static char file[ROOM], want[ROOM];
static size_t file_len, want_len;
/* Where its frames begin, and the end of the last one. The first one is the header. */
static size_t frames[FRAMES_MAX + 1];
static size_t nr_frames;

static const struct source_info an_info = {
	.schema = 3,
	.kind = SOURCE_EVENTS,
	.kernel = "6.12.117",
	.host = "box",
	.page_bytes = 4096,
	.block_bytes = 134217728,
	.unknown_events = 6,
	.wall_ns = 1700000000123456789,
	.mono_ns = 12345678901234,
};

static const struct recording_totals some_totals = {
	.folded = 3,
	.source = { .count = { [0] = { .seen = 3, .submitted = 3 },
			       [1] = { .seen = 3, .submitted = 3 } },
		    .mono_ns = 99 },
};

/* A record whose fields have different values, with words and without, negative ones and large ones. */
static void fill(struct mhp_record *record, unsigned int event, unsigned int n)
{
	const struct event_info *info = event_info(event);
	const struct event_field *field;
	u64 value = n;

	*record = (struct mhp_record){
		.seq = n,
		.time_ns = 1000000007ULL * n,
		.cpu = n % 5,
		.pid = 1000 + n,
		.event = event,
		.size = info->size,
		.comm = "a\"\\\xc3\xa9\xff",
	};
	for (field = info->fields; field->name; field++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		event_field_set(field, &record->p,
				field->symbols ? value >> 33 & 15 :
				n % 3	       ? value :
						 value >> 56);
		if (n % 4 == 3 && value >> 62 == 1) {
			record->unknown |= 1U << (field - info->fields);
			event_field_set(field, &record->p, 0);
		}
	}
}

/* Each event several times. */
static void make_file(void)
{
	struct binary_writer writer;
	struct mhp_record record;
	unsigned int event, n = 0;

	file_len = binary_begin_put(&writer, &an_info, file);
	want_len = recording_header_put(&an_info, want);
	for (event = 1; event_info(event); event++)
		for (n = n / 4 * 4 + 4; n % 4 < 3; n++) {
			fill(&record, event, n);
			file_len += binary_record_put(&writer, &record,
						      file + file_len);
			want_len += record_to_json(&record, want + want_len);
		}
	for (event = 1; event_info(event); event++) {
		fill(&record, event, 4 * event + 3);
		file_len +=
			binary_record_put(&writer, &record, file + file_len);
		want_len += record_to_json(&record, want + want_len);
	}
	file_len += binary_totals_put(&writer, &some_totals, file + file_len);
	want_len += recording_totals_put(&some_totals, want + want_len);
}

static void find_frames(void)
{
	size_t at = sizeof(struct binary_start);
	struct binary_head head;

	for (nr_frames = 0; at < file_len; nr_frames++) {
		if (nr_frames == FRAMES_MAX)
			abort();
		frames[nr_frames] = at;
		memcpy(&head, file + at, sizeof(head));
		at += sizeof(head) + head.len;
	}
	frames[nr_frames] = at;
}

/* What is read of some bytes, passed in pieces. Returns the error. */
static int read_back(const char *bytes, size_t len, size_t piece, char *lines,
		     size_t *lines_len, char *why)
{
	/* Of the size that is promised, so that a sanitizer notices what is written beyond it. */
	char *room = malloc(BINARY_LINES_MAX), *copy;
	struct binary_text *text = binary_text_new();
	const char *reason;
	size_t at, n, got;
	int err;

	*lines_len = 0;
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		copy = memcpy(malloc(n), bytes + at, n);
		got = binary_text_put(text, copy, n, room);
		free(copy);
		if (*lines_len + got > ROOM)
			abort();
		memcpy(lines + *lines_len, room, got);
		*lines_len += got;
	}
	binary_text_end(text);
	err = binary_text_error(text, &reason);
	strcpy(why, reason);
	binary_text_free(text);
	free(room);
	return err;
}

static char lines[ROOM], why[256];
static size_t lines_len;

static bool is_prefix(void)
{
	return lines_len <= want_len && !memcmp(lines, want, lines_len);
}

static void test_whole(void)
{
	static const size_t pieces[] = { 1, 7, 1000, BINARY_RAW_MAX };
	size_t i;
	int err;

	ok(nr_frames > 100, "there are frames: %zu", nr_frames);
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		err = read_back(file, file_len, pieces[i], lines, &lines_len,
				why);
		ok(!err && lines_len == want_len && is_prefix(),
		   "a recording becomes the lines that it stands for, read %zu bytes at a time",
		   pieces[i]);
	}
	memcpy(file + file_len, file, file_len);
	memcpy(want + want_len, want, want_len);
	want_len *= 2;
	err = read_back(file, 2 * file_len, 999, lines, &lines_len, why);
	ok(!err && lines_len == want_len && is_prefix(),
	   "two recordings in one file become the lines of both");
	/* Whoever wrote the first one was killed. */
	memmove(file + frames[nr_frames - 2], file, file_len);
	err = read_back(file, frames[nr_frames - 2] + file_len, 999, lines,
			&lines_len, why);
	eq("a recording after one without totals", err, 0);
	ok(lines_len > want_len / 2 && !memcmp(lines + lines_len - want_len / 2,
					       want, want_len / 2),
	   "  is read as a whole");
	make_file();
}

static void test_cut(void)
{
	size_t len, next = 0, wrong = 0, whole = 0;
	int err;

	for (len = 1; len < file_len; len++) {
		err = read_back(file, len, BINARY_RAW_MAX, lines, &lines_len,
				why);
		while (frames[next] < len)
			next++;
		/* Between the start and the header there is no recording yet. */
		if (frames[next] == len && next) {
			whole++;
			wrong += err != 0 || !is_prefix();
		} else {
			wrong += err != -EPROTO || strcmp(why, "truncated") ||
				 !is_prefix();
		}
	}
	eq("cut anywhere: truncated, or without its last frames", wrong, 0);
	eq("  cut after each frame", whole, nr_frames - 1);
}

static void test_flipped(void)
{
	size_t at, silent = 0, other = 0;
	int err, bit;

	for (at = 0; at < file_len; at++)
		for (bit = at % 3; bit < 8; bit += 3) {
			file[at] ^= 1 << bit;
			err = read_back(file, file_len, BINARY_RAW_MAX, lines,
					&lines_len, why);
			silent += !err;
			other += !is_prefix();
			file[at] ^= 1 << bit;
		}
	eq("a flipped bit is always noticed", silent, 0);
	eq("  and nothing of the frame is read", other, 0);
}

/* The file with other frames: as many as nr of those from frame, at the place of skip. */
static int rearranged(size_t at, size_t skip, size_t from, size_t nr)
{
	size_t len = frames[at], more = frames[from + nr] - frames[from];
	char *copy = malloc(2 * file_len);
	int err;

	memcpy(copy, file, len);
	memcpy(copy + len, file + frames[from], more);
	len += more;
	memcpy(copy + len, file + frames[at + skip],
	       file_len - frames[at + skip]);
	len += file_len - frames[at + skip];
	err = read_back(copy, len, BINARY_RAW_MAX, lines, &lines_len, why);
	free(copy);
	return err;
}

static void test_rearranged(void)
{
	size_t i, silent = 0;

	for (i = 0; i < nr_frames - 1; i++) {
		/* Dropped, doubled, preceded by another one. */
		silent += !rearranged(i, 1, 0, 0);
		silent += !rearranged(i, 0, i, 1);
		silent += !rearranged(i, 0, nr_frames - 2 - i % 7, 1);
	}
	eq("a frame that is dropped, doubled or moved is noticed", silent, 0);
}

/* -- with right checks --------------------------------------------------------- */

static u64 chain;

static size_t put_start(char *buf, u16 order, u16 version)
{
	struct binary_start start = { .magic = BINARY_MAGIC,
				      .order = order,
				      .version = version };

	start.check = binary_check_start(&chain, &start);
	memcpy(buf, &start, sizeof(start));
	return sizeof(start);
}

static size_t put_frame(char *buf, u16 kind, const void *body, size_t len)
{
	struct binary_head head = { .kind = kind, .len = len };

	head.check = binary_check(&chain, kind, len, body);
	memcpy(buf, &head, sizeof(head));
	memcpy(buf + sizeof(head), body, len);
	return sizeof(head) + len;
}

/* A recording with a layout, or ours if it is NULL, up to its first record. */
static size_t put_begin(char *buf, const char *layout)
{
	char line[RECORDING_LINE_MAX];
	size_t used = put_start(buf, BINARY_ORDER, BINARY_VERSION);
	size_t len = recording_header_put(&an_info, line);

	used += put_frame(buf + used, BINARY_HEADER, line, len);
	if (!layout)
		layout = layout_own(&len);
	else
		len = strlen(layout);
	return used + put_frame(buf + used, BINARY_LAYOUT, layout, len);
}

static int read_bytes(const char *bytes, size_t len)
{
	int err = read_back(bytes, len, BINARY_RAW_MAX, lines, &lines_len, why);

	lines[lines_len] = '\0';
	return err;
}

static void test_versions(void)
{
	char buf[64];

	eq("a newer version is refused",
	   read_bytes(buf, put_start(buf, BINARY_ORDER, BINARY_VERSION + 1)),
	   -ENOTSUP);
	ok(strstr(why, "version 2 of binary recordings is not the one"), "  %s",
	   why);
	eq("the other byte order is refused",
	   read_bytes(buf, put_start(buf, 0x0201, 0x0100)), -ENOTSUP);
	ok(strstr(why, "other byte order: convert it there"), "  %s", why);
	eq("a byte order that there is not",
	   read_bytes(buf, put_start(buf, 0x0203, 1)), -EPROTO);
	eq("another file with that first byte", read_bytes("\x89PNG\r\n", 6),
	   -EPROTO);
	eq_text("  is not a recording", why, "not an mhptop recording");
}

/* Whether the frame of a record with this body is refused as damaged. */
static bool body_is_damaged(const void *body, size_t len)
{
	static char buf[BINARY_BEGIN_MAX + 4096];
	size_t used = put_begin(buf, NULL);

	used += put_frame(buf + used, BINARY_RECORD, body, len);
	return read_bytes(buf, used) == -EPROTO && !strcmp(why, "damaged");
}

static void test_records(void)
{
	struct mhp_record good, bad;
	size_t len;

	fill(&good, MHP_EVENT_mhp_present, 4);
	len = MHP_RECORD_HEADER + good.size;
	ok(!body_is_damaged(&good, len), "a good record");
	ok(body_is_damaged(&good, len - 1), "a record that is too short");
	ok(body_is_damaged(&good, len + 8), "a record that is too long");
	ok(body_is_damaged(&good, MHP_RECORD_HEADER - 1),
	   "a record without all of its head");
	ok(body_is_damaged(&good, 0), "an empty record");
#define BAD(what, ...)                                \
	do {                                          \
		bad = good;                           \
		__VA_ARGS__;                          \
		ok(body_is_damaged(&bad, len), what); \
	} while (0)
	BAD("event 0", bad.event = 0);
	BAD("an event that the layout does not have",
	    bad.event = MHP_NR_EVENTS);
	BAD("the highest number of an event", bad.event = 0xffff);
	BAD("the size of another event", bad.size += 8);
	BAD("the event of another size",
	    bad.event = MHP_EVENT_mhp_snapshot_block);
	BAD("a schema", bad.schema = 1);
	BAD("a reason", bad.reason = 1);
	BAD("an unknown field that the event does not have",
	    bad.unknown = 1 << 23);
	BAD("a name without an end", memset(bad.comm, 'x', MHP_COMM_LEN));
}

/* A whole recording with other frames in place of the header. */
static int frame_first(u16 kind, const char *body, size_t len)
{
	static char buf[BINARY_BEGIN_MAX + RECORDING_LINE_MAX];
	size_t used = put_start(buf, BINARY_ORDER, BINARY_VERSION);

	return read_bytes(buf, used + put_frame(buf + used, kind, body, len));
}

static void test_frames(void)
{
	static char buf[2 * BINARY_BEGIN_MAX];
	char line[2 * RECORDING_LINE_MAX];
	size_t len = recording_header_put(&an_info, line), used;

	eq("a header", frame_first(BINARY_HEADER, line, len), 0);
	eq("a header without its newline",
	   frame_first(BINARY_HEADER, line, len - 1), -EPROTO);
	eq("a header with another line",
	   frame_first(BINARY_HEADER, strcat(line, "{}\n"), len + 3), -EPROTO);
	eq("a header that is none", frame_first(BINARY_HEADER, "{}\n", 3),
	   -EPROTO);
	eq("an empty header", frame_first(BINARY_HEADER, "", 0), -EPROTO);
	eq("a frame of an unknown kind", frame_first(9, line, len), -EPROTO);
	memset(line + len - 1, ' ', RECORDING_LINE_MAX);
	line[RECORDING_LINE_MAX] = '\n';
	eq("a header that is too long",
	   frame_first(BINARY_HEADER, line, RECORDING_LINE_MAX + 1), -EPROTO);

	len = recording_totals_put(&some_totals, line);
	eq("totals first", frame_first(BINARY_TOTALS, line, len), -EPROTO);
	used = put_begin(buf, NULL);
	used += put_frame(buf + used, BINARY_TOTALS, line, len);
	eq("totals", read_bytes(buf, used), 0);
	used += put_frame(buf + used, BINARY_TOTALS, line, len);
	eq("totals twice", read_bytes(buf, used), -EPROTO);
	used = put_begin(buf, NULL);
	used += put_frame(buf + used, BINARY_TOTALS, line, len - 1);
	eq("totals without their newline", read_bytes(buf, used), -EPROTO);
	used = put_begin(buf, NULL);
	used += put_frame(buf + used, BINARY_LAYOUT, "{}\n", 3);
	eq("a second layout", read_bytes(buf, used), -EPROTO);
	memset(buf, 0xff, sizeof(buf));
	put_start(buf, BINARY_ORDER, BINARY_VERSION);
	eq("a frame longer than any", read_bytes(buf, 64), -EPROTO);
	eq_text("  is damaged at once", why, "damaged");
}

/* -- the layout of another mhptop ------------------------------------------------ */

/* The same records by our code, and by the names of a layout, which is ours. */
static void test_own_layout(void)
{
	char ours[RECORD_JSON_MAX], named[LAYOUT_LINE_MAX];
	size_t len, wrong = 0, a, b;
	const char *text = layout_own(&len), *reason;
	struct layout *layout = layout_parse(text, len, &reason);
	struct mhp_record record;
	unsigned int event, n;

	ok(layout && text[len - 1] == '\n' && len < LAYOUT_TEXT_MAX,
	   "our own layout is read: %zu bytes", len);
	for (event = 1; event_info(event); event++)
		for (n = 0; n < 64; n++) {
			fill(&record, event, n);
			a = record_to_json(&record, ours);
			b = layout_to_json(layout, &record, &record.p, named);
			wrong += a != b || memcmp(ours, named, a) != 0;
		}
	eq("records become the same lines by their names", wrong, 0);
	free(layout);
}

/* Other numbers, offsets, sizes, words and values, a new field, and a new event */
static void test_other_layout(void)
{
	static const char layout[] =
		"{\"layout\":{\"words\":{\"w\":{\"Movable\":200,\"of_tomorrow\":7}},\"events\":{"
		"\"mhp_vmemmap_online\":{\"number\":77,\"size\":24,\"fields\":["
		"[\"zone\",0,1,0,\"w\"],[\"new\",1,1,1],[\"nid\",2,2,1],"
		"[\"vmemmap_pages\",4,4,0],[\"start_pfn\",8,8,0],[\"gone\",16,8,0]]},"
		"\"mhp_of_tomorrow\":{\"number\":1,\"size\":0,\"fields\":[]}}}}\n";
	struct mhp_record head = { .seq = 1,
				   .event = 77,
				   .size = 24,
				   .unknown = 1 << 5,
				   .comm = "x" };
	static char buf[BINARY_BEGIN_MAX];
	struct mhp_record read;
	const char *reason;
	char body[MHP_RECORD_HEADER + 24];
	size_t used = put_begin(buf, layout);
	u16 nid = -1;
	u32 pages = 5;
	u64 pfn = 1ULL << 40;

	memcpy(body, &head, MHP_RECORD_HEADER);
	memset(body + MHP_RECORD_HEADER, 0, 24);
	body[MHP_RECORD_HEADER] = (char)200;
	body[MHP_RECORD_HEADER + 1] = -3;
	memcpy(body + MHP_RECORD_HEADER + 2, &nid, 2);
	memcpy(body + MHP_RECORD_HEADER + 4, &pages, 4);
	memcpy(body + MHP_RECORD_HEADER + 8, &pfn, 8);
	used += put_frame(buf + used, BINARY_RECORD, body, sizeof(body));
	body[MHP_RECORD_HEADER] = 7;
	used += put_frame(buf + used, BINARY_RECORD, body, sizeof(body));
	head.event = 1;
	head.size = 0;
	head.unknown = 0;
	used += put_frame(buf + used, BINARY_RECORD, &head, MHP_RECORD_HEADER);
	eq("another layout is read", read_bytes(buf, used), 0);
	eq_text("  by names", strchr(lines, '\n') + 1,
		"{\"seq\":1,\"ns\":0,\"cpu\":0,\"pid\":0,\"comm\":\"x\",\"event\":\"mhp_vmemmap_online\",\"zone\":\"Movable\",\"new\":-3,\"nid\":-1,\"vmemmap_pages\":5,\"start_pfn\":1099511627776,\"gone\":null}\n"
		"{\"seq\":1,\"ns\":0,\"cpu\":0,\"pid\":0,\"comm\":\"x\",\"event\":\"mhp_vmemmap_online\",\"zone\":\"of_tomorrow\",\"new\":-3,\"nid\":-1,\"vmemmap_pages\":5,\"start_pfn\":1099511627776,\"gone\":null}\n"
		"{\"seq\":1,\"ns\":0,\"cpu\":0,\"pid\":0,\"comm\":\"x\",\"event\":\"mhp_of_tomorrow\"}\n");
	eq("  and becomes our record",
	   record_from_json(strchr(lines, '\n') + 1,
			    strchr(strchr(lines, '\n') + 1, '\n') -
				    strchr(lines, '\n') - 1,
			    3, &read, &reason),
	   0);
	ok(read.p.mhp_vmemmap_zone.zone == MHP_ZONE_MOVABLE &&
		   read.p.mhp_vmemmap_zone.nid == -1 &&
		   read.p.mhp_vmemmap_zone.start_pfn == pfn,
	   "  with our values");

	used = put_begin(buf, layout);
	head.event = 2;
	used += put_frame(buf + used, BINARY_RECORD, &head, MHP_RECORD_HEADER);
	eq("an event that the layout does not have", read_bytes(buf, used),
	   -EPROTO);
}

#define LIST "\"words\":{\"w\":{\"a\":1}}"
#define EVENT(fields)                                                      \
	"{\"layout\":{" LIST                                               \
	",\"events\":{\"e\":{\"number\":1,\"size\":16,\"fields\":[" fields \
	"]}}}}\n"

/* Whether a layout is read that has an event with so many fields, whose names are made by printf(). */
static bool has_fields(const char *name, size_t nr)
{
	static char buf[BINARY_BEGIN_MAX];
	struct layout *layout;
	const char *reason;
	size_t at, i;
	bool is_read;

	at = sprintf(
		buf,
		"{\"layout\":{" LIST
		",\"events\":{\"e\":{\"number\":1,\"size\":16,\"fields\":[");
	for (i = 0; i < nr; i++) {
		at += sprintf(buf + at, "%s[\"", i ? "," : "");
		at += sprintf(buf + at, name, i);
		at += sprintf(buf + at, "\",0,8,0]");
	}
	strcpy(buf + at, "]}}}}\n");
	layout = layout_parse(buf, strlen(buf), &reason);
	is_read = layout;
	free(layout);
	return is_read;
}

static void test_bad_layouts(void)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]\n",
		"{}\n",
		"{\"layout\":1}\n",
		"{\"layout\":{" LIST "}}\n",
		"{\"layout\":{\"words\":[],\"events\":{}}}\n",
		"{\"layout\":{\"words\":{\"w\":1},\"events\":{}}}\n",
		"{\"layout\":{\"words\":{\"w\":{\"a\":-1}},\"events\":{}}}\n",
		"{\"layout\":{\"words\":{\"w\":{\"a\\\"\":1}},\"events\":{}}}\n",
		"{\"layout\":{\"words\":{\"w\":{\"\":1}},\"events\":{}}}\n",
		"{\"layout\":{" LIST ",\"events\":{\"e\":1}}}\n",
		"{\"layout\":{" LIST
		",\"events\":{\"e\":{\"number\":0,\"size\":8,\"fields\":[]}}}}\n",
		"{\"layout\":{" LIST
		",\"events\":{\"e\":{\"number\":256,\"size\":8,\"fields\":[]}}}}\n",
		"{\"layout\":{" LIST
		",\"events\":{\"e\":{\"number\":1,\"size\":1025,\"fields\":[]}}}}\n",
		"{\"layout\":{" LIST
		",\"events\":{\"e\":{\"number\":1,\"size\":-1,\"fields\":[]}}}}\n",
		"{\"layout\":{" LIST
		",\"events\":{\"e\":{\"number\":1,\"size\":8}}}}\n",
		"{\"layout\":{" LIST
		",\"events\":{\"e\":{\"number\":1,\"size\":8,\"fields\":[]},\"f\":{\"number\":1,\"size\":8,\"fields\":[]}}}}\n",
		"{\"layout\":{" LIST
		",\"events\":{\"e\\n\":{\"number\":1,\"size\":8,\"fields\":[]}}}}\n",
		EVENT("1"),
		EVENT("[]"),
		EVENT("[\"x\",0,8]"),
		EVENT("[\"x\",0,8,0,\"w\",1]"),
		EVENT("[1,0,8,0]"),
		EVENT("[\"x\\u0000y\\u0001\",0,8,0]"),
		EVENT("[\"x\\u001b\",0,8,0]"),
		EVENT("[\"0123456789012345678901234567890123456789\",0,8,0]"),
		EVENT("[\"x\",9,8,0]"),
		EVENT("[\"x\",16,1,0]"),
		EVENT("[\"x\",18446744073709551615,8,0]"),
		EVENT("[\"x\",-8,8,0]"),
		EVENT("[\"x\",0,0,0]"),
		EVENT("[\"x\",0,3,0]"),
		EVENT("[\"x\",0,16,0]"),
		EVENT("[\"x\",0,8,2]"),
		EVENT("[\"x\",0,8,0,\"v\"]"),
		EVENT("[\"x\",0,8,0,1]"),
	};
	static char buf[BINARY_BEGIN_MAX];
	const char *reason;
	struct layout *layout;
	size_t i;

	layout = layout_parse(EVENT("[\"x\",0,8,0]"),
			      strlen(EVENT("[\"x\",0,8,0]")), &reason);
	ok(layout, "a layout of one field");
	eq("  its event", layout_payload(layout, 1), 16);
	eq("  no other event", layout_payload(layout, 2), -1);
	eq("  and none beyond all", layout_payload(layout, 0xffff), -1);
	free(layout);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ok(read_bytes(buf, put_begin(buf, bad[i])) == -EPROTO &&
			   !strcmp(why, "the layout of the records is damaged"),
		   "a damaged layout is refused: %.*s",
		   (int)strcspn(bad[i], "\n"), bad[i]);
	}
	ok(!has_fields("f%zu", 25), "more fields than have a bit are refused");
	ok(has_fields("f%zu", 24), "  but not as many");
	ok(!has_fields("field_with_the_longest_possible_name_%02zu", 24),
	   "an event whose line would be too long is refused");
	ok(has_fields("field_with_the_longest_possible_name_%02zu", 10),
	   "  but not a shorter one");
}

int main(void)
{
	make_file();
	find_frames();
	test_whole();
	test_cut();
	test_flipped();
	test_rearranged();
	test_versions();
	test_records();
	test_frames();
	test_own_layout();
	test_other_layout();
	test_bad_layouts();
	return ktap_done();
}
