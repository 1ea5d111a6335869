// SPDX-License-Identifier: GPL-2.0
/* Numbers the records of one of several recordings, and makes its totals. */
#include <string.h>

#include "model/event_table.h"
#include "record/part.h"
#include "source/source.h"

void run_begin(struct run *run, const struct source_info *info)
{
	*run = (struct run){ .ns = info->mono_ns,
			     .end_ns = info->mono_ns,
			     .alone = true };
}

void run_drop(struct run *run, u64 last_seq, u64 end_ns)
{
	run->alone = false;
	run->parts = 0;
	run->last_seq = last_seq;
	run->end_ns = end_ns;
}

void part_begin(struct part *part, struct run *run, struct source_info *info,
		u64 base, u64 wall_lead)
{
	*part = (struct part){
		.begin_ns = info->mono_ns,
		.last_ns = info->mono_ns,
		.base_seq = run->last_seq,
		.last_seq = run->last_seq,
		.base_records = base,
	};
	info->base_records = base;
	info->part = info->run_ns = 0;
	/* Readers take recordings that share a moment for two that may overlap. */
	if (!run->alone || run->parts) {
		part->begin_ns = part->last_ns = run->end_ns + 1;
		info->mono_ns = part->begin_ns;
		info->wall_ns = info->mono_ns + wall_lead;
	}
	if (run->parts) {
		run->alone = false;
		info->part = run->parts + 1;
		info->run_ns = run->ns;
	} else {
		run->ns = info->mono_ns;
	}
	run->parts++;
}

void part_count(struct part *part, const struct mhp_record *record)
{
	if (part->last_ns < record->time_ns)
		part->last_ns = record->time_ns;
	part->last_event = record->event;
	part->folded++;
	part->counts[record->event]++;
}

bool part_take(struct part *part, struct mhp_record *record)
{
	u64 seq = record->seq;

	if (!seq && part->folded >= part->base_records)
		return true;
	if (seq && seq <= part->base_seq)
		return false;
	if (part->last_seq < seq)
		part->last_seq = seq;
	record->seq = seq ? seq - part->base_seq + part->base_records :
			    part->folded + 1;
	/* Two events of the same nanosecond, or out of order */
	if (record->time_ns < part->begin_ns)
		record->time_ns = part->begin_ns;
	part_count(part, record);
	return true;
}

/* Numbers that no record had. */
static u64 part_gaps(const struct part *part)
{
	u64 numbers = part->last_seq - part->base_seq;
	u64 read = part->folded - part->base_records;

	return numbers > read ? numbers - read : 0;
}

/* The source counts what it lost by event, but not where: of what earlier recordings do not have, so many are of this one. */
static void share_lost(const struct part *part, const struct run *run,
		       const struct source_totals *source, bool last,
		       struct source_totals *own)
{
	u64 gaps = part_gaps(part), lost;
	unsigned int event;

	for (event = 1; event_info(event); event++) {
		lost = source->count[event].lost;
		lost -= lost < run->ended.count[event].lost ?
				lost :
				run->ended.count[event].lost;
		if (!last && lost > gaps)
			lost = gaps;
		gaps -= lost < gaps ? lost : gaps;
		own->count[event].lost = lost;
	}
	/* It did not get the collector's lock, and comes late: nobody knows yet what it is. */
	own->count[part->last_event ?: MHP_EVENT_mhp_notify].lost += gaps;
}

static void add_up(const struct part *part, struct source_totals *own)
{
	struct mhp_count *all = &own->count[0];
	unsigned int event;

	for (event = 1; event_info(event); event++) {
		struct mhp_count *count = &own->count[event];

		count->submitted = part->counts[event];
		count->seen = count->submitted + count->lost;
		all->submitted += count->submitted;
		all->lost += count->lost;
		all->seen += count->seen;
	}
}

void part_end(const struct part *part, struct run *run,
	      const struct source_totals *source, bool last,
	      struct recording_totals *totals)
{
	struct source_totals *own = &totals->source;

	totals->folded = part->folded;
	if (run->alone && last) {
		*own = *source;
		return;
	}
	memset(own, 0, sizeof(*own));
	share_lost(part, run, source, last, own);
	add_up(part, own);
	own->no_room = source->no_room - run->ended.no_room;
	own->no_lock = source->no_lock - run->ended.no_lock;
	own->balloon = source->balloon;
	own->mono_ns = part->last_ns;
	source_totals_add(&run->ended, own);
	run->last_seq = part->last_seq;
	run->end_ns = part->last_ns;
}
