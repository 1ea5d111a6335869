// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of a memory block that goes online or offline: which event
 * may follow which. The order of events is that of memory_block_online() and
 * memory_block_offline() in drivers/base/memory.c, and of online_pages() and
 * offline_pages() in mm/memory_hotplug.c.
 */
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "rules/steps.h"

/* Conditions of an edge */
enum when {
	ALWAYS = 0,
	OK = 1, /* the event's ret is 0 */
	BAD = 2, /* the event's ret is not 0 */
	HOST = 4, /* some or all pages of the block hold memmap */
	NO_HOST = 8, /* no page of the block holds memmap */
	PART = 16, /* some pages of the block hold memmap */
	WHOLE = 32, /* all pages of the block hold memmap */
	NO_PART = 64, /* all pages of the block hold memmap, or none */
	SKIP = 128, /* a kernel that lacks the step in between, 6.19 or newer */
	EMPTY = 256, /* all pages hold the memmap of a range: the block has no steps */
	SHARED =
		512, /* the block uses the memmap of its range, which it may fail to bring up */
};

/* An edge without an event is taken when its condition is met and another event follows. */
static const struct rule_edge edges[] = {
#define NOTIFY(name) MHP_EVENT_mhp_notify, MHP_STEP_##name
#define EVENT(name) MHP_EVENT_mhp_##name, 0
	{ ON_BEGUN, FAILED, EVENT(online_end), BAD },
	{ ON_BEGUN, ON_PREPARED, NOTIFY(PREPARE_ONLINE), OK },
	{ ON_BEGUN, FAILED, NOTIFY(PREPARE_ONLINE), BAD },
	{ ON_BEGUN, ON_PREPARED, 0, 0, SKIP },
	{ ON_BEGUN, ON_DONE, 0, 0, EMPTY },
	{ ON_PREPARED, ON_READY, EVENT(vmemmap_online), HOST },
	{ ON_PREPARED, FAILED, NOTIFY(FINISH_OFFLINE), HOST },
	{ ON_PREPARED, FAILED, 0, 0, SKIP | HOST },
	{ ON_PREPARED, FAILED, NOTIFY(FINISH_OFFLINE), SHARED },
	{ ON_PREPARED, FAILED, 0, 0, SKIP | SHARED },
	{ ON_PREPARED, ON_READY, 0, 0, NO_HOST },
	{ ON_READY, ON_GOING, NOTIFY(GOING_ONLINE), OK },
	{ ON_READY, ON_VETOED, NOTIFY(GOING_ONLINE), BAD },
	{ ON_VETOED, ON_CANCELLED, NOTIFY(CANCEL_ONLINE), ALWAYS },
	{ ON_CANCELLED, ON_UNDONE, EVENT(vmemmap_offline), HOST },
	{ ON_CANCELLED, ON_UNDONE, 0, 0, NO_HOST },
	{ ON_UNDONE, FAILED, NOTIFY(FINISH_OFFLINE), ALWAYS },
	{ ON_UNDONE, FAILED, 0, 0, SKIP },
	{ ON_GOING, ON_MANAGED, EVENT(managed), PART | NO_HOST },
	{ ON_GOING, ON_MANAGED, 0, 0, WHOLE },
	{ ON_MANAGED, ON_PRESENT, EVENT(present), ALWAYS },
	{ ON_PRESENT, ON_ONLINE, NOTIFY(ONLINE), ALWAYS },
	{ ON_ONLINE, ON_DONE, EVENT(present), PART },
	{ ON_ONLINE, ON_DONE, 0, 0, NO_PART },
	{ ON_DONE, ON_DONE, EVENT(online_end), OK },
	{ OFF_BEGUN, OFF_TAKEN, EVENT(present), PART },
	{ OFF_BEGUN, OFF_TAKEN, 0, 0, NO_PART },
	{ OFF_BEGUN, FAILED, EVENT(offline_end), BAD },
	{ OFF_BEGUN, OFF_DONE, 0, 0, EMPTY },
	{ OFF_TAKEN, OFF_TAKEN, EVENT(offline_blocker), ALWAYS },
	{ OFF_TAKEN, OFF_GOING, NOTIFY(GOING_OFFLINE), OK },
	{ OFF_TAKEN, OFF_VETOED, NOTIFY(GOING_OFFLINE), BAD },
	{ OFF_TAKEN, FAILED, EVENT(present), PART },
	{ OFF_TAKEN, FAILED, EVENT(offline_end), NO_PART | BAD },
	{ OFF_VETOED, OFF_CANCELLED, NOTIFY(CANCEL_OFFLINE), ALWAYS },
	{ OFF_GOING, OFF_GOING, EVENT(offline_blocker), ALWAYS },
	{ OFF_GOING, OFF_CANCELLED, NOTIFY(CANCEL_OFFLINE), ALWAYS },
	{ OFF_CANCELLED, FAILED, EVENT(present), PART },
	{ OFF_CANCELLED, FAILED, 0, 0, NO_PART },
	{ OFF_GOING, OFF_MANAGED, EVENT(managed), PART | NO_HOST },
	{ OFF_GOING, OFF_PRESENT, EVENT(present), WHOLE },
	{ OFF_MANAGED, OFF_PRESENT, EVENT(present), ALWAYS },
	{ OFF_PRESENT, OFF_OFFLINED, NOTIFY(OFFLINE), ALWAYS },
	{ OFF_OFFLINED, OFF_LEFT, EVENT(vmemmap_offline), HOST },
	{ OFF_OFFLINED, OFF_LEFT, 0, 0, NO_HOST },
	{ OFF_LEFT, OFF_DONE, NOTIFY(FINISH_OFFLINE), ALWAYS },
	{ OFF_LEFT, OFF_DONE, 0, 0, SKIP },
	{ OFF_DONE, OFF_DONE, EVENT(offline_end), OK },
	{ FAILED, FAILED, EVENT(online_end), BAD },
	{ FAILED, FAILED, EVENT(offline_end), BAD },
#undef NOTIFY
#undef EVENT
};
#define NR_EDGES (sizeof(edges) / sizeof(*edges))

_Static_assert(NR_EDGES <= RULE_EDGES_MAX, "every edge has a counter");

static const char *const steps[] = {
#define STEP_WORDS(id, words) [id] = words,
	RULE_STEPS(STEP_WORDS)
#undef STEP_WORDS
};

void rule_edge_taken(struct rules *rules, const struct rule_edge *edge)
{
	rules->edges[edge - edges]++;
}

bool rules_transition(const struct rules *rules, size_t nth,
		      struct rule_transition *transition)
{
	const struct rule_edge *edge = &edges[nth];

	if (nth >= NR_EDGES)
		return false;
	*transition = (struct rule_transition){
		.from = steps[edge->from],
		.to = steps[edge->to],
		.event = edge->event ? event_info(edge->event)->name : NULL,
		.step = edge->step ? event_symbol(event_steps, edge->step) :
				     NULL,
		.fails = edge->when & BAD,
		.taken = rules->edges[nth],
	};
	return true;
}

static s64 step_ret(const struct mhp_record *r)
{
	if (r->event == MHP_EVENT_mhp_notify)
		return r->p.mhp_notify.ret;
	return r->p.mhp_block_end.ret;
}

static bool edge_may(const struct rule_edge *edge, const struct rule_op *op,
		     const struct mhp_record *r)
{
	u16 kind = !op->hosted	       ? NO_HOST | NO_PART :
		   op->hosted < op->nr ? HOST | PART :
					 HOST | WHOLE | NO_PART;
	bool empty = op->shared && op->vmemmap == op->nr;

	if (empty)
		kind = EMPTY;
	else if (op->shared)
		kind |= SHARED;
	if (edge->when & (HOST | NO_HOST | PART | WHOLE | NO_PART | EMPTY |
			  SHARED) &&
	    !(edge->when & kind))
		return false;
	if (empty && edge->event != MHP_EVENT_mhp_online_end &&
	    edge->event != MHP_EVENT_mhp_offline_end && !(edge->when & EMPTY))
		return false;
	if (edge->when & SKIP && !op->skips)
		return false;
	if (!r)
		return true;
	if (edge->when & OK && step_ret(r))
		return false;
	return !(edge->when & BAD) || step_ret(r);
}

/* Whether an edge is taken without an event, or its event is one that the source cannot report. */
static bool is_silent(const struct rule_edge *edge, const struct rule_op *op)
{
	return !edge->event || op->unknown_events >> edge->event & 1;
}

/* Recurses over edges without an event. */
const struct rule_edge *rule_edge_find(const struct rule_op *op,
				       unsigned int step,
				       const struct mhp_record *r)
{
	const struct rule_edge *edge, *found;
	u8 notify = r->event == MHP_EVENT_mhp_notify ? r->p.mhp_notify.step : 0;
	size_t i;

	for (i = 0; i < NR_EDGES; i++) {
		edge = &edges[i];
		if (edge->from == step && edge->event == r->event &&
		    edge->step == notify && edge_may(edge, op, r))
			return edge;
	}
	for (i = 0; i < NR_EDGES; i++) {
		edge = &edges[i];
		if (edge->from != step || edge->to == step ||
		    !is_silent(edge, op) || !edge_may(edge, op, NULL))
			continue;
		found = rule_edge_find(op, edge->to, r);
		if (found)
			return found;
	}
	return NULL;
}

bool rule_step_reached(const struct rule_op *op, unsigned int step,
		       unsigned int want)
{
	size_t i;

	if (step == want)
		return true;
	for (i = 0; i < NR_EDGES; i++)
		if (edges[i].from == step && edges[i].to != step &&
		    is_silent(&edges[i], op) && edge_may(&edges[i], op, NULL) &&
		    rule_step_reached(op, edges[i].to, want))
			return true;
	return false;
}

/* Recurses over edges without an event, as rule_edge_find() does. */
void rule_steps_next(const struct rule_op *op, unsigned int step, char *text,
		     size_t len)
{
	size_t i, used = strlen(text);
	const char *name;

	for (i = 0; i < NR_EDGES && used < len; i++) {
		if (edges[i].from != step || !edge_may(&edges[i], op, NULL))
			continue;
		if (!edges[i].event) {
			rule_steps_next(op, edges[i].to, text, len);
			used = strlen(text);
			continue;
		}
		name = edges[i].step ?
			       event_symbol(event_steps, edges[i].step) :
			       event_info(edges[i].event)->name;
		if (strstr(text, name))
			continue;
		used += snprintf(text + used, len - used, "%s%s",
				 used ? " or " : "", name);
	}
}
