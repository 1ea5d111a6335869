// SPDX-License-Identifier: GPL-2.0
/*
 * The rule of memory that is lost: compares the counts of the machine's memory
 * that were taken while the same sections had a memmap and the same memory blocks
 * were online. Between two such counts everything that was added is removed
 * again, so the pages that no counter of the kernel accounts for must be as many
 * as before.
 */
#include <stdio.h>

#include "rules/state.h"

/* Between counts further apart, drivers may have allocated any number of pages. */
#define MEMORY_WINDOW_NS 600000000000ULL
/*
 * What two counts may differ by, in pages: the counters are not read at the same
 * time, and each CPU keeps up to 31 pages of a process or file that are not on an
 * LRU list yet.
 */
#define MEMORY_NOISE 128
#define MEMORY_NOISE_OF_CPU 32
/* The share of the freed memmap that may be missing, as 1/n: page tables, and memmap that is retired. */
#define MEMORY_SHARE 8
/*
 * So many cycles in a row must lose pages. A kernel that loses memmap does so each
 * time; a driver or tracer that allocates its buffers meanwhile does not.
 */
#define MEMORY_CYCLES 3

#define MEMORY_COUNTS                                \
	(sizeof(((struct rule_memory *)0)->counts) / \
	 sizeof(struct rule_memory_count))

/* A hash, so that the sum over a set of these is a fingerprint of the set. */
static u64 mix(u64 value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

static u64 section_mark(u64 start_pfn, u64 nr_pages, u32 hosting)
{
	return mix(mix(start_pfn + 1) + mix(nr_pages << 8 | hosting));
}

static u64 noise_of(u64 cpus)
{
	return MEMORY_NOISE + MEMORY_NOISE_OF_CPU * cpus;
}

static void forget_counts(struct rule_memory *memory)
{
	memory->nr = 0;
}

static void keep_count(struct rule_memory *memory,
		       const struct rule_memory_count *count)
{
	memory->counts[memory->nr++ % MEMORY_COUNTS] = *count;
}

/* Whether two counts can be compared: enough memmap was freed between them to see through the noise. */
static bool is_comparable(const struct rule_memory_count *from,
			  const struct rule_memory_count *to, u64 noise)
{
	return from->present == to->present &&
	       to->time_ns - from->time_ns <= MEMORY_WINDOW_NS &&
	       to->freed - from->freed >= 2 * noise;
}

/* The most by which the unaccounted pages may grow. */
static s64 most_growth(const struct rule_memory_count *from,
		       const struct rule_memory_count *to, u64 noise)
{
	return noise + (to->freed - from->freed) / MEMORY_SHARE;
}

/* Continue the rows of cycles that an earlier count ends: the longest, and the longest in which each cycle grew. */
static const struct rule_memory_count *
continue_row(const struct rule_memory *memory, struct rule_memory_count *now,
	     u64 noise)
{
	const struct rule_memory_count *from, *last = NULL;
	u64 i = memory->nr > MEMORY_COUNTS ? memory->nr - MEMORY_COUNTS : 0;

	for (; i < memory->nr; i++) {
		from = &memory->counts[i % MEMORY_COUNTS];
		if (!is_comparable(from, now, noise))
			continue;
		if (now->cycles <= from->cycles)
			now->cycles = from->cycles + 1;
		if (rule_difference(now->unaccounted, from->unaccounted) <=
			    most_growth(from, now, noise) ||
		    now->grown > from->grown)
			continue;
		now->grown = from->grown + 1;
		last = from;
	}
	return last;
}

static void take_count(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_snapshot_memory *e = &r->p.mhp_snapshot_memory;
	struct rule_memory *memory = &rules->memory;
	struct rule_memory_count now = {
		.present = memory->present,
		.freed = memory->freed,
		.unaccounted = e->unaccounted,
		.time_ns = r->time_ns,
	};
	const struct rule_memory_count *last;
	char expected[VIOLATION_TEXT];
	u64 noise = noise_of(e->cpus);

	if (rules->op.kind != OP_NONE ||
	    !record_knows(r, mhp_snapshot_memory, unaccounted) ||
	    !record_knows(r, mhp_snapshot_memory, cpus))
		return;
	last = continue_row(memory, &now, noise);
	if (now.grown >= MEMORY_CYCLES) {
		snprintf(expected, sizeof(expected),
			 "at most %lld more unaccounted pages",
			 most_growth(last, &now, noise));
		rule_check(
			rules, RULE_LEAK, memory->removed_pfn, false, expected,
			"%lld more after %llu vmemmap pages were freed, as in %d cycles in a row",
			rule_difference(now.unaccounted, last->unaccounted),
			now.freed - last->freed, MEMORY_CYCLES);
		/* Report what is lost once. */
		forget_counts(memory);
		now.cycles = now.grown = 0;
	} else if (now.cycles >= MEMORY_CYCLES) {
		rule_passes(rules, RULE_LEAK);
	}
	keep_count(memory, &now);
}

void rules_memory_forget(struct rules *rules)
{
	forget_counts(&rules->memory);
}

void rules_memory_take(struct rules *rules, const struct mhp_record *r)
{
	const struct mhp_mhp_vmemmap_populate *populate =
		&r->p.mhp_vmemmap_populate;
	const struct mhp_mhp_vmemmap_free *free = &r->p.mhp_vmemmap_free;
	struct rule_memory *memory = &rules->memory;

	switch (r->event) {
	case MHP_EVENT_mhp_snapshot_memory:
		return take_count(rules, r);
	case MHP_EVENT_mhp_vmemmap_populate:
		if (!populate->ret)
			memory->present += section_mark(populate->start_pfn,
							populate->nr_pages,
							populate->hosting);
		return;
	case MHP_EVENT_mhp_vmemmap_free:
		memory->present -= section_mark(free->start_pfn, free->nr_pages,
						free->hosting);
		if (free->hosting != MHP_HOSTING_BOOT)
			memory->freed += free->vmemmap_pages;
		return;
	case MHP_EVENT_mhp_online_end:
	case MHP_EVENT_mhp_offline_end:
		if (!r->p.mhp_block_end.ret)
			memory->present +=
				r->event == MHP_EVENT_mhp_online_end ?
					mix(r->p.mhp_block_end.start_pfn) :
					-mix(r->p.mhp_block_end.start_pfn);
		break;
	case MHP_EVENT_mhp_remove_end:
		memory->removed_pfn = r->p.mhp_remove_end.start_pfn;
		break;
	case MHP_EVENT_mhp_add_end:
		break;
	default:
		return;
	}
	/* It began before mhptop, so counts were taken while it was in progress. */
	if (rules->op.kind == OP_NONE)
		forget_counts(memory);
}
