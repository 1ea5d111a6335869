// SPDX-License-Identifier: GPL-2.0
/* The view of events: a list from which one can go to the memory block of an event. */
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "view/tui/state.h"

/* Lines are in the order of time; the last one is the newest event. */
static u64 events_nth(const struct view_tui *view, const struct model *model,
		      long nr, long line)
{
	return model->log_head - tui_log_head(view, model) + (nr - 1 - line);
}

static long events_kept(const struct view_tui *view, const struct model *model)
{
	u64 newer = model->log_head - tui_log_head(view, model);
	u64 kept = model->log_head < MODEL_LOG ? model->log_head : MODEL_LOG;

	return kept > newer ? kept - newer : 0;
}

/*
 * The selection is on the newest event until the user leaves it; then it stays on
 * its event while others come.
 */
static long events_lines(struct view_tui *view, const struct model *model)
{
	struct tui_place *place = &view->places[TUI_VIEW_events];
	u64 head = tui_log_head(view, model);
	long nr = events_kept(view, model);
	u64 first = head - nr;

	if (place->line >= view->events_nr - 1) {
		place->line = nr - 1;
	} else if (first > view->events_first) {
		place->line -= first - view->events_first;
		place->top -= first - view->events_first;
	}
	view->events_nr = nr;
	view->events_first = first;
	return nr;
}

static void events_row_draw(const struct view_tui *view,
			    const struct model *model,
			    const struct mhp_record *record, int y, int x,
			    bool selected)
{
	bool failed = tui_event_failed(record);
	int style = failed ? TUI_FAILED : TUI_PLAIN;
	char text[TUI_EVENT_MAX];
	size_t len;

	if (selected)
		style |= TUI_REVERSE;
	tui_event_line(view, model, record, text, sizeof(text));
	len = strlen(text);
	tui_screen_text(y, 0, 1, style, selected ? ">" : " ");
	tui_screen_text(y, 1, 1, style, failed ? "!" : " ");
	tui_screen_text(y, 2, view->panes.cols - 2, style,
			text + ((size_t)x < len ? (size_t)x : len));
}

static void events_view_draw(struct view_tui *view, const struct model *model,
			     const struct tui_area *area)
{
	struct tui_place *place = tui_view_place(view);
	struct tui_pen pen = { area->y, 0, view->panes.cols };
	long i, nr = view->events_nr;

	if (place->x > TUI_EVENT_MAX / TUI_EVENT_STEP)
		place->x = TUI_EVENT_MAX / TUI_EVENT_STEP;
	pen.x = tui_view_title(view, area, nr);
	tui_pen_write(&pen, TUI_DIM, "  newest at the bottom  %s",
		      time_style_help(view->time));
	if (model->log_head > MODEL_LOG)
		tui_pen_write(&pen, TUI_DIM, "  last %d of %llu", MODEL_LOG,
			      model->log_head);
	for (i = 0; i < area->height - 1 && place->top + i < nr; i++) {
		long line = place->top + i;
		const struct mhp_record *record =
			model_log(model, events_nth(view, model, nr, line));

		if (record)
			events_row_draw(view, model, record, area->y + 1 + i,
					place->x * TUI_EVENT_STEP,
					line == place->line);
	}
	if (!nr)
		tui_screen_text(area->y + 1, TUI_GUTTER,
				view->panes.cols - TUI_GUTTER, TUI_DIM,
				"no events yet");
}

static void events_open(struct view_tui *view, const struct model *model)
{
	long line = tui_view_place(view)->line;
	const struct mhp_record *record;
	u64 pfn;

	if (!view->events_nr)
		return;
	record = model_log(model,
			   events_nth(view, model, view->events_nr, line));
	if (record && tui_event_pfn(record, &pfn))
		tui_detail_open(view, model, pfn);
	else
		snprintf(view->message, sizeof(view->message),
			 "this event is not about a memory block");
}

const struct tui_view_ops tui_view_events = {
	.title = "Events",
	.heads = 1,
	.lines = events_lines,
	.draw = events_view_draw,
	.open = events_open,
};
