/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The forecasts of the memory blocks on the screen of the dashboard: which of them to ask for next, and the answers. They are
 * those of `mhptop list`.
 */
#ifndef ANSWERS_FORECASTS_H
#define ANSWERS_FORECASTS_H

#include "answers/plan.h"
#include "model/model.h"

/* Memory blocks in one question, so that another one waits for less than 0.2 s */
#define FORECAST_SLICE 8

struct forecasts_question {
	u64 first; /* number of a memory block */
	u64 nr; /* of blocks that follow each other */
	u64 block_bytes;
};

struct forecasts_answer {
	struct forecasts_question question;
	u64 took_ns;
	u8 answers[FORECAST_SLICE]; /* enum forecast_answer */
	char why[sizeof(((struct forecasts *)0)->why)];
};

struct forecast_asker {
	struct forecasts known;
	struct forecasts_question question; /* the last one */
	u64 asked_ns;
	u64 answered_ns;
	u64 took_ns;
};

void forecast_asker_init(struct forecast_asker *asker);
/*
 * Make the next question about blocks that begin at these pfns, if one is due: at once if a block has no forecast that
 * holds; for another forecast when the last one is old, in a tenth of the time.
 */
bool forecast_asker_next(struct forecast_asker *asker,
			 const struct model *model, const u64 *pfns, size_t nr);
void forecast_asker_take(struct forecast_asker *asker,
			 const struct forecasts_answer *answer);
void forecast_asker_free(struct forecast_asker *asker);

/* The forecast of a block that a plan was made for */
enum forecast_answer forecast_of(const struct plan_block *block);
/* Look at the machine. pages may be NULL, and blind says why. */
void forecast_look(struct page_source *pages, const char *blind,
		   const struct forecasts_question *question,
		   struct forecasts_answer *answer);

#endif
