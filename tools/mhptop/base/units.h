/* SPDX-License-Identifier: GPL-2.0 */
/* Durations, sizes and times as people read and write them: one way for all of mhptop. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/types.h"

#define UNITS_TEXT_MAX 32

/*
 * A duration such as "2s", "150ms", "1.5h" or "2", which is in seconds; units
 * are ns, us, ms, s, m and h. 0, or -EINVAL if it is not one or exceeds
 * DURATION_MAX_NS.
 */
#define DURATION_MAX_NS 1000000000000000000ULL /* 31 years */
int duration_parse(u64 *ns, const char *text);
/* What duration_parse() takes, for messages. */
#define DURATION_EXAMPLE "a time such as 2s or 150ms"
/* "32.0us" with one decimal; nanoseconds have none. Returns buf. */
#define DURATION_EXACT -1 /* up to six decimals, as many as it takes */
const char *duration_text(char buf[UNITS_TEXT_MAX], u64 ns, int decimals);
/* "9.0 GiB", in bytes; three digits are kept. Returns buf. */
const char *size_text(char buf[UNITS_TEXT_MAX], u64 bytes);
/* A time in seconds with six decimals, as perf prints it. Returns buf. */
const char *time_text(char buf[UNITS_TEXT_MAX], u64 ns);

#endif
