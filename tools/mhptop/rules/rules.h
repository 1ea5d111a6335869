/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules that a stream of events must follow, and the engine that checks
 * them. docs/rules.md explains why each rule matters. The rules use no clock
 * and do no I/O.
 */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>
#include "model/source_info.h"
#include "model/violations.h"

/* R(id, name, what must be true, in one line) */
#define RULES(R)                                                                                                   \
	R(ORDER_ADD, "order.add",                                                                                  \
	  "between the begin and end of an add, every section gets its memmap, in ascending order")                \
	R(ORDER_ONLINE, "order.online",                                                                            \
	  "a memory block goes online, or rolls back, in the kernel's order of steps")                             \
	R(ORDER_OFFLINE, "order.offline",                                                                          \
	  "a memory block goes offline, or rolls back, in the kernel's order of steps")                            \
	R(ORDER_REMOVE, "order.remove",                                                                            \
	  "between the begin and end of a removal, every section gives up its memmap")                             \
	R(ORDER_LIFE, "order.life",                                                                                \
	  "a memory block is populated, onlined, offlined and freed in that order, one operation at a time")       \
	R(SAME_BLOCK, "same.block",                                                                                \
	  "all events of an operation refer to its pages, its node and its zone")                                  \
	R(RESULT, "result.reason",                                                                                 \
	  "a failed operation reports one matching reason; a successful one reports none")                         \
	R(POPULATE, "memmap.populate",                                                                             \
	  "each section's memmap is populated once, in the right size, where its host has room")                   \
	R(FREE, "memmap.free",                                                                                     \
	  "each memmap is freed once, in full, from where it was populated")                                       \
	R(ALLOC, "memmap.alloc",                                                                                   \
	  "an altmap's count of allocated pages changes as the events report, and ends at 0")                      \
	R(HOSTING, "memmap.hosting",                                                                               \
	  "an add, its sections and its memory blocks report the same host; a block hosts only its own memmap")    \
	R(RETIRED, "memmap.retired",                                                                               \
	  "retired memmap is freed when the neighbours that share its backing page go")                            \
	R(REFS, "range.refs",                                                                                      \
	  "a range holds one reference per section, and the count never drops below 0")                            \
	R(TEARDOWN, "range.teardown",                                                                              \
	  "a range's memmap is freed only after the last reference is dropped, in descending section order")       \
	R(USERS, "range.users",                                                                                    \
	  "the memmap of a range is in a zone exactly while a memory block of the range is online")                \
	R(BLOCK_PAGES, "pages.block",                                                                              \
	  "all pages of an online block are present, and managed except its memmap; an offline block has neither") \
	R(RANGE_PAGES, "pages.range",                                                                              \
	  "all pages of a range's memmap are present while it is in a zone, and none otherwise")                   \
	R(ZONE_PAGES, "pages.zone",                                                                                \
	  "a zone's page count after a change is the count before it plus the change")                             \
	R(ROLLBACK, "pages.rollback",                                                                              \
	  "a failed operation leaves all page counts unchanged")                                                   \
	R(REMOVE, "remove.match",                                                                                  \
	  "only offline memory is removed, and a range that hosts its memmap only as a whole")                     \
	R(LEAK, "memory.leak",                                                                                     \
	  "memory that was added and removed again leaves no pages in use that nothing accounts for")              \
	R(BUDGET_TIME, "budget.time", "no operation exceeds its time limit")                                       \
	R(BUDGET_VMEMMAP, "budget.vmemmap",                                                                        \
	  "no add uses more of its pages for memmap than allowed")                                                 \
	R(BUDGET_HOSTING, "budget.hosting",                                                                        \
	  "the memmap of each add is hosted as expected")                                                          \
	R(BUDGET_REMOVED, "budget.removed", "the expected range was removed")                                      \
	R(BUDGET_FAILURES, "budget.failures",                                                                      \
	  "no more operations fail than allowed")                                                                  \
	R(BUDGET_ONLINE, "budget.online", "the expected range went online")                                        \
	R(BUDGET_COUNT, "budget.count",                                                                            \
	  "as many operations succeed as expected")                                                                \
	R(BUDGET_IDLE, "budget.idle", "added memory goes online in time")

enum rule_id {
#define RULE_ID(id, name, text) RULE_##id,
	RULES(RULE_ID)
#undef RULE_ID
		NR_RULES
};

struct rule_info {
	const char *name;
	const char *text;
};
extern const struct rule_info rule_infos[NR_RULES];
/* NR_RULES if no rule has that name. */
enum rule_id rule_by_name(const char *name, size_t len);

/* How many operations of a kind must succeed. */
struct rules_count {
	bool set;
	u64 min;
	u64 max;
};

/* The user's limits and expectations; 0 or an empty range: not set. */
struct rules_opts {
	u64 max_ns[4]; /* add, online, offline, remove */
	u64 max_idle_ns; /* from the add of a memory block until it is online */
	double max_vmemmap; /* percent of the pages of an add */
	unsigned int hosting; /* enum mhp_hosting */
	struct rules_count count[4]; /* add, online, offline, remove */
	bool limit_failures; /* at most allowed_failures operations may fail */
	bool retries_ok; /* but not those that a later try makes good */
	u64 allowed_failures;
	u64 removed_start; /* physical address of the first byte */
	u64 removed_end; /* and of the last byte */
	u64 online_start; /* the same for memory that must go online */
	u64 online_end;
	u64 page_bytes;
	/* Of the source, as in struct source_info; see rules_describe() */
	u64 unknown_events;
	u64 doubtful_events;
	bool no_late_ends; /* it does not report the end of an operation that began before */
	u64 struct_page_bytes;
	bool partial; /* events of some tasks, CPUs or moments were left out */
	bool any_struct_page;
	bool balloon;
	bool skip[NR_RULES];
};

struct rules;
struct source_info;

/*
 * block_pages is the size of a memory block in pages. opts is copied, and
 * violations must outlive the rules. NULL: out of memory, or block_pages is 0.
 */
struct rules *rules_new(u64 block_pages, const struct rules_opts *opts,
			struct violations *violations);
void rules_free(struct rules *rules); /* NULL is fine */
/* Check the next record of the stream. 0 or -ENOMEM. */
int rules_take(struct rules *rules, const struct mhp_record *record);
/* How a recording has ended */
struct rules_ending {
	u64 end_ns; /* no more events came until then, in the time of the records; 0: until the last record */
	u64 numbered; /* records of the next recording have higher numbers; 0: than those so far */
	bool whole; /* no events are missing at its end, so that what has not happened by then did not happen */
	bool unordered; /* its events may be in the wrong order */
	bool balloon; /* a driver may have changed managed pages without an event */
	bool overlaps; /* it may have events of an earlier one, which are then counted twice */
};

/*
 * Another recording follows: check the operations in progress as at the end, and
 * forget the state of memory.
 */
void rules_restart(struct rules *rules, const struct rules_ending *ending);
/* Whether the next recording has events of an earlier one is known when it ends. */
void rules_may_overlap(struct rules *rules);
/* What the first, or the next, recording says of its kernel and source; before its first record. */
void rules_describe(struct rules *rules, const struct source_info *info);
/* The end of the stream, and of its last recording: check the rules that need all of it. */
void rules_end(struct rules *rules, const struct rules_ending *ending);
/*
 * After that: the violations that do not depend on the order of events, where that
 * may be wrong.
 */
u64 rules_certain(const struct rules *rules);
/* Whether counts of managed pages look wrong, and a driver of a balloon came during the recording. */
bool rules_ballooned(const struct rules *rules);

/* An operation that was in progress when the stream ended. */
struct rule_unended {
	const char *name; /* "offline" */
	u64 pfn; /* its first page */
	u64 ns; /* how long it has taken so far, at least */
};
/* False if no operation was in progress at rules_end(). */
bool rules_unended(const struct rules *rules, struct rule_unended *unended);
/*
 * The first recording in which no memory was added, removed, or went online or
 * offline, and no try failed, counted from 1. 0: there is none.
 */
u64 rules_idle_part(const struct rules *rules);
/* The number of recordings. */
u64 rules_parts(const struct rules *rules);
/* What was expected did not happen, unless among the events that are missing. */
bool rules_unmet(const struct rules *rules);
/* An operation that began before the stream has ended, and may have exceeded its time limit. */
bool rules_late_time(const struct rules *rules);
/* A limit would be exceeded, or an expectation met, only by events that may be in two recordings. */
bool rules_twice(const struct rules *rules);
/* The source of a recording cannot report events that operations consist of, so violations are not reported. */
bool rules_gaps(const struct rules *rules);
/* Events without which a rule seems violated, and of which an imported recording has none, a bit for each; 0: none. */
u64 rules_doubted(const struct rules *rules);
/* Sections have memmap of different sizes, which may be right, as that of a struct page is not known. */
bool rules_uneven(const struct rules *rules);
/* The first of the user's limits that a field or event that is not known keeps from being judged; NULL: none. */
const char *rules_unjudged_limit(const struct rules *rules);
/* The first field, as "event.field", without which a record could not be judged; NULL: none. */
const char *rules_unread(const struct rules *rules);
/* The time that the recordings of the stream cover, in ns. */
u64 rules_span(const struct rules *rules);
/* How often a rule was checked. */
u64 rules_checked(const struct rules *rules, enum rule_id rule);
/*
 * How often a rule could not judge because a field was unknown; *what is then set
 * to the field, as "event.field".
 */
u64 rules_unjudged(const struct rules *rules, enum rule_id rule,
		   const char **what);
/* Retired memmap: it was given up while its backing page is still in use. */
struct rule_retired {
	u64 pfn; /* first page that it describes */
	u64 nr_pages; /* pages that it describes */
	u64 host_pfn; /* the backing page */
	u64 backing_pages; /* size of the backing page, in base pages */
	bool fresh; /* internal: the section's free was not reported yet */
};
/* The nth retired memmap that was not freed yet, NULL after the last one. */
const struct rule_retired *rules_retired(const struct rules *rules, size_t nth);

/* A transition of the state machine of a memory block. */
struct rule_transition {
	const char *from;
	const char *to;
	const char *event; /* NULL: taken without an event */
	const char *step; /* of mhp_notify, else NULL */
	bool fails; /* the event reports an error */
	u64 taken; /* how often */
};
/* The nth transition, false after the last one. */
bool rules_transition(const struct rules *rules, size_t nth,
		      struct rule_transition *transition);
/*
 * Whether operations of a kind, in the order add, online, offline, remove, can
 * fail for a reason (enum mhp_reason) on kernels of today.
 */
bool rules_reason_fits(unsigned int reason, unsigned int operation);
/* Some checks were not possible, as events are missing or came out of order. */
bool rules_unsure(const struct rules *rules);

#endif
