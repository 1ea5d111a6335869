/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Columns: one list for memory blocks, one for added ranges. The tables of the
 * dashboard and of batch mode, sorting, filtering and the keys of blocks[] and
 * ranges[] in JSON all come from these. Filters select blocks by the values of
 * their columns.
 */
#ifndef MODEL_COLUMNS_H
#define MODEL_COLUMNS_H

#include <stdbool.h>
#include "model/model.h"

#define COLUMN_NONE ((s64)(1ULL << 63)) /* no value */

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
	bool shown; /* in tables by default */
	/*
	 * The value for a row: a struct mhp_block, or a struct mhp_range in
	 * range_columns. Counts are in pages, times in ns. COLUMN_NONE, printed
	 * as "-" and as null in JSON, if there is no value.
	 */
	s64 (*get)(const struct model *model, const void *row);
	const struct event_symbol *symbols; /* of COLUMN_WORD, else NULL */
	bool history; /* not kept by the kernel: empty when mhptop starts */
};

extern const struct column columns[]; /* key == NULL ends the list */

/* The block column with a key, NULL if there is none. */
const struct column *column_find(const char *key);
/* The word for a value of the column, NULL if it has none. */
const char *column_word(const struct column *column, s64 value);
/*
 * Print the value for a row, without padding; times as durations with a unit.
 * Returns what snprintf() returns.
 */
int column_format(const struct column *column, const struct model *model,
		  const void *row, char *buf, size_t len);
/* How long a phase took, in ns; COLUMN_NONE if it did not begin or end. */
s64 column_duration(const struct mhp_phase *phase);
/* This column or the next one that tables show by default, NULL if none is left. */
const struct column *column_shown(const struct column *column);
/* < 0, 0 or > 0, as for qsort(): by the column's value, then by pfn. */
int column_compare(const struct column *column, const struct model *model,
		   const struct mhp_block *a, const struct mhp_block *b);

/*
 * A filter of blocks: terms separated by spaces or commas, all of which must
 * match. A term is KEY=VALUE, KEY!=VALUE, KEY<NUMBER, KEY<=NUMBER, KEY>NUMBER,
 * KEY>=NUMBER or a bare word, which matches any word column. "-" matches an
 * empty value, "" every block.
 *
 * block_filter_parse() returns 0 and a filter to be freed by
 * block_filter_free(), or -EINVAL or -ENOMEM with NULL in *filter and a message
 * in why.
 */
struct block_filter;
int block_filter_parse(struct block_filter **filter, const char *text,
		       char *why, size_t len);
bool block_filter_match(const struct block_filter *filter,
			const struct model *model,
			const struct mhp_block *block);
/*
 * A column with history set that the filter uses, NULL if there is none: it is
 * empty when mhptop starts.
 */
const struct column *block_filter_history(const struct block_filter *filter);
void block_filter_free(struct block_filter *filter);

/* The columns of added ranges; key == NULL ends the list. */
extern const struct column range_columns[];

enum range_state {
	RANGE_THERE,
	RANGE_ADDING,
	RANGE_REMOVING, /* none of its memmap is freed yet */
	RANGE_FREEING, /* memmap is being freed by a remove or a failed add */
	RANGE_REMOVED,
	RANGE_NOT_ADDED, /* the add failed with add_ret */
	RANGE_NOT_REMOVED, /* the remove failed with remove_ret */
};

enum range_state range_state(const struct mhp_range *range);
/* Sections that have or had a memmap since the range was last added. */
u32 range_sections(const struct mhp_range *range);

#endif
