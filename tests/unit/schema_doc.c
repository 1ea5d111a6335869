/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prints a JSON Schema, of a line of a recording, of a frame, of /state of mhptop
 * serve, or of what needs attention, from the events' own table and the columns:
 *
 *	schema_doc recording|frame|state|attention
 */
#include <stdio.h>
#include <string.h>

#include "format/record_json.h"
#include "model/attention.h"
#include "model/columns.h"
#include "model/operation.h"
#include "schema.h"

static void print_field(const struct event_field *field)
{
	printf("            \"%s\": ", field->name);
	if (field->symbols)
		schema_words(field->symbols);
	else
		printf("{\"$ref\": \"#/$defs/%c%d?\"}",
		       field->is_signed ? 's' : 'u',
		       field->size < 4 ? 32 : field->size * 8);
}

static void print_event_schema(unsigned int event)
{
	const struct event_info *info = event_info(event);
	const struct event_field *field;

	printf("%s      {\n        \"if\": {\"properties\": {\"event\": {\"const\": \"%s\"}}},\n"
	       "        \"then\": {\n          \"properties\": {\n",
	       event == 1 ? "" : ",\n", info->name);
	for (field = info->fields; field->name; field++) {
		print_field(field);
		printf("%s\n", field[1].name ? "," : "");
	}
	printf("          },\n          \"required\": [");
	for (field = info->fields;
	     field->name && !record_field_is_appended(event, field); field++)
		printf("%s\"%s\"", field == info->fields ? "" : ", ",
		       field->name);
	printf("]\n        }\n      }");
}

static void print_record_schema(void)
{
	unsigned int event;

	printf("    \"record\": {\n"
	       "      \"description\": \"An event. seq is 0 if it has no number; ns is CLOCK_MONOTONIC. A field that the source cannot report is null.\",\n"
	       "      \"type\": \"object\",\n"
	       "      \"properties\": {\n"
	       "        \"seq\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"ns\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"cpu\": {\"$ref\": \"#/$defs/u32\"},\n"
	       "        \"pid\": {\"$ref\": \"#/$defs/u32\"},\n"
	       "        \"comm\": {\"type\": \"string\", \"maxLength\": %d},\n"
	       "        \"event\": {\"type\": \"string\", \"pattern\": \"^mhp_\"}\n"
	       "      },\n"
	       "      \"required\": [\"seq\", \"ns\", \"cpu\", \"pid\", \"comm\", \"event\"],\n"
	       "      \"allOf\": [\n",
	       MHP_COMM_LEN - 1);
	for (event = 1; event_info(event); event++)
		print_event_schema(event);
	printf("\n      ]\n    }");
}

static void print_recording(void)
{
	schema_head(
		"recording", "A line of a recording of mhptop",
		"The first line is a header, the last one has the totals, the others are events. Newer versions of a schema only add members and events. Integers may exceed 2^53.");
	printf("  \"oneOf\": [\n    {\"$ref\": \"#/$defs/header\"},\n    {\"$ref\": \"#/$defs/record\"},\n    {\"$ref\": \"#/$defs/end\"}\n  ],\n"
	       "  \"$defs\": {\n%s,\n",
	       schema_integers);
	printf("    \"header\": {\n"
	       "      \"type\": \"object\",\n"
	       "      \"properties\": {\n"
	       "        \"schema\": {\"const\": %d},\n"
	       "        \"type\": {\"const\": \"mhptop\"},\n"
	       "        \"kernel\": {\"type\": \"string\"},\n"
	       "        \"host\": {\"type\": \"string\"},\n"
	       "        \"boot\": {\"type\": \"string\"},\n"
	       "        \"source\": {\"enum\": [\"events\", \"probes\", \"sysfs\"]},\n"
	       "        \"page_bytes\": {\"$ref\": \"#/$defs/u32\"},\n"
	       "        \"block_bytes\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"struct_page_bytes\": {\"$ref\": \"#/$defs/u32\"},\n"
	       "        \"balloon\": {\"const\": true},\n"
	       "        \"max_accounts\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"unknown_events\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}},\n"
	       "        \"run_ns\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"part\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"base_records\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"dropped\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"wall_ns\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"mono_ns\": {\"$ref\": \"#/$defs/u64\"}\n"
	       "      },\n"
	       "      \"required\": [\"schema\", \"type\", \"kernel\", \"host\", \"source\", \"page_bytes\", \"block_bytes\", \"wall_ns\", \"mono_ns\"]\n"
	       "    },\n",
	       SOURCE_SCHEMA);
	print_record_schema();
	printf(",\n    \"end\": {\n"
	       "      \"type\": \"object\",\n"
	       "      \"properties\": {\"totals\": {\n"
	       "        \"type\": \"object\",\n"
	       "        \"properties\": {\n"
	       "          \"seen\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "          \"lost\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "          \"folded\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "          \"self_check\": {\"enum\": [\"equal\", \"differs\", \"none\"]},\n"
	       "          \"self_check_why\": {\"type\": \"string\"},\n"
	       "          \"no_room\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "          \"no_lock\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "          \"mono_ns\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "          \"balloon\": {\"const\": true},\n"
	       "          \"events\": {\"type\": \"object\", \"additionalProperties\": {\n"
	       "            \"type\": \"object\",\n"
	       "            \"properties\": {\"seen\": {\"$ref\": \"#/$defs/u64\"}, \"lost\": {\"$ref\": \"#/$defs/u64\"}},\n"
	       "            \"required\": [\"seen\", \"lost\"]\n"
	       "          }}\n"
	       "        },\n"
	       "        \"required\": [\"seen\", \"lost\", \"folded\", \"self_check\", \"events\"]\n"
	       "      }},\n"
	       "      \"required\": [\"totals\"]\n"
	       "    }\n  }\n}\n");
}

static void print_column(const struct column *column)
{
	printf("        \"%s\": ", column->key);
	switch (column->kind) {
	case COLUMN_WORD:
		schema_words(column->symbols);
		break;
	case COLUMN_TEXT:
		printf("{\"type\": [\"string\", \"null\"]}");
		break;
	case COLUMN_FLAG:
		printf("{\"type\": \"boolean\"}");
		break;
	default:
		printf("{\"$ref\": \"#/$defs/s64?\"}");
	}
}

/* Whether a list of keys has this one; NULL is the list of all. */
static bool is_listed(const char *const *keys, const char *key)
{
	if (!keys)
		return true;
	while (*keys && strcmp(*keys, key))
		keys++;
	return *keys;
}

/* An array of rows, one for each memory block or range, with columns and, if more is not "", members */
static void print_rows(const char *key, const struct column *list,
		       const char *const *keys, const char *const *more)
{
	const struct column *column;
	const char *sep = "";
	int i;

	printf("    \"%s\": {\"type\": \"array\", \"items\": {\n      \"type\": \"object\",\n      \"properties\": {\n",
	       key);
	for (i = 0; more && more[i]; i += 2, sep = ",\n")
		printf("%s        \"%s\": %s", sep, more[i], more[i + 1]);
	for (column = list; column->key; column++) {
		if (!is_listed(keys, column->key))
			continue;
		fputs(sep, stdout);
		print_column(column);
		sep = ",\n";
	}
	printf("\n      },\n      \"required\": [");
	sep = "";
	for (i = 0; more && more[i]; i += 2, sep = ", ")
		printf("%s\"%s\"", sep, more[i]);
	for (column = list; column->key; column++) {
		if (!is_listed(keys, column->key))
			continue;
		printf("%s\"%s\"", sep, column->key);
		sep = ", ";
	}
	printf("]\n    }},\n");
}

/* An object whose members are all required; "KEY?" may be unknown. */
static void print_object(const char *const *keys, const char *type)
{
	const char *const *key;
	int len;

	printf("{\"type\": \"object\", \"properties\": {");
	for (key = keys; *key; key++) {
		len = strcspn(*key, "?");
		printf("%s\"%.*s\": {\"$ref\": \"#/$defs/%s%s\"}",
		       key == keys ? "" : ", ", len, *key, type, *key + len);
	}
	printf("}, \"required\": [");
	for (key = keys; *key; key++)
		printf("%s\"%.*s\"", key == keys ? "" : ", ",
		       (int)strcspn(*key, "?"), *key);
	printf("]}");
}

static void print_violations(void)
{
	printf("    \"violated\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "    \"violations\": {\"type\": \"array\", \"items\": {\n"
	       "      \"type\": \"object\",\n"
	       "      \"properties\": {\n"
	       "        \"rule\": ");
	schema_rules();
	printf(",\n"
	       "        \"block\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"pfn\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"expected\": {\"type\": \"string\"},\n"
	       "        \"found\": {\"type\": \"string\"},\n"
	       "        \"before\": {\"$ref\": \"#/$defs/event\"},\n"
	       "        \"then\": {\"$ref\": \"#/$defs/event\"}\n"
	       "      },\n"
	       "      \"required\": [\"rule\", \"block\", \"pfn\", \"expected\", \"found\", \"before\", \"then\"]\n"
	       "    }},\n");
}

static void print_zones(void)
{
	printf("    \"zones\": {\"type\": \"array\", \"items\": {\n"
	       "      \"type\": \"object\",\n"
	       "      \"properties\": {\n"
	       "        \"node\": {\"$ref\": \"#/$defs/s32\"},\n"
	       "        \"zone\": {\"type\": \"string\"},\n"
	       "        \"present\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"managed\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"present_change\": {\"$ref\": \"#/$defs/s64?\"},\n"
	       "        \"managed_change\": {\"$ref\": \"#/$defs/s64?\"},\n"
	       "        \"vmemmap_pages\": {\"$ref\": \"#/$defs/u64?\"},\n"
	       "        \"blocks_online\": {\"$ref\": \"#/$defs/u32\"}\n"
	       "      },\n"
	       "      \"required\": [\"node\", \"zone\", \"present\", \"managed\", \"present_change\", \"managed_change\", \"vmemmap_pages\", \"blocks_online\"]\n"
	       "    }},\n");
}

/* The ids of what needs attention, as a type */
static void print_attention_ids(void)
{
	int i;

	printf("{\"enum\": [");
	for (i = 0; i < ATTENTION_NR; i++)
		printf("%s\"%s\"", i ? ", " : "", attention_infos[i].id);
	printf("]}");
}

static void print_attention(void)
{
	printf("\"type\": \"object\", \"properties\": {\n"
	       "      \"found\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "      \"findings\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"properties\": {\n"
	       "        \"id\": ");
	print_attention_ids();
	printf(",\n        \"what\": {\"type\": \"string\"},\n"
	       "        \"text\": {\"type\": \"string\"},\n"
	       "        \"do\": {\"type\": \"string\"}\n"
	       "      }, \"required\": [\"id\", \"what\", \"text\", \"do\"]}},\n"
	       "      \"unknown\": {\"type\": \"array\", \"items\": ");
	print_attention_ids();
	printf("}\n    }, \"required\": [\"found\", \"findings\", \"unknown\"]");
}

static void print_attention_schema(void)
{
	schema_head(
		"attention", "What mhptop doctor --now --json prints",
		"found counts all findings, of which the first ones are listed. unknown has the ids of which it cannot be known whether there are any. Newer versions of a schema only add members.");
	printf("  ");
	print_attention();
	printf(",\n  \"$defs\": {\n%s\n  }\n}\n", schema_integers);
}

/* What a frame and /state begin with */
static void print_head(void)
{
	static const char *const sums[] = {
		"present",	  "managed",   "self_hosted?",
		"buddy_hosted?",  "blocks",    "blocks_online",
		"blocks_offline", "failures?", NULL
	};
	static const char *const counts[] = { "seen", "lost", NULL };

	printf("  \"type\": \"object\",\n  \"properties\": {\n"
	       "    \"schema\": {\"const\": %d},\n"
	       "    \"kernel\": {\"type\": \"string\"},\n"
	       "    \"host\": {\"type\": \"string\"},\n"
	       "    \"source\": {\"enum\": [\"events\", \"probes\", \"sysfs\"]},\n"
	       "    \"page_bytes\": {\"$ref\": \"#/$defs/u32\"},\n"
	       "    \"block_bytes\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "    \"ns\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "    \"time\": {\"type\": [\"string\", \"null\"]},\n"
	       "    \"events\": ",
	       SOURCE_SCHEMA);
	print_object(counts, "u64");
	printf(",\n    \"self_check\": {\"enum\": [\"equal\", \"differs\", \"pending\", \"none\"]},\n"
	       "    \"self_check_why\": {\"type\": \"string\"},\n"
	       "    \"notice\": {\"type\": \"string\"},\n"
	       "    \"sums\": ");
	print_object(sums, "u64");
	printf(",\n");
	print_zones();
}

#define REQUIRED                                                          \
	"\"schema\", \"kernel\", \"host\", \"source\", \"page_bytes\", "  \
	"\"block_bytes\", \"ns\", \"time\", \"events\", \"self_check\", " \
	"\"sums\", \"zones\""

static void print_frame_schema(void)
{
	schema_head(
		"frame", "A frame of mhptop --json",
		"Sizes are in pages, times in ns. What does not exist, or was not reported, is null. Newer versions of a schema only add members. Integers may exceed 2^53.");
	print_head();
	print_rows("blocks", columns, NULL, NULL);
	print_rows("ranges", range_columns, NULL, NULL);
	print_violations();
	printf("    \"attention\": {");
	print_attention();
	printf("}\n  },\n  \"required\": [" REQUIRED
	       ", \"blocks\", \"ranges\", \"violated\", \"violations\"],\n"
	       "  \"$defs\": {\n%s,\n"
	       "    \"event\": {\n"
	       "      \"type\": [\"object\", \"null\"],\n"
	       "      \"properties\": {\n"
	       "        \"event\": {\"type\": \"string\", \"pattern\": \"^mhp_\"},\n"
	       "        \"ns\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"time\": {\"type\": [\"string\", \"null\"]},\n"
	       "        \"seq\": {\"$ref\": \"#/$defs/u64\"}\n"
	       "      },\n"
	       "      \"required\": [\"event\", \"ns\", \"time\", \"seq\"]\n"
	       "    }\n  }\n}\n",
	       schema_integers);
}

static void print_in_progress(void)
{
	int i;

	printf("    \"in_progress\": {\"type\": [\"array\", \"null\"], \"items\": {\n"
	       "      \"type\": \"object\",\n      \"properties\": {\n"
	       "        \"operation\": {\"enum\": [");
	for (i = 0; i < NR_OPERATIONS; i++)
		printf("%s\"%s\"", i ? ", " : "", operation_name(i));
	printf("]},\n        \"start\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"bytes\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"ns\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"time\": {\"type\": [\"string\", \"null\"]},\n"
	       "        \"duration\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "        \"reason\": ");
	schema_words(event_reasons);
	printf("\n      },\n"
	       "      \"required\": [\"operation\", \"start\", \"bytes\", \"ns\", \"time\", \"duration\", \"reason\"]\n"
	       "    }},\n");
}

static void print_state_schema(void)
{
	static const char *const
		run[] = { "state", "node", "zone", "hosting", NULL },
		*const more[] = { "id",	    "{\"$ref\": \"#/$defs/u64\"}",
				  "count",  "{\"$ref\": \"#/$defs/u64\"}",
				  "failed", "{\"type\": \"boolean\"}",
				  NULL },
		*const range[] = { "base_pfn", "nr_pages", "node",
				   "hosting",  "why",	   "vmemmap_pages",
				   "zone",     "removed",  "reason",
				   NULL };

	schema_head(
		"state", "What mhptop serve has on /state",
		"A frame with runs of memory blocks that have everything in common. instance differs in each run of mhptop; records counts those that it has read; pipe_ended says that they came from a pipe that has ended. in_progress is null if nothing is known of operations. Sizes are in pages, times in ns. What does not exist, or was not reported, is null. Newer versions of a schema only add members. Integers may exceed 2^53.");
	print_head();
	print_rows("runs", columns, run, more);
	print_rows("ranges", range_columns, range, NULL);
	print_in_progress();
	printf("    \"violated\": {\"$ref\": \"#/$defs/u64\"},\n"
	       "    \"instance\": {\"type\": \"string\", \"pattern\": \"^[0-9a-f]{16}$\"},\n"
	       "    \"records\": {\"$ref\": \"#/$defs/u64\"},\n    \"pipe_ended\": {\"type\": \"boolean\"},\n    \"attention\": {");
	print_attention();
	printf("}\n  },\n  \"required\": [" REQUIRED
	       ", \"runs\", \"ranges\", \"in_progress\", \"violated\", \"instance\", \"records\", \"attention\"],\n"
	       "  \"$defs\": {\n%s\n  }\n}\n",
	       schema_integers);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "recording"))
		print_recording();
	else if (argc == 2 && !strcmp(argv[1], "frame"))
		print_frame_schema();
	else if (argc == 2 && !strcmp(argv[1], "state"))
		print_state_schema();
	else if (argc == 2 && !strcmp(argv[1], "attention"))
		print_attention_schema();
	else
		return 2;
	return 0;
}
