/* SPDX-License-Identifier: GPL-2.0 */
/* What the operations of a history have in common: times, pages in the way, retries, removals. */
#ifndef MODEL_SUMMARY_H
#define MODEL_SUMMARY_H

#include "model/removal.h"

#define SUMMARY_PAGES 10 /* pages in the way that are kept */
#define SUMMARY_BUCKETS 24

/* The operations of a kind. The times are of those whose begin and end were seen. */
struct summary_times {
	u64 nr; /* operations */
	u64 failed;
	u64 unended;
	u64 timed; /* that have a duration */
	u64 p50_ns; /* half of them took no longer; 0 if none is timed */
	u64 p95_ns;
	u64 p99_ns;
	u64 max_ns;
	u64 buckets[SUMMARY_BUCKETS + 1]; /* by summary_bounds, then all others */
};

/* Upper bounds of the buckets in ns, ascending: 1, 2, 5, 10 us and so on */
extern const u64 summary_bounds[SUMMARY_BUCKETS];

/* The same operation on the same memory, tried again after it had failed */
struct summary_retry {
	u64 start_pfn;
	u64 part;
	u64 tries;
	u64 first_ns; /* begin of the first try, 0: not seen */
	u64 last_ns; /* end of the last try, 0: it has none */
	const struct history_operation *last;
};

struct summary {
	struct summary_times times[NR_OPERATIONS];
	const struct history_page *pages[SUMMARY_PAGES]; /* the worst first */
	size_t nr_pages; /* of these */
	struct summary_retry *retries; /* in the order of their first try */
	size_t nr_retries;
	struct removals removals;
};

/* Only the times, of NR_OPERATIONS kinds. 0 or -ENOMEM. */
int summary_times_make(struct summary_times *times,
		       const struct history *history);
/* The history must outlive the summary. 0 or -ENOMEM. */
int summary_make(struct summary *summary, const struct history *history,
		 const struct model *model);
void summary_free(struct summary *summary);

#endif
