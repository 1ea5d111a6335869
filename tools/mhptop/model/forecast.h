/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether memory blocks could go offline, as far as the machine was asked. No event tells that: answers/ asks for the
 * blocks that a view shows, and the column of the table shows the answers.
 */
#ifndef MODEL_FORECAST_H
#define MODEL_FORECAST_H

#include "base/sparse.h"
#include "model/event_table.h"
#include "model/ledger.h"

/* In the order of enum plan_answer */
enum forecast_answer {
	FORECAST_NONE, /* the block was not online when the machine looked */
	FORECAST_YES,
	FORECAST_UNKNOWN, /* the machine was asked, and cannot know it */
	FORECAST_NO,
};

extern const struct event_symbol forecast_words[];

#define FORECAST_OLD_NS 5000000000ULL /* ask again */
#define FORECAST_GONE_NS 30000000000ULL /* show it no longer */

struct forecast {
	u64 asked_ns; /* CLOCK_MONOTONIC */
	u32 answer; /* enum forecast_answer */
};

struct forecasts {
	struct sparse blocks; /* struct forecast, by block number */
	char why[128]; /* why the machine cannot be asked, "" if it can be */
};

/*
 * The forecast of a memory block; NULL if there is none that holds at this time: it is too old, or the block has begun or
 * ended an operation since the machine was asked. forecasts may be NULL.
 */
const struct forecast *forecast_find(const struct forecasts *forecasts,
				     const struct mhp_block *block, u64 number,
				     u64 now_ns);

#endif
