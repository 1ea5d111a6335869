// SPDX-License-Identifier: GPL-2.0
/*
 * Writes the answers to the page about a memory block. The story of the block is collected from the log of the model;
 * what the machine shows is asked of a process apart, and shown until the next answer.
 */
#include <stdlib.h>
#include <string.h>

#include "answers/apart.h"
#include "answers/block_page.h"
#include "answers/trouble.h"
#include "base/loop.h"
#include "model/times.h"

#define ASK_NS LOOP_NS /* between two questions about one block */
#define ENDED "the process that looks at the machine has ended"
#define ASK_SHARE 10 /* of the time, the process apart works one part */

struct block_page {
	struct block_answers answers; /* must be first */
	bool live;
	struct apart *
		apart; /* NULL: of a recording, or it could not be started, or has ended */
	bool asked; /* something, and not answered yet */
	u64 asked_ns; /* for the page */
	bool answered; /* answer is one */
	struct machine_answer answer;
	struct forecast_asker asker; /* for the table */
	struct apart_answer taken;
};

/* The log has the latest events of the kernel, and the account of the block what it remembers of older ones. */
static void story_read(struct story *story, const struct model *model,
		       const struct mhp_block *block)
{
	u64 nth = model->log_head < MODEL_LOG ? model->log_head : MODEL_LOG;
	const struct model_refusal *refusal = sparse_find(
		&model->refusals, block->start_pfn / story->nr_pages);

	while (nth--)
		story_take(story, model_log(model, nth));
	story_add_failure(story, block);
	story_add_late(story, block);
	if (refusal)
		story_add_refusal(story, refusal->time_ns, refusal->call);
}

/* A question about another block is due at once. */
static bool question_is_due(const struct block_page *page,
			    const struct machine_question *question)
{
	u64 pause = page->answer.took_ns * ASK_SHARE;

	if (!page->answered || page->answer.question.block != question->block)
		return true;
	return loop_now() - page->asked_ns >= (pause > ASK_NS ? pause : ASK_NS);
}

static void ask_apart(struct block_page *page,
		      const struct machine_question *question)
{
	if (!page->apart || page->asked || !question_is_due(page, question))
		return;
	page->asked = !apart_ask(page->apart,
				 &(struct apart_question){ .kind = APART_PAGE,
							   .page = *question });
	page->asked_ns = loop_now();
}

/* Whether the last answer is about this block, in the same troubles. The pages in the way may be others by now. */
static bool question_is_answered(const struct block_page *page,
				 const struct machine_question *question)
{
	const struct machine_question *other = &page->answer.question;
	size_t i;

	if (!page->answered || other->block != question->block ||
	    other->nr_troubles != question->nr_troubles)
		return false;
	for (i = 0; i < question->nr_troubles; i++)
		if (question->troubles[i].operation !=
			    other->troubles[i].operation ||
		    question->troubles[i].ended != other->troubles[i].ended)
			return false;
	return true;
}

static const char *unknown_why(const struct block_page *page)
{
	return !page->live  ? "not known from a recording" :
	       !page->apart ? "unknown: " ENDED :
			      "asking the machine";
}

static void block_page_write(struct block_answers *answers,
			     const struct model *model,
			     const struct mhp_block *block, FILE *out)
{
	struct block_page *page = (struct block_page *)answers;
	u64 nr_pages = ledger_block_pages(model->ledger);
	struct story story = { .start_pfn = block->start_pfn,
			       .nr_pages = nr_pages };
	struct story_trouble troubles[STORY_MAX_TROUBLES];
	struct machine_question question;
	char no_answer[96];
	struct trouble_page lines = { .model = model,
				      .story = &story,
				      .no_answer = no_answer,
				      .out = out };
	size_t nr, i;

	story_read(&story, model, block);
	nr = story_troubles(&story, troubles);
	machine_question_make(&question, block->start_pfn / nr_pages, nr_pages,
			      troubles, nr, false);
	ask_apart(page, &question);
	if (question_is_answered(page, &question)) {
		lines.answer = &page->answer;
		fputs(page->answer.now, out);
	} else {
		fprintf(out, "now      %s\n", unknown_why(page));
	}
	snprintf(no_answer, sizeof(no_answer), "whose    %s\n",
		 unknown_why(page));
	for (i = 0; i < nr; i++)
		trouble_print(&lines, &troubles[i], i);
	story_free(&story);
}

static void block_page_want(struct block_answers *answers,
			    const struct model *model, const u64 *pfns,
			    size_t nr)
{
	struct block_page *page = (struct block_page *)answers;

	if (!page->apart || page->asked ||
	    !forecast_asker_next(&page->asker, model, pfns, nr))
		return;
	page->asked = !apart_ask(
		page->apart,
		&(struct apart_question){ .kind = APART_FORECASTS,
					  .forecasts = page->asker.question });
}

static void lose_apart(struct block_page *page)
{
	apart_end(page->apart);
	page->apart = NULL;
	page->answered = false;
	page->answers.fd = -1;
	snprintf(page->asker.known.why, sizeof(page->asker.known.why), "%s",
		 ENDED);
}

static bool block_page_take(struct block_answers *answers)
{
	struct block_page *page = (struct block_page *)answers;
	int ret = page->apart ? apart_take(page->apart, &page->taken) : 0;

	if (!ret)
		return false;
	page->asked = false;
	if (ret < 0) {
		lose_apart(page);
	} else if (page->taken.kind == APART_PAGE) {
		page->answered = true;
		page->answer = page->taken.page;
	} else {
		forecast_asker_take(&page->asker, &page->taken.forecasts);
	}
	return true;
}

struct block_answers *block_page_open(bool live)
{
	struct block_page *page = calloc(1, sizeof(*page));

	if (!page)
		return NULL;
	page->live = live;
	page->apart = live ? apart_start() : NULL;
	forecast_asker_init(&page->asker);
	page->answers = (struct block_answers){
		.fd = page->apart ? apart_fd(page->apart) : -1,
		.write = block_page_write,
		.take = block_page_take,
		.forecasts = live ? &page->asker.known : NULL,
		.want = block_page_want,
	};
	return &page->answers;
}

void block_page_close(struct block_answers *answers)
{
	struct block_page *page = (struct block_page *)answers;

	if (!page)
		return;
	apart_end(page->apart);
	forecast_asker_free(&page->asker);
	free(page);
}
