/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a column of a table is, and two lists of them: one for memory blocks,
 * one for added ranges. The tables of the dashboard and of batch mode, sorting,
 * filtering and the keys of blocks[] and ranges[] in JSON all come from these.
 */
#ifndef MODEL_COLUMNS_H
#define MODEL_COLUMNS_H

#include <stdbool.h>
#include "model/model.h"

#define COLUMN_NONE ((s64)(1ULL << 63))

enum column_kind {
	COLUMN_NUMBER,
	COLUMN_HEX,
	COLUMN_WORD,
	COLUMN_TIME,
	COLUMN_FLAG, /* yes or no, true or false in JSON */
};

struct column {
	const char *key; /* in JSON and filters: "vmemmap_pages" */
	const char *title; /* in tables: "VMEMMAP" */
	const char *help; /* one line for the help screen and the manual */
	int width; /* in cells; numbers and times are right-aligned */
	enum column_kind kind;
	bool shown; /* in tables without being asked for */
	/*
	 * Of what a row is about: a block, or a range in range_columns.
	 * COLUMN_NONE where there is no value: "-" as text, null in JSON
	 */
	s64 (*get)(const struct model *model, const void *row);
	const struct event_symbol *symbols; /* for words */
	bool history; /* no kernel keeps it: it begins when mhptop does */
};

extern const struct column columns[]; /* key == NULL ends the list */

const struct column *column_find(const char *key);
/* The word of a word column's value, NULL if there is none. */
const char *column_word(const struct column *column, s64 value);
/* The cell as text, without padding. Times are durations with a unit. */
int column_format(const struct column *column, const struct model *model,
		  const void *row, char *buf, size_t len);
/* How long it took, COLUMN_NONE if it did not begin or end. */
s64 column_duration(const struct mhp_phase *phase);
/* The first column from this one on that tables show, NULL if none is left. */
const struct column *column_shown(const struct column *column);
/* < 0, 0, > 0 by the column's value, then by pfn. Safe for 64-bit values. */
int column_compare(const struct column *column, const struct model *model,
		   const struct mhp_block *a, const struct mhp_block *b);

/*
 * A filter of blocks: "key=word", "key!=word", "key<number", "key>number",
 * several joined with spaces or commas, all of which must hold; a bare word
 * matches any word column. "" matches all. NULL in *filter and -EINVAL with
 * a reason for bad ones.
 */
struct block_filter;
int block_filter_parse(struct block_filter **filter, const char *text,
		       char *why, size_t len);
bool block_filter_match(const struct block_filter *filter,
			const struct model *model,
			const struct mhp_block *block);
/*
 * A column that the filter asks for and that is history: no kernel keeps it,
 * so it begins when mhptop does. NULL if there is none.
 */
const struct column *block_filter_history(const struct block_filter *filter);
void block_filter_free(struct block_filter *filter);

/* A row is a struct mhp_range. key == NULL ends the list. */
extern const struct column range_columns[];

enum range_state {
	RANGE_THERE,
	RANGE_ADDING,
	RANGE_REMOVING, /* but nothing of its memmap is freed yet */
	RANGE_FREEING, /* its memmap, to remove it or to undo its add */
	RANGE_REMOVED,
	RANGE_NOT_ADDED, /* add_ret says why */
	RANGE_NOT_REMOVED, /* remove_ret says why */
};

enum range_state range_state(const struct mhp_range *range);
/* Sections whose memmap was there, in this life of the range. */
u32 range_sections(const struct mhp_range *range);

#endif
