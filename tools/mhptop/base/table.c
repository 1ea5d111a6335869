// SPDX-License-Identifier: GPL-2.0
/* Lays out tables of text. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/fit.h"
#include "base/table.h"
#include "base/vec.h"

#define INDENT 4 /* of the lines of a row but the first */

struct table_layout {
	int width[TABLE_COLUMNS_MAX];
	bool below[TABLE_COLUMNS_MAX]; /* the column begins another line */
};

void table_cell(struct table *table, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	if (table->no_memory)
		return;
	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len >= 0 && vec_grow(table->cells, table->nr, table->room)) {
		table->cells[table->nr++] = text;
		return;
	}
	if (len >= 0)
		free(text);
	table->no_memory = true;
}

static int usual_width(const struct table *table, size_t column)
{
	return abs(table->columns[column].width);
}

/* The titles are a row, too. */
static const char *cell_text(const struct table *table, size_t nth)
{
	return nth < table->nr_columns ? table->columns[nth].title :
					 table->cells[nth - table->nr_columns];
}

/* As a printf with the usual widths would have it: a longer cell moves the next ones. */
static bool fits_usually(const struct table *table, int cols)
{
	size_t i, column, nr = table->nr_columns + table->nr;
	int width = 0, cell;

	for (i = 0; cols && i < nr; i++) {
		column = i % table->nr_columns;
		cell = fit_width(cell_text(table, i));
		if (cell < usual_width(table, column))
			cell = usual_width(table, column);
		width = column ? width + 1 + cell : cell;
		if (width > cols)
			return false;
	}
	return true;
}

static int narrow_width(const struct table *table, size_t column)
{
	size_t i, nr = table->nr_columns + table->nr;
	int width = 0, cell;

	for (i = column; i < nr; i += table->nr_columns) {
		cell = fit_width(cell_text(table, i));
		width = cell > width ? cell : width;
	}
	return width;
}

/* Returns the number of lines that a row has. */
static int lay_out(struct table_layout *layout, const struct table *table,
		   int cols)
{
	bool usual = fits_usually(table, cols);
	int width, used = 0, lines = 1;
	size_t i;

	for (i = 0; i < table->nr_columns; i++) {
		width = usual ? usual_width(table, i) : narrow_width(table, i);
		layout->width[i] = width;
		layout->below[i] = !usual && i && used + 1 + width > cols;
		lines += layout->below[i];
		used = !i		? width :
		       layout->below[i] ? INDENT + width :
					  used + 1 + width;
	}
	return lines;
}

bool table_fits(const struct table *table, int cols)
{
	struct table_layout layout;

	return lay_out(&layout, table, cols) == 1;
}

static void put_cell(const struct table *table,
		     const struct table_layout *layout, size_t column,
		     const char *text, FILE *out)
{
	bool last = column + 1 == table->nr_columns ||
		    layout->below[column + 1];
	int pad = layout->width[column] - fit_width(text);

	if (layout->below[column])
		fprintf(out, "\n%*s", INDENT, "");
	else if (column)
		fputc(' ', out);
	if (pad < 0)
		pad = 0;
	if (table->columns[column].width > 0)
		fprintf(out, "%*s%s", pad, "", text);
	else
		fprintf(out, "%s%*s", text, last ? 0 : pad, "");
}

int table_print(const struct table *table, int cols, FILE *out)
{
	size_t i, column, nr = table->nr_columns + table->nr;
	struct table_layout layout;

	if (table->no_memory)
		return -ENOMEM;
	lay_out(&layout, table, cols);
	for (i = 0; i < nr; i++) {
		column = i % table->nr_columns;
		put_cell(table, &layout, column, cell_text(table, i), out);
		if (column + 1 == table->nr_columns)
			fputc('\n', out);
	}
	return 0;
}

void table_free(struct table *table)
{
	while (table->nr)
		free(table->cells[--table->nr]);
	free(table->cells);
	table->cells = NULL;
	table->room = 0;
}
