/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs that print JSON Schemas have in common: the head, integers and words. */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "model/source_info.h"
#include "rules/rules.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

/* A value that may be unknown: null */
#define INTEGER(name, min, max)                                       \
	"    \"" name "\": {\"type\": \"integer\", \"minimum\": " min \
	", \"maximum\": " max "},\n"                                  \
	"    \"" name                                                 \
	"?\": {\"type\": [\"integer\", \"null\"], \"minimum\": " min  \
	", \"maximum\": " max "}"

static const char schema_integers[] =
	INTEGER("u32", "0", "4294967295") ",\n" INTEGER("u64", "0", "18446744073709551615") ",\n" INTEGER(
		"s32", "-2147483648",
		"2147483647") ",\n" INTEGER("s64", "-9223372036854775808",
					    "9223372036854775807");

/* A word; a number for a value without one; null if it is unknown. */
static inline void schema_words(const struct event_symbol *symbol)
{
	printf("{\"anyOf\": [{\"enum\": [");
	for (; symbol->name; symbol++)
		printf("\"%s\", ", symbol->name);
	printf("null]}, {\"$ref\": \"#/$defs/u32\"}]}");
}

static inline void schema_head(const char *what, const char *title,
			       const char *description)
{
	printf("{\n  \"$schema\": \"" DRAFT "\",\n  \"$id\": \"%s-%d.json\",\n"
	       "  \"title\": \"%s, schema %d\",\n  \"description\": \"%s\",\n",
	       what, SOURCE_SCHEMA, title, SOURCE_SCHEMA, description);
}

/* The names of all rules, as a type */
static inline void schema_rules(void)
{
	int i;

	printf("{\"enum\": [");
	for (i = 0; i < NR_RULES; i++)
		printf("%s\"%s\"", i ? ", " : "", rule_infos[i].name);
	printf("]}");
}

#endif
