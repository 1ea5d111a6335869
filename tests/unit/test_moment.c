// SPDX-License-Identifier: GPL-2.0
/* Tests of parsing the moment of a recording that a user types. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/moment.h"
#include "ktap.h"

#define NS 1000000000LL
/* 2023-11-14T22:13:20Z, 2023-11-15T03:43:20+05:30 */
#define DAY 1700000000LL

static const char *const kinds[] = {
	[MOMENT_SHOWN] = "from what is shown",
	[MOMENT_BEGIN] = "since the begin",
	[MOMENT_FIRST] = "since the first event",
	[MOMENT_MONO] = "monotonic",
	[MOMENT_WALL] = "wall-clock",
};

static void test_good(void)
{
	static const struct {
		const char *text;
		enum time_style style;
		enum moment_kind kind;
		s64 ns;
	} good[] = {
		{ "+1.5s", TIME_AS_LOCAL, MOMENT_SHOWN, 1500000000 },
		{ "-150ms", TIME_AS_LOCAL, MOMENT_SHOWN, -150000000 },
		{ "+2", TIME_AS_MONO, MOMENT_SHOWN, 2 * NS },
		{ "1.5s", TIME_AS_LOCAL, MOMENT_BEGIN, 1500000000 },
		{ "2m", TIME_AS_DELTA, MOMENT_BEGIN, 120 * NS },
		{ "+2m", TIME_AS_DELTA, MOMENT_SHOWN, 120 * NS },
		{ "15.401234", TIME_AS_MONO, MOMENT_MONO, 15401234000 },
		{ "15.401234", TIME_AS_UTC, MOMENT_MONO, 15401234000 },
		{ "+15.401234", TIME_AS_DELTA, MOMENT_FIRST, 15401234000 },
		{ "-0.5", TIME_AS_DELTA, MOMENT_FIRST, -500000000 },
		{ "03:43:20", TIME_AS_LOCAL, MOMENT_WALL, DAY * NS },
		{ "03:43:20.108024", TIME_AS_LOCAL, MOMENT_WALL,
		  DAY * NS + 108024000 },
		{ "3:43", TIME_AS_MONO, MOMENT_WALL, (DAY - 20) * NS },
		{ "22:13:20", TIME_AS_UTC, MOMENT_WALL, DAY * NS },
		{ "2023-11-14T22:13:20.25Z", TIME_AS_LOCAL, MOMENT_WALL,
		  DAY * NS + 250000000 },
		{ "2023-11-15T03:43:20+05:30", TIME_AS_UTC, MOMENT_WALL,
		  DAY * NS },
		{ "2023-11-14T17:13:20-05:00", TIME_AS_LOCAL, MOMENT_WALL,
		  DAY * NS },
		{ "2023-11-15 03:43:20", TIME_AS_LOCAL, MOMENT_WALL, DAY * NS },
		{ "2023-11-14T22:13", TIME_AS_UTC, MOMENT_WALL,
		  (DAY - 20) * NS },
		{ "Nov 13 22:13:20", TIME_AS_UTC, MOMENT_WALL,
		  (DAY - 86400) * NS },
	};
	struct moment moment;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		moment = (struct moment){ 0, 1 };
		ok(!moment_parse(&moment, good[i].text, good[i].style,
				 DAY * NS),
		   "\"%s\" is accepted (%s)", good[i].text,
		   time_style_name(good[i].style));
		ok(moment.kind == good[i].kind, "  it is %s",
		   kinds[good[i].kind]);
		eq("  its value in ns", moment.ns, good[i].ns);
	}
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"",
		"+",
		"-",
		"++1",
		"noon",
		"0x10",
		"1.5.2",
		"25:00",
		"12:60",
		"12:00:00x",
		"12:00 ",
		" 12:00",
		"+12:00",
		"12:",
		":30",
		"1 s",
		"nan",
		"inf",
		"-inf",
		"2023-11",
		"2023-11-14",
		"9999-01-01T00:00:00Z",
		"1960-01-01T00:00:00Z",
		"2023-13-01T00:00",
		"12:00:00+1",
		"12:00:00+05:30x",
		"1000000001",
		"é",
	};
	struct moment moment;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ok(moment_parse(&moment, bad[i], TIME_AS_LOCAL, DAY * NS) ==
			   -EINVAL,
		   "\"%s\" is rejected", bad[i]);
	}
}

int main(void)
{
	/* The sign is that of POSIX: east of Greenwich. */
	setenv("TZ", "UTC-5:30", 1);
	tzset();
	test_good();
	test_bad();
	return ktap_done();
}
