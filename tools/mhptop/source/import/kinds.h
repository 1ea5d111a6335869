/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kinds of events that an imported recording should have, by what its
 * operations report. It has no list of the events that were recorded, so a kind
 * of which it has no event at all was probably left out when it was recorded or
 * filtered. A kind that is there but for one event is none of these.
 */
#ifndef IMPORT_KINDS_H
#define IMPORT_KINDS_H

#include "base/sparse.h"
#include "base/types.h"
#include "mhp_event.h"

/* Memory that was added, and hosts its memmap. */
struct import_added {
	u64 start;
	u64 nr_pages;
	u32 hosting;
	u64 users; /* blocks online, of a range */
};

/* What the events of one recording show. Masks have a bit, 1 << number, for each event. */
struct import_part {
	u64 seen;
	u64 implied;
	u64 implied_new; /* unless the events have the old form */
	u64 implied_old; /* if they have it */
	u64 within; /* the begins and ends of the operations that other events belong to */
	u64 failed; /* the ends with an error, */
	u64 worked; /* and those without one */
	u64 across; /* what must have happened between two operations, unless events are missing */
	u16 open; /* the begin of the operation in progress, 0: none, or unknown */
	bool settled; /* a begin or an end was there, so later operations are there as a whole */
	bool hosted; /* memory hosts its memmap */
	bool of_range; /* that of a range */
};

/* Initialise with zeroes, free with import_kinds_free(). */
struct import_kinds {
	struct import_part part; /* the recording that is looked at */
	u64 missing; /* in earlier ones */
	u64 doubtful;
	bool is_old;
	struct sparse
		turns; /* enum import_turn, by the start of what was added or removed last */
	struct import_added *added;
	size_t nr_added, room_added;
};

/* Look at a record, in the order in which they were recorded. */
void import_kinds_look(struct import_kinds *kinds, const struct mhp_record *r);
/* The next recording begins, whose first operation may have begun before. */
void import_kinds_restart(struct import_kinds *kinds);
/* The events of which there should be some in a recording, but is none. */
u64 import_kinds_missing(const struct import_kinds *kinds);
/*
 * The events of which there is none in a recording, although its operations may
 * have had some: what looks like a violation may be due to their absence.
 */
u64 import_kinds_doubtful(const struct import_kinds *kinds);
void import_kinds_free(struct import_kinds *kinds);

#endif
