// SPDX-License-Identifier: GPL-2.0
/* Durations, sizes and times, parsed and printed. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

int duration_parse(u64 *ns, const char *text)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "", 1e9 },    { "ns", 1 },  { "us", 1e3 },
		      { "ms", 1e6 },  { "s", 1e9 }, { "m", 60e9 },
		      { "h", 3600e9 } };
	double number;
	char *end;
	size_t i;

	/* strtod() also accepts " 1", "0x1p3", "inf" and "nan". */
	number = strtod(text, &end);
	if (end == text || strspn(text, "0123456789.") != (size_t)(end - text))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(end, units[i].name))
			break;
	if (i == ARRAY_SIZE(units) ||
	    !(number * units[i].ns <= DURATION_MAX_NS))
		return -EINVAL;
	*ns = number * units[i].ns + 0.5;
	return 0;
}

const char *duration_text(char buf[UNITS_TEXT_MAX], u64 ns, int decimals)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	bool exact = decimals == DURATION_EXACT;
	size_t i = 0;
	int len;

	if (ns < 1000) {
		snprintf(buf, UNITS_TEXT_MAX, "%lluns", ns);
		return buf;
	}
	/* The next unit if it would be 1000 of this one once rounded. */
	do {
		len = snprintf(buf, UNITS_TEXT_MAX, "%.*f",
			       exact ? 6 : decimals, ns / units[i].ns);
	} while (strtod(buf, NULL) >= 1000 && ++i < ARRAY_SIZE(units));
	while (exact && (buf[len - 1] == '0' || buf[len - 1] == '.'))
		if (buf[--len] == '.')
			break;
	snprintf(buf + len, UNITS_TEXT_MAX - len, "%s",
		 units[i < ARRAY_SIZE(units) ? i : i - 1].name);
	return buf;
}

const char *size_text(char buf[UNITS_TEXT_MAX], u64 bytes)
{
	static const char *const units[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	double value = bytes;
	size_t unit = 0;

	/* The next unit if it would be 1024 of this one once rounded. */
	while (value >= 1023.5 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, UNITS_TEXT_MAX, "%.*f %s",
		 unit && value < 99.95 && value != (u64)value ? 1 : 0, value,
		 units[unit]);
	return buf;
}

const char *time_text(char buf[UNITS_TEXT_MAX], u64 ns)
{
	snprintf(buf, UNITS_TEXT_MAX, "%llu.%06llu", ns / 1000000000,
		 ns / 1000 % 1000000);
	return buf;
}
