// SPDX-License-Identifier: GPL-2.0
/*
 * The account of an added range: its sections, references and memmap, the order
 * in which the memmap is freed, and the removal.
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
	counts("add_begin: no sections and references", 0, 0, 0);
	ref(BASE, 1, MHP_REF_HOLD);
	counts("the reference is held before the section is populated", 0, 1,
	       0);
	populate(BASE, 3, MHP_HOSTING_RANGE);
	counts("one section is populated", 1, 1, EACH);
	ref(BASE + 1, 2, MHP_REF_HOLD);
	populate(BASE + 1, 3, MHP_HOSTING_RANGE);
	ref(BASE + 2, 3, MHP_REF_HOLD);
	populate(BASE + 2, 3, MHP_HOSTING_RANGE);
	add_end(BASE, 3, MHP_HOSTING_RANGE, 0);
	counts("all sections are populated", 3, 3, 3 * EACH);
	eq("the range hosts its memmap", range_at(BASE)->hosting,
	   MHP_HOSTING_RANGE);
	eq("the vmemmap pages of the range", range_at(BASE)->vmemmap_pages,
	   3 * EACH);
	eq("the vmemmap pages are in the first block",
	   block_at(BASE)->vmemmap_pages, 3 * EACH);
	eq("no vmemmap pages in the second block",
	   block_at(BASE + 1)->vmemmap_pages, 0);
	eq("no memmap is freed", range_at(BASE)->frees, 0);
}

/* The order reported when these sections, from the base, are freed; -1 ends the list. */
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
	eq("the order of no section", order_of((int[]){ -1 }), MHP_ORDER_NONE);
	eq("the order of one section", order_of((int[]){ 3, -1 }),
	   MHP_ORDER_NONE);
	eq("descending order", order_of((int[]){ 3, 2, 1, 0, -1 }),
	   MHP_ORDER_DESCENDING);
	eq("ascending order", order_of((int[]){ 0, 1, 2, 3, -1 }),
	   MHP_ORDER_ASCENDING);
	eq("mixed order: down, then up", order_of((int[]){ 3, 1, 2, -1 }),
	   MHP_ORDER_MIXED);
	eq("mixed order: up, then down", order_of((int[]){ 0, 2, 1, -1 }),
	   MHP_ORDER_MIXED);
	eq("mixed order: down, up, then down",
	   order_of((int[]){ 3, 1, 2, 0, -1 }), MHP_ORDER_MIXED);
}

static void test_remove(void)
{
	begin();
	add_all(3, MHP_HOSTING_RANGE);
	remove_begin(BASE, 3);
	put_all(BASE, 2, 3);
	counts("a put keeps the memmap", 3, 1, 3 * EACH);
	eq("a put removes its block", block_at(BASE)->state, MHP_STATE_REMOVED);
	eq("a put does not remove other blocks", block_at(BASE + 2)->state,
	   MHP_STATE_OFFLINE);
	put_all(BASE + 2, 1, 1);
	counts("the last put keeps the memmap", 3, 0, 3 * EACH);
	depopulate(BASE + 2, MHP_HOSTING_RANGE);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	counts("two of three sections are freed", 1, 0, EACH);
	eq("the section freed last", range_at(BASE)->free_pfn,
	   (BASE + 1) * PAGES);
	eq("not removed while a section is left", range_at(BASE)->removed, 0);
	depopulate(BASE, MHP_HOSTING_RANGE);
	counts("all sections are freed", 0, 0, 0);
	eq("removed before remove_end", range_at(BASE)->removed, 1);
	remove_end(BASE, 3, 0);
	eq("removed after remove_end", range_at(BASE)->removed, 1);
	eq("the freed pages of a block", block_at(BASE)->freed, EACH);
	add_all(3, MHP_HOSTING_RANGE);
	counts("the range is added again", 3, 3, 3 * EACH);
	eq("added again: no order of frees", range_at(BASE)->order,
	   MHP_ORDER_NONE);
	eq("added again: not removed", range_at(BASE)->removed, 0);
}

/* A part is removed; its memmap stays until the rest is removed. */
static void test_parts(void)
{
	begin();
	add_all(4, MHP_HOSTING_RANGE);
	remove_begin(BASE + 2, 2);
	put_all(BASE + 2, 2, 4);
	remove_end(BASE + 2, 2, 0);
	counts("the removal of a part keeps its memmap", 4, 2, 4 * EACH);
	eq("the removal of a part does not remove the range",
	   range_at(BASE)->removed, 0);
	eq("the removal of a part removes its blocks",
	   block_at(BASE + 2)->state, MHP_STATE_REMOVED);
	remove_begin(BASE, 2);
	put_all(BASE, 2, 2);
	depopulate(BASE + 3, MHP_HOSTING_RANGE);
	counts("the part's memmap is freed with the rest", 3, 0, 3 * EACH);
	depopulate(BASE + 2, MHP_HOSTING_RANGE);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	depopulate(BASE, MHP_HOSTING_RANGE);
	remove_end(BASE, 2, 0);
	counts("both parts are freed", 0, 0, 0);
	eq("the range is removed after its parts", range_at(BASE)->removed, 1);
	eq("both parts are freed in one order", range_at(BASE)->order,
	   MHP_ORDER_DESCENDING);
}

static void test_failed_removal(void)
{
	begin();
	add_all(2, MHP_HOSTING_RANGE);
	remove_begin(BASE, 2);
	remove_end(BASE, 2, -EBUSY);
	counts("a failed removal changes nothing", 2, 2, 2 * EACH);
	eq("the result of a failed removal", range_at(BASE)->remove_ret,
	   -EBUSY);
	eq("not removed after a failed removal", range_at(BASE)->removed, 0);
}

/* The third section cannot be populated: the others are rolled back. */
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
	eq("a rollback is not a removal, before add_end",
	   range_at(BASE)->removed, 0);
	add_end(BASE, 3, MHP_HOSTING_NONE, -ENOMEM);
	counts("a failed add leaves no sections and references", 0, 0, 0);
	eq("the result of a failed add", range_at(BASE)->add_ret, -ENOMEM);
	eq("a rollback is not a removal, after add_end",
	   range_at(BASE)->removed, 0);
	eq("the order of frees in the rollback", range_at(BASE)->order,
	   MHP_ORDER_DESCENDING);
	eq("a failed add leaves no block", block_at(BASE)->state,
	   MHP_STATE_REMOVED);
}

static void test_snapshot(void)
{
	begin();
	range_snapshot(BASE, 4, 3, 4);
	range_snapshot(BASE + 1, 4, 3, 4);
	range_snapshot(BASE + 2, 4, 3, 4);
	counts("snapshot of a range with a removed block", 4, 3, 4 * EACH);
	ok(range_at(BASE + 3) == range_at(BASE),
	   "snapshot: the range includes the removed block");
	eq("snapshot: no time of an add", range_at(BASE)->add.begin_ns, 0);
	eq("snapshot: the node", range_at(BASE)->nid, 1);
	eq("snapshot: the hosting", range_at(BASE)->hosting, MHP_HOSTING_RANGE);
	ok(!block_at(BASE + 3), "snapshot: no account of the removed block");
	remove_begin(BASE, 3);
	put_all(BASE, 3, 3);
	depopulate(BASE + 3, MHP_HOSTING_RANGE);
	counts("the memmap of the removed block is freed", 3, 0, 3 * EACH);
	eq("the memmap of the removed block does not count as ZONE_DEVICE",
	   ledger_globals(ledger)->device_freed, 0);
	depopulate(BASE + 2, MHP_HOSTING_RANGE);
	depopulate(BASE + 1, MHP_HOSTING_RANGE);
	depopulate(BASE, MHP_HOSTING_RANGE);
	remove_end(BASE, 3, 0);
	eq("the range of the snapshot is removed", range_at(BASE)->removed, 1);
}

/* A snapshot does not override events. */
static void test_snapshot_after_events(void)
{
	begin();
	add_all(2, MHP_HOSTING_RANGE);
	remove_begin(BASE + 1, 1);
	put_all(BASE + 1, 1, 2);
	range_snapshot(BASE, 2, 2, 2);
	counts("a snapshot does not change a range known from events", 2, 1,
	       2 * EACH);
}

static void block_begin(u64 block, unsigned int event, u64 vmemmap, u32 zone)
{
	struct mhp_record r = { 0 };

	r.p.mhp_block_begin =
		(struct mhp_mhp_block_begin){ .start_pfn = block * PAGES,
					      .nr_pages = PAGES,
					      .vmemmap_pages = vmemmap,
					      .zone = zone };
	fold(&r, event);
}

static void block_end(u64 block, unsigned int event, u64 vmemmap, u32 zone,
		      int ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_block_end =
		(struct mhp_mhp_block_end){ .start_pfn = block * PAGES,
					    .nr_pages = PAGES,
					    .vmemmap_pages = vmemmap,
					    .zone = zone,
					    .ret = ret };
	fold(&r, event);
}

/* The memmap of the range at BASE joins or leaves a zone. */
static void memmap_zone(unsigned int event, u64 pages, u32 zone)
{
	struct mhp_record r = { 0 };

	r.p.mhp_vmemmap_zone = (struct mhp_mhp_vmemmap_zone){
		.start_pfn = BASE * PAGES, .vmemmap_pages = pages, .zone = zone
	};
	fold(&r, event);
}

static void present(u64 pfn, s64 delta, u32 zone)
{
	struct mhp_record r = { 0 };

	r.p.mhp_account = (struct mhp_mhp_account){
		.start_pfn = pfn,
		.delta = delta,
		.zone = zone,
		.cause = delta < 0 ? MHP_CAUSE_OFFLINE : MHP_CAUSE_ONLINE
	};
	fold(&r, MHP_EVENT_mhp_present);
}

static const struct mhp_zone_account *zone_at(u32 zone)
{
	const struct mhp_zone_account *account = NULL;

	while ((account = ledger_next_zone(ledger, account)))
		if (account->zone == zone)
			break;
	return account;
}

/* A block of the range at BASE goes online or offline; its own pages are not counted here. */
static void go(u64 block, int online, u64 vmemmap, u32 zone, int ret)
{
	block_begin(block,
		    online ? MHP_EVENT_mhp_online_begin :
			     MHP_EVENT_mhp_offline_begin,
		    vmemmap, zone);
	block_end(block,
		  online ? MHP_EVENT_mhp_online_end : MHP_EVENT_mhp_offline_end,
		  vmemmap, zone, ret);
}

static void memmap_is(const char *name, u32 users, u32 zone, u64 pages)
{
	const struct mhp_range *range = range_at(BASE);

	ok(range->users == users && range->zone == zone &&
		   range->vmemmap_online == pages &&
		   range->present == (s64)pages,
	   "%s", name);
	printf("# %u users, zone %u, %llu pages, %lld present\n", range->users,
	       range->zone, range->vmemmap_online, range->present);
}

/* Two blocks of 72: the first is nothing but memmap, the second has a part of it. */
static void test_users(void)
{
	const u64 all = 72 * EACH;

	begin();
	add_all(72, MHP_HOSTING_RANGE);
	memmap_is("added: the memmap is in no zone", 0, MHP_ZONE_NONE, 0);
	go(BASE, 1, PAGES, MHP_ZONE_NORMAL, 0);
	memmap_is("a block that is nothing but memmap is no user", 0,
		  MHP_ZONE_NONE, 0);
	block_begin(BASE + 5, MHP_EVENT_mhp_online_begin, 0, MHP_ZONE_MOVABLE);
	memmap_zone(MHP_EVENT_mhp_vmemmap_online, all, MHP_ZONE_MOVABLE);
	present((BASE + 5) * PAGES, PAGES, MHP_ZONE_MOVABLE);
	present(BASE * PAGES, all, MHP_ZONE_MOVABLE);
	block_end(BASE + 5, MHP_EVENT_mhp_online_end, 0, MHP_ZONE_MOVABLE, 0);
	memmap_is("the first user", 1, MHP_ZONE_MOVABLE, all);
	eq("its pages are its own", block_at(BASE + 5)->present, PAGES);
	eq("the block that holds the memmap has no pages",
	   block_at(BASE)->present, 0);
	eq("pages of an offline block that hold memmap in use",
	   range_live_pages(ledger, block_at(BASE + 1)), 8 * EACH);
	eq("a block without memmap has none",
	   range_live_pages(ledger, block_at(BASE + 5)), 0);
	eq("the zone has all of the memmap",
	   zone_at(MHP_ZONE_MOVABLE)->vmemmap_online, all);
	go(BASE + 1, 1, 8 * EACH, MHP_ZONE_NORMAL, 0);
	memmap_is("a user in another zone", 2, MHP_ZONE_MOVABLE, all);
	go(BASE + 1, 0, 8 * EACH, MHP_ZONE_NORMAL, -EBUSY);
	memmap_is("a user that stays", 2, MHP_ZONE_MOVABLE, all);
	block_begin(BASE + 5, MHP_EVENT_mhp_offline_begin, 0, MHP_ZONE_MOVABLE);
	present(BASE * PAGES, -(s64)all, MHP_ZONE_MOVABLE);
	memmap_zone(MHP_EVENT_mhp_vmemmap_offline, all, MHP_ZONE_MOVABLE);
	eq("no zone has the memmap", zone_at(MHP_ZONE_MOVABLE)->vmemmap_online,
	   0);
	memmap_zone(MHP_EVENT_mhp_vmemmap_online, all, MHP_ZONE_NORMAL);
	present(BASE * PAGES, all, MHP_ZONE_NORMAL);
	block_end(BASE + 5, MHP_EVENT_mhp_offline_end, 0, MHP_ZONE_MOVABLE, 0);
	memmap_is("the memmap moves to the zone of the other user", 1,
		  MHP_ZONE_NORMAL, all);
	block_begin(BASE + 1, MHP_EVENT_mhp_offline_begin, 8 * EACH,
		    MHP_ZONE_NORMAL);
	present(BASE * PAGES, -(s64)all, MHP_ZONE_NORMAL);
	memmap_zone(MHP_EVENT_mhp_vmemmap_offline, all, MHP_ZONE_NORMAL);
	block_end(BASE + 1, MHP_EVENT_mhp_offline_end, 8 * EACH,
		  MHP_ZONE_NORMAL, 0);
	memmap_is("the last user is gone", 0, MHP_ZONE_NONE, 0);
	eq("the zone has none of it", zone_at(MHP_ZONE_NORMAL)->vmemmap_online,
	   0);
}

/* The same events of a kernel in which the memmap belongs to blocks */
static void test_first_design(void)
{
	begin();
	schema = 2;
	add_all(72, MHP_HOSTING_RANGE);
	block_begin(BASE, MHP_EVENT_mhp_online_begin, PAGES, MHP_ZONE_MOVABLE);
	memmap_zone(MHP_EVENT_mhp_vmemmap_online, PAGES, MHP_ZONE_MOVABLE);
	present(BASE * PAGES, PAGES, MHP_ZONE_MOVABLE);
	block_end(BASE, MHP_EVENT_mhp_online_end, PAGES, MHP_ZONE_MOVABLE, 0);
	eq("first design: the memmap is present in its block",
	   block_at(BASE)->present, PAGES);
	eq("first design: the range has no memmap of its own",
	   range_at(BASE)->vmemmap_online, 0);
	eq("first design: pages of the block that hold memmap in use",
	   range_live_pages(ledger, block_at(BASE)), PAGES);
}

/* A snapshot in the middle of an online: what follows is not counted twice. */
static void test_snapshot_users(void)
{
	const u64 all = 4 * EACH;

	begin();
	range_snapshot(BASE, 4, 4, 4);
	range_snapshot(BASE + 2, 4, 4, 4);
	memmap_is("snapshot: two users", 2, MHP_ZONE_MOVABLE, all);
	eq("snapshot: the pages of a block without its memmap",
	   block_at(BASE)->present, PAGES - all);
	eq("snapshot: the zone has the memmap once",
	   zone_at(MHP_ZONE_MOVABLE)->vmemmap_online, all);
	present(BASE * PAGES, all, MHP_ZONE_MOVABLE);
	block_end(BASE + 1, MHP_EVENT_mhp_online_end, 0, MHP_ZONE_MOVABLE, 0);
	range_snapshot(BASE + 1, 4, 4, 4);
	memmap_is("snapshot: an online that ends afterwards", 3,
		  MHP_ZONE_MOVABLE, all);
	go(BASE, 0, all, MHP_ZONE_MOVABLE, 0);
	go(BASE + 1, 0, 0, MHP_ZONE_MOVABLE, 0);
	memmap_is("snapshot: one user is left", 1, MHP_ZONE_MOVABLE, all);
}

/* Without references, a range is found by the current operation. */
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
	ok(range_at(BASE)->order == MHP_ORDER_ASCENDING,
	   "%s-hosted: the order of frees", name);
	remove_end(BASE, 3, 0);
	ok(range_at(BASE)->removed == 1, "%s-hosted: removed", name);
	add_all(3, hosting);
	add_begin(BASE + 10, 1);
	populate(BASE + 10, 1, hosting);
	depopulate(BASE + 10, hosting);
	add_end(BASE + 10, 1, MHP_HOSTING_NONE, -ENOMEM);
	ok(range_at(BASE)->frees == 0,
	   "%s-hosted: frees of another add do not count", name);
	ok(range_at(BASE + 10)->frees == 1,
	   "%s-hosted: frees of a failed add count for its range", name);
	remove_begin(BASE, 3);
	depopulate(BASE + 2, hosting);
	ok(range_at(BASE)->frees == 1,
	   "%s-hosted: frees of a removal count for its range", name);
}

/* Whether there is an account of the range that starts with a block. */
static bool has_range(u64 block)
{
	const struct mhp_range *range = range_at(block);

	return range && range->start_pfn == block * PAGES;
}

/* Add and remove a range of one block, like a driver that resizes a virtual machine. */
static void come_and_go(u64 block)
{
	add_begin(block, 1);
	populate(block, 1, MHP_HOSTING_BUDDY);
	add_end(block, 1, MHP_HOSTING_BUDDY, 0);
	remove_begin(block, 1);
	depopulate(block, MHP_HOSTING_BUDDY);
	remove_end(block, 1, 0);
}

/* The accounts of ranges that are gone are given up, the oldest ones first. */
static void test_gone(void)
{
	u64 i;

	begin();
	add_begin(0, 1);
	populate(0, 1, MHP_HOSTING_BUDDY);
	add_end(0, 1, MHP_HOSTING_BUDDY, 0);
	for (i = 1; i <= MHP_GONE_RANGES; i++)
		come_and_go(i);
	ok(has_range(1) && has_range(MHP_GONE_RANGES) &&
		   ledger_nr_ranges(ledger) == MHP_GONE_RANGES + 1,
	   "the latest ranges that are gone have accounts");
	come_and_go(i);
	ok(!has_range(1) && has_range(2) && has_range(i),
	   "the next one takes the place of the oldest");
	ok(has_range(0), "a range at address 0 that is present stays");
	come_and_go(2);
	come_and_go(3);
	ok(has_range(2) && has_range(3) && has_range(4),
	   "a range that was added and removed again keeps its account");
	come_and_go(1);
	come_and_go(4);
	come_and_go(7);
	ok(has_range(2) && !has_range(5) && !has_range(6) && has_range(7),
	   "a range that was added and removed again is not the oldest any more");
	add_begin(8, 1);
	add_end(8, 1, MHP_HOSTING_BUDDY, 0);
	for (i = 0; i < 3 * MHP_GONE_RANGES; i++)
		come_and_go(1000 + i);
	ok(has_range(8), "a range that was added again stays");
	eq("accounts after many resizes", ledger_nr_ranges(ledger),
	   MHP_GONE_RANGES + 2);
	for (i = 0; i < 2 * MHP_GONE_RANGES; i++) {
		add_begin(5000 + i, 1);
		add_end(5000 + i, 1, MHP_HOSTING_NONE, -ENOMEM);
	}
	eq("accounts after many failed adds", ledger_nr_ranges(ledger),
	   MHP_GONE_RANGES + 2);
	ok(!has_range(5000) && has_range(5000 + i - 1),
	   "the latest failed adds have accounts");
}

int main(void)
{
	test_add();
	test_order();
	test_remove();
	test_parts();
	test_failed_removal();
	test_failed_add();
	test_snapshot();
	test_snapshot_after_events();
	test_users();
	test_first_design();
	test_snapshot_users();
	test_others(MHP_HOSTING_BLOCK, "block");
	test_others(MHP_HOSTING_BUDDY, "buddy");
	test_gone();
	ledger_free(ledger);
	return ktap_done();
}
