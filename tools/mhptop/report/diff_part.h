/* SPDX-License-Identifier: GPL-2.0 */
/* A comparison in progress, private to diff*.c. */
#ifndef REPORT_DIFF_PART_H
#define REPORT_DIFF_PART_H

#include <stdio.h>
#include "base/table.h"
#include "report/report.h"

#define LINE_MAX_BYTES 2048

struct diff {
	struct report a, b;
	const char *names[2];
	bool json;
	FILE *out;
	int cols; /* of the terminal, 0: it is none */
	struct table table; /* of the section, in text */
	char title[24]; /* of that table */
	bool no_memory; /* for that table */
	const char *section; /* that was begun last */
	bool is_first; /* nothing was printed of it */
	u64 differences;
	/* Consecutive memory blocks with the same differences */
	u64 first_block;
	u64 last_block;
	char line[LINE_MAX_BYTES]; /* "": none */
};

/* Before each row of JSON: a comma, unless it is the first one. */
void diff_begin_row(struct diff *diff);
/* A row of text. */
void diff_put_row(struct diff *diff, const char *name, const char *a,
		  const char *b);
/* A row with two numbers, some of which may be unknown. */
void diff_put_numbers(struct diff *diff, const char *subject, const char *key,
		      s64 a, s64 b, bool known_a, bool known_b);
/* The results of operations on the same memory. 0 or -ENOMEM. */
int diff_compare_operations(struct diff *diff);
/* How long operations took; never a difference. */
void diff_show_times(struct diff *diff);

#endif
