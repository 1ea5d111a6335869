/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parses a line of mhp events as printed by other tools: perf script, trace-cmd
 * report, and the files of tracefs.
 */
#ifndef TEXT_LINE_H
#define TEXT_LINE_H

#include <stddef.h>
#include "mhp_event.h"

/*
 * Read a line, which ends with '\0', into a record without a number. 1: an mhp
 * event; 0: anything else; -EPROTO with a reason: an invalid mhp event.
 */
int text_line_read(const char *line, struct mhp_record *record, char *why,
		   size_t len);
/* The number of events that the line reports as lost, 0 for any other line. */
u64 text_line_lost(const char *line);

#endif
