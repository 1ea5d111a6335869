/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a model needs to know about where its records come from: the kind of
 * source, the machine, the units, and the totals that the source keeps.
 */
#ifndef MODEL_SOURCE_INFO_H
#define MODEL_SOURCE_INFO_H

#include <stdbool.h>
#include "mhp_ledger.h"

/* Where the records come from, best first. Names: source_kind_name(). */
enum source_kind {
	SOURCE_EVENTS, /* "events": the mhp tracepoints, through BPF */
	SOURCE_SYSFS, /* "sysfs": polled states, no events at all */
};

#define SOURCE_SCHEMA 2

/* What the numbers of a stream refer to. Goes into a recording's header. */
struct source_info {
	int schema; /* of the recording, SOURCE_SCHEMA when live */
	enum source_kind kind;
	char kernel[128]; /* uname -r */
	char host[65];
	u32 page_bytes;
	u64 block_bytes;
	u64 wall_ns; /* CLOCK_REALTIME when the stream began, */
	u64 mono_ns; /* and CLOCK_MONOTONIC at that moment */
	bool live;
	bool growing; /* a recording that comes while it is recorded */
};

/* Totals of a stream, by event; index 0 holds the sums. */
struct source_totals {
	struct mhp_count count[64];
};

/* Takes one record, which is valid during the call. < 0 stops the reading. */
typedef int (*source_sink)(void *ctx, const struct mhp_record *record);

const char *source_kind_name(enum source_kind kind);

#endif
