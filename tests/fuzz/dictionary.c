// SPDX-License-Identifier: GPL-2.0
/*
 * Prints a libFuzzer dictionary of the words in valid inputs: events with their
 * fields and symbols, columns, rules and settings, all from the tables that the
 * readers use. Run by run.sh.
 */
#include <stdio.h>

#include "model/columns.h"
#include "model/event_table.h"
#include "rules/config.h"

static void put_fields(const struct event_field *field)
{
	const struct event_symbol *symbol;

	for (; field->name; field++) {
		printf("\"\\\"%s\\\":\"\n\" %s=\"\n", field->name, field->name);
		for (symbol = field->symbols; symbol && symbol->name; symbol++)
			printf("\"%s\"\n", symbol->name);
	}
}

int main(void)
{
	const struct column *column;
	unsigned int event;
	int i;

	for (event = 1; event_info(event); event++) {
		printf("\"%s\"\n", event_info(event)->name);
		put_fields(event_info(event)->fields);
	}
	for (column = columns; column->key; column++)
		printf("\"%s\"\n", column->key);
	for (i = 0; i < NR_RULES; i++)
		printf("\"%s\"\n", rule_infos[i].name);
#define SETTING(name, value, help) puts("\"" name "\"");
	RULES_SETTINGS(SETTING)
	return 0;
}
