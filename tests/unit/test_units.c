// SPDX-License-Identifier: GPL-2.0
/* Tests of parsing durations and of printing durations, sizes and times. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/units.h"
#include "ktap.h"

static void test_parse(void)
{
	static const struct {
		const char *text;
		u64 ns;
	} good[] = {
		{ "2s", 2000000000 },	 { "2", 2000000000 },
		{ "0.5", 500000000 },	 { "150ms", 150000000 },
		{ "300us", 300000 },	 { "9ns", 9 },
		{ "1.5us", 1500 },	 { "10m", 600000000000 },
		{ "2h", 7200000000000 }, { "0", 0 },
		{ ".5s", 500000000 },	 { "1000000000", DURATION_MAX_NS },
	};
	static const char *const bad[] = {
		"0x10",	 "0x1s",  "1e3s", "1.2.3s", "",		  "s",	 "ms",
		"2x",	 "2 s",	  " 2s",  "-1s",    "+1s",	  "nan", "inf",
		"1e400", "1..5s", "2sec", ".",	    "1000000001", "2s "
	};
	u64 ns;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ns = ~0ULL;
		ok(!duration_parse(&ns, good[i].text), "\"%s\" is accepted",
		   good[i].text);
		eq("its value in ns", ns, good[i].ns);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(duration_parse(&ns, bad[i]) == -EINVAL, "\"%s\" is rejected",
		   bad[i]);
}

/* All options that take numbers use it. */
static void test_numbers(void)
{
	static const struct {
		const char *text;
		bool may_be_hex;
		u64 number;
		const char *rest;
	} good[] = {
		{ "0", false, 0, "" },
		{ "12..3", false, 12, "..3" },
		{ "0x10", false, 0, "x10" },
		{ "0x10-0x20", true, 16, "-0x20" },
		{ "0XfF", true, 255, "" },
		{ "0x010", true, 16, "" },
		{ "18446744073709551615", false, ~0ULL, "" },
	};
	static const char *const bad[] = { "",
					   " 1",
					   "\t1",
					   "+1",
					   "-1",
					   "01",
					   "010",
					   "x",
					   "0x",
					   "0x-1",
					   "0x 1",
					   "0x0x1",
					   "18446744073709551616" };
	const char *rest;
	u64 number;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ok(!number_parse(&number, good[i].text, good[i].may_be_hex,
				 &rest),
		   "the number \"%s\" is accepted", good[i].text);
		eq("  its value", number, good[i].number);
		eq_text("  what follows", rest, good[i].rest);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(number_parse(&number, bad[i], true, &rest) == -EINVAL ||
			   *rest,
		   "the number \"%s\" is rejected", bad[i]);
}

static void test_print(void)
{
	char buf[UNITS_TEXT_MAX];

	eq_text("a duration in nanoseconds", duration_text(buf, 999, 1),
		"999ns");
	eq_text("a duration in microseconds", duration_text(buf, 32000, 1),
		"32.0us");
	eq_text("a duration in milliseconds", duration_text(buf, 1234567, 3),
		"1.235ms");
	eq_text("an exact duration in seconds",
		duration_text(buf, 7494861000, DURATION_EXACT), "7.494861s");
	eq_text("an exact duration without trailing zeros",
		duration_text(buf, 1500000000, DURATION_EXACT), "1.5s");
	eq_text("an exact duration without decimals",
		duration_text(buf, 10000, DURATION_EXACT), "10us");
	eq_text("a duration without decimals",
		duration_text(buf, 2000000000, 0), "2s");
	eq_text("the longest duration",
		duration_text(buf, ~0ULL, DURATION_EXACT),
		"18446744073.709553s");
	eq_text("a size in bytes", size_text(buf, 1023), "1023 B");
	eq_text("a whole number of MiB", size_text(buf, 128ULL << 20),
		"128 MiB");
	eq_text("a size with a decimal",
		size_text(buf, 9663676416ULL + (1 << 28)), "9.2 GiB");
	eq_text("the largest size", size_text(buf, ~0ULL), "16 EiB");
	eq_text("a time", time_text(buf, 1000042999), "1.000042");
	eq_text("the latest time", time_text(buf, ~0ULL), "18446744073.709551");
}

static void test_styles(void)
{
	enum time_style style = TIME_NR_STYLES;
	char names[64] = "";
	int i, wrong = 0;

	for (i = 0; i < TIME_NR_STYLES; i++) {
		wrong += time_style_parse(&style, time_style_name(i)) ||
			 (int)style != i || !*time_style_help(i);
		strcat(strcat(names, i ? " " : ""), time_style_name(i));
	}
	eq("the name of each style is parsed", wrong, 0);
	eq_text("the styles", names, "mono local utc delta");
	ok(time_style_parse(&style, "MONO") == -EINVAL &&
		   time_style_parse(&style, "") == -EINVAL,
	   "other words are not styles");
}

#define WALL 1700000000000042999ULL

static void test_wall(void)
{
	const u64 day = 86400000000000ULL;
	char buf[UNITS_TEXT_MAX];

	eq_text("a difference", time_delta_text(buf, 1000042999), "+1.000042");
	eq_text("a negative difference", time_delta_text(buf, -1000042999),
		"-1.000042");
	eq_text("the smallest difference", time_delta_text(buf, 1ULL << 63),
		"-9223372036.854775");

	setenv("TZ", "HERE-5:30", 1);
	tzset();
	eq_text("UTC", time_wall_text(buf, WALL, true),
		"2023-11-14T22:13:20.000042Z");
	eq_text("east of Greenwich", time_wall_text(buf, WALL, false),
		"2023-11-15T03:43:20.000042+05:30");
	eq_text("short, on the same day",
		time_wall_short(buf, WALL, WALL + 3600000000000ULL, true),
		"22:13:20.000042");
	eq_text("short, the day before in UTC",
		time_wall_short(buf, WALL, WALL + 2 * 3600000000000ULL, true),
		"Nov 14 22:13:20");
	eq_text("short, the same day here",
		time_wall_short(buf, WALL, WALL + 2 * 3600000000000ULL, false),
		"03:43:20.000042");
	eq_text("short, the same day of another year",
		time_wall_short(buf, WALL, WALL + 365 * day, true),
		"Nov 14 22:13:20");
	setenv("TZ", "THERE3:30", 1);
	tzset();
	eq_text("west of Greenwich", time_wall_text(buf, WALL, false),
		"2023-11-14T18:43:20.000042-03:30");
	eq_text("the last time", time_wall_text(buf, ~0ULL, true),
		"2554-07-21T23:34:33.709551Z");
	unsetenv("TZ");
	tzset();
}

/* A recording may have any number. */
static void test_errors(void)
{
	eq_text("an error", error_text(-16), "Device or resource busy");
	eq_text("no error", error_text(16), "error unknown");
	eq_text("the least int", error_text(INT32_MIN), "error unknown");
	eq_text("the least of all", error_text(INT64_MIN), "error unknown");
}

int main(void)
{
	test_errors();
	test_parse();
	test_numbers();
	test_print();
	test_styles();
	test_wall();
	return ktap_done();
}
