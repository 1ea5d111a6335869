// SPDX-License-Identifier: GPL-2.0
/*
 * Parses lines that other tools print. The words of a flags field are those that
 * event_print() prints for its bits, so that there is no second table of them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_table.h"
#include "source/import/import.h"
#include "source/import/text_line.h"

#define PRINTED_MAX 640
#define NS_PER_S 1000000000ULL

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

/* Words joined with "|", such as merge_resource|memmap_on_memory. */
static int parse_flags(struct mhp_record *record,
		       const struct event_field *field, const char *value,
		       size_t len)
{
	const char *end = value + len;
	unsigned int bit;
	s64 flags = 0;
	size_t word;

	for (; value < end; value += word + 1) {
		word = strcspn(value, "|");
		if (value + word > end)
			word = end - value;
		for (bit = 0; bit < 32; bit++)
			if (bit_is_word(record, field, bit, value, word))
				break;
		if (bit == 32)
			return -EPROTO;
		flags |= 1LL << bit;
	}
	event_field_set(field, &record->p, flags);
	return 0;
}

static int parse_field(struct mhp_record *record,
		       const struct event_field *field, const char *value,
		       size_t len)
{
	char *end;
	s64 number;

	if (field->symbols) {
		number = event_symbol_value(field->symbols, value, len);
		if (number < 0)
			return -EPROTO;
		event_field_set(field, &record->p, number);
		return 0;
	}
	errno = 0;
	number = *value == '-' ? strtoll(value, &end, 0) :
				 (s64)strtoull(value, &end, 0);
	if (end == value && len)
		return parse_flags(record, field, value, len);
	if (end != value + len || (!len && end != value) || errno)
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

static int parse_fields(struct mhp_record *record, const char *text, char *why,
			size_t len)
{
	const struct event_info *info = event_info(record->event);
	const struct event_field *field;
	const char *value;
	size_t value_len;

	for (field = info->fields; field->name; field++) {
		value = line_find_word(text, field->name, &value_len);
		if (value && !parse_field(record, field, value, value_len))
			continue;
		snprintf(why, len, "%s: %s %s", info->name, field->name,
			 value ? "has an invalid value" : "is missing");
		return -EPROTO;
	}
	return 0;
}

/* "  comm-name 123 [000] …" and "  comm-name-123 [000] …" */
static void parse_task(struct mhp_record *record, const char *line,
		       const char *cpu)
{
	const char *end = cpu, *start;
	size_t len;

	record->cpu = strtoul(cpu + 1, NULL, 10);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	start = end;
	while (start > line && isdigit((unsigned char)start[-1]))
		start--;
	record->pid = strtoul(start, NULL, 10);
	if (start > line)
		start--; /* skip the blank or the dash */
	while (start > line && isspace((unsigned char)start[-1]))
		start--;
	while (line < start && isspace((unsigned char)*line))
		line++;
	len = start - line;
	if (len > MHP_COMM_LEN - 1)
		len = MHP_COMM_LEN - 1;
	memcpy(record->comm, line, len);
}

/* "40.580167: " right before the event; nine digits are nanoseconds. */
static bool parse_timestamp(struct mhp_record *record, const char *line,
			    const char *event)
{
	const char *end = event, *start;
	u64 seconds, fraction = 0, unit = NS_PER_S;
	char *dot;

	while (end > line &&
	       (isspace((unsigned char)end[-1]) || end[-1] == ':'))
		end--;
	start = end;
	while (start > line &&
	       (isdigit((unsigned char)start[-1]) || start[-1] == '.'))
		start--;
	seconds = strtoull(start, &dot, 10);
	if (dot == start || *dot != '.' || seconds >= ~0ULL / NS_PER_S)
		return false;
	for (dot++; dot < end && *dot != '.'; dot++) {
		unit /= 10;
		fraction += (*dot - '0') * unit;
	}
	record->time_ns = seconds * NS_PER_S + fraction;
	return dot == end;
}

/* Find the event's name in a line, between a timestamp and a colon. */
static const char *find_event(const char *line, struct mhp_record *record)
{
	const char *at = line;
	size_t len;

	while ((at = strstr(at, "mhp_"))) {
		len = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
		record->event = at[len] == ':' ? event_by_name(at, len) : 0;
		if (record->event && !event_is_tool(record->event))
			return at;
		at += len;
	}
	return NULL;
}

int text_line_read(const char *line, struct mhp_record *record, char *why,
		   size_t len)
{
	const char *event, *time, *cpu;

	memset(record, 0, sizeof(*record));
	event = find_event(line, record);
	if (!event)
		return 0;
	record->size = event_info(record->event)->size;
	time = event;
	if (time - line > 4 && !strncmp(time - 4, "mhp:", 4))
		time -= 4;
	cpu = strchr(line, '[');
	if (!cpu || cpu > time || !parse_timestamp(record, line, time)) {
		snprintf(why, len, "no CPU or timestamp before %s",
			 event_info(record->event)->name);
		return -EPROTO;
	}
	parse_task(record, line, cpu);
	return parse_fields(record, strchr(event, ':'), why, len) ?: 1;
}

u64 text_line_lost(const char *line)
{
	unsigned long long lost, kept;
	const char *at;

	/* trace_pipe and trace-cmd; perf. */
	at = strstr(line, "[LOST ");
	if (at && sscanf(at, "[LOST %llu EVENTS]", &lost) == 1)
		return lost;
	at = strstr(line, "EVENTS DROPPED]");
	if (at) {
		at = strchr(line, '[');
		if (at && sscanf(at, "[%llu EVENTS DROPPED]", &lost) == 1)
			return lost;
		return 1;
	}
	at = strstr(line, "PERF_RECORD_LOST");
	if (at)
		return sscanf(at, "PERF_RECORD_LOST lost %llu", &lost) == 1 ?
			       lost :
			       1;
	/* Events that tracefs overwrote, on all CPUs. */
	if (sscanf(line, "# entries-in-buffer/entries-written: %llu/%llu",
		   &kept, &lost) == 2 &&
	    lost > kept)
		return lost - kept;
	return 0;
}
