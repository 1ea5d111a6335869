// SPDX-License-Identifier: GPL-2.0
/*
 * The events as data and as text, made from tracepoints.h: each include of
 * mhp_all_events.h below is one expansion of all events.
 */
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "model/event_words.h"

#define event_none NULL

/* The fields of each class. In a function, entry_type is a different type for each. */
#include "mhp_read.h"
#undef __field
#define __field(type, field)                     \
	{ .name = #field,                        \
	  .offset = offsetof(entry_type, field), \
	  .size = sizeof(type),                  \
	  .is_signed = (type)-1 < (type)1,       \
	  .symbols = EVENT_WORDS(event_, field) },
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields_, assign, print)    \
	static const struct event_field *fields_of_##class(void)           \
	{                                                                  \
		typedef struct mhp_##class entry_type;                     \
		static const struct event_field list[] = { fields_{ 0 } }; \
		return list;                                               \
	}
#include "mhp_all_events.h"

static struct event_info infos[MHP_NR_EVENTS];

static void __attribute__((constructor)) infos_init(void)
{
#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, event, proto, args)         \
	infos[MHP_EVENT_##event] = (struct event_info){ \
		.name = #event,                         \
		.fields = fields_of_##class(),          \
		.size = sizeof(struct mhp_##class),     \
	};
#include "mhp_all_events.h"
}

const struct event_info *event_info(unsigned int event)
{
	return event && event < MHP_NR_EVENTS ? &infos[event] : NULL;
}

#define EVENTS_NAMED 3

const char *event_names(u64 events, char text[EVENT_NAMES_MAX])
{
	int left = __builtin_popcountll(events), named = 0;
	unsigned int event;
	const char *sep;
	size_t used = 0;

	*text = '\0';
	for (event = 1; event_info(event) && named < EVENTS_NAMED; event++) {
		if (!(events >> event & 1) || used >= EVENT_NAMES_MAX)
			continue;
		sep = !named ? "" : named + 1 == left ? " or " : ", ";
		used += snprintf(text + used, EVENT_NAMES_MAX - used, "%s%s",
				 sep, event_info(event)->name);
		named++;
	}
	if (left > named && used < EVENT_NAMES_MAX)
		snprintf(text + used, EVENT_NAMES_MAX - used, " or %d other",
			 left - named);
	return text;
}

unsigned int event_by_name(const char *name, size_t len)
{
#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, event, proto, args)                      \
	if (len == sizeof(#event) - 1 && !memcmp(name, #event, len)) \
		return MHP_EVENT_##event;
#include "mhp_all_events.h"
	return 0;
}

bool event_is_tool(unsigned int event)
{
	switch (event) {
#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, event, proto, args) case MHP_EVENT_##event:
#include "mhp_tool_events.h"
		return true;
	}
	return false;
}

/* The lists of words: the { value, name } pairs of __print_symbolic(). */
#define __print_symbolic(value, ...) __VA_ARGS__
#define WORD_LIST(list, ...) \
	const struct event_symbol event_##list[] = { __VA_ARGS__, { 0 } };
EVENT_WORD_LISTS(WORD_LIST)
/* Not used by any event field, but by a column. */
WORD_LIST(orders, show_mhp_order(~))
#undef __print_symbolic

const char *event_symbol_known(const struct event_symbol *symbols,
			       unsigned long value)
{
	for (; symbols->name; symbols++)
		if (symbols->value == value)
			return symbols->name;
	return NULL;
}

const char *event_symbol(const struct event_symbol *symbols,
			 unsigned long value)
{
	const char *word = event_symbol_known(symbols, value);

	return word ? word : "?";
}

long event_symbol_value(const struct event_symbol *symbols, const char *name,
			size_t len)
{
	for (; symbols->name; symbols++)
		if (strlen(symbols->name) == len &&
		    !memcmp(symbols->name, name, len))
			return symbols->value;
	return -1;
}

bool event_word_may_be_new(const char *text, size_t len)
{
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t i;

	for (i = 0; i < len; i++)
		if (!text[i] || !strchr(chars, text[i]))
			return false;
	return len;
}

/* Offset of the field's bytes in a u64: 0 if little-endian, else at its end. */
static size_t field_lag(const struct event_field *field)
{
	const u16 one = 1;

	return *(const u8 *)&one ? 0 : sizeof(u64) - field->size;
}

s64 event_field_get(const struct event_field *field, const union mhp_payload *p)
{
	unsigned int spare = 64 - field->size * 8;
	u64 value = 0;

	memcpy((char *)&value + field_lag(field),
	       (const char *)p + field->offset, field->size);
	return field->is_signed ? (s64)(value << spare) >> spare : (s64)value;
}

void event_field_set(const struct event_field *field, union mhp_payload *p,
		     s64 value)
{
	memcpy((char *)p + field->offset,
	       (const char *)&value + field_lag(field), field->size);
}

/* Prints what libtraceevent, and so perf and trace-cmd, would print. */
static const char *print_word(char *scratch, size_t len, unsigned long value,
			      const struct event_symbol *symbols)
{
	const char *word = event_symbol_known(symbols, value);

	if (word)
		return word;
	snprintf(scratch, len, "0x%lx", value);
	return scratch;
}

static const char *print_words(char *scratch, size_t len, unsigned long value,
			       const char *delim,
			       const struct event_symbol *symbols)
{
	const char *sep = "";
	size_t used = 0;

	*scratch = '\0';
	for (; symbols->name && used < len; symbols++) {
		if (!symbols->value ||
		    (value & symbols->value) != symbols->value)
			continue;
		used += snprintf(scratch + used, len - used, "%s%s", sep,
				 symbols->name);
		value &= ~symbols->value;
		sep = delim;
	}
	if (value && used < len)
		snprintf(scratch + used, len - used, "%s0x%lx", sep, value);
	return scratch;
}

#define SYMBOLS(...) ((const struct event_symbol[]){ __VA_ARGS__, { 0 } })
#define __print_symbolic(value, ...) \
	print_word((char[24]){ 0 }, 24, value, SYMBOLS(__VA_ARGS__))
#define __print_flags(value, delim, ...) \
	print_words((char[128]){ 0 }, 128, value, delim, SYMBOLS(__VA_ARGS__))

#include "mhp_read.h"
#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, fields_, assign, print) \
	static int print_##class(const union mhp_payload *p, char *buf, \
				 size_t len)                            \
	{                                                               \
		const struct mhp_##class *__entry = &p->class;          \
		return snprintf(buf, len, print);                       \
	}
#include "mhp_all_events.h"

static int print_event(const struct mhp_record *record, char *buf, size_t len)
{
	switch (record->event) {
#include "mhp_read.h"
#undef DEFINE_EVENT
#define DEFINE_EVENT(class, event, proto, args) \
	case MHP_EVENT_##event:                 \
		return print_##class(&record->p, buf, len);
#include "mhp_all_events.h"
	}
	return snprintf(buf, len, "event=%u", record->event);
}

/* In "name=value name=value", replace the value of a field by a question mark. */
static void print_unknown(const char *name, char *text)
{
	size_t len = strlen(name);
	char *at = text, *end;

	while ((at = strstr(at, name))) {
		if ((at == text || at[-1] == ' ') && at[len] == '=')
			break;
		at += len;
	}
	if (!at || !at[len + 1])
		return;
	at += len + 1;
	end = at + strcspn(at, " ");
	*at = '?';
	memmove(at + 1, end, strlen(end) + 1);
}

int event_print(const struct mhp_record *record, char *buf, size_t len)
{
	const struct event_info *info = event_info(record->event);
	int printed = print_event(record, buf, len);
	const struct event_field *field;

	if (!record->unknown || !info || !len)
		return printed;
	for (field = info->fields; field->name; field++)
		if (record->unknown >> (field - info->fields) & 1)
			print_unknown(field->name, buf);
	return strlen(buf);
}
