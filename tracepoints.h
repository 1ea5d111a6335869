/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints for memory hotplug and for the memmap of hotplugged memory. See
 * Documentation/trace/events-mhp.rst for what each event means and the order
 * in which events occur.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mhp

#if !defined(_TRACE_MHP_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_MHP_H

#include <linux/mhp_types.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(MHP_HOSTING_NONE);
TRACE_DEFINE_ENUM(MHP_HOSTING_BUDDY);
TRACE_DEFINE_ENUM(MHP_HOSTING_BLOCK);
TRACE_DEFINE_ENUM(MHP_HOSTING_BOOT);
TRACE_DEFINE_ENUM(MHP_HOSTING_DEVICE);
TRACE_DEFINE_ENUM(MHP_HOSTING_RANGE);

TRACE_DEFINE_ENUM(MHP_WHY_SELF_HOSTED);
TRACE_DEFINE_ENUM(MHP_WHY_NOT_REQUESTED);
TRACE_DEFINE_ENUM(MHP_WHY_DISABLED);
TRACE_DEFINE_ENUM(MHP_WHY_VMEMMAP_UNALIGNED);
TRACE_DEFINE_ENUM(MHP_WHY_PAGEBLOCK_UNALIGNED);
TRACE_DEFINE_ENUM(MHP_WHY_WHOLE_BLOCK);
TRACE_DEFINE_ENUM(MHP_WHY_ARCHITECTURE);
TRACE_DEFINE_ENUM(MHP_WHY_RANGE_UNALIGNED);
TRACE_DEFINE_ENUM(MHP_WHY_RANGE_INACCESSIBLE);
TRACE_DEFINE_ENUM(MHP_WHY_RANGE_ARCHITECTURE);

TRACE_DEFINE_ENUM(MHP_REASON_UNALIGNED);
TRACE_DEFINE_ENUM(MHP_REASON_NO_NODE);
TRACE_DEFINE_ENUM(MHP_REASON_NO_MEMORY);
TRACE_DEFINE_ENUM(MHP_REASON_ARCH_ADD);
TRACE_DEFINE_ENUM(MHP_REASON_DEVICE);
TRACE_DEFINE_ENUM(MHP_REASON_HWPOISON);
TRACE_DEFINE_ENUM(MHP_REASON_MEMMAP);
TRACE_DEFINE_ENUM(MHP_REASON_INVALID);
TRACE_DEFINE_ENUM(MHP_REASON_NO_ZONE);
TRACE_DEFINE_ENUM(MHP_REASON_HOLES);
TRACE_DEFINE_ENUM(MHP_REASON_MULTIZONE);
TRACE_DEFINE_ENUM(MHP_REASON_ISOLATION);
TRACE_DEFINE_ENUM(MHP_REASON_NODE_NOTIFIER);
TRACE_DEFINE_ENUM(MHP_REASON_NOTIFIER);
TRACE_DEFINE_ENUM(MHP_REASON_SIGNAL);
TRACE_DEFINE_ENUM(MHP_REASON_UNMOVABLE);
TRACE_DEFINE_ENUM(MHP_REASON_HUGETLB);
TRACE_DEFINE_ENUM(MHP_REASON_NOT_OFFLINE);
TRACE_DEFINE_ENUM(MHP_REASON_MIXED_HOSTING);
TRACE_DEFINE_ENUM(MHP_REASON_PART);

TRACE_DEFINE_ENUM(MHP_ZONE_NONE);
TRACE_DEFINE_ENUM(MHP_ZONE_DMA);
TRACE_DEFINE_ENUM(MHP_ZONE_DMA32);
TRACE_DEFINE_ENUM(MHP_ZONE_NORMAL);
TRACE_DEFINE_ENUM(MHP_ZONE_HIGHMEM);
TRACE_DEFINE_ENUM(MHP_ZONE_MOVABLE);
TRACE_DEFINE_ENUM(MHP_ZONE_DEVICE);

TRACE_DEFINE_ENUM(MHP_KIND_NONE);
TRACE_DEFINE_ENUM(MHP_KIND_OTHER);
TRACE_DEFINE_ENUM(MHP_KIND_FREE);
TRACE_DEFINE_ENUM(MHP_KIND_RESERVED);
TRACE_DEFINE_ENUM(MHP_KIND_HWPOISON);
TRACE_DEFINE_ENUM(MHP_KIND_SLAB);
TRACE_DEFINE_ENUM(MHP_KIND_PGTABLE);
TRACE_DEFINE_ENUM(MHP_KIND_OFFLINE);
TRACE_DEFINE_ENUM(MHP_KIND_HUGETLB);
TRACE_DEFINE_ENUM(MHP_KIND_MOVABLE_OPS);
TRACE_DEFINE_ENUM(MHP_KIND_ANON);
TRACE_DEFINE_ENUM(MHP_KIND_FILE);

TRACE_DEFINE_ENUM(MHP_STAGE_ISOLATE_RANGE);
TRACE_DEFINE_ENUM(MHP_STAGE_SCAN);
TRACE_DEFINE_ENUM(MHP_STAGE_BUSY);
TRACE_DEFINE_ENUM(MHP_STAGE_POISONED);
TRACE_DEFINE_ENUM(MHP_STAGE_ISOLATE_PAGE);
TRACE_DEFINE_ENUM(MHP_STAGE_MIGRATE);
TRACE_DEFINE_ENUM(MHP_STAGE_DISSOLVE);
TRACE_DEFINE_ENUM(MHP_STAGE_TEST);

TRACE_DEFINE_ENUM(MHP_CAUSE_ONLINE);
TRACE_DEFINE_ENUM(MHP_CAUSE_OFFLINE);
TRACE_DEFINE_ENUM(MHP_CAUSE_ROLLBACK);
TRACE_DEFINE_ENUM(MHP_CAUSE_DRIVER);

TRACE_DEFINE_ENUM(MHP_STEP_OTHER);
TRACE_DEFINE_ENUM(MHP_STEP_PREPARE_ONLINE);
TRACE_DEFINE_ENUM(MHP_STEP_GOING_ONLINE);
TRACE_DEFINE_ENUM(MHP_STEP_CANCEL_ONLINE);
TRACE_DEFINE_ENUM(MHP_STEP_ONLINE);
TRACE_DEFINE_ENUM(MHP_STEP_GOING_OFFLINE);
TRACE_DEFINE_ENUM(MHP_STEP_CANCEL_OFFLINE);
TRACE_DEFINE_ENUM(MHP_STEP_OFFLINE);
TRACE_DEFINE_ENUM(MHP_STEP_FINISH_OFFLINE);

TRACE_DEFINE_ENUM(MHP_REF_HOLD);
TRACE_DEFINE_ENUM(MHP_REF_PUT);

TRACE_DEFINE_ENUM(MHP_ADD_MERGE_RESOURCE);
TRACE_DEFINE_ENUM(MHP_ADD_MEMMAP_ON_MEMORY);
TRACE_DEFINE_ENUM(MHP_ADD_NID_IS_MGID);
TRACE_DEFINE_ENUM(MHP_ADD_OFFLINE_INACCESSIBLE);

#define show_mhp_hosting(hosting)					\
	__print_symbolic(hosting,					\
		{ MHP_HOSTING_NONE,	"none" },			\
		{ MHP_HOSTING_BUDDY,	"buddy" },			\
		{ MHP_HOSTING_BLOCK,	"block" },			\
		{ MHP_HOSTING_BOOT,	"boot" },			\
		{ MHP_HOSTING_DEVICE,	"device" },			\
		{ MHP_HOSTING_RANGE,	"range" })

#define show_mhp_why(why)						\
	__print_symbolic(why,						\
		{ MHP_WHY_SELF_HOSTED,		"self_hosted" },	\
		{ MHP_WHY_NOT_REQUESTED,	"not_requested" },	\
		{ MHP_WHY_DISABLED,		"disabled" },		\
		{ MHP_WHY_VMEMMAP_UNALIGNED,	"vmemmap_unaligned" },	\
		{ MHP_WHY_PAGEBLOCK_UNALIGNED,	"pageblock_unaligned" },\
		{ MHP_WHY_WHOLE_BLOCK,		"whole_block" },	\
		{ MHP_WHY_ARCHITECTURE,		"architecture" },	\
		{ MHP_WHY_RANGE_UNALIGNED,	"range_unaligned" },	\
		{ MHP_WHY_RANGE_INACCESSIBLE,	"range_inaccessible" },	\
		{ MHP_WHY_RANGE_ARCHITECTURE,	"range_architecture" })

#define show_mhp_reason(reason)						\
	__print_symbolic(reason,					\
		{ MHP_REASON_UNALIGNED,		"unaligned" },		\
		{ MHP_REASON_NO_NODE,		"no_node" },		\
		{ MHP_REASON_NO_MEMORY,		"no_memory" },		\
		{ MHP_REASON_ARCH_ADD,	"arch_add" },		\
		{ MHP_REASON_DEVICE,		"device" },		\
		{ MHP_REASON_HWPOISON,		"hwpoison" },		\
		{ MHP_REASON_MEMMAP,		"memmap" },		\
		{ MHP_REASON_INVALID,		"invalid" },		\
		{ MHP_REASON_NO_ZONE,		"no_zone" },		\
		{ MHP_REASON_HOLES,		"holes" },		\
		{ MHP_REASON_MULTIZONE,		"multizone" },		\
		{ MHP_REASON_ISOLATION,		"isolation" },		\
		{ MHP_REASON_NODE_NOTIFIER,	"node_notifier" },	\
		{ MHP_REASON_NOTIFIER,		"notifier" },		\
		{ MHP_REASON_SIGNAL,		"signal" },		\
		{ MHP_REASON_UNMOVABLE,		"unmovable" },		\
		{ MHP_REASON_HUGETLB,		"hugetlb" },		\
		{ MHP_REASON_NOT_OFFLINE,	"not_offline" },	\
		{ MHP_REASON_MIXED_HOSTING,	"mixed_hosting" },	\
		{ MHP_REASON_PART,		"part" })

#define show_mhp_zone(zone)						\
	__print_symbolic(zone,						\
		{ MHP_ZONE_NONE,	"none" },			\
		{ MHP_ZONE_DMA,		"DMA" },			\
		{ MHP_ZONE_DMA32,	"DMA32" },			\
		{ MHP_ZONE_NORMAL,	"Normal" },			\
		{ MHP_ZONE_HIGHMEM,	"HighMem" },			\
		{ MHP_ZONE_MOVABLE,	"Movable" },			\
		{ MHP_ZONE_DEVICE,	"Device" })

#define show_mhp_kind(kind)						\
	__print_symbolic(kind,						\
		{ MHP_KIND_NONE,	"none" },			\
		{ MHP_KIND_OTHER,	"other" },			\
		{ MHP_KIND_FREE,	"free" },			\
		{ MHP_KIND_RESERVED,	"reserved" },			\
		{ MHP_KIND_HWPOISON,	"hwpoison" },			\
		{ MHP_KIND_SLAB,	"slab" },			\
		{ MHP_KIND_PGTABLE,	"pgtable" },			\
		{ MHP_KIND_OFFLINE,	"offline" },			\
		{ MHP_KIND_HUGETLB,	"hugetlb" },			\
		{ MHP_KIND_MOVABLE_OPS,	"movable_ops" },		\
		{ MHP_KIND_ANON,	"anon" },			\
		{ MHP_KIND_FILE,	"file" })

#define show_mhp_stage(stage)						\
	__print_symbolic(stage,						\
		{ MHP_STAGE_ISOLATE_RANGE,	"isolate_range" },	\
		{ MHP_STAGE_SCAN,		"scan" },		\
		{ MHP_STAGE_BUSY,		"busy" },		\
		{ MHP_STAGE_POISONED,		"poisoned" },		\
		{ MHP_STAGE_ISOLATE_PAGE,	"isolate_page" },	\
		{ MHP_STAGE_MIGRATE,		"migrate" },		\
		{ MHP_STAGE_DISSOLVE,		"dissolve" },		\
		{ MHP_STAGE_TEST,		"test" })

#define show_mhp_cause(cause)						\
	__print_symbolic(cause,						\
		{ MHP_CAUSE_ONLINE,	"online" },			\
		{ MHP_CAUSE_OFFLINE,	"offline" },			\
		{ MHP_CAUSE_ROLLBACK,	"rollback" },			\
		{ MHP_CAUSE_DRIVER,	"driver" })

#define show_mhp_step(step)						\
	__print_symbolic(step,						\
		{ MHP_STEP_OTHER,		"other" },		\
		{ MHP_STEP_PREPARE_ONLINE,	"prepare_online" },	\
		{ MHP_STEP_GOING_ONLINE,	"going_online" },	\
		{ MHP_STEP_CANCEL_ONLINE,	"cancel_online" },	\
		{ MHP_STEP_ONLINE,		"online" },		\
		{ MHP_STEP_GOING_OFFLINE,	"going_offline" },	\
		{ MHP_STEP_CANCEL_OFFLINE,	"cancel_offline" },	\
		{ MHP_STEP_OFFLINE,		"offline" },		\
		{ MHP_STEP_FINISH_OFFLINE,	"finish_offline" })

#define show_mhp_ref(op)						\
	__print_symbolic(op,						\
		{ MHP_REF_HOLD,	"hold" },				\
		{ MHP_REF_PUT,	"put" })

#define show_mhp_add_flags(flags)					\
	__print_flags(flags, "|",					\
		{ MHP_ADD_MERGE_RESOURCE,	"merge_resource" },	\
		{ MHP_ADD_MEMMAP_ON_MEMORY,	"memmap_on_memory" },	\
		{ MHP_ADD_NID_IS_MGID,		"nid_is_mgid" },	\
		{ MHP_ADD_OFFLINE_INACCESSIBLE,	"offline_inaccessible" })

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
			     __field(u32, hosting)
			     __field(u32, why)),
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
		      show_mhp_hosting(__entry->hosting),
		      show_mhp_why(__entry->why), __entry->ret));

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
			      show_mhp_zone(__entry->zone)));

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

/* A memory block went online or offline, or failed to. */
DECLARE_EVENT_CLASS(mhp_block_end,
		    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
			     unsigned long vmemmap_pages, int nid,
			     struct zone *zone, long ret),
		    TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone, ret),
		    TP_STRUCT__entry(__field(u64, start_pfn)
				     __field(u64, nr_pages)
				     __field(u64, vmemmap_pages)
				     __field(long, ret)
				     __field(int, nid)
				     __field(u32, zone)),
		    TP_fast_assign(__entry->start_pfn = start_pfn;
				   __entry->nr_pages = nr_pages;
				   __entry->vmemmap_pages = vmemmap_pages;
				   __entry->ret = ret;
				   __entry->nid = nid;
				   __entry->zone = __mhp_zone(zone);),
		    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%d zone=%s ret=%ld",
			      __entry->start_pfn, __entry->nr_pages,
			      __entry->vmemmap_pages, __entry->nid,
			      show_mhp_zone(__entry->zone), __entry->ret));

DEFINE_EVENT(mhp_block_end, mhp_online_end,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      unsigned long vmemmap_pages, int nid,
		      struct zone *zone, long ret),
	     TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone, ret));

DEFINE_EVENT(mhp_block_end, mhp_offline_end,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      unsigned long vmemmap_pages, int nid,
		      struct zone *zone, long ret),
	     TP_ARGS(start_pfn, nr_pages, vmemmap_pages, nid, zone, ret));

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
			     __field(int, nid)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->vmemmap_pages = vmemmap_pages;
			   __entry->nid = nid;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%d",
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
			     __field(long, ret)
			     __field(int, nid)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->vmemmap_pages = vmemmap_pages;
			   __entry->ret = ret;
			   __entry->nid = nid;),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu nid=%d ret=%ld",
		      __entry->start_pfn, __entry->nr_pages,
		      __entry->vmemmap_pages, __entry->nid, __entry->ret));

/*
 * Why the operation in progress fails. start_pfn and nr_pages are the pages
 * that it failed on, which can be a part of the range or memory block: the
 * memory block that could not be added or is not offline, or the pages of a
 * memory block that do not host its memmap.
 */
DECLARE_EVENT_CLASS(mhp_failed,
		    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
			     enum mhp_reason reason, long ret),
		    TP_ARGS(start_pfn, nr_pages, reason, ret),
		    TP_STRUCT__entry(__field(u64, start_pfn)
				     __field(u64, nr_pages)
				     __field(long, ret)
				     __field(u32, reason)),
		    TP_fast_assign(__entry->start_pfn = start_pfn;
				   __entry->nr_pages = nr_pages;
				   __entry->ret = ret;
				   __entry->reason = reason;),
		    TP_printk("start_pfn=0x%llx nr_pages=%llu reason=%s ret=%ld",
			      __entry->start_pfn, __entry->nr_pages,
			      show_mhp_reason(__entry->reason), __entry->ret));

DEFINE_EVENT(mhp_failed, mhp_add_failed,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      enum mhp_reason reason, long ret),
	     TP_ARGS(start_pfn, nr_pages, reason, ret));

DEFINE_EVENT(mhp_failed, mhp_online_failed,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      enum mhp_reason reason, long ret),
	     TP_ARGS(start_pfn, nr_pages, reason, ret));

DEFINE_EVENT(mhp_failed, mhp_offline_failed,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      enum mhp_reason reason, long ret),
	     TP_ARGS(start_pfn, nr_pages, reason, ret));

DEFINE_EVENT(mhp_failed, mhp_remove_failed,
	     TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		      enum mhp_reason reason, long ret),
	     TP_ARGS(start_pfn, nr_pages, reason, ret));

/*
 * A page keeps a memory block from going offline. pass counts the attempts to
 * empty the memory block; in stages that are repeated, only passes 1, 2, 4, 8
 * and so on are reported. order, refcount and mapcount are those of the folio.
 */
TRACE_EVENT(mhp_offline_blocker,
	    TP_PROTO(const struct page *page, enum mhp_stage stage,
		     unsigned int pass, long ret),
	    TP_ARGS(page, stage, pass, ret),
	    TP_STRUCT__entry(__field(u64, pfn)
			     __field(u64, page_flags)
			     __field(long, ret)
			     __field(int, refcount)
			     __field(int, mapcount)
			     __field(u32, order)
			     __field(u32, pass)
			     __field(u32, kind)
			     __field(u32, stage)),
	    TP_fast_assign(__entry->pfn = page_to_pfn(page);
			   __entry->page_flags = __mhp_page_flags(page);
			   __entry->ret = ret;
			   __entry->refcount = __mhp_refcount(page);
			   __entry->mapcount = __mhp_mapcount(page);
			   __entry->order = __mhp_order(page);
			   __entry->pass = pass;
			   __entry->kind = __mhp_kind(page);
			   __entry->stage = stage;),
	    TP_printk("pfn=0x%llx kind=%s stage=%s pass=%u order=%u refcount=%d mapcount=%d page_flags=0x%llx ret=%ld",
		      __entry->pfn, show_mhp_kind(__entry->kind),
		      show_mhp_stage(__entry->stage), __entry->pass,
		      __entry->order, __entry->refcount, __entry->mapcount,
		      __entry->page_flags, __entry->ret));

/*
 * The memmap of up to one section was populated, or could not be. host_pfn is
 * the first page that backs it, vmemmap_pages the number of pages taken to back
 * it. If they were taken from an altmap, the altmap fields show its state
 * afterwards, otherwise they are 0.
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
		      show_mhp_hosting(__entry->hosting), __entry->ret));

/*
 * The memmap of up to one section was freed. If it came from an altmap,
 * vmemmap_pages is the number of pages returned to it: none while a neighbour
 * still uses the same backing page (see mhp_vmemmap_retired), and the whole
 * backing page once its last user is gone.
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
			     __field(u32, hosting)),
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
		      show_mhp_hosting(__entry->hosting)));

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
			      __entry->start_pfn, __entry->vmemmap_pages,
			      __entry->nid, show_mhp_zone(__entry->zone)));

DEFINE_EVENT(mhp_vmemmap_zone, mhp_vmemmap_online,
	     TP_PROTO(unsigned long start_pfn, unsigned long vmemmap_pages,
		      struct zone *zone),
	     TP_ARGS(start_pfn, vmemmap_pages, zone));

DEFINE_EVENT(mhp_vmemmap_zone, mhp_vmemmap_offline,
	     TP_PROTO(unsigned long start_pfn, unsigned long vmemmap_pages,
		      struct zone *zone),
	     TP_ARGS(start_pfn, vmemmap_pages, zone));

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
				     __field(u32, zone)
				     __field(u32, cause)),
		    TP_fast_assign(__entry->start_pfn = start_pfn;
				   __entry->delta = delta;
				   __entry->after = after;
				   __entry->nid = zone_to_nid(zone);
				   __entry->zone = __mhp_zone(zone);
				   __entry->cause = cause;),
		    TP_printk("start_pfn=0x%llx delta=%lld after=%llu nid=%d zone=%s cause=%s",
			      __entry->start_pfn, __entry->delta, __entry->after,
			      __entry->nid, show_mhp_zone(__entry->zone),
			      show_mhp_cause(__entry->cause)));

DEFINE_EVENT(mhp_account, mhp_present,
	     TP_PROTO(unsigned long start_pfn, long delta, unsigned long after,
		      struct zone *zone, enum mhp_cause cause),
	     TP_ARGS(start_pfn, delta, after, zone, cause));

DEFINE_EVENT(mhp_account, mhp_managed,
	     TP_PROTO(unsigned long start_pfn, long delta, unsigned long after,
		      struct zone *zone, enum mhp_cause cause),
	     TP_ARGS(start_pfn, delta, after, zone, cause));

/* The memory notifier chain was called; ret is its result as an errno. */
TRACE_EVENT(mhp_notify,
	    TP_PROTO(unsigned long start_pfn, unsigned long nr_pages,
		     unsigned long action, long ret),
	    TP_ARGS(start_pfn, nr_pages, action, ret),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(long, ret)
			     __field(u32, step)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->ret = ret;
			   __entry->step = __mhp_step(action);),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu step=%s ret=%ld",
		      __entry->start_pfn, __entry->nr_pages,
		      show_mhp_step(__entry->step), __entry->ret));

/*
 * virtio-mem could not unplug nr_pages pages from start_pfn on, while the size
 * plugged into its device is larger than requested, both in bytes. device is
 * the number of the virtio device. pfn is the page in the way, 0 with the kind
 * "none" if it is not known; refcount and mapcount are those of its folio.
 */
TRACE_EVENT(mhp_virtio_mem_busy,
	    TP_PROTO(unsigned int device, u64 requested_size, u64 plugged_size,
		     unsigned long start_pfn, unsigned long nr_pages,
		     const struct page *page, long ret),
	    TP_ARGS(device, requested_size, plugged_size, start_pfn, nr_pages,
		    page, ret),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, pfn)
			     __field(u64, requested_size)
			     __field(u64, plugged_size)
			     __field(long, ret)
			     __field(u32, device)
			     __field(int, refcount)
			     __field(int, mapcount)
			     __field(u32, kind)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->nr_pages = nr_pages;
			   __entry->pfn = page ? page_to_pfn(page) : 0;
			   __entry->requested_size = requested_size;
			   __entry->plugged_size = plugged_size;
			   __entry->ret = ret;
			   __entry->device = device;
			   __entry->refcount = page ? __mhp_refcount(page) : 0;
			   __entry->mapcount = page ? __mhp_mapcount(page) : 0;
			   __entry->kind = __mhp_kind(page);),
	    TP_printk("device=%u requested_size=%llu plugged_size=%llu start_pfn=0x%llx nr_pages=%llu pfn=0x%llx kind=%s refcount=%d mapcount=%d ret=%ld",
		      __entry->device, __entry->requested_size,
		      __entry->plugged_size, __entry->start_pfn,
		      __entry->nr_pages, __entry->pfn,
		      show_mhp_kind(__entry->kind), __entry->refcount,
		      __entry->mapcount, __entry->ret));

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
			     __field(u32, op)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->altmap_base = altmap_base;
			   __entry->refs = refs;
			   __entry->op = op;),
	    TP_printk("start_pfn=0x%llx altmap_base=0x%llx refs=%llu op=%s",
		      __entry->start_pfn, __entry->altmap_base, __entry->refs,
		      show_mhp_ref(__entry->op)));

#endif /* _TRACE_MHP_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
