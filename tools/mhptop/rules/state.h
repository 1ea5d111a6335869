/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rules remember, and what they are written with. For rules*.c alone:
 * the public side is rules.h.
 *
 * The kernel holds the device hotplug lock for each of the four operations, so
 * there is one at a time. ZONE_DEVICE memory and drivers that take pages of an
 * online block (virtio-mem) go on beside it.
 */
#ifndef RULES_STATE_H
#define RULES_STATE_H

#include "base/sparse.h"
#include "mhp_ledger.h"
#include "rules/rules.h"

#define RULE_EDGES_MAX 64

enum rule_op_kind { OP_NONE, OP_ADD, OP_ONLINE, OP_OFFLINE, OP_REMOVE };

/* What is known of a memory block; nothing is asked of what is not. */
struct rule_block {
	u64 number;
	u64 altmap_base;
	u64 host_pfn; /* of its first section */
	u64 last_ns; /* the event that was about it last, */
	u64 last_seq; /* without what was in it, */
	s64 present;
	s64 managed;
	u32 described; /* pages that have a memmap, */
	u32 populated; /* which takes so many vmemmap pages */
	u32 section_pages; /* of one section, */
	u32 section_vmemmap; /* and its vmemmap pages */
	u32 vmemmap_pages; /* that it gives up */
	u32 align; /* of its altmap */
	s32 nid;
	u16 last_event; /* 0: none yet */
	u8 state; /* enum mhp_state, UNKNOWN if it is not known */
	u8 zone;
	u8 hosting; /* MHP_HOSTING_NONE: not known */
	bool counted; /* present and managed are known */
	bool strict; /* its driver is known to give the buddy all pages */
};

/* The altmap of a range that hosts its memmap as a whole. */
struct rule_range {
	u64 base;
	u64 free;
	u64 alloc;
	u64 refs;
	u64 end; /* after its last section */
	u64 freed_pfn; /* the section freed last, 0: none yet */
	bool known;
};

struct rule_zone {
	s32 nid;
	u32 zone;
	u64 after[2]; /* present, managed */
	bool known[2];
};

/* Memory blocks that a removal took, by their numbers. */
struct rule_span {
	u64 first;
	u64 last;
};

/* The operation under way */
struct rule_op {
	enum rule_op_kind kind;
	unsigned int step;
	struct mhp_record begin;
	struct mhp_record last;
	u64 start;
	u64 nr;
	u64 vmemmap;
	s32 nid;
	u32 zone;
	s64 veto; /* what a notifier answered, 0: none objected */
	s64 present; /* changes so far */
	s64 managed;
	u64 next_pfn; /* add: the section to come; remove: the block */
	u64 alloc; /* of the altmap in use */
	u64 hosts; /* pages given up so far */
	u32 sections;
	u32 holds; /* references held */
	u32 hosting;
	bool failed; /* a population */
	bool blind; /* an error was told already: the rest is not judged */
};

struct rules {
	struct rules_opts opts;
	u64 block_pages;
	struct violations *violations;
	u64 checked[NR_RULES];
	struct rule_op op;
	struct sparse blocks; /* struct rule_block, by number */
	struct rule_range *ranges;
	size_t nr_ranges;
	size_t room_ranges;
	struct rule_span *removed; /* only where somebody asks for it */
	size_t nr_removed;
	size_t room_removed;
	struct rule_zone zones[64];
	size_t nr_zones;
	u64 edges[RULE_EDGES_MAX]; /* how often each of rules_steps.c was taken */
	s64 actions[16]; /* the MEM_* number of each enum mhp_step + 1, 0: not yet known */
	u64 last_ns; /* of the newest record */
	u64 last_seq;
	u64 numbered;
	u64 ratio_pages; /* so many pages have */
	u64 ratio_vmemmap; /* so many vmemmap pages */
	u64 retired; /* vmemmap pages that were given up and not freed */
	struct rule_retired *retired_memmap;
	size_t nr_retired;
	size_t room_retired;
	u64 described; /* hot-added pages that have a memmap */
	unsigned int since_gap; /* records that came since numbers are missing */
	bool lost; /* some never came */
	bool unsure;
	bool settled; /* an operation was seen to begin or end */
	bool no_memory;
	const struct mhp_record *now;
};

/* Events may say anything: what does not fit wraps. */
static inline s64 rule_sum(s64 a, s64 b)
{
	return (s64)((u64)a + (u64)b);
}

static inline s64 rule_difference(s64 a, s64 b)
{
	return (s64)((u64)a - (u64)b);
}

/* A law was asked for; broken unless holds. Says what was found. Returns holds. */
bool rule_check(struct rules *rules, enum rule_id rule, u64 pfn, bool holds,
		const char *expected, const char *found, ...)
	__attribute__((format(printf, 6, 7)));
/* A law was asked for in another way, and holds. */
void rule_passes(struct rules *rules, enum rule_id rule);
/* The same as rule_check() for a number of a name. */
bool rule_equal(struct rules *rules, enum rule_id rule, u64 pfn,
		const char *what, s64 want, s64 got);

/* The same for a page that is the one wanted. */
bool rule_same_pfn(struct rules *rules, enum rule_id rule, u64 pfn,
		   const char *what, u64 want, u64 got);

/*
 * NULL if there is none, or if it cannot be made although create is set: there
 * is no memory, or no machine has a block of that number.
 */
struct rule_block *rule_block(struct rules *rules, u64 pfn, bool create);
/* The record is the last one that was about the block. */
void rule_block_touch(struct rule_block *block, const struct mhp_record *r);
/*
 * The next known block of a range of pages, NULL after the last one; *at begins
 * with 0. However long the range is, no more than the known ones are looked at.
 */
struct rule_block *rule_block_in(struct rules *rules, u64 start, u64 nr,
				 u64 *at);
u64 rule_block_pfn(const struct rules *rules, const struct rule_block *block);
/* So many blocks are in so many pages. */
u64 rule_blocks(const struct rules *rules, u64 nr_pages);
/* Nothing is known any more. */
void rules_forget(struct rules *rules);
struct rule_range *rule_range(struct rules *rules, u64 base, bool create);
struct rule_zone *rule_zone(struct rules *rules, s32 nid, u32 zone);

/* The parts of rules_take(), by what they look at. */
void rules_refs_take(struct rules *rules, const struct mhp_record *r);
void rules_populate_take(struct rules *rules, const struct mhp_record *r);
void rules_free_take(struct rules *rules, const struct mhp_record *r);
void rules_retired_take(struct rules *rules, const struct mhp_record *r);
/* A section's memmap was freed, or retired. */
void rules_retired_free(struct rules *rules,
			const struct mhp_mhp_vmemmap_free *e);
void rules_block_take(struct rules *rules, const struct mhp_record *r);
void rules_range_take(struct rules *rules, const struct mhp_record *r);
void rules_count_take(struct rules *rules, const struct mhp_record *r);
void rules_snapshot_take(struct rules *rules, const struct mhp_record *r);
/* Budgets, at the end of an operation; those of all are in rules_end(). */
void rules_budget_end(struct rules *rules, const struct mhp_record *r);

#endif
