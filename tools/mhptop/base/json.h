/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON for recordings: strings with escapes, decimal numbers, and a scanner
 * for one flat object that copies and allocates nothing.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include "base/types.h"

#define JSON_TEXT_MAX 6 /* bytes of the longest escape */

/*
 * Write text as the inside of a JSON string: valid UTF-8 with escapes, without
 * quotes and without a NUL. The text may hold any bytes; it ends after len
 * bytes or at the first NUL. p must have room for JSON_TEXT_MAX * len bytes.
 * Returns the end of the output.
 *
 * A byte that is not part of valid UTF-8 becomes \u0080 … \u00ff. Valid
 * characters in that range are never escaped, so json_text_get() restores
 * the original bytes.
 */
char *json_text_put(char *p, const char *text, size_t len);

/*
 * Undo json_text_put(): decode the len bytes between the quotes of a JSON
 * string into out, which has room for max bytes and gets no NUL. Returns the
 * number of bytes, -EINVAL if the text is not the inside of a JSON string, or
 * -ENOSPC if the result does not fit.
 */
int json_text_get(const char *text, size_t len, char *out, size_t max);

#define JSON_FLAT_MAX 64 /* members of an object */

enum json_kind {
	JSON_KIND_STRING,
	JSON_KIND_INTEGER, /* fits a sign and 64 bits */
	JSON_KIND_NULL,
	JSON_KIND_OTHER, /* other numbers, true, false */
};

/*
 * Keys and strings point into the scanned text, without the quotes and with the
 * escapes as written.
 */
struct json_member {
	const char *key;
	const char *text; /* if it is a string */
	size_t key_len;
	size_t text_len;
	unsigned long long magnitude; /* if it is an integer */
	enum json_kind kind;
	bool negative;
	bool found; /* by json_flat_find() */
};

struct json_flat {
	const char *at;
	const char *end;
	const char *why; /* the scan failed; a static string */
	unsigned int nr;
	unsigned int next; /* member at which the next search begins */
	struct json_member members[JSON_FLAT_MAX];
};

/*
 * Scan text, which must outlive flat. Returns 0, or -EPROTO with flat->why set
 * if it is not exactly one valid object without nested values.
 */
int json_flat_scan(struct json_flat *flat, const char *text, size_t len);
/*
 * The member with a key, NULL if there is none. Fast if members are looked up
 * in the order of the text.
 */
const struct json_member *json_flat_find(struct json_flat *flat,
					 const char *key);
/* Whether a key that json_flat_find() found occurs a second time. */
bool json_flat_repeats(const struct json_flat *flat);

/*
 * Each of the functions below writes a decimal number without a NUL and returns
 * its end. JSON_NUMBER_MAX bytes must be writable at p, however short the
 * number is; those after the returned end are garbage.
 */
#define JSON_NUMBER_MAX 20

/* For a value above 9 that tends to recur, such as a pfn. */
char *json_number_repeated(char *p, u64 value);
/* For a value that is mostly the previous one plus 1. */
char *json_number_next(char *p, u64 value);
/* For a value that is a little above the previous one, such as a time in ns. */
char *json_number_time(char *p, u64 value);

/* For any value. */
static inline char *json_number_put(char *p, u64 value)
{
	if (value >= 10)
		return json_number_repeated(p, value);
	*p = '0' + value;
	return p + 1;
}

#endif
