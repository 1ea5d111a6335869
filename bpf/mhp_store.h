/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the collector keeps things: the maps of the ledger behind the four
 * functions of mhp_fold.h, the counts, the ring buffer, and the way that every
 * record takes through them. Where records come from is not here.
 */
#ifndef MHP_STORE_H
#define MHP_STORE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "mhp_fold.h"

/* Set before loading: what a block is, and what of the ring buffer may be in use before the reader is woken, 2^n. */
const volatile u32 mhp_block_shift = 15;
const volatile u32 mhp_page_shift = 12;
const volatile u32 mhp_wake_shift = 18;

u32 mhp_open; /* all programs are attached: from now on what happens is an event */
u32 mhp_busy; /* a record is being stored */
u64 mhp_seq; /* numbers given to records so far */
u64 mhp_no_room; /* accounts that could not be made */
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

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MHP_MAX_BLOCKS);
	__type(key, u32);
	__type(value, struct mhp_block);
} mhp_blocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MHP_MAX_ZONES);
	__type(key, u64);
	__type(value, struct mhp_zone_account);
} mhp_zones SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MHP_MAX_RANGES);
	__type(key, u64);
	__type(value, struct mhp_range);
} mhp_ranges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mhp_globals);
} mhp_totals SEC(".maps");

/* New accounts begin with these; on the stack they would cost a store for each word. */
static const struct mhp_block mhp_new_block;
static const struct mhp_zone_account mhp_new_zone;
static const struct mhp_range mhp_new_range;

#define MHP_STORE static __always_inline

/* Another CPU may have made the account in between; what counts is that it is there. */
MHP_STORE void *mhp_store_make(void *map, const void *key, const void *value)
{
	void *account;

	bpf_map_update_elem(map, key, value, BPF_NOEXIST);
	account = bpf_map_lookup_elem(map, key);
	if (!account)
		__sync_fetch_and_add(&mhp_no_room, 1);
	return account;
}

MHP_STORE struct mhp_block *mhp_ledger_block(struct mhp_ledger *ledger
					     __attribute__((unused)),
					     u64 pfn, int create)
{
	u32 id = pfn >> mhp_block_shift;
	struct mhp_block *block = bpf_map_lookup_elem(&mhp_blocks, &id);

	if (block || !create)
		return block;
	block = mhp_store_make(&mhp_blocks, &id, &mhp_new_block);
	if (block)
		block->start_pfn = (u64)id << mhp_block_shift;
	return block;
}

MHP_STORE struct mhp_zone_account *mhp_ledger_zone(struct mhp_ledger *ledger
						   __attribute__((unused)),
						   s32 nid, u32 zone)
{
	u64 key = (u64)(u32)nid << 32 | zone;
	struct mhp_zone_account *account =
		bpf_map_lookup_elem(&mhp_zones, &key);

	if (account)
		return account;
	account = mhp_store_make(&mhp_zones, &key, &mhp_new_zone);
	if (account) {
		account->nid = nid;
		account->zone = zone;
	}
	return account;
}

MHP_STORE struct mhp_range *mhp_ledger_range(struct mhp_ledger *ledger
					     __attribute__((unused)),
					     u64 start_pfn, int create)
{
	struct mhp_range *range = bpf_map_lookup_elem(&mhp_ranges, &start_pfn);

	if (range || !create)
		return range;
	range = mhp_store_make(&mhp_ranges, &start_pfn, &mhp_new_range);
	if (range)
		range->start_pfn = start_pfn;
	return range;
}

MHP_STORE u64 mhp_ledger_block_pages(const struct mhp_ledger *ledger
				     __attribute__((unused)))
{
	return 1ULL << mhp_block_shift;
}

MHP_STORE struct mhp_globals *mhp_ledger_globals(struct mhp_ledger *ledger
						 __attribute__((unused)))
{
	u32 key = 0;

	return bpf_map_lookup_elem(&mhp_totals, &key);
}

/*
 * Waking the reader costs more than all the rest of an event, so it comes by
 * itself while there are events. It is woken only when what waits for it
 * passes a multiple of 2^mhp_wake_shift bytes, or when it went to sleep.
 */
MHP_STORE u64 mhp_store_wakeup(u32 bytes)
{
	u64 used = bpf_ringbuf_query(&mhp_ring, BPF_RB_AVAIL_DATA);

	if (used >> mhp_wake_shift != (used + bytes) >> mhp_wake_shift)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/*
 * The reader says that it sleeps, then looks once more; here the record is
 * there, then it is seen whether it sleeps: one of both sees the other. What
 * wakes it is an entry that it does not see.
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
 * One record after the other: numbers, times, what the fold does and what is in the ring buffer all have one order, or
 * the kernel's ledger would not be what a replay of the records makes of them. Nobody is preempted who has the turn.
 * Somebody who gets none for as long as that many tries take goes without it.
 */
#define MHP_LOCK_TRIES (1 << 23)

static long mhp_store_try(u32 i __attribute__((unused)), u32 *lock)
{
	*lock = !*(volatile u32 *)&mhp_busy &&
		!__sync_val_compare_and_swap(&mhp_busy, 0, 1);
	return *lock;
}

/* Not static, so that the kernel verifies it apart from what comes after it, once and not for each way out of it. */
__attribute__((noinline)) u32 mhp_store_begin(void)
{
	u32 lock;

	if (!mhp_store_try(0, &lock))
		bpf_loop(MHP_LOCK_TRIES, mhp_store_try, &lock, 0);
	return lock;
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
