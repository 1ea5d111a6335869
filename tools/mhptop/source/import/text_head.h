/* SPDX-License-Identifier: GPL-2.0 */
/* The head of a line of text, and the parts that such lines consist of. */
#ifndef TEXT_HEAD_H
#define TEXT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_event.h"

#define TEXT_BUFFER_LEN 64

/* What is before the text of an event */
struct text_head {
	const char *comm;
	size_t comm_len;
	u64 pid;
	u64 cpu;
	u64 time_ns;
	char mark; /* between the task's name and ID: '-', or ' ' in perf */
	const char *event; /* the name of the event */
};

/* Each moves *at past the part, or returns false. */
void text_skip_blanks(const char **at);
bool text_take_char(const char **at, char c);
bool text_take_number(const char **at, u64 *number);
/* "40.580167:" or "580167us:", in ns */
bool text_take_time(const char **at, u64 *ns);

/*
 * Find the head. The name of a task may look like the beginning of one: what
 * counts is the last place where a head can start, which is at most as far from
 * the start of the line as a name is long. The rest of the line is further away.
 */
bool text_head_find(const char *line, struct text_head *found);
/* The same behind the name of a buffer, which has room for TEXT_BUFFER_LEN characters. */
bool text_head_find_buffer(const char *line, struct text_head *head,
			   char *buffer);

#endif
