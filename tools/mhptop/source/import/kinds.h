/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kinds of events that an imported recording should have, by what its
 * operations report. It has no list of the events that were recorded, so a kind
 * of which it has no event at all was probably left out when it was recorded or
 * filtered. A kind that is there but for one event is none of these.
 */
#ifndef IMPORT_KINDS_H
#define IMPORT_KINDS_H

#include "mhp_event.h"
#include "base/types.h"

/* Memory that was added, and hosts its memmap. */
struct import_added {
	u64 start;
	u64 nr_pages;
	u32 hosting;
	u64 users; /* blocks online, of a range */
};

/* Masks have a bit, 1 << number, for each event. Initialise with zeroes, free with import_kinds_free(). */
struct import_kinds {
	u64 seen;
	u64 implied;
	u64 implied_new; /* unless the events have the old form */
	u64 implied_old; /* if they have it */
	u64 within; /* the begins and ends of the operations that other events belong to */
	u16 open; /* the begin of the operation in progress, 0: none, or unknown */
	bool settled; /* a begin or an end was there, so later operations are there as a whole */
	bool is_old;
	struct import_added *added;
	size_t nr_added, room_added;
};

/* Look at a record, in the order in which they were recorded. */
void import_kinds_look(struct import_kinds *kinds, const struct mhp_record *r);
/* The next recording begins, whose first operation may have begun before. */
void import_kinds_restart(struct import_kinds *kinds);
/* The events of which there should be some, but is none. */
u64 import_kinds_missing(const struct import_kinds *kinds);
void import_kinds_free(struct import_kinds *kinds);

#endif
