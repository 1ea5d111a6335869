/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parses a line of text that another tool printed: perf script, trace-cmd report,
 * the files of tracefs, or a kernel that dumped its trace to the console.
 */
#ifndef TEXT_LINE_H
#define TEXT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_event.h"
#include "source/import/text_head.h"

enum text_line_kind {
	TEXT_LINE_OTHER, /* no event that we know */
	TEXT_LINE_HEADER, /* with which tracefs or trace-cmd begins a text */
	TEXT_LINE_EVENT, /* an mhp event */
	TEXT_LINE_UNKNOWN, /* an mhp event of a newer kernel, or one with such a value */
	TEXT_LINE_LOST, /* events are missing before this line */
	TEXT_LINE_LOST_ANYWHERE, /* events are missing somewhere */
	TEXT_LINE_OVERWRITTEN, /* the oldest events of each CPU are missing */
};

struct text_line {
	enum text_line_kind kind;
	s64 cpu; /* of the event, or that lost events; -1: unknown */
	u64 lost; /* at least 1 if events are missing */
	bool lost_more; /* the number of lost events is unknown */
	char buffer[TEXT_BUFFER_LEN]; /* of trace-cmd, "" for the top buffer */
	struct mhp_record
		record; /* without a number; without a size if it is unknown */
};

/*
 * Parse a line, which ends with '\0'. 0, or -EPROTO with a reason: an mhp event
 * that lacks something.
 */
int text_line_parse(const char *line, struct text_line *parsed, char *why,
		    size_t len);

#endif
