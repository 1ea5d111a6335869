// SPDX-License-Identifier: GPL-2.0
/* When to read a live source that had records; see burst.h. */
#include "source/burst.h"

#define FETCH_NS (LOOP_NS / 2)
#define BACKLOG 8192 /* a quarter of the ring buffer */

void burst_begin(struct burst *burst, struct source *source)
{
	burst->fetched = burst->last = source_numbered(source);
	burst->latest = loop_now() + FETCH_NS;
}

bool burst_goes_on(struct burst *burst, struct source *source)
{
	u64 now = source_numbered(source);
	bool paused = now == burst->last;

	burst->last = now;
	return !paused && now - burst->fetched < BACKLOG &&
	       loop_now() < burst->latest;
}
