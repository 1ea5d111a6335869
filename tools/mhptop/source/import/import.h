/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the sources of other tools' files have in common: such a file does not
 * say how large memory blocks are, its events have no numbers, and which
 * machine it is from is not known. How a file is read is not here.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "model/event_table.h"
#include "source/source.h"

/* The numbers given so far, and what was counted. Begins as zeroes. */
struct import {
	u64 seq;
	struct source_totals totals;
};

/* The size of a memory block as far as records told it. Begins as zeroes. */
struct import_block {
	u64 nr_pages; /* of the first that went online or offline */
	u64 section; /* pages of the first section that was populated */
	bool looked; /* at any record */
};

/* Look at a record that has no number yet. true: no later one will change the size. */
bool import_block_look(struct import_block *block,
		       const struct mhp_record *record);
/* For the user, where no record told; none is what to say where there was none. */
const char *import_block_why(const struct import_block *block,
			     const char *none);
/* The pages of a memory block, 0 if no record told. */
u64 import_block_pages(const struct import_block *block);
/*
 * Whether a field can have the value: what walks a range of pages must not do
 * so for ever because a file is damaged.
 */
bool import_field_fits(const struct event_field *field, s64 value);
/* Describe a file whose memory blocks have so many pages. */
void import_info(struct source_info *info, u64 block_pages);
/* Give a record its number and count it. */
void import_count(struct import *import, struct mhp_record *record);
/* So many events are missing between the last record and the next. */
void import_lost(struct import *import, u64 lost);

#endif
