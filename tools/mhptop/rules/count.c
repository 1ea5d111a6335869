// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of zone counts, and the snapshot that the stream begins with.
 */
#include "model/event_table.h"
#include "rules/state.h"

/* It may be any zone, whose count is unknown from now on. */
static void forget_zones(struct rules *rules, unsigned int which)
{
	size_t i;

	for (i = 0; i < rules->nr_zones; i++)
		rules->zones[i].known[which] = false;
}

/*
 * The count of a zone after a change against the one before it. A balloon takes managed pages from the zone in between and
 * returns them, without an event: then a difference proves nothing.
 */
static void judge_count(struct rules *rules, const struct rule_zone *zone,
			unsigned int which, const struct mhp_mhp_account *e)
{
	s64 want = zone->after[which] + e->delta;
	u64 before = rules->violations->total;

	if (which && rules->opts.balloon && want != (s64)e->after)
		rule_cannot_judge(rules, RULE_ZONE_PAGES, RULE_BALLOON);
	else
		rule_equal(rules, RULE_ZONE_PAGES, e->start_pfn,
			   which ? "managed pages of the zone" :
				   "present pages of the zone",
			   want, e->after);
	if (which)
		rules->ballooned += rules->violations->total - before;
}

void rules_count_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_account *e = &r->p.mhp_account;
	unsigned int which = r->event == MHP_EVENT_mhp_managed;
	struct rule_zone *zone;
	struct rule_block *block;

	if (!rule_knows(rules, RULE_ZONE_PAGES, r, mhp_account, zone) ||
	    !rule_knows(rules, RULE_ZONE_PAGES, r, mhp_account, nid)) {
		forget_zones(rules, which);
		return;
	}
	zone = rule_zone(rules, e->nid, e->zone);
	if (!rule_knows(rules, RULE_ZONE_PAGES, r, mhp_account, after)) {
		if (zone)
			zone->known[which] = false;
		zone = NULL;
	}
	if (zone && zone->known[which])
		judge_count(rules, zone, which, e);
	if (zone) {
		zone->after[which] = e->after;
		zone->known[which] = true;
	}
	if (!which || e->cause != MHP_CAUSE_DRIVER)
		return;
	block = rule_block(rules, e->start_pfn, true);
	if (!block)
		return;
	block->strict = false;
	block->managed = rule_sum(block->managed, e->delta);
}

/* Whether a block is, or was, online, and whether its state is changing: sysfs tells this, too. */
static void state_snapshot(struct rule_block *block,
			   const struct mhp_mhp_snapshot_block *e)
{
	block->start_known |= e->state != MHP_STATE_UNKNOWN;
	block->maybe_online |= e->state == MHP_STATE_UNKNOWN;
	block->was_online |= e->state == MHP_STATE_ONLINE ||
			     e->state == MHP_STATE_GOING_OFFLINE;
	/* If its end was already reported, the snapshot was too early. */
	if (block->last_event)
		return;
	block->leaving = e->state == MHP_STATE_GOING_OFFLINE;
	block->changing = block->leaving || e->state == MHP_STATE_GOING_ONLINE;
}

/* The fields that no rule needs; the kernel's structures do not always tell the host. */
#define SNAPSHOT_UNUSED                             \
	(MHP_FIELD(mhp_snapshot_block, hosting) |   \
	 MHP_FIELD(mhp_snapshot_block, populated) | \
	 MHP_FIELD(mhp_snapshot_block, poisoned) |  \
	 MHP_FIELD(mhp_snapshot_block, sections))

static void block_snapshot(struct rules *rules,
			   const struct mhp_mhp_snapshot_block *e, u32 unknown)
{
	struct rule_block *block = rule_block(rules, e->start_pfn, true);
	struct rule_range *range;

	rules->listed = true;
	if (!block)
		return;
	state_snapshot(block, e);
	/* Events override the snapshot, and boot memory may have holes. */
	if (block->state != MHP_STATE_UNKNOWN || (unknown & ~SNAPSHOT_UNUSED) ||
	    e->origin != MHP_ORIGIN_KERNEL)
		return;
	block->state = e->state == MHP_STATE_ONLINE ||
				       e->state == MHP_STATE_OFFLINE ?
			       e->state :
			       MHP_STATE_UNKNOWN;
	block->nid = e->nid;
	block->zone = e->zone;
	block->vmemmap_pages = e->vmemmap_pages;
	block->altmap_base = e->altmap_base;
	block->host = e->hosting ?: MHP_HOSTING_NONE;
	/* Otherwise, the driver may withhold pages from the buddy. */
	block->strict = e->hosting == MHP_HOSTING_BLOCK ||
			e->hosting == MHP_HOSTING_RANGE;
	if (e->hosting != MHP_HOSTING_RANGE)
		return;
	range = rule_range(rules, e->altmap_base, true);
	if (!range || range->known)
		return;
	/* Without events, the references would stay as they were. */
	range->known = !rules_lack(rules, MHP_EVENT_mhp_vmemmap_ref);
	range->refs = e->refs;
	range->free = e->altmap_free;
	range->alloc = e->altmap_alloc;
	range->end = e->altmap_base + e->range_pages;
	range->users = e->users;
	range->by_zone = false;
	range->nid = e->nid;
	range->zone = e->memmap_zone;
	range->counted = e->memmap_zone != 0 && !block->changing;
	range->up = range->present = e->memmap_zone &&
				     e->memmap_zone != MHP_ZONE_NONE;
}

static void zone_snapshot(struct rules *rules,
			  const struct mhp_mhp_snapshot_zone *e)
{
	struct rule_zone *zone = rule_zone(rules, e->nid, e->zone);

	if (!zone || e->origin != MHP_ORIGIN_KERNEL)
		return;
	zone->after[0] = e->present;
	zone->after[1] = e->managed;
	zone->known[0] = zone->known[1] = true;
}

void rules_snapshot_take(struct rules *rules, const struct mhp_record *r)
{
	if (r->event == MHP_EVENT_mhp_snapshot_block &&
	    record_knows(r, mhp_snapshot_block, start_pfn))
		block_snapshot(rules, &r->p.mhp_snapshot_block, r->unknown);
	else if (r->event == MHP_EVENT_mhp_snapshot_zone && !r->unknown)
		zone_snapshot(rules, &r->p.mhp_snapshot_zone);
	else if (r->event == MHP_EVENT_mhp_snapshot_zone) {
		forget_zones(rules, 0);
		forget_zones(rules, 1);
	}
}
