/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What perf was asked to record: which mhp events, of which tasks and CPUs. A
 * perf.data says so in its attributes, in the index of the IDs of its events,
 * and in the command line that it was recorded with.
 */
#ifndef PERF_SCOPE_H
#define PERF_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "base/types.h"

/* Records and sections of a perf.data that are looked at, by the numbers that they have in the file */
#define PERF_RECORD_ATTR 64
#define PERF_RECORD_TRACING_DATA 66
#define PERF_RECORD_ID_INDEX 69
#define PERF_RECORD_FEATURE 80
#define PERF_FEATURE_TRACING_DATA 1
#define PERF_FEATURE_NRCPUS 7
#define PERF_FEATURE_CMDLINE 11

struct perf_attr_seen;
struct perf_id_seen;

/* Initialise with zeroes, free with perf_scope_free(). */
struct perf_scope {
	struct perf_attr_seen *attrs;
	size_t nr_attrs, room_attrs;
	u64 *ids; /* of the events, those of an attribute in a row */
	size_t nr_ids, room_ids;
	struct perf_id_seen *index; /* tasks and CPUs by ID */
	size_t nr_index, room_index;
	char *formats; /* of tracepoints, as in tracefs */
	char *cmdline; /* arguments, each of which ends with NUL, and an empty one */
	u32 cpus; /* that were online, 0: unknown */
	bool no_memory;
};

/* Attributes at a place in a file, each of so many bytes, and a section for its IDs. */
void perf_scope_attrs(struct perf_scope *scope, FILE *file, u64 at, u64 size,
		      u64 attr_bytes);
/* A record of a type above, with its header, and what follows it. */
void perf_scope_record(struct perf_scope *scope, FILE *file, u32 type, u64 at,
		       u64 size);
/* A section of a number above. */
void perf_scope_feature(struct perf_scope *scope, FILE *file, u64 feature,
			u64 at, u64 size);
/* The mhp events that were to be recorded, a bit, 1 << number, for each. */
u64 perf_scope_events(const struct perf_scope *scope);
/*
 * What was left out of them: why no violation is certain and nothing is proved,
 * as a sentence; NULL: nothing.
 */
const char *perf_scope_partial(struct perf_scope *scope);
void perf_scope_free(struct perf_scope *scope);

#endif
