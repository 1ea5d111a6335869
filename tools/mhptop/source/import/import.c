// SPDX-License-Identifier: GPL-2.0
/* The block size, record numbers, event counts and gaps of imported recordings. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "source/import/import.h"

/* The files do not have it. Only physical addresses given by users depend on it. */
#define PAGE_BYTES 4096
/* Larger than any operation: 64 TiB of the smallest pages. */
#define MOST_PAGES (1ULL << 34)
/* The limit of the kernel */
#define MOST_CPUS 8192
#define MOST_GAPS 65536

static u64 section_pages(const struct mhp_record *record)
{
	switch (record->event) {
	case MHP_EVENT_mhp_vmemmap_populate:
		return record->p.mhp_vmemmap_populate.nr_pages;
	case MHP_EVENT_mhp_vmemmap_free:
		return record->p.mhp_vmemmap_free.nr_pages;
	default:
		return 0;
	}
}

/* The largest size of memory blocks for which the range of an add or a removal consists of whole blocks. */
static u64 range_unit(const struct mhp_record *record)
{
	u64 bits = 0;

	if (record->event == MHP_EVENT_mhp_add_begin)
		bits = record->p.mhp_add_begin.start_pfn |
		       record->p.mhp_add_begin.nr_pages;
	else if (record->event == MHP_EVENT_mhp_remove_begin)
		bits = record->p.mhp_remove_begin.start_pfn |
		       record->p.mhp_remove_begin.nr_pages;
	return bits & -bits;
}

bool import_block_look(struct import_block *block,
		       const struct mhp_record *record)
{
	block->looked++;
	if (record->event == MHP_EVENT_mhp_online_begin ||
	    record->event == MHP_EVENT_mhp_offline_begin)
		block->nr_pages = record->p.mhp_block_begin.nr_pages;
	else if (record->event == MHP_EVENT_mhp_online_end ||
		 record->event == MHP_EVENT_mhp_offline_end)
		block->nr_pages = record->p.mhp_block_end.nr_pages;
	else if (!block->section)
		block->section = section_pages(record);
	if (!block->range)
		block->range = range_unit(record);
	return block->nr_pages;
}

u64 import_block_pages(const struct import_block *block)
{
	return block->nr_pages ?: block->section ?: block->range;
}

bool import_field_fits(const struct event_field *field, s64 value)
{
	return (u64)value <= MOST_PAGES || strcmp(field->name, "nr_pages") != 0;
}

bool is_rest_empty(FILE *file, u64 from)
{
	int byte;

	if (fseeko(file, from, SEEK_SET))
		return true;
	do {
		byte = getc(file);
	} while (!byte);
	return byte == EOF;
}

void import_info(struct source_info *info, u64 block_pages)
{
	info->schema = SOURCE_SCHEMA;
	info->kind = SOURCE_EVENTS;
	info->page_bytes = PAGE_BYTES;
	info->any_struct_page = true;
	info->block_bytes = block_pages * PAGE_BYTES;
	snprintf(info->kernel, sizeof(info->kernel), "unknown");
	snprintf(info->host, sizeof(info->host), "unknown");
}

void import_recorded(struct source_info *info, u64 events)
{
#define BIT(name) (1ULL << MHP_EVENT_mhp_##name)
	static const u64 always =
		BIT(add_begin) | BIT(add_end) | BIT(remove_begin) |
		BIT(remove_end) | BIT(online_begin) | BIT(online_end) |
		BIT(offline_begin) | BIT(offline_end) | BIT(notify) |
		BIT(present) | BIT(managed) | BIT(vmemmap_populate) |
		BIT(vmemmap_free) | BIT(vmemmap_online) | BIT(vmemmap_offline);
#undef BIT
	u64 missing = always & ~events;

	info->missing_events |= missing;
	info->unknown_events |= missing;
	info->doubtful_events |= missing;
}

void import_count(struct import *import, struct mhp_record *record, bool in_gap)
{
	struct mhp_count *count = import->totals.count;

	if (in_gap && !import->in_gap && !import->lost_now) {
		import->seq++;
		import->left_out++;
	}
	import->lost_now = false;
	record->seq = in_gap && import->in_gap ? 0 : ++import->seq;
	import->in_gap = in_gap;
	count[0].seen++;
	count[0].submitted++;
	import->totals.unknown += !record->size;
	if (!record->event)
		return;
	count[record->event].seen++;
	count[record->event].submitted++;
}

void import_lost(struct import *import, u64 lost)
{
	u64 left_out = import->left_out < lost ? import->left_out : lost;

	import->totals.count[0].seen += lost;
	import->totals.count[0].lost += lost;
	import->left_out -= left_out;
	import->lost_now = true;
	import->seq += lost - left_out;
}

/* -- Gaps ------------------------------------------------------------------- */

static int add_gap(struct import_gaps *gaps, u64 from, u64 to)
{
	struct import_gap *last;

	/* Losses of different CPUs overlap. Too many gaps become one. */
	while (gaps->nr &&
	       (gaps->gaps[gaps->nr - 1].to >= from || gaps->nr == MOST_GAPS)) {
		last = &gaps->gaps[--gaps->nr];
		from = last->from < from ? last->from : from;
		to = last->to > to ? last->to : to;
	}
	if (!vec_grow(gaps->gaps, gaps->nr, gaps->room))
		return -ENOMEM;
	gaps->gaps[gaps->nr++] = (struct import_gap){ from, to };
	return 0;
}

int import_gaps_event(struct import_gaps *gaps, s64 cpu, u64 position)
{
	if (cpu < 0 || cpu >= MOST_CPUS)
		return 0;
	while (gaps->nr_cpus <= (size_t)cpu) {
		if (!vec_grow(gaps->cpus, gaps->nr_cpus, gaps->cpu_room))
			return -ENOMEM;
		gaps->cpus[gaps->nr_cpus++] = (struct import_cpu){ 0 };
	}
	if (!gaps->cpus[cpu].first)
		gaps->cpus[cpu].first = position;
	gaps->cpus[cpu].last = position;
	return 0;
}

int import_gaps_lost(struct import_gaps *gaps, s64 cpu, u64 position)
{
	bool known = cpu >= 0 && (size_t)cpu < gaps->nr_cpus;

	return add_gap(gaps, known ? gaps->cpus[cpu].last : 0, position);
}

int import_gaps_overwritten(struct import_gaps *gaps)
{
	u64 last = 0;
	size_t i;

	for (i = 0; i < gaps->nr_cpus; i++)
		if (gaps->cpus[i].first > last)
			last = gaps->cpus[i].first;
	return add_gap(gaps, 0, last);
}

int import_gaps_anywhere(struct import_gaps *gaps)
{
	return add_gap(gaps, 0, ~0ULL);
}

bool import_gaps_has(struct import_gaps *gaps, u64 position)
{
	while (gaps->next < gaps->nr && gaps->gaps[gaps->next].to < position)
		gaps->next++;
	return gaps->next < gaps->nr && gaps->gaps[gaps->next].from < position;
}

void import_gaps_free(struct import_gaps *gaps)
{
	free(gaps->gaps);
	free(gaps->cpus);
}
