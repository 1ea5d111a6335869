// SPDX-License-Identifier: GPL-2.0
/* The columns of memory blocks and of added ranges. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/plain_text.h"
#include "base/units.h"
#include "model/columns.h"
#include "model/event_table.h"
#include "model/times.h"

/* Where the information about a block comes from, see enum mhp_block_flag. */
enum known {
	KNOWN_EVENTS = 1,
	KNOWN_SNAPSHOT,
	KNOWN_ESTIMATED,
	KNOWN_PARTIAL,
	KNOWN_SYSFS,
};

static const struct event_symbol knowns[] = {
	{ KNOWN_EVENTS, "events" },	  { KNOWN_SNAPSHOT, "snapshot" },
	{ KNOWN_ESTIMATED, "estimated" }, { KNOWN_PARTIAL, "partial" },
	{ KNOWN_SYSFS, "sysfs" },	  { 0 },
};

/* What the duration of an operation is. */
enum bound {
	BOUND_EXACT = 1,
	BOUND_AT_LEAST, /* it had begun before the snapshot */
};

static const struct event_symbol bounds[] = {
	{ BOUND_EXACT, "exact" },
	{ BOUND_AT_LEAST, "at_least" },
	{ 0 },
};

static enum known block_known(const struct mhp_block *block)
{
	if (block->flags & MHP_BLOCK_SYSFS)
		return KNOWN_SYSFS;
	if (block->flags & MHP_BLOCK_PARTIAL)
		return KNOWN_PARTIAL;
	if (block->flags & MHP_BLOCK_ESTIMATED)
		return KNOWN_ESTIMATED;
	return block->flags & MHP_BLOCK_SNAPSHOT ? KNOWN_SNAPSHOT :
						   KNOWN_EVENTS;
}

/* Whether the source does not report an event, so that what is counted from it is unknown. */
static bool is_unseen(const struct model *model, unsigned int event)
{
	return model->info.kind == SOURCE_SYSFS ||
	       model->info.unknown_events >> event & 1;
}

#define SEEN(event, value)                                          \
	(is_unseen(model, MHP_EVENT_mhp_##event) ? COLUMN_UNKNOWN : \
						   (s64)(value))

static bool is_hosting_known(u32 hosting)
{
	return hosting && hosting != MHP_HOSTING_NONE;
}

/* What only the kernel's structures or an event tell of a block */
static s64 inner(const struct mhp_block *block, s64 value)
{
	return block_hosts_known(block) ? value : COLUMN_UNKNOWN;
}

/*
 * Present or managed pages. If their initial number is unknown, as for boot
 * memory with its holes, there are only changes, which would be misleading.
 */
static s64 pages(const struct mhp_block *block, s64 pages)
{
	enum known known = block_known(block);

	if (known == KNOWN_SYSFS || known == KNOWN_PARTIAL ||
	    (known == KNOWN_SNAPSHOT && (block->hosting == MHP_HOSTING_BOOT ||
					 !is_hosting_known(block->hosting))))
		return COLUMN_UNKNOWN;
	return pages;
}

/* In ns: of an operation in progress up to now, of any other one in total. */
static s64 duration(const struct model *model, const struct mhp_phase *phase,
		    bool in_progress)
{
	if (in_progress)
		return phase_elapsed(model, phase);
	if (!phase->begin_ns || phase->end_ns < phase->begin_ns)
		return COLUMN_NONE;
	return phase->end_ns - phase->begin_ns;
}

/* 0 if there is no duration. */
static s64 bound(s64 duration, bool is_late)
{
	if (duration <= COLUMN_UNKNOWN)
		return 0;
	return is_late ? BOUND_AT_LEAST : BOUND_EXACT;
}

static s64 known_node(s32 nid)
{
	return nid < 0 ? COLUMN_UNKNOWN : nid;
}

static s64 blocker(const struct model *model, const struct mhp_block *block,
		   s64 value)
{
	return block->blockers ? value : SEEN(offline_blocker, COLUMN_NONE);
}

/* Why the last operation that failed did. If one failed, an unknown reason is not the same as none. */
static s64 reason(const struct model *model, const struct mhp_block *block)
{
	if (block->reason)
		return block->reason;
	return block->last_ret ? COLUMN_UNKNOWN : SEEN(online_end, 0);
}

static s64 range_start(const struct model *model, const struct mhp_block *block)
{
	const struct mhp_range *range =
		ledger_find_range(model->ledger, block->start_pfn);

	if (range)
		return range->start_pfn;
	return block_known(block) == KNOWN_EVENTS ||
			       block->hosting == MHP_HOSTING_BOOT ?
		       COLUMN_NONE :
		       COLUMN_UNKNOWN;
}

/*
 * The task that did something with a memory block; NULL if it did not happen, or is
 * unknown.
 */
static const struct who_task *block_task(const struct model *model,
					 const struct mhp_block *block,
					 enum operation kind)
{
	/* What was lost may have been the next operation. */
	if (model_lost(model) != model->who.lost)
		return NULL;
	return who_find_task(
		&model->who,
		block->start_pfn / ledger_block_pages(model->ledger), kind);
}

/* Whether everything that happened to the block was seen. */
static bool is_whole_life(const struct model *model,
			  const struct mhp_block *block)
{
	return model->info.kind != SOURCE_SYSFS && !model_lost(model) &&
	       !model->who.no_memory && !(block->flags & MHP_BLOCK_SNAPSHOT) &&
	       !(block->flags & MHP_BLOCK_PARTIAL);
}

/* The first bytes of a name, so that columns are sorted by it */
static s64 name_number(const char *comm)
{
	s64 number = 0;
	int i;

	for (i = 0; i < 7; i++)
		number = number << 8 | (*comm ? (u8)*comm++ : 0);
	return number;
}

#define TASK(operation, value)                                           \
	({                                                               \
		const struct who_task *task =                            \
			block_task(model, block, OPERATION_##operation); \
		task			    ? (s64)(value) :             \
		is_whole_life(model, block) ? COLUMN_NONE :              \
					      COLUMN_UNKNOWN;            \
	})

/* When the task had done it. The account has the time of the last try, which may have failed. */
static s64 done_at(const struct mhp_block *block, enum operation kind)
{
	const struct mhp_phase *phase =
		kind == OPERATION_ONLINE ? &block->online : &block->offline;
	const struct mhp_phase *other =
		kind == OPERATION_ONLINE ? &block->offline : &block->online;

	if (kind == OPERATION_ADD)
		return block->add.end_ns ? (s64)block->add.end_ns :
					   COLUMN_UNKNOWN;
	if (!phase->end_ns ||
	    (block->last_ret && phase->end_ns >= other->end_ns))
		return COLUMN_UNKNOWN;
	return phase->end_ns;
}

/* The zone that was last asked for */
static s64 asked_zone(const struct model *model, const struct mhp_block *block)
{
	const struct who_block *known =
		who_find(&model->who,
			 block->start_pfn / ledger_block_pages(model->ledger));

	if (known && known->zone && model_lost(model) == model->who.lost)
		return known->zone;
	return is_whole_life(model, block) ? COLUMN_NONE : COLUMN_UNKNOWN;
}

/* Only memory that is online can go offline. */
static s64 forecast_value(const struct model *model,
			  const struct mhp_block *block)
{
	const struct forecast *forecast;

	if (block->state != MHP_STATE_ONLINE)
		return COLUMN_NONE;
	forecast = forecast_find(model->forecasts, block,
				 block->start_pfn /
					 ledger_block_pages(model->ledger),
				 model_now(model));
	return forecast ? (s64)forecast->answer : COLUMN_UNKNOWN;
}

/* clang-format off */
/* The columns of the task that did something: by whom, by which way, when */
#define TASK_COLUMNS(C, did, DID, operation)                                                                                            \
	C(did##_by, DID "BY", "task that last " #did " it", 15, TEXT, false, true, NULL, TASK(operation, name_number(task->comm)))          \
	C(did##_pid, DID "PID", "thread ID of that task", 7, NUMBER, false, true, NULL, TASK(operation, task->pid))                         \
	C(did##_way, DID "WAY", "in which way, if that is known", 10, WORD, false, true, who_ways, TASK(operation, task->way ?: COLUMN_UNKNOWN))            \
	C(did##_at, DID "AT", "when it had " #did " it", 14, WHEN, false, true, NULL, TASK(operation, ((void)task, done_at(block, OPERATION_##operation))))

/* C(key, title, help, width, kind, shown, history, words, value of block in model) */
#define COLUMNS(C)                                                                                                                      \
	C(id, "BLOCK", "memory block number, as in sysfs", 6, NUMBER, true, false, NULL,                                                \
	  block->start_pfn / ledger_block_pages(model->ledger))                                                                         \
	C(start_pfn, "START", "first pfn of the block", 12, HEX, false, false, NULL, block->start_pfn)                                  \
	C(nr_pages, "PAGES", "pages in the block", 8, NUMBER, false, false, NULL, ledger_block_pages(model->ledger))                    \
	C(state, "STATE", "online, offline, in transition or removed", 13, WORD, true, false, event_states, block->state)               \
	C(node, "NODE", "NUMA node", 4, NUMBER, true, false, NULL, known_node(block->nid))                                              \
	C(zone, "ZONE", "zone the block is online in", 7, WORD, true, false, event_zones, block->zone ?: COLUMN_UNKNOWN)                \
	C(can_go, "CAN GO", "whether it could go offline now; of blocks on the screen", 7, WORD, false, false, forecast_words,          \
	  forecast_value(model, block))                                                                                                 \
	C(hosting, "HOSTING", "what hosts its memmap", 7, WORD, true, false, event_hostings,                                            \
	  is_hosting_known(block->hosting) ? (s64)block->hosting : COLUMN_UNKNOWN)                                                      \
	C(vmemmap_pages, "VMEMMAP", "pages of the block used to host memmap", 7, NUMBER, true, false, NULL,                             \
	  inner(block, block->vmemmap_pages))                                                                                           \
	C(present, "PRESENT", "present pages", 8, NUMBER, true, false, NULL, pages(block, block->present))                              \
	C(managed, "MANAGED", "managed pages", 8, NUMBER, true, false, NULL, pages(block, block->managed))                              \
	C(populated, "POPUL", "vmemmap pages populated so far", 7, NUMBER, false, false, NULL, inner(block, block->populated))          \
	C(freed, "FREED", "vmemmap pages freed so far", 7, NUMBER, false, true, NULL, SEEN(vmemmap_free, block->freed))                 \
	C(retired, "RETIRED", "pages with memmap gone but backing kept", 7, NUMBER, false, true, NULL,                                  \
	  SEEN(vmemmap_retired, block->retired))                                                                                        \
	C(onlines, "ON", "successful online operations", 4, NUMBER, false, true, NULL, SEEN(online_end, block->onlines))                \
	C(offlines, "OFF", "successful offline operations", 4, NUMBER, false, true, NULL, SEEN(offline_end, block->offlines))           \
	C(online_failures, "ONFAIL", "failed online operations", 6, NUMBER, false, true, NULL,                                          \
	  SEEN(online_end, block->online_failures))                                                                                     \
	C(offline_failures, "OFFAIL", "failed offline operations", 6, NUMBER, false, true, NULL,                                        \
	  SEEN(offline_end, block->offline_failures))                                                                                   \
	C(add_time, "ADDTIME", "first to last section populated", 9, TIME, false, true, NULL,                                           \
	  SEEN(vmemmap_populate, duration(model, &block->add, block_is_adding(model, block))))                                          \
	C(online_time, "ONTIME", "duration of the last online operation", 9, TIME, false, true, NULL,                                   \
	  SEEN(online_end, duration(model, &block->online, block_is_onlining(block))))                                                  \
	C(online_bound, "ONBOUND", "whether ONTIME is exact, or the operation took at_least that", 8, WORD, false, true,                \
	  bounds, bound(get_online_time(model, block), block_onlines_late(block)))                                                      \
	C(offline_time, "OFFTIME", "duration of the last offline operation", 9, TIME, false, true, NULL,                                \
	  SEEN(offline_end, duration(model, &block->offline, block_is_offlining(block))))                                               \
	C(offline_bound, "OFFBOUND", "whether OFFTIME is exact, or the operation took at_least that", 8, WORD, false, true,             \
	  bounds, bound(get_offline_time(model, block), block_offlines_late(block)))                                                    \
	C(reason, "REASON", "why online or offline last failed", 9, WORD, true, true, event_reasons,                                    \
	  reason(model, block))                                                                                                         \
	C(last_ret, "RET", "return value of the last operation", 5, NUMBER, false, true, NULL, SEEN(online_end, block->last_ret))       \
	C(blockers, "BLOCKERS", "pages reported as blocking offlining", 8, NUMBER, false, true, NULL,                                   \
	  SEEN(offline_blocker, block->blockers))                                                                                       \
	C(blocker_pfn, "BLOCKER", "pfn of the last blocking page", 12, HEX, false, true, NULL,                                          \
	  blocker(model, block, block->blocker_pfn))                                                                                    \
	C(blocker_kind, "KIND", "kind of the last blocking page", 11, WORD, false, true, event_kinds,                                   \
	  blocker(model, block, block->blocker_kind))                                                                                   \
	C(blocker_stage, "STAGE", "stage at which it blocked offlining", 13, WORD, false, true, event_stages,                           \
	  blocker(model, block, block->blocker_stage))                                                                                  \
	C(step, "STEP", "last step of the memory notifier", 15, WORD, false, true, event_steps, SEEN(notify, block->step))              \
	C(violations, "VIOLATED", "rule violations, see docs/rules.md", 8, NUMBER, false, true, NULL,                                   \
	  model->info.kind == SOURCE_SYSFS ? COLUMN_UNKNOWN : (s64)violations_of_block(&model->violations, block->start_pfn))           \
	C(live, "LIVE", "pages of the block that hold memmap in use", 7, NUMBER, false, false, NULL,                                    \
	  inner(block, range_live_pages(model->ledger, block)))                                                                         \
	TASK_COLUMNS(C, added, "ADD", ADD)                                                                                               \
	TASK_COLUMNS(C, onlined, "ON", ONLINE)                                                                                           \
	C(online_zone, "ONZONE", "zone that was last asked for", 7, WORD, false, true, event_zones, asked_zone(model, block))    \
	TASK_COLUMNS(C, offlined, "OFF", OFFLINE)                                                                                        \
	C(range, "RANGE", "first pfn of the range it was added with", 12, HEX, false, false, NULL, range_start(model, block))           \
	C(known, "KNOWN", "where this information comes from", 9, WORD, false, false, knowns, block_known(block))
/* clang-format on */

#define GETTER(key, title, help, width, kind, shown, history, words, value) \
	static s64 get_##key(const struct model *model, const void *row)    \
	{                                                                   \
		const struct mhp_block *block = row;                        \
		(void)model;                                                \
		(void)block;                                                \
		return value;                                               \
	}
COLUMNS(GETTER)

#define ROW(key, title, help, width, kind, shown, history, words, value) \
	{ #key,	 title,	    help,  width,  COLUMN_##kind,                \
	  shown, get_##key, words, history },
const struct column columns[] = { COLUMNS(ROW){ 0 } };

static const struct column *find_key(const struct column *column,
				     const char *key)
{
	for (; column->key; column++)
		if (!strcmp(column->key, key))
			return column;
	return NULL;
}

const struct column *column_find(const char *key)
{
	return find_key(columns, key);
}

const struct column *range_column_find(const char *key)
{
	return find_key(range_columns, key);
}

bool column_is_asked(const struct column *column)
{
	return column->get == get_can_go;
}

const char *column_word(const struct column *column, s64 value)
{
	const struct event_symbol *symbol = column->symbols;

	for (; symbol && symbol->name; symbol++)
		if ((s64)symbol->value == value)
			return symbol->name;
	return NULL;
}

/* What a column of texts is about */
static const struct who_task *text_task(const struct column *column,
					const struct model *model,
					const void *row);

const char *column_text(const struct column *column, const struct model *model,
			const void *row, char buf[MHP_COMM_LEN + 1])
{
	const struct who_task *task = text_task(column, model, row);

	buf[0] = buf[MHP_COMM_LEN] = '\0';
	if (task)
		memcpy(buf, task->comm, MHP_COMM_LEN);
	return buf;
}

const struct column *column_shown(const struct column *column)
{
	while (column->key && !column->shown)
		column++;
	return column->key ? column : NULL;
}

const char *block_who_text(const struct model *model,
			   const struct mhp_block *block, enum operation kind,
			   char buf[BLOCK_WHO_MAX])
{
	const struct who_task *task = block_task(model, block, kind);
	char comm[MHP_COMM_LEN + 1] = "";

	if (!task) {
		strcpy(buf, is_whole_life(model, block) ? "-" : "?");
		return buf;
	}
	memcpy(comm, task->comm, MHP_COMM_LEN);
	plain_text(comm);
	snprintf(buf, BLOCK_WHO_MAX, "%s (%u), %s", comm, task->pid,
		 task->way ? event_symbol(who_ways, task->way) : "way unknown");
	return buf;
}

/* Whether a cell is the duration of an operation in progress. */
static bool column_runs(const struct column *column, const struct model *model,
			const void *row);
/* Whether a duration is a lower bound. */
static bool column_is_bound(const struct column *column, const void *row);

int column_format(const struct column *column, const struct model *model,
		  const void *row, char *buf, size_t len)
{
	s64 value = column->get(model, row);
	char text[UNITS_TEXT_MAX], comm[MHP_COMM_LEN + 1];
	const char *word;

	if (value == COLUMN_NONE)
		return snprintf(buf, len, "-");
	if (value == COLUMN_UNKNOWN)
		return snprintf(buf, len, "?");
	switch (column->kind) {
	case COLUMN_NUMBER:
		return snprintf(buf, len, "%lld", value);
	case COLUMN_HEX:
		return snprintf(buf, len, "0x%llx", value);
	case COLUMN_TIME:
		return snprintf(buf, len, "%s%s%s",
				column_is_bound(column, row) ? ">" : "",
				duration_text(text, value, 1),
				column_runs(column, model, row) ? "+" : "");
	case COLUMN_FLAG:
		return snprintf(buf, len, value ? "yes" : "no");
	case COLUMN_WHEN:
		return snprintf(buf, len, "%s", time_text(text, value));
	case COLUMN_TEXT:
		column_text(column, model, row, comm);
		plain_text(comm);
		return snprintf(buf, len, "%s", comm);
	case COLUMN_WORD:
		break;
	}
	/* A 0 without a word means that no value was reported yet. */
	word = column_word(column, value);
	if (word || !value)
		return snprintf(buf, len, "%s", word ? word : "-");
	return snprintf(buf, len, "%lld", value);
}

static int compare_values(s64 a, s64 b)
{
	return a < b ? -1 : a > b;
}

_Static_assert(!offsetof(struct mhp_block, start_pfn) &&
		       !offsetof(struct mhp_range, start_pfn),
	       "any row begins with its first pfn");

static s64 first_pfn(const void *row)
{
	return *(const u64 *)row;
}

int column_compare(const struct column *column, const struct model *model,
		   const void *a, const void *b)
{
	int order =
		compare_values(column->get(model, a), column->get(model, b));

	return order ?: compare_values(first_pfn(a), first_pfn(b));
}

/*
 * Only the memmap of a whole range has references. While a range is being
 * added, they are the only sign that it hosts its memmap.
 */
static s64 refs(const struct model *model, const struct mhp_range *range)
{
	if (range->hosting != MHP_HOSTING_RANGE && !range->refs)
		return COLUMN_NONE;
	return SEEN(vmemmap_ref, range->refs);
}

/* Counts of the memmap of a range. If its add was not seen, only a memmap of the whole range is counted. */
static s64 account(const struct mhp_range *range, s64 value)
{
	return range->add.begin_ns || range->hosting == MHP_HOSTING_RANGE ?
		       value :
		       COLUMN_UNKNOWN;
}

/* While it is being added, there is no reason yet. */
static s64 range_why(const struct mhp_range *range)
{
	bool adding = range->add.begin_ns && !range->add.end_ns;

	return range->why || adding ? range->why : COLUMN_UNKNOWN;
}

static s64 add_ret(const struct mhp_range *range)
{
	if (!range->add.begin_ns)
		return COLUMN_UNKNOWN;
	return range->add.end_ns ? range->add_ret : COLUMN_NONE;
}

/* The task that added or removed a range: that of its first memory block. NULL as for blocks. */
static const struct who_task *range_task(const struct model *model,
					 const struct mhp_range *range,
					 enum operation kind)
{
	const struct mhp_block *block =
		ledger_find_block(model->ledger, range->start_pfn);

	return block ? block_task(model, block, kind) : NULL;
}

#define RANGE_TASK(operation, value)                                     \
	({                                                               \
		const struct who_task *task =                            \
			range_task(model, range, OPERATION_##operation); \
		task ? (s64)(value) : range_has_no_task(model, range);   \
	})

/* If nothing is known of a task, whether that means that there was none */
static s64 range_has_no_task(const struct model *model,
			     const struct mhp_range *range)
{
	return model->info.kind != SOURCE_SYSFS && !model_lost(model) &&
			       range->add.begin_ns ?
		       COLUMN_NONE :
		       COLUMN_UNKNOWN;
}

/* Only the memmap of a whole range has users of its own, and not in old recordings. */
static bool range_has_users(const struct mhp_range *range)
{
	return range->hosting == MHP_HOSTING_RANGE && range->zone;
}

/* clang-format off */
/* C(key, title, help, width, kind, shown, words, value of range in model) */
#define RANGE_COLUMNS(C)                                                                                                \
	C(base_pfn, "BASE", "first pfn of the range", 11, HEX, true, NULL, range->start_pfn)                            \
	C(nr_pages, "PAGES", "pages in the range", 8, NUMBER, true, NULL, range->nr_pages)                              \
	C(node, "NODE", "NUMA node", 4, NUMBER, true, NULL, known_node(range->nid))                                     \
	C(hosting, "HOSTING", "what hosts its memmap", 7, WORD, true, event_hostings, range->hosting ?: COLUMN_UNKNOWN) \
	C(why, "WHY", "why it does or does not host its own memmap", 19, WORD, true, event_whys, range_why(range))            \
	C(sections, "SECT", "sections that have a memmap", 5, NUMBER, true, NULL,                                       \
	  account(range, range->sections))                                                                              \
	C(refs, "REFS", "sections holding a reference to its memmap", 5, NUMBER, true, NULL,                            \
	  refs(model, range))                                                                                           \
	C(users, "USERS", "its blocks that are online and use its memmap", 5, NUMBER, true, NULL,                       \
	  range_has_users(range) ? range->users : COLUMN_NONE)                                                          \
	C(zone, "ZONE", "zone its memmap is in while it has users", 7, WORD, true, event_zones,                         \
	  range_has_users(range) ? range->zone : 0)                                                                     \
	C(vmemmap_pages, "VMEMMAP", "pages of the range used to host memmap", 7, NUMBER, true, NULL,                    \
	  range->hosting ? (s64)range->vmemmap_pages : COLUMN_UNKNOWN)                                                  \
	C(present, "PRESENT", "of these, pages that are present", 7, NUMBER, true, NULL,                                \
	  range_has_users(range) ? range->present : COLUMN_NONE)                                                        \
	C(alloc, "ALLOC", "vmemmap pages populated and not yet freed", 7, NUMBER, true, NULL,                           \
	  account(range, range->alloc))                                                                                 \
	C(order, "ORDER", "order in which section memmaps were freed", 10, WORD, true, event_orders, range->order)      \
	C(free_pfn, "FREED", "first pfn of the section freed last", 11, HEX, false, NULL,                               \
	  range->frees ? (s64)range->free_pfn : COLUMN_NONE)                                                            \
	C(flags, "FLAGS", "flags of the add request", 5, HEX, false, NULL,                                              \
	  range->add.begin_ns ? range->flags : COLUMN_UNKNOWN)                                                          \
	C(removed, "REMOVED", "whether the range was removed", 7, FLAG, false, NULL, !!range->removed)                  \
	C(ret, "RET", "return value of the add", 5, NUMBER, false, NULL, add_ret(range))                                \
	C(reason, "REASON", "why its add or removal failed", 13, WORD, false, event_reasons, range->reason)             \
	C(failed_pfn, "FAILED", "first pfn that it failed on", 11, HEX, false, NULL,                                    \
	  range->reason ? (s64)range->failed_pfn : COLUMN_NONE)                                                         \
	C(added_by, "ADDBY", "task that added it", 15, TEXT, false, NULL, RANGE_TASK(ADD, name_number(task->comm)))      \
	C(added_pid, "ADDPID", "thread ID of that task", 7, NUMBER, false, NULL, RANGE_TASK(ADD, task->pid))             \
	C(added_way, "ADDWAY", "in which way, if that is known", 10, WORD, false, who_ways, RANGE_TASK(ADD, task->way ?: COLUMN_UNKNOWN)) \
	C(removed_by, "REMBY", "task that removed it", 15, TEXT, false, NULL, RANGE_TASK(REMOVE, name_number(task->comm))) \
	C(removed_pid, "REMPID", "thread ID of that task", 7, NUMBER, false, NULL, RANGE_TASK(REMOVE, task->pid))        \
	C(removed_way, "REMWAY", "in which way, if that is known", 10, WORD, false, who_ways, RANGE_TASK(REMOVE, task->way ?: COLUMN_UNKNOWN)) \
	C(add_ns, "ADDTIME", "duration of the add", 9, TIME, false, NULL,                                               \
	  duration(model, &range->add, range_is_adding(range)))
/* clang-format on */

#define RANGE_GETTER(key, title, help, width, kind, shown, words, value)       \
	static s64 get_range_##key(const struct model *model, const void *row) \
	{                                                                      \
		const struct mhp_range *range = row;                           \
		(void)model;                                                   \
		return value;                                                  \
	}
RANGE_COLUMNS(RANGE_GETTER)

#define RANGE_ROW(key, title, help, width, kind, shown, words, value) \
	{ #key,	 title,		  help,	 width, COLUMN_##kind,        \
	  shown, get_range_##key, words, false },
const struct column range_columns[] = { RANGE_COLUMNS(RANGE_ROW){ 0 } };

static bool column_runs(const struct column *column, const struct model *model,
			const void *row)
{
	if (column->get == get_add_time)
		return block_is_adding(model, row);
	if (column->get == get_online_time)
		return block_is_onlining(row);
	if (column->get == get_offline_time)
		return block_is_offlining(row);
	return column->get == get_range_add_ns && range_is_adding(row);
}

static const struct who_task *text_task(const struct column *column,
					const struct model *model,
					const void *row)
{
	if (column->get == get_added_by)
		return block_task(model, row, OPERATION_ADD);
	if (column->get == get_onlined_by)
		return block_task(model, row, OPERATION_ONLINE);
	if (column->get == get_offlined_by)
		return block_task(model, row, OPERATION_OFFLINE);
	if (column->get == get_range_added_by)
		return range_task(model, row, OPERATION_ADD);
	return range_task(model, row, OPERATION_REMOVE);
}

static bool column_is_bound(const struct column *column, const void *row)
{
	if (column->get == get_online_time)
		return block_onlines_late(row);
	return column->get == get_offline_time && block_offlines_late(row);
}

/*
 * A range that hosts its memmap as a whole frees all of it when its last part
 * is removed. Other ranges may stay partially removed.
 */
enum range_state range_state(const struct mhp_range *range)
{
	bool adding = range_is_adding(range);
	bool removing = range_is_removing(range);

	if (range->removed)
		return RANGE_REMOVED;
	if (range->frees && range->sections &&
	    (adding || removing || range->hosting == MHP_HOSTING_RANGE))
		return RANGE_FREEING;
	if (adding)
		return RANGE_ADDING;
	if (removing)
		return RANGE_REMOVING;
	if (range->add_ret)
		return RANGE_NOT_ADDED;
	return range->remove_ret ? RANGE_NOT_REMOVED : RANGE_THERE;
}

u32 range_sections(const struct mhp_range *range)
{
	return range->frees + range->sections;
}
