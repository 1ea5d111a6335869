// SPDX-License-Identifier: GPL-2.0
/* Names of the kinds of sources, and reasons to doubt totals. */
#include <stdio.h>

#include "model/source_info.h"

bool source_totals_doubt(const struct source_totals *totals, char *why,
			 size_t len)
{
	if (totals->no_room)
		snprintf(
			why, len,
			"no room for all memory blocks, zones and ranges (failed attempts to make an account: %llu)",
			totals->no_room);
	else if (totals->no_lock)
		snprintf(
			why, len,
			"order and accounts may be wrong (events that did not get the collector's lock in time: %llu)",
			totals->no_lock);
	return totals->no_room || totals->no_lock;
}

const char *source_kind_name(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_EVENTS:
		return "events";
	case SOURCE_PROBES:
		return "probes";
	case SOURCE_SYSFS:
		return "sysfs";
	}
	return "unknown";
}
