// SPDX-License-Identifier: GPL-2.0
/*
 * JSON strings, numbers and flat objects. The text may hold anything and need
 * not end with a NUL: every byte is checked before it is used.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/plain_text.h"

static int flat_fail(struct json_flat *flat, const char *why)
{
	flat->why = why;
	return -EPROTO;
}

/* The current byte, or 0 at the end of the text: no JSON token begins with 0. */
static char here(const struct json_flat *flat)
{
	return flat->at < flat->end ? *flat->at : '\0';
}

static char skip_space(struct json_flat *flat)
{
	while (here(flat) == ' ' || here(flat) == '\t' || here(flat) == '\r')
		flat->at++;
	return here(flat);
}

static int scan_string(struct json_flat *flat, const char **text, size_t *len)
{
	const char *at = flat->at + 1;

	*text = at;
	for (; at < flat->end && *at != '"'; at++) {
		if ((unsigned char)*at < 0x20)
			return flat_fail(flat, "control character in a string");
		if (*at == '\\' && ++at == flat->end)
			break;
	}
	if (at == flat->end)
		return flat_fail(flat, "unterminated string");
	*len = at - *text;
	flat->at = at + 1;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool skip_digits(struct json_flat *flat)
{
	const char *start = flat->at;

	while (is_digit(here(flat)))
		flat->at++;
	return flat->at > start;
}

/* Skips a fraction and an exponent. False if one of them has no digits. */
static bool scan_fraction(struct json_flat *flat)
{
	if (here(flat) == '.') {
		flat->at++;
		if (!skip_digits(flat))
			return false;
	}
	if (here(flat) == 'e' || here(flat) == 'E') {
		flat->at++;
		if (here(flat) == '+' || here(flat) == '-')
			flat->at++;
		return skip_digits(flat);
	}
	return true;
}

static int scan_number(struct json_flat *flat, struct json_member *member)
{
	unsigned long long value = 0;
	const char *start;
	unsigned int digit;

	member->kind = JSON_KIND_INTEGER;
	member->negative = here(flat) == '-';
	flat->at += member->negative;
	start = flat->at;
	for (; is_digit(here(flat)); flat->at++) {
		digit = *flat->at - '0';
		if (value > (~0ULL - digit) / 10)
			member->kind = JSON_KIND_OTHER;
		value = value * 10 + digit;
	}
	member->magnitude = value;
	if (flat->at == start || (*start == '0' && flat->at > start + 1))
		return flat_fail(flat, "not a number");
	start = flat->at;
	if (!scan_fraction(flat))
		return flat_fail(flat, "not a number");
	if (flat->at > start)
		member->kind = JSON_KIND_OTHER;
	return 0;
}

static int scan_literal(struct json_flat *flat, struct json_member *member)
{
	static const char *const literals[] = { "true", "false", "null", NULL };
	const char *const *literal;
	size_t len;

	member->kind = here(flat) == 'n' ? JSON_KIND_NULL : JSON_KIND_OTHER;
	for (literal = literals; *literal; literal++) {
		len = strlen(*literal);
		if ((size_t)(flat->end - flat->at) < len ||
		    memcmp(flat->at, *literal, len))
			continue;
		flat->at += len;
		return 0;
	}
	return flat_fail(flat, "not a value");
}

static int scan_value(struct json_flat *flat, struct json_member *member)
{
	char first = skip_space(flat);

	if (first == '"') {
		member->kind = JSON_KIND_STRING;
		return scan_string(flat, &member->text, &member->text_len);
	}
	if (first == '-' || is_digit(first))
		return scan_number(flat, member);
	if (first == '{' || first == '[')
		return flat_fail(flat, "nested value");
	return scan_literal(flat, member);
}

static int scan_member(struct json_flat *flat)
{
	struct json_member *member = &flat->members[flat->nr];
	int err;

	if (flat->nr == JSON_FLAT_MAX)
		return flat_fail(flat, "too many keys");
	if (skip_space(flat) != '"')
		return flat_fail(flat, "expected a key");
	err = scan_string(flat, &member->key, &member->key_len);
	if (err)
		return err;
	if (skip_space(flat) != ':')
		return flat_fail(flat, "expected ':' after a key");
	flat->at++;
	member->found = false;
	err = scan_value(flat, member);
	if (!err)
		flat->nr++;
	return err;
}

int json_flat_scan(struct json_flat *flat, const char *text, size_t len)
{
	int err;

	flat->at = text;
	flat->end = text + len;
	flat->why = "";
	flat->nr = 0;
	flat->next = 0;
	if (skip_space(flat) != '{')
		return flat_fail(flat, "not a JSON object");
	do {
		flat->at++;
		err = scan_member(flat);
		if (err)
			return err;
	} while (skip_space(flat) == ',');
	if (here(flat) != '}')
		return flat_fail(flat, "unterminated object");
	flat->at++;
	if (skip_space(flat) || flat->at < flat->end)
		return flat_fail(flat, "text after the object");
	return 0;
}

static bool member_is(const struct json_member *member, const char *key,
		      size_t len)
{
	return member->key_len == len && !memcmp(member->key, key, len);
}

const struct json_member *json_flat_find(struct json_flat *flat,
					 const char *key)
{
	size_t len = strlen(key);
	unsigned int i = flat->next;

	if (i >= flat->nr || !member_is(&flat->members[i], key, len))
		for (i = 0; i < flat->nr; i++)
			if (member_is(&flat->members[i], key, len))
				break;
	if (i == flat->nr)
		return NULL;
	flat->next = i + 1;
	flat->members[i].found = true;
	return &flat->members[i];
}

bool json_flat_repeats(const struct json_flat *flat)
{
	const struct json_member *a, *b, *end = flat->members + flat->nr;

	for (a = flat->members; a < end; a++) {
		if (a->found)
			continue;
		for (b = flat->members; b < end; b++)
			if (b->found && member_is(a, b->key, b->key_len))
				return true;
	}
	return false;
}

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

/* The value of the four hex digits after \u, or -EINVAL. */
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
 * Decodes the escape at *text, which points just after its \u, to UTF-8 (or to
 * the raw byte below 0x100) in out. Returns the number of bytes, or -EINVAL.
 * Advances *text past the escape and past the second half of a surrogate pair.
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

/*
 * Eight decimal digits of a value below 10^8, the first one in the lowest byte: the value is split into halves three
 * times, and all parts are divided at once. The multiplications are exact divisions by 100 and by 10 for such parts.
 */
static u64 eight_digits(u32 value)
{
	u64 fours = value / 10000 | (u64)(value % 10000) << 32;
	u64 tops = (fours * 10486 >> 20) & 0x0000007f0000007f;
	u64 twos = tops | (fours - 100 * tops) << 16;

	tops = (twos * 103 >> 10) & 0x000f000f000f000f;
	return tops | (twos - 10 * tops) << 8;
}

#define ASCII 0x3030303030303030ULL

/* The last 8 digits of a longer number */
static char *put_eight(char *p, u32 value)
{
	u64 digits = htole64(eight_digits(value) | ASCII);

	memcpy(p, &digits, sizeof(digits));
	return p + sizeof(digits);
}

#define EIGHT 100000000

/* JSON_NUMBER_MAX bytes must be writable. */
static char *put_digits(char *p, u64 value)
{
	u64 digits;
	int zeros;

	if (value >= EIGHT)
		return put_eight(put_digits(p, value / EIGHT), value % EIGHT);
	digits = eight_digits(value);
	zeros = digits ? __builtin_ctzll(digits) & ~7 : 56;
	digits = htole64((digits | ASCII) >> zeros);
	memcpy(p, &digits, sizeof(digits));
	return p + sizeof(digits) - zeros / 8;
}

#define MEMO_BITS 8

/*
 * The digits of a number that was written before. Copies always take all
 * JSON_NUMBER_MAX bytes: the compiler inlines a copy of constant size.
 */
struct memo {
	u64 value;
	u32 len;
	char digits[JSON_NUMBER_MAX];
};

static struct memo memos[1 << MEMO_BITS];

/* Not inlined, so that the fast path of the caller saves no registers. */
static char *__attribute__((noinline))
put_new(char *p, u64 value, struct memo *memo)
{
	memo->value = value;
	memo->len = put_digits(memo->digits, value) - memo->digits;
	memcpy(p, memo->digits, JSON_NUMBER_MAX);
	return p + memo->len;
}

char *json_number_repeated(char *p, u64 value)
{
	/* Multiplying by the golden ratio spreads neighbours and multiples. */
	struct memo *memo =
		&memos[value * 0x9e3779b97f4a7c15ULL >> (64 - MEMO_BITS)];

	/* An unused memo has the value 0, and this value is above 9. */
	if (memo->value != value)
		return put_new(p, value, memo);
	memcpy(p, memo->digits, JSON_NUMBER_MAX);
	return p + memo->len;
}

char *json_number_next(char *p, u64 value)
{
	static char digits[2 * JSON_NUMBER_MAX];
	static unsigned int len;
	static u64 last;

	if (value && value == last + 1 && len && digits[len - 1] != '9')
		digits[len - 1]++;
	else
		len = put_digits(digits, value) - digits;
	last = value;
	memcpy(p, digits, JSON_NUMBER_MAX);
	return p + len;
}

char *json_number_time(char *p, u64 value)
{
	static char digits[JSON_NUMBER_MAX];
	static unsigned int len;
	static u64 first; /* value whose digits before the last 8 are kept */

	if (!len || value < first || value - first >= EIGHT) {
		if (value < EIGHT)
			return put_digits(p, value);
		first = value / EIGHT * EIGHT;
		len = put_digits(digits, value / EIGHT) - digits;
	}
	memcpy(p, digits, JSON_NUMBER_MAX);
	return put_eight(p + len, value - first);
}
