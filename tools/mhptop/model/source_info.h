/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a model knows about the source of its records: the kind of source, the
 * machine, the units, and the totals that the source keeps.
 */
#ifndef MODEL_SOURCE_INFO_H
#define MODEL_SOURCE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include "mhp_ledger.h"

/* Kinds of sources, the most detailed first. */
enum source_kind {
	SOURCE_EVENTS, /* "events": the mhp tracepoints, through BPF */
	SOURCE_PROBES, /* "probes": the same events, made by BPF programs in the kernel's functions */
	SOURCE_SYSFS, /* "sysfs": polled states, no kernel events */
};

#define SOURCE_SCHEMA 3

/* The machine and the units of a stream of records; the header of a recording. */
struct source_info {
	int schema; /* of the recording, SOURCE_SCHEMA when live */
	enum source_kind kind;
	char kernel[128]; /* uname -r */
	char host[65]; /* uname -n */
	char boot[40]; /* /proc/sys/kernel/random/boot_id, "" if unknown */
	u32 page_bytes;
	u32 struct_page_bytes; /* size of the kernel's struct page, 0: the usual 64, unless any_struct_page */
	u64 block_bytes;
	u64 unknown_events; /* a bit, 1 << number, for each event that the source cannot report */
	u64 missing_events; /* those of them that its operations report, but that were not recorded, or were filtered out */
	u64 doubtful_events; /* of an import: those that it lacks, and that its operations may have had */
	const char *
		partial; /* of an import: what was left out of its events, as a sentence, NULL: nothing, as far as one can know */
	bool balloon; /* a driver changes managed pages without an event */
	u64 max_accounts; /* of blocks, and of ranges, in a ledger; 0: MHP_MIN_ACCOUNTS */
	u64 wall_ns; /* CLOCK_REALTIME when the stream began */
	u64 mono_ns; /* CLOCK_MONOTONIC at the same moment */
	/* A recorder may write several recordings, one after the other: */
	u64 run_ns; /* mono_ns of the first one that it wrote without a gap, 0: this is it */
	u64 part; /* the place of this one in that row, from 2; 0: it is the first */
	u64 base_records; /* records at its begin that the recorder made of its accounts, not of events */
	u64 dropped; /* events before it that a flight recorder did not keep */
	bool any_struct_page; /* even the usual size of struct page is not known */
	bool live;
	bool unmarked; /* it has no mark at its end, so it may have been cut */
	bool empty; /* it was cut before its first event; the sizes are not known */
	bool growing; /* a recording that is read while it is recorded */
};

/* Totals of a stream by event number; index 0 holds the sums. */
struct source_totals {
	struct mhp_count count[64];
	u64 no_room; /* attempts to make an account that failed */
	u64 no_lock; /* events that did not get the collector's lock in time */
	u64 unknown; /* events that only a newer mhptop knows, or with such words */
	u64 unsized; /* events that were not read, as none gives the size of a memory block */
	u64 mono_ns; /* CLOCK_MONOTONIC when the recording ended, 0: unknown */
	bool balloon; /* as in struct source_info, but at the end */
};

/*
 * Takes one record, which is valid only during the call. A negative errno stops
 * the reader.
 */
typedef int (*source_sink)(void *ctx, const struct mhp_record *record);

/* Whether two recordings are of different boots. Without boot IDs: of different machines or kernels. */
bool source_info_other_boot(const struct source_info *a,
			    const struct source_info *b);
/*
 * Whether a recording goes on where another one ended, so that the two are one:
 * of the same run of a recorder, in the next place.
 */
bool source_info_continues(const struct source_info *info,
			   const struct source_info *next);
/* Whether the source reports the end of an operation that began before the source did. */
bool source_info_late_ends(const struct source_info *info);
/* The name of a kind, a static string. */
const char *source_kind_name(enum source_kind kind);
/*
 * Whether accounts or the order of events are not certain although no event was
 * lost; why then has the reason, as a part of a sentence.
 */
bool source_totals_doubt(const struct source_totals *totals, char *why,
			 size_t len);

#endif
