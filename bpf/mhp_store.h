/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The path of every record through the collector: take the lock, number the record, fold it into the kernel's ledger,
 * put it into the ring buffer and count it.
 */
#ifndef MHP_STORE_H
#define MHP_STORE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "mhp_fold.h"
#include "mhp_kernel.h"
#include "mhp_maps.h"

/* As 2^n bytes, set before loading: the size of a page, and the data in the ring buffer at which to wake the reader. */
const volatile u32 mhp_page_shift = 12;
const volatile u32 mhp_wake_shift = 18;
/* The longest wait for the lock */
const volatile u64 mhp_lock_ns = 1000000;

u32 mhp_open; /* all programs are attached: store events */
u32 mhp_busy; /* the lock: a record is being stored */
u64 mhp_seq; /* number of the last record */
u64 mhp_no_lock; /* programs that proceeded without the lock */
u32 mhp_reader_sleeps; /* the reader found no data; wake it for the next record */

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
 * Waking the reader costs more than the rest of an event, so the reader polls while events arrive. Wake it only when
 * the unread data crosses a multiple of 2^mhp_wake_shift bytes, or when it went to sleep.
 */
MHP_STORE u64 mhp_store_wakeup(u32 bytes)
{
	u64 used = bpf_ringbuf_query(&mhp_ring, BPF_RB_AVAIL_DATA);

	if (used >> mhp_wake_shift != (used + bytes) >> mhp_wake_shift)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/*
 * The reader sets mhp_reader_sleeps, then checks for records once more. This side stores the record first, then reads
 * the flag, so one of the two always notices the other. The discarded entry only serves to wake the reader, which skips
 * it.
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
 * The lock gives sequence numbers, times, the fold and the ring buffer one order; otherwise a replay of the records
 * could end with a different ledger than the kernel's. The holder cannot be preempted, but the host of a guest can stop
 * its CPU. An event that has waited for mhp_lock_ns proceeds without the lock and is counted: the run is then
 * inconclusive. bpf_loop() needs a limit as well; the time is over long before it.
 */
#define MHP_LOCK_TRIES (1 << 23)

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
	return wait->lock || bpf_ktime_get_ns() - wait->since_ns >= mhp_lock_ns;
}

/*
 * Takes the lock. Returns 0 if that failed. Not static, so that the verifier checks it apart from its callers, once and
 * not for each path through it.
 */
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

/* Releases the lock if mhp_store_begin() took it, and wakes a sleeping reader. */
MHP_STORE void mhp_store_end(u32 lock)
{
	if (lock)
		__sync_fetch_and_and(&mhp_busy, 0);
	mhp_store_wake_sleeper();
}

/*
 * The name of the current task. Its helper copies it byte by byte and takes a tenth of the time of an event. The kernel
 * pads names with zeros.
 */
MHP_STORE void mhp_store_comm(struct mhp_record *r)
{
	const u64 *comm = (const u64 *)bpf_get_current_task_btf()->comm;

	((u64 *)r->comm)[0] = comm[0];
	((u64 *)r->comm)[1] = comm[1];
}

/*
 * Takes a record whose payload is filled, with the fields of it that are unknown: completes and folds it, puts it into
 * the ring buffer and counts it.
 */
MHP_STORE void mhp_store_known(struct mhp_record *r, u32 event, u32 size,
			       u32 unknown)
{
	u32 bytes = MHP_RECORD_HEADER + size, key = event;
	struct mhp_count *count;

	r->seq = __sync_fetch_and_add(&mhp_seq, 1) + 1;
	r->time_ns = bpf_ktime_get_ns();
	r->cpu = bpf_get_smp_processor_id();
	r->pid = bpf_get_current_pid_tgid();
	r->size = size;
	r->unknown = unknown;
	r->schema = 0;
	r->reason = 0;
	mhp_store_comm(r);
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

/* Counts an event that happened and of which there can be no record. Its number is missing, so that the gap shows where. */
MHP_STORE void mhp_store_missed(u32 event)
{
	struct mhp_count *count = bpf_map_lookup_elem(&mhp_counts, &event);

	if (!count || !*(volatile u32 *)&mhp_open)
		return;
	__sync_fetch_and_add(&mhp_seq, 1);
	count->seen++;
	count->lost++;
}

MHP_STORE void mhp_store_record(struct mhp_record *r, u32 event, u32 size)
{
	mhp_store_known(r, event, size, 0);
}

#endif
