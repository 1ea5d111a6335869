/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints for memory hotplug and for the memmap of hotplugged memory. See
 * Documentation/trace/events-mhp.rst for what each event means and the order
 * in which events occur.
 *
 * This header is also parsed outside the kernel, with TRACE_EVENT() and its
 * relatives redefined. To allow that, it depends only on linux/tracepoint.h
 * unless CREATE_TRACE_POINTS is defined.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mhp

#if !defined(_TRACE_MHP_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_MHP_H

#include <linux/tracepoint.h>

/*
 * One list per enum. No listed value is zero, so that a field that was never
 * assigned cannot be mistaken for a valid one.
 */
#define MHP_LIST(...) __VA_ARGS__

/* Where the memmap of a section or a range resides */
#define MHP_HOSTINGS MHP_LIST(		\
	EM(MHP_HOSTING_NONE, "none")	\
	EM(MHP_HOSTING_BOOT, "boot")	\
	EM(MHP_HOSTING_BUDDY, "buddy")	\
	EM(MHP_HOSTING_BLOCK, "block")	\
	EM(MHP_HOSTING_RANGE, "range")	\
	EMe(MHP_HOSTING_DEVICE, "device"))

/* Why an added range hosts its own memmap, or why it does not */
#define MHP_WHYS MHP_LIST(					\
	EM(MHP_WHY_UNDECIDED, "undecided")			\
	EM(MHP_WHY_SELF_HOSTED, "self_hosted")			\
	EM(MHP_WHY_NOT_REQUESTED, "not_requested")		\
	EM(MHP_WHY_DISABLED, "disabled")			\
	EM(MHP_WHY_VMEMMAP_UNALIGNED, "vmemmap_unaligned")	\
	EM(MHP_WHY_PAGEBLOCK_UNALIGNED, "pageblock_unaligned")	\
	EM(MHP_WHY_WHOLE_BLOCK, "whole_block")			\
	EM(MHP_WHY_ARCHITECTURE, "architecture")		\
	EM(MHP_WHY_RANGE_UNALIGNED, "range_unaligned")		\
	EM(MHP_WHY_RANGE_WHOLE, "range_whole")			\
	EMe(MHP_WHY_RANGE_ARCHITECTURE, "range_architecture"))

#define MHP_ZONES MHP_LIST(		\
	EM(MHP_ZONE_NONE, "none")	\
	EM(MHP_ZONE_DMA, "DMA")		\
	EM(MHP_ZONE_DMA32, "DMA32")	\
	EM(MHP_ZONE_NORMAL, "Normal")	\
	EM(MHP_ZONE_HIGHMEM, "HighMem")	\
	EM(MHP_ZONE_MOVABLE, "Movable")	\
	EMe(MHP_ZONE_DEVICE, "Device"))

/* Why a zone's present or managed pages changed */
#define MHP_CAUSES MHP_LIST(			\
	EM(MHP_CAUSE_ONLINE, "online")		\
	EM(MHP_CAUSE_OFFLINE, "offline")	\
	EM(MHP_CAUSE_ROLLBACK, "rollback")	\
	EMe(MHP_CAUSE_DRIVER, "driver"))

/* Why a memory block could not be onlined or offlined */
#define MHP_REASONS MHP_LIST(				\
	EM(MHP_REASON_NONE, "none")			\
	EM(MHP_REASON_INVALID, "invalid")		\
	EM(MHP_REASON_NO_ZONE, "no_zone")		\
	EM(MHP_REASON_HOLES, "holes")			\
	EM(MHP_REASON_MULTIZONE, "multizone")		\
	EM(MHP_REASON_ISOLATION, "isolation")		\
	EM(MHP_REASON_NOTIFIER, "notifier")		\
	EM(MHP_REASON_SIGNAL, "signal")			\
	EM(MHP_REASON_UNMOVABLE, "unmovable")		\
	EM(MHP_REASON_HUGETLB, "hugetlb")		\
	EM(MHP_REASON_HWPOISON, "hwpoison")		\
	EM(MHP_REASON_MEMMAP, "memmap")			\
	EMe(MHP_REASON_HOSTING, "hosting"))

/* What offline_pages() was doing when it ran into a blocking page */
#define MHP_STAGES MHP_LIST(				\
	EM(MHP_STAGE_ISOLATE_RANGE, "isolate_range")	\
	EM(MHP_STAGE_SCAN, "scan")			\
	EM(MHP_STAGE_ISOLATE_PAGE, "isolate_page")	\
	EM(MHP_STAGE_MIGRATE, "migrate")		\
	EMe(MHP_STAGE_DISSOLVE, "dissolve"))

/* What kind of page it was */
#define MHP_KINDS MHP_LIST(			\
	EM(MHP_KIND_OTHER, "other")		\
	EM(MHP_KIND_FREE, "free")		\
	EM(MHP_KIND_RESERVED, "reserved")	\
	EM(MHP_KIND_HWPOISON, "hwpoison")	\
	EM(MHP_KIND_SLAB, "slab")		\
	EM(MHP_KIND_PGTABLE, "pgtable")		\
	EM(MHP_KIND_OFFLINE, "offline")		\
	EM(MHP_KIND_HUGETLB, "hugetlb")		\
	EM(MHP_KIND_MOVABLE_OPS, "movable_ops")	\
	EM(MHP_KIND_ANON, "anon")		\
	EMe(MHP_KIND_FILE, "file"))

/* Whether a section took or dropped its reference on its range's memmap */
#define MHP_REFS MHP_LIST(		\
	EM(MHP_REF_HOLD, "hold")	\
	EMe(MHP_REF_PUT, "put"))

/* Memory notifier actions (MEM_*) */
#define MHP_STEPS MHP_LIST(				\
	EM(MHP_STEP_OTHER, "other")			\
	EM(MHP_STEP_PREPARE_ONLINE, "prepare_online")	\
	EM(MHP_STEP_GOING_ONLINE, "going_online")	\
	EM(MHP_STEP_CANCEL_ONLINE, "cancel_online")	\
	EM(MHP_STEP_ONLINE, "online")			\
	EM(MHP_STEP_GOING_OFFLINE, "going_offline")	\
	EM(MHP_STEP_CANCEL_OFFLINE, "cancel_offline")	\
	EM(MHP_STEP_OFFLINE, "offline")			\
	EMe(MHP_STEP_FINISH_OFFLINE, "finish_offline"))

#ifndef __MHP_DECLARE_ONCE_ONLY
#define __MHP_DECLARE_ONCE_ONLY

struct page;
struct zone;
struct vmem_altmap;

#undef EM
#undef EMe
#define EM(a, ...)	a,
#define EMe(a, ...)	a

enum mhp_hosting { __MHP_HOSTING_UNSET, MHP_HOSTINGS };
enum mhp_why { __MHP_WHY_UNSET, MHP_WHYS };
enum mhp_zone { __MHP_ZONE_UNSET, MHP_ZONES };
enum mhp_cause { __MHP_CAUSE_UNSET, MHP_CAUSES };
enum mhp_reason { __MHP_REASON_UNSET, MHP_REASONS };
enum mhp_stage { __MHP_STAGE_UNSET, MHP_STAGES };
enum mhp_kind { __MHP_KIND_UNSET, MHP_KINDS };
enum mhp_ref { __MHP_REF_UNSET, MHP_REFS };
enum mhp_step { __MHP_STEP_UNSET, MHP_STEPS };

/* The mhp_t flags passed to add_memory_resource() */
enum mhp_add_flag {
	MHP_ADD_MERGE_RESOURCE		= 0x1,
	MHP_ADD_MEMMAP_ON_MEMORY	= 0x2,
	MHP_ADD_NID_IS_MGID		= 0x4,
	MHP_ADD_OFFLINE_INACCESSIBLE	= 0x8,
};

#endif /* __MHP_DECLARE_ONCE_ONLY */

/* Export the enum values to user space. */
#undef EM
#undef EMe
#define EM(a, ...)	MHP_LIST(TRACE_DEFINE_ENUM(a);)
#define EMe(a, ...)	MHP_LIST(TRACE_DEFINE_ENUM(a);)

MHP_HOSTINGS
MHP_WHYS
MHP_ZONES
MHP_CAUSES
MHP_REASONS
MHP_STAGES
MHP_KINDS
MHP_REFS
MHP_STEPS
TRACE_DEFINE_ENUM(MHP_ADD_MERGE_RESOURCE);
TRACE_DEFINE_ENUM(MHP_ADD_MEMMAP_ON_MEMORY);
TRACE_DEFINE_ENUM(MHP_ADD_NID_IS_MGID);
TRACE_DEFINE_ENUM(MHP_ADD_OFFLINE_INACCESSIBLE);

/* Map the enum values to the strings that TP_printk() prints. */
#undef EM
#undef EMe
#define EM(a, b)	{ a, b },
#define EMe(a, b)	{ a, b }

#define show_mhp_add_flags(flags)					\
	__print_flags(flags, "|",					\
		{ MHP_ADD_MERGE_RESOURCE,	"merge_resource" },	\
		{ MHP_ADD_MEMMAP_ON_MEMORY,	"memmap_on_memory" },	\
		{ MHP_ADD_NID_IS_MGID,		"nid_is_mgid" },	\
		{ MHP_ADD_OFFLINE_INACCESSIBLE,	"offline_inaccessible" })

/*
 * Helpers for TP_fast_assign(), which only the translation unit that creates
 * the tracepoints needs.
 */
#if defined(CREATE_TRACE_POINTS) && !defined(__MHP_ASSIGN_ONCE_ONLY)
#define __MHP_ASSIGN_ONCE_ONLY

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>

static inline u32 __mhp_add_flags(unsigned int val)
{
	mhp_t flags = (__force mhp_t)val;
	u32 ret = 0;

	if (flags & MHP_MERGE_RESOURCE)
		ret |= MHP_ADD_MERGE_RESOURCE;
	if (flags & MHP_MEMMAP_ON_MEMORY)
		ret |= MHP_ADD_MEMMAP_ON_MEMORY;
	if (flags & MHP_NID_IS_MGID)
		ret |= MHP_ADD_NID_IS_MGID;
	if (flags & MHP_OFFLINE_INACCESSIBLE)
		ret |= MHP_ADD_OFFLINE_INACCESSIBLE;
	return ret;
}

static inline enum mhp_zone __mhp_zone(struct zone *zone)
{
	if (!zone)
		return MHP_ZONE_NONE;

	switch (zone_idx(zone)) {
#ifdef CONFIG_ZONE_DMA
	case ZONE_DMA:
		return MHP_ZONE_DMA;
#endif
#ifdef CONFIG_ZONE_DMA32
	case ZONE_DMA32:
		return MHP_ZONE_DMA32;
#endif
	case ZONE_NORMAL:
		return MHP_ZONE_NORMAL;
#ifdef CONFIG_HIGHMEM
	case ZONE_HIGHMEM:
		return MHP_ZONE_HIGHMEM;
#endif
	case ZONE_MOVABLE:
		return MHP_ZONE_MOVABLE;
#ifdef CONFIG_ZONE_DEVICE
	case ZONE_DEVICE:
		return MHP_ZONE_DEVICE;
#endif
	default:
		return MHP_ZONE_NONE;
	}
}

/* Racy: the page may be freed or reused while this looks at it. */
static inline enum mhp_kind __mhp_kind(struct page *page)
{
	if (PageHWPoison(page))
		return MHP_KIND_HWPOISON;
	if (PageReserved(page))
		return MHP_KIND_RESERVED;
	if (PageBuddy(page))
		return MHP_KIND_FREE;
	if (PageSlab(page))
		return MHP_KIND_SLAB;
	if (PageTable(page))
		return MHP_KIND_PGTABLE;
	if (PageOffline(page))
		return MHP_KIND_OFFLINE;
	if (PageHuge(page))
		return MHP_KIND_HUGETLB;
	if (__PageMovable(page))
		return MHP_KIND_MOVABLE_OPS;
	if (PageAnon(page))
		return MHP_KIND_ANON;
	if (page_folio(page)->mapping)
		return MHP_KIND_FILE;
	return MHP_KIND_OTHER;
}

static inline int __mhp_mapcount(const struct page *page)
{
	int mapcount = atomic_read(&page->_mapcount) + 1;

	/* Pages that are never mapped use this field as their page type. */
	return page_mapcount_is_type(mapcount) ? 0 : mapcount;
}

static inline enum mhp_step __mhp_step(unsigned long action)
{
	switch (action) {
	case MEM_PREPARE_ONLINE:
		return MHP_STEP_PREPARE_ONLINE;
	case MEM_GOING_ONLINE:
		return MHP_STEP_GOING_ONLINE;
	case MEM_CANCEL_ONLINE:
		return MHP_STEP_CANCEL_ONLINE;
	case MEM_ONLINE:
		return MHP_STEP_ONLINE;
	case MEM_GOING_OFFLINE:
		return MHP_STEP_GOING_OFFLINE;
	case MEM_CANCEL_OFFLINE:
		return MHP_STEP_CANCEL_OFFLINE;
	case MEM_OFFLINE:
		return MHP_STEP_OFFLINE;
	case MEM_FINISH_OFFLINE:
		return MHP_STEP_FINISH_OFFLINE;
	default:
		return MHP_STEP_OTHER;
	}
}
#endif /* CREATE_TRACE_POINTS */

/*
 * The memmap of up to one section was populated, or could not be. host_pfn is
 * the first page that backs it. With an altmap, vmemmap_pages is the number of
 * pages taken from it and the altmap fields show its state afterwards. Without
 * one, vmemmap_pages is the size of the memmap and the altmap fields are 0.
 */
TRACE_EVENT(mhp_vmemmap_populate,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long host_pfn, unsigned long vmemmap_pages,
		     const struct vmem_altmap *altmap, int nid,
		     enum mhp_hosting hosting, long ret),
	    TP_ARGS(start_pfn, nr_pages, host_pfn, vmemmap_pages, altmap, nid,
		    hosting, ret),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, host_pfn)
			     __field(u64, vmemmap_pages)
			     __field(u64, altmap_base)
			     __field(u64, altmap_free)
			     __field(u64, altmap_alloc)
			     __field(u64, altmap_align)
			     __field(long, ret)
			     __field(int, nid)
			     __field(u32, hosting)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->host_pfn = host_pfn;
			   __entry->vmemmap_pages = vmemmap_pages;
			   __entry->altmap_base = altmap ? altmap->base_pfn : 0;
			   __entry->altmap_free = altmap ? altmap->free : 0;
			   __entry->altmap_alloc = altmap ? altmap->alloc : 0;
			   __entry->altmap_align = altmap ? altmap->align : 0;
			   __entry->ret = ret;
			   __entry->nid = nid;
			   __entry->hosting = hosting;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu host_pfn=0x%llx vmemmap_pages=%llu altmap_base=0x%llx altmap_free=%llu altmap_alloc=%llu altmap_align=%llu nid=%d hosting=%s ret=%ld",
		      __entry->start_pfn, __entry->nr_pages, __entry->host_pfn,
		      __entry->vmemmap_pages, __entry->altmap_base,
		      __entry->altmap_free, __entry->altmap_alloc,
		      __entry->altmap_align, __entry->nid,
		      __print_symbolic(__entry->hosting, MHP_HOSTINGS),
		      __entry->ret));

/*
 * The memmap of up to one section was freed. With an altmap, vmemmap_pages is
 * the number of pages returned to it: none while a neighbour still uses the
 * same backing page (see mhp_vmemmap_retired), and the whole backing page once
 * its last user is gone.
 */
TRACE_EVENT(mhp_vmemmap_free,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long host_pfn, unsigned long vmemmap_pages,
		     const struct vmem_altmap *altmap, enum mhp_hosting hosting),
	    TP_ARGS(start_pfn, nr_pages, host_pfn, vmemmap_pages, altmap, hosting),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, host_pfn)
			     __field(u64, vmemmap_pages)
			     __field(u64, altmap_base)
			     __field(u64, altmap_free)
			     __field(u64, altmap_alloc)
			     __field(u64, altmap_align)
			     __field(u64, hosting)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->host_pfn = host_pfn;
			   __entry->vmemmap_pages = vmemmap_pages;
			   __entry->altmap_base = altmap ? altmap->base_pfn : 0;
			   __entry->altmap_free = altmap ? altmap->free : 0;
			   __entry->altmap_alloc = altmap ? altmap->alloc : 0;
			   __entry->altmap_align = altmap ? altmap->align : 0;
			   __entry->hosting = hosting;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu host_pfn=0x%llx vmemmap_pages=%llu altmap_base=0x%llx altmap_free=%llu altmap_alloc=%llu altmap_align=%llu hosting=%s",
		      __entry->start_pfn, __entry->nr_pages, __entry->host_pfn,
		      __entry->vmemmap_pages, __entry->altmap_base,
		      __entry->altmap_free, __entry->altmap_alloc,
		      __entry->altmap_align,
		      __print_symbolic(__entry->hosting, MHP_HOSTINGS)));

/* The pages in which a memory block hosts a memmap joined or left a zone. */
DECLARE_EVENT_CLASS(mhp_vmemmap_zone,
		    TP_PROTO(unsigned long start_pfn, unsigned long vmemmap_pages,
			     struct zone *zone),
		    TP_ARGS(start_pfn, vmemmap_pages, zone),
		    TP_STRUCT__entry(__field(u64, start_pfn)
				     __field(u64, vmemmap_pages)
				     __field(int, nid)
				     __field(u32, zone)),
		    TP_fast_assign(__entry->start_pfn = start_pfn;
				   __entry->vmemmap_pages = vmemmap_pages;
				   __entry->nid = zone_to_nid(zone);
				   __entry->zone = __mhp_zone(zone);),
		    TP_printk("start_pfn=0x%llx vmemmap_pages=%llu nid=%d zone=%s",
			      __entry->start_pfn, __entry->vmemmap_pages, __entry->nid,
			      __print_symbolic(__entry->zone, MHP_ZONES)));

DEFINE_EVENT(mhp_vmemmap_zone, mhp_vmemmap_online,
	     TP_PROTO(unsigned long start_pfn, unsigned long vmemmap_pages,
		      struct zone *zone),
	     TP_ARGS(start_pfn, vmemmap_pages, zone));

DEFINE_EVENT(mhp_vmemmap_zone, mhp_vmemmap_offline,
	     TP_PROTO(unsigned long start_pfn, unsigned long vmemmap_pages,
		      struct zone *zone),
	     TP_ARGS(start_pfn, vmemmap_pages, zone));

/*
 * A section took or dropped its reference on the memmap of its range; refs is
 * the resulting count. When it reaches 0, the memmap of the whole range is
 * freed, from the last section to the first.
 */
TRACE_EVENT(mhp_vmemmap_ref,
	    TP_PROTO(unsigned long start_pfn, unsigned long altmap_base,
		     unsigned long refs, enum mhp_ref op),
	    TP_ARGS(start_pfn, altmap_base, refs, op),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, altmap_base)
			     __field(u64, refs)
			     __field(u64, op)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->altmap_base = altmap_base;
			   __entry->refs = refs;
			   __entry->op = op;),
	    TP_printk("start_pfn=0x%llx altmap_base=0x%llx refs=%llu op=%s",
		      __entry->start_pfn, __entry->altmap_base, __entry->refs,
		      __print_symbolic(__entry->op, MHP_REFS)));

/*
 * A piece of memmap is no longer used, but its backing page, backing_pages
 * pages from host_pfn on, stays mapped because a neighbour uses the rest of it.
 */
TRACE_EVENT(mhp_vmemmap_retired,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long host_pfn, unsigned long backing_pages,
		     const struct vmem_altmap *altmap),
	    TP_ARGS(start_pfn, nr_pages, host_pfn, backing_pages, altmap),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, host_pfn)
			     __field(u64, backing_pages)
			     __field(u64, altmap_base)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->host_pfn = host_pfn;
			   __entry->backing_pages = backing_pages;
			   __entry->altmap_base = altmap ? altmap->base_pfn : 0;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu host_pfn=0x%llx backing_pages=%llu altmap_base=0x%llx",
		      __entry->start_pfn, __entry->nr_pages, __entry->host_pfn,
		      __entry->backing_pages, __entry->altmap_base));

/* A range is about to be added. */
TRACE_EVENT(mhp_add_begin,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages, int nid,
		     unsigned int flags),
	    TP_ARGS(start_pfn, nr_pages, nid, flags),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(int, nid)
			     __field(u32, flags)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->nid = nid;
			   __entry->flags = __mhp_add_flags(flags);),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu nid=%d flags=%s",
		      __entry->start_pfn, __entry->nr_pages, __entry->nid,
		      show_mhp_add_flags(__entry->flags)));

/*
 * A range was added, or could not be. vmemmap_pages is the number of its pages
 * that host its own memmap, 0 if the memmap was allocated elsewhere.
 */
TRACE_EVENT(mhp_add_end,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long vmemmap_pages, int nid,
		     enum mhp_hosting hosting, enum mhp_why why, long ret),
	    TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, hosting, why, ret),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, vmemmap_pages)
			     __field(long, ret)
			     __field(int, nid)
			     __field(u16, hosting)
			     __field(u16, why)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->vmemmap_pages = vmemmap_pages;
			   __entry->ret = ret;
			   __entry->nid = nid;
			   __entry->hosting = hosting;
			   __entry->why = why;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%d hosting=%s why=%s ret=%ld",
		      __entry->start_pfn, __entry->nr_pages,
		      __entry->vmemmap_pages, __entry->nid,
		      __print_symbolic(__entry->hosting, MHP_HOSTINGS),
		      __print_symbolic(__entry->why, MHP_WHYS), __entry->ret));

/*
 * A memory block is about to go online or offline. The first vmemmap_pages of
 * its nr_pages host a memmap.
 */
DECLARE_EVENT_CLASS(mhp_block_begin,
		    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
			     unsigned long vmemmap_pages, int nid,
			     struct zone *zone),
		    TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone),
		    TP_STRUCT__entry(__field(u64, start_pfn)
				     __field(u64, nr_pages)
				     __field(u64, vmemmap_pages)
				     __field(int, nid)
				     __field(u32, zone)),
		    TP_fast_assign(__entry->start_pfn = start_pfn;
				   __entry->nr_pages = nr_pages;
				   __entry->vmemmap_pages = vmemmap_pages;
				   __entry->nid = nid;
				   __entry->zone = __mhp_zone(zone);),
		    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%d zone=%s",
			      __entry->start_pfn, __entry->nr_pages,
			      __entry->vmemmap_pages, __entry->nid,
			      __print_symbolic(__entry->zone, MHP_ZONES)));

DEFINE_EVENT(mhp_block_begin, mhp_online_begin,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      unsigned long vmemmap_pages, int nid,
		      struct zone *zone),
	     TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone));

DEFINE_EVENT(mhp_block_begin, mhp_offline_begin,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      unsigned long vmemmap_pages, int nid,
		      struct zone *zone),
	     TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone));

/* A memory block went online or offline, or failed to (see reason). */
DECLARE_EVENT_CLASS(mhp_block_end,
		    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
			     unsigned long vmemmap_pages, int nid,
			     struct zone *zone, enum mhp_reason reason, long ret),
		    TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone, reason, ret),
		    TP_STRUCT__entry(__field(u64, start_pfn)
				     __field(u64, nr_pages)
				     __field(u64, vmemmap_pages)
				     __field(long, ret)
				     __field(int, nid)
				     __field(u16, zone)
				     __field(u16, reason)),
		    TP_fast_assign(__entry->start_pfn = start_pfn;
				   __entry->nr_pages = nr_pages;
				   __entry->vmemmap_pages = vmemmap_pages;
				   __entry->ret = ret;
				   __entry->nid = nid;
				   __entry->zone = __mhp_zone(zone);
				   __entry->reason = reason;),
		    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%d zone=%s reason=%s ret=%ld",
			      __entry->start_pfn, __entry->nr_pages,
			      __entry->vmemmap_pages, __entry->nid,
			      __print_symbolic(__entry->zone, MHP_ZONES),
			      __print_symbolic(__entry->reason, MHP_REASONS),
			      __entry->ret));

DEFINE_EVENT(mhp_block_end, mhp_online_end,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      unsigned long vmemmap_pages, int nid,
		      struct zone *zone, enum mhp_reason reason, long ret),
	     TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone, reason, ret));

DEFINE_EVENT(mhp_block_end, mhp_offline_end,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      unsigned long vmemmap_pages, int nid,
		      struct zone *zone, enum mhp_reason reason, long ret),
	     TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone, reason, ret));

/*
 * A range is about to be removed. vmemmap_pages is the number of its pages that
 * host a memmap; nid is -1 if no memory block was found in the range.
 */
TRACE_EVENT(mhp_remove_begin,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long vmemmap_pages, int nid),
	    TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, vmemmap_pages)
			     __field(long, nid)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->vmemmap_pages = vmemmap_pages;
			   __entry->nid = nid;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%ld",
		      __entry->start_pfn, __entry->nr_pages,
		      __entry->vmemmap_pages, __entry->nid));

/* A range was removed, or could not be. */
TRACE_EVENT(mhp_remove_end,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long vmemmap_pages, int nid, long ret),
	    TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, ret),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, vmemmap_pages)
			     __field(long, nid)
			     __field(long, ret)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->vmemmap_pages = vmemmap_pages;
			   __entry->nid = nid;
			   __entry->ret = ret;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%ld ret=%ld",
		      __entry->start_pfn, __entry->nr_pages,
		      __entry->vmemmap_pages, __entry->nid, __entry->ret));

/*
 * The number of present or managed pages in a zone changed by delta, because of
 * the pages starting at start_pfn; after is the new number.
 */
DECLARE_EVENT_CLASS(mhp_account,
		    TP_PROTO(unsigned long start_pfn, long delta, unsigned long after,
			     struct zone *zone, enum mhp_cause cause),
		    TP_ARGS(start_pfn, delta, after, zone, cause),
		    TP_STRUCT__entry(__field(u64, start_pfn)
				     __field(s64, delta)
				     __field(u64, after)
				     __field(int, nid)
				     __field(u16, zone)
				     __field(u16, cause)),
		    TP_fast_assign(__entry->start_pfn = start_pfn;
				   __entry->delta = delta;
				   __entry->after = after;
				   __entry->nid = zone_to_nid(zone);
				   __entry->zone = __mhp_zone(zone);
				   __entry->cause = cause;),
		    TP_printk("start_pfn=0x%llx delta=%lld after=%llu nid=%d zone=%s cause=%s",
			      __entry->start_pfn, __entry->delta, __entry->after,
			      __entry->nid, __print_symbolic(__entry->zone, MHP_ZONES),
			      __print_symbolic(__entry->cause, MHP_CAUSES)));

DEFINE_EVENT(mhp_account, mhp_present,
	     TP_PROTO(unsigned long start_pfn, long delta, unsigned long after,
		      struct zone *zone, enum mhp_cause cause),
	     TP_ARGS(start_pfn, delta, after, zone, cause));

DEFINE_EVENT(mhp_account, mhp_managed,
	     TP_PROTO(unsigned long start_pfn, long delta, unsigned long after,
		      struct zone *zone, enum mhp_cause cause),
	     TP_ARGS(start_pfn, delta, after, zone, cause));

/*
 * A page keeps a memory block from going offline. pass counts the attempts to
 * migrate the range; pages that fail to be isolated or migrated are reported
 * only in passes 1, 2, 4, 8 and so on.
 */
TRACE_EVENT(mhp_offline_blocker,
	    TP_PROTO(struct page *page, enum mhp_stage stage, unsigned int pass),
	    TP_ARGS(page, stage, pass),
	    TP_STRUCT__entry(__field(u64, pfn)
			     __field(u64, flags)
			     __field(int, refcount)
			     __field(int, mapcount)
			     __field(u32, pass)
			     __field(u16, kind)
			     __field(u16, stage)),
	    TP_fast_assign(__entry->pfn = page_to_pfn(page);
			   __entry->flags = page->flags;
			   __entry->refcount = page_count(page);
			   __entry->mapcount = __mhp_mapcount(page);
			   __entry->pass = pass;
			   __entry->kind = __mhp_kind(page);
			   __entry->stage = stage;),
	    TP_printk("pfn=0x%llx kind=%s stage=%s pass=%u refcount=%d mapcount=%d flags=0x%llx",
		      __entry->pfn, __print_symbolic(__entry->kind, MHP_KINDS),
		      __print_symbolic(__entry->stage, MHP_STAGES),
		      __entry->pass, __entry->refcount, __entry->mapcount,
		      __entry->flags));

/* The memory notifier chain was called; ret is its result as an errno. */
TRACE_EVENT(mhp_notify,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long action, long ret),
	    TP_ARGS(start_pfn, nr_pages, action, ret),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(long, ret)
			     __field(u32, action)
			     __field(u32, step)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->ret = ret;
			   __entry->action = action;
			   __entry->step = __mhp_step(action);),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu step=%s action=0x%x ret=%ld",
		      __entry->start_pfn, __entry->nr_pages,
		      __print_symbolic(__entry->step, MHP_STEPS),
		      __entry->action, __entry->ret));

#endif /* _TRACE_MHP_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
