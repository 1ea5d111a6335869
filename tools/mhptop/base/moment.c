// SPDX-License-Identifier: GPL-2.0
/* Parses the moment of a recording that a user typed. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"

#define NS 1000000000LL /* in a second */

/* "14:05", "14:05:00" or "14:05:00.25". Returns what follows, or NULL. */
static const char *parse_clock(struct tm *tm, s64 *fraction_ns,
			       const char *text)
{
	struct tm minutes = *tm;
	const char *rest = strptime(text, "%H:%M:%S", tm);
	s64 digit = NS / 10;

	*fraction_ns = 0;
	if (!rest) {
		*tm = minutes;
		tm->tm_sec = 0;
		return strptime(text, "%H:%M", tm);
	}
	if (*rest != '.')
		return rest;
	while (isdigit((unsigned char)*++rest)) {
		*fraction_ns += (*rest - '0') * digit;
		digit /= 10;
	}
	return rest;
}

/* "2026-11-14T" or "Nov 14 ": returns what follows, which is the text itself if it has no date. */
static const char *parse_date(struct tm *tm, const char *text)
{
	struct tm date = *tm;
	const char *rest = strptime(text, "%Y-%m-%d", &date);

	if (rest && (*rest == 'T' || *rest == ' ')) {
		*tm = date;
		return rest + 1;
	}
	date = *tm;
	rest = strptime(text, "%b %d ", &date);
	if (!rest)
		return text;
	*tm = date;
	return rest;
}

/* "", "Z" or "+05:30": seconds east of Greenwich. 0 or -EINVAL. */
static int parse_zone(const char *text, bool *is_given, long *east)
{
	const char *rest;
	struct tm tm = { 0 };

	*east = 0;
	*is_given = *text;
	if (!*text || !strcmp(text, "Z"))
		return 0;
	if (*text != '+' && *text != '-')
		return -EINVAL;
	rest = strptime(text + 1, "%H:%M", &tm);
	if (!rest || *rest)
		return -EINVAL;
	*east = (tm.tm_hour * 60 + tm.tm_min) * (*text == '-' ? -60 : 60);
	return 0;
}

static int parse_wall(s64 *ns, const char *text, bool utc, u64 day_ns)
{
	time_t day = day_ns / NS, seconds;
	bool has_zone;
	s64 fraction;
	struct tm tm;
	long east;

	if (utc)
		gmtime_r(&day, &tm);
	else
		localtime_r(&day, &tm);
	text = parse_clock(&tm, &fraction, parse_date(&tm, text));
	if (!text || parse_zone(text, &has_zone, &east))
		return -EINVAL;
	tm.tm_isdst = -1;
	seconds = utc || has_zone ? timegm(&tm) - east : mktime(&tm);
	if (seconds < 0 || seconds >= INT64_MAX / NS)
		return -EINVAL;
	*ns = seconds * NS + fraction;
	return 0;
}

static bool has_unit(const char *text)
{
	return isalpha((unsigned char)text[strlen(text) - 1]);
}

int moment_parse(struct moment *moment, const char *text, enum time_style style,
		 u64 day_ns)
{
	bool is_signed = *text == '+' || *text == '-';
	u64 ns;

	if (duration_parse(&ns, text + is_signed)) {
		moment->kind = MOMENT_WALL;
		return is_signed || !isalnum((unsigned char)*text) ?
			       -EINVAL :
			       parse_wall(&moment->ns, text,
					  style == TIME_AS_UTC, day_ns);
	}
	moment->ns = *text == '-' ? -(s64)ns : (s64)ns;
	if (style == TIME_AS_DELTA && !has_unit(text))
		moment->kind = MOMENT_FIRST;
	else if (is_signed)
		moment->kind = MOMENT_SHOWN;
	else
		moment->kind = has_unit(text) ? MOMENT_BEGIN : MOMENT_MONO;
	return 0;
}

void moment_outside(char *why, size_t len, const char *text, const char *side,
		    const char *edge, const char *edge_text)
{
	snprintf(why, len, "'%.60s' is %s the recording, which %s %s", text,
		 side, edge, edge_text);
}
