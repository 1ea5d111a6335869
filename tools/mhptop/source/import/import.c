// SPDX-License-Identifier: GPL-2.0
/* Block size, numbers and counts of other tools' files; see foreign.h. */
#include <stdio.h>
#include <string.h>

#include "source/import/import.h"

/* Nothing tells; addresses of users alone depend on it. */
#define PAGE_BYTES 4096
/* More than any operation is about: 64 TiB of the smallest pages. */
#define MOST_PAGES (1ULL << 34)

bool foreign_block_look(struct foreign_block *block,
			const struct mhp_record *record)
{
	block->looked = true;
	if (record->event == MHP_EVENT_mhp_online_begin ||
	    record->event == MHP_EVENT_mhp_offline_begin)
		block->nr_pages = record->p.mhp_block_begin.nr_pages;
	else if (record->event == MHP_EVENT_mhp_vmemmap_populate &&
		 !block->section)
		block->section = record->p.mhp_vmemmap_populate.nr_pages;
	return block->nr_pages;
}

const char *foreign_block_why(const struct foreign_block *block,
			      const char *none)
{
	return block->looked ?
		       "no event in it tells how large a memory block is: record one that is populated or goes online or offline, too" :
		       none;
}

u64 foreign_block_pages(const struct foreign_block *block)
{
	return block->nr_pages ?: block->section;
}

bool foreign_field_fits(const struct event_field *field, s64 value)
{
	return (u64)value <= MOST_PAGES || strcmp(field->name, "nr_pages") != 0;
}

void foreign_info(struct source_info *info, u64 block_pages)
{
	info->schema = SOURCE_SCHEMA;
	info->tier = SOURCE_TIER_EVENTS;
	info->page_bytes = PAGE_BYTES;
	info->block_bytes = block_pages * PAGE_BYTES;
	snprintf(info->kernel, sizeof(info->kernel), "unknown");
	snprintf(info->host, sizeof(info->host), "unknown");
}

void foreign_count(struct foreign *foreign, struct mhp_record *record)
{
	struct mhp_count *count = foreign->totals.count;

	record->seq = ++foreign->seq;
	count[0].seen++;
	count[0].submitted++;
	count[record->event].seen++;
	count[record->event].submitted++;
}

void foreign_lost(struct foreign *foreign, u64 lost)
{
	foreign->totals.count[0].seen += lost;
	foreign->totals.count[0].lost += lost;
	foreign->seq += lost;
}
