/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model behind the views: a ledger, rule violations, the latest events and
 * the totals.
 *
 * The model has no clock and no I/O. Its caller reads the source, passes in the
 * records and the time, and draws the view.
 */
#ifndef MODEL_H
#define MODEL_H

#include "base/sparse.h"
#include "model/attention.h"
#include "model/forecast.h"
#include "model/history.h"
#include "model/ledger.h"
#include "model/source_info.h"
#include "model/violations.h"
#include "model/who.h"

#define MODEL_LOG 4096 /* latest events that the model keeps */

/* Two clocks at one moment, for the times of records from from_ns on. */
struct model_clock {
	u64 from_ns;
	u64 wall_ns; /* CLOCK_REALTIME */
	u64 mono_ns; /* CLOCK_MONOTONIC */
};

/* The function of the memory notifier that refused an operation */
struct model_refusal {
	u64 time_ns;
	s64 call; /* its distance from _stext */
};

struct model {
	struct source_info info;
	struct mhp_ledger *ledger;
	struct violations violations;
	struct who who;
	struct history
		history; /* empty unless its extent is set before the first record */
	u64 part; /* the recording, if there are several, counted from 0 */
	struct sparse
		poisoned; /* u32 pages of memory blocks, by block number, as of the snapshot */
	struct sparse
		refusals; /* struct model_refusal of memory blocks, the latest of each, by block number */
	struct attention attention; /* as of the last stream_update() */
	/* Facts beside the events, as of the last stream_update(); NULL: none */
	const struct attention_facts *facts;
	/* What the machine was asked about memory blocks; NULL: nothing, as of a recording */
	const struct forecasts *forecasts;
	bool loaded; /* the ledger is a copy of the kernel's: do not fold records */
	struct source_totals totals; /* as last reported by the source */
	u64 seen; /* records taken */
	u64 numbered; /* records that have a sequence number */
	u64 gaps; /* sequence numbers missing up to last_seq */
	u64 no_room; /* records for which our own ledger had no room */
	u64 last_seq; /* highest sequence number */
	u64 first_ns; /* time of the first record, CLOCK_MONOTONIC; 0: none yet */
	u64 last_ns; /* time of the newest record, CLOCK_MONOTONIC */
	u64 now_ns; /* as set by model_tick() */
	struct model_clock *clocks; /* in ascending order of from_ns */
	size_t nr_clocks;
	size_t clocks_room;
	/* 0: ledgers are equal, 1: they differ, -EOPNOTSUPP, -EAGAIN: not yet done */
	int self_check;
	char self_check_why[160];
	char notice[256]; /* one line for the user, "" if none */
	struct mhp_record *log; /* ring of MODEL_LOG kernel events */
	u64 log_since_ns; /* earlier events are not logged */
	u64 log_head; /* events ever added to log */
};

/* Whether it is known how many pages of a zone host memmap of blocks that are online. */
bool model_knows_memmap(const struct model *model,
			const struct mhp_zone_account *zone);

/* Sums over the ledger: pages, blocks and failures. */
struct model_sums {
	u64 present; /* pages, in all known zones */
	u64 managed; /* pages, in all known zones */
	u64 self_hosted; /* vmemmap pages hosted by their own block or range */
	u64 buddy_hosted; /* populated from buddy memory and not freed */
	u64 blocks; /* not removed */
	u64 blocks_online;
	u64 blocks_offline;
	u64 failures; /* of all online and offline operations */
	/* Of some blocks it is unknown what they host, or who hosts their memmap: so are the sums. */
	bool self_unknown;
	bool buddy_unknown;
};

/*
 * Returns 0, -EINVAL for impossible sizes in info, or -ENOMEM. The model must not
 * move afterwards. Free it with model_fini().
 */
int model_init(struct model *model, const struct source_info *info);
void model_fini(struct model *model);
/*
 * Another recording begins: forget the accounts, not the counts. If it continues
 * the clock of the one before it, its times and log go on, otherwise they are
 * forgotten as well. 0 or -ENOMEM.
 */
int model_restart(struct model *model, const struct source_info *info,
		  bool continues);
/* A source_sink: take one record. Always returns 0. */
int model_take(void *model, const struct mhp_record *record);
/*
 * Set the time of the model, in ns of CLOCK_MONOTONIC: the current time of a
 * live source, or the time for which a frame of a recording is due.
 */
void model_tick(struct model *model, u64 now_ns);
/* The time of the model: of the last tick or of the newest record, the later one. */
u64 model_now(const struct model *model);
void model_sum(const struct model *model, struct model_sums *sums);
/* The same in two parts, for a caller that walks all blocks anyway: first the zones, then each block. */
void model_sum_zones(const struct model *model, struct model_sums *sums);
void model_sum_block(struct model_sums *sums, const struct mhp_block *block);
/* The nth newest event, 0 for the newest; NULL if the log has fewer. */
const struct mhp_record *model_log(const struct model *model, u64 nth);
/* Events that occurred: the source's count, or numbered and lost records. */
u64 model_seen(const struct model *model);
/* Lost records: the source's count, or gaps in a recording if there are more. */
u64 model_lost(const struct model *model);
/* As source_totals_doubt(), for the source's totals and our own ledger. */
bool model_doubt(const struct model *model, char *why, size_t len);

#endif
