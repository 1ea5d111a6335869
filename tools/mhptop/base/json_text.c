// SPDX-License-Identifier: GPL-2.0
/*
 * Escapes of JSON strings, for any bytes: the name of a task may hold control
 * characters, or be cut in the middle of a UTF-8 character.
 *
 * Nothing here knows what the strings mean.
 */
#include <errno.h>
#include <string.h>

#include "base/json_text.h"
#include "base/plain_text.h"

static char *put_escape(char *p, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";

	memcpy(p, "\\u00", 4);
	p[4] = hex[byte >> 4];
	p[5] = hex[byte & 15];
	return p + 6;
}

char *json_text_put(char *p, const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + strnlen(text, len);
	size_t size;

	while (at < end) {
		size = plain_text_char(at, end - at);
		if (*at == '"' || *at == '\\') {
			*p++ = '\\';
			*p++ = *at++;
		} else if (*at < 0x20 || *at == 0x7f || !size) {
			p = put_escape(p, *at++);
		} else {
			memcpy(p, at, size);
			p += size;
			at += size;
		}
	}
	return p;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits after \u, or -EINVAL. */
static int hex_unit(const char *text, const char *end)
{
	int unit = 0, digit, i;

	if (end - text < 4)
		return -EINVAL;
	for (i = 0; i < 4; i++) {
		digit = hex_digit(text[i]);
		if (digit < 0)
			return -EINVAL;
		unit = unit << 4 | digit;
	}
	return unit;
}

static size_t utf8_put(char *out, unsigned int c)
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = size - 1; i; i--, c >>= 6)
		out[i] = 0x80 | (c & 0x3f);
	out[0] = marks[size] | c;
	return size;
}

/*
 * The bytes for the escape at *text, behind its \u; *text moves past it, and
 * past the second half of a surrogate pair.
 */
static int get_unicode(const char **text, const char *end, char *out)
{
	int unit = hex_unit(*text, end), low;

	if (unit < 0)
		return unit;
	*text += 4;
	if (unit < 0x100) {
		out[0] = unit;
		return 1;
	}
	if (unit < 0xd800 || unit > 0xdfff)
		return utf8_put(out, unit);
	if (unit > 0xdbff || end - *text < 6 || (*text)[0] != '\\' ||
	    (*text)[1] != 'u')
		return -EINVAL;
	low = hex_unit(*text + 2, end);
	if (low < 0xdc00 || low > 0xdfff)
		return -EINVAL;
	*text += 6;
	return utf8_put(out, 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff)));
}

static int get_escape(const char **text, const char *end, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c;

	if (*text == end)
		return -EINVAL;
	c = *(*text)++;
	if (c == 'u')
		return get_unicode(text, end, out);
	found = c ? strchr(from, c) : NULL;
	if (!found)
		return -EINVAL;
	out[0] = to[found - from];
	return 1;
}

int json_text_get(const char *text, size_t len, char *out, size_t max)
{
	const char *end = text + len;
	size_t used = 0;
	char bytes[4];
	int n;

	while (text < end) {
		if ((unsigned char)*text < 0x20 || *text == '"')
			return -EINVAL;
		if (*text == '\\') {
			text++;
			n = get_escape(&text, end, bytes);
			if (n < 0)
				return n;
		} else {
			bytes[0] = *text++;
			n = 1;
		}
		if (n > (int)(max - used))
			return -ENOSPC;
		memcpy(out + used, bytes, n);
		used += n;
	}
	return used;
}
