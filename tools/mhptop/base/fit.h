/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines that fit a terminal. One that is too long goes on below, indented; nothing is
 * cut. In a pipe or a file, each line stays whole.
 */
#ifndef BASE_FIT_H
#define BASE_FIT_H

#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

/* In a line that is written to fit_open(): what goes on below begins under this place. It takes no room. */
#define FIT_HERE "\037"

/* The columns of the terminal that out writes to, 0 if it is none. */
int fit_cols(FILE *out);
/*
 * A stream that writes to another one, with lines of at most so many columns; 0: any
 * number. NULL if out of memory. fit_close() ends it, and leaves the other one open.
 */
FILE *fit_open(FILE *out, int cols);
/* 0, or -EIO if something could not be written. */
int fit_close(FILE *fit);

/* The next printable character of a text, and its width in cells. Without UTF-8, each byte beyond ASCII is a '?'. */
wchar_t fit_char(const char **text, bool utf8, int *cells);
int fit_width(const char *text); /* in cells */
/*
 * How many bytes of a text to put into a row that has room for fit: up to a space,
 * unless a word is longer; at least one. Not between the parts of a label, which so
 * many bytes are; -1: at any space.
 */
int fit_break(const char *text, int label, int fit);
/* Where a line that is too long goes on. Two spaces separate a label from its text, below which it does. A mark is no label. */
int fit_indent(const char *text, int cols);

#endif
