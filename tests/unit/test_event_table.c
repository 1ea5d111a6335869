// SPDX-License-Identifier: GPL-2.0
/*
 * The event table against the trace event header, and the printed text of each
 * event against the table: both are expanded from different parts of an event.
 */
#include <stdlib.h>

#include "model/event_table.h"
#include "ktap.h"

/* A value that fits the field and differs from those of the other fields. */
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

/* Whether "name=text" matches the field of that name. */
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
		/* Only flags 1 to 8 of an add have words; the value has others, too. */
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

/* Every field is printed exactly once, with its name and value. */
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

/* An unknown field is printed as a question mark, and no other field is. */
static void test_print_unknown(unsigned int event)
{
	const struct event_info *info = event_info(event);
	char text[640], *token, *rest = text, want[64];
	struct mhp_record record;
	unsigned int questions = 0;
	bool found = false;

	fill(&record, event);
	record.unknown = 2;
	event_print(&record, text, sizeof(text));
	snprintf(want, sizeof(want), "%s=?", info->fields[1].name);
	while ((token = strsep(&rest, " "))) {
		found |= !strcmp(token, want);
		questions += strchr(token, '?') != NULL;
	}
	ok(found && questions == 1, "%s prints %s if it is unknown", info->name,
	   want);
}

/* Keys of all records, which must not be names of fields. */
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
	ok(free_names, "%s has no field named like a key of all records",
	   info->name);
	/* A payload may end with padding, which is less than a field. */
	ok(dense && aligned && info->size - end < sizeof(u64),
	   "%s has no holes", info->name);
	ok(event_by_name(info->name, strlen(info->name)) == event,
	   "%s is found by its name", info->name);
	ok(!event_by_name(info->name, strlen(info->name) - 1),
	   "%s is not found by a prefix of its name", info->name);
}

/* Otherwise other tools cannot join events by the field. */
static void test_types(void)
{
	const struct event_field *field, *other;
	unsigned int event, later;
	bool same = true;

	for (event = 1; event_info(event); event++)
		for (field = event_info(event)->fields; field->name; field++)
			for (later = event + 1; event_info(later); later++)
				for (other = event_info(later)->fields;
				     other->name; other++) {
					if (strcmp(field->name, other->name) ||
					    (field->size == other->size &&
					     field->is_signed ==
						     other->is_signed))
						continue;
					printf("# %s of %s and %s\n",
					       field->name,
					       event_info(event)->name,
					       event_info(later)->name);
					same = false;
				}
	ok(same, "a field has one type in all events");
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
		   "the same bytes unsigned");
		ok(((u8 *)&p)[7] == 0x55 && ((u8 *)&p)[8 + sizes[i]] == 0x55,
		   "the neighbouring bytes are unchanged");
	}
}

static void print_flags(u32 flags, char *text, size_t len)
{
	struct mhp_record record = { .event = MHP_EVENT_mhp_add_begin };

	record.p.mhp_add_begin.flags = flags;
	event_print(&record, text, len);
}

/* The same text as libtraceevent prints, see docs/events.md. */
static void test_words(void)
{
	struct mhp_record record = { .event = MHP_EVENT_mhp_vmemmap_online };
	char text[256];

	event_print(&record, text, sizeof(text));
	eq_text("an enum value without a word is printed in hexadecimal", text,
		"start_pfn=0x0 vmemmap_pages=0 nid=0 zone=0x0");
	record.p.mhp_vmemmap_zone.zone = MHP_ZONE_MOVABLE;
	record.p.mhp_vmemmap_zone.nid = -1;
	event_print(&record, text, sizeof(text));
	eq_text("an enum value with a word is printed as the word", text,
		"start_pfn=0x0 vmemmap_pages=0 nid=-1 zone=Movable");
	print_flags(0, text, sizeof(text));
	eq_text("no flags are printed as nothing", text,
		"start_pfn=0x0 nr_pages=0 nid=0 flags=");
	print_flags(3, text, sizeof(text));
	eq_text("flags are printed as words", text,
		"start_pfn=0x0 nr_pages=0 nid=0 flags=merge_resource|memmap_on_memory");
	print_flags(0x10, text, sizeof(text));
	eq_text("a flag without a word is printed as a number", text,
		"start_pfn=0x0 nr_pages=0 nid=0 flags=0x10");
	eq("a short buffer: the full length is returned",
	   event_print(&record, text, 10),
	   strlen("start_pfn=0x0 vmemmap_pages=0 nid=-1 zone=Movable"));
	eq_text("a short buffer: the text is truncated", text, "start_pfn");
	record.event = 999;
	event_print(&record, text, sizeof(text));
	eq_text("an unknown event", text, "event=999");
}

static void test_symbols(void)
{
	eq_text("the word of a value",
		event_symbol(event_whys, MHP_WHY_DISABLED), "disabled");
	eq_text("a value without a word", event_symbol(event_whys, 0), "?");
	eq("the value of a word",
	   event_symbol_value(event_whys, "disabledx", 8), MHP_WHY_DISABLED);
	eq("a prefix of a word has no value",
	   event_symbol_value(event_whys, "disabled", 7), -1);
	eq("a longer word has no value",
	   event_symbol_value(event_whys, "disabled\0x", 10), -1);
	eq("an empty word has no value", event_symbol_value(event_whys, "", 0),
	   -1);
	ok(event_is_tool(MHP_EVENT_mhp_snapshot_block) &&
		   event_is_tool(MHP_EVENT_mhp_snapshot_zone) &&
		   event_is_tool(MHP_EVENT_mhp_snapshot_memory),
	   "events of the tool are recognized");
	ok(!event_is_tool(MHP_EVENT_mhp_notify) && !event_is_tool(0),
	   "events of the kernel are not events of the tool");
}

int main(void)
{
	unsigned int event;

	ok(MHP_NR_EVENTS > 19,
	   "there are events of the kernel and of the tool");
	ok(!event_info(0) && !event_info(MHP_NR_EVENTS) && !event_info(~0U),
	   "numbers that are not events have no entry");
	for (event = 1; event_info(event); event++) {
		test_fields(event);
		test_print(event);
		test_print_unknown(event);
	}
	eq("all events were tested", event, MHP_NR_EVENTS);
	test_types();
	test_get_set();
	test_words();
	test_symbols();
	return ktap_done();
}
