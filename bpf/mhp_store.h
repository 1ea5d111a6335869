/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the collector does with every record: it takes the lock, numbers the record, folds it into the kernel's ledger,
 * counts it and puts it into the ring buffer.
 */
#ifndef MHP_STORE_H
#define MHP_STORE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "mhp_fold.h"
#include "mhp_maps.h"

/* Set before loading: the size of a page, and how much of the ring buffer fills up before the reader is woken, as 2^n. */
const volatile u32 mhp_page_shift = 12;
const volatile u32 mhp_wake_shift = 18;

u32 mhp_open; /* all programs are attached: from now on what happens is an event */
u32 mhp_busy; /* a record is being stored */
u64 mhp_seq; /* numbers given to records so far */
u64 mhp_no_lock; /* events and steps of the snapshot that proceeded without the lock */
u32 mhp_reader_sleeps; /* the reader found nothing, and wants to be woken for the next record */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} mhp_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, sizeof(struct mhp_event_order));
	__type(key, u32);
	__type(value, struct mhp_count);
} mhp_counts SEC(".maps");

/*
 * Waking the reader costs more than the rest of an event, so the reader polls while there are events. It is woken only
 * when the data waiting for it passes a multiple of 2^mhp_wake_shift bytes, or when it went to sleep.
 */
MHP_STORE u64 mhp_store_wakeup(u32 bytes)
{
	u64 used = bpf_ringbuf_query(&mhp_ring, BPF_RB_AVAIL_DATA);

	if (used >> mhp_wake_shift != (used + bytes) >> mhp_wake_shift)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/*
 * The reader sets mhp_reader_sleeps, then looks for records once more. Here the record is stored first, then the flag
 * is read. So one of the two always notices the other. A discarded entry wakes the reader without being seen by it.
 */
MHP_STORE void mhp_store_wake_sleeper(void)
{
	void *nothing;

	if (!*(volatile u32 *)&mhp_reader_sleeps)
		return;
	mhp_reader_sleeps = 0;
	nothing = bpf_ringbuf_reserve(&mhp_ring, sizeof(u64), 0);
	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

/*
 * A lock makes numbers, times, the fold and the ring buffer have one order. Otherwise a replay of the records could end
 * with another ledger than the kernel's. The holder cannot be preempted, but the CPU of a guest can. An event that has
 * waited for MHP_LOCK_NS proceeds without the lock and is counted: from then on nothing is certain.
 */
#define MHP_LOCK_NS 1000000
#define MHP_LOCK_TRIES \
	(1             \
	 << 23) /* bpf_loop() needs a number; the time is over long before that */

MHP_STORE u32 mhp_store_try(void)
{
	return !*(volatile u32 *)&mhp_busy &&
	       !__sync_val_compare_and_swap(&mhp_busy, 0, 1);
}

struct mhp_lock_wait {
	u64 since_ns;
	u32 lock;
};

static long mhp_store_wait(u32 i __attribute__((unused)),
			   struct mhp_lock_wait *wait)
{
	wait->lock = mhp_store_try();
	return wait->lock || bpf_ktime_get_ns() - wait->since_ns >= MHP_LOCK_NS;
}

/* Not static, so that the kernel verifies it apart from what comes after it, once and not for each way out of it. */
__attribute__((noinline)) u32 mhp_store_begin(void)
{
	struct mhp_lock_wait wait;

	if (mhp_store_try())
		return 1;
	wait.since_ns = bpf_ktime_get_ns();
	wait.lock = 0;
	bpf_loop(MHP_LOCK_TRIES, mhp_store_wait, &wait, 0);
	if (!wait.lock && *(volatile u32 *)&mhp_open)
		__sync_fetch_and_add(&mhp_no_lock, 1);
	return wait.lock;
}

MHP_STORE void mhp_store_end(u32 lock)
{
	if (lock)
		__sync_fetch_and_and(&mhp_busy, 0);
	mhp_store_wake_sleeper();
}

/* A record whose payload is filled: the rest of it, the fold, the ring buffer, the counts. */
MHP_STORE void mhp_store_record(struct mhp_record *r, u32 event, u32 size)
{
	u32 bytes = MHP_RECORD_HEADER + size, key = event;
	struct mhp_count *count;

	r->seq = __sync_fetch_and_add(&mhp_seq, 1) + 1;
	r->time_ns = bpf_ktime_get_ns();
	r->cpu = bpf_get_smp_processor_id();
	r->pid = bpf_get_current_pid_tgid();
	r->size = size;
	r->unused = 0;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	r->event = event;
	mhp_fold((void *)0, r, event);

	count = bpf_map_lookup_elem(&mhp_counts, &key);
	if (!count)
		return;
	count->seen++;
	if (bpf_ringbuf_output(&mhp_ring, r, bytes,
			       mhp_store_wakeup(bytes + BPF_RINGBUF_HDR_SZ)))
		count->lost++;
	else
		count->submitted++;
}

#endif
