// SPDX-License-Identifier: GPL-2.0
/*
 * A record as a line of JSON. This is the hot path of `mhptop record`: each
 * class of events has a writer of its own, made from tracepoints.h, in which
 * keys are constants and nothing is allocated or formatted by printf.
 *
 * The way back is in record_json_read.c.
 */
#include <string.h>

#include "model/event_words.h"
#include "base/json_number.h"
#include "base/json_text.h"
#include "format/record_json.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define WORD_MAX 24 /* of an enum with its quotes */

/* A string literal, without its NUL. */
#define put_text(p, text) \
	((char *)memcpy(p, text, sizeof(text) - 1) + sizeof(text) - 1)

/* The words of enums by value, with their quotes; "" for a value without one. */
struct word {
	char text[WORD_MAX];
	size_t len;
};

#include "mhp_read.h"
#include "mhp_all_events.h"
#undef EM
#undef EMe
#define EM(value, text) [value] = { "\"" text "\"", sizeof(text) + 1 },
#define EMe(value, text) EM(value, text)
#define WORD_LIST(list, ...) \
	static const struct word words_##list[] = { __VA_ARGS__ };
EVENT_WORD_LISTS(WORD_LIST)
static const struct word words_none[0];

static char *put_signed(char *p, s64 value)
{
	if (value >= 0)
		return json_number_put(p, value);
	*p = '-';
	return json_number_put(p + 1, -(u64)value);
}

/* Inlined, as all but the value is known where it is called. */
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

/* The same task mostly has several records in a row. */
static char *put_comm(char *p, const char *comm)
{
	static char last[MHP_COMM_LEN], text[JSON_TEXT_MAX * MHP_COMM_LEN];
	static size_t len;

	if (memcmp(last, comm, MHP_COMM_LEN)) {
		memcpy(last, comm, MHP_COMM_LEN);
		len = json_text_put(text, comm, MHP_COMM_LEN - 1) - text;
	}
	memcpy(p, text, MHP_COMM_LEN);
	if (len > MHP_COMM_LEN)
		memcpy(p + MHP_COMM_LEN, text + MHP_COMM_LEN,
		       len - MHP_COMM_LEN);
	return p + len;
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

static char *put_event(char *p, const struct mhp_record *record)
{
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

/* The longest line there can be, and room for the last copy beyond its end. */
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
	p = put_text(p, ",\"cpu\":");
	p = json_number_put(p, record->cpu);
	p = put_text(p, ",\"pid\":");
	p = json_number_put(p, record->pid);
	p = put_text(p, ",\"comm\":\"");
	p = put_comm(p, record->comm);
	p = put_text(p, "\",\"event\":");
	p = put_event(p, record);
	p = put_text(p, "}\n");
	return p - buf;
}
