/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a model knows about the source of its records: the kind of source, the
 * machine, the units, and the totals that the source keeps.
 */
#ifndef MODEL_SOURCE_INFO_H
#define MODEL_SOURCE_INFO_H

#include <stdbool.h>
#include "mhp_ledger.h"

/* Kinds of sources, the most detailed first. */
enum source_kind {
	SOURCE_EVENTS, /* "events": the mhp tracepoints, through BPF */
	SOURCE_SYSFS, /* "sysfs": polled states, no kernel events */
};

#define SOURCE_SCHEMA 2

/* The machine and the units of a stream of records; the header of a recording. */
struct source_info {
	int schema; /* of the recording, SOURCE_SCHEMA when live */
	enum source_kind kind;
	char kernel[128]; /* uname -r */
	char host[65]; /* uname -n */
	u32 page_bytes;
	u64 block_bytes;
	u64 wall_ns; /* CLOCK_REALTIME when the stream began */
	u64 mono_ns; /* CLOCK_MONOTONIC at the same moment */
	bool live;
};

/* Totals of a stream by event number; index 0 holds the sums. */
struct source_totals {
	struct mhp_count count[64];
};

/*
 * Takes one record, which is valid only during the call. A negative errno stops
 * the reader.
 */
typedef int (*source_sink)(void *ctx, const struct mhp_record *record);

/* The name of a kind, a static string. */
const char *source_kind_name(enum source_kind kind);

#endif
