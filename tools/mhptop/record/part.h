/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of a recording that is one of several that a recorder writes one after
 * the other. Each numbers its records from 1, beginning with the snapshot of the
 * accounts, and has totals of its own; nothing is counted twice, and nothing is left
 * out.
 */
#ifndef RECORD_PART_H
#define RECORD_PART_H

#include "format/recording.h"

/* A run of a recorder */
struct run {
	u64 ns; /* mono_ns of the first of its recordings that follow each other without a gap */
	u64 parts; /* its recordings so far, since then */
	bool alone; /* the source's own totals are those of the recording, which is the only one */
	u64 last_seq; /* number of the last record of those that have ended, or that were dropped */
	u64 end_ns; /* its time, or that of their end */
	struct source_totals ended; /* sums of the recordings that have ended */
};

/* The recording that is written */
struct part {
	u64 begin_ns; /* no record is earlier */
	u64 last_ns; /* the time of the last one */
	u64 base_seq; /* the source's number of the last record before it */
	u64 base_records; /* of the snapshot that it begins with */
	u64 last_seq; /* the source's number of the last record, as the source numbers them */
	u16 last_event;
	u64 folded; /* numbered records, with those of the snapshot */
	u64 counts[MHP_NR_EVENTS]; /* the same by event */
};

/* Before the first recording. */
void run_begin(struct run *run, const struct source_info *info);
/*
 * Before the next recording: it does not go on where the one before it ended, but behind
 * the record with a number and a time.
 */
void run_drop(struct run *run, u64 last_seq, u64 end_ns);
/*
 * Begin a recording, and complete its header. base: it begins with a snapshot of so
 * many records.
 */
void part_begin(struct part *part, struct run *run, struct source_info *info,
		u64 base, u64 wall_lead);
/*
 * Give a record its number and its place in time in this recording, and count it; one of
 * the snapshot has no number yet. False: it belongs to an earlier recording, in which
 * it counts as lost.
 */
bool part_take(struct part *part, struct mhp_record *record);
/* Only count a record of the first recording of a run, which keeps its number. */
void part_count(struct part *part, const struct mhp_record *record);
/*
 * End the recording: make its totals from those of the source, which may already
 * include later events. last: there are none, and no other recording follows.
 */
void part_end(const struct part *part, struct run *run,
	      const struct source_totals *source, bool last,
	      struct recording_totals *totals);

#endif
