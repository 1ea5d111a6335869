// SPDX-License-Identifier: GPL-2.0
/* The view of devices. */
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "view/tui/state.h"

static long devices_lines(struct view_tui *view, const struct model *model)
{
	struct tui_devices *devices = &view->devices;

	/* What a running machine shows of its devices changes without events. */
	if (!devices->made ||
	    (!view->paused && (devices->made_seen != model->seen ||
			       devices->made_now != model_now(model))))
		tui_devices_make(devices, model);
	return devices->nr;
}

static const char *device_kind(const struct tui_device *device)
{
	if (!device->has_facts)
		return strncmp(device->name, "PNP0C80", 7) ? "-" : "DIMM";
	return device->facts.virtio_mem ? "virtio-mem" :
	       device->facts.dax	? "dax" :
					  "-";
}

static const char *yes_or_no(enum attention_yes_no answer, const char *yes,
			     const char *no)
{
	return answer == ATTENTION_YES ? yes :
	       answer == ATTENTION_NO  ? no :
					 "?";
}

/* "Movable", or "51 Movable 21 Normal" */
static void zones_text(const struct tui_device *device, char *buf, size_t len)
{
	size_t used = 0;
	u32 zone;

	snprintf(buf, len, "-");
	for (zone = 0; zone < MHP_NODE_ZONES && used < len; zone++) {
		u64 nr = device->zones[zone];

		if (!nr)
			continue;
		if (nr == device->tally.online)
			used += snprintf(buf + used, len - used, "%s",
					 event_symbol(event_zones, zone));
		else
			used += snprintf(buf + used, len - used, "%s%llu %s",
					 used ? " " : "", nr,
					 event_symbol(event_zones, zone));
	}
}

static const char *plugged_text(char buf[UNITS_TEXT_MAX * 2 + 4],
				const struct attention_device *facts)
{
	char min[UNITS_TEXT_MAX], max[UNITS_TEXT_MAX];

	size_text(min, facts->plugged_min);
	size_text(max, facts->plugged_max);
	if (facts->plugged_min == facts->plugged_max)
		strcpy(buf, min);
	else
		sprintf(buf, "%s to %s", min, max);
	return buf;
}

/* What only a running machine shows */
static void device_facts(struct tui_pen *pen, int style,
			 const struct tui_device *device)
{
	const struct attention_device *facts = &device->facts;
	char text[UNITS_TEXT_MAX * 2 + 4];
	bool asks;

	if (!device->has_facts) {
		tui_pen_force(pen, style, "%-6s %-6s %9s %s", "-", "-", "-",
			      "-");
		return;
	}
	asks = facts->virtio_mem && facts->request_known;
	tui_pen_force(pen, style, "%-6s %-6s ",
		      yes_or_no(facts->bound, "bound", "!gone"),
		      facts->dax ?
			      yes_or_no(facts->self_hosting, "self", "buddy") :
			      "-");
	tui_pen_force(pen, style, "%9s ",
		      asks ? size_text(text, facts->requested) : "-");
	tui_pen_force(pen, style, "%s",
		      facts->virtio_mem ? plugged_text(text, facts) : "-");
}

static int device_style(const struct tui_device *device)
{
	if (device->tally.failed ||
	    (device->has_facts && device->facts.bound == ATTENTION_NO))
		return TUI_FAILED;
	return TUI_PLAIN;
}

static void device_draw(const struct view_tui *view, const struct model *model,
			const struct tui_device *device, int y, bool selected)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	int style = device_style(device) | (selected ? TUI_REVERSE : 0);
	const struct tui_tally *tally = &device->tally;
	char size[UNITS_TEXT_MAX], failed[24], zones[64];

	snprintf(failed, sizeof(failed), "%s%llu", tally->failed ? "!" : "",
		 tally->failed);
	zones_text(device, zones, sizeof(zones));
	tui_pen_force(&pen, style, "%s%-12s %-10s ", selected ? ">" : " ",
		      device->name, device_kind(device));
	tui_pen_force(&pen, style, "%9s %6llu %6llu %7llu %6s %-14s ",
		      size_text(size, tally->blocks * model->info.block_bytes),
		      tally->blocks, tally->online, tally->offline, failed,
		      zones);
	device_facts(&pen, style, device);
	if (selected && pen.x < pen.end)
		tui_screen_text(y, pen.x, pen.end - pen.x, style, "");
}

static void devices_draw(struct view_tui *view, const struct model *model,
			 const struct tui_area *area)
{
	const struct tui_place *place = tui_view_place(view);
	struct tui_pen pen = { area->y, 0, view->panes.cols };
	long i, nr = devices_lines(view, model);
	bool named = view->devices.named;

	pen.x = tui_view_title(view, area, nr);
	if (!named)
		tui_pen_force(&pen, TUI_DIM,
			      "  not known here: by the way memory was added");
	pen = (struct tui_pen){ area->y + 1, 0, view->panes.cols };
	tui_pen_force(&pen, TUI_TITLE,
		      " %-12s %-10s %9s %6s %6s %7s %6s %-14s %-6s %-6s %9s %s",
		      named ? "DEVICE" : "ADDED BY", "KIND", "SIZE", "BLOCKS",
		      "ONLINE", "OFFLINE", "FAILED", "ZONES", "DRIVER",
		      "MEMMAP", "REQUEST", "PLUGGED");
	for (i = 0; i < area->height - 2 && place->top + i < nr; i++)
		device_draw(view, model, &view->devices.device[place->top + i],
			    area->y + 2 + i, place->top + i == place->line);
	if (!nr)
		tui_screen_text(area->y + 2, TUI_GUTTER,
				view->panes.cols - TUI_GUTTER, TUI_DIM,
				named ? "no device has memory" :
					"no memory was added yet");
}

static void devices_open(struct view_tui *view, const struct model *model)
{
	long line = tui_view_place(view)->line;

	if (line < devices_lines(view, model) &&
	    view->devices.device[line].tally.blocks)
		tui_detail_open(view, model,
				view->devices.device[line].first_pfn);
}

const struct tui_view_ops tui_view_devices = {
	.title = "Devices",
	.heads = 2,
	.lines = devices_lines,
	.draw = devices_draw,
	.open = devices_open,
};
