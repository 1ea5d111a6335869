/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Common parts of the sources of imported recordings. Such a file lacks the size
 * of memory blocks, the numbers of records, and the name of the machine.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdio.h>
#include "model/event_table.h"
#include "source/source.h"

/* The size of memory blocks, in pages, of a file that has no events, or none that gives it */
#define IMPORT_EMPTY_PAGES 32768

/*
 * Numbers and counts records. The numbers of lost events are left out, so that
 * the rules notice. Initialise with zeroes.
 */
struct import {
	u64 seq;
	u64 left_out; /* numbers that were left out before a loss was counted */
	bool lost_now; /* numbers were left out since the last record */
	bool in_gap;
	struct source_totals totals;
};

/*
 * Where events may be missing. A CPU reports its losses when it records its next
 * event, so the lost ones may belong anywhere after its previous event, among
 * events of other CPUs. Positions of events are numbers that increase. The file
 * is read once to find the gaps, before its records are handed over. Initialise
 * with zeroes, free with import_gaps_free().
 */
struct import_gap {
	u64 from;
	u64 to;
};

struct import_cpu {
	u64 first; /* position of its first event, 0: it has none */
	u64 last;
};

struct import_gaps {
	struct import_gap *gaps;
	size_t nr, room;
	size_t next; /* the gap that import_gaps_has() looks at */
	struct import_cpu *cpus;
	size_t nr_cpus, cpu_room;
};

/* An event of any kind. 0 or -ENOMEM. A cpu of -1, or an impossible one, is ignored. */
int import_gaps_event(struct import_gaps *gaps, s64 cpu, u64 position);
/* A CPU, -1: any, reports a loss. 0 or -ENOMEM. */
int import_gaps_lost(struct import_gaps *gaps, s64 cpu, u64 position);
/* The oldest events of each CPU are missing. To be called after the last event. 0 or -ENOMEM. */
int import_gaps_overwritten(struct import_gaps *gaps);
/* Any event may be missing. 0 or -ENOMEM. */
int import_gaps_anywhere(struct import_gaps *gaps);
/* Whether events may be missing before this position. Positions must not decrease. */
bool import_gaps_has(struct import_gaps *gaps, u64 position);
void import_gaps_free(struct import_gaps *gaps);

/* The size of a memory block, derived from records. Initialise with zeroes. */
struct import_block {
	u64 nr_pages; /* of the first block that went online or offline, or tried to */
	u64 section; /* pages of the first section that was populated or freed */
	u64 range; /* the largest size that fits the first add or removal */
	u64 looked; /* records */
};

/* Look at a record. true: the size is known, and later records will not change it. */
bool import_block_look(struct import_block *block,
		       const struct mhp_record *record);
/* The size of a memory block in pages, 0 if unknown. */
u64 import_block_pages(const struct import_block *block);
/*
 * Whether a value is possible for a field. This keeps a damaged file from making
 * a loop over a range of pages endless.
 */
bool import_field_fits(const struct event_field *field, s64 value);
/* Whether a file has nothing but zeroes from a place on. Otherwise it was joined with something else. */
bool is_rest_empty(FILE *file, u64 from);
/* Fill info for a file whose memory blocks have block_pages pages. */
void import_info(struct source_info *info, u64 block_pages);
/*
 * The file says which events were to be recorded: a bit, 1 << number, for each.
 * Those that every kernel with mhp events has, and that are not among them, were
 * left out.
 */
void import_recorded(struct source_info *info, u64 events);
/*
 * Number a record and count it. If events may be missing before it, a number is
 * left out; if that is so for several records, they have no numbers. A record
 * without a size is one of a newer kernel: the rules skip it, but not its number.
 */
void import_count(struct import *import, struct mhp_record *record,
		  bool in_gap);
/* Count events that are missing between the last record and the next one. */
void import_lost(struct import *import, u64 lost);

#endif
