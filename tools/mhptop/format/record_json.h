/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A record as one line of NDJSON, and back. Header and totals lines of a
 * recording are in recording.h.
 *
 *   {"seq":17,"ns":123456,"cpu":0,"pid":42,"comm":"bash",
 *    "event":"mhp_present","start_pfn":1048576,"delta":-512, … ,"zone":"Movable"}
 *
 * Numbers are decimal; enums are their words. Order of keys as above.
 */
#ifndef RECORD_JSON_H
#define RECORD_JSON_H

#include <stddef.h>
#include "mhp_event.h"

#define RECORD_JSON_MAX 1024

/* Write one line with its newline, without a NUL. Bytes written, at most RECORD_JSON_MAX. */
size_t record_to_json(const struct mhp_record *record, char *buf);
/* The number of an event by its name in a recording of any schema, 0 if there is none. */
unsigned int record_event(const char *name, size_t len);
/*
 * Read one line of len bytes without its newline. 0, or -EPROTO with a reason
 * in why (static text). A field that is missing is -EPROTO; a field or event
 * that is not known is skipped (-ENOMSG for an event), as fields and events
 * are only ever added. A skipped event leaves a record with its number, its
 * time and event 0, so that it is not taken for a lost one.
 */
int record_from_json(const char *line, size_t len, struct mhp_record *record,
		     const char **why);

#endif
