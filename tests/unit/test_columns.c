// SPDX-License-Identifier: GPL-2.0
/* Columns as text and in order, and filters. */
#include <errno.h>
#include <stdlib.h>

#include "model/columns.h"
#include "model_records.h"

static void test_cells(void)
{
	cell(40, "id", "40");
	cell(40, "start_pfn", "0x140000");
	cell(40, "nr_pages", "32768");
	cell(40, "state", "online");
	cell(40, "zone", "Movable");
	cell(40, "hosting", "block");
	cell(40, "vmemmap_pages", "0");
	cell(40, "present", "32768");
	cell(40, "managed", "32256");
	cell(40, "populated", "512");
	cell(40, "offline_failures", "1");
	cell(40, "reason", "unmovable");
	cell(40, "last_ret", "-16");
	cell(40, "blocker_pfn", "0x140005");
	cell(40, "blocker_kind", "anon");
	cell(40, "blocker_stage", "migrate");
	cell(40, "offline_time", "2.0us");
	cell(40, "known", "estimated");
	cell(0, "present", "?");
	cell(0, "known", "snapshot");
	cell(0, "blocker_pfn", "-");
	cell(0, "blocker_kind", "-");
	cell(0, "reason", "-");
	cell(0, "range", "-");
	cell(41, "present", "0");
	cell(42, "hosting", "?");
	cell(42, "vmemmap_pages", "?");
	cell(42, "present", "?");
	cell(42, "online_time", "0ns+");
	cell(42, "state", "going_online");
	cell(42, "known", "partial");
}

static void test_times(void)
{
	static const struct {
		u64 ns;
		const char *want;
	} times[] = {
		{ 0, "0ns" },
		{ 999, "999ns" },
		{ 1000, "1.0us" },
		{ 1234567, "1.2ms" },
		{ 999000000, "999.0ms" },
		{ 61500000000ULL, "61.5s" },
	};
	struct mhp_block block = { .online.begin_ns = 5 };
	char text[32];
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		block.online.end_ns = 5 + times[i].ns;
		column_format(column_find("online_time"), &model, &block, text,
			      sizeof(text));
		eq_text(times[i].want, text, times[i].want);
	}
}

/* An operation that had begun before the snapshot, whose time is the latest possible begin. */
static void test_lower_bounds(void)
{
	const struct column *bound = column_find("offline_bound");
	struct mhp_block block = { .state = MHP_STATE_GOING_OFFLINE,
				   .flags = MHP_BLOCK_LATE_OFFLINE,
				   .offline = { 5, 3000000005ULL },
				   .online = { 5, 2000000005ULL } };
	char text[32];

	column_format(column_find("offline_time"), &model, &block, text,
		      sizeof(text));
	eq_text("a lower bound", text, ">3.0s");
	column_format(bound, &model, &block, text, sizeof(text));
	eq_text("  is marked as one", text, "at_least");
	column_format(column_find("online_time"), &model, &block, text,
		      sizeof(text));
	eq_text("the other operation is known exactly", text, "2.0s");
	column_format(column_find("online_bound"), &model, &block, text,
		      sizeof(text));
	eq_text("  and so it is marked", text, "exact");
	block.offline.begin_ns = block.offline.end_ns = 0;
	column_format(bound, &model, &block, text, sizeof(text));
	eq_text("without a duration there is no mark", text, "-");
}

/* Which of the blocks 0, 40, 41 and 42 match, as bits. */
static int matches(const char *text)
{
	static const u64 blocks[] = { 0, 40, 41, 42 };
	struct block_filter *filter;
	char why[256];
	int found = 0, i;

	if (block_filter_parse(&filter, text, why, sizeof(why))) {
		printf("# %s\n", why);
		return -1;
	}
	for (i = 0; i < 4; i++)
		if (block_filter_match(filter, &model, block_at(blocks[i])))
			found |= 1 << i;
	block_filter_free(filter);
	return found;
}

static struct mhp_record populate(u64 block, u64 part)
{
	struct mhp_record r = { 0 };

	r.p.mhp_vmemmap_populate = (struct mhp_mhp_vmemmap_populate){
		.start_pfn = block * PAGES + part * PAGES / 2,
		.nr_pages = PAGES / 2,
		.vmemmap_pages = 256,
		.hosting = MHP_HOSTING_BUDDY,
	};
	return r;
}

/* The duration of what is in progress increases with the time of the model. */
static void test_progress(void)
{
	const struct column *online = column_find("online_time");
	struct mhp_record r = { 0 };

	model_tick(&model, 9000 + 61500000000ULL);
	cell(42, "online_time", "61.5s+");
	cell(42, "offline_time", "-");
	cell(40, "offline_time", "2.0us");
	eq("as a number", online->get(&model, block_at(42)), 61500000000LL);
	eq("a filter matches what takes longer", matches("online_time>1m"), 8);
	eq("  and not what is shorter", matches("online_time>62s"), 0);
	model_tick(&model, 9000 + 62500000000ULL);
	eq("  until it takes longer", matches("online_time>62s"), 8);
	ok(column_compare(online, &model, block_at(42), block_at(40)) > 0,
	   "it sorts by its number");

	/* A block of two sections is added; the first one is populated. */
	model_tick(&model, 0);
	r.p.mhp_add_begin = (struct mhp_mhp_add_begin){ .start_pfn = 50 * PAGES,
							.nr_pages = 2 * PAGES };
	take(&r, MHP_EVENT_mhp_add_begin, 10);
	r = populate(50, 0);
	take(&r, MHP_EVENT_mhp_vmemmap_populate, 11);
	model_tick(&model, 21000);
	cell(50, "add_time", "10.0us+");
	r = populate(50, 1);
	take(&r, MHP_EVENT_mhp_vmemmap_populate, 12);
	cell(50, "add_time", "1.0us");
	r = populate(51, 0);
	take(&r, MHP_EVENT_mhp_vmemmap_populate, 13);
	cell(51, "add_time", "8.0us+");
	r.p.mhp_add_end = (struct mhp_mhp_add_end){ .start_pfn = 50 * PAGES,
						    .nr_pages = 2 * PAGES };
	take(&r, MHP_EVENT_mhp_add_end, 14);
	cell(51, "add_time", "0ns");
	/* The end was lost, and the block is added anew. */
	take_begin(51, 15, MHP_EVENT_mhp_online_begin);
	cell(51, "online_time", "6.0us+");
	take_begin(51, 16, MHP_EVENT_mhp_offline_begin);
	cell(51, "online_time", "-");
	cell(51, "offline_time", "5.0us+");
	model_tick(&model, 0);
}

static void test_compare(void)
{
	const struct column *present = column_find("present");
	const struct column *start = column_find("start_pfn");
	struct mhp_block a = { .start_pfn = 1 },
			 b = { .start_pfn = (1ULL << 33) + 1 };

	/* Differences whose lower 32 bits are 0 or have the opposite sign. */
	ok(column_compare(start, &model, &a, &b) < 0, "64-bit values, less");
	ok(column_compare(start, &model, &b, &a) > 0, "64-bit values, greater");
	b.start_pfn = (1ULL << 32) + 1;
	ok(column_compare(present, &model, &a, &b) < 0,
	   "equal values are ordered by 64-bit pfn");
	eq("a block is equal to itself",
	   column_compare(present, &model, &a, &a), 0);
	a.present = 2;
	b.present = -2;
	ok(column_compare(present, &model, &a, &b) > 0,
	   "negative values are less than positive ones");
	b.flags = MHP_BLOCK_SYSFS;
	ok(column_compare(present, &model, &b, &a) < 0,
	   "an empty value is less than any other");
}

static void test_filters(void)
{
	static const struct {
		const char *text;
		int want;
	} filters[] = {
		{ "", 0xf },
		{ " , ,", 0xf },
		{ "state=online", 0x3 },
		{ "state!=online", 0xc },
		{ "zone=movable", 0xa },
		{ "Movable", 0xa },
		{ "boot", 0x1 },
		{ "id>40", 0xc },
		{ "id>=40", 0xe },
		{ "id<40", 0x1 },
		{ "id<=40", 0x3 },
		{ "id=41", 0x4 },
		{ "start_pfn=0x140000", 0x2 },
		{ "state=online,id>3", 0x2 },
		{ "state=online zone=Normal", 0x1 },
		{ "present<5", 0x4 },
		{ "present=-", 0x9 },
		{ "present!=-", 0x6 },
		{ "reason=-", 0xd },
		{ "reason!=-", 0x2 },
		{ "hosting=-", 0x8 },
		{ "hosting=?", 0x8 },
		{ "hosting!=?", 0x7 },
		{ "present=?", 0x9 },
		{ "blocker_pfn=?", 0 },
		{ "offline_time>1us", 0x2 },
		{ "offline_time>1.5us", 0x2 },
		{ "offline_time>2us", 0 },
		{ "offline_time>=0.000002", 0x2 },
		{ "offline_time>2", 0 },
		{ "last_ret<0", 0x2 },
		{ "last_ret=-16", 0x2 },
		{ "estimated", 0x2 },
		{ "offline", 0x4 },
		{ "state=off*", 0x4 },
		{ "state=O*", 0x7 },
		{ "state!=o*", 0x8 },
		{ "state=[no]*line", 0x7 },
		{ "state=??????", 0x3 },
		{ "state=???????", 0x4 },
		{ "mov*", 0xa },
		{ "state~^on", 0x3 },
		{ "state~LINE$", 0xf },
		{ "state!~line", 0 },
		{ "state~^(on|off)line$", 0x7 },
		{ "reason!~.", 0xd },
		{ "state=online or id=41", 0x7 },
		{ "boot or id=41", 0x5 },
		{ "state=online id>3 or id=41", 0x6 },
		{ "id=41 or state=online,id>3", 0x6 },
		{ "id=41 or id=40 or boot", 0x7 },
		{ "id=1000 or id=1001", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		eq(filters[i].text, matches(filters[i].text), filters[i].want);
}

static void refused(const char *text, const char *want)
{
	struct block_filter *filter = (void *)1;
	char why[256];
	int err = block_filter_parse(&filter, text, why, sizeof(why));

	ok(err == -EINVAL && !filter, "filter '%s' is refused", text);
	eq_text("  with this reason", why, want);
}

static void test_wrong_filters(void)
{
	char many[512] = "", tight[8];
	struct block_filter *filter;
	int i;

	refused("colour=red", "unknown column 'colour'; --help lists them");
	refused("purple",
		"'purple' matches no column; use KEY=WORD, KEY!=WORD, or KEY<NUMBER, KEY<=NUMBER and so on");
	refused("known=x",
		"known cannot be 'x'; use one of: events snapshot estimated partial sysfs");
	refused("zone<Normal", "zone is not a number: use =, !=, ~ or !~");
	refused("id=x", "id needs a number, not 'x'");
	refused("id=", "id needs a number, not ''");
	refused("id=99999999999999999999",
		"id needs a number, not '99999999999999999999'");
	refused("online_time>5d",
		"online_time needs a time such as 2s or 150ms, not '5d'");
	refused("id!5", "'id!5' has no operator: use =, !=, ~, !~, < or >");
	refused("id~5", "id is a number: use =, !=, < or >");
	refused("state=x*",
		"state cannot be 'x*'; use one of: unknown offline online going_online going_offline removed");
	refused("x*",
		"'x*' matches no column; use KEY=WORD, KEY!=WORD, or KEY<NUMBER, KEY<=NUMBER and so on");
	refused("or", "'or' needs a term on both sides");
	refused("or state=online", "'or' needs a term on both sides");
	refused("state=online or", "'or' needs a term on both sides");
	refused("added_by~(", "regular expression '(': Unmatched ( or \\(");
	refused("added_by~", "regular expression '': it is empty");
	refused("added_by~a{1000}",
		"regular expression 'a{1000}': { is not supported");
	refused("added_by~(a)\\1",
		"regular expression '(a)\\1': back-references are not supported");
	refused("added_by~a+++++++++++++++++++++++++++++++++++++++++",
		"regular expression 'a+++++++++++++++++++++++++++++++++++++++++': it has too many +");
	for (i = 0; i < 17; i++)
		strcat(many, "id>1 ");
	refused(many, "too long: at most 16 terms of 63 characters each");
	eq("a filter with a short buffer for the reason is refused",
	   block_filter_parse(&filter, "known=x", tight, sizeof(tight)),
	   -EINVAL);
	eq_text("the reason is truncated", tight, "known c");
}

static void history(const char *text, const char *want)
{
	struct block_filter *filter;
	const struct column *column;
	char why[128];

	if (!ok(!block_filter_parse(&filter, text, why, sizeof(why)),
		"filter '%s' is valid", text))
		return;
	column = block_filter_history(filter);
	eq_text("  its first column that is only known since mhptop started",
		column ? column->key : "", want);
	block_filter_free(filter);
}

static void test_history(void)
{
	static const char *const there[] = {
		"id",	     "start_pfn", "nr_pages",	   "state",   "node",
		"zone",	     "hosting",	  "vmemmap_pages", "present", "managed",
		"populated", "live",	  "range",	   "known"
	};
	const struct column *column;
	char text[64];
	size_t i;

	history("", "");
	history("state=online,offline_failures>0", "offline_failures");
	history("zone!=Movable", "");
	history("online", "");
	history("isolation", "reason");
	for (column = columns; column->key; column++) {
		/* tests/unit/test_forecasts.c has that one. */
		if (column_is_asked(column))
			continue;
		snprintf(text, sizeof(text), "%s=-", column->key);
		for (i = 0; i < sizeof(there) / sizeof(*there); i++)
			if (!strcmp(there[i], column->key))
				break;
		history(text,
			i < sizeof(there) / sizeof(*there) ? "" : column->key);
	}
}

int main(void)
{
	struct source_info info = { .page_bytes = 4096,
				    .block_bytes = PAGES * 4096 };
	struct source_info wrong = { .page_bytes = 4096, .block_bytes = 1 };
	const struct column *column;

	eq("blocks smaller than a page are refused", model_init(&model, &wrong),
	   -EINVAL);
	if (!ok(!model_init(&model, &info), "the model is initialized"))
		return ktap_done();
	fill();
	for (column = columns; column->key; column++)
		ok(column_find(column->key) == column &&
			   (int)strlen(column->title) <= column->width &&
			   *column->help &&
			   (column->kind == COLUMN_WORD) == !!column->symbols,
		   "column %s has title, help and words", column->key);
	ok(!column_find("x"), "an unknown column is not found");
	test_cells();
	test_times();
	test_lower_bounds();
	test_compare();
	test_filters();
	test_history();
	test_wrong_filters();
	test_progress();
	model_fini(&model);
	return ktap_done();
}
