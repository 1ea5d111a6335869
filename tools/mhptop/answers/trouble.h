/* SPDX-License-Identifier: GPL-2.0 */
/* Why an operation on a memory block failed, or has not ended: its lines on the page about the block. */
#ifndef ANSWERS_TROUBLE_H
#define ANSWERS_TROUBLE_H

#include <stdio.h>
#include "answers/machine.h"
#include "model/event_table.h"
#include "model/model.h"

/* The page, and what is known beside the story */
struct trouble_page {
	const struct model *model;
	const struct story *story;
	const struct machine_answer
		*answer; /* about the same troubles; NULL: none */
	const char *
		no_answer; /* a line about whose the page is, without an answer; NULL: none */
	bool end_unseen; /* nobody knows whether what is in progress has ended since */
	FILE *out;
};

/* Print the lines about the nth trouble of a page, from "why" to "do". */
void trouble_print(const struct trouble_page *page,
		   const struct story_trouble *trouble, size_t nth);

/* The word of a value, or none if it has none. */
const char *trouble_word(const struct event_symbol *words, u32 value,
			 const char *none);
/* Print which block is online, if a removal was refused because of that. */
void trouble_print_online(const struct story *story,
			  const struct story_step *step, FILE *out);

#endif
