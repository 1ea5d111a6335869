/* SPDX-License-Identifier: GPL-2.0 */
/* Durations, sizes and times as text: one parser and one format for all of mhptop. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include "base/types.h"

#define UNITS_TEXT_MAX 40

/*
 * Parse a whole number at the start of a text, and set *rest to what follows. It
 * is decimal or, if that is allowed and it starts with 0x, hexadecimal. Blanks, signs
 * and the leading zeros of octal numbers are refused. Returns 0, or -EINVAL also if it is too large.
 */
int number_parse(u64 *number, const char *text, bool may_be_hex,
		 const char **rest);
/* The same for a number with decimals, such as "1.5"; neither hexadecimal nor with an exponent. */
int decimal_parse(double *number, const char *text, const char **rest);
/*
 * Parse a duration such as "2s", "150ms" or "1.5h". Units are ns, us, ms, s, m
 * and h; a bare number is in seconds. Returns 0, or -EINVAL if the text is not
 * a duration or exceeds DURATION_MAX_NS.
 */
#define DURATION_MAX_NS 1000000000000000000ULL /* 31 years */
int duration_parse(u64 *ns, const char *text);
/* For messages: what duration_parse() accepts. */
#define DURATION_EXAMPLE "a time such as 2s or 150ms"
#define DURATION_EXACT -1 /* decimals: up to six, without trailing zeros */
/* "32.0us" if decimals is 1; nanoseconds never have decimals. Returns buf. */
const char *duration_text(char buf[UNITS_TEXT_MAX], u64 ns, int decimals);
/*
 * Parse a size such as "2G", "512M", "128MiB" or a number of bytes, above 0. The units
 * K, M, G and T are powers of 1024, with or without iB. Returns 0 or -EINVAL.
 */
int size_parse(u64 *bytes, const char *text);
/* "128 MiB", or "9.2 GiB" if it is below 100 and not whole. Returns buf. */
const char *size_text(char buf[UNITS_TEXT_MAX], u64 bytes);

/* How a time is printed. */
enum time_style {
	TIME_AS_MONO, /* seconds of CLOCK_MONOTONIC, as perf prints them */
	TIME_AS_LOCAL, /* wall-clock time in the local time zone */
	TIME_AS_UTC, /* wall-clock time in UTC */
	TIME_AS_DELTA, /* seconds since the first event */
	TIME_NR_STYLES
};
#define TIME_STYLES "mono, local, utc or delta" /* for messages */
/* Returns 0, or -EINVAL for an unknown style. */
int time_style_parse(enum time_style *style, const char *text);
const char *time_style_name(enum time_style style); /* "mono" */
const char *time_style_help(enum time_style style); /* for titles */

/* Seconds with six decimals, rounded down, as perf prints times. Returns buf. */
const char *time_text(char buf[UNITS_TEXT_MAX], u64 ns);
/* The same for a difference, with its sign: "+1.000042". Returns buf. */
const char *time_delta_text(char buf[UNITS_TEXT_MAX], s64 ns);
/*
 * Nanoseconds since 1970 as ISO 8601 with microseconds, for example
 * "2023-11-14T22:13:20.000042Z". Returns buf.
 */
const char *time_wall_text(char buf[UNITS_TEXT_MAX], u64 wall_ns, bool utc);
/*
 * The same in 15 characters, for tables: "22:13:20.000042" on the day of
 * today_ns, "Nov 14 22:13:20" on any other day. Returns buf.
 */
const char *time_wall_short(char buf[UNITS_TEXT_MAX], u64 wall_ns, u64 today_ns,
			    bool utc);

/* What the kernel means by a return value, "error unknown" if that is none of its errors. A recording may have any number. */
const char *error_text(s64 ret);

#endif
