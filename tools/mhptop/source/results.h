/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the recordings in a file say of themselves in their totals, compared with
 * the records that were read.
 */
#ifndef SOURCE_RESULTS_H
#define SOURCE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include "format/recording.h"
#include "source/source.h"

#define RESULTS_COUNTS \
	(sizeof(((struct source_totals *)0)->count) / sizeof(struct mhp_count))
_Static_assert(MHP_NR_EVENTS <= RESULTS_COUNTS, "each event has a count");

/* All zeros before the first record. */
struct results {
	/* Of the recording that is read: */
	u64 counts[RESULTS_COUNTS]; /* numbered records by event, and of all events at 0 */
	u64 unknown; /* numbered records of unknown events, and records with unknown words */
	u64 last_seq; /* highest number of a record */
	u64 last_ns; /* the time of that record */
	u64 back_line; /* the first record whose time and number are not in the same order, 0: none */
	bool has_totals;
	bool balloon; /* at the end of an earlier recording that this one continues */
	struct recording_totals totals;
	u64 skip; /* numbers of its first records, which repeat what the recording before it says */
	u64 skipped[RESULTS_COUNTS]; /* those of them that were read, by event, and all at 0 */
	/* Of those before it: */
	u64 base; /* numbers that they used */
	bool cut; /* one of them has no totals */
	struct source_totals sums;
	int self_check; /* the worst of them */
	char self_check_why[160];
};

/*
 * Count the record of a line, which may have a word that is unknown, and give it a
 * number that no earlier recording in the file has. False: it must not be handed
 * over.
 */
bool results_take(struct results *results, struct mhp_record *record, u64 line,
		  bool unknown_word);
/* Whether as many records of each event were read as were written. 1: no, and why says so. */
int results_compare(const struct results *results, char *why, size_t len);
/* How the recording ends here. */
void results_end(const struct results *results, struct source_ending *ending);
/*
 * Another recording follows. The counts of this one were compared. If the next one
 * continues it, skip is the number of its records that repeat what is known.
 */
void results_next(struct results *results, bool continues, u64 skip);
/* The totals of all recordings. 0, or -ENODATA: one of them has none. */
int results_totals(const struct results *results, struct source_totals *totals);
/* As self_check() of a source. */
int results_self_check(const struct results *results, char *why, size_t len);

#endif
