/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prints the reference part of docs/events.md from the events' own table, so
 * that the document cannot say anything else than tracepoints.h. What the
 * events mean is written by hand around it.
 */
#include <stdio.h>
#include "model/event_table.h"

static void print_symbols(const struct event_symbol *symbol)
{
	const char *separator = "";

	for (; symbol->name; symbol++) {
		printf("%s`%s`", separator, symbol->name);
		separator = ", ";
	}
}

static void print_event(const struct event_info *info)
{
	const struct event_field *field;

	printf("\n### %s\n\n| field | type | words |\n|---|---|---|\n",
	       info->name);
	for (field = info->fields; field->name; field++) {
		printf("| `%s` | %c%d | ", field->name,
		       field->is_signed ? 's' : 'u', field->size * 8);
		if (field->symbols)
			print_symbols(field->symbols);
		printf(" |\n");
	}
}

int main(void)
{
	unsigned int event;

	for (event = 1; event_info(event); event++)
		print_event(event_info(event));
	return 0;
}
