// SPDX-License-Identifier: GPL-2.0
/*
 * Parses the fields of an event in a line that another tool printed. The words
 * of a flags field are those that event_print() prints for its bits, so that
 * there is no second table of them.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/old_form.h"
#include "model/event_table.h"
#include "source/import/import.h"
#include "source/import/text_fields.h"

#define PRINTED_MAX 640

/* Find the word "NAME=VALUE" in a text. The value and its length, or NULL. */
static const char *line_find_word(const char *text, const char *name,
				  size_t *len)
{
	size_t name_len = strlen(name);
	const char *at = text;

	while ((at = strstr(at, name))) {
		if ((at == text || at[-1] == ' ') && at[name_len] == '=') {
			at += name_len + 1;
			*len = strcspn(at, " \r\n");
			return at;
		}
		at += name_len;
	}
	return NULL;
}

/* Whether the event prints nothing for a field that is 0, as it does if the field has flags. */
static bool is_zero_empty(const struct mhp_record *record,
			  const struct event_field *field)
{
	struct mhp_record zero = { .event = record->event,
				   .size = record->size };
	char text[PRINTED_MAX];
	const char *printed;
	size_t len;

	event_print(&zero, text, sizeof(text));
	printed = line_find_word(text, field->name, &len);
	return printed && !len;
}

/* Whether the event prints a word for one bit of a field. */
static bool bit_is_word(const struct mhp_record *record,
			const struct event_field *field, unsigned int bit,
			const char *word, size_t len)
{
	struct mhp_record one = { .event = record->event,
				  .size = record->size };
	char text[PRINTED_MAX];
	const char *printed;
	size_t printed_len;

	event_field_set(field, &one.p, 1LL << bit);
	event_print(&one, text, sizeof(text));
	printed = line_find_word(text, field->name, &printed_len);
	return printed && printed_len == len && !memcmp(printed, word, len);
}

/* What __print_flags() appends in hex: the bits that have no word. */
static s64 parse_bits_without_word(const char *value, size_t len)
{
	unsigned long long bits;
	char *end;

	if (len < 3 || memcmp(value, "0x", 2))
		return -EPROTO;
	errno = 0;
	bits = strtoull(value, &end, 16);
	return errno || end != value + len || bits > UINT_MAX ? -EPROTO :
								(s64)bits;
}

/* Words joined with "|", such as merge_resource|memmap_on_memory|0x60. */
static int parse_flags(struct mhp_record *record,
		       const struct event_field *field, const char *value,
		       size_t len)
{
	const char *end = value + len;
	unsigned int bit;
	s64 flags = 0, bits;
	size_t word;

	for (; value < end; value += word + 1) {
		word = strcspn(value, "|");
		if (value + word > end)
			word = end - value;
		for (bit = 0; bit < 32; bit++)
			if (bit_is_word(record, field, bit, value, word))
				break;
		bits = bit < 32 ? 1LL << bit :
				  parse_bits_without_word(value, word);
		if (bits < 0)
			return -EPROTO;
		flags |= bits;
	}
	event_field_set(field, &record->p, flags);
	return event_field_get(field, &record->p) == flags &&
			       import_field_fits(field, flags) ?
		       0 :
		       -EPROTO;
}

/* 0, 1: the word is unknown, or -EPROTO. */
static int parse_field(struct mhp_record *record,
		       const struct event_field *field, const char *value,
		       size_t len)
{
	char *end;
	s64 number;

	if (field->symbols) {
		number = event_symbol_value(field->symbols, value, len);
		if (number < 0 && !old_form_word(field->name, value, len)) {
			record->schema = OLD_FORM_SCHEMA;
			number = 0;
		}
		if (number < 0)
			return event_word_may_be_new(value, len) ? 1 : -EPROTO;
		event_field_set(field, &record->p, number);
		return 0;
	}
	if (!len)
		return is_zero_empty(record, field) ? 0 : -EPROTO;
	errno = 0;
	number = *value == '-' ? strtoll(value, &end, 0) :
				 (s64)strtoull(value, &end, 0);
	if (end == value)
		return parse_flags(record, field, value, len);
	if (end != value + len || errno)
		return -EPROTO;
	/* A value that does not fit the field cannot have been printed. */
	if (number < 0 && field->is_signed != (*value == '-'))
		return -EPROTO;
	event_field_set(field, &record->p, number);
	return event_field_get(field, &record->p) == number &&
			       import_field_fits(field, number) ?
		       0 :
		       -EPROTO;
}

/* The reason that is an event of its own now, and other signs of an old kernel. 0, 1 or -EPROTO. */
static int parse_old_form(struct mhp_record *record, const char *text,
			  char *why, size_t why_len)
{
	const char *value;
	size_t len;
	long word;

	if (record->event == MHP_EVENT_mhp_offline_blocker &&
	    line_find_word(text, "flags", &len))
		record->schema = OLD_FORM_SCHEMA;
	value = old_form_has_reason(record->event) ?
			line_find_word(text, "reason", &len) :
			NULL;
	if (!value)
		return 0;
	record->schema = OLD_FORM_SCHEMA;
	word = event_symbol_value(event_reasons, value, len);
	if (word < 0)
		word = old_form_word("reason", value, len);
	if (word >= 0) {
		record->reason = word;
		return 0;
	}
	if (event_word_may_be_new(value, len))
		return 1;
	snprintf(why, why_len, "%s: reason has an invalid value",
		 event_info(record->event)->name);
	return -EPROTO;
}

static const char *text_find_field(const struct mhp_record *record,
				   const char *name, const char *text,
				   size_t *len)
{
	const char *old = record->schema ? old_form_name(record->event, name) :
					   NULL;
	const char *value = line_find_word(text, name, len);

	return value || !old ? value : line_find_word(text, old, len);
}

int text_fields_parse(struct mhp_record *record, const char *text, char *why,
		      size_t len)
{
	const struct event_info *info = event_info(record->event);
	const struct event_field *field;
	const char *value;
	size_t value_len;
	int ret = parse_old_form(record, text, why, len);
	bool is_new = ret > 0;

	if (ret < 0)
		return ret;
	for (field = info->fields; field->name; field++) {
		value = text_find_field(record, field->name, text, &value_len);
		ret = value ? parse_field(record, field, value, value_len) :
			      -EPROTO;
		is_new |= ret > 0;
		if (ret >= 0)
			continue;
		if (!value && record->schema &&
		    old_form_lacks(record->event, field->name))
			continue;
		snprintf(why, len, "%s: %s %s", info->name, field->name,
			 value ? "has an invalid value" : "is missing");
		return -EPROTO;
	}
	return is_new;
}
