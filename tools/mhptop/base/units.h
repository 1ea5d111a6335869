/* SPDX-License-Identifier: GPL-2.0 */
/* Durations, sizes and times as text: one parser and one format for all of mhptop. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/types.h"

#define UNITS_TEXT_MAX 32

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
/* "128 MiB", or "9.2 GiB" if it is below 100 and not whole. Returns buf. */
const char *size_text(char buf[UNITS_TEXT_MAX], u64 bytes);
/* Seconds with six decimals, rounded down, as perf prints times. Returns buf. */
const char *time_text(char buf[UNITS_TEXT_MAX], u64 ns);

#endif
