// SPDX-License-Identifier: GPL-2.0
/*
 * The model: takes records, keeps the ledger, the latest events and the totals,
 * and answers queries about them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "model/model.h"

/* Without memory, the previous clock remains valid. */
static void add_clock(struct model *model, u64 from_ns, u64 wall_ns,
		      u64 mono_ns)
{
	if (!vec_grow(model->clocks, model->nr_clocks, model->clocks_room))
		return;
	model->clocks[model->nr_clocks++] =
		(struct model_clock){ from_ns, wall_ns, mono_ns };
}

int model_init(struct model *model, const struct source_info *info)
{
	u64 pages;

	memset(model, 0, sizeof(*model));
	if (!info->page_bytes || info->block_bytes < info->page_bytes)
		return -EINVAL;
	model->info = *info;
	model->self_check = -EAGAIN;
	model->log = calloc(MODEL_LOG, sizeof(*model->log));
	if (info->wall_ns)
		add_clock(model, 0, info->wall_ns, info->mono_ns);
	pages = info->block_bytes / info->page_bytes;
	model->ledger = ledger_new(pages, info->max_accounts);
	violations_init(&model->violations, pages);
	who_init(&model->who);
	sparse_init(&model->poisoned, sizeof(u32));
	sparse_init(&model->refusals, sizeof(struct model_refusal));
	if (model->log && model->ledger)
		return 0;
	model_fini(model);
	return -ENOMEM;
}

void model_fini(struct model *model)
{
	ledger_free(model->ledger);
	model->ledger = NULL;
	violations_free(&model->violations);
	who_reset(&model->who);
	history_free(&model->history);
	sparse_free(&model->poisoned);
	sparse_free(&model->refusals);
	free(model->log);
	model->log = NULL;
	free(model->clocks);
	model->clocks = NULL;
	model->nr_clocks = 0;
	model->clocks_room = 0;
}

int model_restart(struct model *model, const struct source_info *info,
		  bool continues)
{
	struct mhp_ledger *ledger = ledger_new(
		ledger_block_pages(model->ledger), model->info.max_accounts);

	if (!ledger)
		return -ENOMEM;
	ledger_free(model->ledger);
	model->ledger = ledger;
	who_reset(&model->who);
	sparse_free(&model->poisoned);
	sparse_free(&model->refusals);
	if (!continues) {
		model->first_ns = model->last_ns = model->now_ns = 0;
		model->nr_clocks = 0;
		model->log_head = 0;
	}
	memcpy(model->info.kernel, info->kernel, sizeof(info->kernel));
	memcpy(model->info.host, info->host, sizeof(info->host));
	memcpy(model->info.boot, info->boot, sizeof(info->boot));
	model->info.wall_ns = info->wall_ns;
	model->info.mono_ns = info->mono_ns;
	model->info.unmarked |= info->unmarked;
	model->info.dropped += info->dropped;
	model->info.unknown_events |= info->unknown_events;
	model->info.missing_events |= info->missing_events;
	model->info.partial = model->info.partial ?: info->partial;
	if (info->wall_ns)
		add_clock(model, model->last_ns + continues, info->wall_ns,
			  info->mono_ns);
	return 0;
}

/*
 * Records of different CPUs may arrive out of order, so a gap can close later:
 * compare how many numbers have arrived with the highest one.
 */
static void model_take_number(struct model *model, u64 seq)
{
	if (!seq)
		return;
	model->numbered++;
	if (model->last_seq < seq)
		model->last_seq = seq;
	model->gaps = model->last_seq > model->numbered ?
			      model->last_seq - model->numbered :
			      0;
}

/* Copies only size bytes of payload: records in the ring buffer have no more. */
static void log_put(struct model *model, const struct mhp_record *record)
{
	struct mhp_record *entry = &model->log[model->log_head++ % MODEL_LOG];

	memset(entry, 0, sizeof(*entry));
	memcpy(entry, record, MHP_RECORD_HEADER + record->size);
}

/* No event reports them, so the account of a block does not have them. */
static void note_poisoned(struct model *model, const struct mhp_record *record)
{
	const struct mhp_mhp_snapshot_block *block =
		&record->p.mhp_snapshot_block;
	u64 number = block->start_pfn / ledger_block_pages(model->ledger);
	u32 *pages = block->poisoned ? sparse_make(&model->poisoned, number) :
				       sparse_find(&model->poisoned, number);

	if (pages)
		*pages = block->poisoned;
}

static void note_refusal(struct model *model, const struct mhp_record *record)
{
	const struct mhp_mhp_refused *refused = &record->p.mhp_refused;
	u64 number = refused->start_pfn / ledger_block_pages(model->ledger);
	struct model_refusal *refusal = sparse_make(&model->refusals, number);

	if (refusal)
		*refusal = (struct model_refusal){ .time_ns = record->time_ns,
						   .call = refused->call };
}

int model_take(void *ctx, const struct mhp_record *record)
{
	struct model *model = ctx;
	u64 from_ns = model->last_ns + 1;
	const struct event_info *info;

	model->seen++;
	if (!model->first_ns)
		model->first_ns = record->time_ns;
	model_take_number(model, record->seq);
	if (model->last_ns < record->time_ns)
		model->last_ns = record->time_ns;
	info = event_info(record->event);
	if (!info || record->size != info->size)
		return 0;
	/* The source reads the clocks before it reads the events that follow. */
	if (record->event == MHP_EVENT_mhp_clock)
		add_clock(model, from_ns, record->p.mhp_clock.wall_ns,
			  record->p.mhp_clock.mono_ns);
	if (record->event == MHP_EVENT_mhp_snapshot_block)
		note_poisoned(model, record);
	if (record->event == MHP_EVENT_mhp_refused)
		note_refusal(model, record);
	/* A loaded ledger already includes the record. */
	if (!model->loaded && ledger_fold(model->ledger, record))
		model->no_room++;
	who_take(&model->who, record, ledger_block_pages(model->ledger),
		 model_lost(model));
	if (!event_is_tool(record->event) &&
	    record->time_ns >= model->log_since_ns)
		log_put(model, record);
	history_take(&model->history, model, record);
	return 0;
}

void model_tick(struct model *model, u64 now_ns)
{
	model->now_ns = now_ns;
}

u64 model_now(const struct model *model)
{
	return model->now_ns > model->last_ns ? model->now_ns : model->last_ns;
}

bool model_knows_memmap(const struct model *model,
			const struct mhp_zone_account *zone)
{
	const struct mhp_block *block = NULL;

	if (model->info.kind == SOURCE_SYSFS)
		return false;
	while ((block = ledger_next_block(model->ledger, block)))
		if (block->state == MHP_STATE_ONLINE &&
		    block->nid == zone->nid && block->zone == zone->zone &&
		    !block_hosts_known(block))
			return false;
	return true;
}

void model_sum_block(struct model_sums *sums, const struct mhp_block *block)
{
	sums->failures += (u64)block->online_failures + block->offline_failures;
	if (block->hosting == MHP_HOSTING_BUDDY &&
	    block->populated > block->freed)
		sums->buddy_hosted += block->populated - block->freed;
	if (block->state == MHP_STATE_REMOVED)
		return;
	sums->blocks++;
	sums->self_unknown |= !block_hosts_known(block);
	sums->buddy_unknown |= !block->hosting ||
			       block->hosting == MHP_HOSTING_NONE;
	if (block->hosting == MHP_HOSTING_BLOCK ||
	    block->hosting == MHP_HOSTING_RANGE)
		sums->self_hosted += block->vmemmap_pages;
	if (block->state == MHP_STATE_ONLINE)
		sums->blocks_online++;
	if (block->state == MHP_STATE_OFFLINE)
		sums->blocks_offline++;
}

void model_sum_zones(const struct model *model, struct model_sums *sums)
{
	const struct mhp_zone_account *zone = NULL;

	memset(sums, 0, sizeof(*sums));
	sums->self_unknown = sums->buddy_unknown = model->info.kind ==
						   SOURCE_SYSFS;
	while ((zone = ledger_next_zone(model->ledger, zone))) {
		sums->present += zone->present;
		sums->managed += zone->managed;
	}
}

void model_sum(const struct model *model, struct model_sums *sums)
{
	const struct mhp_block *block = NULL;

	model_sum_zones(model, sums);
	while ((block = ledger_next_block(model->ledger, block)))
		model_sum_block(sums, block);
}

const struct mhp_record *model_log(const struct model *model, u64 nth)
{
	if (nth >= MODEL_LOG || nth >= model->log_head)
		return NULL;
	return &model->log[(model->log_head - 1 - nth) % MODEL_LOG];
}

u64 model_lost(const struct model *model)
{
	u64 lost = model->totals.count[0].lost;

	/* A live source counts losses itself, and its latest records are yet to arrive. */
	if (!model->info.live && model->gaps > lost)
		return model->gaps;
	return lost;
}

/* Kinds of events that the operations of an imported recording report, but that it lacks. */
static void doubt_missing(u64 missing, char *why, size_t len)
{
	char names[EVENT_NAMES_MAX];

	snprintf(why, len,
		 "there are no %s events, so not all events were recorded",
		 event_names(missing, names));
}

bool model_doubt(const struct model *model, char *why, size_t len)
{
	struct source_totals totals = model->totals;

	if (totals.no_room < model->no_room)
		totals.no_room = model->no_room;
	if (source_totals_doubt(&totals, why, len))
		return true;
	if (model->info.partial)
		snprintf(why, len, "%s", model->info.partial);
	else if (model->info.missing_events)
		doubt_missing(model->info.missing_events, why, len);
	return model->info.partial || model->info.missing_events;
}

u64 model_seen(const struct model *model)
{
	u64 seen = model->totals.count[0].seen;

	return seen ? seen : model->numbered + model_lost(model);
}
