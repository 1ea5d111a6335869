// SPDX-License-Identifier: GPL-2.0
/* Looks at the machine for what no event has, and writes that down as the lines of a page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers/advice.h"
#include "answers/machine.h"
#include "answers/plan.h"
#include "answers/whose.h"
#include "base/loop.h"
#include "base/units.h"
#include "source/live.h"
#include "source/sysfs/facts.h"

struct machine {
	struct page_source *pages; /* NULL: blind says why */
	char blind[256];
	struct facts_source *facts;
};

/* One question, while it is answered */
struct looking {
	struct machine *machine;
	const struct machine_question *question;
	struct machine_answer *answer;
	u64 told; /* pfn of the page whose owner was written last */
};

struct machine *machine_open(void)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return NULL;
	if (page_source_open(&machine->pages, "", machine->blind,
			     sizeof(machine->blind)))
		machine->pages = NULL;
	machine->facts = facts_open("", false);
	return machine;
}

void machine_close(struct machine *machine)
{
	if (!machine)
		return;
	if (machine->pages)
		page_source_close(machine->pages);
	facts_close(machine->facts);
	free(machine);
}

struct page_source *machine_pages(struct machine *machine)
{
	return machine->pages;
}

const char *machine_blind(const struct machine *machine)
{
	return machine->blind;
}

void machine_question_make(struct machine_question *question, u64 block,
			   u64 nr_pages, const struct story_trouble *troubles,
			   size_t nr, bool end_unseen)
{
	const struct story_step *step;
	size_t i;

	*question = (struct machine_question){
		.block = block,
		.start_pfn = block * nr_pages,
		.nr_pages = nr_pages,
		.nr_troubles = nr,
	};
	for (i = 0; i < nr; i++) {
		step = troubles[i].step;
		question->troubles[i] = (struct machine_trouble){
			.operation = step->operation,
			.ended = step->end_ns || end_unseen,
			.pfn = step->blockers.nr ? step->blockers.last.pfn : 0,
			.notifier = step->reason == MHP_REASON_NOTIFIER,
			.refused_known = step->refused_known,
			.refused = step->refused,
		};
	}
}

static void write_dax(FILE *out, const char *device)
{
	char text[64];

	if (source_live_text(text, sizeof(text),
			     "/sys/bus/dax/devices/%s/memmap_on_memory",
			     device) > 0)
		fprintf(out, ", memmap_on_memory %s", text);
	if (source_live_text(text, sizeof(text), "/sys/bus/dax/devices/%s/size",
			     device) > 0)
		fprintf(out, ", %s bytes", text);
}

static const struct attention_device *find_facts(struct machine *machine,
						 const struct target *target)
{
	const struct attention_facts *facts;
	size_t i;

	if (!machine->facts)
		return NULL;
	facts = facts_read(machine->facts, target->page_bytes,
			   target->block_pages * target->page_bytes,
			   loop_now());
	for (i = 0; i < facts->nr_devices; i++)
		if (!strcmp(facts->devices[i].name, target->blocks[0].device))
			return &facts->devices[i];
	return NULL;
}

/* What it was asked for comes from the kernel's log, and what it has from its pages. */
static void write_virtio_mem(FILE *out, const struct attention_device *facts)
{
	char requested[UNITS_TEXT_MAX], plugged[ATTENTION_PLUGGED_MAX];

	if (!facts || !facts->virtio_mem)
		return;
	fprintf(out, ", requested %s, plugged %s",
		facts->request_known ? size_text(requested, facts->requested) :
				       "?",
		attention_plugged(plugged, facts));
}

static void write_device(struct looking *looking, const struct target *target,
			 FILE *out)
{
	if (!*target->blocks[0].device)
		return;
	fprintf(out, "device   %s", target->blocks[0].device);
	write_dax(out, target->blocks[0].device);
	write_virtio_mem(out, find_facts(looking->machine, target));
	fputc('\n', out);
}

/* Whose a page is, once; 0: there is no page. */
static void write_owner(struct looking *looking, u64 pfn, FILE *out)
{
	struct page_source *pages = looking->machine->pages;

	if (pages && pfn && pfn != looking->told)
		whose_print(pages, pfn, out);
	looking->told = pfn;
}

/* What keeps the block online, as advice is asked for it */
static u32 keeps(const struct plan_finding *finding)
{
	switch (finding->reason) {
	case PLAN_CMA:
		return ADVICE_CMA;
	case PLAN_HUGE_PINNED:
		return ADVICE_HUGE_PINNED;
	case PLAN_HUGE_POISONED:
	case PLAN_THP_POISONED:
		return MHP_KIND_HWPOISON;
	default:
		return whose_event_kind(finding->kind);
	}
}

static enum advice_room huge_room(const struct plan_result *result)
{
	size_t i;

	for (i = 0; i < result->nr_findings; i++) {
		if (result->findings[i].reason == PLAN_HUGE_NO_ROOM)
			return ADVICE_NO_ROOM;
		if (result->findings[i].reason == PLAN_HUGE_COMPACT)
			return ADVICE_ROOM_UNKNOWN;
	}
	return ADVICE_HAS_ROOM;
}

static void write_findings(struct looking *looking,
			   const struct plan_result *result, FILE *out)
{
	char text[PLAN_TEXT_MAX];
	size_t i;

	fprintf(out, "now      can it go offline: %s",
		plan_answer_word(result->answer));
	for (i = 0; i < result->nr_findings; i++)
		fprintf(out, "; %s",
			plan_finding_text(text, &result->findings[i]));
	fputc('\n', out);
	looking->answer->room = result->move > result->room ? ADVICE_NO_ROOM :
							      ADVICE_HAS_ROOM;
	looking->answer->huge_room = huge_room(result);
	for (i = 0; i < result->nr_findings; i++) {
		write_owner(looking, result->findings[i].first, out);
		looking->answer->keeps = looking->answer->keeps ?:
						 keeps(&result->findings[i]);
	}
}

static void write_now(struct looking *looking, FILE *out)
{
	struct page_source *pages = looking->machine->pages;
	struct plan plan;
	char name[32], why[256];
	int err;

	snprintf(name, sizeof(name), "memory%llu", looking->question->block);
	err = pages ? plan_look(&plan, pages, name, why, sizeof(why)) :
		      plan_make(&plan, "", name, why, sizeof(why));
	if (err) {
		fprintf(out, "now      unknown whether it can go offline: %s\n",
			why);
		return;
	}
	write_device(looking, &plan.target, out);
	account_print_text(&plan.blocks[0].account, plan.target.page_bytes,
			   "pages    ", out);
	write_findings(looking, &plan.blocks[0].result, out);
	plan_free(&plan);
}

/* What a running operation is stuck in and at. Returns the kind of the page, or ADVICE_ASKS; 0: unknown. */
static u32 write_stuck(const struct looking *looking,
		       const struct machine_trouble *trouble, FILE *out)
{
	const struct machine_question *question = looking->question;
	bool asks;
	u32 kind;

	if (trouble->operation != OPERATION_OFFLINE)
		return whose_print_task("online_pages", out) ? ADVICE_ASKS : 0;
	asks = whose_print_task("offline_pages", out);
	kind = whose_print_left(looking->machine->pages, question->start_pfn,
				question->nr_pages, out);
	return asks ? ADVICE_ASKS : kind;
}

/* Whose the page in the way is, or was. Returns as write_stuck(). */
static u32 write_whose(struct looking *looking,
		       const struct machine_trouble *trouble, FILE *out)
{
	const struct machine *machine = looking->machine;
	bool offline = trouble->operation == OPERATION_OFFLINE;
	u32 kind = 0;

	if (!machine->pages) {
		if (offline)
			fprintf(out, "whose    unknown: %s\n", machine->blind);
	} else if (!trouble->ended &&
		   (offline || trouble->operation == OPERATION_ONLINE)) {
		kind = write_stuck(looking, trouble, out);
	} else if (offline && trouble->pfn) {
		write_owner(looking, trouble->pfn, out);
	}
	if (trouble->ended && trouble->notifier)
		whose_print_refused(machine->pages, trouble->refused_known,
				    trouble->refused, out);
	return kind;
}

/* A text that was cut ends with its last whole line. */
static void end_text(FILE *out, char *text)
{
	char *end;

	if (out)
		fclose(out);
	text[MACHINE_TEXT_MAX - 1] = '\0';
	end = strrchr(text, '\n');
	*(end ? end + 1 : text) = '\0';
}

void machine_look(struct machine *machine,
		  const struct machine_question *question,
		  struct machine_answer *answer)
{
	struct looking looking = {
		.machine = machine,
		.question = question,
		.answer = answer,
	};
	u64 began = loop_now();
	FILE *out;
	size_t i;

	*answer = (struct machine_answer){ .question = *question };
	out = fmemopen(answer->now, sizeof(answer->now), "w");
	if (out)
		write_now(&looking, out);
	end_text(out, answer->now);
	for (i = 0; i < question->nr_troubles && i < STORY_MAX_TROUBLES; i++) {
		out = fmemopen(answer->troubles[i].whose, MACHINE_TEXT_MAX,
			       "w");
		if (out)
			answer->troubles[i].kind = write_whose(
				&looking, &question->troubles[i], out);
		end_text(out, answer->troubles[i].whose);
	}
	answer->took_ns = loop_now() - began;
}
