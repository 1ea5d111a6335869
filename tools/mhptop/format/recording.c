// SPDX-License-Identifier: GPL-2.0
/*
 * The header and totals lines of a recording, written. They are read in
 * recording_read.c; no file is opened in either.
 */
#include <errno.h>
#include <stdio.h>

#include "model/event_table.h"
#include "base/json_text.h"
#include "format/recording.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

const char *recording_check_name(int self_check)
{
	switch (self_check) {
	case 0:
		return "equal";
	case 1:
		return "differs";
	case -EAGAIN:
		return "pending";
	default:
		return "none";
	}
}

size_t recording_header_put(const struct source_info *info, char *buf)
{
	char kernel[JSON_TEXT_MAX * sizeof(info->kernel) + 1];
	char host[JSON_TEXT_MAX * sizeof(info->host) + 1];

	*json_text_put(kernel, info->kernel, sizeof(info->kernel)) = '\0';
	*json_text_put(host, info->host, sizeof(info->host)) = '\0';
	return snprintf(
		buf, RECORDING_LINE_MAX,
		"{\"schema\":%d,\"type\":\"mhptop\",\"kernel\":\"%s\","
		"\"host\":\"%s\",\"tier\":\"%s\",\"page_bytes\":%u,"
		"\"block_bytes\":%llu,\"wall_ns\":%llu,\"mono_ns\":%llu}\n",
		SOURCE_SCHEMA, kernel, host, source_tier_name(info->tier),
		info->page_bytes, info->block_bytes, info->wall_ns,
		info->mono_ns);
}

size_t recording_totals_put(const struct recording_totals *totals, char *buf)
{
	const struct mhp_count *count = totals->source.count;
	char why[JSON_TEXT_MAX * RECORDING_WHY_MAX + 1];
	const char *sep = "";
	unsigned int i;
	size_t used;

	used = snprintf(
		buf, RECORDING_LINE_MAX,
		"{\"totals\":{\"seen\":%llu,\"lost\":%llu,\"folded\":%llu,"
		"\"self_check\":\"%s\"",
		count[0].seen, count[0].lost, totals->folded,
		recording_check_name(totals->self_check));
	*json_text_put(why, totals->why, RECORDING_WHY_MAX) = '\0';
	if (*why)
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 ",\"self_check_why\":\"%s\"", why);
	used += snprintf(buf + used, RECORDING_LINE_MAX - used,
			 ",\"events\":{");
	for (i = 1; event_info(i) && i < ARRAY_SIZE(totals->source.count);
	     i++) {
		if (!count[i].seen)
			continue;
		used += snprintf(buf + used, RECORDING_LINE_MAX - used,
				 "%s\"%s\":{\"seen\":%llu,\"lost\":%llu}", sep,
				 event_info(i)->name, count[i].seen,
				 count[i].lost);
		sep = ",";
	}
	used += snprintf(buf + used, RECORDING_LINE_MAX - used, "}}}\n");
	return used;
}

/* As many as there may be events, with names and counts of full length. */
_Static_assert(64 * 96 + JSON_TEXT_MAX * RECORDING_WHY_MAX + 256 <
		       RECORDING_LINE_MAX,
	       "totals fit into a line");
