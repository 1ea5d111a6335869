/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop diff`: what differs between two recordings, or two moments of one. */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include <stdio.h>
#include "source/stream.h"

struct diff_side {
	struct stream stream; /* open */
	const char *name; /* as the user gave it */
	const char *moment; /* as a user types it, NULL: the end */
};

/*
 * Read both to their ends, and print what differs, as text or as JSON. Returns the
 * exit code: 0 if nothing does, 3 if something does.
 */
int diff_run(struct diff_side *a, struct diff_side *b, bool json, FILE *out);

#endif
