/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first and the last line of a recording, its header and its totals:
 *
 *   {"schema":2,"type":"mhptop","kernel":"6.12.117","host":"box",
 *    "boot":"15b0…","source":"events","page_bytes":4096,
 *    "block_bytes":134217728,"wall_ns":…,"mono_ns":…}
 *   {"totals":{"seen":648,"lost":0,"folded":648,"self_check":"equal",
 *    "mono_ns":…,"events":{"mhp_add_begin":{"seen":1,"lost":0}, …}}}
 *
 * mono_ns of the totals is the time of the end: what had not ended by then is
 * judged by it. Recordings of schema 1 and early ones of schema 2 lack it.
 * "boot" is the boot ID of the kernel; older recorders did not write it.
 * A machine of more than 32,768 memory blocks has "max_accounts" in the header
 * (struct source_info), a kernel whose struct page has not 64 bytes
 * "struct_page_bytes", and one with a balloon "balloon":true. A recorder that begins
 * a new recording when one is large enough writes "run_ns", "part" and "base_records"
 * into the header of the next one, a flight recorder "dropped" (struct source_info).
 * Such a recording begins with records of a snapshot, which the recorder made of its
 * accounts: it is complete by itself, and where it follows the one before it, readers
 * leave those records out and go on. A self-check that is not "equal" is followed by
 * its reason:
 * "self_check":"none","self_check_why":"3 events were lost, so …". "no_room" and
 * "no_lock" follow if they are not 0 (struct source_totals).
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include "model/source_info.h"

/* Bytes of the longest line of a recording, including its newline. */
#define RECORDING_LINE_MAX 16384
#define RECORDING_WHY_MAX 160

struct recording_totals {
	u64 folded; /* numbered records that the recorder wrote and folded */
	int self_check; /* result of source_self_check() */
	char why[RECORDING_WHY_MAX]; /* reason of the result, "" if equal */
	struct source_totals source;
};

/*
 * Write a line with a newline and a NUL to a buffer of RECORDING_LINE_MAX bytes.
 * Returns the number of bytes without the NUL.
 */
size_t recording_header_put(const struct source_info *info, char *buf);
size_t recording_totals_put(const struct recording_totals *totals, char *buf);

/*
 * Read a line of len bytes, without its newline. 0, -EPROTO: not a valid line,
 * -ENOTSUP: a newer schema than ours, or -ENOMEM. After an error, why has the
 * reason, in one line.
 */
int recording_header_get(const char *line, size_t len, struct source_info *info,
			 char *why, size_t why_len);
int recording_totals_get(const char *line, size_t len,
			 struct recording_totals *totals, char *why,
			 size_t why_len);
/* Whether a line is a header line, to be read with recording_header_get(). */
bool recording_is_header(const char *line, size_t len);
/* Whether a line is a totals line, to be read with recording_totals_get(). */
bool recording_is_totals(const char *line, size_t len);
/* "equal", "differs", "none", or "pending" while there is no result yet. */
const char *recording_check_name(int self_check);

#endif
