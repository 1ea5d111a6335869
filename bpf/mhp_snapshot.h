/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The snapshot: programs that walk the kernel's memory blocks and zones. User space runs them once the tracepoint
 * programs are attached.
 *
 * A snapshot record reflects the state at its place among the events, because the programs hold the lock while they
 * read kernel memory. They run with preemption disabled and events wait for the lock, so each call takes few steps.
 *
 * The kernel's allocator limits the number of steps, too. It keeps four accounts ready for each map and CPU. It gets
 * more in an interrupt, but on PREEMPT_RT in a thread, which cannot run before the program ends. A step creates at most
 * one account of each kind, so a call must not take more than four steps.
 */
#ifndef MHP_SNAPSHOT_H
#define MHP_SNAPSHOT_H

#include "mhp_kernel_read.h"

#define MHP_SNAPSHOT_STEPS 4 /* of one call */

/* Size of the ring buffer; set before loading */
const volatile u32 mhp_ring_bytes = 4 << 20;

struct mhp_record mhp_sysfs_record; /* set by user space: event and payload */
u64 mhp_snapshot_next; /* block or zone to continue with */
u32 mhp_snapshot_fd; /* set by user space: the directory of block mhp_snapshot_next in sysfs */
u32 mhp_snapshot_by_folder; /* set by user space: find the block by that directory, and no other one */
u32 mhp_snapshot_result; /* enum mhp_snapshot_result of the last block */
u32 mhp_snapshot_done; /* the walk is complete */

/* The snapshot leaves half of the ring buffer to kernel events. */
MHP_KERNEL int mhp_snapshot_room(void)
{
	return bpf_ringbuf_query(&mhp_ring, BPF_RB_AVAIL_DATA) <
	       mhp_ring_bytes / 2;
}

/* Not static, so that the verifier checks the fold apart from its callers. */
MHP_KERNEL_CALLED int mhp_snapshot_block_store(struct mhp_record *r,
					       u32 unknown)
{
	if (r)
		mhp_store_known(r, MHP_EVENT_mhp_snapshot_block,
				sizeof(r->p.mhp_snapshot_block), unknown);
	return 0;
}

MHP_KERNEL u64 mhp_snapshot_block_at(void)
{
	return mhp_snapshot_by_folder ?
		       mhp_kernel_block_open(mhp_snapshot_fd,
					     mhp_snapshot_next) :
		       mhp_kernel_block_at(mhp_snapshot_next);
}

/* One block each step. Repeats the step if the block was removed or added during the read. */
static long mhp_snapshot_block_step(u32 i __attribute__((unused)),
				    void *ctx __attribute__((unused)))
{
	struct mhp_record r;
	u64 at;

	mhp_snapshot_result = MHP_SNAPSHOT_NO_ROOM;
	if (!mhp_snapshot_room())
		return 1;
	mhp_snapshot_result = MHP_SNAPSHOT_NOT_FOUND;
	at = mhp_snapshot_block_at();
	if (at) {
		mhp_kernel_block(&r.p.mhp_snapshot_block, mhp_snapshot_next,
				 at);
		if (mhp_snapshot_block_at() != at)
			return 0;
		mhp_snapshot_block_store(
			&r, r.p.mhp_snapshot_block.hosting == MHP_HOSTING_NONE ?
				    MHP_FIELD(mhp_snapshot_block, hosting) :
				    0);
		mhp_snapshot_result = MHP_SNAPSHOT_STORED;
	}
	mhp_snapshot_next = mhp_next_block;
	mhp_snapshot_done = mhp_snapshot_next == MHP_KERNEL_NO_MORE;
	return mhp_snapshot_done;
}

/* One zone each step, node by node. Empty nodes and zones get no record. */
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

/* Returns an enum mhp_snapshot_result if mhp_snapshot_by_folder is set, and 0 otherwise. */
SEC("raw_tp")
int mhp_snapshot_blocks(void *ctx __attribute__((unused)))
{
	u32 lock = mhp_store_begin();

	bpf_loop(mhp_snapshot_by_folder ? 1 : MHP_SNAPSHOT_STEPS,
		 mhp_snapshot_block_step, (void *)0, 0);
	mhp_store_end(lock);
	return mhp_snapshot_by_folder ? mhp_snapshot_result : 0;
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
 * Stores the record in mhp_sysfs_record, which user space made from sysfs or /proc. If its number is not 0, no event may
 * have come since that number. A record without one may be out of date with respect to the events. Returns an enum
 * mhp_snapshot_result.
 */
SEC("raw_tp")
int mhp_snapshot_sysfs(void *ctx __attribute__((unused)))
{
	struct mhp_record r;
	u32 lock;

	if (!mhp_snapshot_room())
		return MHP_SNAPSHOT_NO_ROOM;
	lock = mhp_store_begin();
	if (mhp_sysfs_record.seq && mhp_sysfs_record.seq != mhp_seq) {
		mhp_store_end(lock);
		return MHP_SNAPSHOT_OVERTAKEN;
	}
	if (mhp_sysfs_record.event == MHP_EVENT_mhp_snapshot_block) {
		r.p.mhp_snapshot_block = mhp_sysfs_record.p.mhp_snapshot_block;
		mhp_snapshot_block_store(&r, mhp_sysfs_record.unknown);
	} else if (mhp_sysfs_record.event == MHP_EVENT_mhp_snapshot_memory) {
		r.p.mhp_snapshot_memory =
			mhp_sysfs_record.p.mhp_snapshot_memory;
		mhp_store_record(&r, MHP_EVENT_mhp_snapshot_memory,
				 sizeof(r.p.mhp_snapshot_memory));
	} else {
		r.p.mhp_snapshot_zone = mhp_sysfs_record.p.mhp_snapshot_zone;
		mhp_store_record(&r, MHP_EVENT_mhp_snapshot_zone,
				 sizeof(r.p.mhp_snapshot_zone));
	}
	mhp_store_end(lock);
	return MHP_SNAPSHOT_STORED;
}

#endif
