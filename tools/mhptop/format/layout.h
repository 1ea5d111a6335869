/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layout of records in a binary recording: for each event its number, its
 * name and the size of its payload; for each field its name, offset, size, sign
 * and words. It is one line of JSON, made from tracepoints.h:
 *
 *   {"layout":{"words":{"zones":{"DMA":0, …}, …},
 *    "events":{"mhp_present":{"number":9,"size":40,"fields":
 *    [["start_pfn",0,8,0],["delta",8,8,1], … ,["zone",36,4,0,"zones"]]}, …}}}
 *
 * A field is its name, offset and size in bytes, 1 if it is signed, and the list
 * of its words, if it has one. So a recording of another version of mhptop is
 * read by names.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>
#include "model/event_table.h"

#define LAYOUT_TEXT_MAX 32768 /* bytes of the line, with its newline */
#define LAYOUT_PAYLOAD_MAX 1024 /* bytes of the longest payload */
#define LAYOUT_LINE_MAX 2048 /* bytes of the longest line made of a record */

struct layout;

/* The layout of this mhptop, a static string of *len bytes with its newline. */
const char *layout_own(size_t *len);
/*
 * Parse a layout; the text is not trusted. The caller frees it with free(). NULL:
 * it is damaged, or memory is short, and why has the reason (static text).
 */
struct layout *layout_parse(const char *text, size_t len, const char **why);
/* The size of the payload of an event by its number, -1 if the layout does not have it. */
int layout_payload(const struct layout *layout, unsigned int event);
/*
 * Write a record as the line that the recorder would have written, with a newline
 * but without a NUL. head has what is before the payload; the payload has the
 * size above. Bytes written, at most LAYOUT_LINE_MAX.
 */
size_t layout_to_json(const struct layout *layout,
		      const struct mhp_record *head, const void *payload,
		      char *buf);

#endif
