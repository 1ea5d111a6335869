// SPDX-License-Identifier: GPL-2.0
/* The sysfs source on a tree of its own: what is there, what changes, what goes, and what the ledger makes of it. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"
#include "model/ledger.h"
#include "source/source.h"
#include "ktap.h"

#define BLOCK 0x8000 /* pages */

static char root[] = "/tmp/test_source_sysfs.XXXXXX";

struct seen {
	struct mhp_record records[64];
	int nr;
	struct mhp_ledger *ledger;
};

static void run(const char *fmt, ...)
{
	char command[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (system(command)) {
		printf("Bail out! %s\n", command);
		exit(1);
	}
}

static void put(const char *path, const char *text)
{
	run("mkdir -p %s/$(dirname %s) && printf '%s\\n' > %s/%s", root, path,
	    text, root, path);
}

static void put_block(int id, int node, const char *state, const char *zones)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/devices/system/memory/memory%d/state",
		 id);
	put(path, state);
	snprintf(path, sizeof(path),
		 "sys/devices/system/memory/memory%d/valid_zones", id);
	put(path, zones);
	run("mkdir -p %s/sys/devices/system/node/node%d && touch %s/sys/devices/system/node/node%d/memory%d",
	    root, node, root, node, id);
}

static void put_zones(int movable)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "Node 0, zone    DMA32\\n  pages free     1\\n"
		 "        present  262014\\n        managed  236137\\n"
		 "Node 0, zone   Normal\\n"
		 "        present  0\\n        managed  0\\n"
		 "Node 1, zone  Movable\\n"
		 "        present  %d\\n        managed  %d",
		 movable, movable - 512);
	put("proc/zoneinfo", text);
}

static int take(void *ctx, const struct mhp_record *record)
{
	struct seen *seen = ctx;

	if (seen->nr < 64)
		seen->records[seen->nr] = *record;
	seen->nr++;
	return ledger_fold(seen->ledger, record);
}

static int look(struct source *source, struct seen *seen)
{
	seen->nr = 0;
	return source_read(source, take, seen);
}

static const struct mhp_mhp_snapshot_block *block(const struct seen *seen,
						  int nth)
{
	for (int i = 0; i < seen->nr; i++)
		if (seen->records[i].event == MHP_EVENT_mhp_snapshot_block &&
		    !nth--)
			return &seen->records[i].p.mhp_snapshot_block;
	printf("Bail out! no record of a block\n");
	exit(1);
}

static unsigned int blocks_online(const struct seen *seen, unsigned int zone)
{
	const struct mhp_zone_account *account = NULL;

	while ((account = ledger_next_zone(seen->ledger, account)))
		if (account->zone == zone)
			return account->blocks_online;
	return ~0U;
}

static void test_first(struct source *source, struct seen *seen)
{
	const struct mhp_mhp_snapshot_block *b;

	eq("first look: two zones, four blocks", look(source, seen), 6);
	eq("an empty zone is left out",
	   seen->records[1].p.mhp_snapshot_zone.zone == MHP_ZONE_MOVABLE &&
		   seen->records[1].p.mhp_snapshot_zone.nid == 1,
	   1);
	eq("its managed pages", seen->records[1].p.mhp_snapshot_zone.managed,
	   BLOCK - 512);
	b = block(seen, 0);
	eq("a block in its zone", b->zone, MHP_ZONE_DMA32);
	eq("of several zones: none", block(seen, 1)->zone, MHP_ZONE_NONE);
	b = block(seen, 2);
	eq("by number, not by name: 9 before 40", b->start_pfn, 9 * BLOCK);
	eq("online in Movable", b->zone, MHP_ZONE_MOVABLE);
	eq("its node", b->nid, 1);
	b = block(seen, 3);
	eq("an offline block", b->state, MHP_STATE_OFFLINE);
	eq("has no zone yet", b->zone, MHP_ZONE_NONE);
	eq("who hosts is not guessed", b->hosting, MHP_HOSTING_NONE);
	eq("who told", b->origin, MHP_ORIGIN_SYSFS);
	eq("numbers count on", seen->records[5].seq, 6);
	eq("the zone has one block", blocks_online(seen, MHP_ZONE_MOVABLE), 1);
}

static void test_changes(struct source *source, struct seen *seen)
{
	eq("nothing changed, nothing told", look(source, seen), 0);

	put_block(40, 1, "online", "Movable");
	put_zones(2 * BLOCK);
	eq("a block went online, its zone grew", look(source, seen), 2);
	eq("which one", block(seen, 0)->start_pfn, 40 * BLOCK);
	eq("the zone has two", blocks_online(seen, MHP_ZONE_MOVABLE), 2);

	put_block(40, 1, "offline", "Movable Normal");
	put_zones(BLOCK);
	eq("and offline again", look(source, seen), 2);
	eq("the zone has one again", blocks_online(seen, MHP_ZONE_MOVABLE), 1);

	run("rm -r %s/sys/devices/system/memory/memory9", root);
	put_zones(0);
	eq("a block and the last of a zone went", look(source, seen), 2);
	eq("the block is told to be removed", block(seen, 0)->state,
	   MHP_STATE_REMOVED);
	eq("and is in the ledger",
	   ledger_find_block(seen->ledger, 9 * BLOCK)->state,
	   MHP_STATE_REMOVED);
	eq("no block is left in the zone",
	   blocks_online(seen, MHP_ZONE_MOVABLE), 0);

	put_block(9, 1, "going-offline", "Movable");
	eq("it came back, in between", look(source, seen), 1);
	eq("its state", block(seen, 0)->state, MHP_STATE_GOING_OFFLINE);
}

static void test_errors(void)
{
	struct source *source;
	char why[256];

	put("sys/devices/system/memory/block_size_bytes", "zero");
	eq("a block size that is none",
	   source_open_sysfs(&source, root, why, sizeof(why)), -EOPNOTSUPP);
	ok(strstr(why, "block_size_bytes"), "and why");
	put("sys/devices/system/memory/block_size_bytes", "6000000");
	eq("a block size that is no power of two",
	   source_open_sysfs(&source, root, why, sizeof(why)), -EOPNOTSUPP);
	put("sys/devices/system/memory/block_size_bytes", "800");
	eq("a block smaller than a page",
	   source_open_sysfs(&source, root, why, sizeof(why)), -EOPNOTSUPP);
	eq("no such tree",
	   source_open_sysfs(&source, "/nonexistent", why, sizeof(why)),
	   -EOPNOTSUPP);
}

int main(void)
{
	struct source_totals totals;
	struct source *source;
	struct seen seen = { 0 };
	char why[256] = "";

	if (!mkdtemp(root))
		return 1;
	put("sys/devices/system/memory/block_size_bytes", "8000000");
	put_block(40, 1, "offline", "Movable");
	put_block(0, 0, "online", "DMA32");
	put_block(1, 0, "online", "none");
	put_block(9, 1, "online", "Movable");
	put_zones(BLOCK);

	eq("opens", source_open_sysfs(&source, root, why, sizeof(why)), 0);
	eq("block size", source->info.block_bytes, 128 << 20);
	eq_text("kind", source_kind_name(source->info.kind), "sysfs");
	seen.ledger = ledger_new(BLOCK);
	test_first(source, &seen);
	test_changes(source, &seen);
	eq("totals", source_totals(source, &totals), 0);
	eq("all seen were handed over", totals.count[0].submitted,
	   seen.records[0].seq);
	eq("no ledger in the kernel",
	   source_self_check(source, seen.ledger, why, sizeof(why)),
	   -EOPNOTSUPP);
	run("rm -r %s/sys/devices/system/memory", root);
	eq("the tree went", look(source, &seen), -ENOENT);
	ok(strstr(source_why(source), root), "and why");
	source_close(source);
	ledger_free(seen.ledger);
	test_errors();
	run("rm -r %s", root);
	return ktap_done();
}
