/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop explain`: one page about a memory block. */
#ifndef ANSWERS_EXPLAIN_H
#define ANSWERS_EXPLAIN_H

#include <stdio.h>
#include "base/units.h"
#include "source/stream.h"

/*
 * Print the page about the memory block that what names, by its number, its name or
 * a physical address, from an open stream: of a live one what is known now, of a
 * recording its whole story. Returns STATUS_OK, STATUS_USAGE, STATUS_FAILED if there is
 * no such block, or what reading a recording returns; with a message.
 */
int explain_run(struct stream *stream, const char *what, enum time_style time,
		FILE *out);

#endif
