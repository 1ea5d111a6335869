/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was there before the collector: a look at the kernel's own memory
 * blocks and zones, by programs that user space runs when those of the
 * tracepoints are attached already. How the kernel's structures are read is in
 * mhp_kernel_read.h.
 *
 * No lock is taken. A record gets the next number only if no event got one
 * since the kernel's memory was first looked at, and the block is looked up
 * again before that: so it says what was true right then, between the events
 * before and after it.
 */
#ifndef MHP_SEEN_H
#define MHP_SEEN_H

#include "mhp_kernel_read.h"
#include "mhp_seen_args.h"

#define MHP_SEEN_STEPS (1 << 18)
#define MHP_SEEN_TRIES 64

const volatile u32 mhp_ring_bytes = 4 << 20;

struct mhp_seen_step {
	u64 next;
	u32 done;
	u32 tries; /* that were in vain because of events, ever */
};

/* Room for what is still to come: events of the kernel go first, so some is left to them. */
MHP_KERNEL int mhp_seen_room(void)
{
	return bpf_ringbuf_query(&mhp_ring, BPF_RB_AVAIL_DATA) <
	       mhp_ring_bytes / 2;
}

MHP_KERNEL u64 mhp_seen_seq(void)
{
	return *(volatile u64 *)&mhp_seq;
}

/* The number after `before`, unless an event got it meanwhile. */
MHP_KERNEL int mhp_seen_number(struct mhp_record *r, u64 before)
{
	r->seq = before + 1;
	return __sync_val_compare_and_swap(&mhp_seq, before, before + 1) ==
	       before;
}

/* One step a block; the step is made again when an event came in between, or the block went or came. */
static long mhp_seen_block_step(u32 i __attribute__((unused)),
				struct mhp_seen_step *step)
{
	struct mhp_record r;
	u64 before, at;

	if (!mhp_seen_room())
		return 1;
	before = mhp_seen_seq();
	at = mhp_kernel_block_at(step->next);
	if (at) {
		mhp_kernel_block(&r.p.mhp_block_seen, step->next, at);
		if (mhp_kernel_block_at(step->next) != at ||
		    !mhp_seen_number(&r, before))
			return ++step->tries > MHP_SEEN_TRIES;
		mhp_store_record(&r, MHP_EVENT_mhp_block_seen,
				 sizeof(r.p.mhp_block_seen));
	}
	step->next = mhp_next_block;
	step->done = step->next == MHP_KERNEL_NO_MORE;
	return step->done;
}

/* One step a zone, those of node 0 first. Nodes and zones that nobody uses have no record. */
static long mhp_seen_zone_step(u32 i __attribute__((unused)),
			       struct mhp_seen_step *step)
{
	u32 nr_zones = mhp_kernel_nr_zones();
	u32 nid = (u32)step->next / nr_zones;
	struct mhp_record r;
	u64 before, pgdat;

	step->done = nid >= mhp_nr_nodes;
	if (step->done || !mhp_seen_room())
		return 1;
	before = mhp_seen_seq();
	pgdat = mhp_kernel_node(nid);
	if (!pgdat)
		goto next;
	mhp_kernel_zone(&r.p.mhp_zone_seen, pgdat, nid,
			(u32)step->next % nr_zones);
	if (!r.p.mhp_zone_seen.present)
		goto next;
	if (!mhp_seen_number(&r, before))
		return ++step->tries > MHP_SEEN_TRIES;
	mhp_store_record(&r, MHP_EVENT_mhp_zone_seen,
			 sizeof(r.p.mhp_zone_seen));
next:
	step->next++;
	return 0;
}

/* MHP_FOUND_ bits, or -EPERM when kernel addresses are not for this user. */
SEC("syscall")
int mhp_seen_find(void *ctx __attribute__((unused)))
{
	return mhp_kernel_find();
}

SEC("syscall")
int mhp_seen_blocks(struct mhp_seen_walk *walk)
{
	struct mhp_seen_step step = { .next = walk->next };

	bpf_loop(MHP_SEEN_STEPS, mhp_seen_block_step, &step, 0);
	walk->next = step.next;
	walk->done = step.done;
	return 0;
}

SEC("syscall")
int mhp_seen_zones(struct mhp_seen_walk *walk)
{
	struct mhp_seen_step step = { .next = walk->next };

	bpf_loop(MHP_SEEN_STEPS, mhp_seen_zone_step, &step, 0);
	walk->next = step.next;
	walk->done = step.done;
	return 0;
}

/* 1 when there is no room now. What sysfs told is not in step with events; it is used where nothing better is. */
SEC("syscall")
int mhp_seen_told(struct mhp_seen_told *told)
{
	struct mhp_record r;

	if (!mhp_seen_room())
		return 1;
	r.seq = __sync_fetch_and_add(&mhp_seq, 1) + 1;
	if (told->event == MHP_EVENT_mhp_block_seen) {
		r.p.mhp_block_seen = told->block;
		mhp_store_record(&r, MHP_EVENT_mhp_block_seen,
				 sizeof(r.p.mhp_block_seen));
	} else {
		r.p.mhp_zone_seen = told->zone;
		mhp_store_record(&r, MHP_EVENT_mhp_zone_seen,
				 sizeof(r.p.mhp_zone_seen));
	}
	return 0;
}

#endif
