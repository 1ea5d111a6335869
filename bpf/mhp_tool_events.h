/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tool's own events: the snapshot of memory blocks and zones that existed before the tool was attached, read from
 * kernel structures or, if that is not possible, from sysfs; the clocks of the machine, when they have moved; and which
 * function of the memory notifier refused. They have the form of trace events, so that they are recorded, printed and folded
 * like those of the kernel.
 *
 * Like tracepoints.h, this header may be included any number of times.
 */
#ifndef __MHP_TOOL_ENUMS_ONCE_ONLY
#define __MHP_TOOL_ENUMS_ONCE_ONLY

/* States of a memory block: two stable ones, two during an operation, and one after its removal. */
enum mhp_state {
	MHP_STATE_UNKNOWN,
	MHP_STATE_OFFLINE,
	MHP_STATE_ONLINE,
	MHP_STATE_GOING_ONLINE,
	MHP_STATE_GOING_OFFLINE,
	MHP_STATE_REMOVED,
};

/* The order in which the memmap of a range's sections was freed; none until two were freed. */
enum mhp_order {
	MHP_ORDER_NONE,
	MHP_ORDER_DESCENDING,
	MHP_ORDER_ASCENDING,
	MHP_ORDER_MIXED,
};

/* Words of the first design of range hosting, which no kernel reports any more */
enum mhp_old_word {
	MHP_WHY_OLD_RANGE_WHOLE = 30,
	MHP_REASON_OLD_HOSTING = 30,
};

/* Where a snapshot record comes from. Fields that sysfs does not provide are unknown. */
enum mhp_origin {
	MHP_ORIGIN_UNSET,
	MHP_ORIGIN_KERNEL,
	MHP_ORIGIN_SYSFS,
};

#endif

#define show_mhp_state(state)					\
	__print_symbolic(state,					\
		{ MHP_STATE_UNKNOWN,		"unknown" },	\
		{ MHP_STATE_OFFLINE,		"offline" },	\
		{ MHP_STATE_ONLINE,		"online" },	\
		{ MHP_STATE_GOING_ONLINE,	"going_online" },\
		{ MHP_STATE_GOING_OFFLINE,	"going_offline" },\
		{ MHP_STATE_REMOVED,		"removed" })

#define show_mhp_order(order)					\
	__print_symbolic(order,					\
		{ MHP_ORDER_DESCENDING,	"descending" },		\
		{ MHP_ORDER_ASCENDING,	"ascending" },		\
		{ MHP_ORDER_MIXED,	"mixed" })

#define show_mhp_origin(origin)					\
	__print_symbolic(origin,				\
		{ MHP_ORIGIN_KERNEL,	"kernel" },		\
		{ MHP_ORIGIN_SYSFS,	"sysfs" })

/*
 * A memory block of the snapshot. nr_pages is its size, populated the number of vmemmap pages of its memmap, wherever
 * they are hosted; the altmap fields are those of mhp_vmemmap_populate. refs, range_pages and sections are set for a
 * range that hosts its memmap as a whole: its references, its size and its sections that have a memmap. So are users
 * and memmap_zone: the blocks that use its memmap, and the zone that this is in, "none" if it is in no zone. A
 * memmap_zone of 0 means that both are unknown.
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
			     __field(u32, zone)
			     __field(u32, hosting)
			     __field(u32, state)
			     __field(u32, origin)
			     __field(u32, poisoned)
			     __field(u64, refs)
			     __field(u64, altmap_free)
			     __field(u64, range_pages)
			     __field(u64, sections)
			     __field(u32, users)
			     __field(u32, memmap_zone)),
	    TP_fast_assign(),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu vmemmap_pages=%llu populated=%llu altmap_base=0x%llx altmap_alloc=%llu nid=%d zone=%s hosting=%s state=%s origin=%s poisoned=%u refs=%llu altmap_free=%llu range_pages=%llu sections=%llu users=%u memmap_zone=%s",
		      __entry->start_pfn, __entry->nr_pages,
		      __entry->vmemmap_pages, __entry->populated,
		      __entry->altmap_base, __entry->altmap_alloc, __entry->nid,
		      show_mhp_zone(__entry->zone),
		      show_mhp_hosting(__entry->hosting),
		      show_mhp_state(__entry->state),
		      show_mhp_origin(__entry->origin),
		      __entry->poisoned, __entry->refs, __entry->altmap_free,
		      __entry->range_pages, __entry->sections, __entry->users,
		      show_mhp_zone(__entry->memmap_zone)))

/* A populated zone of the snapshot, with its counts in pages. */
TRACE_EVENT(mhp_snapshot_zone,
	    TP_PROTO(),
	    TP_ARGS(),
	    TP_STRUCT__entry(__field(u64, present)
			     __field(u64, managed)
			     __field(int, nid)
			     __field(u32, zone)
			     __field(u32, origin)),
	    TP_fast_assign(),
	    TP_printk("nid=%d zone=%s present=%llu managed=%llu origin=%s",
		      __entry->nid, show_mhp_zone(__entry->zone),
		      __entry->present, __entry->managed,
		      show_mhp_origin(__entry->origin)))

/*
 * A count of the machine's memory that does not rest on events, in pages, taken while no operation is in progress and no
 * event comes. free includes the per-CPU lists. accounted pages are in use, and a counter of the kernel says for what.
 * unaccounted = managed - free - accounted, which may be negative: only its change matters.
 */
TRACE_EVENT(mhp_snapshot_memory,
	    TP_PROTO(),
	    TP_ARGS(),
	    TP_STRUCT__entry(__field(u64, managed)
			     __field(u64, free)
			     __field(u64, accounted)
			     __field(s64, unaccounted)
			     __field(u64, cpus)),
	    TP_fast_assign(),
	    TP_printk("managed=%llu free=%llu accounted=%llu unaccounted=%lld cpus=%llu",
		      __entry->managed, __entry->free, __entry->accounted,
		      __entry->unaccounted, __entry->cpus))

/*
 * The clocks of the machine at one moment, in ns: CLOCK_REALTIME, CLOCK_MONOTONIC, which stands still while the machine
 * is suspended, and CLOCK_BOOTTIME, which does not. Emitted when the first two have moved against each other since the
 * header of the recording or the last such event, because the machine was suspended or its clock was set. Wall-clock
 * times of the events that follow are computed from it.
 */
TRACE_EVENT(mhp_clock,
	    TP_PROTO(),
	    TP_ARGS(),
	    TP_STRUCT__entry(__field(u64, wall_ns)
			     __field(u64, mono_ns)
			     __field(u64, boot_ns)),
	    TP_fast_assign(),
	    TP_printk("wall_ns=%llu mono_ns=%llu boot_ns=%llu",
		      __entry->wall_ns, __entry->mono_ns, __entry->boot_ns))

/*
 * The function that refused a call of the memory notifier: that of the last mhp_notify, which has the error. call is its
 * distance from _stext in the kernel's memory, in bytes, so that a recording does not tell where the kernel is.
 */
TRACE_EVENT(mhp_refused,
	    TP_PROTO(),
	    TP_ARGS(),
	    TP_STRUCT__entry(__field(u64, start_pfn)
			     __field(u64, nr_pages)
			     __field(s64, call)
			     __field(u32, step)),
	    TP_fast_assign(),
	    TP_printk("start_pfn=0x%llx nr_pages=%llu call=%lld step=%s",
		      __entry->start_pfn, __entry->nr_pages, __entry->call,
		      show_mhp_step(__entry->step)))
