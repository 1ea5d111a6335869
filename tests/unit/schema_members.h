/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs that print JSON Schemas of answers have in common: objects as lists of members. */
#ifndef SCHEMA_MEMBERS_H
#define SCHEMA_MEMBERS_H

#include "schema.h"

#define DESCRIPTION                                                                          \
	"Sizes are in pages, times in ns of CLOCK_MONOTONIC. What is unknown is null. Newer" \
	" versions of a schema only add members. Integers may exceed 2^53."

/* A member of an object: its type is the name of an integer in $defs, or printed by a function. */
struct member {
	const char *name;
	const char *type; /* NULL: print */
	void (*print)(void);
};

#define MEMBERS(list) list, sizeof(list) / sizeof(*(list))

/* What an object with these members is, without braces */
static inline void print_members(const struct member *members, size_t nr)
{
	size_t i;

	printf("\"type\": \"object\", \"properties\": {");
	for (i = 0; i < nr; i++) {
		printf("%s\n      \"%s\": ", i ? "," : "", members[i].name);
		if (members[i].type)
			printf("{\"$ref\": \"#/$defs/%s\"}", members[i].type);
		else
			members[i].print();
	}
	printf("\n    }, \"required\": [");
	for (i = 0; i < nr; i++)
		printf("%s\"%s\"", i ? ", " : "", members[i].name);
	putchar(']');
}

static inline void print_object(const struct member *members, size_t nr)
{
	putchar('{');
	print_members(members, nr);
	putchar('}');
}

static inline void print_array(const struct member *members, size_t nr)
{
	printf("{\"type\": \"array\", \"items\": ");
	print_object(members, nr);
	putchar('}');
}

static inline void text(void)
{
	printf("{\"type\": \"string\"}");
}

static inline void text_or_null(void)
{
	printf("{\"type\": [\"string\", \"null\"]}");
}

/* In answers, unlike in recordings, a value without a word is null. */
static inline void print_known(const struct event_symbol *words)
{
	printf("{\"enum\": [");
	for (; words->name; words++)
		printf("\"%s\", ", words->name);
	printf("null]}");
}

static inline void flag(void)
{
	printf("{\"type\": \"boolean\"}");
}

static inline void schema_number(void)
{
	printf("{\"const\": %d}", SOURCE_SCHEMA);
}

static inline void print_answer(const char *what, const char *title,
				const struct member *members, size_t nr,
				const char *more)
{
	schema_head(what, title, DESCRIPTION);
	printf("  ");
	print_members(members, nr);
	printf(",\n  \"$defs\": {\n%s%s\n  }\n}\n", schema_integers, more);
}

#endif
