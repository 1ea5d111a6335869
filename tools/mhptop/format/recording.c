// SPDX-License-Identifier: GPL-2.0
/* Writes and reads the header and totals lines of a recording. */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "base/json.h"
#include "format/json_flags.h"
#include "format/record_json.h"
#include "format/recording.h"
#include "base/plain_text.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
/* Of the architectures that Linux runs on, with room above */
#define PAGE_BYTES_MIN 4096
#define PAGE_BYTES_MAX (1 << 24)
#define RECORDING_UNKNOWN_MAX (64 * 32) /* names of events, with quotes */

const char *recording_check_name(int self_check)
{
	switch (self_check) {
	case 0:
		return "equal";
	case 1:
		return "differs";
	case -EAGAIN:
		return "pending";
	default:
		return "none";
	}
}

/* The names of the events that the source cannot report, as a member of the header; "" if there are none. */
static size_t put_unknown(u64 unknown, char *buf, size_t len)
{
	const char *sep = "\"unknown_events\":[";
	unsigned int event;
	size_t used = 0;

	*buf = '\0';
	for (event = 1; event_info(event); event++) {
		if (!(unknown >> event & 1))
			continue;
		used += snprintf(buf + used, len - used, "%s\"%s\"", sep,
				 event_info(event)->name);
		sep = ",";
	}
	if (used)
		used += snprintf(buf + used, len - used, "],");
	return used;
}

/* Where a recording belongs in a run of its recorder, as members of the header; "" for a run with one recording. */
static void put_place(const struct source_info *info, char *buf, size_t len)
{
	size_t used = 0;

	*buf = '\0';
	if (info->part)
		used += snprintf(buf, len, "\"run_ns\":%llu,\"part\":%llu,",
				 info->run_ns, info->part);
	if (info->base_records)
		used += snprintf(buf + used, len - used,
				 "\"base_records\":%llu,", info->base_records);
	if (info->dropped)
		snprintf(buf + used, len - used, "\"dropped\":%llu,",
			 info->dropped);
}

size_t recording_header_put(const struct source_info *info, char *buf)
{
	char kernel[JSON_TEXT_MAX * sizeof(info->kernel) + 1];
	char host[JSON_TEXT_MAX * sizeof(info->host) + 1];
	char boot_id[JSON_TEXT_MAX * sizeof(info->boot) + 1];
	char boot[sizeof(boot_id) + 16] = "", accounts[48] = "", page[48] = "";
	const char *balloon = info->balloon ? "\"balloon\":true," : "";
	char unknown[RECORDING_UNKNOWN_MAX], run[160];

	*json_text_put(boot_id, info->boot, sizeof(info->boot)) = '\0';
	if (*boot_id)
		snprintf(boot, sizeof(boot), "\"boot\":\"%s\",", boot_id);
	if (info->struct_page_bytes)
		snprintf(page, sizeof(page), "\"struct_page_bytes\":%u,",
			 info->struct_page_bytes);
	if (info->max_accounts)
		snprintf(accounts, sizeof(accounts), "\"max_accounts\":%llu,",
			 info->max_accounts);
	put_unknown(info->unknown_events, unknown, sizeof(unknown));
	put_place(info, run, sizeof(run));
	*json_text_put(kernel, info->kernel, sizeof(info->kernel)) = '\0';
	*json_text_put(host, info->host, sizeof(info->host)) = '\0';
	return snprintf(
		buf, RECORDING_LINE_MAX,
		"{\"schema\":%d,\"type\":\"mhptop\",\"kernel\":\"%s\","
		"\"host\":\"%s\",%s\"source\":\"%s\",\"page_bytes\":%u,"
		"\"block_bytes\":%llu,%s%s%s%s%s\"wall_ns\":%llu,\"mono_ns\":%llu}\n",
		SOURCE_SCHEMA, kernel, host, boot, source_kind_name(info->kind),
		info->page_bytes, info->block_bytes, page, balloon, accounts,
		unknown, run, info->wall_ns, info->mono_ns);
}

size_t recording_totals_put(const struct recording_totals *totals, char *buf)
{
	const struct mhp_count *count = totals->source.count;
	char why[JSON_TEXT_MAX * RECORDING_WHY_MAX + 1];
	const char *sep = "";
	unsigned int i;
	size_t used;

	used = snprintf(
		buf, RECORDING_LINE_MAX,
		"{\"totals\":{\"seen\":%llu,\"lost\":%llu,\"folded\":%llu,"
		"\"self_check\":\"%s\"",
		count[0].seen, count[0].lost, totals->folded,
		recording_check_name(totals->self_check));
	*json_text_put(why, totals->why, RECORDING_WHY_MAX) = '\0';
	if (*why)
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 ",\"self_check_why\":\"%s\"", why);
	if (totals->source.no_room)
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 ",\"no_room\":%llu", totals->source.no_room);
	if (totals->source.no_lock)
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 ",\"no_lock\":%llu", totals->source.no_lock);
	if (totals->source.mono_ns)
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 ",\"mono_ns\":%llu", totals->source.mono_ns);
	if (totals->source.balloon)
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 ",\"balloon\":true");
	used += snprintf(buf + used, RECORDING_LINE_MAX - used,
			 ",\"events\":{");
	for (i = 1; event_info(i) && i < ARRAY_SIZE(totals->source.count);
	     i++) {
		if (!count[i].seen)
			continue;
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 "%s\"%s\":{\"seen\":%llu,\"lost\":%llu}", sep,
				 event_info(i)->name, count[i].seen,
				 count[i].lost);
		sep = ",";
	}
	used += snprintf(buf + used, RECORDING_LINE_MAX - used, "}}}\n");
	return used;
}

/* The highest number of events, with names and counts of full length. */
_Static_assert(64 * 96 + JSON_TEXT_MAX * RECORDING_WHY_MAX + 256 <
		       RECORDING_LINE_MAX,
	       "totals fit into a line");

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A JSON object, and the buffer for the reason of an error. */
struct reader {
	struct json_object *object;
	char *why;
	size_t len;
};

static int __attribute__((format(printf, 2, 3)))
reader_fail(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->why, reader->len, format, args);
	va_end(args);
	/* The reason may quote the line. */
	plain_text(reader->why);
	return -EPROTO;
}

static int parse(struct reader *reader, const char *line, size_t len)
{
	struct json_tokener *tokener;
	bool no_memory;

	/* json-c would ignore everything after a NUL. */
	if (memchr(line, '\0', len))
		return reader_fail(reader, "not a JSON object");
	tokener = json_tokener_new_ex(8);
	if (!tokener) {
		reader_fail(reader, "out of memory");
		return -ENOMEM;
	}
	json_tokener_set_flags(tokener, json_flags(line, len));
	/* json-c has no error for this. */
	errno = 0;
	reader->object = json_tokener_parse_ex(tokener, line, len);
	no_memory = errno == ENOMEM;
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    !json_object_is_type(reader->object, json_type_object)) {
		json_object_put(reader->object);
		reader->object = NULL;
	}
	json_tokener_free(tokener);
	if (!reader->object && no_memory) {
		reader_fail(reader, "out of memory");
		return -ENOMEM;
	}
	return reader->object ? 0 : reader_fail(reader, "not a JSON object");
}

static struct json_object *find(struct reader *reader, const char *key,
				enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(reader->object, key, &value)) {
		reader_fail(reader, "\"%s\" is missing", key);
		return NULL;
	}
	if (!json_object_is_type(value, type)) {
		reader_fail(reader, "\"%s\" is not %s", key,
			    type == json_type_int    ? "an integer" :
			    type == json_type_string ? "a string" :
						       "an object");
		return NULL;
	}
	return value;
}

static int reader_number(struct reader *reader, const char *key, u64 *number)
{
	struct json_object *value = find(reader, key, json_type_int);

	if (!value)
		return -EPROTO;
	if (json_object_get_int64(value) < 0)
		return reader_fail(reader, "\"%s\" is out of range", key);
	*number = json_object_get_uint64(value);
	return 0;
}

/* The same; a key that is missing leaves *number unchanged. */
static int optional_number(struct reader *reader, const char *key, u64 *number)
{
	if (!json_object_object_get_ex(reader->object, key, NULL))
		return 0;
	return reader_number(reader, key, number);
}

/* The text may be shown on a terminal, so control characters are replaced. */
static int get_text(struct reader *reader, const char *key, char *text,
		    size_t len)
{
	struct json_object *value = find(reader, key, json_type_string);

	if (!value)
		return -EPROTO;
	snprintf(text, len, "%s", json_object_get_string(value));
	plain_text(text);
	return 0;
}

/* The same; a key that is missing leaves the text unchanged. */
static int optional_text(struct reader *reader, const char *key, char *text,
			 size_t len)
{
	if (!json_object_object_get_ex(reader->object, key, NULL))
		return 0;
	return get_text(reader, key, text, len);
}

/* Schema 1 called it "tier". */
static int get_kind(struct reader *reader, struct source_info *info)
{
	static const enum source_kind kinds[] = { SOURCE_EVENTS, SOURCE_PROBES,
						  SOURCE_SYSFS };
	char name[32];
	size_t i;
	const char *key = info->schema < 2 ? "tier" : "source";
	int err = get_text(reader, key, name, sizeof(name));

	for (i = 0; !err && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(source_kind_name(kinds[i]), name))
			continue;
		info->kind = kinds[i];
		return 0;
	}
	return err   ?:
		       reader_fail(reader, "\"%s\" is unknown: \"%s\"", key,
				   name);
}

static bool is_power_of_two(u64 value)
{
	return value && !(value & (value - 1));
}

/* Optional, and never false. */
static int get_balloon(struct reader *reader, bool *balloon)
{
	struct json_object *value;

	if (!json_object_object_get_ex(reader->object, "balloon", &value))
		return 0;
	*balloon = json_object_is_type(value, json_type_boolean) &&
		   json_object_get_boolean(value);
	return *balloon ? 0 : reader_fail(reader, "\"balloon\" is not true");
}

/* The sizes are used as divisors, so they must be valid. */
static int get_geometry(struct reader *reader, struct source_info *info)
{
	u64 page, struct_page = 0;
	int err;

	err = reader_number(reader, "page_bytes", &page);
	if (!err)
		err = reader_number(reader, "block_bytes", &info->block_bytes);
	if (err)
		return err;
	if (!is_power_of_two(page) || page < PAGE_BYTES_MIN ||
	    page > PAGE_BYTES_MAX)
		return reader_fail(reader,
				   "\"page_bytes\" is not a page size: %llu",
				   page);
	if (!is_power_of_two(info->block_bytes) || info->block_bytes < page)
		return reader_fail(
			reader,
			"\"block_bytes\" is not a memory block size: %llu",
			info->block_bytes);
	info->page_bytes = page;
	err = optional_number(reader, "struct_page_bytes", &struct_page);
	if (err)
		return err;
	if (struct_page > page)
		return reader_fail(
			reader,
			"\"struct_page_bytes\" is not the size of a struct page: %llu",
			struct_page);
	info->struct_page_bytes = struct_page;
	err = get_balloon(reader, &info->balloon);
	return err   ?:
		       optional_number(reader, "max_accounts",
				       &info->max_accounts);
}

/* Optional. A name that this version does not know is of an event that it does not know either. */
static int get_unknown(struct reader *reader, u64 *unknown)
{
	struct json_object *list, *name;
	unsigned int event;
	size_t i;

	if (!json_object_object_get_ex(reader->object, "unknown_events", &list))
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return reader_fail(reader,
				   "\"unknown_events\" is not an array");
	for (i = 0; i < json_object_array_length(list); i++) {
		name = json_object_array_get_idx(list, i);
		if (!json_object_is_type(name, json_type_string))
			return reader_fail(
				reader,
				"\"unknown_events\" has something other than strings");
		event = record_event(json_object_get_string(name),
				     json_object_get_string_len(name));
		if (event)
			*unknown |= 1ULL << event;
	}
	return 0;
}

/* Optional, all of it. */
static int get_run(struct reader *reader, struct source_info *info)
{
	int err = optional_number(reader, "run_ns", &info->run_ns);

	if (!err)
		err = optional_number(reader, "part", &info->part);
	if (!err)
		err = optional_number(reader, "base_records",
				      &info->base_records);
	if (!err)
		err = optional_number(reader, "dropped", &info->dropped);
	return err;
}

static int get_schema(struct reader *reader, int *schema)
{
	char type[32];
	u64 value;

	if (get_text(reader, "type", type, sizeof(type)) ||
	    strcmp(type, "mhptop") || reader_number(reader, "schema", &value))
		return reader_fail(reader, "not an mhptop recording");
	if (value > SOURCE_SCHEMA) {
		reader_fail(
			reader,
			"schema %llu is newer than %d, the newest this mhptop reads: use the mhptop that recorded it",
			value, SOURCE_SCHEMA);
		return -ENOTSUP;
	}
	if (!value)
		return reader_fail(reader, "\"schema\" is out of range");
	*schema = value;
	return 0;
}

int recording_header_get(const char *line, size_t len, struct source_info *info,
			 char *why, size_t why_len)
{
	struct reader reader = { .why = why, .len = why_len };
	int err;

	memset(info, 0, sizeof(*info));
	err = parse(&reader, line, len);
	if (err == -EPROTO)
		err = reader_fail(&reader, "not an mhptop recording");
	if (!err)
		err = get_schema(&reader, &info->schema);
	if (!err)
		err = get_text(&reader, "kernel", info->kernel,
			       sizeof(info->kernel));
	if (!err)
		err = get_text(&reader, "host", info->host, sizeof(info->host));
	if (!err)
		err = optional_text(&reader, "boot", info->boot,
				    sizeof(info->boot));
	if (!err)
		err = get_kind(&reader, info);
	if (!err)
		err = get_geometry(&reader, info);
	if (!err)
		err = get_unknown(&reader, &info->unknown_events);
	if (!err)
		err = get_run(&reader, info);
	if (!err)
		err = reader_number(&reader, "wall_ns", &info->wall_ns);
	if (!err)
		err = reader_number(&reader, "mono_ns", &info->mono_ns);
	json_object_put(reader.object);
	return err;
}

static bool line_begins(const char *line, size_t len, const char *start)
{
	return len >= strlen(start) && !memcmp(line, start, strlen(start));
}

bool recording_is_header(const char *line, size_t len)
{
	return line_begins(line, len, "{\"schema\":");
}

bool recording_is_totals(const char *line, size_t len)
{
	return line_begins(line, len, "{\"totals\":");
}

static int get_count(struct reader *reader, struct mhp_count *count)
{
	int err = reader_number(reader, "seen", &count->seen);

	if (!err)
		err = reader_number(reader, "lost", &count->lost);
	if (!err && count->lost > count->seen)
		err = reader_fail(reader, "more events lost than occurred");
	count->submitted = count->seen - count->lost;
	return err;
}

/* The counts of all events, and their sum. Unknown events only count in the sum. */
static int get_events(struct reader *reader, struct source_totals *totals,
		      struct mhp_count *sum)
{
	struct json_object *events = find(reader, "events", json_type_object);
	struct json_object_iterator i, end;
	struct reader one = *reader;
	struct mhp_count count;
	unsigned int event;
	const char *name;
	int err;

	if (!events)
		return -EPROTO;
	i = json_object_iter_begin(events);
	end = json_object_iter_end(events);
	for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
		name = json_object_iter_peek_name(&i);
		event = record_event(name, strlen(name));
		one.object = json_object_iter_peek_value(&i);
		if (!json_object_is_type(one.object, json_type_object))
			return reader_fail(reader, "\"%s\" is not an object",
					   name);
		err = get_count(&one, &count);
		if (err)
			return err;
		sum->seen += count.seen;
		sum->lost += count.lost;
		if (event && event < ARRAY_SIZE(totals->count))
			totals->count[event] = count;
	}
	return 0;
}

/* Detect changed numbers: they no longer add up. */
static int check_sums(struct reader *reader,
		      const struct recording_totals *totals,
		      const struct mhp_count *sum)
{
	const struct mhp_count *all = &totals->source.count[0];

	if (all->submitted != totals->folded)
		return reader_fail(
			reader,
			"the totals are inconsistent: %llu events, of which %llu lost and %llu written",
			all->seen, all->lost, totals->folded);
	if (all->seen != sum->seen || all->lost != sum->lost)
		return reader_fail(
			reader,
			"the totals are inconsistent: %llu events, %llu lost, but the counts by event add up to %llu, %llu lost",
			all->seen, all->lost, sum->seen, sum->lost);
	return 0;
}

static int get_check(struct reader *reader, int *self_check)
{
	static const int results[] = { 0, 1, -EOPNOTSUPP };
	char name[32];
	size_t i;
	int err = get_text(reader, "self_check", name, sizeof(name));

	for (i = 0; !err && i < ARRAY_SIZE(results); i++) {
		if (strcmp(recording_check_name(results[i]), name))
			continue;
		*self_check = results[i];
		return 0;
	}
	return err   ?:
		       reader_fail(reader, "\"self_check\" is unknown: \"%s\"",
				   name);
}

int recording_totals_get(const char *line, size_t len,
			 struct recording_totals *totals, char *why,
			 size_t why_len)
{
	struct reader reader = { .why = why, .len = why_len };
	struct mhp_count sum = { 0 };
	struct json_object *whole;
	int err;

	memset(totals, 0, sizeof(*totals));
	err = parse(&reader, line, len);
	if (err)
		return err;
	whole = reader.object;
	reader.object = find(&reader, "totals", json_type_object);
	err = reader.object ? get_count(&reader, &totals->source.count[0]) :
			      -EPROTO;
	if (!err)
		err = reader_number(&reader, "folded", &totals->folded);
	if (!err)
		err = get_check(&reader, &totals->self_check);
	if (!err)
		err = optional_text(&reader, "self_check_why", totals->why,
				    sizeof(totals->why));
	if (!err)
		err = optional_number(&reader, "no_room",
				      &totals->source.no_room);
	if (!err)
		err = optional_number(&reader, "no_lock",
				      &totals->source.no_lock);
	if (!err)
		err = optional_number(&reader, "mono_ns",
				      &totals->source.mono_ns);
	if (!err)
		err = get_balloon(&reader, &totals->source.balloon);
	if (!err)
		err = get_events(&reader, &totals->source, &sum);
	if (!err)
		err = check_sums(&reader, totals, &sum);
	json_object_put(whole);
	return err;
}
