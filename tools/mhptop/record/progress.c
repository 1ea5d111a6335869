// SPDX-License-Identifier: GPL-2.0
/* Follows the operations in progress, and notices those that fail. */
#include <string.h>

#include "record/progress.h"

bool progress_is_quiet(const struct progress *progress)
{
	int i;

	for (i = 0; i < NR_OPERATIONS; i++)
		if (progress->open[i].begin_ns)
			return false;
	return true;
}

bool progress_may_part(const struct progress *progress)
{
	return !progress->open[OPERATION_ADD].begin_ns;
}

/* The end of an operation may be among lost events. */
static void note_number(struct progress *progress, u64 seq)
{
	if (!seq)
		return;
	if (progress->last_seq && seq != progress->last_seq + 1) {
		memset(progress->open, 0, sizeof(progress->open));
		progress->begun_ns = 0;
	}
	progress->last_seq = seq;
}

bool progress_take(struct progress *progress, const struct mhp_record *record,
		   u64 now_ns, struct operation_event *failed)
{
	struct operation_event event;
	struct operation_end end;

	note_number(progress, record->seq);
	if (!operation_event_get(&event, record))
		return false;
	operation_follow(progress->open, &event, record->time_ns ?: 1, &end);
	if (event.step == OPERATION_BEGINS) {
		progress->begun_ns = now_ns;
	} else if (progress_is_quiet(progress)) {
		progress->begun_ns = 0;
	}
	*failed = event;
	return event.step == OPERATION_FAILS ||
	       (event.step == OPERATION_ENDS && event.ret);
}
