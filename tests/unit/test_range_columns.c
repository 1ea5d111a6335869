// SPDX-License-Identifier: GPL-2.0
/* The columns of ranges, their states, and where their memmap is. */
#include <errno.h>
#include <stdlib.h>

#include "model/event_table.h"
#include "model/columns.h"
#include "model/ledger.h"
#include "range_records.h"

static void failed(u64 block, unsigned int event, int reason, int ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_failed = (struct mhp_mhp_failed){ .start_pfn = block * PAGES,
						  .nr_pages = PAGES,
						  .ret = ret,
						  .reason = reason };
	fold(&r, event);
}

#define NR_BLOCKS 72ULL

static void cell(const char *key, const char *want)
{
	const struct model model = { .ledger = ledger, .now_ns = now };
	const struct column *column = range_columns;
	char text[64] = "no such column", name[96];

	while (column->key && strcmp(column->key, key))
		column++;
	if (column->key)
		column_format(column, &model, range_at(BASE), text,
			      sizeof(text));
	snprintf(name, sizeof(name), "%s is %s", key, want);
	eq_text(name, text, want);
}

static void is(const char *name, enum range_state state)
{
	eq(name, range_state(range_at(BASE)), state);
}

static void test_list(void)
{
	static const char *const keys[] = {
		"base_pfn",    "nr_pages",	"node",	      "hosting",
		"why",	       "sections",	"refs",	      "users",
		"zone",	       "vmemmap_pages", "present",    "alloc",
		"order",       "free_pfn",	"flags",      "removed",
		"ret",	       "reason",	"failed_pfn", "added_by",
		"added_pid",   "added_way",	"removed_by", "removed_pid",
		"removed_way", "add_ns",
	};
	const struct column *column;
	size_t i = 0;

	for (column = range_columns; column->key; column++, i++)
		ok(i < sizeof(keys) / sizeof(*keys) &&
			   !strcmp(column->key, keys[i]) &&
			   (int)strlen(column->title) <= column->width &&
			   *column->help &&
			   (column->kind == COLUMN_WORD) == !!column->symbols,
		   "column %s has title, help and words, in this order",
		   column->key);
	eq("number of columns", i, sizeof(keys) / sizeof(*keys));
}

static void test_add(void)
{
	begin();
	add_begin(BASE, 2);
	is("adding", RANGE_ADDING);
	cell("base_pfn", "0x140000");
	cell("why", "-");
	cell("refs", "-");
	cell("ret", "-");
	cell("add_ns", "0ns+");
	now += 1500;
	cell("add_ns", "1.5us+");
	now -= 1500;
	cell("flags", "0x3");
	ref(BASE, 1, MHP_REF_HOLD);
	cell("refs", "1");
	populate(BASE, 2, MHP_HOSTING_RANGE);
	depopulate(BASE, MHP_HOSTING_RANGE);
	is("an add that is undone", RANGE_ADDING);
	cell("free_pfn", "0x140000");
	cell("reason", "-");
	cell("failed_pfn", "-");
	failed(BASE + 1, MHP_EVENT_mhp_add_failed, MHP_REASON_ARCH_ADD,
	       -ENOMEM);
	cell("reason", "arch_add");
	cell("failed_pfn", "0x148000");
	add_end(BASE, 2, MHP_HOSTING_NONE, -ENOMEM);
	is("not added", RANGE_NOT_ADDED);
	cell("ret", "-12");
	cell("add_ns", "5ns");
	cell("removed", "no");
}

static void test_remove(void)
{
	begin();
	add_all(2, MHP_HOSTING_RANGE);
	is("added", RANGE_THERE);
	cell("hosting", "range");
	cell("why", "self_hosted");
	cell("sections", "2");
	cell("refs", "2");
	cell("vmemmap_pages", "1024");
	cell("users", "0");
	cell("zone", "none");
	cell("present", "0");
	cell("alloc", "1024");
	cell("order", "-");
	cell("free_pfn", "-");
	cell("ret", "0");
	remove_begin(BASE, 2);
	is("removing", RANGE_REMOVING);
	failed(BASE + 1, MHP_EVENT_mhp_remove_failed, MHP_REASON_NOT_OFFLINE,
	       -EBUSY);
	remove_end(BASE, 2, -EBUSY);
	is("not removed", RANGE_NOT_REMOVED);
	cell("reason", "not_offline");
	cell("failed_pfn", "0x148000");
	remove_begin(BASE, 2);
	cell("reason", "-");
	put_all(BASE, 2, 2);
	is("removing, without references", RANGE_REMOVING);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	is("freeing", RANGE_FREEING);
	eq("number of its sections", range_sections(range_at(BASE)), 2);
	cell("free_pfn", "0x148000");
	depopulate(BASE, MHP_HOSTING_RANGE);
	is("removed", RANGE_REMOVED);
	cell("order", "descending");
	cell("removed", "yes");
	cell("refs", "0");
}

static void test_others(void)
{
	begin();
	add_all(2, MHP_HOSTING_BLOCK);
	cell("refs", "-");
	cell("users", "-");
	cell("zone", "-");
	cell("present", "-");
	remove_begin(BASE, 1);
	depopulate(BASE, MHP_HOSTING_BLOCK);
	is("a part is being freed", RANGE_FREEING);
	remove_end(BASE, 1, 0);
	is("half of it stays", RANGE_THERE);
	begin();
	range_snapshot(BASE, 2, 1, 2);
	is("from a snapshot", RANGE_THERE);
	cell("flags", "?");
	cell("ret", "?");
	cell("refs", "1");
	cell("sections", "2");
	cell("users", "1");
	cell("zone", "Movable");
	cell("present", "1024");
	begin();
	schema = 2;
	range_snapshot(BASE, 2, 1, 2);
	cell("users", "-");
	cell("zone", "-");
	cell("present", "-");
}

/* Where the memmap of a block is, and whose memmap the block holds. */
static void memmap(const char *name, u64 block, u64 in, u64 of, u64 nr)
{
	struct range_pages holds, held_in;

	if (!ok(range_memmap(ledger, block_at(block), &holds, &held_in), "%s",
		name))
		return;
	eq("  first pfn of its memmap", held_in.first_pfn, in);
	eq("  pages of its memmap", held_in.nr, EACH);
	eq("  pages whose memmap it holds", holds.nr, nr);
	if (nr)
		eq("  the first of these pages", holds.first_pfn, of);
}

/* The whole first block and an eighth of the second one are memmap. */
static void test_memmap(void)
{
	struct range_pages holds, held_in;

	begin();
	add_all(NR_BLOCKS, MHP_HOSTING_RANGE);
	memmap("the first block", BASE, BASE * PAGES, BASE * PAGES, 64 * PAGES);
	memmap("the second block", BASE + 1, BASE * PAGES + EACH,
	       (BASE + 64) * PAGES, 8 * PAGES);
	memmap("the third block", BASE + 2, BASE * PAGES + 2 * EACH, 0, 0);
	memmap("a block whose memmap the second block holds", BASE + 64,
	       (BASE + 1) * PAGES, 0, 0);
	memmap("the last block", BASE + 71, (BASE + 1) * PAGES + 7 * EACH, 0,
	       0);
	put_all(BASE + 71, 1, NR_BLOCKS);
	memmap("a block that is removed but whose memmap is not freed",
	       BASE + 71, (BASE + 1) * PAGES + 7 * EACH, 0, 0);
	depopulate(BASE + 71, MHP_HOSTING_RANGE);
	ok(!range_memmap(ledger, block_at(BASE + 71), &holds, &held_in),
	   "freed memmap has no location");
	begin();
	add_all(2, MHP_HOSTING_BLOCK);
	ok(!range_memmap(ledger, block_at(BASE), &holds, &held_in),
	   "a self-hosted block has no memmap in its range");
	begin();
	range_snapshot(BASE + 1, 4, 4, 4);
	memmap("a block from a snapshot", BASE + 1, BASE * PAGES + EACH, 0, 0);
}

int main(void)
{
	test_list();
	test_add();
	test_remove();
	test_others();
	test_memmap();
	ledger_free(ledger);
	return ktap_done();
}
