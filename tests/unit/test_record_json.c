// SPDX-License-Identifier: GPL-2.0
/*
 * Records to JSON and back: exact lines, all values, and invalid lines. json-c
 * reads the lines too, so that the writer is not only tested with our reader.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "model/event_table.h"
#include "base/json.h"
#include "ktap.h"
#include "format/json_flags.h"
#include "format/record_json.h"
#include "model/source_info.h"

static u64 random_state = 1;

/* A reproducible sequence of numbers of all sizes. */
static u64 random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> (random_state >> 58);
}

static const struct mhp_record a_record = {
	.seq = 17,
	.time_ns = 12345678901234,
	.cpu = 3,
	.pid = 4711,
	.comm = "kworker/u8:2",
	.event = MHP_EVENT_mhp_present,
	.size = sizeof(struct mhp_mhp_account),
	.p.mhp_account = {
		.start_pfn = 1048576,
		.delta = -512,
		.after = 32256,
		.nid = 1,
		.zone = MHP_ZONE_MOVABLE,
		.cause = MHP_CAUSE_ROLLBACK,
	},
};

#define A_LINE                                                      \
	"{\"seq\":17,\"ns\":12345678901234,\"cpu\":3,\"pid\":4711," \
	"\"comm\":\"kworker/u8:2\",\"event\":\"mhp_present\","      \
	"\"start_pfn\":1048576,\"delta\":-512,\"after\":32256,"     \
	"\"nid\":1,\"zone\":\"Movable\",\"cause\":\"rollback\"}"

/* The line is copied to the heap, so that a sanitizer detects reads beyond its end. */
static int read_line(const char *line, size_t len, struct mhp_record *record,
		     const char **why)
{
	char *copy = malloc(len ?: 1);
	int err;

	memcpy(copy, line, len);
	err = record_from_json(copy, len, SOURCE_SCHEMA, record, why);
	free(copy);
	return err;
}

static size_t write_line(const struct mhp_record *record, char *line)
{
	char *buf = malloc(RECORD_JSON_MAX);
	size_t len = record_to_json(record, buf);

	memcpy(line, buf, len);
	free(buf);
	return len;
}

static void test_line(void)
{
	char line[RECORD_JSON_MAX + 1];
	struct mhp_record record;
	const char *why;
	size_t len;

	len = write_line(&a_record, line);
	line[len] = '\0';
	eq_text("write a record", line, A_LINE "\n");
	eq("read a record", read_line(line, len - 1, &record, &why), 0);
	ok(!memcmp(&record, &a_record, sizeof(record)),
	   "the record that is read equals the one written");
	eq("no reason without an error", *why, 0);
}

/* The writer caches the last task name: it must not use it for another task. */
static void test_comms(void)
{
	static const char *const comms[] = {
		"kworker/0:1",	  "kworker/0:2", "kworker/0:1", "kworker/0", "",
		"\"kworker/0:1\""
	};
	struct mhp_record record = a_record, back;
	char line[RECORD_JSON_MAX];
	const char *why;
	size_t i, len;

	for (i = 0; i < sizeof(comms) / sizeof(comms[0]); i++) {
		memset(record.comm, 0, sizeof(record.comm));
		strcpy(record.comm, comms[i]);
		len = write_line(&record, line);
		ok(!read_line(line, len - 1, &back, &why) &&
			   !strcmp(back.comm, comms[i]),
		   "task name '%s' after another name", comms[i]);
	}
}

static void randomize(struct mhp_record *record, unsigned int event)
{
	const struct event_field *field = event_info(event)->fields;
	size_t i;

	memset(record, 0, sizeof(*record));
	record->seq = random_number();
	record->time_ns = random_number();
	record->cpu = random_number();
	record->pid = random_number();
	record->event = event;
	record->size = event_info(event)->size;
	for (i = 0; i < MHP_COMM_LEN - 1 && random_number() % 16; i++)
		record->comm[i] = random_number() % 255 + 1;
	for (; field->name; field++)
		event_field_set(field, &record->p,
				field->symbols ? random_number() % 16 :
						 random_number());
}

/* Whether json-c reads the number or word of a field. */
static bool value_is(struct json_object *line, const struct event_field *field,
		     const union mhp_payload *p)
{
	s64 value = event_field_get(field, p);
	struct json_object *member;

	if (!json_object_object_get_ex(line, field->name, &member))
		return false;
	if (json_object_is_type(member, json_type_string))
		return field->symbols &&
		       event_symbol_value(field->symbols,
					  json_object_get_string(member),
					  json_object_get_string_len(member)) ==
			       value;
	if (field->is_signed)
		return json_object_get_int64(member) == value;
	return json_object_get_uint64(member) == (u64)value;
}

static bool json_c_reads(const char *line, size_t len,
			 const struct mhp_record *record)
{
	const struct event_field *field = event_info(record->event)->fields;
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	bool all = true;

	json_tokener_set_flags(tokener, json_flags(line, len));
	object = json_tokener_parse_ex(tokener, line, len);
	if (!object)
		printf("# %s: %.*s\n",
		       json_tokener_error_desc(json_tokener_get_error(tokener)),
		       (int)len, line);
	for (; object && field->name; field++)
		all &= value_is(object, field, &record->p);
	all &= object != NULL;
	json_object_put(object);
	json_tokener_free(tokener);
	return all;
}

static void test_event(unsigned int event)
{
	bool same = true, valid = true, ends = true;
	struct mhp_record record, back;
	char line[RECORD_JSON_MAX];
	const char *why;
	size_t len;
	int i;

	for (i = 0; i < 500; i++) {
		randomize(&record, event);
		len = write_line(&record, line);
		ends &= len <= RECORD_JSON_MAX && line[len - 1] == '\n' &&
			!memchr(line, '\n', len - 1);
		valid &= json_c_reads(line, len - 1, &record);
		same &= !read_line(line, len - 1, &back, &why) &&
			!memcmp(&record, &back, sizeof(back));
	}
	ok(same, "%s is read as it was written", event_info(event)->name);
	ok(valid, "%s is valid JSON for json-c", event_info(event)->name);
	ok(ends, "%s is one line", event_info(event)->name);
}

static void extremes(unsigned int event, u64 bits)
{
	const struct event_field *field = event_info(event)->fields;
	struct mhp_record record, back;
	char line[RECORD_JSON_MAX];
	const char *why;
	size_t len;

	memset(&record, 0xff, MHP_RECORD_HEADER);
	memset(&record.p, 0, sizeof(record.p));
	record.schema = record.reason = 0;
	record.unknown = 0;
	record.event = event;
	record.size = event_info(event)->size;
	record.comm[MHP_COMM_LEN - 1] = '\0';
	for (; field->name; field++)
		event_field_set(field, &record.p,
				field->is_signed ?
					1ULL << (field->size * 8 - 1) :
					bits);
	len = write_line(&record, line);
	ok(len < RECORD_JSON_MAX && !read_line(line, len - 1, &back, &why) &&
		   !memcmp(&record, &back, sizeof(back)),
	   "%s with the longest values is read as it was written",
	   event_info(event)->name);
}

/* Unknown fields are null, and are read as unknown; all others keep their values. */
static void unknown_fields(unsigned int event, u32 unknown)
{
	const struct event_field *field = event_info(event)->fields;
	struct mhp_record record = { 0 }, back;
	char line[RECORD_JSON_MAX], key[64];
	const char *why;
	bool all_null = true;
	size_t len, i;

	record.seq = 7;
	record.event = event;
	record.size = event_info(event)->size;
	record.unknown = 0;
	for (i = 0; field[i].name; i++) {
		if (unknown >> i & 1)
			record.unknown |= 1U << i;
		else
			event_field_set(&field[i], &record.p, 1);
	}
	len = write_line(&record, line);
	line[len] = '\0';
	for (i = 0; field[i].name; i++) {
		snprintf(key, sizeof(key), "\"%s\":null", field[i].name);
		all_null &= (strstr(line, key) != NULL) == (unknown >> i & 1);
	}
	ok(all_null, "%s with unknown fields 0x%x: exactly these are null",
	   event_info(event)->name, unknown);
	ok(!read_line(line, len - 1, &back, &why) &&
		   !memcmp(&record, &back, sizeof(back)),
	   "%s with unknown fields 0x%x is read as it was written",
	   event_info(event)->name, unknown);
}

static void expect(const char *line, int err, const char *want)
{
	struct mhp_record record;
	const char *why;
	int got = read_line(line, strlen(line), &record, &why);

	if (!ok(got == err && !strcmp(why, want), "%s", *want ? want : line))
		printf("# got %d '%s' for %s\n", got, why, line);
}

#define HEAD "\"seq\":1,\"ns\":2,\"cpu\":0,\"pid\":1,\"comm\":\"a\","
#define ONLINE "\"event\":\"mhp_vmemmap_online\","
#define FIELDS "\"start_pfn\":1,\"vmemmap_pages\":2,\"nid\":0,"

static void test_accepted(void)
{
	expect("{" FIELDS "\"zone\":\"DMA\"," ONLINE HEAD "\"x\":null}", 0, "");
	expect(" { " HEAD ONLINE FIELDS " \"zone\" : 1 } \r", 0, "");
	expect("{" HEAD ONLINE FIELDS
	       "\"zone\":\"DMA\",\"n\":-1.5e+3,\"b\":true,\"s\":\"\\n\"}",
	       0, "");
	expect("{" HEAD "\"event\":\"mhp_of_tomorrow\",\"y\":1}", -ENOMSG,
	       "unknown event");
}

static void test_not_json(void)
{
	expect("", -EPROTO, "not a JSON object");
	expect("[1]", -EPROTO, "not a JSON object");
	expect("{", -EPROTO, "expected a key");
	expect("{}", -EPROTO, "expected a key");
	expect("{\"a\":1,}", -EPROTO, "expected a key");
	expect("{\"a\"}", -EPROTO, "expected ':' after a key");
	expect("{\"a\":}", -EPROTO, "not a value");
	expect("{\"a\":nul}", -EPROTO, "not a value");
	expect("{\"a\":-}", -EPROTO, "not a number");
	expect("{\"a\":01}", -EPROTO, "not a number");
	expect("{\"a\":1.}", -EPROTO, "not a number");
	expect("{\"a\":1e}", -EPROTO, "not a number");
	expect("{\"a\":\"b}", -EPROTO, "unterminated string");
	expect("{\"a\":\"b\\", -EPROTO, "unterminated string");
	expect("{\"a\":\"\t\"}", -EPROTO, "control character in a string");
	expect("{\"a\":{}}", -EPROTO, "nested value");
	expect("{\"a\":[]}", -EPROTO, "nested value");
	expect("{\"a\":1", -EPROTO, "unterminated object");
	expect("{\"a\":1 2}", -EPROTO, "unterminated object");
	expect("{\"a\":1}x", -EPROTO, "text after the object");
}

#define SEEN                                                                        \
	"\"event\":\"mhp_snapshot_block\",\"start_pfn\":1,\"nr_pages\":2,"          \
	"\"vmemmap_pages\":3,\"populated\":4,\"altmap_base\":5,\"altmap_alloc\":6," \
	"\"nid\":0,\"zone\":\"none\",\"hosting\":\"boot\",\"state\":\"online\","    \
	"\"origin\":\"kernel\""

/* Older recordings lack fields that were appended to an event later. */
static void test_appended(void)
{
	static const char old[] = "{" HEAD SEEN ",\"poisoned\":7}";
	struct mhp_record r;
	const char *why;

	memset(&r, 0xff, sizeof(r));
	eq("an event that lacks appended fields",
	   record_from_json(old, strlen(old), SOURCE_SCHEMA, &r, &why), 0);
	eq("  missing fields are 0",
	   r.p.mhp_snapshot_block.refs + r.p.mhp_snapshot_block.sections, 0);
	expect("{" HEAD SEEN ",\"refs\":1}", -EPROTO,
	       "\"poisoned\" is missing");
	expect("{" HEAD SEEN ",\"poisoned\":7,\"sections\":-1}", -EPROTO,
	       "\"sections\" is out of range");
}

#define OLD_END                                                         \
	"\"event\":\"mhp_offline_end\",\"start_pfn\":1,\"nr_pages\":2," \
	"\"vmemmap_pages\":3,\"ret\":-16,\"nid\":0,\"zone\":\"Movable\""
#define OLD_BLOCKER                                                   \
	"\"event\":\"mhp_offline_blocker\",\"pfn\":1,\"refcount\":2," \
	"\"mapcount\":3,\"pass\":1,\"kind\":\"anon\",\"stage\":\"migrate\","

static int read_old(const char *line, struct mhp_record *r, const char **why)
{
	memset(r, 0xff, sizeof(*r));
	return record_from_json(line, strlen(line), 2, r, why);
}

/* Schema 2: a reason in the events that end an operation, other names and words. */
static void test_old(void)
{
	struct mhp_record r;
	const char *why;

	eq("schema 2: an end with a reason",
	   read_old("{" HEAD OLD_END ",\"reason\":\"unmovable\"}", &r, &why),
	   0);
	eq("  its reason", r.reason, MHP_REASON_UNMOVABLE);
	eq("  its schema", r.schema, 2);
	eq("  no reason",
	   read_old("{" HEAD OLD_END ",\"reason\":\"none\"}", &r, &why) ?:
		   r.reason,
	   0);
	eq("  a missing one", read_old("{" HEAD OLD_END "}", &r, &why),
	   -EPROTO);
	eq_text("  is named", why, "\"reason\" is missing");
	eq("  an unknown one",
	   read_old("{" HEAD OLD_END ",\"reason\":null}", &r, &why) ?: r.reason,
	   0);
	eq("  is marked as unknown", r.unknown, MHP_OLD_REASON);
	eq("  one that is no word",
	   read_old("{" HEAD OLD_END ",\"reason\":7}", &r, &why), -EPROTO);
	expect("{" HEAD OLD_END "}", 0, "");
	eq("schema 2: a blocker without order and error",
	   read_old("{" HEAD OLD_BLOCKER "\"flags\":9}", &r, &why), 0);
	eq("  its flags", r.p.mhp_offline_blocker.page_flags, 9);
	eq("  the rest is 0",
	   r.p.mhp_offline_blocker.order || r.p.mhp_offline_blocker.ret, 0);
	expect("{" HEAD OLD_BLOCKER "\"flags\":9}", -EPROTO,
	       "\"page_flags\" is missing");
}

static void test_wrong(void)
{
	expect("{\"a\":1}", -EPROTO, "\"seq\" is missing");
	expect("{\"seq\":\"1\"}", -EPROTO, "\"seq\" is not an integer");
	expect("{\"seq\":-1}", -EPROTO, "\"seq\" is out of range");
	expect("{\"seq\":18446744073709551616}", -EPROTO,
	       "\"seq\" is not an integer");
	expect("{\"seq\":1,\"ns\":2,\"cpu\":4294967296}", -EPROTO,
	       "\"cpu\" is out of range");
	expect("{\"seq\":1,\"ns\":2,\"cpu\":0,\"pid\":0,\"comm\":1}", -EPROTO,
	       "\"comm\" is not a string");
	expect("{\"seq\":1,\"ns\":2,\"cpu\":0,\"pid\":0,\"comm\":\"0123456789abcdef\"}",
	       -EPROTO, "\"comm\" is too long");
	expect("{\"seq\":1,\"ns\":2,\"cpu\":0,\"pid\":0,\"comm\":\"\\u0000\"}",
	       -EPROTO, "\"comm\" is not valid");
	expect("{\"seq\":1,\"ns\":2,\"cpu\":0,\"pid\":0,\"comm\":\"\\x\"}",
	       -EPROTO, "\"comm\" is not valid");
	expect("{" HEAD "\"a\":1}", -EPROTO, "\"event\" is missing");
	expect("{" HEAD "\"event\":1}", -EPROTO, "\"event\" is not a string");
	expect("{" HEAD ONLINE FIELDS "\"a\":1}", -EPROTO,
	       "\"zone\" is missing");
	expect("{" HEAD ONLINE FIELDS "\"zone\":\"Mov@ble\"}", -EPROTO,
	       "\"zone\" is not a valid word");
	expect("{" HEAD ONLINE FIELDS "\"zone\":\"\"}", -EPROTO,
	       "\"zone\" is not a valid word");
	expect("{" HEAD ONLINE FIELDS "\"zone\":true}", -EPROTO,
	       "\"zone\" is not an integer");
	expect("{\"seq\":null}", -EPROTO, "\"seq\" is not an integer");
	expect("{" HEAD ONLINE
	       "\"start_pfn\":1,\"vmemmap_pages\":2,\"nid\":2147483648,\"zone\":1}",
	       -EPROTO, "\"nid\" is out of range");
	expect("{" HEAD ONLINE
	       "\"start_pfn\":-1,\"vmemmap_pages\":2,\"nid\":0,\"zone\":1}",
	       -EPROTO, "\"start_pfn\" is out of range");
	expect("{" HEAD ONLINE FIELDS "\"zone\":1,\"seq\":2}", -EPROTO,
	       "duplicate key");
	expect("{" HEAD ONLINE FIELDS "\"zone\":1,\"nid\":2}", -EPROTO,
	       "duplicate key");
}

static void test_too_many(void)
{
	char line[2048] = "{", *at = line + 1;
	int i;

	for (i = 0; i < 65; i++)
		at += sprintf(at, "\"k%d\":1,", i);
	at[-1] = '}';
	expect(line, -EPROTO, "too many keys");
}

/* A truncated line is rejected, wherever it is cut. */
static void test_cut(void)
{
	struct mhp_record record;
	bool rejected = true, named = true;
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(A_LINE) - 1; i++) {
		rejected &= read_line(A_LINE, i, &record, &why) == -EPROTO;
		named &= *why != '\0';
	}
	ok(rejected && named, "truncated lines are rejected");
}

/* A line with one byte changed is rejected, or is another valid record. */
static void test_changed(void)
{
	char line[] = A_LINE;
	struct mhp_record record;
	const char *why;
	int ret, taken = 0, bad = 0, byte;
	size_t i;

	for (i = 0; i < sizeof(line) - 1; i++) {
		for (byte = 0; byte < 256; byte++) {
			line[i] = byte;
			ret = read_line(line, sizeof(line) - 1, &record, &why);
			taken += !ret;
			/* 1: with another word, and without a size. */
			bad += ret == 1 && record.size;
			bad += ret && ret != 1 &&
			       (ret != -ENOMSG && ret != -EPROTO);
			/* comm must end with a NUL. */
			bad += ret >= 0 && record.comm[MHP_COMM_LEN - 1];
		}
		line[i] = A_LINE[i];
	}
	eq("changed lines are rejected, or are valid records", bad, 0);
	ok(taken > (int)sizeof(line), "changed lines that are valid: %d",
	   taken);
}

int main(void)
{
	unsigned int event;

	test_line();
	test_comms();
	for (event = 1; event_info(event); event++) {
		test_event(event);
		extremes(event, ~0ULL);
		unknown_fields(event, ~0U);
		unknown_fields(event, 2);
		extremes(event, 1);
	}
	test_accepted();
	test_not_json();
	test_appended();
	test_old();
	test_wrong();
	test_too_many();
	test_cut();
	test_changed();
	return ktap_done();
}
