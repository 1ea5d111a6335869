/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text as the inside of a JSON string. What the strings are part of is
 * elsewhere: record_json.c, recording.c, view_json.c.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stddef.h>

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

#endif
