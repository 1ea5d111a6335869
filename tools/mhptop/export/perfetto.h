/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream as a trace of the JSON format that Perfetto and Chrome read:
 * operations are slices on a track of their memory block or range and on one of
 * their task, the pages of each zone are counters.
 */
#ifndef EXPORT_PERFETTO_H
#define EXPORT_PERFETTO_H

#include <stdio.h>
#include "model/operation.h"
#include "source/stream.h"

struct perfetto {
	FILE *out;
	const struct stream *stream;
	struct operation_open open[NR_OPERATIONS];
	u32 tasks[NR_OPERATIONS]; /* of the operations in progress */
	struct sparse named; /* tracks that have a name already */
	u64 part; /* of the stream */
	bool begun; /* something was written */
};

/* The stream must be open, and outlive the trace. */
void perfetto_begin(struct perfetto *trace, const struct stream *stream,
		    FILE *out);
/* Write what a record that the stream has taken says. */
void perfetto_take(struct perfetto *trace, const struct mhp_record *record);
/* 0, or -EIO if something could not be written. */
int perfetto_end(struct perfetto *trace);

#endif
