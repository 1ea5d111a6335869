// SPDX-License-Identifier: GPL-2.0
/* Counts operations by kind, result and reason, and their durations. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "export/tally.h"
#include "model/event_table.h"

#define BOUND(text, ns) { text, ns##ULL },
const struct tally_bound tally_bounds[TALLY_NR_BOUNDS] = { TALLY_BOUNDS(
	BOUND) };

void tally_free(struct tally *tally)
{
	free(tally->zones);
	*tally = (struct tally){ 0 };
}

bool tally_is_certain(const struct model *model)
{
	char why[160];

	return (!model_lost(model) || model->loaded) &&
	       !model_doubt(model, why, sizeof(why));
}

/* nr_zones if it is not known. */
static size_t zone_index(const struct tally *tally, s32 nid, u32 zone)
{
	size_t i = 0;

	while (i < tally->nr_zones &&
	       (tally->zones[i].nid != nid || tally->zones[i].zone != zone))
		i++;
	return i;
}

const struct tally_zone *tally_find_zone(const struct tally *tally, s32 nid,
					 u32 zone)
{
	size_t i = zone_index(tally, nid, zone);

	return i < tally->nr_zones ? &tally->zones[i] : NULL;
}

const struct operation_open *tally_open(const struct tally *tally,
					const struct model *model)
{
	if (tally->blind || model->info.kind == SOURCE_SYSFS)
		return NULL;
	return tally->open;
}

/* Without memory, the zone stays unknown. */
static void know_zone(struct tally *tally, s32 nid, u32 zone, bool present,
		      bool managed)
{
	size_t i = zone_index(tally, nid, zone);
	struct tally_zone *known = NULL;

	if (i < tally->nr_zones)
		known = &tally->zones[i];
	else if (tally->nr_zones < MHP_MAX_ZONES &&
		 vec_grow(tally->zones, tally->nr_zones, tally->room_zones)) {
		known = &tally->zones[tally->nr_zones++];
		*known = (struct tally_zone){ .nid = nid, .zone = zone };
	}
	if (!known)
		return;
	known->present |= present;
	known->managed |= managed;
}

static void add_duration(struct tally_durations *durations, u64 ns)
{
	int i;

	for (i = 0; i < TALLY_NR_BOUNDS; i++)
		if (ns <= tally_bounds[i].ns)
			break;
	if (i < TALLY_NR_BOUNDS)
		durations->buckets[i]++;
	durations->count++;
	durations->sum_ns += ns;
}

static void take_operation(struct tally *tally, const struct mhp_record *record)
{
	struct operation_event event;
	struct operation_end end;

	if (!operation_event_get(&event, record))
		return;
	/* The kernel runs one operation at a time, and this one is it. */
	tally->blind = false;
	if (!operation_follow(tally->open, &event, record->time_ns, &end))
		return;
	tally->recent[tally->ended++ % TALLY_RECENT] =
		(struct tally_operation){ .operation = event.operation,
					  .start_pfn = event.start_pfn,
					  .nr_pages = event.nr_pages,
					  .begin_ns = end.begin_ns,
					  .end_ns = record->time_ns,
					  .ret = event.ret,
					  .reason = end.reason };
	if (!event.ret)
		tally->succeeded[event.operation]++;
	else
		tally->failed[event.operation][end.reason % TALLY_REASONS]++;
	if (end.begin_ns)
		add_duration(&tally->durations[event.operation],
			     record->time_ns - end.begin_ns);
}

/* What is known about the state of the machine is not that of the recording before this one. */
static void forget_state(struct tally *tally)
{
	memset(tally->open, 0, sizeof(tally->open));
	tally->nr_zones = 0;
	tally->has_snapshot = false;
	tally->blind = false;
	tally->last_ns = 0;
}

void tally_take(struct tally *tally, const struct stream *stream,
		const struct mhp_record *record)
{
	const struct mhp_mhp_snapshot_zone *zone = &record->p.mhp_snapshot_zone;
	const struct mhp_mhp_account *account = &record->p.mhp_account;
	const struct event_info *info = event_info(record->event);
	u64 lost = model_lost(&stream->model);
	bool known = !(record->unknown & MHP_FIELD(mhp_account, after));

	if (!info || record->size != info->size)
		return;
	if (tally->part != stream->part)
		forget_state(tally);
	tally->part = stream->part;
	if (lost > tally->lost) {
		memset(tally->open, 0, sizeof(tally->open));
		tally->blind = true;
	}
	tally->lost = lost;
	if (!event_is_tool(record->event))
		tally->last_ns = record->time_ns;
	switch (record->event) {
	case MHP_EVENT_mhp_snapshot_zone:
		know_zone(tally, zone->nid, zone->zone, true, true);
		break;
	case MHP_EVENT_mhp_snapshot_block:
		tally->has_snapshot = true;
		break;
	case MHP_EVENT_mhp_present:
		know_zone(tally, account->nid, account->zone, known, false);
		break;
	case MHP_EVENT_mhp_managed:
		know_zone(tally, account->nid, account->zone, false, known);
		break;
	default:
		take_operation(tally, record);
	}
}
