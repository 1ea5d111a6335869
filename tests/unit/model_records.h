/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model and the records to fill it with, for the tests of what is read from
 * a model. What is expected of it is in the tests.
 */
#ifndef MODEL_RECORDS_H
#define MODEL_RECORDS_H

#include "model/columns.h"
#include "model/event_table.h"
#include "ktap.h"
#include "taken.h"
#include "model/model.h"

static void take_snapshot(u64 block, u64 seq, int hosting, int state, int zone)
{
	struct mhp_record r = { 0 };

	r.p.mhp_snapshot_block = (struct mhp_mhp_snapshot_block){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.vmemmap_pages = hosting == MHP_HOSTING_BLOCK ? 512 : 0,
		.populated = 512,
		.zone = zone,
		.hosting = hosting,
		.state = state,
		.origin = MHP_ORIGIN_KERNEL,
	};
	take(&r, MHP_EVENT_mhp_snapshot_block, seq);
}

static void take_failed(u64 block, u64 seq, unsigned int event, int reason,
			long ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_failed = (struct mhp_mhp_failed){
		.start_pfn = block * PAGES + 512,
		.nr_pages = PAGES - 512,
		.reason = reason,
		.ret = ret,
	};
	take(&r, event, seq);
}

static void take_end(u64 block, u64 seq, unsigned int event, long ret)
{
	struct mhp_record r = { 0 };

	r.p.mhp_block_end = (struct mhp_mhp_block_end){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.zone = MHP_ZONE_MOVABLE,
		.ret = ret,
	};
	take(&r, event, seq);
}

static void take_begin(u64 block, u64 seq, unsigned int event)
{
	struct mhp_record r = { 0 };

	r.p.mhp_block_begin = (struct mhp_mhp_block_begin){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.zone = MHP_ZONE_MOVABLE,
	};
	take(&r, event, seq);
}

static void take_blocker(u64 block, u64 seq)
{
	struct mhp_record r = { 0 };

	r.p.mhp_offline_blocker = (struct mhp_mhp_offline_blocker){
		.pfn = block * PAGES + 5,
		.kind = MHP_KIND_ANON,
		.stage = MHP_STAGE_MIGRATE,
	};
	take(&r, MHP_EVENT_mhp_offline_blocker, seq);
}

static void take_zone(u64 seq, int zone, u64 present, u64 managed)
{
	struct mhp_record r = { 0 };

	r.p.mhp_snapshot_zone = (struct mhp_mhp_snapshot_zone){
		.present = present, .managed = managed, .zone = zone
	};
	take(&r, MHP_EVENT_mhp_snapshot_zone, seq);
}

/* Boot memory, a self-hosted block, one whose offline failed, and one first met in the middle of an operation. */
static inline void fill(void)
{
	take_zone(1, MHP_ZONE_NORMAL, 1000, 900);
	take_zone(2, MHP_ZONE_MOVABLE, 200, 100);
	take_snapshot(0, 3, MHP_HOSTING_BOOT, MHP_STATE_ONLINE,
		      MHP_ZONE_NORMAL);
	take_snapshot(40, 4, MHP_HOSTING_BLOCK, MHP_STATE_ONLINE,
		      MHP_ZONE_MOVABLE);
	take_snapshot(41, 5, MHP_HOSTING_BUDDY, MHP_STATE_OFFLINE,
		      MHP_ZONE_NONE);
	take_begin(40, 6, MHP_EVENT_mhp_offline_begin);
	take_blocker(40, 7);
	/* Without a number, as a source without numbers has it */
	take_failed(40, 0, MHP_EVENT_mhp_offline_failed, MHP_REASON_UNMOVABLE,
		    -16);
	take_end(40, 8, MHP_EVENT_mhp_offline_end, -16);
	take_begin(42, 9, MHP_EVENT_mhp_online_begin);
}

static const struct mhp_block *block_at(u64 number)
{
	return ledger_find_block(model.ledger, number * PAGES);
}

static inline void cell(u64 block, const char *key, const char *want)
{
	char text[64], name[96];

	column_format(column_find(key), &model, block_at(block), text,
		      sizeof(text));
	snprintf(name, sizeof(name), "%s of block %llu is %s", key, block,
		 want);
	eq_text(name, text, want);
}

#endif
