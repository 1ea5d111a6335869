// SPDX-License-Identifier: GPL-2.0
/* One page about a memory block: what it is, its life, and why it did not go. The page about a range is elsewhere. */
#include <errno.h>
#include <string.h>

#include "answers/advice.h"
#include "answers/explain.h"
#include "answers/explain_range.h"
#include "answers/plan.h"
#include "answers/story.h"
#include "answers/whose.h"
#include "base/loop.h"
#include "base/memory_name.h"
#include "base/plain_text.h"
#include "model/columns.h"
#include "model/event_table.h"
#include "model/times.h"
#include "source/live.h"
#include "source/look.h"

#define STEPS_SHOWN 20

struct explaining {
	struct stream *stream;
	const char *what;
	enum time_style time;
	FILE *out;
	struct story story;
	struct removals removals;
	const struct mhp_block *block;
	struct page_source *pages; /* of this machine, NULL: they tell nothing */
	char blind[256]; /* why, "" for another machine */
	u32 keeps; /* enum mhp_kind of a page that keeps it online now, 0: none, or unknown */
	bool no_room; /* there is no memory for its pages elsewhere */
	u64 told; /* pfn of the page whose owner was printed last */
};

/* The size of a memory block is not known before the header of a recording is. */
static int explain_take(void *ctx, const struct mhp_record *record)
{
	struct explaining *e = ctx;
	const struct source_info *info = &e->stream->model.info;
	struct memory_name name;

	if (!e->story.nr_pages && info->block_bytes) {
		e->story.nr_pages = info->block_bytes / info->page_bytes;
		if (!memory_name_parse(&name, e->what, info->block_bytes))
			e->story.start_pfn = name.first / info->block_bytes *
					     e->story.nr_pages;
	}
	story_restart(&e->story, e->stream->model.part);
	if (e->story.nr_pages)
		story_take(&e->story, record);
	return stream_take(e->stream, record);
}

static const char *word_or(const struct event_symbol *words, u32 value,
			   const char *none)
{
	const char *word = value ? event_symbol_known(words, value) : NULL;

	return word ? word : none;
}

static void print_head(const struct explaining *e)
{
	const struct mhp_block *block = e->block;
	const struct source_info *info = &e->stream->model.info;
	u64 address = block->start_pfn * info->page_bytes;
	char size[UNITS_TEXT_MAX];

	fprintf(e->out, "memory%llu  0x%llx-0x%llx  %s, %s, node %d, zone %s\n",
		block->start_pfn / e->story.nr_pages, address,
		address + info->block_bytes - 1,
		size_text(size, info->block_bytes),
		event_symbol(event_states, block->state), block->nid,
		event_symbol(event_zones, block->zone));
}

/* A column of the block as the table shows it, "?" if it is unknown. */
static const char *block_text(const struct explaining *e, const char *key,
			      char *text, size_t size)
{
	column_format(column_find(key), &e->stream->model, e->block, text,
		      size);
	return text;
}

static void print_account(const struct explaining *e)
{
	const struct mhp_block *block = e->block;
	char own[24], populated[24], freed[24];

	if (block->flags & MHP_BLOCK_SYSFS) {
		fprintf(e->out,
			"account  unknown: only sysfs was read, which has no pages\n");
		return;
	}
	/* Of boot memory, and of a block that was first seen in mid-life, only changes are known. */
	if (column_find("present")->get(&e->stream->model, block) ==
	    COLUMN_UNKNOWN)
		fputs("account  unknown: what it began with was not seen\n",
		      e->out);
	else
		fprintf(e->out, "account  present %d, managed %d pages%s\n",
			block->present, block->managed,
			block->flags & MHP_BLOCK_ESTIMATED ?
				" (estimated from its state)" :
				"");
	fprintf(e->out,
		"memmap   hosted by %s, %s of its own pages; %s pages populated, %s freed\n",
		word_or(event_hostings, block->hosting, "?"),
		block_text(e, "vmemmap_pages", own, sizeof(own)),
		block_text(e, "populated", populated, sizeof(populated)),
		block_text(e, "freed", freed, sizeof(freed)));
}

static void print_range(const struct explaining *e)
{
	const struct model *model = &e->stream->model;
	const struct mhp_range *range =
		ledger_find_range(model->ledger, e->block->start_pfn);
	u64 address;
	char size[UNITS_TEXT_MAX];

	if (!range) {
		fprintf(e->out, "range    unknown: its add was not seen\n");
		return;
	}
	address = range->start_pfn * model->info.page_bytes;
	fprintf(e->out,
		"range    0x%llx-0x%llx  %s, memmap hosted by %s (%s)\n",
		address, address + range->nr_pages * model->info.page_bytes - 1,
		size_text(size, range->nr_pages * model->info.page_bytes),
		word_or(event_hostings, range->hosting, "?"),
		word_or(event_whys, range->why, "reason unknown"));
}

static void print_who(const struct explaining *e)
{
	const struct model *model = &e->stream->model;
	char text[BLOCK_WHO_MAX];

	fprintf(e->out, "who      added by %s",
		block_who_text(model, e->block, OPERATION_ADD, text));
	fprintf(e->out, "; onlined by %s",
		block_who_text(model, e->block, OPERATION_ONLINE, text));
	fprintf(e->out, "; offlined by %s\n",
		block_who_text(model, e->block, OPERATION_OFFLINE, text));
}

static const char *error_text(s64 ret)
{
	return ret < 0 && ret > -4096 ? strerror(-ret) : "error unknown";
}

/* "took 1.2s", or what of its times is missing */
static void print_duration(const struct explaining *e,
			   const struct story_step *step)
{
	const struct model *model = &e->stream->model;
	char text[UNITS_TEXT_MAX];

	if (step->begin_ns && step->end_ns)
		fprintf(e->out, ", took %s%s", step->late ? "at least " : "",
			duration_text(text, step->end_ns - step->begin_ns, 1));
	else if (step->begin_ns)
		fprintf(e->out, ", in progress for %s%s",
			step->late ? "at least " : "",
			duration_text(text, model_now(model) - step->begin_ns,
				      1));
	else
		fputs(", its begin was not seen", e->out);
}

/* Which block is online, if a removal was refused because of that */
static void print_online(const struct explaining *e,
			 const struct story_step *step)
{
	if (step->end_ns && step->reason == MHP_REASON_NOT_OFFLINE &&
	    step->failed_pfn)
		fprintf(e->out, ", memory%llu is online",
			step->failed_pfn / e->story.nr_pages);
}

static void print_step(const struct explaining *e,
		       const struct story_step *step)
{
	char when[UNITS_TEXT_MAX], comm[MHP_COMM_LEN + 1] = "";

	memcpy(comm, step->comm, MHP_COMM_LEN);
	plain_text(comm);
	model_time_text(when, &e->stream->model, e->time,
			step->begin_ns ?: step->end_ns);
	fprintf(e->out, "  %s  %-8s", when, operation_name(step->operation));
	if (step->operation == OPERATION_ONLINE)
		fprintf(e->out, "to %s", word_or(event_zones, step->zone, "?"));
	else if (step->operation == OPERATION_OFFLINE)
		fprintf(e->out, "from %s",
			word_or(event_zones, step->zone, "?"));
	else
		fputs("of its range", e->out);
	if (step->pid)
		fprintf(e->out, " by %s (%u)", comm, step->pid);
	print_duration(e, step);
	if (step->ret)
		fprintf(e->out, ", failed: %s (%s)",
			word_or(event_reasons, step->reason, "reason unknown"),
			error_text(step->ret));
	print_online(e, step);
	fputc('\n', e->out);
}

static void print_life(const struct explaining *e)
{
	const struct story *story = &e->story;
	size_t i = story->nr > STEPS_SHOWN ? story->nr - STEPS_SHOWN : 0;

	fprintf(e->out, "life     (%s)\n", time_style_help(e->time));
	if (e->block->flags & MHP_BLOCK_SNAPSHOT)
		fputs("  it was there before mhptop started, and the kernel keeps no history\n",
		      e->out);
	if (i)
		fprintf(e->out, "  operations before these: %zu\n", i);
	for (; i < story->nr; i++)
		print_step(e, &story->steps[i]);
	if (!story->nr && !(e->block->flags & MHP_BLOCK_SNAPSHOT))
		fputs("  no operation was seen\n", e->out);
}

/* A number that the source may not have been able to report */
static void print_count(FILE *out, const struct story_blockers *blockers,
			u64 field, const char *what, s64 count)
{
	if (blockers->unknown & field)
		fprintf(out, ", %s unknown", what);
	else
		fprintf(out, ", %s %lld", what, count);
}

static void print_error(FILE *out, const struct story_blockers *blockers)
{
	const struct mhp_mhp_offline_blocker *page = &blockers->last;
	bool known = !(blockers->unknown & MHP_FIELD(mhp_offline_blocker, ret));

	if (page->ret > 0 || (!known && page->stage == MHP_STAGE_MIGRATE))
		fputs(", not migrated", out);
	if (!known)
		fputs(", error unknown", out);
	else if (page->ret < 0)
		fprintf(out, ", %s", error_text(page->ret));
}

/* A huge page can be larger than a memory block. */
static void print_covered(const struct explaining *e,
			  const struct mhp_mhp_offline_blocker *page)
{
	u64 nr = 1ULL << (page->order & 31), first;

	if (nr <= e->story.nr_pages)
		return;
	first = page->pfn / nr * nr / e->story.nr_pages;
	fprintf(e->out, "         it covers memory%llu to memory%llu\n", first,
		first + nr / e->story.nr_pages - 1);
}

/* Whether pages can be why an offline failed, or goes on. */
static bool is_about_pages(const struct story_step *step)
{
	switch (step->reason) {
	case MHP_REASON_HOLES:
	case MHP_REASON_MULTIZONE:
	case MHP_REASON_NOTIFIER:
	case MHP_REASON_NODE_NOTIFIER:
		return false;
	}
	return true;
}

/* No page is in the events: either there was none, or the source does not see all of them. */
static void print_no_blocker(const struct explaining *e,
			     const struct story_step *step)
{
	const struct source_info *info = &e->stream->model.info;

	if (info->kind == SOURCE_SYSFS ||
	    info->unknown_events >> MHP_EVENT_mhp_offline_blocker & 1)
		fputs("page     unknown: this source does not report pages\n",
		      e->out);
	else
		fprintf(e->out, "page     none was reported%s%s\n",
			step->late ? " since mhptop started" : "",
			info->kind == SOURCE_PROBES && is_about_pages(step) ?
				"; probes do not see the pages of every stage" :
				"");
}

static void print_blockers(const struct explaining *e,
			   const struct story_step *step)
{
	const struct story_blockers *blockers = &step->blockers;
	const struct mhp_mhp_offline_blocker *page = &blockers->last;
	bool known;

	if (!blockers->nr) {
		print_no_blocker(e, step);
		return;
	}
	known = !(blockers->unknown & MHP_FIELD(mhp_offline_blocker, pfn));
	if (known)
		fprintf(e->out, "page     pfn 0x%llx", page->pfn);
	else
		fputs("page     pfn unknown", e->out);
	fprintf(e->out, ": %s",
		word_or(event_kinds, page->kind, "kind unknown"));
	print_count(e->out, blockers, MHP_FIELD(mhp_offline_blocker, order),
		    "order", page->order);
	print_count(e->out, blockers, MHP_FIELD(mhp_offline_blocker, refcount),
		    "references", page->refcount);
	print_count(e->out, blockers, MHP_FIELD(mhp_offline_blocker, mapcount),
		    "mappings", page->mapcount);
	print_error(e->out, blockers);
	fputc('\n', e->out);
	if (blockers->nr > 1)
		fprintf(e->out, "         reported %u times%s\n", blockers->nr,
			!known		     ? "" :
			blockers->pages == 1 ? ", the same page each time" :
					       ", not always the same page");
	if (known)
		print_covered(e, page);
}

/* Whose a page is, once; 0: there is no page. */
static void print_owner_of(struct explaining *e, u64 pfn)
{
	if (e->pages && pfn && pfn != e->told)
		whose_print(e->pages, pfn, e->out);
	e->told = pfn;
}

/* What a running operation is stuck in and at. Returns the kind of the page, or ADVICE_ASKS; 0: unknown. */
static u32 print_stuck(const struct explaining *e,
		       const struct story_step *step)
{
	bool asks;
	u32 kind;

	if (step->operation != OPERATION_OFFLINE)
		return whose_print_task("online_pages", e->out) ? ADVICE_ASKS :
								  0;
	asks = whose_print_task("offline_pages", e->out);
	kind = whose_print_left(e->pages, e->story.start_pfn, e->story.nr_pages,
				e->out);
	return asks ? ADVICE_ASKS : kind;
}

/* Whose the page in the way is, or was: returns what it is if that is known better than from the events. */
static u32 print_whose(struct explaining *e, const struct story_step *step)
{
	bool offline = step->operation == OPERATION_OFFLINE;

	if (!step->end_ns && (offline || step->operation == OPERATION_ONLINE))
		return print_stuck(e, step);
	if (offline && step->blockers.nr)
		print_owner_of(e, step->blockers.last.pfn);
	return 0;
}

static void print_stage(FILE *out, const struct story_blockers *blockers)
{
	fprintf(out, ", stage %s, pass ",
		word_or(event_stages, blockers->last.stage, "?"));
	if (blockers->unknown & MHP_FIELD(mhp_offline_blocker, pass))
		fputs("unknown", out);
	else
		fprintf(out, "%u", blockers->passes);
}

/* Pages could move, were there memory where they may go: as the kernel reports, or as free memory says of now. */
static bool had_no_room(const struct explaining *e,
			const struct story_step *step)
{
	const struct story_blockers *blockers = &step->blockers;

	if (blockers->nr &&
	    !(blockers->unknown & MHP_FIELD(mhp_offline_blocker, ret)))
		return blockers->last.ret == -ENOMEM;
	return !step->end_ns && e->no_room;
}

static void print_trouble(struct explaining *e,
			  const struct story_trouble *trouble)
{
	const struct story_step *step = trouble->step;
	bool offline = step->operation == OPERATION_OFFLINE;
	u32 reason, kind;
	char took[UNITS_TEXT_MAX] = "an unknown time";
	const char *least = step->late ? "at least " : "";
	u64 end = step->end_ns ?: model_now(&e->stream->model);

	if (step->begin_ns)
		duration_text(took, end - step->begin_ns, 1);
	if (step->end_ns)
		fprintf(e->out, "why      %s failed after %s%s: %s",
			operation_name(step->operation), least, took,
			word_or(event_reasons, step->reason, "reason unknown"));
	else
		fprintf(e->out, "why      %s has not ended, after %s%s",
			operation_name(step->operation), least, took);
	if (offline && step->blockers.nr)
		print_stage(e->out, &step->blockers);
	print_online(e, step);
	if (trouble->nth > 1)
		fprintf(e->out, "; failure %u in a row", trouble->nth);
	fputc('\n', e->out);
	if (offline)
		print_blockers(e, step);
	/* A source may not see the page, but it is still there. */
	kind = !offline		 ? 0 :
	       step->blockers.nr ? step->blockers.last.kind :
				   e->keeps;
	if (e->pages)
		kind = print_whose(e, step) ?: kind;
	else if (offline && *e->blind)
		fprintf(e->out, "whose    unknown: %s\n", e->blind);
	if (step->end_ns && step->reason == MHP_REASON_NOTIFIER)
		whose_print_refused(e->pages, step->refused_known,
				    step->refused, e->out);
	reason = step->end_ns ? step->reason : ADVICE_RETRIES;
	if (step->end_ns ? reason != 0 : kind != 0)
		advice_print(step->operation, reason,
			     advice_kind(kind, had_no_room(e, step)), e->out);
}

static void print_troubles(struct explaining *e)
{
	struct story_trouble troubles[STORY_MAX_TROUBLES];
	size_t nr = story_troubles(&e->story, troubles), i;

	for (i = 0; i < nr; i++)
		print_trouble(e, &troubles[i]);
}

static void print_dax(FILE *out, const char *device)
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

/* What only the running machine shows: the device, and whether the block could go now. */
static void print_now(struct explaining *e)
{
	struct plan plan;
	char name[32], why[256], text[PLAN_TEXT_MAX];
	const struct plan_result *result;
	size_t i;

	snprintf(name, sizeof(name), "memory%llu",
		 e->block->start_pfn / e->story.nr_pages);
	if (plan_make(&plan, "", name, why, sizeof(why))) {
		fprintf(e->out,
			"now      it cannot be known whether it can go offline: %s\n",
			why);
		return;
	}
	if (*plan.target.blocks[0].device) {
		fprintf(e->out, "device   %s", plan.target.blocks[0].device);
		print_dax(e->out, plan.target.blocks[0].device);
		fputc('\n', e->out);
	}
	result = &plan.blocks[0].result;
	fprintf(e->out, "now      can it go offline: %s",
		plan_answer_word(result->answer));
	for (i = 0; i < result->nr_findings; i++)
		fprintf(e->out, "; %s",
			plan_finding_text(text, &result->findings[i]));
	fputc('\n', e->out);
	e->no_room = result->move > result->room;
	for (i = 0; i < result->nr_findings; i++) {
		print_owner_of(e, result->findings[i].first);
		e->keeps = e->keeps ?:
				      whose_event_kind(result->findings[i].kind);
	}
	plan_free(&plan);
}

static int read_story(struct explaining *e)
{
	struct stream *stream = e->stream;
	struct pollfd fd = { .events = POLLIN };
	int ret;

	if (stream->model.info.live) {
		ret = stream_look(stream, explain_take, e);
		stream_update(stream);
		return ret;
	}
	do {
		ret = stream_read(stream, explain_take, e);
		fd.fd = source_fd(stream->source);
		if (!ret)
			loop_wait(&fd, 1, 0);
	} while (ret >= 0);
	if (ret != -ENODATA)
		return ret;
	stream_update(stream);
	return 0;
}

/* An operation that was in progress when mhptop started, of which no event was seen */
static void add_late(struct explaining *e)
{
	if (block_is_offlining(e->block))
		story_late(&e->story, OPERATION_OFFLINE,
			   e->block->offline.begin_ns, e->block->zone);
	else if (block_is_onlining(e->block))
		story_late(&e->story, OPERATION_ONLINE,
			   e->block->online.begin_ns, e->block->zone);
}

/* Everything but the events is known of this machine only. */
static bool is_here(const struct explaining *e)
{
	const struct source_info *info = &e->stream->model.info;

	return info->live || source_live_is_boot(info);
}

static struct explain_range range_of(const struct explaining *e)
{
	return (struct explain_range){
		.model = &e->stream->model,
		.removals = &e->removals,
		.pages = e->pages,
		.start_pfn = e->story.start_pfn,
		.nr_pages = e->story.nr_pages,
		.time = e->time,
		.out = e->out,
	};
}

static void print_page(struct explaining *e)
{
	const struct explain_range range = range_of(e);

	/* The last recording may have no records. */
	story_restart(&e->story, e->stream->model.part);
	add_late(e);
	print_head(e);
	print_account(e);
	print_range(e);
	print_who(e);
	if (is_here(e))
		print_now(e);
	print_life(e);
	explain_removals(&range);
	print_troubles(e);
}

/* Returns STATUS_OK, or why there is no page. */
static int explain_answer(struct explaining *e)
{
	const struct model *model = &e->stream->model;
	struct explain_range range = range_of(e);
	struct memory_name name;

	if (memory_name_parse(&name, e->what, model->info.block_bytes))
		return status_fail(
			STATUS_USAGE,
			"explain needs a memory block such as memory32, an address such as 0x100000000, or a range such as 0x100000000-0x13fffffff, not '%s'",
			e->what);
	if (name.kind == MEMORY_NAME_RANGE) {
		explain_range_take(&range, &name);
		if (explain_range_print(&range))
			return STATUS_OK;
		return status_fail(STATUS_FAILED,
				   "nothing is known of memory at %s", e->what);
	}
	if (model->ledger)
		e->block = ledger_find_block(
			model->ledger, name.first / model->info.page_bytes);
	if (e->block) {
		print_page(e);
		return STATUS_OK;
	}
	/* Its add may have failed. */
	if (model->ledger && explain_range_print(&range))
		return STATUS_OK;
	return status_fail(STATUS_FAILED,
			   "nothing is known of a memory block %s", e->what);
}

int explain_run(struct stream *stream, const char *what, enum time_style time,
		FILE *out)
{
	struct explaining e = {
		.stream = stream, .what = what, .time = time, .out = out
	};
	int read = STATUS_OK, status, err;

	stream->source->keeps_privileges = true;
	stream->model.history.extent = HISTORY_ALL;
	err = read_story(&e);
	if (err || stream->err)
		read = stream_status(err ?: stream->err);
	if (removals_find(&e.removals, &stream->model.history, &stream->model))
		read = status_fail(STATUS_FAILED, "out of memory");
	if (is_here(&e) &&
	    page_source_open(&e.pages, "", e.blind, sizeof(e.blind)))
		e.pages = NULL;
	status = explain_answer(&e);
	if (status == STATUS_OK)
		status = read == STATUS_OK ?
				 stream_shown_status(&stream->model) :
				 read;
	if (e.pages)
		page_source_close(e.pages);
	removals_free(&e.removals);
	story_free(&e.story);
	return status_printed(status);
}
