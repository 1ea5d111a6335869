/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types that memory hotplug and its tracepoints share. The enums start at 1, so
 * that a value that was never assigned cannot be mistaken for a valid one.
 */
#ifndef _LINUX_MHP_TYPES_H
#define _LINUX_MHP_TYPES_H

struct page;
struct vmem_altmap;
struct zone;

/* Where a memmap resides */
enum mhp_hosting {
	MHP_HOSTING_NONE = 1,
	MHP_HOSTING_BUDDY,
	MHP_HOSTING_BLOCK,
	MHP_HOSTING_BOOT,
	MHP_HOSTING_DEVICE,
	MHP_HOSTING_RANGE,
};

/* Why an added range hosts its own memmap, or why it does not */
enum mhp_why {
	MHP_WHY_SELF_HOSTED = 1,
	MHP_WHY_NOT_REQUESTED,
	MHP_WHY_DISABLED,
	MHP_WHY_VMEMMAP_UNALIGNED,
	MHP_WHY_PAGEBLOCK_UNALIGNED,
	MHP_WHY_WHOLE_BLOCK,
	MHP_WHY_ARCHITECTURE,
	MHP_WHY_RANGE_UNALIGNED,
	MHP_WHY_RANGE_INACCESSIBLE,
	MHP_WHY_RANGE_ARCHITECTURE,
};

/* Why memory could not be added, onlined, offlined or removed */
enum mhp_reason {
	MHP_REASON_UNALIGNED = 1,
	MHP_REASON_NO_NODE,
	MHP_REASON_NO_MEMORY,
	MHP_REASON_ARCH_ADD,
	MHP_REASON_DEVICE,
	MHP_REASON_HWPOISON,
	MHP_REASON_MEMMAP,
	MHP_REASON_INVALID,
	MHP_REASON_NO_ZONE,
	MHP_REASON_HOLES,
	MHP_REASON_MULTIZONE,
	MHP_REASON_ISOLATION,
	MHP_REASON_NODE_NOTIFIER,
	MHP_REASON_NOTIFIER,
	MHP_REASON_SIGNAL,
	MHP_REASON_UNMOVABLE,
	MHP_REASON_HUGETLB,
	MHP_REASON_NOT_OFFLINE,
	MHP_REASON_MIXED_HOSTING,
	MHP_REASON_PART,
};

enum mhp_zone {
	MHP_ZONE_NONE = 1,
	MHP_ZONE_DMA,
	MHP_ZONE_DMA32,
	MHP_ZONE_NORMAL,
	MHP_ZONE_HIGHMEM,
	MHP_ZONE_MOVABLE,
	MHP_ZONE_DEVICE,
};

/* What kind of page keeps memory from going offline */
enum mhp_kind {
	MHP_KIND_NONE = 1,
	MHP_KIND_OTHER,
	MHP_KIND_FREE,
	MHP_KIND_RESERVED,
	MHP_KIND_HWPOISON,
	MHP_KIND_SLAB,
	MHP_KIND_PGTABLE,
	MHP_KIND_OFFLINE,
	MHP_KIND_HUGETLB,
	MHP_KIND_MOVABLE_OPS,
	MHP_KIND_ANON,
	MHP_KIND_FILE,
};

/* What offlining was doing when that page got in the way */
enum mhp_stage {
	MHP_STAGE_ISOLATE_RANGE = 1,
	MHP_STAGE_SCAN,
	MHP_STAGE_BUSY,
	MHP_STAGE_POISONED,
	MHP_STAGE_ISOLATE_PAGE,
	MHP_STAGE_MIGRATE,
	MHP_STAGE_DISSOLVE,
	MHP_STAGE_TEST,
};

/* Why a zone's present or managed pages changed */
enum mhp_cause {
	MHP_CAUSE_ONLINE = 1,
	MHP_CAUSE_OFFLINE,
	MHP_CAUSE_ROLLBACK,
	MHP_CAUSE_DRIVER,
};

/* Memory notifier actions (MEM_*) */
enum mhp_step {
	MHP_STEP_OTHER = 1,
	MHP_STEP_PREPARE_ONLINE,
	MHP_STEP_GOING_ONLINE,
	MHP_STEP_CANCEL_ONLINE,
	MHP_STEP_ONLINE,
	MHP_STEP_GOING_OFFLINE,
	MHP_STEP_CANCEL_OFFLINE,
	MHP_STEP_OFFLINE,
	MHP_STEP_FINISH_OFFLINE,
};

/* Whether a section took or dropped its reference on the memmap of its range */
enum mhp_ref {
	MHP_REF_HOLD = 1,
	MHP_REF_PUT,
};

/* The mhp_t flags of an add */
enum mhp_add_flag {
	MHP_ADD_MERGE_RESOURCE		= 0x1,
	MHP_ADD_MEMMAP_ON_MEMORY	= 0x2,
	MHP_ADD_NID_IS_MGID		= 0x4,
	MHP_ADD_OFFLINE_INACCESSIBLE	= 0x8,
};

#endif /* _LINUX_MHP_TYPES_H */
