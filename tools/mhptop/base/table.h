/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of cells below titles, as wide as usual if that fits, else as narrow as the cells are. No cell is cut. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 16

struct table_column {
	const char *title;
	int width; /* usually at least, as printf has it: negative aligns left */
};

/* The caller sets the columns, and zeroes the rest. */
struct table {
	const struct table_column *columns;
	size_t nr_columns;
	char **cells; /* row by row */
	size_t nr, room;
	bool no_memory; /* cells are missing */
};

/* Append the next cell. */
void table_cell(struct table *table, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Whether each row fits into one line of so many columns; 0: any number. */
bool table_fits(const struct table *table, int cols);
/* What of a row does not fit is in another line below, and so are the titles. 0, or -ENOMEM if cells are missing. */
int table_print(const struct table *table, int cols, FILE *out);
void table_free(struct table *table);

#endif
