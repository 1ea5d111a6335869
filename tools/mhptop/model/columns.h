/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The columns of memory blocks and of added ranges. They define the tables of
 * the dashboard and of batch mode, sorting, filtering and the keys of blocks[]
 * and ranges[] in JSON.
 */
#ifndef MODEL_COLUMNS_H
#define MODEL_COLUMNS_H

#include <stdbool.h>
#include "model/model.h"

#define COLUMN_NONE ((s64)(1ULL << 63))
#define COLUMN_UNKNOWN (COLUMN_NONE + 1)

enum column_kind {
	COLUMN_NUMBER,
	COLUMN_HEX,
	COLUMN_WORD,
	COLUMN_TIME,
	COLUMN_FLAG, /* yes or no, true or false in JSON */
	COLUMN_WHEN, /* a time of CLOCK_MONOTONIC in ns; in seconds in tables */
	COLUMN_TEXT, /* of any bytes, see column_text() */
};

struct column {
	const char *key; /* in JSON and filters: "vmemmap_pages" */
	const char *title; /* in tables: "VMEMMAP" */
	const char *help; /* one line for --help and the help page */
	int width; /* in cells; numbers and times are right-aligned */
	enum column_kind kind;
	bool shown; /* by default in tables */
	/*
	 * The value of a row, which is a block, or a range in range_columns.
	 * Times are in ns, texts a number by which they can be sorted. COLUMN_NONE if there is no value, "-" as text;
	 * COLUMN_UNKNOWN if the source cannot tell it, "?" as text. Both are
	 * null in JSON.
	 */
	s64 (*get)(const struct model *model, const void *row);
	const struct event_symbol *symbols; /* for words */
	bool history; /* not kept by the kernel: starts with mhptop */
};

extern const struct column columns[]; /* key == NULL ends the list */

const struct column *column_find(const char *key);
/* The same for range_columns. */
const struct column *range_column_find(const char *key);
/*
 * The text of a cell, which may have any bytes; at most MHP_COMM_LEN of them. ""
 * if there is none, or if it is unknown. Returns buf.
 */
const char *column_text(const struct column *column, const struct model *model,
			const void *row, char buf[MHP_COMM_LEN + 1]);
/*
 * The task that last added, onlined or offlined a block, and its way: "bash (312),
 * sysfs". "-" if there was none, "?" if it is unknown. Returns buf.
 */
#define BLOCK_WHO_MAX 64
const char *block_who_text(const struct model *model,
			   const struct mhp_block *block, enum operation kind,
			   char buf[BLOCK_WHO_MAX]);
/*
 * Whether the machine is asked for the value, only of memory blocks that are on the screen of a dashboard. So blocks
 * cannot be sorted or filtered by it.
 */
bool column_is_asked(const struct column *column);
#define COLUMN_ASKED_WHY \
	"is only known of memory blocks on the screen; mhptop list --all lists all"
/* The word of a value, NULL if it has none. */
const char *column_word(const struct column *column, s64 value);
/*
 * Format a cell, without padding. Durations have a unit, a ">" in front if they
 * are lower bounds and, while the operation is in progress, a "+". Returns as snprintf().
 */
int column_format(const struct column *column, const struct model *model,
		  const void *row, char *buf, size_t len);
/* The next column shown by default, starting with this one; NULL if none. */
const struct column *column_shown(const struct column *column);
/* Compare two rows by the value of the column, then by their first pfn: < 0, 0 or > 0. */
int column_compare(const struct column *column, const struct model *model,
		   const void *a, const void *b);

/*
 * A filter of blocks: terms such as "key=word", "key!=word", "key<number" and
 * "key>=number", separated by spaces or commas, all of which must match, or all of
 * those before or after an "or". A word may be a shell pattern, "key~regex" and
 * "key!~regex" take an extended regular expression. A word alone matches any column
 * that has this word, "" matches all blocks.
 *
 * block_filter_parse() returns 0 and a filter that block_filter_free() frees, or
 * -EINVAL or -ENOMEM with a reason in why and NULL in *filter.
 */
struct block_filter;
int block_filter_parse(struct block_filter **filter, const char *text,
		       char *why, size_t len);
bool block_filter_match(const struct block_filter *filter,
			const struct model *model,
			const struct mhp_block *block);
/* A history column that the filter depends on, NULL if there is none. */
const struct column *block_filter_history(const struct block_filter *filter);
/* Whether the filter depends on durations, so that its result changes with time. */
bool block_filter_has_time(const struct block_filter *filter);
void block_filter_free(struct block_filter *filter);

/* A row is a struct mhp_range. key == NULL ends the list. */
extern const struct column range_columns[];

enum range_state {
	RANGE_THERE,
	RANGE_ADDING,
	RANGE_REMOVING, /* no memmap is freed yet */
	RANGE_FREEING, /* its memmap is being freed, by a removal or a failed add */
	RANGE_REMOVED,
	RANGE_NOT_ADDED, /* with the error in add_ret */
	RANGE_NOT_REMOVED, /* with the error in remove_ret */
};

enum range_state range_state(const struct mhp_range *range);
/* Sections that have a memmap or had one since the last add of the range. */
u32 range_sections(const struct mhp_range *range);

#endif
