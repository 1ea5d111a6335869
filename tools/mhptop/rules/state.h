/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of the rules, and the functions that rules use. Private to rules/.
 *
 * The kernel holds the device hotplug lock for each of the four operations, so
 * they never overlap. Events of ZONE_DEVICE memory, and of drivers that take
 * pages from an online block (virtio-mem), may come during an operation.
 */
#ifndef RULES_STATE_H
#define RULES_STATE_H

#include "base/sparse.h"
#include "mhp_ledger.h"
#include "rules/rules.h"

#define RULE_EDGES_MAX 64

enum rule_op_kind { OP_NONE, OP_ADD, OP_ONLINE, OP_OFFLINE, OP_REMOVE };

/* What is known about a memory block. What is unknown is not checked. There may be very many, so it is packed. */
struct rule_block {
	u64 altmap_base;
	u64 host_pfn; /* of its first section */
	u64 last_ns; /* time of the last event about the block */
	u64 last_seq; /* number of that event */
	u64 added_ns; /* when it was added, 0: unknown, or no longer idle */
	s64 present;
	s64 managed;
	u32 number; /* below SPARSE_MAX */
	u32 described; /* pages that have a memmap */
	u32 populated; /* vmemmap pages of that memmap */
	u32 section_pages; /* pages of one section */
	u32 section_vmemmap; /* vmemmap pages of one section */
	u32 vmemmap_pages; /* pages of the block that hold memmap */
	u32 align; /* of its altmap */
	s32 nid;
	u16 last_event; /* 0: none yet */
	u8 state; /* enum mhp_state */
	u8 zone;
	u8 hosting; /* as populated; MHP_HOSTING_NONE: unknown */
	u8 host; /* the same, or as the snapshot has it */
	bool host_known : 1; /* host_pfn is known */
	bool counted : 1; /* present and managed are known */
	bool strict : 1; /* the driver gives all pages to the buddy */
	bool was_online : 1; /* at some time in the stream */
	bool start_known : 1; /* whether it was online when its recording began */
	bool maybe_online : 1; /* in a recording that does not tell */
	bool changing : 1; /* its operation began before its recording, and has not ended */
	bool leaving : 1; /* if so, it goes offline */
};

/* Failed operations of one kind that begin in one memory block, see retries.c. */
struct rule_failures {
	struct failure *first;
};

/* The altmap of a range that hosts its memmap as a whole. */
struct rule_range {
	u64 base;
	u64 free;
	u64 alloc;
	u64 refs;
	u64 end; /* after its last section */
	u64 freed_pfn; /* section that was freed last, 0: none yet */
	bool known;
	/* Of a memmap with users: the blocks that are online and have other pages, and where its pages are. */
	u64 users;
	u32 zoned[8]; /* the users by enum mhp_zone, if they are known */
	bool by_zone;
	s32 nid;
	u32 zone;
	bool up; /* in a zone */
	bool present;
	bool counted; /* these are known */
};

struct rule_zone {
	s32 nid;
	u32 zone;
	u64 after[2]; /* present, managed */
	bool known[2];
};

/* Removed memory blocks, by number. */
struct rule_span {
	u64 first;
	u64 last;
};

/* A count of the machine's memory, with the state of the added memory at that time */
struct rule_memory_count {
	u64 present; /* fingerprint of the sections with a memmap and the blocks online */
	u64 freed; /* vmemmap pages freed since the stream began */
	s64 unaccounted; /* pages in use that no counter accounts for */
	u64 time_ns;
	u32 cycles; /* comparable counts in a row before this one */
	u32 grown; /* the same, each of them with more pages lost than the one before */
};

/* What memory.leak compares. */
struct rule_memory {
	u64 present;
	u64 freed;
	u64 removed_pfn; /* start of the last removal */
	struct rule_memory_count counts[64]; /* the latest */
	u64 nr; /* counts taken */
};

/* The operation in progress */
struct rule_op {
	enum rule_op_kind kind;
	unsigned int step;
	struct mhp_record begin;
	struct mhp_record last;
	u64 start;
	u64 nr;
	u64 vmemmap;
	u64 hosted; /* of these pages, those that the block itself brings into its zone */
	u64 range_base; /* of the range with users, if shared */
	s32 nid;
	u32 zone;
	s64 veto; /* error of a notifier, 0: no veto */
	s64 reason_ret; /* error reported with the reason */
	u32 reason; /* enum mhp_reason of its failure, 0: not reported */
	s64 present; /* change of the zone's present pages so far */
	s64 managed; /* change of the zone's managed pages so far */
	u64 next_pfn; /* add: the next section; remove: the next section or block */
	u64 alloc; /* allocated pages of the current altmap */
	u64 hosts; /* pages reserved for memmap so far */
	u32 sections; /* add: populated sections; remove: freed sections */
	u32 holds; /* references held */
	u32 puts; /* and put */
	u32 hosting;
	bool failed; /* a section could not be populated */
	bool blind; /* an event came out of order: the rest is not checked */
	bool reason_unknown; /* why it failed */
	bool late; /* it began before the stream, or its begin is lost */
	bool nid_unknown; /* until an event tells it */
	bool zone_unknown;
	u64 unknown_events; /* as in struct rules_opts */
	bool skips; /* edges of newer kernels may be taken, see steps.c */
	bool shared; /* the block's memmap is that of its range */
	bool guess; /* it is unknown whether it does */
	bool was_up; /* that memmap, before the operation */
	bool was_present;
	u32 memmap_zone;
	bool came_up; /* in the operation */
	bool went_down;
	bool back; /* its pages were put back */
};

struct rules {
	struct rules_opts opts;
	u64 block_pages;
	struct violations *violations;
	u64 checked[NR_RULES];
	u64 unjudged[NR_RULES];
	const char *unjudged_what[NR_RULES];
	struct rule_op op;
	struct sparse blocks; /* struct rule_block, by number */
	struct rule_range *ranges;
	size_t nr_ranges;
	size_t room_ranges;
	struct rule_span *removed; /* only if a removal is expected */
	size_t nr_removed;
	size_t room_removed;
	u64 succeeded[4]; /* add, online, offline, remove */
	u64 part_succeeded[4]; /* before the current recording */
	u64 most_succeeded[4]; /* in any one recording */
	u64 part_failures; /* before the current recording */
	u64 failures; /* that no later try has made good, if retries_ok: of earlier recordings */
	u64 unsure_failures; /* that a later try may have made good, of earlier recordings */
	struct sparse failed; /* struct rule_failures, only if retries_ok */
	u64 failed_blocks
		[4]; /* the most memory blocks that one of them may have, by kind */
	u64 happened; /* events of the recording by which memory comes, goes or changes state */
	u64 parts; /* recordings that have ended */
	u64 idle_part; /* the first of them in which nothing happened, 0: none */
	u64 part_violations; /* before the current recording */
	u64 ballooned; /* violations in it that a balloon explains */
	u64 orderless; /* violations in it that do not depend on the order of events */
	u64 certain; /* violations of earlier recordings that are certain */
	struct rule_unended unended;
	struct violation *skipped; /* steps that only older kernels have */
	size_t nr_skipped;
	size_t room_skipped;
	struct rule_zone zones[64];
	size_t nr_zones;
	struct rule_memory memory;
	u64 edges[RULE_EDGES_MAX]; /* how often each edge of steps.c was taken */
	u64 first_ns; /* time of the first record */
	u64 since_ns; /* latest time of a record when the first one came since which none is missing */
	u64 last_ns; /* latest time of a record */
	u64 end_ns; /* of the recording, set at its end */
	u64 span_ns; /* the time that earlier recordings cover */
	u64 last_seq; /* highest number of a record */
	u64 numbered; /* records with a number, and those given up as lost */
	u64 ratio_pages; /* the ratio of pages */
	u64 ratio_vmemmap; /* to vmemmap pages */
	bool ratio_of_device; /* pages of a device may share memmap, so any other ratio is better */
	u64 retired; /* vmemmap pages that were given up but not freed */
	struct rule_retired *retired_memmap;
	size_t nr_retired;
	size_t room_retired;
	u64 described; /* hot-added pages that have a memmap */
	unsigned int since_gap; /* records since the first missing number */
	char unread[80]; /* the field of rules_unread() */
	bool lost; /* some records of the recording never came */
	bool unsure; /* some checks were not possible */
	u64 doubted; /* see rules_doubted() */
	bool uneven; /* see rules_uneven() */
	bool settled; /* the begin or end of an operation was reported */
	bool whole; /* at the end: no events are missing there */
	bool incomplete; /* events of one of the recordings that have ended are missing, or in the wrong order */
	bool balloon; /* it explains violations in one of them */
	bool unordered; /* events of one of them may be in the wrong order */
	bool is_open; /* at the end: an operation has not ended */
	bool unmet; /* what was expected may be among the missing events */
	bool gaps; /* a source cannot report events that operations consist of */
	bool no_ends; /* a source cannot report all begins and ends of operations */
	bool overlaps; /* events may be in several recordings */
	bool may_overlap; /* the current one may have events of earlier ones */
	bool postponed; /* if it has not, more operations have failed than allowed */
	bool twice; /* and the verdict depends on that */
	bool listed; /* the recording lists the memory blocks that existed before */
	bool unlisted; /* one of the recordings does not */
	bool late_time; /* an operation that began before the stream may have exceeded its limit */
	bool old_steps; /* a step was reported that only older kernels have */
	bool no_memory;
	bool first_design; /* the memmap of a range belongs to blocks */
	const struct mhp_record *now;
};

/* A damaged recording may contain any number: sums wrap. */
static inline s64 rule_sum(s64 a, s64 b)
{
	return (s64)((u64)a + (u64)b);
}

static inline s64 rule_difference(s64 a, s64 b)
{
	return (s64)((u64)a - (u64)b);
}

/*
 * Count a check of a rule, and report a violation unless it passes, with what
 * was expected and what was found. Returns passes.
 */
bool rule_check(struct rules *rules, enum rule_id rule, u64 pfn, bool passes,
		const char *expected, const char *found, ...)
	__attribute__((format(printf, 6, 7)));
/*
 * Whether a field of a record is known; if it is not, count that the rule could
 * not judge it.
 */
#define rule_knows(rules, rule, r, class, field)                  \
	rule_knows_field(rules, rule, r, MHP_FIELD(class, field), \
			 #class "." #field)
bool rule_knows_field(struct rules *rules, enum rule_id rule,
		      const struct mhp_record *r, u32 bit, const char *what);
#define RULE_BALLOON "what a balloon took from the zone"
/* Count that a rule could not judge something, as what is unknown: a static string. */
void rule_cannot_judge(struct rules *rules, enum rule_id rule,
		       const char *what);
/* Whether a field of a record is known. */
#define record_knows(r, class, field) \
	(!((r)->unknown & MHP_FIELD(class, field)))
/* Whether the source cannot report an event, so that it can be missing although nothing was lost. */
static inline bool rules_lack(const struct rules *rules, unsigned int event)
{
	return rules->opts.unknown_events >> event & 1;
}
/* Whether the steps of the memory notifier are unknown. */
static inline bool rules_are_deaf(const struct rules *rules)
{
	return rules_lack(rules, MHP_EVENT_mhp_notify);
}

/* Whether the source cannot report events that operations consist of. */
bool rules_lacks_events(const struct rules *rules);
/* The same for begins and ends of operations. */
bool rules_lack_ends(const struct rules *rules);
/* Count a check of a rule that passed. */
void rule_passes(struct rules *rules, enum rule_id rule);
/* Store the violation of a check that was counted as passed. */
void rule_recall(struct rules *rules, const struct violation *violation);
/* The events of a violation by the current record. */
void rule_events(struct rules *rules, u64 pfn, struct violation *violation);
/* rule_check() that two numbers are equal. */
bool rule_equal(struct rules *rules, enum rule_id rule, u64 pfn,
		const char *what, s64 want, s64 got);

/* rule_check() that two page frame numbers are equal. */
bool rule_same_pfn(struct rules *rules, enum rule_id rule, u64 pfn,
		   const char *what, u64 want, u64 got);

/*
 * The block of a page. NULL if it is unknown and create is not set, if there is
 * no memory for it, or if its number is higher than on any machine.
 */
struct rule_block *rule_block(struct rules *rules, u64 pfn, bool create);
/* Remember the record as the last one about the block. */
void rule_block_touch(struct rule_block *block, const struct mhp_record *r);
/*
 * The next known block of a range of pages, NULL after the last one. *at must be
 * 0 for the first call. Only known blocks are visited, however long the range.
 */
struct rule_block *rule_block_in(struct rules *rules, u64 start, u64 nr,
				 u64 *at);
u64 rule_block_pfn(const struct rules *rules, const struct rule_block *block);
/* The number of blocks in nr_pages, rounded up. */
u64 rule_blocks(const struct rules *rules, u64 nr_pages);
/* A record is missing, or cannot be judged: the state of memory and of operations is unknown. */
void rules_lose(struct rules *rules);
/* Events were lost: make everything unknown. */
void rules_forget(struct rules *rules);
/* A recording has ended: which blocks may have been online all the time. */
void rules_blocks_end(struct rules *rules);
/* The next recording has said nothing about any block yet. */
void rules_blocks_restart(struct rules *rules);
struct rule_range *rule_range(struct rules *rules, u64 base, bool create);
struct rule_zone *rule_zone(struct rules *rules, s32 nid, u32 zone);

/* A range's section gives up its reference or memmap: nobody may use it any more. */
void rules_users_removed(struct rules *rules, const struct rule_range *range,
			 u64 pfn);
/* An event shows that the block, whose host may be unknown, uses the memmap at base. */
void rules_users_found(struct rules *rules, u64 base);
/* An operation that began before the stream has ended: the users are unknown. */
void rules_users_forget(struct rules *rules);

/* The parts of rules_take(), by kind of event. */
void rules_refs_take(struct rules *rules, const struct mhp_record *r);
void rules_populate_take(struct rules *rules, const struct mhp_record *r);
void rules_free_take(struct rules *rules, const struct mhp_record *r);
void rules_retired_take(struct rules *rules, const struct mhp_record *r);
/* A section is freed, perhaps with backing pages of memmap that was retired. */
void rules_retired_free(struct rules *rules,
			const struct mhp_mhp_vmemmap_free *e);
/* Whether sections may share so many backing pages, as a struct page may have any size. */
bool rules_may_be_backing(const struct rules *rules, s64 pages);
/* At the end of a recording, if no memory that it added is left: all memmap was freed. */
void rules_retired_over(struct rules *rules);
void rules_block_take(struct rules *rules, const struct mhp_record *r);
void rules_range_take(struct rules *rules, const struct mhp_record *r);
void rules_failed_take(struct rules *rules, const struct mhp_record *r);
void rules_count_take(struct rules *rules, const struct mhp_record *r);
void rules_snapshot_take(struct rules *rules, const struct mhp_record *r);
/* "add" and so on, by enum rule_op_kind. */
extern const char *const rule_op_names[];
/* To be called before the other parts, which end the operation in progress. */
void rules_memory_take(struct rules *rules, const struct mhp_record *r);
/* Events were lost: forget the counts of memory. */
void rules_memory_forget(struct rules *rules);
/* Check the reason of an operation that ends with ret. */
void rules_failed_end(struct rules *rules, const struct mhp_record *r, s64 ret);
/* Check the budgets of an operation that ended. */
void rules_budget_end(struct rules *rules, const struct mhp_record *r);
/* The same for the end of an operation whose begin was not reported. */
void rules_budget_late(struct rules *rules, const struct mhp_record *r,
		       enum rule_op_kind kind, u64 start, u64 nr);
/* At the end of the stream: check those of operations in progress. */
void rules_budget_over(struct rules *rules);
/* Check the expectations when an operation ended with ret, and at the end. */
void rules_expect_take(struct rules *rules, const struct mhp_record *r,
		       s64 ret);
void rules_expect_end(struct rules *rules);
/* At the end of a recording: it is known whether it has events of an earlier one. */
void rules_expect_overlap(struct rules *rules);
/* At the end of a recording: check the failures and the memory that is still offline. */
void rules_expect_over(struct rules *rules);
/* After that: what was counted in the recording alone. */
void rules_expect_part(struct rules *rules);
/* Events were lost: a later try may be among them, and so on. */
void rules_expect_forget(struct rules *rules);

/* An operation has ended with ret: a failure, or a success that makes earlier failures good. */
void rules_retries_take(struct rules *rules, const struct mhp_record *r,
			s64 ret);
/* At the end of a recording: an operation on these pages may still make an earlier failure good. */
void rules_retries_open(struct rules *rules, enum rule_op_kind kind, u64 pfn,
			u64 nr_pages);
/*
 * After that: check the failures that no later try has made good. Those of a
 * recording that lacks its end may have been made good there.
 */
void rules_retries_over(struct rules *rules);
/* Events were lost: a later try may be among them. */
void rules_retries_forget(struct rules *rules);
void rules_retries_free(struct rules *rules);

#endif
