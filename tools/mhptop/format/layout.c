// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of records: writes that of this mhptop, parses that of another one,
 * and writes records of the latter as JSON.
 */
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "format/layout.h"
#include "model/event_words.h"

#define LAYOUT_NAME 40 /* a name of an event, a field or a word, with its NUL */
#define EVENTS_MAX 256
#define FIELDS_MAX \
	24 /* of an event: as many as have a bit in mhp_record.unknown */
#define ALL_FIELDS_MAX 2048
#define LISTS_MAX 32
#define ALL_WORDS_MAX 1024

struct layout_word {
	char name[LAYOUT_NAME];
	u64 value;
};

struct layout_list {
	char name[LAYOUT_NAME];
	unsigned int first; /* of its words */
	unsigned int nr;
};

struct layout_field {
	char name[LAYOUT_NAME];
	u16 offset;
	u8 size;
	bool is_signed;
	const struct layout_list *words; /* NULL for plain numbers */
};

struct layout_event {
	char name[LAYOUT_NAME]; /* "": there is no event of this number */
	u16 size;
	unsigned int first; /* of its fields */
	unsigned int nr;
};

struct layout {
	struct layout_event events[EVENTS_MAX]; /* by number */
	struct layout_field fields[ALL_FIELDS_MAX];
	struct layout_list lists[LISTS_MAX];
	struct layout_word words[ALL_WORDS_MAX];
	unsigned int nr_fields, nr_lists, nr_words;
};

/* -- our own ------------------------------------------------------------------ */

static const struct {
	const char *name;
	const struct event_symbol *symbols;
} own_lists[] = {
#define OWN_LIST(list, ...) { #list, event_##list },
	EVENT_WORD_LISTS(OWN_LIST)
};

#define NR_OWN_LISTS (sizeof(own_lists) / sizeof(*own_lists))

static const char *list_of(const struct event_field *field)
{
	size_t i;

	for (i = 0; i < NR_OWN_LISTS; i++)
		if (own_lists[i].symbols == field->symbols)
			return own_lists[i].name;
	return NULL;
}

static void put_own_words(FILE *out)
{
	const struct event_symbol *symbol;
	size_t i;

	for (i = 0; i < NR_OWN_LISTS; i++) {
		fprintf(out, "%s\"%s\":{", i ? "," : "", own_lists[i].name);
		for (symbol = own_lists[i].symbols; symbol->name; symbol++)
			fprintf(out, "%s\"%s\":%lu",
				symbol == own_lists[i].symbols ? "" : ",",
				symbol->name, symbol->value);
		fputc('}', out);
	}
}

static void put_own_event(unsigned int event, FILE *out)
{
	const struct event_info *info = event_info(event);
	const struct event_field *field;

	fprintf(out, "%s\"%s\":{\"number\":%u,\"size\":%u,\"fields\":[",
		event == 1 ? "" : ",", info->name, event, info->size);
	for (field = info->fields; field->name; field++) {
		fprintf(out, "%s[\"%s\",%u,%u,%d",
			field == info->fields ? "" : ",", field->name,
			field->offset, field->size, field->is_signed);
		if (field->symbols)
			fprintf(out, ",\"%s\"", list_of(field));
		fputc(']', out);
	}
	fputs("]}", out);
}

const char *layout_own(size_t *len)
{
	static char text[LAYOUT_TEXT_MAX];
	static size_t used;
	unsigned int event;
	FILE *out;

	out = used ? NULL : fmemopen(text, sizeof(text), "w");
	if (out) {
		fputs("{\"layout\":{\"words\":{", out);
		put_own_words(out);
		fputs("},\"events\":{", out);
		for (event = 1; event_info(event); event++)
			put_own_event(event, out);
		fputs("}}}\n", out);
		fclose(out);
		used = strlen(text);
	}
	*len = used;
	return text;
}

/* -- that of another mhptop --------------------------------------------------- */

/* Names become parts of JSON lines and of messages. */
static bool copy_name(char *to, const char *name)
{
	size_t len = strlen(name), i;

	if (!len || len >= LAYOUT_NAME)
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    !strchr("_-. ", name[i]))
			return false;
	memcpy(to, name, len + 1);
	return true;
}

/* An integer from 0 to max. */
static bool get_integer(struct json_object *value, u64 max, u64 *number)
{
	if (!json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < 0)
		return false;
	*number = json_object_get_uint64(value);
	return *number <= max;
}

static struct json_object *member(struct json_object *object, const char *key,
				  enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

static bool layout_parse_word(struct layout *layout, struct layout_list *list,
			      const char *name, struct json_object *value)
{
	struct layout_word *word = &layout->words[layout->nr_words];

	if (layout->nr_words == ALL_WORDS_MAX || !copy_name(word->name, name) ||
	    !get_integer(value, ~0U, &word->value))
		return false;
	layout->nr_words++;
	list->nr++;
	return true;
}

static bool layout_parse_list(struct layout *layout, const char *name,
			      struct json_object *words)
{
	struct layout_list *list = &layout->lists[layout->nr_lists];

	if (layout->nr_lists == LISTS_MAX || !copy_name(list->name, name) ||
	    !json_object_is_type(words, json_type_object))
		return false;
	layout->nr_lists++;
	list->first = layout->nr_words;
	json_object_object_foreach(words, word, value)
	{
		if (!layout_parse_word(layout, list, word, value))
			return false;
	}
	return true;
}

static const struct layout_list *find_list(const struct layout *layout,
					   const char *name)
{
	unsigned int i;

	for (i = 0; i < layout->nr_lists; i++)
		if (!strcmp(layout->lists[i].name, name))
			return &layout->lists[i];
	return NULL;
}

/* ["zone",36,4,0,"zones"] */
static bool layout_parse_field(struct layout *layout,
			       struct layout_event *event,
			       struct json_object *array)
{
	struct layout_field *field = &layout->fields[layout->nr_fields];
	struct json_object *name, *list;
	u64 offset, size, is_signed;
	size_t nr;

	if (layout->nr_fields == ALL_FIELDS_MAX || event->nr == FIELDS_MAX ||
	    !json_object_is_type(array, json_type_array))
		return false;
	nr = json_object_array_length(array);
	if (nr != 4 && nr != 5)
		return false;
	name = json_object_array_get_idx(array, 0);
	if (!json_object_is_type(name, json_type_string) ||
	    strlen(json_object_get_string(name)) !=
		    (size_t)json_object_get_string_len(name) ||
	    !copy_name(field->name, json_object_get_string(name)) ||
	    !get_integer(json_object_array_get_idx(array, 1), event->size,
			 &offset) ||
	    !get_integer(json_object_array_get_idx(array, 2), 8, &size) ||
	    !get_integer(json_object_array_get_idx(array, 3), 1, &is_signed) ||
	    !size || size & (size - 1) || offset + size > event->size)
		return false;
	field->offset = offset;
	field->size = size;
	field->is_signed = is_signed;
	if (nr == 5) {
		list = json_object_array_get_idx(array, 4);
		if (!json_object_is_type(list, json_type_string))
			return false;
		field->words = find_list(layout, json_object_get_string(list));
		if (!field->words)
			return false;
	}
	layout->nr_fields++;
	event->nr++;
	return true;
}

/* The members that all records have, as numbers and text of full length. */
#define LINE_REST (256 + JSON_TEXT_MAX * MHP_COMM_LEN)

/* Whether the longest line of an event is short enough. */
static bool line_fits(const struct layout *layout,
		      const struct layout_event *event)
{
	size_t len = LINE_REST + strlen(event->name);
	unsigned int i;

	for (i = 0; i < event->nr; i++)
		len += strlen(layout->fields[event->first + i].name) +
		       LAYOUT_NAME + 8;
	return len <= LAYOUT_LINE_MAX;
}

static bool layout_parse_event(struct layout *layout, const char *name,
			       struct json_object *object)
{
	struct json_object *fields = member(object, "fields", json_type_array);
	struct layout_event *event;
	struct json_object *value;
	u64 number, size;
	size_t i;

	value = member(object, "number", json_type_int);
	if (!value || !get_integer(value, EVENTS_MAX - 1, &number) || !number)
		return false;
	event = &layout->events[number];
	value = member(object, "size", json_type_int);
	if (*event->name || !fields || !value ||
	    !get_integer(value, LAYOUT_PAYLOAD_MAX, &size) ||
	    !copy_name(event->name, name))
		return false;
	event->size = size;
	event->first = layout->nr_fields;
	for (i = 0; i < json_object_array_length(fields); i++)
		if (!layout_parse_field(layout, event,
					json_object_array_get_idx(fields, i)))
			return false;
	return line_fits(layout, event);
}

static bool layout_parse_all(struct layout *layout, struct json_object *whole)
{
	struct json_object *root = member(whole, "layout", json_type_object);
	struct json_object *words, *events;

	words = root ? member(root, "words", json_type_object) : NULL;
	events = root ? member(root, "events", json_type_object) : NULL;
	if (!words || !events)
		return false;
	json_object_object_foreach(words, list, values)
	{
		if (!layout_parse_list(layout, list, values))
			return false;
	}
	json_object_object_foreach(events, event, value)
	{
		if (!json_object_is_type(value, json_type_object) ||
		    !layout_parse_event(layout, event, value))
			return false;
	}
	return true;
}

struct layout *layout_parse(const char *text, size_t len, const char **why)
{
	struct json_tokener *tokener = json_tokener_new_ex(8);
	struct layout *layout = calloc(1, sizeof(*layout));
	struct json_object *whole = NULL;
	bool parsed = false;

	*why = "out of memory";
	if (tokener && layout) {
		*why = "the layout of the records is damaged";
		/* json-c would ignore everything after a NUL. */
		if (!memchr(text, '\0', len))
			whole = json_tokener_parse_ex(tokener, text, len);
		parsed = json_object_is_type(whole, json_type_object) &&
			 layout_parse_all(layout, whole);
	}
	json_object_put(whole);
	if (tokener)
		json_tokener_free(tokener);
	if (parsed)
		return layout;
	free(layout);
	return NULL;
}

int layout_payload(const struct layout *layout, unsigned int event)
{
	if (event >= EVENTS_MAX || !*layout->events[event].name)
		return -1;
	return layout->events[event].size;
}

static const char *find_word(const struct layout *layout,
			     const struct layout_list *list, u64 value)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (layout->words[list->first + i].value == value)
			return layout->words[list->first + i].name;
	return NULL;
}

static char *put_field(char *p, const struct layout *layout,
		       const struct layout_field *field, const void *payload)
{
	const struct event_field place = {
		.offset = field->offset,
		.size = field->size,
		.is_signed = field->is_signed,
	};
	s64 value = event_field_get(&place, payload);
	const char *word =
		field->words ? find_word(layout, field->words, value) : NULL;

	if (word)
		return p + sprintf(p, "\"%s\"", word);
	return p + sprintf(p, field->is_signed ? "%lld" : "%llu", value);
}

size_t layout_to_json(const struct layout *layout,
		      const struct mhp_record *head, const void *payload,
		      char *buf)
{
	const struct layout_event *event = &layout->events[head->event];
	const struct layout_field *field = &layout->fields[event->first];
	unsigned int i;
	char *p = buf;

	p += sprintf(
		p,
		"{\"seq\":%llu,\"ns\":%llu,\"cpu\":%u,\"pid\":%u,\"comm\":\"",
		head->seq, head->time_ns, head->cpu, head->pid);
	p = json_text_put(p, head->comm, MHP_COMM_LEN - 1);
	p += sprintf(p, "\",\"event\":\"%s\"", event->name);
	for (i = 0; i < event->nr; i++, field++) {
		p += sprintf(p, ",\"%s\":", field->name);
		if (head->unknown >> i & 1)
			p = stpcpy(p, "null");
		else
			p = put_field(p, layout, field, payload);
	}
	p = stpcpy(p, "}\n");
	return p - buf;
}
