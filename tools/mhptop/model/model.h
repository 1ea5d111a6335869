/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the views show: a ledger, what broke the rules, the last events, the totals.
 *
 * The model has no clock and no I/O: it takes records and answers. Whoever
 * drives it (dashboard.c, batch.c) owns the source and the view.
 */
#ifndef MODEL_H
#define MODEL_H

#include "model/ledger.h"
#include "model/source_info.h"
#include "model/violations.h"

#define MODEL_LOG 4096 /* events kept for the running log */

struct model {
	struct source_info info;
	struct mhp_ledger *ledger;
	struct violations violations;
	bool loaded; /* the ledger is the kernel's: records are only logged */
	struct source_totals totals; /* as the source last told */
	u64 seen; /* records taken, */
	u64 numbered; /* of those with a number, */
	u64 gaps; /* and numbers missing between them */
	u64 last_seq;
	u64 last_ns; /* time of the newest record */
	int self_check; /* 0 equal, 1 differs, -EOPNOTSUPP none, -EAGAIN yet to come */
	char self_check_why[160];
	char notice[256]; /* from the driver to the user, one line, "" if none */
	struct mhp_record *log; /* ring of MODEL_LOG, none of the tool's own */
	u64 log_since_ns; /* earlier events are not logged */
	u64 log_head; /* events ever put into it */
};

/* Sums over the ledger, in pages unless named otherwise. */
struct model_sums {
	u64 present; /* of all zones known */
	u64 managed;
	u64 self_hosted; /* vmemmap pages hosted by their own block or range */
	u64 buddy_hosted; /* populated from buddy memory and not freed */
	u64 blocks;
	u64 blocks_online;
	u64 blocks_offline;
	u64 failures; /* of online and offline, ever */
};

/* 0 or -errno. The model must stay where it is. */
int model_init(struct model *model, const struct source_info *info);
void model_fini(struct model *model);
/* A source_sink. */
int model_take(void *model, const struct mhp_record *record);
void model_sum(const struct model *model, struct model_sums *sums);
/* The nth newest event, 0 the newest; NULL when there are not so many. */
const struct mhp_record *model_log(const struct model *model, u64 nth);
/* Events that happened: the source's count, or records taken and lost. */
u64 model_seen(const struct model *model);
/* Records lost on the way here: the source's count, or gaps in a recording. */
u64 model_lost(const struct model *model);

#endif
