/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events as data: names, fields and words, all made from tracepoints.h.
 * Recordings, filters, columns and the event log use these tables, so a new
 * event needs no list of its own in user space.
 */
#ifndef EVENT_TABLE_H
#define EVENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_event.h"

struct event_symbol {
	unsigned long value;
	const char *name; /* NULL ends a list */
};

struct event_field {
	const char *name; /* NULL ends a list */
	u16 offset; /* in the payload, in bytes */
	u8 size; /* 1, 2, 4 or 8 bytes */
	bool is_signed;
	const struct event_symbol *symbols; /* NULL for plain numbers */
};

struct event_info {
	const char *name; /* "mhp_add_begin" */
	const struct event_field *fields;
	u16 size; /* of the payload, in bytes */
};

/* The description of an event, 1 … MHP_NR_EVENTS - 1; NULL for other numbers. */
const struct event_info *event_info(unsigned int event);
#define EVENT_NAMES_MAX 96
/* The names of events, a bit for each: "mhp_managed or mhp_present", or three of them and the number of the others. */
const char *event_names(u64 events, char text[EVENT_NAMES_MAX]);
/* The number of the event with a name, 0 if there is none. */
unsigned int event_by_name(const char *name, size_t len);
/* Whether mhptop itself generates the event, instead of a kernel tracepoint. */
bool event_is_tool(unsigned int event);
/* Read or write a field in a payload; values are truncated to its size. */
s64 event_field_get(const struct event_field *field,
		    const union mhp_payload *p);
void event_field_set(const struct event_field *field, union mhp_payload *p,
		     s64 value);
/*
 * Print the fields in the format of the event's TP_printk(), with ? for those that
 * are unknown. Returns as snprintf().
 */
int event_print(const struct mhp_record *record, char *buf, size_t len);
/* The word for a value in one of the lists below, "?" if it has none. */
const char *event_symbol(const struct event_symbol *symbols,
			 unsigned long value);
/* The same, NULL if it has none. */
const char *event_symbol_known(const struct event_symbol *symbols,
			       unsigned long value);
/* The value of a word in a list, -1 if the list does not have it. */
long event_symbol_value(const struct event_symbol *symbols, const char *name,
			size_t len);

/* Whether a text that no list has may be a word of a newer kernel or mhptop. */
bool event_word_may_be_new(const char *text, size_t len);

extern const struct event_symbol event_hostings[], event_whys[], event_zones[],
	event_causes[], event_reasons[], event_stages[], event_kinds[],
	event_refs[], event_steps[], event_states[], event_origins[],
	event_orders[];

#endif
