/* SPDX-License-Identifier: GPL-2.0 */
/* Follows the operations in progress: a recording best ends between two of them. */
#ifndef RECORD_PROGRESS_H
#define RECORD_PROGRESS_H

#include "model/operation.h"

struct progress {
	u64 last_seq; /* number of the last record */
	struct operation_open open[NR_OPERATIONS];
	u64 begun_ns; /* when the one in progress was seen to begin, 0: none is; not in the time of the records */
};

/*
 * A record comes, at now_ns. True if it reports that an operation fails or failed,
 * with that.
 */
bool progress_take(struct progress *progress, const struct mhp_record *record,
		   u64 now_ns, struct operation_event *failed);
/* Whether no operation is in progress. */
bool progress_is_quiet(const struct progress *progress);
/*
 * Whether another recording may begin here. Not in an add: without its begin, nobody
 * knows that the memmap of its sections is that of memory, and not of a device.
 */
bool progress_may_part(const struct progress *progress);

#endif
