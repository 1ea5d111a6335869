/* SPDX-License-Identifier: GPL-2.0 */
/* What perf recorded, printed by itself. */
#ifndef TEXT_TOOL_H
#define TEXT_TOOL_H

#include <stddef.h>
#include <stdio.h>

/*
 * A file as text: itself or, if perf recorded it, what it prints of it. NULL
 * with *err, a negative errno, and a reason.
 */
FILE *text_tool_open(const char *path, int *err, char *why, size_t len);

#endif
