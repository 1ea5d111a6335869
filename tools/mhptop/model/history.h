/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The history that a model keeps if it is asked to: operations with their phases; for
 * reports also the pages that were in the way, and how the states of the memory blocks
 * changed.
 */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include "model/operation.h"

struct model;

/*
 * Where the time of an operation goes. A phase ends with the event that shows that
 * it is over, so it includes what no event separates from it; docs/report.md says
 * what that is. P(name, word, title, what it is)
 */
#define PHASES(P)                                                         \
	P(ISOLATE, "isolate", "isolate",                                  \
	  "isolating the pages, and the notifiers that may refuse")       \
	P(MIGRATE, "migrate", "migrate", "moving pages away")             \
	P(NOTIFIERS, "notifiers", "notifiers", "the other notifiers")     \
	P(DIRECT_MAP, "direct_map", "direct map",                         \
	  "the direct map, with the memmap of one section")               \
	P(POPULATE, "populate", "populate", "populating the memmap")      \
	P(MEMMAP_INIT, "memmap_init", "memmap init",                      \
	  "initialising struct pages, and the notifiers that may refuse") \
	P(RELEASE, "release", "release",                                  \
	  "giving the pages to the buddy allocator")                      \
	P(FREE, "free", "free",                                           \
	  "removing the memory blocks and freeing the memmap")            \
	P(REST, "rest", "rest", "everything else")

#define PHASE_NUMBER(name, word, title, help) PHASE_##name,
enum phase { PHASES(PHASE_NUMBER) NR_PHASES };

#define PHASE_NONE (-1) /* it did not happen */
#define PHASE_UNKNOWN (-2)

/* "memmap_init" and "memmap init", and so on */
const char *phase_name(enum phase phase);
const char *phase_title(enum phase phase);
/* What it is, as a part of a sentence */
const char *phase_help(enum phase phase);
/* Whether operations of this kind have this phase. */
bool phase_fits(enum phase phase, enum operation kind);

enum history_end {
	HISTORY_ENDED,
	HISTORY_IN_PROGRESS,
	HISTORY_END_UNSEEN, /* another one has begun, or the recording has ended */
};

struct history_operation {
	u64 start_pfn;
	u64 nr_pages;
	u64 begin_ns; /* 0: not seen */
	u64 end_ns; /* 0: not seen, or in progress */
	s64 ret;
	s64 phases[NR_PHASES]; /* in ns, or PHASE_NONE, PHASE_UNKNOWN */
	u64 part; /* the recording, as in struct model */
	u32 pid;
	u32 blockers; /* events about pages in the way */
	u32 passes; /* the highest pass of these */
	u8 kind; /* enum operation */
	u8 end; /* enum history_end */
	u8 reason; /* enum mhp_reason, 0: unknown, or it did not fail */
	u8 zone; /* enum mhp_zone, 0: none, or unknown */
	u8 way; /* enum who_way */
	u8 blocker_kind; /* enum mhp_kind of the last page in the way, 0: none */
	bool blocker_room_known; /* why it was not moved was reported */
	bool blocker_no_room; /* there was no memory to move it to */
	u64 blocker_pfn;
	u64 failed_pfn; /* where it failed, 0: not reported */
	char comm[MHP_COMM_LEN];
};

/* A page that was in the way */
struct history_page {
	u64 part;
	u64 pfn;
	u64 reports; /* events */
	u64 offlines; /* operations in which it was in the way */
	u64 last; /* the operation of the last report, counted from 1; 0: none */
	struct mhp_mhp_offline_blocker latest;
	u64 unknown; /* fields of latest that its source could not report */
};

/* From this time on, a memory block has this state. */
struct history_change {
	u64 time_ns;
	u64 part; /* the recording */
	u32 block; /* its number */
	u8 state; /* enum mhp_state */
};

enum history_extent {
	HISTORY_NONE,
	HISTORY_LATEST, /* the latest operations, up to HISTORY_MOST, and nothing else */
	HISTORY_ALL,
};

#define HISTORY_MOST 65536

struct history {
	enum history_extent extent;
	struct history_operation *operations; /* in the order of their begin */
	size_t nr;
	u64 dropped; /* older operations */
	size_t room;
	struct history_page *pages; /* by part and pfn */
	size_t nr_pages;
	size_t room_pages;
	struct history_change
		*changes; /* in the order of the records, all recordings */
	size_t nr_changes;
	size_t room_changes;
	struct operation_open open[NR_OPERATIONS];
	size_t current[NR_OPERATIONS]; /* index + 1 of those in progress, 0: none */
	struct {
		size_t index; /* of the operation that the events belong to, plus 1; 0: none */
		u64 last_ns; /* of its last event */
		s64 first_ns; /* up to its first section; PHASE_NONE: none was populated */
		u32 sections;
		u64 lost; /* events, when it began */
		bool refused_or_agreed; /* the notifiers have answered */
		bool is_block_hosted;
	} at;
	u64 part;
	bool no_memory; /* not everything could be kept */
};

/* Add what a record says that the model has taken. A history begins zeroed. */
void history_take(struct history *history, const struct model *model,
		  const struct mhp_record *record);
/* There are no more records: what has not ended is in progress, or its end is unknown. */
void history_end(struct history *history, const struct model *model);
void history_free(struct history *history);

/* In ns, or PHASE_UNKNOWN */
s64 history_duration(const struct history_operation *operation);
/* "memory32" for a memory block, "0x100000000-0x13fffffff" for a range */
#define HISTORY_MEMORY_MAX 48
const char *history_memory(const struct model *model, enum operation kind,
			   u64 start_pfn, u64 nr_pages,
			   char text[HISTORY_MEMORY_MAX]);
/* The name of a task without control characters */
const char *history_comm(const char *comm, char text[MHP_COMM_LEN + 1]);
/* "ok", "in progress" or what went wrong; the word of the reason is in it. */
const char *history_result(const struct history_operation *operation,
			   char *text, size_t size);
/* "memory35 is online", if a removal was refused because of that, else "". Returns text. */
const char *history_online(const struct model *model,
			   const struct history_operation *operation,
			   char text[HISTORY_MEMORY_MAX]);
/* Both of them */
#define HISTORY_OUTCOME_MAX 208
const char *history_outcome(const struct model *model,
			    const struct history_operation *operation,
			    char text[HISTORY_OUTCOME_MAX]);

#endif
