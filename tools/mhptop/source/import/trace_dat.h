/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What trace-cmd recorded, read through libtracecmd by a process of its own:
 * that library may crash, loop or exit on a damaged file. The process hands
 * over finished records through a pipe. Who starts it and takes them is in
 * source_trace_dat.c, what a record is made of in trace_dat_record.c.
 */
#ifndef TRACE_DAT_H
#define TRACE_DAT_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_event.h"

struct tep_handle;
struct tep_record;
struct trace_dat_events;

/* Messages of the reading process, in this order. */
enum trace_dat_kind {
	TRACE_DAT_BLOCK, /* the first: number is the pages of a memory block */
	TRACE_DAT_LOST, /* number is the events missing before the next one */
	TRACE_DAT_RECORD, /* without a number */
	TRACE_DAT_END, /* the last: err and why, "" if there is nothing to say */
};

struct trace_dat_message {
	u32 kind;
	s32 err; /* 0 or a negative errno */
	union {
		u64 number;
		struct mhp_record record;
		char why[160]; /* without the name of the file */
	};
};

/* Read a file that trace-cmd recorded, write messages to out, and exit. */
void __attribute__((noreturn)) trace_dat_child(int file, int out);

/*
 * The mhp events of a file by their ids there, NULL without memory; free() it.
 * It refers to the handle, which must outlive it.
 */
struct trace_dat_events *trace_dat_events_new(struct tep_handle *tep);
/*
 * Make a record of ours, without a number. 1: it is one; 0: it is another
 * event; -EPROTO with a reason: an mhp event that cannot be read.
 */
int trace_dat_record(struct trace_dat_events *events, struct tep_record *from,
		     struct mhp_record *record, char *why, size_t len);
/*
 * How many events of a buffer the statistics that trace-cmd adds to a file say
 * were lost. The name is "" for the top buffer; NULL statistics are fine.
 */
u64 trace_dat_stats_lost(const char *stats, const char *buffer);

#endif
