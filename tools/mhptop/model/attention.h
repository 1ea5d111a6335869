/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What needs attention: findings about the memory of a machine, each with an id that
 * never changes, a sentence, and what to do. They follow from the accounts and, on a
 * running machine, from facts that no event has.
 */
#ifndef MODEL_ATTENTION_H
#define MODEL_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include "base/types.h"

struct model;

/* F(name, id, what a sentence says of its subject, empty: its detail goes on with the sentence, what to do) */
#define ATTENTIONS(F)                                                                                                                                          \
	F(NOT_ONLINE, "not_online", "",                                                                                                                        \
	  "Bring the memory online (chmem -e, daxctl online-memory, or write online_movable to each state file), or have the kernel or a udev rule do that.")  \
	F(KERNEL_ZONE, "kernel_zone",                                                                                                                          \
	  "in a kernel zone, and unlikely to leave again",                                                                                                     \
	  "Take it offline now, while it is still empty, and write online_movable to its state file; set auto_online_blocks to online_movable.")               \
	F(MEMMAP_IN_BUDDY, "memmap_in_buddy",                                                                                                                  \
	  "its memmap takes memory from elsewhere, although memmap_on_memory is on",                                                                           \
	  "For a dax device, write 1 to its memmap_on_memory before it becomes system RAM; other devices need a size, an address and a driver that allow it.") \
	F(OFFLINE_RETRIES, "offline_retries", "going offline again and again",                                                                                 \
	  "Find out what holds the page (mhptop explain), or interrupt the task that takes the memory offline.")                                               \
	F(VIRTIO_MEM_BELOW, "virtio_mem_below", "smaller than requested",                                                                                      \
	  "See the kernel's log: the driver adds memory only while there is free memory for its memmap, and stops when memory blocks cannot go online.")       \
	F(VIRTIO_MEM_ABOVE, "virtio_mem_above", "larger than requested",                                                                                       \
	  "See which pages stay (mhptop plan offline): the driver cannot unplug memory that the kernel uses; online it to ZONE_MOVABLE next time.")            \
	F(MEMMAP_LEFT, "memmap_left",                                                                                                                          \
	  "removed, but pages of its memmap were never freed",                                                                                                 \
	  "Record the removal (mhptop record) and report it as a bug of the kernel; a reboot gets the memory back.")                                           \
	F(POISONED, "poisoned", "pages with hardware errors",                                                                                                  \
	  "Replace the memory: a block with such pages cannot go online again once it is offline.")                                                            \
	F(DRIVER_GONE, "driver_gone",                                                                                                                          \
	  "added by a driver that is no longer bound, so that nothing can remove it",                                                                          \
	  "Bind the driver again, if it accepts the device, or take the memory offline and reboot; next time, take it offline before you unbind the driver.")

enum attention_id {
#define ATTENTION_ENUM(name, id, text, advice) ATTENTION_##name,
	ATTENTIONS(ATTENTION_ENUM)
#undef ATTENTION_ENUM
		ATTENTION_NR
};

struct attention_info {
	const char *id;
	const char *text;
	const char *advice;
};
extern const struct attention_info attention_infos[ATTENTION_NR];

/* A range of memory of a device, as /proc/iomem shows it */
struct attention_range {
	u64 start_pfn;
	u64 nr_pages;
	char device[64]; /* "dax0.0", "virtio0", "PNP0C80:00"; ranges of one device are judged together */
};

enum attention_yes_no { ATTENTION_UNSURE, ATTENTION_YES, ATTENTION_NO };

/* A device that has memory */
struct attention_device {
	char name[64];
	bool virtio_mem;
	bool dax;
	enum attention_yes_no bound; /* to a driver */
	enum attention_yes_no self_hosting; /* as its own switch says */
	/* Of virtio-mem, in bytes: */
	bool request_known;
	u64 requested;
	u64 plugged_min;
	u64 plugged_max;
};

/* What a running machine shows beside its events */
struct attention_facts {
	bool ranges_known; /* whether ranges and devices are */
	struct attention_range *ranges; /* in ascending order */
	size_t nr_ranges;
	size_t room_ranges;
	struct attention_device *devices;
	size_t nr_devices;
	size_t room_devices;
	char policy[32]; /* auto_online_blocks, "" if unknown */
	char hosting[16]; /* memmap_on_memory, "" if the kernel does not have it */
	bool movable_node; /* on the kernel's command line */
	bool poisoned_known;
	u64 poisoned_bytes; /* of the machine */
};

/* How much of a virtio-mem device is plugged: "384 MiB", or "256 MiB to 384 MiB". Returns buf. */
#define ATTENTION_PLUGGED_MAX 84
const char *attention_plugged(char buf[ATTENTION_PLUGGED_MAX],
			      const struct attention_device *device);

#define ATTENTION_KEPT 32
#define ATTENTION_WHAT 96
#define ATTENTION_DETAIL 192
#define ATTENTION_TEXT 400

struct attention_finding {
	enum attention_id id;
	char what[ATTENTION_WHAT]; /* its subject, such as "dax0.0" */
	char detail[ATTENTION_DETAIL];
};

struct attention {
	struct attention_finding kept
		[ATTENTION_KEPT]; /* the first ones, in the order of their ids */
	size_t nr_kept;
	u64 nr; /* all */
	u64 of_id[ATTENTION_NR];
	u32 unknown; /* a bit, 1 << id, for each id of which it cannot be known whether there are any */
};

/* How long memory may be offline after it was added, or take to go offline, before that is a finding. */
#define ATTENTION_PATIENCE_NS 10000000000ULL

/*
 * Find what needs attention. facts is NULL for a recording, of which only the events
 * are known.
 */
void attention_find(struct attention *attention, const struct model *model,
		    const struct attention_facts *facts, u64 patience_ns);
/* "dax0.0: in a kernel zone, ...: 21 of 72 memory blocks". Returns buf. */
const char *attention_text(char buf[ATTENTION_TEXT],
			   const struct attention_finding *finding);

#endif
