// SPDX-License-Identifier: GPL-2.0
/* Which task added, onlined, offlined and removed memory, and by which way. */
#include "ktap.h"
#include "model/columns.h"
#include "model/model.h"
#include "records.h"

/* A memory block that was online before */
static void take_old(u64 block)
{
	struct mhp_record r = { 0 };

	r.p.mhp_snapshot_block = (struct mhp_mhp_snapshot_block){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.zone = MHP_ZONE_MOVABLE,
		.hosting = MHP_HOSTING_BUDDY,
		.state = MHP_STATE_ONLINE,
		.origin = MHP_ORIGIN_KERNEL,
	};
	take(&r, MHP_EVENT_mhp_snapshot_block, ++number);
}

static void change(bool online, const char *comm, u32 pid, u64 block, long ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_block_begin.zone = MHP_ZONE_MOVABLE;
	event(online ? MHP_EVENT_mhp_online_begin : MHP_EVENT_mhp_offline_begin,
	      comm, pid, block, 1, &r);
	r.p.mhp_block_end.zone = MHP_ZONE_MOVABLE;
	r.p.mhp_block_end.ret = ret;
	event(online ? MHP_EVENT_mhp_online_end : MHP_EVENT_mhp_offline_end,
	      comm, pid, block, 1, &r);
}

static void remove_block(const char *comm, u32 pid, u64 block)
{
	struct mhp_record r = { 0 };

	event(MHP_EVENT_mhp_remove_begin, comm, pid, block, 1, &r);
	r.p.mhp_vmemmap_free.vmemmap_pages = 512;
	event(MHP_EVENT_mhp_vmemmap_free, comm, pid, block, 1, &r);
	event(MHP_EVENT_mhp_remove_end, comm, pid, block, 1, &r);
}

/* A cell of a memory block, or of the range that it was added with */
static const char *shown(const struct column *list, const char *key, u64 block)
{
	static char text[64];
	const struct column *column = list;
	const void *row =
		list == columns ?
			(const void *)ledger_find_block(model.ledger,
							block * PAGES) :
			(const void *)ledger_find_range(model.ledger,
							block * PAGES);

	while (strcmp(column->key, key))
		column++;
	column_format(column, &model, row, text, sizeof(text));
	return text;
}

static const char *who(u64 block, enum operation kind)
{
	static char text[BLOCK_WHO_MAX];

	return block_who_text(&model,
			      ledger_find_block(model.ledger, block * PAGES),
			      kind, text);
}

static void begin(void)
{
	struct source_info info = { .kind = SOURCE_EVENTS,
				    .page_bytes = 4096,
				    .block_bytes = 4096 * PAGES };

	number = 0;
	model_init(&model, &info);
}

/* The ways of an add, by task and flags */
static void test_adds(void)
{
	static const struct {
		const char *comm;
		u32 flags;
		const char *way;
	} adds[] = {
		{ "kworker/0:1", MHP_ADD_NID_IS_MGID, "acpi" },
		{ "kworker/u8:2",
		  MHP_ADD_NID_IS_MGID | MHP_ADD_MEMMAP_ON_MEMORY, "acpi" },
		{ "kworker/1:0", MHP_ADD_NID_IS_MGID | MHP_ADD_MERGE_RESOURCE,
		  "virtio_mem" },
		{ "modprobe", MHP_ADD_NID_IS_MGID | MHP_ADD_MEMMAP_ON_MEMORY,
		  "kmem" },
		{ "daxctl", MHP_ADD_NID_IS_MGID, "daxctl" },
		{ "kworker/0:0", MHP_ADD_MERGE_RESOURCE, "balloon" },
		{ "kworker/0:1", 0, "?" },
		{ "bash", MHP_ADD_MEMMAP_ON_MEMORY, "?" },
		{ "kworker/0:1",
		  MHP_ADD_MERGE_RESOURCE | MHP_ADD_MEMMAP_ON_MEMORY, "?" },
	};
	size_t i;

	begin();
	for (i = 0; i < sizeof(adds) / sizeof(adds[0]); i++) {
		add_memory(adds[i].comm, 10 + i, 32 + 2 * i, 2, adds[i].flags);
		ok(!strcmp(shown(columns, "added_way", 33 + 2 * i),
			   adds[i].way),
		   "%s with flags %u adds by way of %s", adds[i].comm,
		   adds[i].flags, adds[i].way);
		eq_text("  the same way for its range",
			shown(range_columns, "added_way", 32 + 2 * i),
			adds[i].way);
		eq_text("  the task", shown(columns, "added_by", 33 + 2 * i),
			adds[i].comm);
		eq_text("  that of the range",
			shown(range_columns, "added_by", 32 + 2 * i),
			adds[i].comm);
	}
	model_fini(&model);
}

static void test_policy(void)
{
	begin();
	add_memory("kworker/0:1", 7, 32, 2, MHP_ADD_NID_IS_MGID);
	eq_text("nobody has onlined it yet", who(32, OPERATION_ONLINE), "-");
	change(true, "kworker/0:1", 7, 32, 0);
	change(true, "kworker/0:1", 7, 33, 0);
	eq_text("the worker that added it goes on to online it",
		who(33, OPERATION_ONLINE), "kworker/0:1 (7), policy");
	change(false, "bash", 9, 33, 0);
	change(true, "kworker/0:1", 7, 33, 0);
	eq_text("the same worker, later", who(33, OPERATION_ONLINE),
		"kworker/0:1 (7), acpi");
	add_memory("daxctl", 8, 40, 1, MHP_ADD_NID_IS_MGID);
	change(true, "daxctl", 8, 40, 0);
	eq_text("daxctl onlines what it added", who(40, OPERATION_ONLINE),
		"daxctl (8), daxctl");
	add_memory("modprobe", 11, 41, 1, MHP_ADD_NID_IS_MGID);
	change(true, "modprobe", 11, 41, 0);
	eq_text("a user's task may online what it added itself",
		who(41, OPERATION_ONLINE), "modprobe (11), way unknown");
	model_fini(&model);
}

static void test_changes(void)
{
	begin();
	add_memory("kworker/0:1", 7, 32, 3, MHP_ADD_NID_IS_MGID);
	change(true, "(udev-worker)", 300, 32, 0);
	eq_text("udev", who(32, OPERATION_ONLINE), "(udev-worker) (300), udev");
	eq_text("  the zone", shown(columns, "online_zone", 32), "Movable");
	eq_text("  when", shown(columns, "onlined_at", 32), "0.000007");
	change(true, "chmem", 301, 33, -1);
	eq_text("what failed was done by nobody", who(33, OPERATION_ONLINE),
		"-");
	eq_text("  but the zone was asked for",
		shown(columns, "online_zone", 33), "Movable");
	change(false, "chmem", 302, 32, 0);
	eq_text("a user's task", who(32, OPERATION_OFFLINE),
		"chmem (302), sysfs");
	change(true, "bash", 303, 33, 0);
	change(false, "kworker/u8:0", 12, 33, 0);
	eq_text("an eject", who(33, OPERATION_OFFLINE),
		"kworker/u8:0 (12), acpi");
	remove_block("kworker/u8:0", 12, 33);
	eq_text("  and the removal of its range, by its first block",
		shown(range_columns, "removed_by", 32), "-");
	remove_block("kworker/u8:0", 12, 32);
	eq_text("  which comes last", shown(range_columns, "removed_way", 32),
		"acpi");
	add_memory("kworker/0:1", 7, 33, 1, MHP_ADD_NID_IS_MGID);
	eq_text("another life", who(33, OPERATION_OFFLINE), "-");
	add_memory("daxctl", 8, 40, 1, MHP_ADD_NID_IS_MGID);
	change(true, "bash", 9, 40, 0);
	change(false, "rmmod", 9, 40, 0);
	eq_text("kmem may take its memory offline itself",
		who(40, OPERATION_OFFLINE), "rmmod (9), way unknown");
	model_fini(&model);
}

static void test_unknown(void)
{
	begin();
	take_old(32);
	eq_text("what was there before", who(32, OPERATION_ADD), "?");
	change(false, "bash", 9, 32, 0);
	eq_text("  and changes now", who(32, OPERATION_OFFLINE),
		"bash (9), sysfs");
	add_memory("kworker/0:1", 7, 40, 1, MHP_ADD_NID_IS_MGID);
	number++;
	change(true, "bash", 9, 40, 0);
	eq_text("an event was lost: who did it before is unknown",
		who(40, OPERATION_ADD), "?");
	eq_text("  what has happened since is known", who(40, OPERATION_ONLINE),
		"bash (9), sysfs");
	eq_text("  what has not may have", who(40, OPERATION_OFFLINE), "?");
	model_fini(&model);
}

static bool matches(const char *text, u64 block)
{
	struct block_filter *filter;
	char why[160];
	bool found;

	if (block_filter_parse(&filter, text, why, sizeof(why)))
		return false;
	found = block_filter_match(
		filter, &model, ledger_find_block(model.ledger, block * PAGES));
	block_filter_free(filter);
	return found;
}

static void test_filters(void)
{
	struct block_filter *filter;
	char why[160];

	begin();
	add_memory("kworker/0:1", 7, 32, 2, MHP_ADD_NID_IS_MGID);
	change(true, "bash", 9, 32, 0);
	ok(matches("onlined_by=bash", 32), "filtered by the name of a task");
	ok(!matches("onlined_by=bash", 33), "  which another block has not");
	ok(matches("onlined_by!=bash", 33), "  or by any other");
	ok(matches("onlined_by=-", 33), "filtered by no task");
	ok(!matches("onlined_by=?", 33), "  which is not an unknown one");
	ok(matches("added_way=acpi", 33), "filtered by a way");
	ok(matches("onlined_at>0.000001", 32), "filtered by a time");
	ok(block_filter_parse(&filter, "onlined_by<b", why, sizeof(why)) != 0,
	   "names are not below or above each other");
	model_fini(&model);
}

int main(void)
{
	test_adds();
	test_policy();
	test_changes();
	test_unknown();
	test_filters();
	return ktap_done();
}
