// SPDX-License-Identifier: GPL-2.0
/* Remembers the task of each operation that worked, and infers its way. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/who.h"

const struct event_symbol who_ways[] = {
	{ WHO_UDEV, "udev" },
	{ WHO_DAXCTL, "daxctl" },
	{ WHO_SYSFS, "sysfs" },
	{ WHO_POLICY, "policy" },
	{ WHO_ACPI, "acpi" },
	{ WHO_VIRTIO_MEM, "virtio_mem" },
	{ WHO_KMEM, "kmem" },
	{ WHO_BALLOON, "balloon" },
	{ 0 },
};

void who_init(struct who *who)
{
	*who = (struct who){ 0 };
	sparse_init(&who->blocks, sizeof(struct who_block));
}

void who_reset(struct who *who)
{
	u64 lost = who->lost;

	sparse_free(&who->blocks);
	free(who->tasks);
	who_init(who);
	who->lost = lost;
}

const struct who_block *who_find(const struct who *who, u64 block)
{
	return sparse_find(&who->blocks, block);
}

const struct who_task *who_find_task(const struct who *who, u64 block,
				     enum operation kind)
{
	const struct who_block *known = who_find(who, block);

	return known && known->tasks[kind] ?
		       &who->tasks[known->tasks[kind] - 1] :
		       NULL;
}

static bool comm_is(const char *comm, const char *name)
{
	return !strncmp(comm, name, MHP_COMM_LEN);
}

bool who_is_worker(const char *comm)
{
	return !strncmp(comm, "kworker/", 8);
}

/* A user's task that is named here, WHO_UNKNOWN for any other */
static enum who_way way_of_comm(const char *comm)
{
	static const char *const udevs[] = { "(udev-worker)", "systemd-udevd",
					     "udevd", "(udevd)" };
	size_t i;

	for (i = 0; i < sizeof(udevs) / sizeof(udevs[0]); i++)
		if (comm_is(comm, udevs[i]))
			return WHO_UDEV;
	return comm_is(comm, "daxctl") ? WHO_DAXCTL : WHO_UNKNOWN;
}

/*
 * The flags that the callers of add_memory_resource() pass, see
 * drivers/acpi/acpi_memhotplug.c, drivers/virtio/virtio_mem.c, drivers/dax/kmem.c,
 * drivers/hv/hv_balloon.c and drivers/xen/balloon.c. ACPI and kmem have the same;
 * ACPI adds in a kworker, kmem in the task that binds the device.
 */
static enum who_way way_of_add(const char *comm, u32 flags)
{
	switch (flags) {
	case MHP_ADD_MERGE_RESOURCE | MHP_ADD_NID_IS_MGID:
		return WHO_VIRTIO_MEM;
	case MHP_ADD_NID_IS_MGID:
	case MHP_ADD_NID_IS_MGID | MHP_ADD_MEMMAP_ON_MEMORY:
		if (who_is_worker(comm))
			return WHO_ACPI;
		return comm_is(comm, "daxctl") ? WHO_DAXCTL : WHO_KMEM;
	case MHP_ADD_MERGE_RESOURCE:
		return WHO_BALLOON;
	}
	return WHO_UNKNOWN;
}

/*
 * The driver that added a memory block: it can also take it offline and remove it.
 * daxctl adds through kmem.
 */
static enum who_way driver_of(const struct who *who, u64 block)
{
	const struct who_task *task = who_find_task(who, block, OPERATION_ADD);
	enum who_way way = task ? task->way : WHO_UNKNOWN;

	return way == WHO_DAXCTL ? WHO_KMEM : way;
}

/* Whether the task that added memory goes on to online it. */
static bool follows_add(const struct who *who, const struct who_latest *now)
{
	return who->added.nr_pages && who->added.pid == now->pid &&
	       now->start_pfn - who->added.start_pfn < who->added.nr_pages;
}

/*
 * The kernel onlines what was added before anyone else can, in the same task. A
 * user's task that adds memory may also online it itself, so only the kernel's own
 * tasks tell.
 */
static bool is_policy(const struct who *who, const struct who_latest *now,
		      const char *comm)
{
	return follows_add(who, now) &&
	       (who_is_worker(comm) || who->added.way == WHO_BALLOON);
}

/* An online, an offline or a removal of memory of this block */
static enum who_way way_of(const struct who *who, const struct who_latest *now,
			   const char *comm, u64 block)
{
	enum who_way driver = driver_of(who, block);
	enum who_way named = way_of_comm(comm);

	if (now->kind == OPERATION_ONLINE && is_policy(who, now, comm))
		return WHO_POLICY;
	/* Workers run what drivers ask for. */
	if (who_is_worker(comm))
		return driver == WHO_ACPI || driver == WHO_VIRTIO_MEM ?
			       driver :
			       WHO_UNKNOWN;
	if (named != WHO_UNKNOWN)
		return named;
	/* No file of sysfs removes memory: a driver does it in the task that unbinds it. */
	if (now->kind == OPERATION_REMOVE)
		return driver;
	if (now->kind == OPERATION_ONLINE && follows_add(who, now))
		return WHO_UNKNOWN;
	/* When it is unbound, kmem may take its memory offline itself. */
	if (now->kind == OPERATION_OFFLINE && driver == WHO_KMEM)
		return WHO_UNKNOWN;
	return WHO_SYSFS;
}

static struct who_block *make_block(struct who *who, u64 block)
{
	struct who_block *known = sparse_make(&who->blocks, block);

	if (!known)
		who->no_memory = true;
	return known;
}

static void who_begin(struct who *who, const struct operation_event *event,
		      const struct mhp_record *record, u64 block_pages)
{
	struct who_latest now = {
		.kind = event->operation,
		.start_pfn = event->start_pfn,
		.nr_pages = event->nr_pages,
		.begin_ns = record->time_ns,
		.last_block = -1ULL,
		.pid = record->pid,
	};
	u64 block = event->start_pfn / block_pages;
	struct who_block *known;

	if (event->operation == OPERATION_ADD)
		now.way =
			way_of_add(record->comm, record->p.mhp_add_begin.flags);
	else
		now.way = way_of(who, &now, record->comm, block);
	/* What comes next is no longer part of the add. */
	if (event->operation != OPERATION_ONLINE || !follows_add(who, &now))
		who->added = (struct who_latest){ 0 };
	who->latest = now;
	if (event->operation != OPERATION_ONLINE)
		return;
	known = make_block(who, block);
	if (known)
		known->zone = record->p.mhp_block_begin.zone;
}

/* The number of the task of a record. Tasks that come again did so lately. 0: there are too many. */
static u16 task_number(struct who *who, const struct mhp_record *record, u8 way)
{
	const struct who_task *task;
	size_t i;

	for (i = who->nr_tasks; i; i--) {
		task = &who->tasks[i - 1];
		if (task->pid == record->pid && task->way == way &&
		    !memcmp(task->comm, record->comm, MHP_COMM_LEN))
			return i;
	}
	if (who->nr_tasks == WHO_TASKS ||
	    !vec_grow(who->tasks, who->nr_tasks, who->room_tasks)) {
		who->no_memory = true;
		return 0;
	}
	who->tasks[who->nr_tasks] =
		(struct who_task){ .pid = record->pid, .way = way };
	memcpy(who->tasks[who->nr_tasks].comm, record->comm, MHP_COMM_LEN);
	return ++who->nr_tasks;
}

/* Whether the begin of the operation that ends here was seen. */
static bool is_latest(const struct who *who,
		      const struct operation_event *event)
{
	return who->latest.begin_ns && who->latest.kind == event->operation &&
	       who->latest.start_pfn == event->start_pfn;
}

static void who_end(struct who *who, const struct operation_event *event,
		    const struct mhp_record *record, u64 block_pages)
{
	u64 block = event->start_pfn / block_pages;
	struct who_latest now = { .kind = event->operation,
				  .start_pfn = event->start_pfn,
				  .pid = record->pid };
	struct who_block *known;

	if (is_latest(who, event))
		now = who->latest;
	else if (event->operation != OPERATION_ADD)
		now.way = way_of(who, &now, record->comm, block);
	who->latest = (struct who_latest){ 0 };
	if (event->ret)
		return;
	if (event->operation == OPERATION_ADD)
		who->added = now;
	if (event->operation != OPERATION_ONLINE &&
	    event->operation != OPERATION_OFFLINE)
		return;
	known = make_block(who, block);
	if (known)
		known->tasks[event->operation] =
			task_number(who, record, now.way);
}

/*
 * The memmap of a section is populated in an add, or freed in a removal. A range
 * may have any number of memory blocks, so each is handled when its section is.
 */
static void who_section(struct who *who, enum operation kind,
			const struct mhp_record *record, u64 start_pfn,
			u64 block_pages)
{
	struct who_latest *now = &who->latest;
	u64 block = start_pfn / block_pages;
	struct who_block *known;

	if (!now->begin_ns || now->kind != kind ||
	    start_pfn - now->start_pfn >= now->nr_pages ||
	    block == now->last_block)
		return;
	now->last_block = block;
	known = make_block(who, block);
	if (!known)
		return;
	/* Another life begins with its first section. */
	if (kind == OPERATION_ADD)
		*known = (struct who_block){ 0 };
	known->tasks[kind] = task_number(who, record, now->way);
}

void who_take(struct who *who, const struct mhp_record *record, u64 block_pages,
	      u64 lost)
{
	struct operation_event event;

	if (lost != who->lost)
		who_reset(who);
	who->lost = lost;
	if (record->event == MHP_EVENT_mhp_vmemmap_populate)
		who_section(who, OPERATION_ADD, record,
			    record->p.mhp_vmemmap_populate.start_pfn,
			    block_pages);
	if (record->event == MHP_EVENT_mhp_vmemmap_free)
		who_section(who, OPERATION_REMOVE, record,
			    record->p.mhp_vmemmap_free.start_pfn, block_pages);
	if (!operation_event_get(&event, record))
		return;
	if (event.step == OPERATION_BEGINS)
		who_begin(who, &event, record, block_pages);
	else if (event.step == OPERATION_ENDS)
		who_end(who, &event, record, block_pages);
}
