// SPDX-License-Identifier: GPL-2.0
/*
 * The view of latencies: how many operations of each kind there were, how long they
 * took, and the distribution of that.
 */
#include <stdio.h>
#include <string.h>

#include "model/summary.h"
#include "view/tui/state.h"

#define LABEL_WIDTH 12
#define SUMS 9 /* rows above the distribution: title, kinds, seven figures */

/* Sums that are shown; made anew only when there are new records. */
static void latency_make(struct view_tui *view, const struct model *model)
{
	if (view->times_made &&
	    (view->paused || view->times_seen == model->seen))
		return;
	if (summary_times_make(view->times, &model->history))
		snprintf(view->message, sizeof(view->message),
			 "out of memory: cannot sort the operations");
	view->times_made = true;
	view->times_seen = model->seen;
}

static bool is_empty_bucket(const struct view_tui *view, int bucket)
{
	int i;

	for (i = 0; i < NR_OPERATIONS; i++)
		if (view->times[i].buckets[bucket])
			return false;
	return true;
}

/* The buckets from the first to the last one that is not empty. Returns how many. */
static int bucket_range(const struct view_tui *view, int *first)
{
	int last = SUMMARY_BUCKETS;

	*first = 0;
	while (*first <= last && is_empty_bucket(view, *first))
		(*first)++;
	while (last > *first && is_empty_bucket(view, last))
		last--;
	return *first > last ? 0 : last - *first + 1;
}

static int kind_width(const struct view_tui *view)
{
	return (view->panes.cols - LABEL_WIDTH) / NR_OPERATIONS;
}

/* The pen for a kind of operations in a row */
static struct tui_pen kind_pen(const struct view_tui *view, int y, int kind)
{
	int x = LABEL_WIDTH + kind * kind_width(view);

	return (struct tui_pen){ y, x, x + kind_width(view) };
}

static void label_draw(int y, int style, const char *label)
{
	tui_screen_text(y, 0, LABEL_WIDTH, style, label);
}

/* A part of a number would be another number. */
static void too_long_draw(struct tui_pen *pen)
{
	tui_pen_force(pen, TUI_DIM, " ###");
}

static void count_draw(const struct view_tui *view, int y, int kind, int style,
		       u64 count)
{
	struct tui_pen pen = kind_pen(view, y, kind);

	if (!tui_pen_write(&pen, count ? style : TUI_DIM, " %llu", count))
		too_long_draw(&pen);
}

static void time_draw(const struct view_tui *view, int y, int kind, u64 ns)
{
	struct tui_pen pen = kind_pen(view, y, kind);
	char text[UNITS_TEXT_MAX];

	if (!view->times[kind].timed)
		tui_pen_force(&pen, TUI_DIM, " -");
	else if (!tui_pen_write(&pen, TUI_PLAIN, " %s",
				duration_text(text, ns, 1)) &&
		 !tui_pen_write(&pen, TUI_PLAIN, " %s",
				duration_text(text, ns, 0)))
		too_long_draw(&pen);
}

static void sums_draw(const struct view_tui *view, const struct tui_area *area)
{
	static const char *const labels[] = { "",	   "count", "failed",
					      "not ended", "p50",   "p95",
					      "p99",	   "max" };
	int i, y = area->y + 1;

	for (i = 0; i < SUMS - 1 && i < area->height - 1; i++)
		label_draw(y + i, TUI_TITLE, labels[i]);
	for (i = 0; i < NR_OPERATIONS; i++) {
		const struct summary_times *times = &view->times[i];
		struct tui_pen pen = kind_pen(view, y, i);
		const u64 figures[] = { times->p50_ns, times->p95_ns,
					times->p99_ns, times->max_ns };
		const struct {
			int style;
			u64 nr;
		} counts[] = { { TUI_VALUE, times->nr },
			       { TUI_FAILED, times->failed },
			       { TUI_GOING, times->unended } };
		int j, rows = area->height - 2;

		tui_pen_force(&pen, TUI_TITLE, " %s", operation_name(i));
		for (j = 0; j < 3 && j < rows; j++)
			count_draw(view, y + 1 + j, i, counts[j].style,
				   counts[j].nr);
		for (j = 0; j < 4 && j + 3 < rows; j++)
			time_draw(view, y + 4 + j, i, figures[j]);
	}
}

static void bucket_label(int bucket, char *text, size_t len)
{
	char bound[UNITS_TEXT_MAX];
	bool more = bucket == SUMMARY_BUCKETS;

	duration_text(bound, summary_bounds[more ? bucket - 1 : bucket],
		      DURATION_EXACT);
	snprintf(text, len, "%s %s", more ? "above" : "up to", bound);
}

/* A bar as long as the share of the largest bucket of this kind, and the number */
static void bucket_draw(const struct view_tui *view, int y, int kind,
			int bucket)
{
	const u64 *buckets = view->times[kind].buckets;
	struct tui_pen pen = kind_pen(view, y, kind);
	const char *full = tui_screen_utf8() ? "█" : "#";
	int i, room, length;
	u64 most = 0;

	for (i = 0; i <= SUMMARY_BUCKETS; i++)
		if (most < buckets[i])
			most = buckets[i];
	if (!buckets[bucket])
		return;
	room = pen.end - pen.x - snprintf(NULL, 0, "  %llu ", most);
	length = room > 0 ? (int)((double)buckets[bucket] / most * room) : 0;
	pen.x++;
	for (i = 0; i < (length ?: 1); i++)
		tui_pen_write(&pen, TUI_GOOD, "%s", full);
	tui_pen_write(&pen, TUI_PLAIN, " %llu", buckets[bucket]);
}

static void latency_draw(struct view_tui *view, const struct model *model,
			 const struct tui_area *area)
{
	struct tui_place *place = tui_view_place(view);
	struct tui_pen pen = { area->y, 0, view->panes.cols };
	int i, kind, first, nr, rows = area->height - SUMS;
	char label[UNITS_TEXT_MAX + 8];

	latency_make(view, model);
	nr = bucket_range(view, &first);
	place->top = tui_layout_scroll(place->top, -1, nr, rows < 0 ? 0 : rows);
	tui_pen_title(&pen, view->mode == TUI_MAIN, "Latency");
	tui_pen_write(&pen, TUI_PLAIN, " of %zu operations", model->history.nr);
	if (model->history.dropped)
		tui_pen_write(&pen, TUI_DIM, ", the latest of %llu",
			      model->history.dropped + model->history.nr);
	if (nr > rows && rows > 0)
		tui_pen_write(&pen, TUI_DIM, "  times %ld-%ld of %d",
			      place->top + 1, place->top + rows, nr);
	tui_pen_write(&pen, TUI_DIM, "  failed ones included");
	sums_draw(view, area);
	for (i = 0; i < rows && place->top + i < nr; i++) {
		int bucket = first + place->top + i;
		int y = area->y + SUMS + i;

		bucket_label(bucket, label, sizeof(label));
		label_draw(y, TUI_PLAIN, label);
		for (kind = 0; kind < NR_OPERATIONS; kind++)
			bucket_draw(view, y, kind, bucket);
	}
}

static void latency_move(struct view_tui *view, const struct model *model,
			 enum tui_move move)
{
	struct tui_place *place = tui_view_place(view);
	struct tui_area area;
	int first, nr;

	latency_make(view, model);
	tui_view_area(view, &area);
	nr = bucket_range(view, &first);
	place->top = tui_list_move(move, place->top, nr, area.height - SUMS);
}

const struct tui_view_ops tui_view_latency = {
	.title = "Latency",
	.draw = latency_draw,
	.move = latency_move,
};
