/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers as decimal text, fast: most of the work of a recorder is to write
 * them. Nothing else of JSON is here.
 */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include "mhp_event.h"

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
