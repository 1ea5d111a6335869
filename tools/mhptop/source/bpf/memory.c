// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the machine's memory at quiet moments: when the snapshot was taken, and
 * after memory was added or removed, when no more events come. The count goes
 * through the collector, which gives it a place among the events, and refuses it
 * if an event came while the counters were read.
 */
#include <stdlib.h>
#include <unistd.h>

#include "source/bpf/bpf.h"
#include "source/sysfs/memory.h"
#include "mhp.skel.h" /* needs our own types */

#define COUNTS 5
#define COUNT_PAUSE_US 1000

void bpf_memory_take(struct bpf_memory *memory, const struct mhp_record *record)
{
	memory->seq = record->seq;
	switch (record->event) {
	case MHP_EVENT_mhp_add_begin:
	case MHP_EVENT_mhp_remove_begin:
	case MHP_EVENT_mhp_online_begin:
	case MHP_EVENT_mhp_offline_begin:
		memory->busy = true;
		return;
	case MHP_EVENT_mhp_add_end:
	case MHP_EVENT_mhp_remove_end:
		memory->due = true;
		memory->busy = false;
		return;
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_offline_end:
		memory->busy = false;
		return;
	}
}

static int memory_compare(const void *a, const void *b)
{
	const struct mhp_mhp_snapshot_memory *x = a, *y = b;

	return (x->unaccounted > y->unaccounted) -
	       (x->unaccounted < y->unaccounted);
}

/*
 * The counters are read one after the other, and pages move from one to the other
 * meanwhile, or are in none on their way. So take the median of several counts.
 */
static int memory_count(struct mhp_mhp_snapshot_memory *memory, u64 page_bytes)
{
	struct mhp_mhp_snapshot_memory counts[COUNTS];
	int i, err = 0;

	sysfs_memory_refresh("");
	for (i = 0; !err && i < COUNTS; i++) {
		if (i)
			usleep(COUNT_PAUSE_US);
		err = sysfs_memory_read(&counts[i], "", page_bytes);
	}
	if (err)
		return err;
	qsort(counts, COUNTS, sizeof(*counts), memory_compare);
	*memory = counts[COUNTS / 2];
	return 0;
}

int bpf_source_count_memory(struct bpf_source *self)
{
	struct mhp_mhp_snapshot_memory memory;
	int ret;

	if (!self->memory.due || self->memory.busy || !self->memory.seq)
		return 0;
	/* A machine without these counters has no counts. */
	ret = memory_count(&memory, self->source.info.page_bytes);
	if (ret) {
		self->memory.due = false;
		return 0;
	}
	ret = bpf_source_submit(self, MHP_EVENT_mhp_snapshot_memory, &memory,
				sizeof(memory), self->memory.seq);
	if (ret < 0)
		return ret;
	self->memory.due = ret > 0;
	return !ret;
}
