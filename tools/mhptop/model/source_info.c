// SPDX-License-Identifier: GPL-2.0
/* Names of the kinds of sources, reasons to doubt totals, and which boot a recording is of. */
#include <stdio.h>
#include <string.h>

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
	else if (totals->unknown)
		snprintf(
			why, len,
			"%llu records of unknown events, or with unknown words, were skipped: use the mhptop that recorded them",
			totals->unknown);
	else if (totals->unsized)
		snprintf(
			why, len,
			"no event gives the size of a memory block, so none was checked: also record one being added, onlined or offlined");
	return totals->no_room || totals->no_lock || totals->unknown ||
	       totals->unsized;
}

/* Recordings of other tools have neither kernel nor host. */
static bool differ(const char *a, const char *b)
{
	return strcmp(a, "unknown") && strcmp(b, "unknown") && strcmp(a, b);
}

bool source_info_other_boot(const struct source_info *a,
			    const struct source_info *b)
{
	if (*a->boot && *b->boot)
		return strcmp(a->boot, b->boot);
	return differ(a->host, b->host) || differ(a->kernel, b->kernel);
}

/* The time of the first recording of the run. Without a boot ID, its clock is that of nobody knows which boot. */
bool source_info_continues(const struct source_info *info,
			   const struct source_info *next)
{
	u64 run_ns = info->run_ns ?: info->mono_ns;
	u64 part = info->part ?: 1;

	return *info->boot && !strcmp(info->boot, next->boot) && run_ns &&
	       next->run_ns == run_ns && next->part == part + 1;
}

/* A program at the exit of a function does not run for calls that were in progress when it was attached. */
bool source_info_late_ends(const struct source_info *info)
{
	return info->kind != SOURCE_PROBES;
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
