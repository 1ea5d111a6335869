// SPDX-License-Identifier: GPL-2.0
/*
 * The view of operations: a list, and beside it a waterfall of their phases on one
 * axis of time, which spans the operations that are visible.
 */
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "model/times.h"
#include "view/tui/state.h"

#define BELOW \
	4 /* rows below the list: two of the selected operation, two of the legend */
#define LETTER_UNKNOWN '?'
#define LETTER_UNDER_WAY '>'
#define MEMORY_WIDTH 24

static const struct {
	char letter;
	int style;
} phase_looks[NR_PHASES] = {
	[PHASE_ISOLATE] = { 'I', TUI_GOING },
	[PHASE_MIGRATE] = { 'M', TUI_MOVABLE },
	[PHASE_NOTIFIERS] = { 'N', TUI_GOOD },
	[PHASE_DIRECT_MAP] = { 'D', TUI_GOING },
	[PHASE_POPULATE] = { 'P', TUI_GOOD },
	[PHASE_MEMMAP_INIT] = { 'S', TUI_GOING },
	[PHASE_RELEASE] = { 'R', TUI_MOVABLE },
	[PHASE_FREE] = { 'F', TUI_MOVABLE },
	[PHASE_REST] = { '.', TUI_DIM },
};

/* From where to where the bars reach */
struct axis {
	u64 from_ns;
	u64 length_ns;
	int x; /* columns of the screen */
	int width;
	u64 part; /* the recording that the times are of */
	bool alone; /* each bar begins at the left */
};

/*
 * The selection is on the newest operation until the user leaves it; then it stays on
 * its operation while others come.
 */
static long operations_lines(struct view_tui *view, const struct model *model)
{
	const struct history *history = &model->history;
	struct tui_place *place = &view->places[TUI_VIEW_operations];
	long nr = history->nr;

	/* While paused, the list stays as it is. */
	if (view->paused && view->operations_nr <= nr)
		return view->operations_nr;
	if (place->line >= view->operations_nr - 1) {
		place->line = nr - 1;
	} else if (history->dropped > view->operations_dropped) {
		place->line -= history->dropped - view->operations_dropped;
		place->top -= history->dropped - view->operations_dropped;
	}
	view->operations_nr = nr;
	view->operations_dropped = history->dropped;
	return nr;
}

static u64 operation_begin(const struct history_operation *operation)
{
	return operation->begin_ns ?: operation->end_ns;
}

static u64 operation_end(const struct history_operation *operation,
			 const struct model *model)
{
	u64 end = operation->end_ns;

	if (operation->end == HISTORY_IN_PROGRESS)
		end = model_now(model);
	return end > operation->begin_ns ? end : operation_begin(operation);
}

static struct axis bars_axis(const struct view_tui *view,
			     const struct model *model, long from, long to,
			     int x)
{
	const struct history_operation *list = model->history.operations;
	long i, line = view->places[TUI_VIEW_operations].line;
	struct axis axis = {
		.from_ns = ~0ULL,
		.x = x,
		.width = view->panes.cols - x,
		.part = list[line].part,
		.alone = view->operations_alone,
	};
	u64 begin, end, last = 0;

	for (i = from; i < to; i++) {
		if (list[i].part != axis.part)
			continue;
		begin = operation_begin(&list[i]);
		end = operation_end(&list[i], model);
		if (axis.from_ns > begin)
			axis.from_ns = begin;
		if (!axis.alone && last < end)
			last = end;
		if (axis.alone && axis.length_ns < end - begin)
			axis.length_ns = end - begin;
	}
	if (!axis.alone && last > axis.from_ns)
		axis.length_ns = last - axis.from_ns;
	return axis;
}

/* The column of the bar in which a time is, from 0. */
static int axis_column(const struct axis *axis, u64 ns)
{
	double column;

	if (ns >= axis->length_ns)
		return axis->width;
	column = (double)ns / axis->length_ns * axis->width;
	return column < axis->width ? (int)column : axis->width;
}

/* The phase that is in progress so long after the begin, if one follows the other. */
static char bar_letter(const struct history_operation *operation, double after,
		       int *style)
{
	bool unknown = false;
	int i;

	for (i = 0; i < NR_PHASES; i++) {
		unknown |= operation->phases[i] == PHASE_UNKNOWN &&
			   phase_fits(i, operation->kind);
		if (operation->phases[i] < 0)
			continue;
		if (after < operation->phases[i]) {
			*style = phase_looks[i].style;
			return phase_looks[i].letter;
		}
		after -= operation->phases[i];
	}
	if (operation->end == HISTORY_IN_PROGRESS) {
		*style = TUI_GOING;
		return LETTER_UNDER_WAY;
	}
	*style = unknown || operation->end == HISTORY_END_UNSEEN ? TUI_DIM :
								   TUI_PLAIN;
	return unknown || operation->end == HISTORY_END_UNSEEN ?
		       LETTER_UNKNOWN :
		       phase_looks[PHASE_REST].letter;
}

static void bar_draw(const struct axis *axis, const struct model *model,
		     const struct history_operation *operation, int y)
{
	u64 begin = operation_begin(operation);
	u64 length = operation_end(operation, model) - begin;
	u64 offset = axis->alone ? 0 : begin - axis->from_ns;
	int from, to, i, style;
	char text[2] = { 0 };

	if (operation->part != axis->part || axis->width < 1 ||
	    begin < axis->from_ns)
		return;
	from = axis_column(axis, offset);
	to = axis_column(axis, offset + length);
	if (from >= axis->width)
		from = axis->width - 1;
	if (to <= from)
		to = from + 1;
	for (i = from; i < to; i++) {
		text[0] = bar_letter(operation,
				     (i - from + 0.5) / (to - from) * length,
				     &style);
		tui_screen_text(y, axis->x + i, 1, style, text);
	}
}

static const char *took_text(char text[UNITS_TEXT_MAX + 1],
			     const struct history_operation *operation,
			     const struct model *model)
{
	s64 ns = history_duration(operation);

	if (operation->end == HISTORY_IN_PROGRESS) {
		ns = operation_end(operation, model) - operation->begin_ns;
		duration_text(text, ns, 1);
		strcat(text, "+");
	} else if (ns < 0) {
		strcpy(text, "?");
	} else {
		duration_text(text, ns, 1);
	}
	return text;
}

static int operation_style(const struct history_operation *operation)
{
	if (operation->end == HISTORY_IN_PROGRESS)
		return TUI_GOING;
	return operation->end == HISTORY_ENDED && operation->ret ? TUI_FAILED :
								   TUI_PLAIN;
}

/* One row of the list; without an operation, the titles. Returns the column of the bar. */
static int operation_row(const struct view_tui *view, const struct model *model,
			 const struct history_operation *operation, int y,
			 bool selected)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	char when[UNITS_TEXT_MAX] = "TIME", took[UNITS_TEXT_MAX + 1] = "TOOK";
	char memory[HISTORY_MEMORY_MAX] = "MEMORY";
	const char *kind = "KIND";
	int style = TUI_TITLE;
	bool failed = false;

	if (operation) {
		style = operation_style(operation);
		failed = style == TUI_FAILED;
		model_time_short(when, model, view->time,
				 operation_begin(operation));
		took_text(took, operation, model);
		history_memory(model, operation->kind, operation->start_pfn,
			       operation->nr_pages, memory);
		kind = operation_name(operation->kind);
		if (selected)
			style |= TUI_REVERSE;
	}
	tui_pen_force(&pen, style, "%c%c%15s %-7s %-*.*s %8s",
		      selected ? '>' : ' ', failed ? '!' : ' ', when, kind,
		      MEMORY_WIDTH - 1, HISTORY_MEMORY_MAX, memory, took);
	return pen.x + 1;
}

static void axis_draw(const struct axis *axis, int y)
{
	struct tui_pen pen = { y, axis->x, axis->x + axis->width };
	char text[UNITS_TEXT_MAX];
	int width;

	duration_text(text, axis->length_ns, 1);
	width = strlen(text);
	if (axis->width < width + 3)
		return;
	tui_pen_force(&pen, TUI_DIM, "%s", axis->alone ? "each from 0" : "0");
	pen.x = pen.end - width;
	tui_pen_force(&pen, TUI_DIM, "%s", text);
}

/* What happened to the selected one, and its phases */
static void selected_draw(const struct view_tui *view,
			  const struct model *model,
			  const struct history_operation *operation, int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	char memory[HISTORY_MEMORY_MAX], result[160], text[UNITS_TEXT_MAX];
	char comm[MHP_COMM_LEN + 1];
	int i;

	history_memory(model, operation->kind, operation->start_pfn,
		       operation->nr_pages, memory);
	tui_pen_force(&pen, TUI_TITLE, "%s %s", operation_name(operation->kind),
		      memory);
	if (operation->zone)
		tui_pen_force(&pen, TUI_PLAIN, ", %s",
			      event_symbol(event_zones, operation->zone));
	tui_pen_force(&pen, operation_style(operation), "  %s",
		      history_result(operation, result, sizeof(result)));
	tui_pen_write(&pen, TUI_PLAIN, "  %s (%u), %s",
		      history_comm(operation->comm, comm), operation->pid,
		      operation->way ? event_symbol(who_ways, operation->way) :
				       "way unknown");
	pen = (struct tui_pen){ y + 1, 0, view->panes.cols };
	if (!operation->begin_ns)
		tui_pen_write(&pen, TUI_DIM, "its start was not seen  ");
	for (i = 0; i < NR_PHASES; i++) {
		if (!phase_fits(i, operation->kind) ||
		    operation->phases[i] == PHASE_NONE)
			continue;
		tui_pen_write(&pen, TUI_PLAIN, "%s ", phase_title(i));
		tui_pen_write(&pen, TUI_VALUE, "%s  ",
			      operation->phases[i] < 0 ?
				      "?" :
				      duration_text(text, operation->phases[i],
						    1));
	}
	if (*history_online(model, operation, memory))
		tui_pen_write(&pen, TUI_FAILED, "%s  ", memory);
	if (operation->blockers)
		tui_pen_write(&pen, TUI_FAILED, "pages in the way: %u, pass %u",
			      operation->blockers, operation->passes);
}

static void phases_legend_draw(const struct view_tui *view, int y, int end)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	int i;

	for (i = 0; i <= NR_PHASES + 1 && pen.y < end; i++) {
		char letter = i < NR_PHASES  ? phase_looks[i].letter :
			      i == NR_PHASES ? LETTER_UNKNOWN :
					       LETTER_UNDER_WAY;
		const char *what = i < NR_PHASES  ? phase_title(i) :
				   i == NR_PHASES ? "unknown" :
						    "under way";
		int style = i < NR_PHASES ? phase_looks[i].style : TUI_DIM;

		if (pen.end - pen.x < (int)strlen(what) + 4)
			pen = (struct tui_pen){ pen.y + 1, 0, pen.end };
		if (pen.y >= end)
			return;
		tui_pen_force(&pen, style, "%c", letter);
		tui_pen_force(&pen, TUI_PLAIN, " %s  ", what);
	}
}

static void operations_draw(struct view_tui *view, const struct model *model,
			    const struct tui_area *area)
{
	const struct history_operation *list = model->history.operations;
	struct tui_place *place = tui_view_place(view);
	long i, nr = view->operations_nr, rows = area->height - 2 - BELOW;
	struct tui_pen pen = { area->y, 0, view->panes.cols };
	int bars, end = area->y + area->height;
	struct axis axis;

	rows = rows < 1 ? 1 : rows > nr - place->top ? nr - place->top : rows;
	pen.x = tui_view_title(view, area, nr);
	tui_pen_write(&pen, TUI_DIM, "  newest at the bottom  %s",
		      time_style_help(view->time));
	if (model->history.dropped)
		tui_pen_write(&pen, TUI_DIM, "  the latest of %llu",
			      model->history.dropped + nr);
	bars = operation_row(view, model, NULL, area->y + 1, false);
	if (nr < 1) {
		tui_screen_text(area->y + 2, TUI_GUTTER,
				view->panes.cols - TUI_GUTTER, TUI_DIM,
				"no operations yet");
		return;
	}
	axis = bars_axis(view, model, place->top, place->top + rows, bars);
	axis_draw(&axis, area->y + 1);
	for (i = 0; i < rows; i++) {
		operation_row(view, model, &list[place->top + i],
			      area->y + 2 + i, place->top + i == place->line);
		bar_draw(&axis, model, &list[place->top + i], area->y + 2 + i);
	}
	if (area->height < 3 + BELOW)
		return;
	selected_draw(view, model, &list[place->line], end - BELOW);
	phases_legend_draw(view, end - 2, end);
}

static void operations_open(struct view_tui *view, const struct model *model)
{
	if (view->operations_nr > 0)
		tui_detail_open(view, model,
				model->history
					.operations[tui_view_place(view)->line]
					.start_pfn);
}

const struct tui_view_ops tui_view_operations = {
	.title = "Operations",
	.heads = 2 + BELOW,
	.lines = operations_lines,
	.draw = operations_draw,
	.open = operations_open,
};
