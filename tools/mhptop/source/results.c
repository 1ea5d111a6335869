// SPDX-License-Identifier: GPL-2.0
/*
 * Compares what was read from a file with the totals of the recordings in it, and
 * sums up those of several.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "source/results.h"

/* Note the first record that has a higher number and an earlier time than another one, or the reverse. */
static void note_order(struct results *results, const struct mhp_record *record,
		       u64 line)
{
	bool later = record->seq > results->last_seq;

	if (!results->back_line && record->seq != results->last_seq &&
	    record->time_ns != results->last_ns &&
	    later != (record->time_ns > results->last_ns))
		results->back_line = line;
	if (later) {
		results->last_seq = record->seq;
		results->last_ns = record->time_ns;
	}
}

/* The number of a record among those of all recordings in the file. */
static u64 results_number(const struct results *results, u64 seq)
{
	return results->base + (seq > results->skip ? seq - results->skip : 0);
}

bool results_take(struct results *results, struct mhp_record *record, u64 line,
		  bool unknown_word)
{
	/* A record without a number may have an unknown word, too. */
	results->unknown += unknown_word;
	if (!record->seq)
		return true;
	results->counts[0]++;
	note_order(results, record, line);
	if (record->event)
		results->counts[record->event]++;
	else
		results->unknown++;
	if (record->seq > results->skip) {
		record->seq = results_number(results, record->seq);
		return true;
	}
	results->skipped[0]++;
	results->skipped[record->event]++;
	return false;
}

int results_compare(const struct results *results, char *why, size_t len)
{
	const struct mhp_count *count = results->totals.source.count;
	unsigned int i;

	for (i = 1; i < MHP_NR_EVENTS; i++) {
		if (!count[i].seen || count[i].submitted == results->counts[i])
			continue;
		snprintf(why, len, "wrote %llu records of %s, read %llu",
			 count[i].submitted, event_info(i)->name,
			 results->counts[i]);
		return 1;
	}
	if (results->totals.folded != results->counts[0]) {
		snprintf(why, len, "wrote %llu records, read %llu",
			 results->totals.folded, results->counts[0]);
		return 1;
	}
	if (results->counts[0] > results->last_seq) {
		snprintf(
			why, len,
			"%llu events, but the highest number is %llu: numbers come twice",
			results->counts[0], results->last_seq);
		return 1;
	}
	if (results->last_seq <= count[0].seen)
		return 0;
	snprintf(why, len,
		 "event number %llu is above the total of %llu events",
		 results->last_seq, count[0].seen);
	return 1;
}

/* Why the ledgers are not equal. Older recorders did not write the reason. */
static void explain_check(const struct recording_totals *totals, char *why,
			  size_t len)
{
	u64 lost = totals->source.count[0].lost;

	if (totals->self_check == 1)
		snprintf(
			why, len,
			"when it was recorded, the recorder's and the kernel's ledgers differed%s%s",
			*totals->why ? ": " : "", totals->why);
	else if (*totals->why)
		snprintf(why, len, "when it was recorded, %s", totals->why);
	else if (lost)
		snprintf(
			why, len,
			"when it was recorded, %llu events were lost, so the ledgers were not compared",
			lost);
	else
		snprintf(why, len,
			 "when it was recorded, the ledgers were not compared");
}

void results_end(const struct results *results, struct source_ending *ending)
{
	const struct source_totals *totals = &results->totals.source;
	u64 seen = totals->count[0].seen;

	*ending = (struct source_ending){ .numbered = results_number(
						  results, results->last_seq) };
	/* Without totals, its recorder was killed, and nobody knows how many events did not get the lock. */
	ending->unordered = results->back_line;
	ending->balloon = results->balloon;
	if (!results->has_totals)
		return;
	ending->balloon |= totals->balloon;
	/* Lost events may have come after the last one that is there. */
	ending->whole = results->last_seq >= seen;
	ending->end_ns = ending->whole ? totals->mono_ns : 0;
	ending->unordered = totals->no_lock;
	if (results->last_seq < seen)
		ending->numbered = results_number(results, seen);
}

/* The totals of the recording without the records that were left out. */
static void own_totals(const struct results *results,
		       struct source_totals *totals)
{
	*totals = results->totals.source;
	source_totals_skip(totals, results->skipped);
}

void results_next(struct results *results, bool continues, u64 skip)
{
	struct source_totals totals;
	struct source_ending ending;

	results_end(results, &ending);
	results->base = ending.numbered;
	results->cut |= !results->has_totals;
	if (results->has_totals) {
		own_totals(results, &totals);
		source_totals_add(&results->sums, &totals);
		/* The ledgers of a run are compared once, at its end. */
		if (results->totals.self_check && results->self_check != 1 &&
		    (!continues || results->totals.self_check == 1)) {
			results->self_check = results->totals.self_check;
			explain_check(&results->totals, results->self_check_why,
				      sizeof(results->self_check_why));
		}
	} else {
		results->sums.no_lock += !!results->back_line;
	}
	memset(results->counts, 0, sizeof(results->counts));
	memset(results->skipped, 0, sizeof(results->skipped));
	results->skip = continues ? skip : 0;
	results->balloon = continues && ending.balloon;
	results->unknown = 0;
	results->last_seq = results->last_ns = results->back_line = 0;
	results->has_totals = false;
}

int results_totals(const struct results *results, struct source_totals *totals)
{
	if (results->has_totals)
		own_totals(results, totals);
	else
		totals->no_lock = !!results->back_line;
	source_totals_add(totals, &results->sums);
	return results->has_totals && !results->cut ? 0 : -ENODATA;
}

int results_self_check(const struct results *results, char *why, size_t len)
{
	if (!results->has_totals || results->cut) {
		snprintf(why, len, "the recording has no totals");
		return -EOPNOTSUPP;
	}
	if (results_compare(results, why, len))
		return 1;
	if (results->totals.self_check == 1 || !results->self_check) {
		if (results->totals.self_check)
			explain_check(&results->totals, why, len);
		return results->totals.self_check;
	}
	snprintf(why, len, "%s", results->self_check_why);
	return results->self_check;
}
