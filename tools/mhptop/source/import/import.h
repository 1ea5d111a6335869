/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Common parts of the sources of imported recordings. Such a file lacks the size
 * of memory blocks, the numbers of records, and the name of the machine.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "model/event_table.h"
#include "source/source.h"

/* The last record number and the event counts. Initialise with zeroes. */
struct import {
	u64 seq;
	struct source_totals totals;
};

/* The size of a memory block, derived from records. Initialise with zeroes. */
struct import_block {
	u64 nr_pages; /* of the first block that went online or offline */
	u64 section; /* pages of the first populated section */
	bool looked; /* there was a record */
};

/* Look at a record. true: the size is known, and later records will not change it. */
bool import_block_look(struct import_block *block,
		       const struct mhp_record *record);
/* Why the size is unknown, for the user; none is the message if there was no record. */
const char *import_block_why(const struct import_block *block,
			     const char *none);
/* The size of a memory block in pages, 0 if unknown. */
u64 import_block_pages(const struct import_block *block);
/*
 * Whether a value is possible for a field. This keeps a damaged file from making
 * a loop over a range of pages endless.
 */
bool import_field_fits(const struct event_field *field, s64 value);
/* Fill info for a file whose memory blocks have block_pages pages. */
void import_info(struct source_info *info, u64 block_pages);
/* Number a record and count it. */
void import_count(struct import *import, struct mhp_record *record);
/* Count events that are missing between the last record and the next one. */
void import_lost(struct import *import, u64 lost);

#endif
