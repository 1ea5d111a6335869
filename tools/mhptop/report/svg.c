// SPDX-License-Identifier: GPL-2.0
/*
 * Draws the pictures of a report. To keep the page small, what has one colour is
 * one path, and the map has a limited number of rows and columns. A picture is as
 * wide as there is room, but its texts keep their size: names have a column of their
 * own, and the times are below it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "model/times.h"
#include "report/svg.h"

#define WIDTH 800 /* of a picture, in units that are as wide as there is room */
#define TICKS 4 /* of the time axis, after the first one */
#define LETTER 8 /* pixels that a letter of a name takes at the most */
#define MAP_COLUMNS 200
#define MAP_ROWS 96
#define ROWS_NAMED \
	48 /* of the map, of more rows only every second has a name */
#define ROW_HEIGHT 14
#define ROW_HEIGHT_LOW 10 /* if there are more than that */
#define LANE_HEIGHT 26
#define LANE_NAMES 56
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

/* The time at a tick of the axis */
static u64 axis_time(const struct axis *axis, unsigned int tick)
{
	u64 at =
		axis->total / TICKS * tick + axis->total % TICKS * tick / TICKS;
	size_t i = axis->nr - 1;

	while (i && axis->spans[i].before > at)
		i--;
	return axis->spans[i].first_ns + at - axis->spans[i].before;
}

/* Lines at the ticks, and where another recording begins */
static void axis_put_lines(const struct axis *axis, FILE *out, int height)
{
	size_t i;

	for (i = 1; i < TICKS; i++)
		fprintf(out, "<path class=\"tick\" d=\"M%zu 0V%d\"/>",
			i * WIDTH / TICKS, height);
	for (i = 1; i < axis->nr && i < MAP_COLUMNS; i++)
		fprintf(out, "<path class=\"cut\" d=\"M%.1f 0V%d\"/>\n",
			WIDTH * (double)axis->spans[i].before / axis->total,
			height);
}

/* The ends of a picture: its names, then what has the time axis, then the times */
static void names_begin(FILE *out, int width, int height)
{
	fprintf(out,
		"<div class=\"pic\"><svg class=\"names\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		width, height, width, height);
}

static void picture_begin(FILE *out, const char *label, int height)
{
	fprintf(out,
		"</svg><svg class=\"wide\" height=\"%d\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s\">\n",
		height, WIDTH, height, label);
}

static void picture_end(const struct axis *axis, const struct report *report,
			FILE *out)
{
	char text[UNITS_TEXT_MAX];
	int i;

	fputs("</svg><b></b><div class=\"axis\">", out);
	for (i = 0; i <= TICKS; i++)
		fprintf(out, "<small>%s</small>",
			model_time_text(text, &report->stream->model,
					report->opts->time,
					axis_time(axis, i)));
	fputs("</div></div>\n", out);
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

static int row_height(const struct map *map)
{
	return map->nr_rows > ROWS_NAMED ? ROW_HEIGHT_LOW : ROW_HEIGHT;
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
			fprintf(out, "M%g %zuh%gv%dH%gz", from * cell,
				i * row_height(map), (column + 1 - from) * cell,
				row_height(map) - 1, from * cell);
		}
	}
	fputs("\"/>\n", out);
}

static int name_of_row(const struct map_row *row, char *text, size_t len)
{
	if (row->last_block == row->first_block)
		return snprintf(text, len, "memory%llu", row->first_block);
	return snprintf(text, len, "memory%llu–%llu", row->first_block,
			row->last_block);
}

static void put_names(const struct map *map, FILE *out)
{
	size_t i, step = map->nr_rows > ROWS_NAMED ? 2 : 1;
	int len, longest = 0, height = row_height(map);
	char text[64];

	for (i = 0; i < map->nr_rows; i += step) {
		len = name_of_row(&map->rows[i], text, sizeof(text));
		longest = len > longest ? len : longest;
	}
	names_begin(out, longest * LETTER + 12, map->nr_rows * height);
	for (i = 0; i < map->nr_rows; i += step) {
		name_of_row(&map->rows[i], text, sizeof(text));
		fprintf(out, "<text class=\"e\" x=\"%d\" y=\"%zu\">%s</text>\n",
			longest * LETTER + 6, i * height + ROW_HEIGHT - 3,
			text);
	}
}

int svg_map(const struct report *report, FILE *out)
{
	struct map map = { 0 };
	int i, height, err = axis_make(&map.axis, report);

	sparse_init(&map.blocks, sizeof(struct map_block));
	err = err ?: make_rows(&map, report->history);
	if (!err) {
		height = map.nr_rows * row_height(&map);
		fill_rows(&map, report->history);
		put_names(&map, out);
		picture_begin(out, "states of the memory blocks over time",
			      height);
		for (i = MAP_ONLINE; i < NR_MAP_CLASSES; i++)
			put_class(&map, out, i);
		axis_put_lines(&map.axis, out, height);
		picture_end(&map.axis, report, out);
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
		from = WIDTH * axis_at(axis, operation->part,
				       operation->begin_ns ?: end);
		width = WIDTH * axis_at(axis, operation->part, end) - from;
		/* Those that failed stand out by their height as well. */
		fprintf(out, "M%.1f %dh%.1fv%dH%.1fz", from,
			top + (failed ? 2 : 8), width < 1.5 ? 1.5 : width,
			failed ? LANE_HEIGHT - 4 : LANE_HEIGHT - 14, from);
	}
	fputs("\"/>\n", out);
}

int svg_waterfall(const struct report *report, FILE *out)
{
	int i, height = NR_OPERATIONS * LANE_HEIGHT;
	struct axis axis;
	int err = axis_make(&axis, report);

	if (!err) {
		names_begin(out, LANE_NAMES, height);
		for (i = 0; i < NR_OPERATIONS; i++)
			fprintf(out,
				"<text class=\"e\" x=\"%d\" y=\"%d\">%s</text>",
				LANE_NAMES - 6, i * LANE_HEIGHT + 17,
				operation_name(i));
		picture_begin(out, "operations over time", height);
		axis_put_lines(&axis, out, height);
		for (i = 0; i < NR_OPERATIONS; i++) {
			fprintf(out, "<path class=\"lane\" d=\"M0 %dh%d\"/>\n",
				i * LANE_HEIGHT + LANE_HEIGHT, WIDTH);
			put_lane(report, &axis, out, i, false);
			put_lane(report, &axis, out, i, true);
		}
		picture_end(&axis, report, out);
	}
	free(axis.spans);
	return err;
}

/* A row for each bucket from the first to the last that has operations */
void svg_distribution(const struct summary_times *times, FILE *out)
{
	int i, first = SUMMARY_BUCKETS, last = 0;
	char text[UNITS_TEXT_MAX];
	u64 most = 1;

	for (i = 0; i <= SUMMARY_BUCKETS; i++) {
		if (!times->buckets[i])
			continue;
		first = i < first ? i : first;
		last = i;
		if (times->buckets[i] > most)
			most = times->buckets[i];
	}
	fputs("<table class=\"hist\">", out);
	for (i = first; i <= last; i++) {
		bool bound = i < SUMMARY_BUCKETS;

		fprintf(out,
			"<tr><td class=\"n\">%s%s</td><td class=\"n\">%llu</td><td><svg class=\"share\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\"><path class=\"good\" d=\"M0 0h%.1fv1H0z\"/></svg></td></tr>\n",
			bound ? "≤" : ">",
			duration_text(text, summary_bounds[bound ? i : i - 1],
				      DURATION_EXACT),
			times->buckets[i],
			times->buckets[i] * 100 / (double)most);
	}
	fputs("</table>", out);
}

void svg_phases(const struct history_operation *operation, u64 max_ns,
		FILE *out)
{
	double at = 0, width;
	u64 full = 0;
	int i;

	for (i = 0; i < NR_PHASES; i++)
		full += operation->phases[i] > 0 ? operation->phases[i] : 0;
	full = full > max_ns ? full : max_ns;
	fprintf(out, "<svg class=\"bar\" viewBox=\"0 0 %d 8\">", BAR_WIDTH);
	for (i = 0; i < NR_PHASES; i++) {
		if (operation->phases[i] <= 0)
			continue;
		width = (double)operation->phases[i] * BAR_WIDTH / full;
		if (width < 0.1)
			continue;
		fprintf(out, "<path class=\"p%d\" d=\"M%.1f 0h%.1fv8H%.1fz\"/>",
			i, at, width, at);
		at += width;
	}
	fputs("</svg>", out);
}
