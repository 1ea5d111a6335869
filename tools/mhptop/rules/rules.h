/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules: laws that a stream of events must keep, and what breaks them. One
 * list has them all; docs/rules.md says of each why it matters. Where records
 * come from and how violations are shown is not here. No clock, no I/O.
 */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>
#include "model/violations.h"

/* R(id, name, the law in a line) */
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
	  "a failed operation reports the matching reason; a successful one reports none")                         \
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
	R(BLOCK_PAGES, "pages.block",                                                                              \
	  "all pages of an online block are present, and managed except its memmap; an offline block has neither") \
	R(ZONE_PAGES, "pages.zone",                                                                                \
	  "a zone's page count after a change is the count before it plus the change")                             \
	R(ROLLBACK, "pages.rollback",                                                                              \
	  "a failed operation leaves all page counts unchanged")                                                   \
	R(REMOVE, "remove.match",                                                                                  \
	  "only offline memory is removed, and nothing that hosts the memmap of memory that stays")                \
	R(BUDGET_TIME, "budget.time", "no operation exceeds its time limit")                                       \
	R(BUDGET_VMEMMAP, "budget.vmemmap",                                                                        \
	  "no add uses more of its pages for memmap than allowed")                                                 \
	R(BUDGET_HOSTING, "budget.hosting",                                                                        \
	  "the memmap of each add is hosted as expected")                                                          \
	R(BUDGET_REMOVED, "budget.removed", "the expected range was removed")                                      \
	R(BUDGET_FAILURES, "budget.failures", "no operation fails")

enum rule_id {
#define RULE_ID(id, name, law) RULE_##id,
	RULES(RULE_ID)
#undef RULE_ID
		NR_RULES
};

struct rule_info {
	const char *name;
	const char *law;
};
extern const struct rule_info rule_infos[NR_RULES];
/* NR_RULES if there is none of that name. */
enum rule_id rule_by_name(const char *name, size_t len);

/* What the user asks for on top; 0 or an empty range: not asked for. */
struct rules_opts {
	u64 max_ns[4]; /* add, online, offline, remove */
	double max_vmemmap; /* percent of the pages of an add */
	unsigned int hosting; /* enum mhp_hosting */
	bool no_failures;
	u64 removed_start; /* bytes, */
	u64 removed_end; /* the last byte */
	u64 page_bytes;
	bool skip[NR_RULES];
};

struct rules;

/*
 * NULL: no memory, or blocks of no pages. opts is copied; violations has to
 * outlive the rules.
 */
struct rules *rules_new(u64 block_pages, const struct rules_opts *opts,
			struct violations *violations);
void rules_free(struct rules *rules); /* NULL is fine */
/* One record, in the order of the stream: 0 or -ENOMEM. */
int rules_take(struct rules *rules, const struct mhp_record *record);
/* The stream is over. */
void rules_end(struct rules *rules);
/* How often a rule was checked. */
u64 rules_checked(const struct rules *rules, enum rule_id rule);
/* Memmap that was given up while its backing page is still used. */
struct rule_retired {
	u64 pfn; /* that it described, */
	u64 nr_pages; /* so many */
	u64 host_pfn; /* the backing page */
	u64 backing_pages; /* and how large it is */
	bool fresh; /* for the rules: the section is not told to be freed yet */
};
/* The nth of those that are waited for, NULL if there are not so many. */
const struct rule_retired *rules_retired(const struct rules *rules, size_t nth);

/* One of the ways that a memory block can go, and how often one did. */
struct rule_transition {
	const char *from;
	const char *to;
	const char *event; /* NULL: it needs none */
	const char *step; /* of mhp_notify, else NULL */
	bool fails; /* the event has an error */
	u64 taken;
};
/* The nth, false if there are not so many. */
bool rules_transition(const struct rules *rules, size_t nth,
		      struct rule_transition *transition);
/* Something could not be judged because events are missing or came out of order. */
bool rules_unsure(const struct rules *rules);

#endif
