// SPDX-License-Identifier: GPL-2.0
/* The view of devices. */
#include <stdio.h>
#include <stdlib.h>
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

/* The columns behind the name. They scroll. */
static const struct {
	const char *title;
	int width; /* negative: left-aligned */
} device_columns[] = {
	{ "KIND", -10 },  { "SIZE", 9 },    { "BLOCKS", 6 },   { "ONLINE", 6 },
	{ "OFFLINE", 7 }, { "FAILED", 6 },  { "ZONES", -14 },  { "DRIVER", -6 },
	{ "MEMMAP", -6 }, { "REQUEST", 9 }, { "PLUGGED", -7 },
};

#define DEVICE_COLUMNS (sizeof(device_columns) / sizeof(*device_columns))
#define DEVICE_FACTS \
	7 /* the first of those that only a running machine shows */
#define DEVICE_TEXT (UNITS_TEXT_MAX * 2 + 4 > 64 ? UNITS_TEXT_MAX * 2 + 4 : 64)

/* A part of a number would be another number. */
static bool column_fits(const struct tui_pen *pen, size_t i)
{
	return pen->end - pen->x >= abs(device_columns[i].width);
}

static void device_facts(const struct attention_device *facts,
			 char text[][DEVICE_TEXT])
{
	strcpy(text[0], yes_or_no(facts->bound, "bound", "!gone"));
	if (facts->dax)
		strcpy(text[1],
		       yes_or_no(facts->self_hosting, "self", "buddy"));
	if (facts->virtio_mem && facts->request_known)
		size_text(text[2], facts->requested);
	if (facts->virtio_mem)
		attention_plugged(text[3], facts);
}

static void device_texts(const struct model *model,
			 const struct tui_device *device,
			 char text[DEVICE_COLUMNS][DEVICE_TEXT])
{
	const struct tui_tally *tally = &device->tally;
	size_t i;

	snprintf(text[0], DEVICE_TEXT, "%s", device_kind(device));
	size_text(text[1], tally->blocks * model->info.block_bytes);
	snprintf(text[2], DEVICE_TEXT, "%llu", tally->blocks);
	snprintf(text[3], DEVICE_TEXT, "%llu", tally->online);
	snprintf(text[4], DEVICE_TEXT, "%llu", tally->offline);
	snprintf(text[5], DEVICE_TEXT, "%s%llu", tally->failed ? "!" : "",
		 tally->failed);
	zones_text(device, text[6], DEVICE_TEXT);
	for (i = DEVICE_FACTS; i < DEVICE_COLUMNS; i++)
		strcpy(text[i], "-");
	if (device->has_facts)
		device_facts(&device->facts, &text[DEVICE_FACTS]);
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
	char text[DEVICE_COLUMNS][DEVICE_TEXT];
	size_t i;

	device_texts(model, device, text);
	tui_pen_force(&pen, style, "%s%-12s ", selected ? ">" : " ",
		      device->name);
	for (i = view->places[TUI_VIEW_devices].x;
	     i < DEVICE_COLUMNS && column_fits(&pen, i); i++)
		tui_pen_force(&pen, style, "%*s ", device_columns[i].width,
			      text[i]);
	if (selected && pen.x < pen.end)
		tui_screen_text(y, pen.x, pen.end - pen.x, style, "");
}

static void devices_draw(struct view_tui *view, const struct model *model,
			 const struct tui_area *area)
{
	struct tui_place *place = tui_view_place(view);
	struct tui_pen pen = { area->y, 0, view->panes.cols };
	struct tui_pen title;
	long i, nr = devices_lines(view, model);
	bool named = view->devices.named;

	/* One column stays. */
	if (place->x > (int)DEVICE_COLUMNS - 1)
		place->x = DEVICE_COLUMNS - 1;
	pen.x = tui_view_title(view, area, nr);
	if (!named)
		tui_pen_force(&pen, TUI_DIM,
			      "  grouped by the way memory was added");
	title = pen;
	pen = (struct tui_pen){ area->y + 1, 0, view->panes.cols };
	tui_pen_force(&pen, TUI_TITLE, " %-12s ",
		      named ? "DEVICE" : "ADDED BY");
	for (i = place->x; i < (long)DEVICE_COLUMNS && column_fits(&pen, i);
	     i++)
		tui_pen_force(&pen, TUI_TITLE, "%*s ", device_columns[i].width,
			      device_columns[i].title);
	if (i < (long)DEVICE_COLUMNS)
		tui_more_columns(&title);
	for (i = 0; i < area->height - 2 && place->top + i < nr; i++)
		device_draw(view, model, &view->devices.device[place->top + i],
			    area->y + 2 + i, place->top + i == place->line);
	if (!nr)
		tui_screen_text(area->y + 2, TUI_GUTTER,
				view->panes.cols - TUI_GUTTER, TUI_DIM,
				named ? "no device has memory" :
					"there is no added memory");
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
