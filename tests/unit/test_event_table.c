// SPDX-License-Identifier: GPL-2.0
/*
 * The table of events against the header that it is made from, and what it
 * prints against the table: the two are expanded from different parts of each
 * event.
 */
#include <stdlib.h>

#include "model/event_table.h"
#include "ktap.h"

/* A value that fits into the field and into no other of its event. */
static s64 some_value(const struct event_field *field, unsigned int nth)
{
	if (field->symbols)
		return field->symbols[nth % 2].value;
	return field->is_signed ? -(s64)nth - 3 : (s64)nth + 100;
}

static void fill(struct mhp_record *record, unsigned int event)
{
	const struct event_field *field = event_info(event)->fields;
	unsigned int nth = 0;

	memset(record, 0, sizeof(*record));
	record->event = event;
	for (; field->name; field++, nth++)
		event_field_set(field, &record->p, some_value(field, nth));
}

/* Whether "name=text" says what is in the field of that name. */
static bool token_is_right(const struct mhp_record *record, const char *token)
{
	const struct event_field *field = event_info(record->event)->fields;
	const char *text = strchr(token, '=');
	s64 value;

	if (!text++)
		return false;
	for (; field->name; field++) {
		if (strlen(field->name) != (size_t)(text - 1 - token) ||
		    strncmp(field->name, token, text - 1 - token))
			continue;
		value = event_field_get(field, &record->p);
		if (field->symbols)
			return !strcmp(text,
				       event_symbol(field->symbols, value));
		/* Of the add's flags only 1 to 8 have words; 100 has bit 4. */
		if (!strcmp(field->name, "flags") && strchr(text, 'i'))
			return value == 103 &&
			       !strcmp(text,
				       "merge_resource|memmap_on_memory|nid_is_mgid|0x60");
		return strtoll(text, NULL, 0) == value;
	}
	return false;
}

static unsigned int nr_fields(const struct event_info *info)
{
	const struct event_field *field = info->fields;

	while (field->name)
		field++;
	return field - info->fields;
}

/* Every field is printed once, under its own name, with its own value. */
static void test_print(unsigned int event)
{
	const struct event_info *info = event_info(event);
	char text[640], *token, *rest = text;
	struct mhp_record record;
	unsigned int tokens = 0;
	bool all_right = true;

	fill(&record, event);
	event_print(&record, text, sizeof(text));
	while ((token = strsep(&rest, " "))) {
		tokens++;
		if (token_is_right(&record, token))
			continue;
		all_right = false;
		printf("# %s\n", token);
	}
	ok(all_right && tokens == nr_fields(info), "%s prints its fields",
	   info->name);
}

/* The keys that every record has, which a field must not have. */
static bool name_is_free(const char *name)
{
	static const char *const taken[] = { "seq", "ns",   "cpu",
					     "pid", "comm", "event" };
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(taken[i], name))
			return false;
	return true;
}

static void test_fields(unsigned int event)
{
	const struct event_info *info = event_info(event);
	const struct event_field *field = info->fields;
	size_t end = 0;
	bool free_names = true, dense = true, aligned = true;

	for (; field->name; field++) {
		free_names &= name_is_free(field->name);
		dense &= field->offset == end;
		aligned &= field->offset % field->size == 0;
		end = field->offset + field->size;
	}
	ok(free_names, "%s has no field named as a key of all records",
	   info->name);
	ok(dense && aligned && end == info->size, "%s has no holes",
	   info->name);
	ok(event_by_name(info->name, strlen(info->name)) == event,
	   "%s is found by its name", info->name);
	ok(!event_by_name(info->name, strlen(info->name) - 1),
	   "%s is not found by less than that", info->name);
}

static void test_get_set(void)
{
	union mhp_payload p;
	struct event_field field = { .name = "x", .offset = 8 };
	static const u8 sizes[] = { 1, 2, 4, 8 };
	size_t i;

	for (i = 0; i < 4; i++) {
		memset(&p, 0x55, sizeof(p));
		field.size = sizes[i];
		field.is_signed = true;
		event_field_set(&field, &p, -2);
		ok(event_field_get(&field, &p) == -2, "-2 in %d bytes",
		   sizes[i]);
		field.is_signed = false;
		ok((u64)event_field_get(&field, &p) ==
			   (~0ULL >> (64 - 8 * sizes[i])) - 1,
		   "the same without a sign");
		ok(((u8 *)&p)[7] == 0x55 && ((u8 *)&p)[8 + sizes[i]] == 0x55,
		   "and its neighbours are as they were");
	}
}

static void print_flags(u32 flags, char *text, size_t len)
{
	struct mhp_record record = { .event = MHP_EVENT_mhp_add_begin };

	record.p.mhp_add_begin.flags = flags;
	event_print(&record, text, len);
}

/* As libtraceevent does it: see docs/events.md. */
static void test_words(void)
{
	struct mhp_record record = { .event = MHP_EVENT_mhp_vmemmap_online };
	char text[256];

	event_print(&record, text, sizeof(text));
	eq_text("an enum without a word is hexadecimal", text,
		"start_pfn=0x0 vmemmap_pages=0 nid=0 zone=0x0");
	record.p.mhp_vmemmap_zone.zone = MHP_ZONE_MOVABLE;
	record.p.mhp_vmemmap_zone.nid = -1;
	event_print(&record, text, sizeof(text));
	eq_text("one with a word is that", text,
		"start_pfn=0x0 vmemmap_pages=0 nid=-1 zone=Movable");
	print_flags(0, text, sizeof(text));
	eq_text("no flags are nothing", text,
		"start_pfn=0x0 nr_pages=0 nid=0 flags=");
	print_flags(3, text, sizeof(text));
	eq_text("flags have words", text,
		"start_pfn=0x0 nr_pages=0 nid=0 flags=merge_resource|memmap_on_memory");
	print_flags(0x10, text, sizeof(text));
	eq_text("what has no word is a number", text,
		"start_pfn=0x0 nr_pages=0 nid=0 flags=0x10");
	eq("a short buffer is cut", event_print(&record, text, 10),
	   strlen("start_pfn=0x0 vmemmap_pages=0 nid=-1 zone=Movable"));
	eq_text("and ends with a NUL", text, "start_pfn");
	record.event = 999;
	event_print(&record, text, sizeof(text));
	eq_text("an event that is none", text, "event=999");
}

static void test_symbols(void)
{
	eq_text("a word", event_symbol(event_whys, MHP_WHY_DISABLED),
		"disabled");
	eq_text("no word", event_symbol(event_whys, 0), "?");
	eq("its value", event_symbol_value(event_whys, "disabledx", 8),
	   MHP_WHY_DISABLED);
	eq("not of a part", event_symbol_value(event_whys, "disabled", 7), -1);
	eq("nor of more", event_symbol_value(event_whys, "disabled\0x", 10),
	   -1);
	eq("nor of nothing", event_symbol_value(event_whys, "", 0), -1);
	ok(event_is_tool(MHP_EVENT_mhp_snapshot_block) &&
		   event_is_tool(MHP_EVENT_mhp_snapshot_zone),
	   "the tool's own events are known as that");
	ok(!event_is_tool(MHP_EVENT_mhp_notify) && !event_is_tool(0),
	   "and no others are");
}

int main(void)
{
	unsigned int event;

	ok(MHP_NR_EVENTS > 19, "there are events, the tool's too");
	ok(!event_info(0) && !event_info(MHP_NR_EVENTS) && !event_info(~0U),
	   "what is no event has no entry");
	for (event = 1; event_info(event); event++) {
		test_fields(event);
		test_print(event);
	}
	eq("all events were looked at", event, MHP_NR_EVENTS);
	test_get_set();
	test_words();
	test_symbols();
	return ktap_done();
}
