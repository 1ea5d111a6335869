/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The snapshot: a walk over the kernel's memory blocks and zones, by programs that user space runs once those of the
 * tracepoints are attached.
 *
 * A record of the snapshot is true between the events before and after it, because the lock is held while the kernel's
 * memory is read. Programs of this type run without preemption and events wait for them, so each call takes only a few
 * steps.
 *
 * There is another reason for few steps. The kernel's allocator keeps four accounts ready for each map and CPU, and gets
 * more in an interrupt, on PREEMPT_RT in a thread, which does not run before the program has ended. A step makes at most
 * one account of each kind, so a call must not take more than four steps.
 */
#ifndef MHP_SNAPSHOT_H
#define MHP_SNAPSHOT_H

#include "mhp_kernel_read.h"

#define MHP_SNAPSHOT_STEPS 4

const volatile u32 mhp_ring_bytes = 4 << 20;

struct mhp_record mhp_sysfs_record; /* set by user space: event and payload */
u64 mhp_snapshot_next; /* block or zone to continue with */
u32 mhp_snapshot_done; /* all have been walked */

/* Half of the ring buffer is left to the events of the kernel. */
MHP_KERNEL int mhp_snapshot_room(void)
{
	return bpf_ringbuf_query(&mhp_ring, BPF_RB_AVAIL_DATA) <
	       mhp_ring_bytes / 2;
}

/* One step a block. It is repeated if the block was removed or added in the meantime. */
static long mhp_snapshot_block_step(u32 i __attribute__((unused)),
				    void *ctx __attribute__((unused)))
{
	struct mhp_record r;
	u64 at;

	if (!mhp_snapshot_room())
		return 1;
	at = mhp_kernel_block_at(mhp_snapshot_next);
	if (at) {
		mhp_kernel_block(&r.p.mhp_snapshot_block, mhp_snapshot_next,
				 at);
		if (mhp_kernel_block_at(mhp_snapshot_next) != at)
			return 0;
		mhp_store_record(&r, MHP_EVENT_mhp_snapshot_block,
				 sizeof(r.p.mhp_snapshot_block));
	}
	mhp_snapshot_next = mhp_next_block;
	mhp_snapshot_done = mhp_snapshot_next == MHP_KERNEL_NO_MORE;
	return mhp_snapshot_done;
}

/* One step a zone, node by node. Empty nodes and zones get no record. */
static long mhp_snapshot_zone_step(u32 i __attribute__((unused)),
				   void *ctx __attribute__((unused)))
{
	u32 nr_zones = mhp_kernel_nr_zones();
	u32 nid = (u32)mhp_snapshot_next / nr_zones;
	struct mhp_record r;
	u64 pgdat;

	mhp_snapshot_done = nid >= mhp_nr_nodes;
	if (mhp_snapshot_done || !mhp_snapshot_room())
		return 1;
	pgdat = mhp_kernel_node(nid);
	if (pgdat)
		mhp_kernel_zone(&r.p.mhp_snapshot_zone, pgdat, nid,
				(u32)mhp_snapshot_next % nr_zones);
	if (pgdat && r.p.mhp_snapshot_zone.present)
		mhp_store_record(&r, MHP_EVENT_mhp_snapshot_zone,
				 sizeof(r.p.mhp_snapshot_zone));
	mhp_snapshot_next++;
	return 0;
}

/* MHP_FOUND_ bits, or -EPERM if kernel addresses are hidden from this user. */
SEC("syscall")
int mhp_snapshot_find(void *ctx __attribute__((unused)))
{
	return mhp_kernel_find();
}

SEC("raw_tp")
int mhp_snapshot_blocks(void *ctx __attribute__((unused)))
{
	u32 lock = mhp_store_begin();

	bpf_loop(MHP_SNAPSHOT_STEPS, mhp_snapshot_block_step, (void *)0, 0);
	mhp_store_end(lock);
	return 0;
}

SEC("raw_tp")
int mhp_snapshot_zones(void *ctx __attribute__((unused)))
{
	u32 lock = mhp_store_begin();

	bpf_loop(MHP_SNAPSHOT_STEPS, mhp_snapshot_zone_step, (void *)0, 0);
	mhp_store_end(lock);
	return 0;
}

/*
 * Store a record that user space made from sysfs, which is not in step with events; for kernels whose memory cannot be
 * read. 1 if there is no room at the moment.
 */
SEC("raw_tp")
int mhp_snapshot_sysfs(void *ctx __attribute__((unused)))
{
	struct mhp_record r;
	u32 lock;

	if (!mhp_snapshot_room())
		return 1;
	lock = mhp_store_begin();
	if (mhp_sysfs_record.event == MHP_EVENT_mhp_snapshot_block) {
		r.p.mhp_snapshot_block = mhp_sysfs_record.p.mhp_snapshot_block;
		mhp_store_record(&r, MHP_EVENT_mhp_snapshot_block,
				 sizeof(r.p.mhp_snapshot_block));
	} else {
		r.p.mhp_snapshot_zone = mhp_sysfs_record.p.mhp_snapshot_zone;
		mhp_store_record(&r, MHP_EVENT_mhp_snapshot_zone,
				 sizeof(r.p.mhp_snapshot_zone));
	}
	mhp_store_end(lock);
	return 0;
}

#endif
