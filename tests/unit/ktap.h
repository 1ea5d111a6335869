/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What unit tests are written with: results in KTAP. A test is a program;
 * its main() calls its parts and returns ktap_done().
 */
#ifndef KTAP_H
#define KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int ktap_count, ktap_failed;

/* One result, named as by printf(). */
static inline bool __attribute__((format(printf, 2, 3)))
ok(bool passed, const char *name, ...)
{
	va_list args;

	if (!ktap_count)
		printf("KTAP version 1\n");
	printf("%sok %d ", passed ? "" : "not ", ++ktap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	ktap_failed += !passed;
	return passed;
}

static inline void eq(const char *name, long long got, long long want)
{
	if (!ok(got == want, "%s", name))
		printf("# got %lld, want %lld\n", got, want);
}

static inline void eq_text(const char *name, const char *got, const char *want)
{
	if (!ok(!strcmp(got, want), "%s", name))
		printf("# got  '%s'\n# want '%s'\n", got, want);
}

/* The plan; the exit status. */
static inline int ktap_done(void)
{
	printf("1..%d\n", ktap_count);
	return ktap_failed || !ktap_count;
}

#endif
