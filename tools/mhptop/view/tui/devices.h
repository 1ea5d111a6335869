/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices whose memory this is. A recording does not name them: then the memory
 * that each way of adding it brought. No curses.
 */
#ifndef VIEW_TUI_DEVICES_H
#define VIEW_TUI_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include "model/model.h"
#include "view/tui/tree.h"

struct tui_device {
	char name[64];
	bool has_facts;
	struct attention_device facts; /* a copy: the model's change with time */
	u64 first_pfn; /* of its first memory block, if there is one */
	struct tui_tally tally;
	u64 zones[MHP_NODE_ZONES]; /* memory blocks online in each */
};

struct tui_devices {
	struct tui_device *device;
	size_t nr, room;
	bool named; /* false: the names are those of ways */
	u64 made_seen; /* records the model had then */
	u64 made_now; /* its time then */
	bool made;
};

/* Make the list anew. What has no room is left out. */
void tui_devices_make(struct tui_devices *devices, const struct model *model);
void tui_devices_free(struct tui_devices *devices);

#endif
