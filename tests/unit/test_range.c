// SPDX-License-Identifier: GPL-2.0
/*
 * What the fold makes of an added range: its sections, references and memmap,
 * the order in which that is freed, and that it is gone in the end. Columns
 * and states are in test_range_columns.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "range_records.h"

static void counts(const char *name, u32 sections, u32 refs, u64 alloc)
{
	const struct mhp_range *range = range_at(BASE);

	ok(range && range->sections == sections && range->refs == refs &&
		   range->alloc == alloc,
	   "%s", name);
	if (range)
		printf("# %u sections, %u refs, %llu pages\n", range->sections,
		       range->refs, range->alloc);
}

static void test_add(void)
{
	begin();
	add_begin(BASE, 3);
	counts("an add begins with nothing", 0, 0, 0);
	ref(BASE, 1, MHP_REF_HOLD);
	counts("a section holds a reference before it has a memmap", 0, 1, 0);
	populate(BASE, 3, MHP_HOSTING_RANGE);
	counts("and then has one", 1, 1, EACH);
	ref(BASE + 1, 2, MHP_REF_HOLD);
	populate(BASE + 1, 3, MHP_HOSTING_RANGE);
	ref(BASE + 2, 3, MHP_REF_HOLD);
	populate(BASE + 2, 3, MHP_HOSTING_RANGE);
	add_end(BASE, 3, MHP_HOSTING_RANGE, 0);
	counts("all of them", 3, 3, 3 * EACH);
	eq("the range hosts", range_at(BASE)->hosting, MHP_HOSTING_RANGE);
	eq("as many pages as it takes", range_at(BASE)->vmemmap_pages,
	   3 * EACH);
	eq("the first block gives them up", block_at(BASE)->vmemmap_pages,
	   3 * EACH);
	eq("others give up none", block_at(BASE + 1)->vmemmap_pages, 0);
	eq("nothing was freed", range_at(BASE)->frees, 0);
}

/* Frees of these sections, counted from the base; -1 ends. */
static u32 order_of(const int *sections)
{
	begin();
	add_all(4, MHP_HOSTING_RANGE);
	remove_begin(BASE, 4);
	put_all(BASE, 4, 4);
	while (*sections >= 0)
		depopulate(BASE + *sections++, MHP_HOSTING_RANGE);
	return range_at(BASE)->order;
}

static void test_order(void)
{
	eq("no section freed, no order", order_of((int[]){ -1 }),
	   MHP_ORDER_NONE);
	eq("nor has one", order_of((int[]){ 3, -1 }), MHP_ORDER_NONE);
	eq("from the last down", order_of((int[]){ 3, 2, 1, 0, -1 }),
	   MHP_ORDER_DESCENDING);
	eq("from the first up", order_of((int[]){ 0, 1, 2, 3, -1 }),
	   MHP_ORDER_ASCENDING);
	eq("down, then up", order_of((int[]){ 3, 1, 2, -1 }), MHP_ORDER_MIXED);
	eq("up, then down", order_of((int[]){ 0, 2, 1, -1 }), MHP_ORDER_MIXED);
	eq("and mixed for good", order_of((int[]){ 3, 1, 2, 0, -1 }),
	   MHP_ORDER_MIXED);
}

static void test_remove(void)
{
	begin();
	add_all(3, MHP_HOSTING_RANGE);
	remove_begin(BASE, 3);
	put_all(BASE, 2, 3);
	counts("a put keeps the memmap", 3, 1, 3 * EACH);
	eq("but its block is gone", block_at(BASE)->state, MHP_STATE_REMOVED);
	eq("and no other one", block_at(BASE + 2)->state, MHP_STATE_OFFLINE);
	put_all(BASE + 2, 1, 1);
	counts("so does the last one", 3, 0, 3 * EACH);
	depopulate(BASE + 2, MHP_HOSTING_RANGE);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	counts("until it is freed", 1, 0, EACH);
	eq("the one freed last", range_at(BASE)->free_pfn, (BASE + 1) * PAGES);
	eq("not all is freed, not removed", range_at(BASE)->removed, 0);
	depopulate(BASE, MHP_HOSTING_RANGE);
	counts("nothing is left", 0, 0, 0);
	eq("it is removed before that is told", range_at(BASE)->removed, 1);
	remove_end(BASE, 3, 0);
	eq("and after", range_at(BASE)->removed, 1);
	eq("what a block had is freed", block_at(BASE)->freed, EACH);
	add_all(3, MHP_HOSTING_RANGE);
	counts("added again it begins anew", 3, 3, 3 * EACH);
	eq("without an order", range_at(BASE)->order, MHP_ORDER_NONE);
	eq("and is there", range_at(BASE)->removed, 0);
}

/* A part goes for good; its memmap stays until the rest goes. */
static void test_parts(void)
{
	begin();
	add_all(4, MHP_HOSTING_RANGE);
	remove_begin(BASE + 2, 2);
	put_all(BASE + 2, 2, 4);
	remove_end(BASE + 2, 2, 0);
	counts("a part is removed, its memmap is not", 4, 2, 4 * EACH);
	eq("the range is there", range_at(BASE)->removed, 0);
	eq("the part is not", block_at(BASE + 2)->state, MHP_STATE_REMOVED);
	remove_begin(BASE, 2);
	put_all(BASE, 2, 2);
	depopulate(BASE + 3, MHP_HOSTING_RANGE);
	counts("the part's memmap goes with the rest", 3, 0, 3 * EACH);
	depopulate(BASE + 2, MHP_HOSTING_RANGE);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	depopulate(BASE, MHP_HOSTING_RANGE);
	remove_end(BASE, 2, 0);
	counts("and then all is gone", 0, 0, 0);
	eq("so the range is removed", range_at(BASE)->removed, 1);
	eq("in one order", range_at(BASE)->order, MHP_ORDER_DESCENDING);
}

static void test_refused(void)
{
	begin();
	add_all(2, MHP_HOSTING_RANGE);
	remove_begin(BASE, 2);
	remove_end(BASE, 2, -EBUSY);
	counts("a removal that is refused changes nothing", 2, 2, 2 * EACH);
	eq("its result is kept", range_at(BASE)->remove_ret, -EBUSY);
	eq("and it is there", range_at(BASE)->removed, 0);
}

/* The third section gets no memmap: what was done is undone. */
static void test_failed_add(void)
{
	begin();
	add_begin(BASE, 3);
	ref(BASE, 1, MHP_REF_HOLD);
	populate(BASE, 3, MHP_HOSTING_RANGE);
	ref(BASE + 1, 2, MHP_REF_HOLD);
	populate(BASE + 1, 3, MHP_HOSTING_RANGE);
	put_all(BASE, 2, 2);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	depopulate(BASE, MHP_HOSTING_RANGE);
	eq("what was not added is not removed", range_at(BASE)->removed, 0);
	add_end(BASE, 3, MHP_HOSTING_NONE, -ENOMEM);
	counts("an add that is undone leaves nothing", 0, 0, 0);
	eq("but its result", range_at(BASE)->add_ret, -ENOMEM);
	eq("and that its end is no removal", range_at(BASE)->removed, 0);
	eq("in the order in which it was undone", range_at(BASE)->order,
	   MHP_ORDER_DESCENDING);
	eq("no block is left", block_at(BASE)->state, MHP_STATE_REMOVED);
}

static void test_snapshot(void)
{
	begin();
	range_snapshot(BASE, 4, 3, 4);
	range_snapshot(BASE + 1, 4, 3, 4);
	range_snapshot(BASE + 2, 4, 3, 4);
	counts("a range that was there, in part", 4, 3, 4 * EACH);
	ok(range_at(BASE + 3) == range_at(BASE), "all of it is known");
	eq("which was not added before our eyes", range_at(BASE)->add.begin_ns,
	   0);
	eq("its node", range_at(BASE)->nid, 1);
	eq("its hosting", range_at(BASE)->hosting, MHP_HOSTING_RANGE);
	ok(!block_at(BASE + 3), "of what was removed there is no block");
	remove_begin(BASE, 3);
	put_all(BASE, 3, 3);
	depopulate(BASE + 3, MHP_HOSTING_RANGE);
	counts("but its memmap is freed with the rest", 3, 0, 3 * EACH);
	eq("and is no device's", ledger_globals(ledger)->device_freed, 0);
	depopulate(BASE + 2, MHP_HOSTING_RANGE);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	depopulate(BASE, MHP_HOSTING_RANGE);
	remove_end(BASE, 3, 0);
	eq("so that all is removed in the end", range_at(BASE)->removed, 1);
}

/* Events know better than what was read before them. */
static void test_snapshot_after_events(void)
{
	begin();
	add_all(2, MHP_HOSTING_RANGE);
	remove_begin(BASE + 1, 1);
	put_all(BASE + 1, 1, 2);
	range_snapshot(BASE, 2, 2, 2);
	counts("a range of which events told is not told by others", 2, 1,
	       2 * EACH);
}

/* Without references a range is found by the operation under way. */
static void test_others(int hosting, const char *name)
{
	begin();
	add_all(3, hosting);
	ok(range_at(BASE)->sections == 3 && range_at(BASE)->alloc == 3 * EACH,
	   "%s-hosted: populated", name);
	remove_begin(BASE, 3);
	depopulate(BASE, hosting);
	depopulate(BASE + 1, hosting);
	depopulate(BASE + 2, hosting);
	eq("its order is that of the frees", range_at(BASE)->order,
	   MHP_ORDER_ASCENDING);
	remove_end(BASE, 3, 0);
	eq("it is removed", range_at(BASE)->removed, 1);
	add_all(3, hosting);
	add_begin(BASE + 10, 1);
	populate(BASE + 10, 1, hosting);
	depopulate(BASE + 10, hosting);
	add_end(BASE + 10, 1, MHP_HOSTING_NONE, -ENOMEM);
	eq("frees of another add are not its own", range_at(BASE)->frees, 0);
	eq("but of that one", range_at(BASE + 10)->frees, 1);
	remove_begin(BASE, 3);
	depopulate(BASE + 2, hosting);
	eq("those of its removal are, though others came later",
	   range_at(BASE)->frees, 1);
}

int main(void)
{
	test_add();
	test_order();
	test_remove();
	test_parts();
	test_refused();
	test_failed_add();
	test_snapshot();
	test_snapshot_after_events();
	test_others(MHP_HOSTING_BLOCK, "block");
	test_others(MHP_HOSTING_BUDDY, "buddy");
	ledger_free(ledger);
	return ktap_done();
}
