/* SPDX-License-Identifier: GPL-2.0 */
/* The ledger in the kernel: BPF maps of accounts, and the fold's access to them. */
#ifndef MHP_MAPS_H
#define MHP_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "mhp_ledger.h"

/* Pages of a memory block, as 2^n; set before loading */
const volatile u32 mhp_block_shift = 15;

u64 mhp_no_room; /* failed attempts to create an account */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MHP_MIN_ACCOUNTS); /* more if set before loading */
	__type(key, u32);
	__type(value, struct mhp_block);
} mhp_blocks SEC(".maps");

/*
 * The zones of each node, by mhp_zone_index(); one that has no account yet is zeroed. Variables are found without the
 * help of the kernel, and user space reads them without a system call.
 */
struct mhp_zone_account mhp_zones[MHP_MAX_ZONES];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MHP_MIN_ACCOUNTS); /* as many as of blocks */
	__type(key, u64);
	__type(value, struct mhp_range);
} mhp_ranges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mhp_globals);
} mhp_totals SEC(".maps");

/* Initial contents of new accounts; built on the stack they would cost a store for each word. */
static const struct mhp_block mhp_new_block;
static const struct mhp_range mhp_new_range;

#define MHP_STORE static __always_inline

/* Another CPU may create the account first; that one is used then. */
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
	u32 at = mhp_zone_index(nid, zone);
	struct mhp_zone_account *account;

	if (at >= MHP_MAX_ZONES) {
		__sync_fetch_and_add(&mhp_no_room, 1);
		return (void *)0;
	}
	/* The compiler knows that the index is in bounds; the verifier has to see it. */
	asm volatile("" : "+r"(at));
	account = &mhp_zones[at & (MHP_MAX_ZONES - 1)];
	if (!account->zone) {
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

MHP_STORE void mhp_ledger_delete_range(struct mhp_ledger *ledger
				       __attribute__((unused)),
				       u64 start_pfn)
{
	bpf_map_delete_elem(&mhp_ranges, &start_pfn);
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

#endif
