// SPDX-License-Identifier: GPL-2.0
/* The sysfs source with a made-up tree: blocks that exist, change and are removed, and their accounts in the ledger. */
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

#include "tree.h"

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

	eq("first read: two zones, four blocks", look(source, seen), 6);
	eq("an empty zone is skipped",
	   seen->records[1].p.mhp_snapshot_zone.zone == MHP_ZONE_MOVABLE &&
		   seen->records[1].p.mhp_snapshot_zone.nid == 1,
	   1);
	eq("managed pages of a zone",
	   seen->records[1].p.mhp_snapshot_zone.managed, BLOCK - 512);
	b = block(seen, 0);
	eq("the zone of a block", b->zone, MHP_ZONE_DMA32);
	eq("a block of several zones has none", block(seen, 1)->zone,
	   MHP_ZONE_NONE);
	b = block(seen, 2);
	eq("blocks are sorted by number: 9 before 40", b->start_pfn, 9 * BLOCK);
	eq("a block in zone Movable", b->zone, MHP_ZONE_MOVABLE);
	eq("the node of a block", b->nid, 1);
	b = block(seen, 3);
	eq("the state of an offline block", b->state, MHP_STATE_OFFLINE);
	eq("an offline block has no zone", b->zone, MHP_ZONE_NONE);
	eq("hosting is unknown", b->hosting, MHP_HOSTING_NONE);
	eq("the origin is sysfs", b->origin, MHP_ORIGIN_SYSFS);
	eq("records are numbered", seen->records[5].seq, 6);
	eq("one block is online in zone Movable",
	   blocks_online(seen, MHP_ZONE_MOVABLE), 1);
}

static void test_changes(struct source *source, struct seen *seen)
{
	eq("no records without a change", look(source, seen), 0);

	put_block(40, 1, "online", "Movable");
	put_zones(2 * BLOCK);
	eq("a block goes online and its zone grows", look(source, seen), 2);
	eq("the block that went online", block(seen, 0)->start_pfn, 40 * BLOCK);
	eq("two blocks are online in zone Movable",
	   blocks_online(seen, MHP_ZONE_MOVABLE), 2);

	put_block(40, 1, "offline", "Movable Normal");
	put_zones(BLOCK);
	eq("the block goes offline and its zone shrinks", look(source, seen),
	   2);
	eq("one block is left online in zone Movable",
	   blocks_online(seen, MHP_ZONE_MOVABLE), 1);

	run("rm -r %s/sys/devices/system/memory/memory9", root);
	put_zones(0);
	eq("a block is removed and its zone is empty", look(source, seen), 2);
	eq("the record of a removed block", block(seen, 0)->state,
	   MHP_STATE_REMOVED);
	eq("the account of a removed block",
	   ledger_find_block(seen->ledger, 9 * BLOCK)->state,
	   MHP_STATE_REMOVED);
	eq("no block is online in zone Movable",
	   blocks_online(seen, MHP_ZONE_MOVABLE), 0);

	put_block(9, 1, "going-offline", "Movable");
	eq("a removed block is added again", look(source, seen), 1);
	eq("a block that is going offline", block(seen, 0)->state,
	   MHP_STATE_GOING_OFFLINE);
}

static void test_errors(void)
{
	struct source *source;
	char why[256];

	put("sys/devices/system/memory/block_size_bytes", "zero");
	eq("a block size that is not a number",
	   source_open_sysfs(&source, root, why, sizeof(why)), -EOPNOTSUPP);
	ok(strstr(why, "block_size_bytes"),
	   "the reason names block_size_bytes");
	put("sys/devices/system/memory/block_size_bytes", "6000000");
	eq("a block size that is not a power of two",
	   source_open_sysfs(&source, root, why, sizeof(why)), -EOPNOTSUPP);
	put("sys/devices/system/memory/block_size_bytes", "800");
	eq("a block size smaller than a page",
	   source_open_sysfs(&source, root, why, sizeof(why)), -EOPNOTSUPP);
	eq("a missing tree",
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

	eq("open the source",
	   source_open_sysfs(&source, root, why, sizeof(why)), 0);
	eq("the block size", source->info.block_bytes, 128 << 20);
	eq_text("the kind of the source", source_kind_name(source->info.kind),
		"sysfs");
	seen.ledger = ledger_new(BLOCK, 0);
	test_first(source, &seen);
	test_changes(source, &seen);
	eq("read the totals", source_totals(source, &totals), 0);
	eq("the totals count all records", totals.count[0].submitted,
	   seen.records[0].seq);
	eq("no self-check without a kernel ledger",
	   source_self_check(source, seen.ledger, why, sizeof(why)),
	   -EOPNOTSUPP);
	run("rm -r %s/sys/devices/system/memory", root);
	eq("the tree is removed", look(source, &seen), -ENOENT);
	ok(strstr(source_why(source), root), "the reason names the tree");
	source_close(source);
	ledger_free(seen.ledger);
	test_errors();
	run("rm -r %s", root);
	return ktap_done();
}
