/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The helpers that TP_fast_assign() of tracepoints.h uses, for BPF programs: they take kernel addresses, and read what
 * is there. The events of the probes are made with them.
 *
 * Also the walk through the kernel's page table, which finds the page that backs a piece of memmap.
 */
#ifndef MHP_PROBE_PAGE_H
#define MHP_PROBE_PAGE_H

#include "mhp_kernel_read.h"

/* The page table of x86-64: entries of 8 bytes, 512 in a table */
#define MHP_PTE_PRESENT 1
#define MHP_PTE_LARGE 0x80
#define MHP_PTE_ADDRESS 0x000ffffffffff000ULL

/* Where a kernel without CONFIG_RANDOMIZE_MEMORY has them on x86-64 with page tables of four levels */
#define MHP_DIRECT_MAP 0xffff888000000000ULL
#define MHP_MEMMAP 0xffffea0000000000ULL

/* The machine has the page table that is walked here; set before loading */
const volatile u32 mhp_x86_64 = 0;

/* Kernel addresses or their contents, 0 if not found */
u64 mhp_vmemmap_base; /* virtual address of the memmap of page 0 */
u64 mhp_direct_map; /* virtual address of physical address 0 */
u64 mhp_pgd; /* the kernel's top page table */
u32 mhp_pgd_shift = 39;
u64 mhp_memory_chain; /* address of the memory notifier chain */
u32 mhp_section_shift; /* pages of a section, as 2^n; 0 if unknown */

/* A memory block knows its number and that of its first section. Returns 1 if they tell how large a section is. */
MHP_KERNEL int mhp_probe_take_section(u64 at, u64 index)
{
	u64 sections = at && index ? MHP_KERNEL_FIELD(at, struct memory_block,
						      start_section_nr) /
					     index :
				     0;

	if (!sections)
		return 0;
	mhp_section_shift = mhp_block_shift;
	for (; sections > 1 && mhp_section_shift; sections >>= 1)
		mhp_section_shift--;
	return 1;
}

static long mhp_probe_find_section(u32 i, void *ctx __attribute__((unused)))
{
	return mhp_probe_take_section(mhp_kernel_block_at(i + 1), i + 1);
}

/* Looks up the addresses above. */
MHP_KERNEL void mhp_probe_find(void)
{
	u64 at = 0;

	if (!mhp_kernel_symbol("vmemmap_base", &at))
		mhp_vmemmap_base = mhp_kernel_u64(at);
	if (!mhp_kernel_symbol("page_offset_base", &at))
		mhp_direct_map = mhp_kernel_u64(at);
	else if (mhp_x86_64 && mhp_at_blocks)
		mhp_direct_map = MHP_DIRECT_MAP;
	if (!mhp_vmemmap_base && mhp_x86_64 && mhp_at_blocks)
		mhp_vmemmap_base = MHP_MEMMAP;
	if (!mhp_kernel_symbol("init_mm", &at))
		mhp_pgd = MHP_KERNEL_FIELD(at, struct mm_struct, pgd);
	if (!mhp_kernel_symbol("memory_chain", &at))
		mhp_memory_chain = at;
	if (!mhp_kernel_symbol("pgdir_shift", &at))
		mhp_pgd_shift = mhp_kernel_u32(at);
	if (mhp_at_blocks)
		bpf_loop(4096, mhp_probe_find_section, (void *)0, 0);
}

/* The entry for an address in the table at a virtual address */
MHP_KERNEL u64 mhp_probe_entry(u64 table, u64 address, u32 shift)
{
	return mhp_kernel_u64(table + (address >> shift & 511) * 8);
}

/* One level further down: the entry in the table that an entry points to, 0 if it points to none */
MHP_KERNEL u64 mhp_probe_next(u64 entry, u64 address, u32 shift)
{
	if (!(entry & MHP_PTE_PRESENT))
		return 0;
	return mhp_probe_entry(mhp_direct_map + (entry & MHP_PTE_ADDRESS),
			       address, shift);
}

/* The page that backs a virtual address of the kernel, 0 if there is none. Sets mhp_walked if the answer is known. */
u32 mhp_walked;

MHP_KERNEL_CALLED u64 mhp_probe_backing(u64 address)
{
	u32 shift = mhp_pgd_shift & 63;
	u64 entry, mask;
	int level;

	mhp_walked = mhp_x86_64 && mhp_direct_map && mhp_pgd && address;
	if (!mhp_walked)
		return 0;
	entry = mhp_probe_entry(mhp_pgd, address, shift);
	for (level = 0; level < 4 && shift > 12; level++) {
		shift -= 9;
		entry = mhp_probe_next(entry, address, shift);
		if (!(entry & MHP_PTE_PRESENT))
			return 0;
		if (shift > 12 && (entry & MHP_PTE_LARGE))
			break;
	}
	mask = (1ULL << shift) - 1;
	return ((entry & MHP_PTE_ADDRESS & ~mask) + (address & mask)) >> 12;
}

MHP_KERNEL u64 mhp_probe_page_size(void)
{
	return bpf_core_type_size(struct page);
}

/* The first vmemmap page of what a number of pages needs, and 0 where the base of the memmap is unknown */
MHP_KERNEL u64 mhp_probe_page_at(u64 pfn)
{
	return mhp_vmemmap_base ?
		       mhp_vmemmap_base + pfn * mhp_probe_page_size() :
		       0;
}

/* 0 where the base of the memmap is unknown. */
MHP_KERNEL u64 page_to_pfn(const void *page)
{
	return mhp_vmemmap_base ?
		       ((u64)page - mhp_vmemmap_base) / mhp_probe_page_size() :
		       0;
}

/* The fields of an event for which TP_fast_assign() calls page_to_pfn(), if that does not know */
MHP_KERNEL u32 mhp_unknown_pages(u32 event)
{
	if (mhp_vmemmap_base)
		return 0;
	switch (event) {
	case MHP_EVENT_mhp_offline_blocker:
		return MHP_FIELD(mhp_offline_blocker, pfn);
	case MHP_EVENT_mhp_virtio_mem_busy:
		return MHP_FIELD(mhp_virtio_mem_busy, pfn);
	default:
		return 0;
	}
}

/*
 * The zone that was looked up last, its node and its word, in one number, so that they always belong together: bits 6 to
 * 56 of its address, 10 bits of node and 3 of word. Nearly all events are about the same zone. Zones are never freed.
 */
u64 mhp_zone_last;

#define MHP_ZONE_KEY(zone) ((u64)(zone) >> 6 << 13)

MHP_KERNEL_CALLED u64 mhp_zone_look_up(u64 zone)
{
	u64 pgdat = MHP_KERNEL_FIELD(zone, struct zone, zone_pgdat);
	u64 nid = MHP_KERNEL_FIELD(pgdat, struct pglist_data, node_id);
	u64 zones =
		pgdat + bpf_core_field_offset(struct pglist_data, node_zones);
	u64 word = mhp_kernel_zone_word((zone - zones) /
					bpf_core_type_size(struct zone));

	mhp_zone_last = MHP_ZONE_KEY(zone) | (nid & 1023) << 3 | word;
	return mhp_zone_last;
}

MHP_KERNEL u64 mhp_zone_facts(const void *zone)
{
	u64 last = *(volatile u64 *)&mhp_zone_last;

	return last >> 13 == MHP_ZONE_KEY(zone) >> 13 ?
		       last :
		       mhp_zone_look_up((u64)zone);
}

MHP_KERNEL int zone_to_nid(const void *zone)
{
	return mhp_zone_facts(zone) >> 3 & 1023;
}

MHP_KERNEL u32 __mhp_zone(const void *zone)
{
	return zone ? mhp_zone_facts(zone) & 7 : MHP_ZONE_NONE;
}

/* The bits of mhp_t, which are macros in the kernel, have been the same since they exist. */
MHP_KERNEL u32 __mhp_add_flags(u32 flags)
{
	return flags & (MHP_ADD_MERGE_RESOURCE | MHP_ADD_MEMMAP_ON_MEMORY |
			MHP_ADD_NID_IS_MGID | MHP_ADD_OFFLINE_INACCESSIBLE);
}

/* Memory notifier actions of kernels in which they are macros */
MHP_KERNEL_CALLED u32 mhp_probe_old_step(u64 action)
{
	switch (action) {
	case 1 << 0:
		return MHP_STEP_ONLINE;
	case 1 << 1:
		return MHP_STEP_GOING_OFFLINE;
	case 1 << 2:
		return MHP_STEP_OFFLINE;
	case 1 << 3:
		return MHP_STEP_GOING_ONLINE;
	case 1 << 4:
		return MHP_STEP_CANCEL_ONLINE;
	case 1 << 5:
		return MHP_STEP_CANCEL_OFFLINE;
	case 1 << 6:
		return MHP_STEP_PREPARE_ONLINE;
	case 1 << 7:
		return MHP_STEP_FINISH_OFFLINE;
	default:
		return MHP_STEP_OTHER;
	}
}

#define MHP_PROBE_STEP(name)                                              \
	if (MHP_KERNEL_ENUM(action, enum memory_block_state, MEM_##name)) \
	return MHP_STEP_##name

MHP_KERNEL_CALLED u32 __mhp_step(u64 action)
{
	if (!bpf_core_type_exists(enum memory_block_state))
		return mhp_probe_old_step(action);
	MHP_PROBE_STEP(ONLINE);
	MHP_PROBE_STEP(GOING_OFFLINE);
	MHP_PROBE_STEP(OFFLINE);
	MHP_PROBE_STEP(GOING_ONLINE);
	MHP_PROBE_STEP(CANCEL_ONLINE);
	MHP_PROBE_STEP(CANCEL_OFFLINE);
	MHP_PROBE_STEP(PREPARE_ONLINE);
	MHP_PROBE_STEP(FINISH_OFFLINE);
	return MHP_STEP_OTHER;
}

/* -- pages ------------------------------------------------------------------ */

MHP_KERNEL u64 mhp_probe_head(u64 page)
{
	u64 head = MHP_KERNEL_FIELD(page, struct page, compound_head);

	return head & 1 ? head - 1 : page;
}

MHP_KERNEL u64 mhp_probe_flags(u64 page)
{
	if (bpf_core_field_exists(((struct page___wrapped *)0)->flags))
		return MHP_KERNEL_FIELD(page, struct page___wrapped, flags);
	return MHP_KERNEL_FIELD(page, struct page, flags);
}

MHP_KERNEL u64 __mhp_page_flags(const void *page)
{
	return mhp_probe_flags((u64)page);
}

MHP_KERNEL int __mhp_refcount(const void *page)
{
	return MHP_KERNEL_FIELD(mhp_probe_head((u64)page), struct page___counts,
				_refcount);
}

MHP_KERNEL int mhp_probe_has_types(void)
{
	return bpf_core_enum_value_exists(enum pagetype, PGTY_buddy);
}

#define MHP_PROBE_FLAG(flags, name)                          \
	(bpf_core_enum_value_exists(enum pageflags, name) && \
	 ((flags) >> bpf_core_enum_value(enum pageflags, name) & 1))

MHP_KERNEL int mhp_probe_is_large(u64 head)
{
	return MHP_PROBE_FLAG(mhp_probe_flags(head), PG_head);
}

/* Of a large folio, kernels before 6.10 have no such count: 0 then. */
MHP_KERNEL int __mhp_mapcount(const void *page)
{
	u64 head = mhp_probe_head((u64)page);
	s32 count = MHP_KERNEL_FIELD(head, struct page___counts, _mapcount);

	if (mhp_probe_is_large(head))
		return bpf_core_field_exists(
			       ((struct folio *)0)->_large_mapcount) ?
			       (s32)MHP_KERNEL_FIELD(head, struct folio,
						     _large_mapcount) +
				       1 :
			       0;
	/* Pages that are never mapped use this field as their page type. */
	return count < (mhp_probe_has_types() ? -(1 << 24) : -128) ? 0 :
								     count + 1;
}

/* The order of the folio; kernels before 6.6 have it in the second page. */
MHP_KERNEL u32 __mhp_order(const void *page)
{
	u64 head = mhp_probe_head((u64)page);

	if (!mhp_probe_is_large(head))
		return 0;
	if (bpf_core_field_exists(((struct folio *)0)->_flags_1))
		return MHP_KERNEL_FIELD(head, struct folio, _flags_1) & 0xff;
	return mhp_kernel_u64(
		       head + mhp_probe_page_size() +
		       bpf_core_field_offset(struct page, compound_order)) &
	       0xff;
}

#define MHP_PROBE_TYPE(type, name)                          \
	(bpf_core_enum_value_exists(enum pagetype, name) && \
	 (type) >> 24 == bpf_core_enum_value(enum pagetype, name))

/* Before the types were numbers, each was a bit that is cleared. */
MHP_KERNEL int mhp_probe_old_type(u32 type, u32 bit)
{
	return !mhp_probe_has_types() &&
	       (type & (0xf0000000 | bit)) == 0xf0000000;
}

MHP_KERNEL u32 mhp_probe_type(u64 page)
{
	return MHP_KERNEL_FIELD(page, struct page, page_type);
}

/* What a page is by its own fields, 0 if they do not show it */
MHP_KERNEL_CALLED u32 mhp_probe_page_kind(u64 page)
{
	u64 flags = mhp_probe_flags(page);
	u32 type = mhp_probe_type(page);

	if (MHP_PROBE_FLAG(flags, PG_hwpoison))
		return MHP_KIND_HWPOISON;
	if (MHP_PROBE_FLAG(flags, PG_reserved))
		return MHP_KIND_RESERVED;
	if (MHP_PROBE_TYPE(type, PGTY_buddy) || mhp_probe_old_type(type, 0x80))
		return MHP_KIND_FREE;
	if (MHP_PROBE_TYPE(type, PGTY_table) || mhp_probe_old_type(type, 0x200))
		return MHP_KIND_PGTABLE;
	if (MHP_PROBE_TYPE(type, PGTY_offline) ||
	    mhp_probe_old_type(type, 0x100))
		return MHP_KIND_OFFLINE;
	return 0;
}

/*
 * Whether a driver can move the page: its mapping says so or, since 6.17, a flag that means "up to date" for pages of other
 * types (page_has_movable_ops() in include/linux/page-flags.h).
 */
MHP_KERNEL int mhp_probe_has_movable_ops(u64 page)
{
	u32 type = mhp_probe_type(page);

	if (!bpf_core_enum_value_exists(enum pageflags, PG_movable_ops))
		return (MHP_KERNEL_FIELD(page, struct page, mapping) & 3) == 2;
	return MHP_PROBE_FLAG(mhp_probe_flags(page), PG_movable_ops) &&
	       (MHP_PROBE_TYPE(type, PGTY_offline) ||
		MHP_PROBE_TYPE(type, PGTY_zsmalloc));
}

/* Racy, as in the kernel. 0: unknown */
MHP_KERNEL_CALLED u32 mhp_probe_kind(u64 page)
{
	u64 head = mhp_probe_head(page);
	u32 kind = mhp_probe_page_kind(page), type = mhp_probe_type(head);
	u64 mapping;

	if (kind && kind != MHP_KIND_PGTABLE && kind != MHP_KIND_OFFLINE)
		return kind;
	if (MHP_PROBE_TYPE(type, PGTY_slab) ||
	    MHP_PROBE_FLAG(mhp_probe_flags(head), PG_slab))
		return MHP_KIND_SLAB;
	if (kind == MHP_KIND_PGTABLE)
		return kind;
	/* Kernels before 6.12 use the mapping of a page of a compound page for something else. */
	if ((mhp_probe_has_types() || head == page) &&
	    mhp_probe_has_movable_ops(page))
		return MHP_KIND_MOVABLE_OPS;
	if (kind)
		return kind;
	if (MHP_PROBE_TYPE(type, PGTY_hugetlb))
		return MHP_KIND_HUGETLB;
	/* Of a compound page, these kernels have no form that is known here. */
	if (!mhp_probe_has_types() && head != page)
		return 0;
	mapping = MHP_KERNEL_FIELD(head, struct page, mapping);
	if (mapping & 1)
		return MHP_KIND_ANON;
	return mapping ? MHP_KIND_FILE : MHP_KIND_OTHER;
}

MHP_KERNEL u32 __mhp_kind(const void *page)
{
	if (!page)
		return MHP_KIND_NONE;
	return mhp_probe_kind((u64)page);
}

#endif
