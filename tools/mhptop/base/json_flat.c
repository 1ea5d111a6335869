// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner for flat JSON objects. The text may hold anything and need not
 * end with a NUL: every byte is checked before it is taken.
 *
 * Escapes are only stepped over here; json_text.c knows what they stand for.
 */
#include <errno.h>
#include <string.h>

#include "base/json_flat.h"

static int fail(struct json_flat *flat, const char *why)
{
	flat->why = why;
	return -EPROTO;
}

/* The byte at hand, or 0, with which nothing in JSON begins. */
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
			return fail(flat, "control character in a string");
		if (*at == '\\' && ++at == flat->end)
			break;
	}
	if (at == flat->end)
		return fail(flat, "string without an end");
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

/* What makes a number one that is no integer. */
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
		return fail(flat, "not a number");
	start = flat->at;
	if (!scan_fraction(flat))
		return fail(flat, "not a number");
	if (flat->at > start)
		member->kind = JSON_KIND_OTHER;
	return 0;
}

static int scan_literal(struct json_flat *flat)
{
	static const char *const literals[] = { "true", "false", "null", NULL };
	const char *const *literal;
	size_t len;

	for (literal = literals; *literal; literal++) {
		len = strlen(*literal);
		if ((size_t)(flat->end - flat->at) < len ||
		    memcmp(flat->at, *literal, len))
			continue;
		flat->at += len;
		return 0;
	}
	return fail(flat, "not a value");
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
		return fail(flat, "nested value");
	member->kind = JSON_KIND_OTHER;
	return scan_literal(flat);
}

static int scan_member(struct json_flat *flat)
{
	struct json_member *member = &flat->members[flat->nr];
	int err;

	if (flat->nr == JSON_FLAT_MAX)
		return fail(flat, "too many keys");
	if (skip_space(flat) != '"')
		return fail(flat, "no key where one must be");
	err = scan_string(flat, &member->key, &member->key_len);
	if (err)
		return err;
	if (skip_space(flat) != ':')
		return fail(flat, "key without a value");
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
		return fail(flat, "not a JSON object");
	do {
		flat->at++;
		err = scan_member(flat);
		if (err)
			return err;
	} while (skip_space(flat) == ',');
	if (here(flat) != '}')
		return fail(flat, "object without an end");
	flat->at++;
	if (skip_space(flat) || flat->at < flat->end)
		return fail(flat, "text after the object");
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
