/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counts behind the metrics: what happened since mhptop began to read, which
 * no account holds.
 */
#ifndef EXPORT_TALLY_H
#define EXPORT_TALLY_H

#include "model/operation.h"
#include "source/stream.h"

#define TALLY_REASONS 32 /* limit of enum mhp_reason */

/* Upper bounds of the buckets: B(text of the seconds, ns) */
#define TALLY_BOUNDS(B)        \
	B("0.001", 1000000)    \
	B("0.003", 3000000)    \
	B("0.01", 10000000)    \
	B("0.03", 30000000)    \
	B("0.1", 100000000)    \
	B("0.3", 300000000)    \
	B("1.0", 1000000000)   \
	B("3.0", 3000000000)   \
	B("10.0", 10000000000) \
	B("30.0", 30000000000) \
	B("100.0", 100000000000)

#define TALLY_ONE(text, ns) +1
enum { TALLY_NR_BOUNDS = 0 TALLY_BOUNDS(TALLY_ONE) };

struct tally_bound {
	const char *text; /* of the seconds */
	u64 ns;
};
extern const struct tally_bound tally_bounds[TALLY_NR_BOUNDS];

/* Durations of operations whose begin and end were both seen */
struct tally_durations {
	u64 buckets[TALLY_NR_BOUNDS]; /* not cumulative */
	u64 count;
	u64 sum_ns;
};

/* A zone whose count of pages was reported, by the snapshot or by an event */
struct tally_zone {
	s32 nid;
	u32 zone;
	bool present;
	bool managed;
};

#define TALLY_RECENT 1024

/* An operation that ended */
struct tally_operation {
	enum operation operation;
	u64 start_pfn;
	u64 nr_pages;
	u64 begin_ns; /* 0: unknown */
	u64 end_ns;
	s64 ret;
	u32 reason; /* enum mhp_reason, 0: unknown or none */
};

struct tally {
	struct tally_operation recent
		[TALLY_RECENT]; /* the nth to end is at (n - 1) % TALLY_RECENT */
	u64 ended; /* operations */
	u64 succeeded[NR_OPERATIONS];
	u64 failed[NR_OPERATIONS]
		  [TALLY_REASONS]; /* by enum mhp_reason, 0: unknown */
	struct tally_durations durations[NR_OPERATIONS];
	struct operation_open open[NR_OPERATIONS];
	bool blind; /* events were lost: it is unknown what is in progress */
	bool has_snapshot; /* all memory blocks are known, not only those that events were about */
	u64 last_ns; /* time of the last event of the kernel, 0: none */
	u64 lost;
	u64 part; /* of the stream */
	bool source_is_pipe; /* more may come at any time, unless it has ended */
	bool source_has_ended;
	struct tally_zone *zones;
	size_t nr_zones;
	size_t room_zones;
};

/* A tally begins zeroed. */
void tally_free(struct tally *tally);
/* Count a record that the stream has taken. */
void tally_take(struct tally *tally, const struct stream *stream,
		const struct mhp_record *record);
/* What is known of a zone; NULL if nothing is. */
const struct tally_zone *tally_find_zone(const struct tally *tally, s32 nid,
					 u32 zone);
/* What is in progress, by enum operation; NULL: unknown */
const struct operation_open *tally_open(const struct tally *tally,
					const struct model *model);
/* Whether the accounts of the model are those of the machine: nothing is missing, or they come from the kernel. */
bool tally_is_certain(const struct model *model);

#endif
