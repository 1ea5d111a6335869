// SPDX-License-Identifier: GPL-2.0
/*
 * A line of a recording back into a record, by the table of events. Keys may
 * come in any order; whatever is wrong is named.
 *
 * The way out is in record_json.c, header and totals lines in recording.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "base/json_flat.h"
#include "base/json_text.h"
#include "format/record_json.h"

static int fail(struct json_flat *flat, const char *key, const char *what)
{
	static char text[128];

	snprintf(text, sizeof(text), "\"%s\" %s", key, what);
	flat->why = text;
	return -EPROTO;
}

static int get_number(struct json_flat *flat, const char *key, u64 max,
		      u64 *value)
{
	const struct json_member *member = json_flat_find(flat, key);

	if (!member)
		return fail(flat, key, "is missing");
	if (member->kind != JSON_KIND_INTEGER)
		return fail(flat, key, "is not an integer");
	if (member->magnitude > max || (member->negative && member->magnitude))
		return fail(flat, key, "is out of range");
	*value = member->magnitude;
	return 0;
}

static int get_comm(struct json_flat *flat, char *comm)
{
	const struct json_member *member = json_flat_find(flat, "comm");
	int len;

	if (!member)
		return fail(flat, "comm", "is missing");
	if (member->kind != JSON_KIND_STRING)
		return fail(flat, "comm", "is not a string");
	len = json_text_get(member->text, member->text_len, comm,
			    MHP_COMM_LEN - 1);
	if (len == -ENOSPC)
		return fail(flat, "comm", "is too long");
	if (len < 0 || memchr(comm, '\0', len))
		return fail(flat, "comm", "is not valid");
	return 0;
}

/* What all records have, in the order in which it is written. */
static int get_header(struct json_flat *flat, struct mhp_record *record)
{
	u64 cpu = 0, pid = 0;
	int err;

	err = get_number(flat, "seq", ~0ULL, &record->seq);
	if (!err)
		err = get_number(flat, "ns", ~0ULL, &record->time_ns);
	if (!err)
		err = get_number(flat, "cpu", ~0U, &cpu);
	if (!err)
		err = get_number(flat, "pid", ~0U, &pid);
	if (!err)
		err = get_comm(flat, record->comm);
	record->cpu = cpu;
	record->pid = pid;
	return err;
}

/*
 * Fields that were appended to an event when there were recordings of it: the
 * first of each. Where they are missing they are 0.
 */
static const struct {
	unsigned int event;
	const char *field;
} appended[] = {
	{ MHP_EVENT_mhp_block_seen, "refs" },
};

static bool is_appended(unsigned int event, const struct event_field *field)
{
	size_t i;

	for (i = 0; i < sizeof(appended) / sizeof(*appended); i++)
		if (appended[i].event == event &&
		    !strcmp(appended[i].field, field->name))
			return true;
	return false;
}

static bool fits(const struct event_field *field,
		 const struct json_member *member)
{
	u64 max = ~0ULL >> (64 - field->size * 8 + field->is_signed);

	if (!member->negative)
		return member->magnitude <= max;
	return member->magnitude <= (field->is_signed ? max + 1 : 0);
}

static int get_field(struct json_flat *flat, const struct event_field *field,
		     union mhp_payload *p)
{
	const struct json_member *member = json_flat_find(flat, field->name);
	u64 value;
	long word;

	if (!member)
		return fail(flat, field->name, "is missing");
	if (field->symbols && member->kind == JSON_KIND_STRING) {
		word = event_symbol_value(field->symbols, member->text,
					  member->text_len);
		if (word < 0)
			return fail(
				flat, field->name,
				"has an unknown word: damaged, or recorded by a newer mhptop");
		event_field_set(field, p, word);
		return 0;
	}
	if (member->kind != JSON_KIND_INTEGER)
		return fail(flat, field->name, "is not an integer");
	if (!fits(field, member))
		return fail(flat, field->name, "is out of range");
	value = member->magnitude;
	event_field_set(field, p, member->negative ? -value : value);
	return 0;
}

static int get_event(struct json_flat *flat, struct mhp_record *record)
{
	const struct json_member *member = json_flat_find(flat, "event");
	const struct event_field *field;
	const struct event_info *info;
	bool optional = false;
	int err;

	if (!member)
		return fail(flat, "event", "is missing");
	if (member->kind != JSON_KIND_STRING)
		return fail(flat, "event", "is not a string");
	record->event = event_by_name(member->text, member->text_len);
	info = event_info(record->event);
	if (!info) {
		flat->why = "an event that is not known here";
		return -ENOMSG;
	}
	record->size = info->size;
	for (field = info->fields; field->name; field++) {
		optional |= is_appended(record->event, field);
		if (optional && !json_flat_find(flat, field->name))
			continue;
		err = get_field(flat, field, &record->p);
		if (err)
			return err;
	}
	return 0;
}

int record_from_json(const char *line, size_t len, struct mhp_record *record,
		     const char **why)
{
	struct json_flat flat;
	int err;

	memset(record, 0, sizeof(*record));
	err = json_flat_scan(&flat, line, len);
	if (!err)
		err = get_header(&flat, record);
	if (!err)
		err = get_event(&flat, record);
	if ((!err || err == -ENOMSG) && json_flat_repeats(&flat)) {
		flat.why = "the same key twice";
		err = -EPROTO;
	}
	*why = flat.why;
	return err;
}
