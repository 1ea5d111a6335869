/* SPDX-License-Identifier: GPL-2.0 */
/* Opens text files, and perf.data files through perf. */
#ifndef TEXT_TOOL_H
#define TEXT_TOOL_H

#include <stddef.h>
#include <stdio.h>

/*
 * Open a text file, or the output of perf script for a perf.data. The caller
 * closes it. NULL: *err is a negative errno, and why has the reason.
 */
FILE *text_tool_open(const char *path, int *err, char *why, size_t len);

#endif
