/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes a record as one line of NDJSON, and reads it.
 *
 *   {"seq":17,"ns":123456,"cpu":0,"pid":42,"comm":"bash",
 *    "event":"mhp_present","start_pfn":1048576,"delta":-512, … ,"zone":"Movable"}
 *
 * Numbers are decimal, enums are words, and the order of keys is as above.
 */
#ifndef RECORD_JSON_H
#define RECORD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include "model/event_table.h"

#define RECORD_JSON_MAX 1024

/* Write one line, with a newline but without a NUL. Bytes written, at most RECORD_JSON_MAX. */
size_t record_to_json(const struct mhp_record *record, char *buf);
/* The number of an event by its name in a recording of any schema, 0 if it is unknown. */
unsigned int record_event(const char *name, size_t len);
/*
 * Whether a field, and those that follow it, came later to an event: recordings
 * may lack them. They are then read as 0.
 */
bool record_field_is_appended(unsigned int event,
			      const struct event_field *field);
/*
 * Read one line of len bytes, without its newline, of a recording of a schema. 0,
 * or -EPROTO with a reason in why (static text). A missing field is -EPROTO. Unknown fields are ignored, an
 * unknown word is 1, and an unknown event is -ENOMSG, as newer versions only add
 * fields, words and events. The record has its number and its time, so that it
 * does not count as lost; that of an unknown event has event 0, and one with an
 * unknown word no size, so that nobody looks at its fields.
 */
int record_from_json(const char *line, size_t len, int schema,
		     struct mhp_record *record, const char **why);

#endif
