// SPDX-License-Identifier: GPL-2.0
/* Decides which forecasts still hold. */
#include "model/forecast.h"

const struct event_symbol forecast_words[] = {
	{ FORECAST_YES, "yes" },
	{ FORECAST_UNKNOWN, "unknown" },
	{ FORECAST_NO, "no" },
	{ 0 },
};

/* When the last operation on the block began or ended, 0 if none was seen. */
static u64 changed_ns(const struct mhp_block *block)
{
	const u64 times[] = { block->online.begin_ns, block->online.end_ns,
			      block->offline.begin_ns, block->offline.end_ns,
			      block->add.end_ns };
	u64 latest = 0;
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(*times); i++)
		if (latest < times[i])
			latest = times[i];
	return latest;
}

const struct forecast *forecast_find(const struct forecasts *forecasts,
				     const struct mhp_block *block, u64 number,
				     u64 now_ns)
{
	const struct forecast *forecast =
		forecasts ? sparse_find(&forecasts->blocks, number) : NULL;

	if (!forecast || !forecast->answer ||
	    forecast->asked_ns <= changed_ns(block) ||
	    (now_ns > forecast->asked_ns &&
	     now_ns - forecast->asked_ns > FORECAST_GONE_NS))
		return NULL;
	return forecast;
}
