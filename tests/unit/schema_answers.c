// SPDX-License-Identifier: GPL-2.0
/*
 * Prints a JSON Schema of an answer, from the lists of operations, phases, words,
 * rules and columns:
 *
 *	schema_answers report|diff
 */
#include "model/columns.h"
#include "model/operation.h"
#include "model/who.h"
#include "model/history.h"
#include "model/summary.h"
#include "schema_members.h"

static void reason(void)
{
	print_known(event_reasons);
}

static void zone(void)
{
	print_known(event_zones);
}

static void way(void)
{
	print_known(who_ways);
}

static void kind_of_page(void)
{
	print_known(event_kinds);
}

static void stage(void)
{
	print_known(event_stages);
}

static void operation(void)
{
	int i;

	printf("{\"enum\": [");
	for (i = 0; i < NR_OPERATIONS; i++)
		printf("%s\"%s\"", i ? ", " : "", operation_name(i));
	printf("]}");
}

static void result(void)
{
	printf("{\"enum\": [\"ok\", \"failed\", \"in_progress\", \"unseen\"]}");
}

/* Those that happened */
static void phases(void)
{
	int i;

	printf("{\"type\": \"object\", \"properties\": {");
	for (i = 0; i < NR_PHASES; i++)
		printf("%s\"%s\": {\"$ref\": \"#/$defs/u64?\"}", i ? ", " : "",
		       phase_name(i));
	printf("}}");
}

static void operations(void)
{
	static const struct member members[] = {
		{ "kind", NULL, operation }, { "memory", NULL, text },
		{ "part", "u64", NULL },     { "start_pfn", "u64", NULL },
		{ "nr_pages", "u64", NULL }, { "begin_ns", "u64?", NULL },
		{ "end_ns", "u64?", NULL },  { "time", NULL, text_or_null },
		{ "ns", "u64?", NULL },	     { "result", NULL, result },
		{ "ret", "s64?", NULL },     { "reason", NULL, reason },
		{ "zone", NULL, zone },	     { "pid", "u32", NULL },
		{ "comm", NULL, text },	     { "way", NULL, way },
		{ "blockers", "u32", NULL }, { "passes", "u32", NULL },
		{ "phases", NULL, phases },
	};

	print_array(MEMBERS(members));
}

/* One number for each bucket of durations */
static void print_buckets(int nr)
{
	printf("{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/u64\"}, \"minItems\": %d, \"maxItems\": %d}",
	       nr, nr);
}

static void bounds(void)
{
	print_buckets(SUMMARY_BUCKETS);
}

static void buckets(void)
{
	print_buckets(SUMMARY_BUCKETS + 1);
}

static void times_of_operation(void)
{
	static const struct member members[] = {
		{ "count", "u64", NULL },     { "failed", "u64", NULL },
		{ "unended", "u64", NULL },   { "timed", "u64", NULL },
		{ "p50_ns", "u64?", NULL },   { "p95_ns", "u64?", NULL },
		{ "p99_ns", "u64?", NULL },   { "max_ns", "u64?", NULL },
		{ "buckets", NULL, buckets },
	};

	print_object(MEMBERS(members));
}

static void times(void)
{
	struct member members[NR_OPERATIONS];
	int i;

	for (i = 0; i < NR_OPERATIONS; i++)
		members[i] = (struct member){ operation_name(i), NULL,
					      times_of_operation };
	print_object(members, NR_OPERATIONS);
}

static void pages(void)
{
	static const struct member members[] = {
		{ "pfn", "u64", NULL },	      { "block", "u64", NULL },
		{ "part", "u64", NULL },      { "kind", NULL, kind_of_page },
		{ "stage", NULL, stage },     { "order", "s64?", NULL },
		{ "refcount", "s64?", NULL }, { "mapcount", "s64?", NULL },
		{ "offlines", "u64", NULL },  { "reports", "u64", NULL },
	};

	print_array(MEMBERS(members));
}

static void retries(void)
{
	static const struct member members[] = {
		{ "kind", NULL, operation }, { "memory", NULL, text },
		{ "part", "u64", NULL },     { "start_pfn", "u64", NULL },
		{ "tries", "u64", NULL },    { "begin_ns", "u64?", NULL },
		{ "end_ns", "u64?", NULL },  { "result", NULL, result },
	};

	print_array(MEMBERS(members));
}

static void removals(void)
{
	static const struct member members[] = {
		{ "part", "u64", NULL },     { "start_pfn", "u64", NULL },
		{ "nr_pages", "u64", NULL }, { "ns", "u64", NULL },
		{ "way", NULL, way },	     { "blocks", "u32", NULL },
		{ "offline", "u32", NULL },  { "back", "u32", NULL },
		{ "refusals", "u32", NULL }, { "refused", "u64?", NULL },
		{ "removed", NULL, flag },   { "text", NULL, text },
	};

	print_array(MEMBERS(members));
}

/* [time, memory block, state] */
static void states(void)
{
	const struct event_symbol *word;

	printf("{\"type\": \"array\", \"items\": {\"type\": \"array\", \"prefixItems\": [{\"$ref\": \"#/$defs/u64\"}, {\"$ref\": \"#/$defs/u32\"}, {\"enum\": [");
	for (word = event_states; word->name; word++)
		printf("%s\"%s\"", word == event_states ? "" : ", ",
		       word->name);
	printf("]}], \"items\": false, \"minItems\": 3}}");
}

static void event(void)
{
	printf("{\"$ref\": \"#/$defs/event\"}");
}

static void violations(void)
{
	static const struct member members[] = {
		{ "rule", NULL, schema_rules }, { "block", "u64", NULL },
		{ "pfn", "u64", NULL },		{ "expected", NULL, text },
		{ "found", NULL, text },	{ "before", NULL, event },
		{ "then", NULL, event },
	};

	print_array(MEMBERS(members));
}

static void frame(void)
{
	printf("{\"$ref\": \"frame-%d.json\"}", SOURCE_SCHEMA);
}

static void print_report(void)
{
	static const struct member members[] = {
		{ "schema", NULL, schema_number },
		{ "operations", NULL, operations },
		{ "bounds_ns", NULL, bounds },
		{ "times", NULL, times },
		{ "pages_in_the_way", "u64", NULL },
		{ "pages", NULL, pages },
		{ "retries", NULL, retries },
		{ "removals", NULL, removals },
		{ "states", NULL, states },
		{ "violated", "u64", NULL },
		{ "violations", NULL, violations },
		{ "end", NULL, frame },
	};

	print_answer(
		"report", "What mhptop report --json prints", MEMBERS(members),
		",\n    \"event\": {\n"
		"      \"type\": [\"object\", \"null\"],\n"
		"      \"properties\": {\n"
		"        \"event\": {\"type\": \"string\", \"pattern\": \"^mhp_\"},\n"
		"        \"ns\": {\"$ref\": \"#/$defs/u64\"},\n"
		"        \"seq\": {\"$ref\": \"#/$defs/u64\"},\n"
		"        \"fields\": {\"type\": \"string\"},\n"
		"        \"sites\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}\n"
		"      },\n"
		"      \"required\": [\"event\", \"ns\", \"seq\", \"fields\", \"sites\"]\n"
		"    }");
}

static void side(void)
{
	static const struct member members[] = {
		{ "name", NULL, text },
		{ "ns", "u64", NULL },
		{ "seen", "u64", NULL },
		{ "lost", "u64", NULL },
	};

	print_object(MEMBERS(members));
}

static void accounts(void)
{
	static const struct member members[] = {
		{ "what", NULL, text },
		{ "key", NULL, text },
		{ "a", "s64?", NULL },
		{ "b", "s64?", NULL },
	};

	print_array(MEMBERS(members));
}

/* Any column that is compared, or whether there is such a row */
static void key_of_row(void)
{
	const struct column *column;

	printf("{\"enum\": [\"exists\"");
	for (column = columns; column->key; column++)
		printf(", \"%s\"", column->key);
	for (column = range_columns; column->key; column++)
		if (!column_find(column->key))
			printf(", \"%s\"", column->key);
	printf("]}");
}

static void value(void)
{
	printf("{\"type\": [\"integer\", \"string\", \"boolean\", \"null\"]}");
}

/* A memory block or a range */
static void rows(void)
{
	static const struct member block[] = {
		{ "block", "u64", NULL },
		{ "key", NULL, key_of_row },
		{ "a", NULL, value },
		{ "b", NULL, value },
	}, range[] = {
		{ "base_pfn", "u64", NULL },
		{ "key", NULL, key_of_row },
		{ "a", NULL, value },
		{ "b", NULL, value },
	};

	printf("{\"type\": \"array\", \"items\": {\"oneOf\": [");
	print_object(MEMBERS(block));
	printf(", ");
	print_object(MEMBERS(range));
	printf("]}}");
}

static void results(void)
{
	static const struct member members[] = {
		{ "ok", "u64", NULL },
		{ "failed", "u64", NULL },
		{ "unended", "u64", NULL },
		{ "reason", NULL, reason },
	};

	print_object(MEMBERS(members));
}

static void operations_compared(void)
{
	static const struct member members[] = {
		{ "kind", NULL, operation },  { "memory", NULL, text },
		{ "start_pfn", "u64", NULL }, { "a", NULL, results },
		{ "b", NULL, results },
	};

	print_array(MEMBERS(members));
}

static void rule(void)
{
	printf("{\"const\": \"rule\"}");
}

static void rules_compared(void)
{
	static const struct member members[] = {
		{ "what", NULL, rule },
		{ "key", NULL, schema_rules },
		{ "a", "u64", NULL },
		{ "b", "u64", NULL },
	};

	print_array(MEMBERS(members));
}

static void percentile(void)
{
	printf("{\"enum\": [\"p50_ns\", \"p95_ns\", \"p99_ns\", \"max_ns\"]}");
}

static void times_compared(void)
{
	static const struct member members[] = {
		{ "what", NULL, operation },
		{ "key", NULL, percentile },
		{ "a", "u64?", NULL },
		{ "b", "u64?", NULL },
	};

	print_array(MEMBERS(members));
}

/* null: no difference was found, but events were lost, or a recording is damaged */
static void equal(void)
{
	printf("{\"type\": [\"boolean\", \"null\"]}");
}

static void print_diff(void)
{
	static const struct member members[] = {
		{ "schema", NULL, schema_number },
		{ "a", NULL, side },
		{ "b", NULL, side },
		{ "accounts", NULL, accounts },
		{ "blocks", NULL, rows },
		{ "operations", NULL, operations_compared },
		{ "violations", NULL, rules_compared },
		{ "times", NULL, times_compared },
		{ "equal", NULL, equal },
	};

	print_answer("diff", "What mhptop diff --json prints", MEMBERS(members),
		     "");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "report"))
		print_report();
	else if (argc == 2 && !strcmp(argv[1], "diff"))
		print_diff();
	else
		return 2;
	return 0;
}
