// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a record as a line of JSON, and reads it.
 *
 * Writing is the hot path of `mhptop record`: each class of events has its own
 * writer, generated from tracepoints.h, with constant keys and without
 * allocations or printf().
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/event_words.h"
#include "base/json.h"
#include "format/old_form.h"
#include "format/record_json.h"
#include "model/event_table.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define WORD_MAX 24 /* word of an enum, with quotes */
#define WORDS_MAX 32 /* words of an enum */

/* A string literal, without its NUL. */
#define put_text(p, text) \
	((char *)memcpy(p, text, sizeof(text) - 1) + sizeof(text) - 1)

/* The words of enums by value, with quotes; "" for a value without a word. */
struct word {
	char text[WORD_MAX];
	size_t len;
};

#define WORD_LIST(list, ...) static struct word words_##list[WORDS_MAX];
EVENT_WORD_LISTS(WORD_LIST)
static const struct word words_none[0];

static void words_fill(struct word *words, const struct event_symbol *symbols)
{
	struct word *word;

	for (; symbols->name; symbols++) {
		if (symbols->value >= WORDS_MAX)
			continue; /* written as a number */
		word = &words[symbols->value];
		word->len =
			snprintf(word->text, WORD_MAX, "\"%s\"", symbols->name);
	}
}

static void __attribute__((constructor)) words_init(void)
{
#define WORDS_FILL(list, ...) words_fill(words_##list, event_##list);
	EVENT_WORD_LISTS(WORDS_FILL)
}

static char *put_signed(char *p, s64 value)
{
	if (value >= 0)
		return json_number_put(p, value);
	*p = '-';
	return json_number_put(p + 1, -(u64)value);
}

/* Inlined, as all arguments but the value are constants. */
static inline __attribute__((always_inline)) char *
put_value(char *p, const struct word *words, size_t nr_words, bool is_signed,
	  s64 value)
{
	if ((u64)value < nr_words && words[value].len) {
		memcpy(p, words[value].text, WORD_MAX);
		return p + words[value].len;
	}
	return is_signed ? put_signed(p, value) : json_number_put(p, value);
}

/* CPU, thread and name, with the keys around them. A task usually has several records in a row: keep its text. */
#define TASK_USUAL 64
#define TASK_MAX (64 + 2 * JSON_NUMBER_MAX + JSON_TEXT_MAX * MHP_COMM_LEN)

struct task {
	u32 cpu;
	u32 pid;
	char comm[MHP_COMM_LEN];
	size_t len;
	char text[TASK_MAX];
};

static void __attribute__((noinline))
task_fill(struct task *task, const struct mhp_record *record)
{
	char *p = task->text;

	task->cpu = record->cpu;
	task->pid = record->pid;
	memcpy(task->comm, record->comm, MHP_COMM_LEN);
	p = put_text(p, ",\"cpu\":");
	p = json_number_put(p, record->cpu);
	p = put_text(p, ",\"pid\":");
	p = json_number_put(p, record->pid);
	p = put_text(p, ",\"comm\":\"");
	p = json_text_put(p, record->comm, MHP_COMM_LEN - 1);
	p = put_text(p, "\",\"event\":");
	task->len = p - task->text;
}

static char *put_task(char *p, const struct mhp_record *record)
{
	static struct task last;

	if (!last.len || last.cpu != record->cpu || last.pid != record->pid ||
	    memcmp(last.comm, record->comm, MHP_COMM_LEN))
		task_fill(&last, record);
	memcpy(p, last.text, TASK_USUAL);
	if (last.len > TASK_USUAL)
		memcpy(p + TASK_USUAL, last.text + TASK_USUAL,
		       last.len - TASK_USUAL);
	return p + last.len;
}

/* The fields of each class. */
#include "mhp_read.h"
#undef __field
#define __field(type, field)                                  \
	p = put_text(p, ",\"" #field "\":");                  \
	p = put_value(p, EVENT_WORDS(words_, field),          \
		      ARRAY_SIZE(EVENT_WORDS(words_, field)), \
		      (type)-1 < (type)1, entry->field);
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print)     \
	static char *put_##class(char *p, const struct mhp_##class *entry) \
	{                                                                  \
		fields return p;                                           \
	}
#include "mhp_all_events.h"

/* The same for a record with unknown fields, which are null. Not the hot path. */
static char *put_known(char *p, const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);
	const struct event_field *field;
	const char *word;
	s64 value;
	u32 bit = 1;

	*p++ = '"';
	p = stpcpy(stpcpy(p, info->name), "\"");
	for (field = info->fields; field->name; field++, bit <<= 1) {
		p = stpcpy(stpcpy(stpcpy(p, ",\""), field->name), "\":");
		value = event_field_get(field, &record->p);
		word = field->symbols ?
			       event_symbol_known(field->symbols, value) :
			       NULL;
		if (record->unknown & bit)
			p = put_text(p, "null");
		else if (word)
			p = stpcpy(stpcpy(stpcpy(p, "\""), word), "\"");
		else
			p = field->is_signed ? put_signed(p, value) :
					       json_number_put(p, value);
	}
	return p;
}

static char *record_put_event(char *p, const struct mhp_record *record)
{
	if (record->unknown && event_info(record->event))
		return put_known(p, record);
	switch (record->event) {
#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, name, proto, args)    \
	case MHP_EVENT_##name:                    \
		p = put_text(p, "\"" #name "\""); \
		return put_##class(p, &record->p.class);
#include "mhp_all_events.h"
	}
	return json_number_put(p, record->event);
}

/* The longest line, with room for the last memcpy() to write beyond its end. */
#define VALUE_MAX (WORD_MAX > JSON_NUMBER_MAX ? WORD_MAX : JSON_NUMBER_MAX)
#include "mhp_read.h"
#undef __field
#define __field(type, field) +(sizeof(",\"" #field "\":") + VALUE_MAX)
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print)        \
	_Static_assert(6 * (16 + VALUE_MAX) +                                 \
				       JSON_TEXT_MAX * MHP_COMM_LEN fields <= \
			       RECORD_JSON_MAX,                               \
		       #class);
#include "mhp_all_events.h"

size_t record_to_json(const struct mhp_record *record, char *buf)
{
	char *p = buf;

	p = put_text(p, "{\"seq\":");
	p = json_number_next(p, record->seq);
	p = put_text(p, ",\"ns\":");
	p = json_number_time(p, record->time_ns);
	p = put_task(p, record);
	p = record_put_event(p, record);
	p = put_text(p, "}\n");
	return p - buf;
}

static int record_fail(struct json_flat *flat, const char *key,
		       const char *what)
{
	static char text[128];

	snprintf(text, sizeof(text), "\"%s\" %s", key, what);
	flat->why = text;
	return -EPROTO;
}

static int record_number(struct json_flat *flat, const char *key, u64 max,
			 u64 *value)
{
	const struct json_member *member = json_flat_find(flat, key);

	if (!member)
		return record_fail(flat, key, "is missing");
	if (member->kind != JSON_KIND_INTEGER)
		return record_fail(flat, key, "is not an integer");
	if (member->magnitude > max || (member->negative && member->magnitude))
		return record_fail(flat, key, "is out of range");
	*value = member->magnitude;
	return 0;
}

static int get_comm(struct json_flat *flat, char *comm)
{
	const struct json_member *member = json_flat_find(flat, "comm");
	int len;

	if (!member)
		return record_fail(flat, "comm", "is missing");
	if (member->kind != JSON_KIND_STRING)
		return record_fail(flat, "comm", "is not a string");
	len = json_text_get(member->text, member->text_len, comm,
			    MHP_COMM_LEN - 1);
	if (len == -ENOSPC)
		return record_fail(flat, "comm", "is too long");
	if (len < 0 || memchr(comm, '\0', len))
		return record_fail(flat, "comm", "is not valid");
	return 0;
}

/* The members that all records have, in the order in which they are written. */
static int get_header(struct json_flat *flat, struct mhp_record *record)
{
	u64 cpu = 0, pid = 0;
	int err;

	err = record_number(flat, "seq", ~0ULL, &record->seq);
	if (!err)
		err = record_number(flat, "ns", ~0ULL, &record->time_ns);
	if (!err)
		err = record_number(flat, "cpu", ~0U, &cpu);
	if (!err)
		err = record_number(flat, "pid", ~0U, &pid);
	if (!err)
		err = get_comm(flat, record->comm);
	record->cpu = cpu;
	record->pid = pid;
	return err;
}

/* Names that were changed after schema 1. */
static const struct {
	const char *name;
	unsigned int event;
} old_names[] = {
	{ "mhp_block_seen", MHP_EVENT_mhp_snapshot_block },
	{ "mhp_zone_seen", MHP_EVENT_mhp_snapshot_zone },
};

unsigned int record_event(const char *name, size_t len)
{
	unsigned int event = event_by_name(name, len);
	size_t i;

	for (i = 0; !event && i < ARRAY_SIZE(old_names); i++)
		if (strlen(old_names[i].name) == len &&
		    !memcmp(old_names[i].name, name, len))
			event = old_names[i].event;
	return event;
}

/* The first of the fields that an event got later. */
static const struct {
	unsigned int event;
	const char *field;
} appended[] = {
	{ MHP_EVENT_mhp_snapshot_block, "refs" },
};

bool record_field_is_appended(unsigned int event,
			      const struct event_field *field)
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

/* The value of a word, -1 if it has none. */
static long get_word(const struct event_symbol *symbols, const char *field,
		     const struct json_member *member, bool is_old)
{
	long word = event_symbol_value(symbols, member->text, member->text_len);

	if (word < 0 && is_old)
		word = old_form_word(field, member->text, member->text_len);
	return word;
}

/*
 * A word without a value: one that a newer kernel has, or, in a recording of an
 * old form, which nothing newer writes, damage. 1 or -EPROTO.
 */
static int refuse_word(struct json_flat *flat, const char *field,
		       const struct json_member *member, bool is_old)
{
	if (is_old || !event_word_may_be_new(member->text, member->text_len))
		return record_fail(flat, field, "is not a valid word");
	return 1;
}

/* 0, 1: the word is unknown, or -EPROTO. */
static int get_field(struct json_flat *flat, const struct event_info *info,
		     const struct event_field *field, struct mhp_record *record)
{
	const struct json_member *member = json_flat_find(flat, field->name);
	const char *old = record->schema ?
				  old_form_name(record->event, field->name) :
				  NULL;
	union mhp_payload *p = &record->p;
	u64 value;
	long word;

	if (!member && old)
		member = json_flat_find(flat, old);
	if (!member)
		return record_fail(flat, field->name, "is missing");
	if (member->kind == JSON_KIND_NULL) {
		record->unknown |= 1U << (field - info->fields);
		return 0;
	}
	if (field->symbols && member->kind == JSON_KIND_STRING) {
		word = get_word(field->symbols, field->name, member,
				record->schema);
		if (word >= 0) {
			event_field_set(field, p, word);
			return 0;
		}
		return refuse_word(flat, field->name, member, record->schema);
	}
	if (member->kind != JSON_KIND_INTEGER)
		return record_fail(flat, field->name, "is not an integer");
	if (!fits(field, member))
		return record_fail(flat, field->name, "is out of range");
	value = member->magnitude;
	event_field_set(field, p, member->negative ? -value : value);
	return 0;
}

/* The reason that is an event of its own now. */
static int get_old_reason(struct json_flat *flat, struct mhp_record *record)
{
	const struct json_member *member = json_flat_find(flat, "reason");
	long word;

	if (!member)
		return record_fail(flat, "reason", "is missing");
	if (member->kind == JSON_KIND_NULL) {
		record->unknown |= MHP_OLD_REASON;
		return 0;
	}
	if (member->kind != JSON_KIND_STRING)
		return record_fail(flat, "reason", "is not a string");
	word = get_word(event_reasons, "reason", member, true);
	if (word < 0)
		return refuse_word(flat, "reason", member, true);
	record->reason = word;
	return 0;
}

/* 0, 1: a word is unknown, -ENOMSG: the event is, or -EPROTO. */
static int get_event(struct json_flat *flat, struct mhp_record *record)
{
	const struct json_member *member = json_flat_find(flat, "event");
	const struct event_field *field;
	const struct event_info *info;
	bool optional = false;
	int ret, unknown = 0;

	if (!member)
		return record_fail(flat, "event", "is missing");
	if (member->kind != JSON_KIND_STRING)
		return record_fail(flat, "event", "is not a string");
	record->event = record_event(member->text, member->text_len);
	info = event_info(record->event);
	if (!info) {
		flat->why = "unknown event";
		return -ENOMSG;
	}
	record->size = info->size;
	for (field = info->fields; field->name; field++) {
		optional |= record_field_is_appended(record->event, field);
		if (optional && !json_flat_find(flat, field->name))
			continue;
		if (record->schema &&
		    old_form_lacks(record->event, field->name))
			continue;
		ret = get_field(flat, info, field, record);
		if (ret < 0)
			return ret;
		unknown |= ret;
	}
	if (record->schema && old_form_has_reason(record->event))
		return get_old_reason(flat, record);
	/* What it says is not known. */
	if (unknown)
		record->size = 0;
	return unknown;
}

int record_from_json(const char *line, size_t len, int schema,
		     struct mhp_record *record, const char **why)
{
	struct json_flat flat;
	int err;

	memset(record, 0, sizeof(*record));
	record->schema = schema < NEW_FORM_SCHEMA ? schema : 0;
	err = json_flat_scan(&flat, line, len);
	if (!err)
		err = get_header(&flat, record);
	if (!err)
		err = get_event(&flat, record);
	if ((err >= 0 || err == -ENOMSG) && json_flat_repeats(&flat)) {
		flat.why = "duplicate key";
		err = -EPROTO;
	}
	*why = flat.why;
	return err;
}
