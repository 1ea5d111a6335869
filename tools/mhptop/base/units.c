// SPDX-License-Identifier: GPL-2.0
/* Durations, sizes, times and errors, parsed and printed. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/units.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NS 1000000000ULL /* in a second */

int number_parse(u64 *number, const char *text, bool may_be_hex,
		 const char **rest)
{
	bool is_hex = may_be_hex && text[0] == '0' && (text[1] | ' ') == 'x';
	const char *digits = text + (is_hex ? 2 : 0);
	size_t len = strspn(digits,
			    is_hex ? "0123456789abcdefABCDEF" : "0123456789");
	char *end;

	if (!len || (!is_hex && *digits == '0' && len > 1))
		return -EINVAL;
	errno = 0;
	*number = strtoull(digits, &end, is_hex ? 16 : 10);
	*rest = end;
	/* After "0x", it would take another one. */
	return errno || end != digits + len ? -EINVAL : 0;
}

int decimal_parse(double *number, const char *text, const char **rest)
{
	char *end;

	/* strtod() also accepts " 1", "0x1p3", "inf" and "nan". */
	*number = strtod(text, &end);
	*rest = end;
	return end == text || strspn(text, "0123456789.") <
				       (size_t)(end - text) ?
		       -EINVAL :
		       0;
}

int duration_parse(u64 *ns, const char *text)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "", 1e9 },    { "ns", 1 },  { "us", 1e3 },
		      { "ms", 1e6 },  { "s", 1e9 }, { "m", 60e9 },
		      { "h", 3600e9 } };
	const char *end;
	double number;
	size_t i;

	if (decimal_parse(&number, text, &end))
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

int size_parse(u64 *bytes, const char *text)
{
	static const char units[] = "KMGT";
	const char *rest, *unit;
	unsigned int shift = 0;

	if (number_parse(bytes, text, true, &rest))
		return -EINVAL;
	unit = *rest ? strchr(units, *rest) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		rest++;
		if (!strcmp(rest, "iB"))
			rest += 2;
	}
	if (*rest || !*bytes || *bytes > ~0ULL >> 1 >> shift)
		return -EINVAL;
	*bytes <<= shift;
	return 0;
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

static const struct {
	const char *name;
	const char *help;
} styles[TIME_NR_STYLES] = {
	[TIME_AS_MONO] = { "mono", "seconds of CLOCK_MONOTONIC" },
	[TIME_AS_LOCAL] = { "local", "local time" },
	[TIME_AS_UTC] = { "utc", "UTC" },
	[TIME_AS_DELTA] = { "delta", "seconds since the first event" },
};

int time_style_parse(enum time_style *style, const char *text)
{
	int i;

	for (i = 0; i < TIME_NR_STYLES; i++) {
		if (strcmp(styles[i].name, text))
			continue;
		*style = i;
		return 0;
	}
	return -EINVAL;
}

const char *time_style_name(enum time_style style)
{
	return styles[style].name;
}

const char *time_style_help(enum time_style style)
{
	return styles[style].help;
}

const char *time_text(char buf[UNITS_TEXT_MAX], u64 ns)
{
	snprintf(buf, UNITS_TEXT_MAX, "%llu.%06llu", ns / NS,
		 ns / 1000 % 1000000);
	return buf;
}

const char *time_delta_text(char buf[UNITS_TEXT_MAX], s64 ns)
{
	u64 size = ns < 0 ? -(u64)ns : (u64)ns;

	snprintf(buf, UNITS_TEXT_MAX, "%c%llu.%06llu", ns < 0 ? '-' : '+',
		 size / NS, size / 1000 % 1000000);
	return buf;
}

static void wall_split(struct tm *tm, u64 wall_ns, bool utc)
{
	time_t seconds = wall_ns / NS;

	/* No 64-bit number of ns is too large for either. */
	if (utc)
		gmtime_r(&seconds, tm);
	else
		localtime_r(&seconds, tm);
}

const char *time_wall_text(char buf[UNITS_TEXT_MAX], u64 wall_ns, bool utc)
{
	struct tm tm;
	size_t len;
	long east;

	wall_split(&tm, wall_ns, utc);
	len = strftime(buf, UNITS_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	len += snprintf(buf + len, UNITS_TEXT_MAX - len, ".%06llu",
			wall_ns / 1000 % 1000000);
	east = tm.tm_gmtoff / 60;
	if (utc)
		snprintf(buf + len, UNITS_TEXT_MAX - len, "Z");
	else
		snprintf(buf + len, UNITS_TEXT_MAX - len, "%c%02ld:%02ld",
			 east < 0 ? '-' : '+', labs(east) / 60 % 100,
			 labs(east) % 60);
	return buf;
}

const char *time_wall_short(char buf[UNITS_TEXT_MAX], u64 wall_ns, u64 today_ns,
			    bool utc)
{
	/* Month names are English, as main() sets no LC_TIME. */
	struct tm tm, today;
	size_t len;

	wall_split(&tm, wall_ns, utc);
	wall_split(&today, today_ns, utc);
	if (tm.tm_year != today.tm_year || tm.tm_yday != today.tm_yday) {
		strftime(buf, UNITS_TEXT_MAX, "%b %d %H:%M:%S", &tm);
		return buf;
	}
	len = strftime(buf, UNITS_TEXT_MAX, "%H:%M:%S", &tm);
	snprintf(buf + len, UNITS_TEXT_MAX - len, ".%06llu",
		 wall_ns / 1000 % 1000000);
	return buf;
}

const char *error_text(s64 ret)
{
	return ret < 0 && ret > -4096 ? strerror(-ret) : "error unknown";
}
