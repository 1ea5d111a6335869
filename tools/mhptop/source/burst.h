/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When to read a live source that had records. The collector wakes nobody
 * while they come in quick succession, and what causes them must not be slowed
 * down by the one who reads them: it is left alone until it has paused for
 * BURST_LOOK_NS, within limits. What is read and when to give up is up to the
 * loops of record.c and check.c; batch.c and dashboard.c, which have frames to
 * draw, look as often but do not wait for a pause.
 */
#ifndef BURST_H
#define BURST_H

#include "base/loop.h"
#include "source/source.h"

#define BURST_LOOK_NS (LOOP_NS / 10)

struct burst {
	u64 fetched; /* records that there were when reading ended, */
	u64 last; /* and when last looked at */
	u64 latest; /* time to read, whatever comes */
};

/* Records were just read. Look in BURST_LOOK_NS. */
void burst_begin(struct burst *burst, struct source *source);
/* Whether to leave it alone, and to look again after as long; false: read. */
bool burst_goes_on(struct burst *burst, struct source *source);

#endif
