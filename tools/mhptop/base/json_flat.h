/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scanner for one flat JSON object, such as a line of a recording. It copies
 * and allocates nothing: members point into the text. What the members mean
 * is for record_json_read.c.
 */
#ifndef JSON_FLAT_H
#define JSON_FLAT_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_FLAT_MAX 64 /* members of an object */

enum json_kind {
	JSON_KIND_STRING,
	JSON_KIND_INTEGER, /* a sign and 64 bits hold it */
	JSON_KIND_OTHER, /* other numbers, true, false, null */
};

/* Strings are without their quotes and with their escapes. */
struct json_member {
	const char *key;
	const char *text; /* of a string */
	size_t key_len;
	size_t text_len;
	unsigned long long magnitude; /* of an integer */
	enum json_kind kind;
	bool negative;
	bool found;
};

struct json_flat {
	const char *at;
	const char *end;
	const char *why; /* static text, after -EPROTO */
	unsigned int nr;
	unsigned int next;
	struct json_member members[JSON_FLAT_MAX];
};

/* 0, or -EPROTO when the text is not one valid object without nested ones. */
int json_flat_scan(struct json_flat *flat, const char *text, size_t len);
/* By key, NULL if there is none. Fast when asked for in the order of the text. */
const struct json_member *json_flat_find(struct json_flat *flat,
					 const char *key);
/* Whether a key that was found is there a second time. */
bool json_flat_repeats(const struct json_flat *flat);

#endif
