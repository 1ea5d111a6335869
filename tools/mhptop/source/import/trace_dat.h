/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads a recording of trace-cmd through libtracecmd, in a child process, as the
 * library may crash, loop or exit on a damaged file. The child sends complete
 * records through a pipe.
 */
#ifndef TRACE_DAT_H
#define TRACE_DAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "mhp_event.h"

struct tep_handle;
struct tep_record;
struct trace_dat_events;

/* Messages of the child, in this order. */
enum trace_dat_kind {
	TRACE_DAT_BLOCK, /* the first one; number: size of a memory block in pages; the others: see import_kinds_*() */
	TRACE_DAT_UNSIZED, /* or this one; number: events, none of which gives that size */
	TRACE_DAT_LOST, /* number: events missing before the next record */
	TRACE_DAT_GAP, /* events may be missing before the next record */
	TRACE_DAT_RECORD, /* record, without a number */
	TRACE_DAT_UNKNOWN, /* record of an event or word that this version does not know, without a size */
	TRACE_DAT_CUT, /* the file ends early */
	TRACE_DAT_END, /* the last one; err, and a message for the user in why, or "" */
};

struct trace_dat_message {
	u32 kind;
	s32 err; /* 0 or a negative errno */
	union {
		struct {
			u64 number;
			u64 missing;
			u64 doubtful;
			u64 recorded; /* see import_recorded() */
		};
		struct mhp_record record;
		char why[160]; /* without the name of the file */
	};
};

/* Read a file that trace-cmd recorded, write messages to out, and exit. */
void __attribute__((noreturn)) trace_dat_child(int file, int out);

/*
 * The mhp events of a file by their ids in it. NULL: out of memory. The caller
 * frees it with free(); the handle must outlive it.
 */
struct trace_dat_events *trace_dat_events_new(struct tep_handle *tep);
/*
 * Convert to a record of ours, without a number. 1: an mhp event; 2: one that
 * this version does not know, or with a word that it does not know; 0: any other event; -EPROTO with a reason: an invalid mhp event.
 */
int trace_dat_record(struct trace_dat_events *events, struct tep_record *from,
		     struct mhp_record *record, char *why, size_t len);
/*
 * The number of lost events of a buffer in the statistics that trace-cmd adds to
 * a file. The name of the top buffer is "". stats may be NULL.
 */
u64 trace_dat_stats_lost(const char *stats, const char *buffer);
/* Whether a file of version 7 lacks its end. Moves the position in the file. */
bool trace_dat_is_cut(FILE *file);
/*
 * Whether something follows the end of a file, such as another recording. False
 * for a file of another byte order. Moves the position in the file.
 */
bool trace_dat_is_followed(FILE *file);

#endif
