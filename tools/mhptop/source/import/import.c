// SPDX-License-Identifier: GPL-2.0
/* The block size, record numbers and event counts of imported recordings. */
#include <stdio.h>
#include <string.h>

#include "source/import/import.h"

/* The files do not have it. Only physical addresses given by users depend on it. */
#define PAGE_BYTES 4096
/* Larger than any operation: 64 TiB of the smallest pages. */
#define MOST_PAGES (1ULL << 34)

bool import_block_look(struct import_block *block,
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

const char *import_block_why(const struct import_block *block, const char *none)
{
	return block->looked ?
		       "no event gives the size of a memory block: also record one being populated, onlined or offlined" :
		       none;
}

u64 import_block_pages(const struct import_block *block)
{
	return block->nr_pages ?: block->section;
}

bool import_field_fits(const struct event_field *field, s64 value)
{
	return (u64)value <= MOST_PAGES || strcmp(field->name, "nr_pages") != 0;
}

void import_info(struct source_info *info, u64 block_pages)
{
	info->schema = SOURCE_SCHEMA;
	info->kind = SOURCE_EVENTS;
	info->page_bytes = PAGE_BYTES;
	info->block_bytes = block_pages * PAGE_BYTES;
	snprintf(info->kernel, sizeof(info->kernel), "unknown");
	snprintf(info->host, sizeof(info->host), "unknown");
}

void import_count(struct import *import, struct mhp_record *record)
{
	struct mhp_count *count = import->totals.count;

	record->seq = ++import->seq;
	count[0].seen++;
	count[0].submitted++;
	count[record->event].seen++;
	count[record->event].submitted++;
}

void import_lost(struct import *import, u64 lost)
{
	import->totals.count[0].seen += lost;
	import->totals.count[0].lost += lost;
	import->seq += lost;
}
