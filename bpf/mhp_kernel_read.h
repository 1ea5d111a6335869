/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finds memory blocks and zones in the memory of the running kernel and reads them.
 *
 * The reads take no kernel lock, so the data may change or disappear at any time: a read that fails returns 0, and
 * callers check that a block is still there after reading it.
 *
 * Functions with many branches are not static, so that the verifier checks them once instead of once for each path
 * that leads to a call.
 */
#ifndef MHP_KERNEL_READ_H
#define MHP_KERNEL_READ_H

#include <bpf/bpf_core_read.h>
#include "mhp_kernel.h"
#include "mhp_snapshot_found.h"

#define MHP_KERNEL static __always_inline
#define MHP_KERNEL_CALLED __attribute__((noinline))
#define MHP_KERNEL_NO_MORE (~0ULL)
#define MHP_EPERM 1

/* The SECTION_IS_EARLY bit of mem_section.section_mem_map, 0 if unknown; set before loading */
const volatile u64 mhp_early_mask = 0;

/* Kernel addresses, 0 if not found */
u64 mhp_at_blocks;
u64 mhp_at_sections;
u64 mhp_at_nodes; /* the array of pointers to nodes */
u64 mhp_at_only_node; /* the node of a kernel without NUMA */
u32 mhp_nr_nodes = 1;
u64 mhp_next_block; /* second result of mhp_kernel_block_at() */

MHP_KERNEL u64 mhp_kernel_u64(u64 address)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

MHP_KERNEL u32 mhp_kernel_u32(u64 address)
{
	u32 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

/* Reads a field of 4 or 8 bytes, as the running kernel has it; 0 if it does not exist. */
#define MHP_KERNEL_FIELD(address, type, field)                             \
	(!bpf_core_field_exists(((type *)0)->field) ?                      \
		 0 :                                                       \
	 bpf_core_field_size(((type *)0)->field) == 4 ?                    \
		 (u64)mhp_kernel_u32((address) +                           \
				     bpf_core_field_offset(type, field)) : \
		 mhp_kernel_u64((address) +                                \
				bpf_core_field_offset(type, field)))

/* Stores the address of a symbol in *at, 0 if it does not exist. -EPERM if this user may not read kernel addresses. */
#define mhp_kernel_symbol(name, at)                                        \
	({                                                                 \
		static const char __name[] = name;                         \
		bpf_kallsyms_lookup_name(__name, sizeof(__name), 0, (at)); \
	})

/* Looks up the addresses above. Returns MHP_FOUND_ bits, or -EPERM. */
MHP_KERNEL int mhp_kernel_find(void)
{
	u64 at = 0;
	int found = 0;

	if (mhp_kernel_symbol("memory_blocks", &at) == -MHP_EPERM)
		return -MHP_EPERM;
	mhp_at_blocks = at;
	/*
	 * A pointer with SPARSEMEM_EXTREME. Without, it is the first section itself, whose flag bits make the word an
	 * unaligned address.
	 */
	if (!mhp_kernel_symbol("mem_section", &at))
		at = mhp_kernel_u64(at);
	mhp_at_sections = at & 7 ? 0 : at;
	mhp_kernel_symbol("node_data", &at);
	mhp_at_nodes = at;
	mhp_kernel_symbol("contig_page_data", &at);
	mhp_at_only_node = at;
	if (mhp_at_nodes && !mhp_kernel_symbol("nr_node_ids", &at))
		mhp_nr_nodes = mhp_kernel_u32(at);

	if (mhp_at_blocks)
		found |= MHP_FOUND_BLOCKS;
	if (mhp_at_sections && mhp_early_mask)
		found |= MHP_FOUND_SECTIONS;
	if (mhp_at_nodes || mhp_at_only_node)
		found |= MHP_FOUND_NODES;
	return found;
}

/*
 * Looks up a number in the xarray of memory blocks: the address of the struct memory_block, 0 if there is none. Stores
 * the next number that may exist in mhp_next_block, MHP_KERNEL_NO_MORE after the last.
 */
MHP_KERNEL_CALLED u64 mhp_kernel_block_at(u64 index)
{
	u64 slots = bpf_core_field_size(((struct xa_node *)0)->slots) / 8;
	u64 entry = MHP_KERNEL_FIELD(mhp_at_blocks, struct xarray, xa_head);
	u64 node, slot, shift;
	u8 node_shift = 0;
	int level;

	mhp_next_block = MHP_KERNEL_NO_MORE;
	for (level = 0; level < 11; level++) {
		/* As xa_is_node(): the lowest two bits of a node are 2; small values are internal entries. */
		if ((entry & 3) != 2 || entry <= 4096)
			break;
		node = entry - 2;
		bpf_probe_read_kernel(
			&node_shift, sizeof(node_shift),
			(void *)(node +
				 bpf_core_field_offset(struct xa_node, shift)));
		shift = node_shift & 63;
		slot = index >> shift;
		if (!level && slot >= slots)
			return 0;
		mhp_next_block = (slot + 1) << shift;
		slot &= slots - 1;
		entry = mhp_kernel_u64(
			node + bpf_core_field_offset(struct xa_node, slots) +
			slot * 8);
	}
	if (!level && index)
		return 0;
	return (entry & 3) ? 0 : entry;
}

/*
 * The struct memory_block whose directory in sysfs the calling process has open; 0 if it is gone, or another one. This
 * way needs no symbol, which kernels without CONFIG_KALLSYMS_ALL do not have for variables.
 */
MHP_KERNEL_CALLED u64 mhp_kernel_block_open(u32 fd, u64 index)
{
	u64 at = bpf_get_current_task();

	at = MHP_KERNEL_FIELD(at, struct task_struct, files);
	at = MHP_KERNEL_FIELD(at, struct files_struct, fdt);
	at = MHP_KERNEL_FIELD(at, struct fdtable, fd);
	at = mhp_kernel_u64(at + fd * 8ULL);
	at = MHP_KERNEL_FIELD(at, struct file, f_inode);
	at = MHP_KERNEL_FIELD(at, struct inode, i_private);
	if (!at || (s32)MHP_KERNEL_FIELD(at, struct kernfs_node, active) < 0)
		return 0;
	at = MHP_KERNEL_FIELD(at, struct kernfs_node, priv);
	if (!at)
		return 0;
	at -= bpf_core_field_offset(struct memory_block, dev.kobj);
	return MHP_KERNEL_FIELD(at, struct memory_block, dev.id) == index ? at :
									    0;
}

#define MHP_KERNEL_ENUM(value, type, name)         \
	(bpf_core_enum_value_exists(type, name) && \
	 (value) == bpf_core_enum_value(type, name))

/* The numbers are those of kernels before the enum. */
MHP_KERNEL_CALLED u32 mhp_kernel_state(u64 state)
{
	if (!bpf_core_type_exists(enum memory_block_state))
		return state == 1 ? MHP_STATE_ONLINE :
		       state == 2 ? MHP_STATE_GOING_OFFLINE :
		       state == 4 ? MHP_STATE_OFFLINE :
				    MHP_STATE_UNKNOWN;
	if (MHP_KERNEL_ENUM(state, enum memory_block_state, MEM_ONLINE))
		return MHP_STATE_ONLINE;
	if (MHP_KERNEL_ENUM(state, enum memory_block_state, MEM_OFFLINE))
		return MHP_STATE_OFFLINE;
	if (MHP_KERNEL_ENUM(state, enum memory_block_state, MEM_GOING_OFFLINE))
		return MHP_STATE_GOING_OFFLINE;
	if (MHP_KERNEL_ENUM(state, enum memory_block_state, MEM_GOING_ONLINE))
		return MHP_STATE_GOING_ONLINE;
	return MHP_STATE_UNKNOWN;
}

MHP_KERNEL u32 mhp_kernel_state_of(u64 at)
{
	if (bpf_core_field_exists(((struct memory_block___enum *)0)->state))
		return mhp_kernel_state(MHP_KERNEL_FIELD(
			at, struct memory_block___enum, state));
	if (bpf_core_field_exists(((struct memory_block___bits *)0)->state))
		return mhp_kernel_state(MHP_KERNEL_FIELD(
			at, struct memory_block___bits, state));
	return MHP_STATE_UNKNOWN;
}

MHP_KERNEL_CALLED u32 mhp_kernel_zone_word(u64 index)
{
	if (MHP_KERNEL_ENUM(index, enum zone_type, ZONE_DMA))
		return MHP_ZONE_DMA;
	if (MHP_KERNEL_ENUM(index, enum zone_type, ZONE_DMA32))
		return MHP_ZONE_DMA32;
	if (MHP_KERNEL_ENUM(index, enum zone_type, ZONE_NORMAL))
		return MHP_ZONE_NORMAL;
	if (MHP_KERNEL_ENUM(index, enum zone_type, ZONE_HIGHMEM))
		return MHP_ZONE_HIGHMEM;
	if (MHP_KERNEL_ENUM(index, enum zone_type, ZONE_MOVABLE))
		return MHP_ZONE_MOVABLE;
	if (MHP_KERNEL_ENUM(index, enum zone_type, ZONE_DEVICE))
		return MHP_ZONE_DEVICE;
	return MHP_ZONE_NONE;
}

MHP_KERNEL u32 mhp_kernel_zone_of(u64 zone)
{
	u64 zones;

	if (!zone)
		return MHP_ZONE_NONE;
	zones = MHP_KERNEL_FIELD(zone, struct zone, zone_pgdat) +
		bpf_core_field_offset(struct pglist_data, node_zones);
	return mhp_kernel_zone_word((zone - zones) /
				    bpf_core_type_size(struct zone));
}

/* Boot or buddy, for a block that does not host its own memmap; none if unknown. */
MHP_KERNEL_CALLED u32 mhp_kernel_hosting(u64 section_nr)
{
	u64 size = bpf_core_type_size(struct mem_section);
	u64 per_root = (1ULL << mhp_page_shift) / size;
	u64 root, section;

	if (!mhp_at_sections || !mhp_early_mask)
		return MHP_HOSTING_NONE;
	root = mhp_kernel_u64(mhp_at_sections + section_nr / per_root * 8);
	if (!root)
		return MHP_HOSTING_NONE;
	section = MHP_KERNEL_FIELD(root + section_nr % per_root * size,
				   struct mem_section, section_mem_map);
	if (!section)
		return MHP_HOSTING_NONE;
	return section & mhp_early_mask ? MHP_HOSTING_BOOT : MHP_HOSTING_BUDDY;
}

/* Whether the altmap hosts the memmap of a whole range. Kernels without the field do not support that. */
MHP_KERNEL int mhp_kernel_is_range(u64 altmap)
{
	u8 range = 0;

	if (!bpf_core_field_exists(((struct vmem_altmap *)0)->range))
		return 0;
	bpf_probe_read_kernel(
		&range, sizeof(range),
		(void *)(altmap +
			 bpf_core_field_offset(struct vmem_altmap, range)));
	return range & 1;
}

/* The users of a memmap, in all zones. */
MHP_KERNEL_CALLED u32 mhp_kernel_users(u64 range)
{
	u32 i, zones, users = 0;
	u64 at;

	/* Kernels before 6.8 verify this even if nothing calls it. */
	if (!bpf_core_field_exists(((struct memmap_range *)0)->users))
		return 0;
	at = range + bpf_core_field_offset(struct memmap_range, users);
	zones = bpf_core_field_size(((struct memmap_range *)0)->users) / 8;
	for (i = 0; i < 8; i++)
		if (i < zones)
			users += mhp_kernel_u64(at + i * 8);
	return users;
}

/* Derives the size of a section from the number of the block's first one, which is not 0 for a block with an altmap. */
MHP_KERNEL void mhp_kernel_range(struct mhp_mhp_snapshot_block *p,
				 u64 section_nr, u64 altmap)
{
	u64 range = altmap - bpf_core_field_offset(struct memmap_range, altmap);
	u64 end = p->altmap_base + p->altmap_free;
	u64 per_section = section_nr ?
				  p->populated * (p->start_pfn / section_nr) >>
					  mhp_block_shift :
				  0;

	p->hosting = MHP_HOSTING_RANGE;
	p->refs = MHP_KERNEL_FIELD(range, struct memmap_range, refs);
	p->range_pages = MHP_KERNEL_FIELD(altmap, struct vmem_altmap, end_pfn) +
			 1 - p->altmap_base;
	p->sections = per_section ? p->altmap_alloc / per_section : 0;
	if (bpf_core_field_exists(((struct memmap_range *)0)->zone) &&
	    bpf_core_field_exists(((struct memmap_range *)0)->users)) {
		p->users = mhp_kernel_users(range);
		p->memmap_zone = mhp_kernel_zone_of(
			MHP_KERNEL_FIELD(range, struct memmap_range, zone));
	}
	p->vmemmap_pages = end > p->start_pfn ? end - p->start_pfn : 0;
	if (p->vmemmap_pages > p->nr_pages)
		p->vmemmap_pages = p->nr_pages;
}

MHP_KERNEL void mhp_kernel_block(struct mhp_mhp_snapshot_block *p, u64 index,
				 u64 at)
{
	u64 altmap = MHP_KERNEL_FIELD(at, struct memory_block, altmap);
	u64 section_nr =
		MHP_KERNEL_FIELD(at, struct memory_block, start_section_nr);

	p->start_pfn = index << mhp_block_shift;
	p->nr_pages = 1ULL << mhp_block_shift;
	p->nid = MHP_KERNEL_FIELD(at, struct memory_block, nid);
	p->zone = mhp_kernel_zone_of(
		MHP_KERNEL_FIELD(at, struct memory_block, zone));
	p->state = mhp_kernel_state_of(at);
	p->origin = MHP_ORIGIN_KERNEL;
	p->poisoned = MHP_KERNEL_FIELD(at, struct memory_block, nr_hwpoison);
	p->populated = (bpf_core_type_size(struct page) << mhp_block_shift) >>
		       mhp_page_shift;
	p->refs = 0;
	p->range_pages = 0;
	p->sections = 0;
	p->users = 0;
	p->memmap_zone = 0;
	if (altmap) {
		p->hosting = MHP_HOSTING_BLOCK;
		p->vmemmap_pages =
			MHP_KERNEL_FIELD(altmap, struct vmem_altmap, free);
		p->altmap_free = p->vmemmap_pages;
		p->altmap_base =
			MHP_KERNEL_FIELD(altmap, struct vmem_altmap, base_pfn);
		p->altmap_alloc =
			MHP_KERNEL_FIELD(altmap, struct vmem_altmap, alloc);
		if (mhp_kernel_is_range(altmap))
			mhp_kernel_range(p, section_nr, altmap);
		else
			p->populated = p->altmap_alloc;
		return;
	}
	p->vmemmap_pages = MHP_KERNEL_FIELD(at, struct memory_block___pages,
					    nr_vmemmap_pages);
	p->hosting = p->vmemmap_pages ? MHP_HOSTING_BLOCK :
					mhp_kernel_hosting(section_nr);
	p->altmap_free = p->vmemmap_pages;
	p->altmap_base = p->vmemmap_pages ? p->start_pfn : 0;
	p->altmap_alloc = p->vmemmap_pages ? p->populated : 0;
}

MHP_KERNEL u32 mhp_kernel_nr_zones(void)
{
	return bpf_core_field_size(((struct pglist_data *)0)->node_zones) /
	       bpf_core_type_size(struct zone);
}

/* The struct pglist_data of a node, 0 if there is none. */
MHP_KERNEL u64 mhp_kernel_node(u32 nid)
{
	if (mhp_at_nodes)
		return mhp_kernel_u64(mhp_at_nodes + nid * 8);
	return mhp_at_only_node;
}

MHP_KERNEL void mhp_kernel_zone(struct mhp_mhp_snapshot_zone *p, u64 pgdat,
				u32 nid, u32 index)
{
	u64 zone = pgdat +
		   bpf_core_field_offset(struct pglist_data, node_zones) +
		   index * bpf_core_type_size(struct zone);

	p->present = MHP_KERNEL_FIELD(zone, struct zone, present_pages);
	p->managed = MHP_KERNEL_FIELD(zone, struct zone, managed_pages);
	p->nid = nid;
	p->zone = mhp_kernel_zone_word(index);
	p->origin = MHP_ORIGIN_KERNEL;
}

#endif
