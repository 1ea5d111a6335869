// SPDX-License-Identifier: GPL-2.0
/* Which operations are one try to remove memory, and what became of it. */
#include <errno.h>

#include "ktap.h"
#include "model/model.h"
#include "model/removal.h"
#include "records.h"

#define WORKER "kworker/0:1", 7
#define SHELL "bash", 312

/* A DIMM, or a dax device if a user's task adds it */
static void add(const char *comm, u32 pid, u64 block, u64 nr)
{
	add_memory(comm, pid, block, nr, MHP_ADD_NID_IS_MGID);
}

static void offline_begins(const char *comm, u32 pid, u64 block)
{
	struct mhp_record r = { 0 };

	event(MHP_EVENT_mhp_offline_begin, comm, pid, block, 1, &r);
}

static void offline_ends(const char *comm, u32 pid, u64 block, long ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_block_end.ret = ret;
	event(MHP_EVENT_mhp_offline_end, comm, pid, block, 1, &r);
}

static void went(const char *comm, u32 pid, u64 block)
{
	offline_begins(comm, pid, block);
	offline_ends(comm, pid, block, 0);
}

static void refused(const char *comm, u32 pid, u64 block, u32 reason, u32 kind)
{
	struct mhp_record r = { 0 };

	offline_begins(comm, pid, block);
	if (kind) {
		r.p.mhp_offline_blocker.kind = kind;
		r.event = MHP_EVENT_mhp_offline_blocker;
		r.size = event_info(r.event)->size;
		r.p.mhp_offline_blocker.pfn = block * PAGES + 5;
		r.seq = ++number;
		r.time_ns = 1000 * number;
		model_take(&model, &r);
		memset(&r, 0, sizeof(r));
	}
	r.p.mhp_failed.reason = reason;
	event(MHP_EVENT_mhp_offline_failed, comm, pid, block, 1, &r);
	offline_ends(comm, pid, block, -EBUSY);
}

static void back(const char *comm, u32 pid, u64 block, long ret)
{
	struct mhp_record r = { 0 };

	event(MHP_EVENT_mhp_online_begin, comm, pid, block, 1, &r);
	r.p.mhp_block_end.ret = ret;
	event(MHP_EVENT_mhp_online_end, comm, pid, block, 1, &r);
}

/* A removal; busy: the block that is online, 0: none */
static void removed(const char *comm, u32 pid, u64 block, u64 nr, u64 busy)
{
	struct mhp_record r = { 0 };

	event(MHP_EVENT_mhp_remove_begin, comm, pid, block, nr, &r);
	if (busy) {
		r.p.mhp_failed.reason = MHP_REASON_NOT_OFFLINE;
		event(MHP_EVENT_mhp_remove_failed, comm, pid, busy, 1, &r);
	}
	r.p.mhp_remove_end.ret = busy ? -EBUSY : 0;
	event(MHP_EVENT_mhp_remove_end, comm, pid, block, nr, &r);
}

static void begin(void)
{
	struct source_info info = { .kind = SOURCE_EVENTS,
				    .page_bytes = 4096,
				    .block_bytes = 4096 * PAGES };

	number = 0;
	model_init(&model, &info);
	model.history.extent = HISTORY_ALL;
}

/* All removals, a line for each; cache: what the machine says of the page in the way, NULL: it is not asked */
static void says_with(const char *name, const char *cache, const char *want)
{
	char got[2048] = "", text[REMOVAL_TEXT_MAX];
	struct removals removals = { 0 };
	size_t i, used = 0;

	eq(name, removals_find(&removals, &model.history, &model), 0);
	for (i = 0; i < removals.nr; i++)
		used += snprintf(
			got + used, sizeof(got) - used, "%s%s", i ? "\n" : "",
			removal_text(&model, &removals.list[i], cache, text));
	eq_text("  what it says", got, want);
	removals_free(&removals);
	model_fini(&model);
}

static void says(const char *name, const char *want)
{
	says_with(name, NULL, want);
}

/* Both passes of an eject that block 39 refuses */
static void eject_in_vain(void)
{
	u64 block;

	begin();
	add(WORKER, 32, 8);
	for (block = 32; block < 40; block++)
		if (block == 39)
			refused(WORKER, block, MHP_REASON_ISOLATION,
				MHP_KIND_SLAB);
		else
			went(WORKER, block);
	refused(WORKER, 39, MHP_REASON_ISOLATION, MHP_KIND_SLAB);
	for (block = 32; block < 39; block++)
		back(WORKER, block, 0);
}

static void test_eject(void)
{
	u64 block;

	eject_in_vain();
	says_with(
		"an eject that one block refuses, whose slab cache is known",
		"dentry",
		"DIMM at 0x100000000: 7 of 8 memory blocks went offline, memory39 refused (isolation, slab, dentry): the 7 were brought back");
	eject_in_vain();
	says("an eject that one block refuses",
	     "DIMM at 0x100000000: 7 of 8 memory blocks went offline, memory39 refused (isolation, slab): the 7 were brought back");

	begin();
	add(WORKER, 32, 2);
	refused(WORKER, 32, MHP_REASON_NOTIFIER, 0);
	went(WORKER, 33);
	went(WORKER, 32);
	removed(WORKER, 32, 2, 0);
	says("a block that goes in the second pass",
	     "DIMM at 0x100000000: 2 of 2 memory blocks went offline, and the range was removed");

	begin();
	add(WORKER, 32, 3);
	for (block = 32; block < 35; block++)
		refused(WORKER, block, MHP_REASON_HUGETLB, MHP_KIND_HUGETLB);
	refused(WORKER, 32, MHP_REASON_HUGETLB, MHP_KIND_HUGETLB);
	says("an eject that all blocks refuse",
	     "DIMM at 0x100000000: 0 of 3 memory blocks went offline, memory32 and 2 others refused (hugetlb)");
}

static void test_workers(void)
{
	begin();
	add(WORKER, 32, 2);
	add(WORKER, 40, 2);
	refused(WORKER, 32, MHP_REASON_NOTIFIER, 0);
	refused(WORKER, 33, 0, 0);
	refused(WORKER, 40, MHP_REASON_NOTIFIER, 0);
	says("a worker that ejects one DIMM, then another",
	     "DIMM at 0x100000000: 0 of 2 memory blocks went offline, memory33 and 1 other refused (reason unknown)\n"
	     "DIMM at 0x140000000: 0 of 1 memory block went offline, memory40 refused (notifier)");

	begin();
	add(WORKER, 32, 3);
	went(WORKER, 32);
	offline_begins(WORKER, 33);
	says("an eject that has not ended",
	     "DIMM at 0x100000000: 1 of 2 memory blocks went offline: in progress");

	begin();
	add(WORKER, 32, 1);
	went(WORKER, 32);
	removed(WORKER, 32, 1, 0);
	says("one block that leaves is no more than its operations", "");
}

static void test_users(void)
{
	begin();
	went(SHELL, 32);
	went(SHELL, 33);
	refused(SHELL, 34, MHP_REASON_SIGNAL, MHP_KIND_ANON);
	back(SHELL, 32, 0);
	back(SHELL, 33, -EINVAL);
	says("offline_and_remove_memory(), and a block that stays offline",
	     "memory at 0x100000000: 2 of 3 memory blocks went offline, memory34 refused (signal, anon): 1 of the 2 was brought back");

	begin();
	add(SHELL, 32, 1);
	add(SHELL, 40, 1);
	went(SHELL, 32);
	refused(SHELL, 40, MHP_REASON_SIGNAL, MHP_KIND_ANON);
	back(SHELL, 32, 0);
	says("a dax device of two ranges",
	     "memory at 0x100000000: 1 of 2 memory blocks went offline, memory40 refused (signal, anon): the 1 was brought back");

	begin();
	refused(SHELL, 32, MHP_REASON_ISOLATION, MHP_KIND_SLAB);
	went(SHELL, 33);
	back(SHELL, 33, 0);
	refused(SHELL, 34, MHP_REASON_ISOLATION, MHP_KIND_SLAB);
	back(SHELL, 33, 0);
	went(SHELL, 35);
	refused("chmem", 400, 36, MHP_REASON_ISOLATION, MHP_KIND_SLAB);
	back(SHELL, 35, 0);
	says("what a user does by hand is no try", "");
}

static void test_removals(void)
{
	begin();
	add(SHELL, 32, 4);
	removed(SHELL, 32, 4, 34);
	says("a driver that is unbound while a block is online",
	     "dax memory at 0x100000000: it was not removed, as memory34 is online");

	begin();
	add(SHELL, 32, 2);
	went(SHELL, 32);
	removed(SHELL, 32, 2, 33);
	says("the same, after one block went offline",
	     "dax memory at 0x100000000: 1 of 1 memory block went offline, and it was not removed, as memory33 is online");
}

int main(void)
{
	test_eject();
	test_workers();
	test_users();
	test_removals();
	return ktap_done();
}
