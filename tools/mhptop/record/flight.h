/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flight recorder: keeps the latest records in memory, and the accounts as they
 * were before them, and notices when something fails.
 */
#ifndef RECORD_FLIGHT_H
#define RECORD_FLIGHT_H

#include "model/ledger.h"
#include "model/violations.h"
#include "record/progress.h"
#include "rules/rules.h"

#define FLIGHT_WHY_MAX 160

struct flight {
	char *ring; /* the records, each as long as its payload */
	u64 size; /* of the ring, in bytes */
	u64 head, tail; /* bytes ever put in and taken out */
	struct mhp_ledger
		*base; /* the accounts before the first record of the ring */
	struct progress base_progress;
	u64 base_seq; /* number of the last record before the ring */
	u64 base_ns; /* its time */
	bool base_gaps; /* records are missing from those accounts */
	bool settled; /* all of the source's snapshot has come */
	u64 settled_seq; /* the number of its last record */
	bool repeats; /* the first records of the ring were written already */
	u64 add_at; /* where the add in progress begins, in bytes as of head */
	u64 dropped; /* numbered records that were taken out and never written, since the last were written */
	struct progress progress;
	bool stuck; /* it was noticed that the operation in progress does not end */
	struct violations violations;
	struct rules *rules;
	u64 reported; /* violations that were noticed */
	u64 last_seq;
	u64 gaps; /* numbers that were missing when that was last noticed */
	u64 numbered;
	u64 patience_ns;
	u64 due_ns; /* when to write, on loop_now()'s clock; 0: nothing has failed */
	u64 wait_ns; /* do not write again before then, unless a user asks */
	char why[FLIGHT_WHY_MAX]; /* what failed first since the records were written */
};

/* 0 or -ENOMEM. */
int flight_init(struct flight *flight, const struct source_info *info,
		u64 bytes, u64 patience_ns);
void flight_fini(struct flight *flight);

/* The next record; old ones go, to make room. 0 or -ENOMEM. */
int flight_take(struct flight *flight, const struct mhp_record *record);
/* All of the source's snapshot was taken. */
void flight_settle(struct flight *flight);
/*
 * Whether it is time to write the records, as something failed; flight->why says what.
 * Call it after the records that are there were taken.
 */
bool flight_is_due(struct flight *flight);
/* The time of loop_now() at which to call it again, 0: with the next record. */
u64 flight_until(const struct flight *flight);
/* Pass all records to a sink, the oldest first. 0, or what it returned. */
int flight_walk(struct flight *flight, source_sink sink, void *ctx);
/* They were written: the ring is empty from now on, but for an add in progress. */
void flight_written(struct flight *flight);

#endif
