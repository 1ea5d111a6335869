// SPDX-License-Identifier: GPL-2.0
/* Prints reason, stage, page, owner and advice. The owner is the machine's answer; without one, the events decide. */
#include <errno.h>

#include "answers/advice.h"
#include "answers/trouble.h"
#include "answers/whose.h"
#include "base/units.h"
#include "model/times.h"

const char *trouble_word(const struct event_symbol *words, u32 value,
			 const char *none)
{
	const char *word = value ? event_symbol_known(words, value) : NULL;

	return word ? word : none;
}

void trouble_print_online(const struct story *story,
			  const struct story_step *step, FILE *out)
{
	if (step->end_ns && step->reason == MHP_REASON_NOT_OFFLINE &&
	    step->failed_pfn)
		fprintf(out, ", memory%llu is online",
			step->failed_pfn / story->nr_pages);
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
	else if (!page->ret && page->stage == MHP_STAGE_MIGRATE)
		fputs(", migrated, but each pass found another one", out);
	else if (page->ret < 0)
		fprintf(out, ", %s", error_text(page->ret));
}

/* A huge page can be larger than a memory block. */
static void print_covered(const struct trouble_page *page,
			  const struct mhp_mhp_offline_blocker *blocker)
{
	u64 nr = 1ULL << (blocker->order & 31), first;

	if (nr <= page->story->nr_pages)
		return;
	first = blocker->pfn / nr * nr / page->story->nr_pages;
	fprintf(page->out, "         it covers memory%llu to memory%llu\n",
		first, first + nr / page->story->nr_pages - 1);
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
static void print_no_blocker(const struct trouble_page *page,
			     const struct story_step *step)
{
	const struct source_info *info = &page->model->info;

	if (info->kind == SOURCE_SYSFS ||
	    info->unknown_events >> MHP_EVENT_mhp_offline_blocker & 1)
		fputs("page     unknown: this source does not report pages\n",
		      page->out);
	else
		fprintf(page->out, "page     none was reported%s%s\n",
			step->late ? " since mhptop started" : "",
			info->kind == SOURCE_PROBES && is_about_pages(step) ?
				"; probes do not see the pages of every stage" :
				"");
}

static void print_blockers(const struct trouble_page *page,
			   const struct story_step *step, unsigned int nth)
{
	const struct story_blockers *blockers = &step->blockers;
	const struct mhp_mhp_offline_blocker *blocker = &blockers->last;
	bool known;

	if (!blockers->nr) {
		print_no_blocker(page, step);
		return;
	}
	known = !(blockers->unknown & MHP_FIELD(mhp_offline_blocker, pfn));
	if (known)
		fprintf(page->out, "page     pfn 0x%llx", blocker->pfn);
	else
		fputs("page     pfn unknown", page->out);
	fprintf(page->out, ": %s",
		trouble_word(event_kinds, blocker->kind, "kind unknown"));
	print_count(page->out, blockers, MHP_FIELD(mhp_offline_blocker, order),
		    "order", blocker->order);
	print_count(page->out, blockers,
		    MHP_FIELD(mhp_offline_blocker, refcount), "references",
		    blocker->refcount);
	print_count(page->out, blockers,
		    MHP_FIELD(mhp_offline_blocker, mapcount), "mappings",
		    blocker->mapcount);
	print_error(page->out, blockers);
	fputc('\n', page->out);
	if (blockers->nr > 1)
		fprintf(page->out, "         reported %u times%s%s\n",
			blockers->nr, nth > 1 ? " in this try" : "",
			!known		     ? "" :
			blockers->pages == 1 ? ", the same page each time" :
					       ", not always the same page");
	if (known)
		print_covered(page, blocker);
}

/* Whether the tries of an operation met the same page. */
static void print_tries(const struct trouble_page *page,
			const struct story_trouble *trouble)
{
	const struct story_step *before = trouble->before;
	const struct mhp_mhp_offline_blocker *last;

	if (trouble->same == 2 && trouble->nth == 2) {
		fputs("         the same page in both tries\n", page->out);
	} else if (trouble->same > 1 && trouble->same == trouble->nth) {
		fprintf(page->out, "         the same page in all %u tries\n",
			trouble->nth);
	} else if (trouble->same > 1) {
		fprintf(page->out,
			"         the same page in the last %u tries\n",
			trouble->same);
	} else if (before && !(before->blockers.unknown &
			       MHP_FIELD(mhp_offline_blocker, pfn))) {
		last = &before->blockers.last;
		fprintf(page->out,
			"         an earlier try reported %s0x%llx: %s\n",
			trouble->step->blockers.nr ? "another one, pfn " :
						     "pfn ",
			last->pfn,
			trouble_word(event_kinds, last->kind, "kind unknown"));
	}
}

static void print_stage(FILE *out, const struct story_blockers *blockers)
{
	fprintf(out, ", stage %s, pass ",
		trouble_word(event_stages, blockers->last.stage, "?"));
	if (blockers->unknown & MHP_FIELD(mhp_offline_blocker, pass))
		fputs("unknown", out);
	else
		fprintf(out, "%u", blockers->passes);
}

/* "why      offline failed after 1.2s: unmovable, stage migrate, pass 4" */
static void print_why(const struct trouble_page *page,
		      const struct story_trouble *trouble)
{
	const struct story_step *step = trouble->step;
	char took[UNITS_TEXT_MAX] = "an unknown time";
	const char *least = step->late ? "at least " : "";
	u64 end = step->end_ns ?: model_now(page->model);

	if (step->begin_ns)
		duration_text(took, end - step->begin_ns, 1);
	if (step->end_ns)
		fprintf(page->out, "why      %s failed after %s%s: %s",
			operation_name(step->operation), least, took,
			trouble_word(event_reasons, step->reason,
				     "reason unknown"));
	else if (page->end_unseen)
		fprintf(page->out,
			"why      %s took at least %s, and its end was not seen",
			operation_name(step->operation), took);
	else
		fprintf(page->out, "why      %s has not ended, after %s%s",
			operation_name(step->operation), least, took);
	if (step->operation == OPERATION_OFFLINE && step->blockers.nr)
		print_stage(page->out, &step->blockers);
	trouble_print_online(page->story, step, page->out);
	if (trouble->nth > 1)
		fprintf(page->out, "; failure %u in a row", trouble->nth);
	fputc('\n', page->out);
}

/* Whether pages could move, were there memory where they may go: as the kernel reports, or as free memory says of now. */
static enum advice_room room_of_page(const struct trouble_page *page,
				     const struct story_step *step, u32 kind)
{
	const struct story_blockers *blockers = &step->blockers;
	const struct machine_answer *answer = page->answer;

	if (blockers->nr &&
	    !(blockers->unknown & MHP_FIELD(mhp_offline_blocker, ret)))
		return blockers->last.ret == -ENOMEM ? ADVICE_NO_ROOM :
						       ADVICE_HAS_ROOM;
	if (step->end_ns || page->end_unseen || !answer)
		return ADVICE_ROOM_UNKNOWN;
	return kind == MHP_KIND_HUGETLB ? answer->huge_room : answer->room;
}

/* The page that an offline could not isolate is only its first one: what the machine says of the block decides. */
static bool is_cma(const struct trouble_page *page,
		   const struct story_step *step)
{
	return page->answer && page->answer->keeps == ADVICE_CMA &&
	       step->reason == MHP_REASON_ISOLATION;
}

/* Whose the page is. Without an answer, no function that refused has a name. */
static void print_answer(const struct trouble_page *page,
			 const struct story_step *step, size_t nth)
{
	bool offline = step->operation == OPERATION_OFFLINE;

	if (page->answer) {
		fputs(page->answer->troubles[nth].whose, page->out);
		return;
	}
	if (page->no_answer && offline && (step->blockers.nr || !step->end_ns))
		fputs(page->no_answer, page->out);
	if (step->end_ns && step->reason == MHP_REASON_NOTIFIER)
		whose_print_refused(NULL, step->refused_known, step->refused,
				    page->out);
}

void trouble_print(const struct trouble_page *page,
		   const struct story_trouble *trouble, size_t nth)
{
	const struct story_step *step = trouble->step;
	const struct machine_answer *answer = page->answer;
	u32 reason = step->end_ns ? step->reason : ADVICE_RETRIES, kind = 0;

	print_why(page, trouble);
	if (step->operation == OPERATION_OFFLINE) {
		print_blockers(page, step, trouble->nth);
		print_tries(page, trouble);
		/* A source may not see the page, but it is still there. */
		kind = step->blockers.nr ? step->blockers.last.kind :
		       answer		 ? answer->keeps :
					   0;
	}
	print_answer(page, step, nth);
	if (answer)
		kind = answer->troubles[nth].kind ?: kind;
	if (is_cma(page, step))
		kind = ADVICE_CMA;
	if (step->end_ns ? reason != 0 : kind != 0)
		advice_print(step->operation, reason,
			     advice_kind(kind, room_of_page(page, step, kind)),
			     advice_place(page->model->ledger,
					  page->story->start_pfn, step->zone) |
				     (page->end_unseen ? ADVICE_END_UNSEEN : 0),
			     page->out);
}
