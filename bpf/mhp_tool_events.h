/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tool itself has to say in the stream of events, in the form of trace events so that it is recorded, printed
 * and folded like them: what was there before the tool was attached, read from the kernel's own structures or, without
 * them, from sysfs. What the kernel says is in tracepoints.h, never here.
 *
 * Like tracepoints.h, to be read any number of times; see mhp_read.h.
 */
#ifndef __MHP_TOOL_ENUMS_ONCE_ONLY
#define __MHP_TOOL_ENUMS_ONCE_ONLY

/* States of a memory block: two that last, two while an operation is under way, and after its removal. */
enum mhp_state {
	MHP_STATE_UNKNOWN,
	MHP_STATE_OFFLINE,
	MHP_STATE_ONLINE,
	MHP_STATE_GOING_ONLINE,
	MHP_STATE_GOING_OFFLINE,
	MHP_STATE_REMOVED,
};

/* In which order the memmap of a range's sections is freed, as far as it shows yet. */
enum mhp_order {
	MHP_ORDER_NONE,
	MHP_ORDER_DESCENDING,
	MHP_ORDER_ASCENDING,
	MHP_ORDER_MIXED,
};

/* Who told. What sysfs cannot tell is 0 or "none". */
enum mhp_origin {
	MHP_ORIGIN_UNSET,
	MHP_ORIGIN_KERNEL,
	MHP_ORIGIN_SYSFS,
};

#endif

#define MHP_STATES MHP_LIST(				\
	EM(MHP_STATE_UNKNOWN, "unknown")		\
	EM(MHP_STATE_OFFLINE, "offline")		\
	EM(MHP_STATE_ONLINE, "online")			\
	EM(MHP_STATE_GOING_ONLINE, "going_online")	\
	EM(MHP_STATE_GOING_OFFLINE, "going_offline")	\
	EMe(MHP_STATE_REMOVED, "removed"))

#define MHP_ORDERS MHP_LIST(				\
	EM(MHP_ORDER_DESCENDING, "descending")		\
	EM(MHP_ORDER_ASCENDING, "ascending")		\
	EMe(MHP_ORDER_MIXED, "mixed"))

#define MHP_ORIGINS MHP_LIST(				\
	EM(MHP_ORIGIN_KERNEL, "kernel")			\
	EMe(MHP_ORIGIN_SYSFS, "sysfs"))

/*
 * A memory block that was there already. nr_pages is its size, populated the pages that its memmap takes, whoever
 * hosts it; altmap fields as in mhp_vmemmap_populate. For a range that hosts its memmap as a whole there are its pages,
 * its references and its sections that have a memmap, too.
 */
TRACE_EVENT(mhp_snapshot_block,
	    TP_PROTO(),
	    TP_ARGS(),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(u64, vmemmap_pages)
			     __field(u64, populated)
			     __field(u64, altmap_base)
			     __field(u64, altmap_alloc)
			     __field(int, nid)
			     __field(u16, zone)
			     __field(u16, hosting)
			     __field(u16, state)
			     __field(u16, origin)
			     __field(u32, poisoned)
			     __field(u64, refs)
			     __field(u64, altmap_free)
			     __field(u64, range_pages)
			     __field(u64, sections)),
	    TP_fast_assign(),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu populated=%llu altmap_base=0x%llx altmap_alloc=%llu nid=%d zone=%s hosting=%s state=%s origin=%s poisoned=%u refs=%llu altmap_free=%llu range_pages=%llu sections=%llu",
		      __entry->start_pfn, __entry->nr_pages,
		      __entry->vmemmap_pages, __entry->populated,
		      __entry->altmap_base, __entry->altmap_alloc, __entry->nid,
		      __print_symbolic(__entry->zone, MHP_ZONES),
		      __print_symbolic(__entry->hosting, MHP_HOSTINGS),
		      __print_symbolic(__entry->state, MHP_STATES),
		      __print_symbolic(__entry->origin, MHP_ORIGINS),
		      __entry->poisoned, __entry->refs, __entry->altmap_free,
		      __entry->range_pages, __entry->sections))

/* A populated zone with its counts, in pages. */
TRACE_EVENT(mhp_snapshot_zone,
	    TP_PROTO(),
	    TP_ARGS(),
	    TP_STRUCT__entry(__field(u64, present)
			     __field(u64, managed)
			     __field(int, nid)
			     __field(u16, zone)
			     __field(u16, origin)),
	    TP_fast_assign(),
	    TP_printk("nid=%d zone=%s present=%llu managed=%llu origin=%s",
		      __entry->nid,
		      __print_symbolic(__entry->zone, MHP_ZONES),
		      __entry->present, __entry->managed,
		      __print_symbolic(__entry->origin, MHP_ORIGINS)))
