// SPDX-License-Identifier: GPL-2.0
/* Asks for forecasts of the memory blocks on the screen, a few at a time, and answers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answers/forecasts.h"
#include "base/loop.h"

#define AGAIN_NS (LOOP_NS / 4) /* before a block is asked for once more */
#define REST \
	10 /* times as long as the last look took, before older forecasts are replaced */

void forecast_asker_init(struct forecast_asker *asker)
{
	*asker = (struct forecast_asker){ 0 };
	sparse_init(&asker->known.blocks, sizeof(struct forecast));
}

void forecast_asker_free(struct forecast_asker *asker)
{
	sparse_free(&asker->known.blocks);
}

enum need { NEED_NONE, NEED_NEWER, NEED_FIRST };

static enum need need_of(const struct forecast_asker *asker,
			 const struct model *model, u64 pfn, u64 now)
{
	const struct mhp_block *block = ledger_find_block(model->ledger, pfn);
	u64 number = pfn / ledger_block_pages(model->ledger);
	const struct forecast *last;

	if (!block || block->state != MHP_STATE_ONLINE)
		return NEED_NONE;
	last = sparse_find(&asker->known.blocks, number);
	if (last && now - last->asked_ns < AGAIN_NS)
		return NEED_NONE;
	if (!forecast_find(&asker->known, block, number, now))
		return NEED_FIRST;
	return now - last->asked_ns < FORECAST_OLD_NS ? NEED_NONE : NEED_NEWER;
}

/* The row to begin with: the first that has no forecast, or else the first whose forecast is old. nr: none is due. */
static size_t first_row(const struct forecast_asker *asker,
			const struct model *model, const u64 *pfns, size_t nr,
			u64 now)
{
	const u64 rest = asker->took_ns * REST;
	size_t i, newer = nr;

	for (i = 0; i < nr; i++)
		switch (need_of(asker, model, pfns[i], now)) {
		case NEED_FIRST:
			return i;
		case NEED_NEWER:
			newer = newer < nr ? newer : i;
			break;
		case NEED_NONE:
			break;
		}
	return now - asker->answered_ns < rest ? nr : newer;
}

bool forecast_asker_next(struct forecast_asker *asker,
			 const struct model *model, const u64 *pfns, size_t nr)
{
	u64 pages = ledger_block_pages(model->ledger), now = loop_now();
	size_t first = first_row(asker, model, pfns, nr, now), i;

	if (first == nr)
		return false;
	for (i = first + 1; i < nr && i - first < FORECAST_SLICE; i++)
		if (pfns[i] != pfns[i - 1] + pages ||
		    !need_of(asker, model, pfns[i], now))
			break;
	asker->question = (struct forecasts_question){
		.first = pfns[first] / pages,
		.nr = i - first,
		.block_bytes = model->info.block_bytes,
	};
	asker->asked_ns = now;
	return true;
}

void forecast_asker_take(struct forecast_asker *asker,
			 const struct forecasts_answer *answer)
{
	const struct forecasts_question *question = &answer->question;
	struct forecast *forecast;
	u64 i;

	asker->answered_ns = loop_now();
	asker->took_ns = answer->took_ns;
	snprintf(asker->known.why, sizeof(asker->known.why), "%s", answer->why);
	for (i = 0; i < question->nr; i++) {
		forecast =
			sparse_make(&asker->known.blocks, question->first + i);
		if (forecast)
			*forecast = (struct forecast){
				.asked_ns = asker->asked_ns,
				.answer = answer->answers[i],
			};
	}
}

enum forecast_answer forecast_of(const struct plan_block *block)
{
	if (block->block->at.state != MHP_STATE_ONLINE)
		return FORECAST_NONE;
	return FORECAST_YES + block->result.answer;
}

static void answer_from(struct forecasts_answer *answer,
			const struct plan *plan)
{
	const struct forecasts_question *question = &answer->question;
	size_t i;
	u64 at;

	for (i = 0; i < plan->target.nr; i++) {
		at = plan->blocks[i].block->at.start_pfn /
			     plan->target.block_pages -
		     question->first;
		if (at < question->nr)
			answer->answers[at] = forecast_of(&plan->blocks[i]);
	}
}

void forecast_look(struct page_source *pages, const char *blind,
		   const struct forecasts_question *question,
		   struct forecasts_answer *answer)
{
	u64 began = loop_now(), start = question->first * question->block_bytes;
	char name[64], why[256];
	struct plan plan;
	int err = -EPERM;

	*answer = (struct forecasts_answer){ .question = *question };
	snprintf(name, sizeof(name), "0x%llx-0x%llx", start,
		 start + question->nr * question->block_bytes - 1);
	snprintf(why, sizeof(why), "%s", blind);
	if (pages)
		err = plan_look(&plan, pages, name, why, sizeof(why));
	if (!err) {
		answer_from(answer, &plan);
		plan_free(&plan);
	} else if (err != -ENOENT) {
		/* Those that are not there any more have no forecast. */
		snprintf(answer->why, sizeof(answer->why), "%.*s",
			 (int)sizeof(answer->why) - 1, why);
	}
	answer->took_ns = loop_now() - began;
}
