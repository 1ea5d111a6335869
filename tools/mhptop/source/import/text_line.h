/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line of what other tools print of the mhp events: perf script, trace-cmd
 * report, the files of tracefs.
 */
#ifndef TEXT_LINE_H
#define TEXT_LINE_H

#include <stddef.h>
#include "mhp_event.h"

/*
 * Read a line into a record without a number. 1: it is one; 0: it is something
 * else, such as another event; -EPROTO with a reason: an mhp event that cannot
 * be read. The line must end with '\0'.
 */
int text_line_read(const char *line, struct mhp_record *record, char *why,
		   size_t len);
/* How many events the line says were lost, 0 for any other line. */
u64 text_line_lost(const char *line);

#endif
