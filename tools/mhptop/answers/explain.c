// SPDX-License-Identifier: GPL-2.0
/* One page about a memory block: what it is, its life, and why it did not go. The page about a range is elsewhere. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answers/explain.h"
#include "answers/explain_range.h"
#include "answers/trouble.h"
#include "base/fit.h"
#include "base/loop.h"
#include "base/memory_name.h"
#include "base/plain_text.h"
#include "model/columns.h"
#include "model/times.h"
#include "source/live.h"
#include "source/look.h"
#include "source/sysfs/snapshot.h"

#define STEPS_SHOWN 20

struct explaining {
	struct stream *stream;
	const char *what;
	enum time_style time;
	FILE *out;
	struct story story;
	struct removals removals;
	const struct mhp_block *block;
	bool ends_early; /* of the recording that is read last */
	bool end_unseen; /* nobody knows whether what is in progress there has ended since */
	struct machine *
		machine; /* NULL: the page is about another one, or an earlier boot */
	struct machine_answer *answer; /* of that machine */
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

static void print_head(const struct explaining *e)
{
	const struct mhp_block *block = e->block;
	const struct source_info *info = &e->stream->model.info;
	u64 address = block->start_pfn * info->page_bytes;
	char size[UNITS_TEXT_MAX];

	fprintf(e->out,
		"memory%llu  0x%llx-0x%llx  %s, %s%s, node %d, zone %s\n",
		block->start_pfn / e->story.nr_pages, address,
		address + info->block_bytes - 1,
		size_text(size, info->block_bytes),
		e->end_unseen && (block_is_offlining(block) ||
				  block_is_onlining(block)) ?
			"last seen " :
			"",
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
			"account  unknown: sysfs has no counts of pages\n");
		return;
	}
	/* Of boot memory, and of a block that was first seen in mid-life, only changes are known. */
	if (column_find("present")->get(&e->stream->model, block) ==
	    COLUMN_UNKNOWN)
		fputs("account  unknown: its first counts were not seen\n",
		      e->out);
	else
		fprintf(e->out, "account  present %d, managed %d pages%s\n",
			block->present, block->managed,
			block->flags & MHP_BLOCK_ESTIMATED ?
				" (estimated from its state)" :
				"");
	fprintf(e->out,
		"memmap   hosted by %s, %s of its own pages; %s pages populated, %s freed\n",
		trouble_word(event_hostings, block->hosting, "?"),
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
		trouble_word(event_hostings, range->hosting, "?"),
		trouble_word(event_whys, range->why, "reason unknown"));
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
		fprintf(e->out, ", %s%s%s%s",
			e->end_unseen ? "took " : "in progress for ",
			step->late || e->end_unseen ? "at least " : "",
			duration_text(text, model_now(model) - step->begin_ns,
				      1),
			e->end_unseen ? "; its end was not seen" : "");
	else
		fputs(", its start was not seen", e->out);
}

/* The page in the way of a try that failed: of earlier tries, the page has nothing but this line. */
static void print_last_page(const struct explaining *e,
			    const struct story_blockers *blockers)
{
	if (!blockers->nr ||
	    blockers->unknown & MHP_FIELD(mhp_offline_blocker, pfn))
		return;
	fprintf(e->out, ", page 0x%llx: %s", blockers->last.pfn,
		trouble_word(event_kinds, blockers->last.kind, "kind unknown"));
}

static void print_step(const struct explaining *e,
		       const struct story_step *step)
{
	char when[UNITS_TEXT_MAX], comm[MHP_COMM_LEN + 1] = "";

	memcpy(comm, step->comm, MHP_COMM_LEN);
	plain_text(comm);
	model_time_text(when, &e->stream->model, e->time,
			step->begin_ns ?: step->end_ns);
	fprintf(e->out, "  %s  %-8s" FIT_HERE, when,
		operation_name(step->operation));
	if (step->operation == OPERATION_ONLINE)
		fprintf(e->out, "to %s",
			trouble_word(event_zones, step->zone, "?"));
	else if (step->operation == OPERATION_OFFLINE)
		fprintf(e->out, "from %s",
			trouble_word(event_zones, step->zone, "?"));
	else
		fputs("of its range", e->out);
	if (step->pid)
		fprintf(e->out, " by %s (%u)", comm, step->pid);
	print_duration(e, step);
	if (step->ret)
		fprintf(e->out, ", failed: %s (%s)",
			trouble_word(event_reasons, step->reason,
				     "reason unknown"),
			error_text(step->ret));
	if (step->ret)
		print_last_page(e, &step->blockers);
	trouble_print_online(&e->story, step, e->out);
	fputc('\n', e->out);
}

static void print_life(const struct explaining *e)
{
	const struct story *story = &e->story;
	size_t i = story->nr > STEPS_SHOWN ? story->nr - STEPS_SHOWN : 0;

	fprintf(e->out, "life     (%s)\n", time_style_help(e->time));
	if (e->block->flags & MHP_BLOCK_SNAPSHOT)
		fputs("  it existed before mhptop started; the kernel keeps no history\n",
		      e->out);
	if (i)
		fprintf(e->out, "  %zu earlier operation%s\n", i,
			i == 1 ? "" : "s");
	for (; i < story->nr; i++)
		print_step(e, &story->steps[i]);
	if (!story->nr && !(e->block->flags & MHP_BLOCK_SNAPSHOT))
		fputs("  no operation was seen\n", e->out);
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
		.pages = e->machine ? machine_pages(e->machine) : NULL,
		.start_pfn = e->story.start_pfn,
		.nr_pages = e->story.nr_pages,
		.time = e->time,
		.ends_early = e->ends_early,
		.end_unseen = e->end_unseen,
		.out = e->out,
	};
}

static void print_troubles(const struct explaining *e,
			   const struct story_trouble *troubles, size_t nr)
{
	const struct trouble_page page = {
		.model = &e->stream->model,
		.story = &e->story,
		.answer = e->answer,
		.end_unseen = e->end_unseen,
		.out = e->out,
	};
	size_t i;

	for (i = 0; i < nr; i++)
		trouble_print(&page, &troubles[i], i);
}

/* Ask the machine, if the page is about this one. */
static void ask_machine(struct explaining *e,
			const struct story_trouble *troubles, size_t nr)
{
	struct machine_question question;

	if (!e->machine)
		return;
	e->answer = malloc(sizeof(*e->answer));
	if (!e->answer)
		return;
	machine_question_make(&question, e->story.start_pfn / e->story.nr_pages,
			      e->story.nr_pages, troubles, nr, e->end_unseen);
	machine_look(e->machine, &question, e->answer);
}

static void print_page(struct explaining *e)
{
	const struct explain_range range = range_of(e);
	struct story_trouble troubles[STORY_MAX_TROUBLES];
	size_t nr;

	/* The last recording may have no records. */
	story_restart(&e->story, e->stream->model.part);
	story_add_late(&e->story, e->block);
	nr = story_troubles(&e->story, troubles);
	ask_machine(e, troubles, nr);
	print_head(e);
	explain_ending(&range);
	print_account(e);
	print_range(e);
	print_who(e);
	if (e->answer)
		fputs(e->answer->now, e->out);
	print_life(e);
	explain_removals(&range);
	print_troubles(e, troubles, nr);
}

static int fail_unknown(const char *what)
{
	return status_fail(
		STATUS_FAILED,
		"nothing is known about %s: mhptop list and the frames of a recording (mhptop replay -b FILE) show which memory blocks there are",
		what);
}

static int fail_name(const char *what)
{
	bool other = isalpha((unsigned char)*what) &&
		     strncmp(what, "memory", 6);

	return status_fail(
		STATUS_USAGE,
		"explain needs a memory block such as memory32, an address such as 0x100000000, or a range such as 0x100000000-0x13fffffff, not '%s'%s",
		what,
		other ? "; mhptop list shows which memory blocks a node or a device has" :
			"");
}

/* Returns STATUS_OK, or why there is no page. */
static int explain_answer(struct explaining *e)
{
	const struct model *model = &e->stream->model;
	struct explain_range range = range_of(e);
	struct memory_name name;

	if (memory_name_parse(&name, e->what, model->info.block_bytes))
		return fail_name(e->what);
	if (name.kind == MEMORY_NAME_RANGE) {
		explain_range_take(&range, &name);
		if (explain_range_print(&range))
			return STATUS_OK;
		return fail_unknown(e->what);
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
	return fail_unknown(e->what);
}

/* Whether it has no end because its recorder, on this machine, still runs. */
static bool goes_on(const struct explaining *e)
{
	return is_here(e) && !e->stream->err &&
	       e->stream->source->ending.running;
}

static bool is_going(const struct mhp_mhp_snapshot_block *block)
{
	return block->state == MHP_STATE_GOING_ONLINE ||
	       block->state == MHP_STATE_GOING_OFFLINE;
}

/* Whether sysfs shows that a memory block of the page is going online or offline. */
static bool is_going_now(const struct explaining *e)
{
	const struct source_info *info = &e->stream->model.info;
	struct sysfs_view view = { 0 };
	struct memory_name name;
	bool going = false;
	u64 pages;
	size_t i;

	if (!info->block_bytes || !is_here(e) ||
	    memory_name_parse(&name, e->what, info->block_bytes))
		return false;
	pages = info->block_bytes / info->page_bytes;
	if (sysfs_view_read(&view, "", pages))
		return false;
	for (i = 0; i < view.nr_blocks && !going; i++)
		going = is_going(&view.blocks[i]) &&
			view.blocks[i].start_pfn <=
				name.last / info->page_bytes &&
			view.blocks[i].start_pfn + pages >
				name.first / info->page_bytes;
	sysfs_view_free(&view);
	return going;
}

/* What is in progress when a recording ends may have ended since, unless its recorder still runs. */
static void see_what_goes_on(struct explaining *e)
{
	bool going = goes_on(e) || is_going_now(e);

	if (e->stream->model.info.live)
		return;
	e->end_unseen = !going;
	if (going)
		model_tick(&e->stream->model, loop_now());
}

/* Whether the last recording has more that cannot be read, or lacks its end. Of an earlier one, the message says it. */
static bool is_cut_short(const struct explaining *e)
{
	const struct stream *stream = e->stream;

	return stream->over && !goes_on(e) &&
	       (stream->err || (*stream->why && !stream->source->ending.whole));
}

/* What was read decides before what could be shown of it. */
static int explain_status(const struct explaining *e, int read, int answered)
{
	if (answered == STATUS_OK)
		return read == STATUS_OK ?
			       stream_shown_status(&e->stream->model) :
			       read;
	return answered == STATUS_FAILED && read == STATUS_DAMAGED ? read :
								     answered;
}

int explain_run(struct stream *stream, const char *what, enum time_style time,
		FILE *out)
{
	struct explaining e = {
		.stream = stream,
		.what = what,
		.time = time,
		.out = fit_open(out, fit_cols(out)),
	};
	int read = STATUS_OK, status, err;

	if (!e.out)
		return status_fail(STATUS_FAILED, "out of memory");
	stream->source->keeps_privileges = true;
	stream->model.history.extent = HISTORY_ALL;
	err = read_story(&e);
	e.ends_early = is_cut_short(&e);
	see_what_goes_on(&e);
	if (stream->over && *stream->why && !goes_on(&e))
		status_fail(STATUS_OK, "%s", stream->why);
	if (err || stream->err)
		read = stream_status(err ?: stream->err);
	if (removals_find(&e.removals, &stream->model.history, &stream->model))
		read = status_fail(STATUS_FAILED, "out of memory");
	if (is_here(&e))
		e.machine = machine_open();
	status = explain_status(&e, read, explain_answer(&e));
	machine_close(e.machine);
	free(e.answer);
	removals_free(&e.removals);
	story_free(&e.story);
	fit_close(e.out);
	return status_printed(status);
}
