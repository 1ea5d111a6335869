// SPDX-License-Identifier: GPL-2.0
/* The log of events, in the format of perf. */
#include <stdio.h>
#include <string.h>
#include "model/event_table.h"
#include "view/tui/state.h"

void tui_event_line(const struct view_tui *view, const struct model *model,
		    const struct mhp_record *record, char *buf, size_t len)
{
	const struct event_info *info = event_info(record->event);
	bool is_wall = view->time == TIME_AS_LOCAL || view->time == TIME_AS_UTC;
	char when[UNITS_TEXT_MAX];
	int used;

	/* A column is left for the mark of a failure. */
	used = snprintf(buf, len, "%*s [%03u] %.*s-%u %s: ", is_wall ? 16 : 13,
			model_time_short(when, model, view->time,
					 record->time_ns),
			record->cpu, MHP_COMM_LEN, record->comm, record->pid,
			info ? info->name : "?");
	if (info && used >= 0 && (size_t)used < len)
		event_print(record, buf + used, len - used);
}

static bool event_find(const struct mhp_record *record, const char *name,
		       s64 *value)
{
	const struct event_info *info = event_info(record->event);
	const struct event_field *field = info ? info->fields : NULL;

	for (; field && field->name; field++) {
		if (strcmp(field->name, name))
			continue;
		*value = event_field_get(field, &record->p);
		return true;
	}
	return false;
}

bool tui_event_failed(const struct mhp_record *record)
{
	s64 ret;

	if (record->event == MHP_EVENT_mhp_offline_blocker)
		return true;
	return event_find(record, "ret", &ret) && ret;
}

bool tui_event_pfn(const struct mhp_record *record, u64 *pfn)
{
	s64 value;

	if (!event_find(record, "start_pfn", &value) &&
	    !event_find(record, "pfn", &value))
		return false;
	*pfn = value;
	return true;
}

bool tui_event_concerns(const struct mhp_record *record, u64 pfn, u64 nr)
{
	s64 pages = 1;
	u64 start;

	if (!tui_event_pfn(record, &start))
		return false;
	event_find(record, "nr_pages", &pages);
	return start < pfn + nr && start + (u64)pages > pfn;
}

/* The number of events that are newer than the last visible line. */
static u64 log_skipped(const struct view_tui *view, const struct model *model)
{
	u64 end = tui_log_head(view, model);

	if (view->log_back && view->log_end < end)
		end = view->log_end;
	return model->log_head - end;
}

static u64 log_kept(const struct model *model)
{
	return model->log_head < MODEL_LOG ? model->log_head : MODEL_LOG;
}

void tui_log_scroll(struct view_tui *view, const struct model *model, long up)
{
	long height = view->panes.pane[TUI_LOG].height - 1;
	u64 head = tui_log_head(view, model);
	long kept = log_kept(model) - (model->log_head - head);
	long back = head - (model->log_head - log_skipped(view, model)) + up;

	if (back > kept - height)
		back = kept - height;
	view->log_back = back > 0;
	view->log_end = head - (back > 0 ? back : 0);
}

static void log_title_draw(const struct view_tui *view,
			   const struct model *model, int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };

	tui_pen_title(&pen, tui_has_keys(view, TUI_LOG), "Events");
	if (view->log_back)
		tui_pen_write(&pen, TUI_VALUE, " %llu newer below (G: newest)",
			      log_skipped(view, model));
	else
		tui_pen_write(&pen, TUI_PLAIN, " newest at the bottom");
	tui_pen_write(&pen, TUI_DIM, "  %s", time_style_help(view->time));
	if (model->log_head > MODEL_LOG)
		tui_pen_write(&pen, TUI_DIM, "  last %d of %llu", MODEL_LOG,
			      model->log_head);
}

static void event_draw(const struct view_tui *view, const struct model *model,
		       const struct mhp_record *record, int y)
{
	bool failed = tui_event_failed(record);
	char line[TUI_EVENT_MAX];
	size_t len;

	tui_event_line(view, model, record, line, sizeof(line));
	len = strlen(line);
	tui_screen_text(y, 0, 1, TUI_FAILED, failed ? "!" : " ");
	tui_screen_text(
		y, 1, view->panes.cols - 1, failed ? TUI_FAILED : TUI_PLAIN,
		line + ((size_t)view->log_x < len ? (size_t)view->log_x : len));
}

void tui_log_draw(struct view_tui *view, const struct model *model)
{
	const struct tui_area *area = &view->panes.pane[TUI_LOG];
	long i, height = area->height - 1;
	const struct mhp_record *record;
	u64 skipped, kept = log_kept(model);

	if (height < 1)
		return;
	/* Visible events may have left the ring, or the pane may have grown. */
	if (view->log_back)
		tui_log_scroll(view, model, 0);
	skipped = log_skipped(view, model);
	log_title_draw(view, model, area->y);
	if (!kept)
		tui_screen_text(area->y + 1, 1, view->panes.cols - 1, TUI_DIM,
				"no events yet");
	for (i = 0; i < height && skipped + i < kept; i++) {
		record = model_log(model, skipped + i);
		if (!record)
			break;
		event_draw(view, model, record, area->y + area->height - 1 - i);
	}
}
