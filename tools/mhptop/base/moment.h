/* SPDX-License-Identifier: GPL-2.0 */
/* A moment of a recording, as a user types it. */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stddef.h>
#include "base/units.h"

enum moment_kind {
	MOMENT_SHOWN, /* counted from the moment that is shown */
	MOMENT_BEGIN, /* since the recorder started */
	MOMENT_FIRST, /* since the first event */
	MOMENT_MONO, /* CLOCK_MONOTONIC, as of the records */
	MOMENT_WALL, /* since 1970 */
};

struct moment {
	enum moment_kind kind;
	s64 ns;
};

/*
 * Parse one of
 *
 *	+1.5s, -150ms		MOMENT_SHOWN
 *	1.5s			MOMENT_BEGIN: a time with a unit
 *	15.401234		as printed: MOMENT_MONO, or MOMENT_FIRST if style
 *				is TIME_AS_DELTA, then also with a sign
 *	14:05, 14:05:00.25	MOMENT_WALL, on the day of day_ns (since 1970)
 *	Nov 14 14:05:00		MOMENT_WALL, in the year of day_ns
 *	2026-11-14T14:05:00Z	MOMENT_WALL; without Z or +05:30 it is local
 *				time, or UTC if style is TIME_AS_UTC
 *
 * Returns 0 or -EINVAL.
 */
int moment_parse(struct moment *moment, const char *text, enum time_style style,
		 u64 day_ns);
/* "'1h' is after the recording, which takes 184us": side and edge say where it is and where the recording begins or ends. */
void moment_outside(char *why, size_t len, const char *text, const char *side,
		    const char *edge, const char *edge_text);
/* Message formats, with the text, and a message */
#define MOMENT_NONE "'%.60s' is no moment of this recording"
#define MOMENT_NO_WALL \
	"this recording has no wall-clock times: enter one as --time mono prints it"
/* For messages: what moment_parse() accepts. */
#define MOMENT_EXAMPLE \
	"a time as printed, such as 15.401234 or 14:05:00, one since the begin, such as 1.5s, or a step, such as +1.5s"

#endif
