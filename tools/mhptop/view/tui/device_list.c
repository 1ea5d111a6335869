// SPDX-License-Identifier: GPL-2.0
/* Collects the memory blocks of each device, or of each way of adding memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "view/tui/devices.h"

static struct tui_device *device_get(struct tui_devices *devices,
				     const char *name)
{
	struct tui_device *device;
	size_t i;

	for (i = 0; i < devices->nr; i++)
		if (!strcmp(devices->device[i].name, name))
			return &devices->device[i];
	if (!vec_grow(devices->device, devices->nr, devices->room))
		return NULL;
	device = &devices->device[devices->nr++];
	*device = (struct tui_device){ 0 };
	snprintf(device->name, sizeof(device->name), "%s", name);
	return device;
}

static void device_take(struct tui_device *device,
			const struct mhp_block *block)
{
	if (!device->tally.blocks)
		device->first_pfn = block->start_pfn;
	tui_tally_add(&device->tally, block);
	if (block->state == MHP_STATE_ONLINE && block->zone < MHP_NODE_ZONES)
		device->zones[block->zone]++;
}

/* Blocks and the ranges of devices are both in ascending order. */
static void collect_by_name(struct tui_devices *devices,
			    const struct model *model)
{
	const struct attention_facts *facts = model->facts;
	u64 pages = ledger_block_pages(model->ledger);
	const struct attention_range *range = facts->ranges;
	const struct attention_range *end = range + facts->nr_ranges;
	const struct mhp_block *block = NULL;
	struct tui_device *device = NULL;
	size_t i;

	for (i = 0; i < facts->nr_devices; i++) {
		device = device_get(devices, facts->devices[i].name);
		if (!device)
			continue;
		device->has_facts = true;
		device->facts = facts->devices[i];
	}
	device = NULL;
	while ((block = ledger_next_block(model->ledger, block))) {
		if (block->state == MHP_STATE_REMOVED)
			continue;
		while (range < end &&
		       range->start_pfn + range->nr_pages <= block->start_pfn) {
			range++;
			device = NULL;
		}
		if (range == end)
			return;
		if (range->start_pfn >= block->start_pfn + pages)
			continue;
		if (!device)
			device = device_get(devices, range->device);
		if (!device)
			return;
		device_take(device, block);
	}
}

static void collect_by_way(struct tui_devices *devices,
			   const struct model *model)
{
	u64 pages = ledger_block_pages(model->ledger);
	const struct mhp_block *block = NULL;
	const struct who_task *task;
	struct tui_device *device;

	while ((block = ledger_next_block(model->ledger, block))) {
		task = who_find_task(&model->who, block->start_pfn / pages,
				     OPERATION_ADD);
		if (block->state == MHP_STATE_REMOVED || !task)
			continue;
		device = device_get(
			devices, task->way ? event_symbol(who_ways, task->way) :
					     "unknown");
		if (!device)
			return;
		device_take(device, block);
	}
}

void tui_devices_make(struct tui_devices *devices, const struct model *model)
{
	devices->nr = 0;
	devices->named = model->facts && model->facts->ranges_known;
	if (devices->named)
		collect_by_name(devices, model);
	else if (model_lost(model) == model->who.lost)
		collect_by_way(devices, model);
	devices->made_seen = model->seen;
	devices->made_now = model_now(model);
	devices->made = true;
}

void tui_devices_free(struct tui_devices *devices)
{
	free(devices->device);
	*devices = (struct tui_devices){ 0 };
}
