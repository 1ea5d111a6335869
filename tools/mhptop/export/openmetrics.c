// SPDX-License-Identifier: GPL-2.0
/*
 * The metrics. No label has a value for each memory block, page or task, so that
 * the number of series depends on the zones and nodes of the machine only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain_text.h"
#include "base/vec.h"
#include "export/openmetrics.h"
#include "model/event_table.h"
#include "model/times.h"
#include "rules/rules.h"

#ifndef MHPTOP_VERSION
#define MHPTOP_VERSION "unknown"
#endif

struct exposition {
	const struct model *model;
	const struct tally *tally;
	enum metrics_format format;
	FILE *out;
};

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
	METRIC_INFO
};

const char *metrics_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS ?
		       "application/openmetrics-text; version=1.0.0; charset=utf-8" :
		       "text/plain; version=0.0.4; charset=utf-8";
}

/*
 * The head of a family of metrics. Samples of counters and infos have a suffix,
 * which belongs to the name of the family in Prometheus' text format, but not in
 * OpenMetrics. unit is the end of the name, NULL if it has none.
 */
static void put_family(const struct exposition *to, const char *name,
		       enum metric_type type, const char *unit,
		       const char *help)
{
	static const char *const types[] = { "counter", "gauge", "histogram",
					     "info" };
	bool is_text = to->format == METRICS_TEXT;
	const char *suffix = !is_text		    ? "" :
			     type == METRIC_COUNTER ? "_total" :
			     type == METRIC_INFO    ? "_info" :
						      "";
	const char *word = is_text && type == METRIC_INFO ? "gauge" :
							    types[type];

	fprintf(to->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help,
		name, suffix, word);
	if (unit && !is_text)
		fprintf(to->out, "# UNIT %s %s\n", name, unit);
}

/* The text may come from a recording and hold any bytes. */
static void put_label(const struct exposition *to, const char *text, size_t max)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strnlen(text, max), bytes;

	for (; left; at += bytes, left -= bytes) {
		bytes = plain_text_char(at, left);
		if (!bytes || (bytes == 1 && (*at < ' ' || *at == 0x7f))) {
			bytes = 1;
			fputc('?', to->out);
			continue;
		}
		if (*at == '"' || *at == '\\')
			fputc('\\', to->out);
		fwrite(at, 1, bytes, to->out);
	}
}

static void put_seconds(FILE *out, u64 ns)
{
	fprintf(out, "%llu.%09llu", ns / 1000000000, ns % 1000000000);
}

static u64 bytes_of(const struct exposition *to, u64 pages)
{
	return pages * to->model->info.page_bytes;
}

static void put_info(const struct exposition *to)
{
	const struct source_info *info = &to->model->info;

	put_family(
		to, "mhptop", METRIC_INFO, NULL,
		"The version of mhptop, the kernel, and the source of the events.");
	fputs("mhptop_info{version=\"" MHPTOP_VERSION "\",kernel=\"", to->out);
	put_label(to, info->kernel, sizeof(info->kernel));
	fprintf(to->out, "\",source=\"%s\"} 1\n", source_kind_name(info->kind));
	put_family(to, "mhptop_block_size_bytes", METRIC_GAUGE, "bytes",
		   "Size of a memory block.");
	fprintf(to->out, "mhptop_block_size_bytes %llu\n", info->block_bytes);
}

/* What does not change any more looks like a machine on which nothing happens. */
static void put_ended(const struct exposition *to)
{
	if (!to->tally->source_is_pipe)
		return;
	put_family(
		to, "mhptop_source_ended", METRIC_GAUGE, NULL,
		"1 if the pipe that events came from has ended, so that these metrics are those of that time.");
	fprintf(to->out, "mhptop_source_ended %d\n",
		to->tally->source_has_ended);
}

static void put_events_metrics(const struct exposition *to)
{
	u64 wall;

	if (to->model->info.kind == SOURCE_SYSFS)
		return;
	put_family(to, "mhptop_events", METRIC_COUNTER, NULL,
		   "Events, including those that were lost.");
	fprintf(to->out, "mhptop_events_total %llu\n", model_seen(to->model));
	put_family(
		to, "mhptop_events_lost", METRIC_COUNTER, NULL,
		"Events that were lost before they could be read. Counters of operations lack them.");
	fprintf(to->out, "mhptop_events_lost_total %llu\n",
		model_lost(to->model));
	if (!to->tally->last_ns ||
	    !model_wall(to->model, to->tally->last_ns, &wall))
		return;
	put_family(to, "mhptop_last_event_timestamp_seconds", METRIC_GAUGE,
		   "seconds",
		   "When the last event came, in seconds since 1970.");
	fputs("mhptop_last_event_timestamp_seconds ", to->out);
	put_seconds(to->out, wall);
	fputc('\n', to->out);
}

static void put_failed(const struct exposition *to, enum operation operation)
{
	const u64 *failed = to->tally->failed[operation];
	unsigned int reason;

	for (reason = 0; reason < TALLY_REASONS; reason++) {
		/* What has not happened yet is 0, so that the first failure is an increase. */
		if (!failed[reason] && reason &&
		    !rules_reason_fits(reason, operation))
			continue;
		fprintf(to->out,
			"mhptop_operations_total{operation=\"%s\",result=\"failed\",reason=\"%s\"} %llu\n",
			operation_name(operation),
			reason ? event_symbol(event_reasons, reason) :
				 "unknown",
			failed[reason]);
	}
}

static void put_operations(const struct exposition *to)
{
	int i;

	put_family(
		to, "mhptop_operations", METRIC_COUNTER, NULL,
		"Operations that ended, by result and, if they failed, by reason.");
	for (i = 0; i < NR_OPERATIONS; i++) {
		if (!operation_is_known(&to->model->info, i))
			continue;
		fprintf(to->out,
			"mhptop_operations_total{operation=\"%s\",result=\"ok\",reason=\"\"} %llu\n",
			operation_name(i), to->tally->succeeded[i]);
		put_failed(to, i);
	}
}

static void put_histogram(const struct exposition *to, enum operation operation)
{
	const struct tally_durations *durations =
		&to->tally->durations[operation];
	const char *name = operation_name(operation);
	u64 sum = 0;
	int i;

	for (i = 0; i < TALLY_NR_BOUNDS; i++) {
		sum += durations->buckets[i];
		fprintf(to->out,
			"mhptop_operation_duration_seconds_bucket{operation=\"%s\",le=\"%s\"} %llu\n",
			name, tally_bounds[i].text, sum);
	}
	fprintf(to->out,
		"mhptop_operation_duration_seconds_bucket{operation=\"%s\",le=\"+Inf\"} %llu\n"
		"mhptop_operation_duration_seconds_sum{operation=\"%s\"} ",
		name, durations->count, name);
	put_seconds(to->out, durations->sum_ns);
	fprintf(to->out,
		"\nmhptop_operation_duration_seconds_count{operation=\"%s\"} %llu\n",
		name, durations->count);
}

static void put_durations(const struct exposition *to)
{
	int i;

	put_family(
		to, "mhptop_operation_duration_seconds", METRIC_HISTOGRAM,
		"seconds",
		"Durations of the operations whose begin and end were seen.");
	for (i = 0; i < NR_OPERATIONS; i++)
		if (operation_is_known(&to->model->info, i))
			put_histogram(to, i);
}

static void put_running(const struct exposition *to)
{
	u64 now = model_now(to->model), begin;
	int i;

	if (to->tally->blind)
		return;
	put_family(
		to, "mhptop_operation_in_progress_seconds", METRIC_GAUGE,
		"seconds",
		"How long the operation in progress has taken so far, 0 if there is none.");
	for (i = 0; i < NR_OPERATIONS; i++) {
		if (!operation_is_known(&to->model->info, i))
			continue;
		begin = to->tally->open[i].begin_ns;
		fprintf(to->out,
			"mhptop_operation_in_progress_seconds{operation=\"%s\"} ",
			operation_name(i));
		put_seconds(to->out, begin && now > begin ? now - begin : 0);
		fputc('\n', to->out);
	}
}

/* Budgets need settings, which only check has. */
static bool is_budget(int rule)
{
	return !strncmp(rule_infos[rule].name, "budget.", 7);
}

static void put_rules(const struct exposition *to)
{
	int i;

	if (to->model->info.kind == SOURCE_SYSFS)
		return;
	put_family(to, "mhptop_rule_violations", METRIC_COUNTER, NULL,
		   "Violations of each rule, see docs/rules.md.");
	for (i = 0; i < NR_RULES; i++)
		if (!is_budget(i))
			fprintf(to->out,
				"mhptop_rule_violations_total{rule=\"%s\"} %llu\n",
				rule_infos[i].name,
				to->model->violations.of_rule[i]);
}

/* An id is absent if it is unknown whether there is anything of it. */
static void put_attention(const struct exposition *to)
{
	const struct attention *attention = &to->model->attention;
	int i;

	put_family(to, "mhptop_attention", METRIC_GAUGE, NULL,
		   "What needs attention, see mhptop doctor --now.");
	for (i = 0; i < ATTENTION_NR; i++)
		if (!(attention->unknown >> i & 1))
			fprintf(to->out, "mhptop_attention{id=\"%s\"} %llu\n",
				attention_infos[i].id, attention->of_id[i]);
}

/* What the memory blocks of a node sum up to */
struct node_sums {
	s32 nid;
	u64 states[MHP_STATE_REMOVED]; /* blocks, by enum mhp_state */
	u64 hosted; /* pages that hold memmap, in memory blocks */
	u64 buddy[MHP_ZONE_DEVICE +
		  1]; /* pages of other memory, by the zone of what they describe */
	bool blocks_known; /* whether all blocks tell what hosts their memmap */
};

struct node_list {
	struct node_sums *nodes;
	size_t nr;
	size_t room;
};

/* NULL: out of memory. */
static struct node_sums *node_of(struct node_list *list, s32 nid)
{
	struct node_sums *node;
	size_t i = 0;

	while (i < list->nr && list->nodes[i].nid < nid)
		i++;
	if (i < list->nr && list->nodes[i].nid == nid)
		return &list->nodes[i];
	if (!vec_insert(list->nodes, list->nr, list->room, i))
		return NULL;
	node = &list->nodes[i];
	node->nid = nid;
	node->blocks_known = true;
	return node;
}

static void node_add(struct node_sums *node, const struct mhp_block *block)
{
	u32 zone = block->zone ?: MHP_ZONE_NONE;

	if (block->hosting == MHP_HOSTING_BUDDY && zone <= MHP_ZONE_DEVICE &&
	    block->populated > block->freed)
		node->buddy[zone] += block->populated - block->freed;
	if (block->state >= MHP_STATE_REMOVED)
		return;
	node->states[block->state]++;
	if (block->hosting == MHP_HOSTING_BLOCK ||
	    block->hosting == MHP_HOSTING_RANGE)
		node->hosted += block->vmemmap_pages;
	if (block->flags & MHP_BLOCK_SYSFS ||
	    block->hosting <= MHP_HOSTING_NONE)
		node->blocks_known = false;
}

static int sum_nodes(const struct model *model, struct node_list *list)
{
	const struct mhp_block *block = NULL;
	struct node_sums *node;

	while ((block = ledger_next_block(model->ledger, block))) {
		node = node_of(list, block->nid);
		if (!node)
			return -ENOMEM;
		node_add(node, block);
	}
	return 0;
}

static void put_zone_pages(const struct exposition *to, const char *name,
			   s32 nid, u32 zone, u64 pages)
{
	fprintf(to->out, "%s{node=\"%d\",zone=\"%s\"} %llu\n", name, nid,
		event_symbol(event_zones, zone), bytes_of(to, pages));
}

static void put_present(const struct exposition *to, const char *name,
			const char *help, bool is_present)
{
	const struct mhp_zone_account *zone = NULL;
	const struct tally_zone *known;

	put_family(to, name, METRIC_GAUGE, "bytes", help);
	while ((zone = ledger_next_zone(to->model->ledger, zone))) {
		known = tally_find_zone(to->tally, zone->nid, zone->zone);
		if (known && (is_present ? known->present : known->managed))
			put_zone_pages(to, name, zone->nid, zone->zone,
				       is_present ? zone->present :
						    zone->managed);
	}
}

/* A node without memory blocks hosts no memmap. */
static bool node_is_known(const struct node_list *list, s32 nid)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (list->nodes[i].nid == nid)
			return list->nodes[i].blocks_known;
	return true;
}

static void put_self_hosted(const struct exposition *to,
			    const struct node_list *list)
{
	static const char name[] = "mhptop_memmap_self_hosted_bytes";
	const struct mhp_zone_account *zone = NULL;
	u64 rest;
	size_t i;

	put_family(
		to, name, METRIC_GAUGE, "bytes",
		"Hot-added memory that holds its own memmap, by the zone that it is in.");
	while ((zone = ledger_next_zone(to->model->ledger, zone)))
		if (node_is_known(list, zone->nid))
			put_zone_pages(to, name, zone->nid, zone->zone,
				       zone->vmemmap_online);
	for (i = 0; i < list->nr; i++) {
		if (!list->nodes[i].blocks_known)
			continue;
		rest = list->nodes[i].hosted;
		zone = NULL;
		while ((zone = ledger_next_zone(to->model->ledger, zone)))
			if (zone->nid == list->nodes[i].nid)
				rest -= rest < zone->vmemmap_online ?
						rest :
						zone->vmemmap_online;
		put_zone_pages(to, name, list->nodes[i].nid, MHP_ZONE_NONE,
			       rest);
	}
}

static void put_buddy_hosted(const struct exposition *to,
			     const struct node_list *list)
{
	static const char name[] = "mhptop_memmap_buddy_hosted_bytes";
	const struct mhp_zone_account *zone;
	const struct node_sums *node;
	size_t i;

	put_family(
		to, name, METRIC_GAUGE, "bytes",
		"Memory that holds the memmap of hot-added memory elsewhere, by the zone of what it describes.");
	for (i = 0; i < list->nr; i++) {
		node = &list->nodes[i];
		if (!node->blocks_known)
			continue;
		put_zone_pages(to, name, node->nid, MHP_ZONE_NONE,
			       node->buddy[MHP_ZONE_NONE]);
		zone = NULL;
		while ((zone = ledger_next_zone(to->model->ledger, zone)))
			if (zone->nid == node->nid &&
			    zone->zone > MHP_ZONE_NONE &&
			    zone->zone <= MHP_ZONE_DEVICE)
				put_zone_pages(to, name, node->nid, zone->zone,
					       node->buddy[zone->zone]);
	}
}

static void put_blocks(const struct exposition *to,
		       const struct node_list *list)
{
	static const u8 states[] = { MHP_STATE_ONLINE, MHP_STATE_OFFLINE,
				     MHP_STATE_GOING_ONLINE,
				     MHP_STATE_GOING_OFFLINE };
	size_t i, state;

	put_family(to, "mhptop_blocks", METRIC_GAUGE, NULL,
		   "Memory blocks by state.");
	for (i = 0; i < list->nr; i++)
		for (state = 0; state < sizeof(states); state++)
			fprintf(to->out,
				"mhptop_blocks{node=\"%d\",state=\"%s\"} %llu\n",
				list->nodes[i].nid,
				event_symbol(event_states, states[state]),
				list->nodes[i].states[states[state]]);
}

static int put_accounts(const struct exposition *to)
{
	bool certain = tally_is_certain(to->model);
	struct node_list list = { 0 };
	int err;

	put_family(
		to, "mhptop_accounts_certain", METRIC_GAUGE, NULL,
		"1 if what follows from the events is certain, 0 if events are missing; zones, memmap and blocks are absent then.");
	fprintf(to->out, "mhptop_accounts_certain %d\n", certain);
	if (!certain)
		return 0;
	put_present(to, "mhptop_zone_present_bytes",
		    "Present memory of each zone, holes excluded.", true);
	put_present(
		to, "mhptop_zone_managed_bytes",
		"Managed memory of each zone, which the buddy allocator has or had.",
		false);
	if (!to->tally->has_snapshot)
		return 0;
	err = sum_nodes(to->model, &list);
	if (!err) {
		put_self_hosted(to, &list);
		put_buddy_hosted(to, &list);
		put_blocks(to, &list);
	}
	free(list.nodes);
	return err;
}

int metrics_put(const struct model *model, const struct tally *tally,
		enum metrics_format format, FILE *out)
{
	const struct exposition to = { model, tally, format, out };
	int err;

	put_info(&to);
	put_ended(&to);
	put_events_metrics(&to);
	if (model->info.kind != SOURCE_SYSFS) {
		put_operations(&to);
		put_durations(&to);
		put_running(&to);
		put_rules(&to);
	}
	put_attention(&to);
	err = put_accounts(&to);
	if (format == METRICS_OPENMETRICS)
		fputs("# EOF\n", out);
	if (!err && ferror(out))
		err = -EIO;
	return err;
}
