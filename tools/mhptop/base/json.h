/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON as recordings need it: strings with escapes, decimal numbers, and a
 * scanner for one flat object that copies and allocates nothing.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include "base/types.h"

#define JSON_TEXT_MAX 6 /* bytes that one byte can become */

/*
 * Write len bytes, which may be anything, as valid UTF-8 with escapes, without
 * quotes and without a NUL; a NUL among them ends them. Returns the end of
 * what was written, at most JSON_TEXT_MAX * len bytes.
 *
 * A byte that is not part of valid UTF-8 becomes \u0080 … \u00ff. Valid
 * characters of that range are never written so, hence it can be undone.
 */
char *json_text_put(char *p, const char *text, size_t len);

/*
 * Undo json_text_put(): len bytes from between the quotes of a JSON string to
 * at most max bytes at out, which gets no NUL. Returns the number of bytes, or
 * -EINVAL for text that no JSON string has, -ENOSPC when there are more.
 */
int json_text_get(const char *text, size_t len, char *out, size_t max);

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

/* Bytes that must be writable at p, though fewer may be meant to stay. */
#define JSON_NUMBER_MAX 20

/* One above 9 that has come before and will come again, such as a pfn. */
char *json_number_repeated(char *p, u64 value);
/* One that is mostly the last one and 1. */
char *json_number_next(char *p, u64 value);
/* One that is not much more than the last one, such as a time in ns. */
char *json_number_time(char *p, u64 value);

/* Returns the end of what was written, without a NUL. */
static inline char *json_number_put(char *p, u64 value)
{
	if (value >= 10)
		return json_number_repeated(p, value);
	*p = '0' + value;
	return p + 1;
}

#endif
