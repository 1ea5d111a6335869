// SPDX-License-Identifier: GPL-2.0
/*
 * Draws the pictures of a report. To keep the page small, what has one colour is
 * one path, and the map has a limited number of rows and columns.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "model/times.h"
#include "report/svg.h"

#define WIDTH 800 /* of the part of a picture that has a time axis */
#define LEFT 190 /* of it: names */
#define MAP_COLUMNS 200
#define MAP_ROWS 96
#define ROW_HEIGHT 10
#define LANE_HEIGHT 26
#define BAR_WIDTH 160

/*
 * Each recording has its own clock, so they are drawn one behind the other. Times
 * that are out of order are drawn where the recording begins or ends.
 */
struct span {
	u64 first_ns;
	u64 last_ns;
	u64 before; /* ns of the recordings before it */
};

struct axis {
	struct span *spans; /* by recording */
	size_t nr;
	size_t room;
	u64 total; /* ns, not 0 */
};

static int axis_add(struct axis *axis, u64 part, u64 ns)
{
	while (axis->nr <= part) {
		if (!vec_grow(axis->spans, axis->nr, axis->room))
			return -ENOMEM;
		axis->spans[axis->nr++] = (struct span){ .first_ns = -1ULL };
	}
	if (axis->spans[part].first_ns > ns)
		axis->spans[part].first_ns = ns;
	if (axis->spans[part].last_ns < ns)
		axis->spans[part].last_ns = ns;
	return 0;
}

static int axis_make(struct axis *axis, const struct report *report)
{
	const struct history *history = report->history;
	const struct history_operation *operation = history->operations;
	size_t i;
	int err = 0;

	*axis = (struct axis){ 0 };
	for (i = 0; !err && i < history->nr_changes; i++)
		err = axis_add(axis, history->changes[i].part,
			       history->changes[i].time_ns);
	for (i = 0; !err && i < history->nr; i++, operation++) {
		if (operation->begin_ns)
			err = axis_add(axis, operation->part,
				       operation->begin_ns);
		if (!err && operation->end_ns)
			err = axis_add(axis, operation->part,
				       operation->end_ns);
	}
	if (!err)
		err = axis_add(axis, history->part,
			       model_now(&report->stream->model));
	for (i = 0; i < axis->nr; i++) {
		struct span *span = &axis->spans[i];

		span->before = axis->total;
		if (span->last_ns > span->first_ns)
			axis->total += span->last_ns - span->first_ns;
	}
	axis->total = axis->total ?: 1;
	return err;
}

/* From 0 to 1 */
static double axis_at(const struct axis *axis, u64 part, u64 ns)
{
	const struct span *span = &axis->spans[part];
	u64 at = ns < span->first_ns ? span->first_ns :
		 ns > span->last_ns  ? span->last_ns :
				       ns;

	return (double)(span->before + at - span->first_ns) / axis->total;
}

/* A tick every quarter of the width, and a line where another recording begins */
static void axis_put(const struct axis *axis, const struct report *report,
		     FILE *out, int height)
{
	char text[UNITS_TEXT_MAX];
	size_t i;

	fprintf(out,
		"<text x=\"%d\" y=\"%d\">%s</text><text class=\"e\" x=\"%d\" y=\"%d\">",
		LEFT, height + 14,
		model_time_text(text, &report->stream->model,
				report->opts->time, axis->spans[0].first_ns),
		LEFT + WIDTH, height + 14);
	fprintf(out, "%s</text>\n",
		model_time_text(text, &report->stream->model,
				report->opts->time,
				axis->spans[axis->nr - 1].last_ns));
	for (i = 1; i < axis->nr && i < MAP_COLUMNS; i++)
		fprintf(out, "<path class=\"cut\" d=\"M%.1f 0V%d\"/>\n",
			LEFT + WIDTH * (double)axis->spans[i].before /
					axis->total,
			height);
}

static void begin_svg(FILE *out, const char *class, const char *label,
		      int width, int height)
{
	fprintf(out,
		"<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
		class, width, height, label);
}

/* The classes of the map, in the order of their rank: what is rarer wins in a row of several blocks. */
enum map_class {
	MAP_NOTHING,
	MAP_ONLINE,
	MAP_OFFLINE,
	MAP_MIXED,
	MAP_GOING,
	NR_MAP_CLASSES
};

static const char *const map_classes[NR_MAP_CLASSES] = { "", "on", "off", "mix",
							 "go" };

static enum map_class class_of(u8 state)
{
	switch (state) {
	case MHP_STATE_ONLINE:
		return MAP_ONLINE;
	case MHP_STATE_OFFLINE:
		return MAP_OFFLINE;
	case MHP_STATE_GOING_ONLINE:
	case MHP_STATE_GOING_OFFLINE:
		return MAP_GOING;
	}
	return MAP_NOTHING;
}

struct map_row {
	u64 first_block;
	u64 last_block;
	u32 counts[NR_MAP_CLASSES]; /* blocks */
	unsigned int column; /* up to which the cells are known */
	u8 cells[MAP_COLUMNS];
};

/* A memory block: its row, from 0, and what it is now */
struct map_block {
	u32 row;
	u8 class;
};

struct map {
	struct axis axis;
	struct sparse blocks; /* struct map_block */
	struct map_row *rows;
	size_t nr_rows;
};

static enum map_class row_class(const struct map_row *row)
{
	if (row->counts[MAP_GOING])
		return MAP_GOING;
	if (row->counts[MAP_ONLINE] && row->counts[MAP_OFFLINE])
		return MAP_MIXED;
	if (row->counts[MAP_ONLINE])
		return MAP_ONLINE;
	return row->counts[MAP_OFFLINE] ? MAP_OFFLINE : MAP_NOTHING;
}

/* The row has been like this up to a column. */
static void fill_row(struct map_row *row, unsigned int column)
{
	enum map_class class = row_class(row);

	while (row->column < column)
		row->cells[row->column++] = class;
	/* What comes and goes within one column is seen as well. */
	if (class == MAP_GOING && column < MAP_COLUMNS)
		row->cells[column] = class;
}

static int make_rows(struct map *map, const struct history *history)
{
	struct map_block *block;
	u64 number;
	size_t i, nth = 0, group;

	for (i = 0; i < history->nr_changes; i++)
		if (!sparse_make(&map->blocks, history->changes[i].block))
			return -ENOMEM;
	group = (map->blocks.nr + MAP_ROWS - 1) / MAP_ROWS ?: 1;
	map->nr_rows = (map->blocks.nr + group - 1) / group;
	map->rows = calloc(map->nr_rows ?: 1, sizeof(*map->rows));
	if (!map->rows)
		return -ENOMEM;
	for (number = 0; (block = sparse_next(&map->blocks, &number));
	     number++, nth++) {
		struct map_row *row = &map->rows[nth / group];

		block->row = nth / group;
		if (nth % group == 0)
			row->first_block = number;
		row->last_block = number;
	}
	return 0;
}

static void fill_rows(struct map *map, const struct history *history)
{
	size_t i;

	for (i = 0; i < history->nr_changes; i++) {
		const struct history_change *change = &history->changes[i];
		struct map_block *block =
			sparse_find(&map->blocks, change->block);
		struct map_row *row = &map->rows[block->row];
		unsigned int column =
			axis_at(&map->axis, change->part, change->time_ns) *
			(MAP_COLUMNS - 1);

		fill_row(row, column);
		if (row->counts[block->class])
			row->counts[block->class]--;
		block->class = class_of(change->state);
		row->counts[block->class]++;
		fill_row(row, column);
	}
	for (i = 0; i < map->nr_rows; i++)
		fill_row(&map->rows[i], MAP_COLUMNS);
}

static void put_class(const struct map *map, FILE *out, enum map_class class)
{
	const double cell = (double)WIDTH / MAP_COLUMNS;
	unsigned int column, from;
	size_t i;

	fprintf(out, "<path class=\"%s\" d=\"", map_classes[class]);
	for (i = 0; i < map->nr_rows; i++) {
		const u8 *cells = map->rows[i].cells;

		for (column = 0; column < MAP_COLUMNS; column++) {
			if (cells[column] != class)
				continue;
			from = column;
			while (column + 1 < MAP_COLUMNS &&
			       cells[column + 1] == class)
				column++;
			fprintf(out, "M%g %zuh%gv%dH%gz", LEFT + from * cell,
				i * ROW_HEIGHT, (column + 1 - from) * cell,
				ROW_HEIGHT - 1, LEFT + from * cell);
		}
	}
	fputs("\"/>\n", out);
}

static void put_names(const struct map *map, FILE *out)
{
	size_t i, step = map->nr_rows > 48 ? 4 : map->nr_rows > 24 ? 2 : 1;

	for (i = 0; i < map->nr_rows; i += step) {
		const struct map_row *row = &map->rows[i];

		fprintf(out, "<text class=\"e\" x=\"%d\" y=\"%zu\">memory%llu",
			LEFT - 6, i * ROW_HEIGHT + ROW_HEIGHT - 1,
			row->first_block);
		if (row->last_block != row->first_block)
			fprintf(out, "–%llu", row->last_block);
		fputs("</text>\n", out);
	}
}

int svg_map(const struct report *report, FILE *out)
{
	struct map map = { 0 };
	int i, height, err = axis_make(&map.axis, report);

	sparse_init(&map.blocks, sizeof(struct map_block));
	err = err ?: make_rows(&map, report->history);
	if (!err) {
		height = map.nr_rows * ROW_HEIGHT;
		fill_rows(&map, report->history);
		begin_svg(out, "wide", "states of the memory blocks over time",
			  LEFT + WIDTH, height + 20);
		put_names(&map, out);
		for (i = MAP_ONLINE; i < NR_MAP_CLASSES; i++)
			put_class(&map, out, i);
		axis_put(&map.axis, report, out, height);
		fputs("</svg>\n", out);
	}
	free(map.axis.spans);
	free(map.rows);
	sparse_free(&map.blocks);
	return err;
}

/* The operations of a kind that worked, or did not, as one path */
static void put_lane(const struct report *report, const struct axis *axis,
		     FILE *out, enum operation kind, bool failed)
{
	const struct history *history = report->history;
	int top = kind * LANE_HEIGHT;
	size_t i;

	fprintf(out, "<path class=\"%s\" d=\"", failed ? "bad" : "good");
	for (i = 0; i < history->nr; i++) {
		const struct history_operation *operation =
			&history->operations[i];
		u64 end = operation->end_ns;
		double from, width;

		if (operation->kind != kind ||
		    (operation->end != HISTORY_ENDED || operation->ret) !=
			    failed)
			continue;
		if (!end)
			end = operation->end == HISTORY_IN_PROGRESS ?
				      axis->spans[operation->part].last_ns :
				      operation->begin_ns;
		from = LEFT + WIDTH * axis_at(axis, operation->part,
					      operation->begin_ns ?: end);
		width = LEFT + WIDTH * axis_at(axis, operation->part, end) -
			from;
		/* Those that failed stand out by their height as well. */
		fprintf(out, "M%.1f %dh%.1fv%dH%.1fz", from,
			top + (failed ? 2 : 8), width < 1.5 ? 1.5 : width,
			failed ? LANE_HEIGHT - 4 : LANE_HEIGHT - 14, from);
	}
	fputs("\"/>\n", out);
}

int svg_waterfall(const struct report *report, FILE *out)
{
	struct axis axis;
	int i, err = axis_make(&axis, report);

	if (!err) {
		begin_svg(out, "wide", "operations over time", LEFT + WIDTH,
			  NR_OPERATIONS * LANE_HEIGHT + 20);
		for (i = 0; i < NR_OPERATIONS; i++) {
			fprintf(out,
				"<text class=\"e\" x=\"%d\" y=\"%d\">%s</text><path class=\"lane\" d=\"M%d %dh%d\"/>\n",
				LEFT - 6, i * LANE_HEIGHT + 17,
				operation_name(i), LEFT,
				i * LANE_HEIGHT + LANE_HEIGHT, WIDTH);
			put_lane(report, &axis, out, i, false);
			put_lane(report, &axis, out, i, true);
		}
		axis_put(&axis, report, out, NR_OPERATIONS * LANE_HEIGHT);
		fputs("</svg>\n", out);
	}
	free(axis.spans);
	return err;
}

#define BUCKET_WIDTH 26
#define BUCKETS_HEIGHT 100

void svg_distribution(const struct summary_times *times, FILE *out)
{
	char text[UNITS_TEXT_MAX];
	u64 most = 1;
	int i;

	for (i = 0; i <= SUMMARY_BUCKETS; i++)
		if (times->buckets[i] > most)
			most = times->buckets[i];
	begin_svg(out, "hist", "distribution of durations",
		  (SUMMARY_BUCKETS + 1) * BUCKET_WIDTH, BUCKETS_HEIGHT + 34);
	for (i = 0; i <= SUMMARY_BUCKETS; i++) {
		double height =
			times->buckets[i] * BUCKETS_HEIGHT / (double)most;

		if (times->buckets[i])
			fprintf(out,
				"<path class=\"good\" d=\"M%d %dv-%.1fh%dV%dz\"/><text class=\"m\" x=\"%d\" y=\"%.1f\">%llu</text>\n",
				i * BUCKET_WIDTH + 2, BUCKETS_HEIGHT + 14,
				height, BUCKET_WIDTH - 4, BUCKETS_HEIGHT + 14,
				i * BUCKET_WIDTH + BUCKET_WIDTH / 2,
				BUCKETS_HEIGHT + 11 - height,
				times->buckets[i]);
		if (i < SUMMARY_BUCKETS && i % 3 == 0)
			fprintf(out,
				"<text class=\"m\" x=\"%d\" y=\"%d\">≤%s</text>\n",
				i * BUCKET_WIDTH + BUCKET_WIDTH / 2,
				BUCKETS_HEIGHT + 28,
				duration_text(text, summary_bounds[i],
					      DURATION_EXACT));
	}
	fprintf(out, "<path class=\"lane\" d=\"M0 %dh%d\"/></svg>\n",
		BUCKETS_HEIGHT + 14, (SUMMARY_BUCKETS + 1) * BUCKET_WIDTH);
}

void svg_phases(const struct history_operation *operation, u64 max_ns,
		FILE *out)
{
	double at = 0, width;
	int i;

	fprintf(out, "<svg class=\"bar\" viewBox=\"0 0 %d 8\">", BAR_WIDTH);
	for (i = 0; i < NR_PHASES; i++) {
		if (operation->phases[i] <= 0)
			continue;
		width = (double)operation->phases[i] * BAR_WIDTH /
			(max_ns ?: 1);
		if (width < 0.1)
			continue;
		fprintf(out, "<path class=\"p%d\" d=\"M%.1f 0h%.1fv8H%.1fz\"/>",
			i, at, width, at);
		at += width;
	}
	fputs("</svg>", out);
}
