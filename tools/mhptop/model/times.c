// SPDX-License-Identifier: GPL-2.0
/* Wall-clock times of a model, times as text, and the operations in progress. */
#include <stdint.h>

#include "model/times.h"

/* In a damaged recording the sum may wrap around; it is then unknown. */
bool model_wall(const struct model *model, u64 ns, u64 *wall_ns)
{
	const struct model_clock *clock;
	size_t i = model->nr_clocks;

	while (i && model->clocks[i - 1].from_ns > ns)
		i--;
	if (!i)
		return false;
	clock = &model->clocks[i - 1];
	*wall_ns = clock->wall_ns + (ns - clock->mono_ns);
	return *wall_ns <= INT64_MAX;
}

const char *model_time_text(char buf[UNITS_TEXT_MAX], const struct model *model,
			    enum time_style style, u64 ns)
{
	u64 wall;

	if (style == TIME_AS_DELTA)
		return time_delta_text(buf, ns - model->first_ns);
	if (style == TIME_AS_MONO || !model_wall(model, ns, &wall))
		return time_text(buf, ns);
	return time_wall_text(buf, wall, style == TIME_AS_UTC);
}

const char *model_time_short(char buf[UNITS_TEXT_MAX],
			     const struct model *model, enum time_style style,
			     u64 ns)
{
	u64 wall, today;

	if (style == TIME_AS_MONO || style == TIME_AS_DELTA ||
	    !model_wall(model, ns, &wall) ||
	    !model_wall(model, model_now(model), &today))
		return model_time_text(buf, model, style, ns);
	return time_wall_short(buf, wall, today, style == TIME_AS_UTC);
}

static bool is_open(const struct mhp_phase *phase)
{
	return phase->begin_ns && !phase->end_ns;
}

/*
 * An add populates a block section by section. No event marks the last one, so
 * the add of a block is in progress as long as some of its pages have no memmap.
 */
bool block_is_adding(const struct model *model, const struct mhp_block *block)
{
	const struct mhp_globals *globals = ledger_globals(model->ledger);
	const struct mhp_range *range;

	if (block->start_pfn - globals->add_start_pfn >=
		    globals->add_nr_pages ||
	    !block->add.begin_ns || !block->described ||
	    block->described >= ledger_block_pages(model->ledger))
		return false;
	/* An add that fails frees what it populated. */
	range = ledger_find_range(model->ledger, block->start_pfn);
	return !range || !range->frees;
}

/* If the end was lost, the state shows that the operation is over. */
bool block_is_onlining(const struct mhp_block *block)
{
	return is_open(&block->online) &&
	       block->state == MHP_STATE_GOING_ONLINE;
}

bool block_is_offlining(const struct mhp_block *block)
{
	return is_open(&block->offline) &&
	       block->state == MHP_STATE_GOING_OFFLINE;
}

bool block_onlines_late(const struct mhp_block *block)
{
	return block->flags & MHP_BLOCK_LATE_ONLINE;
}

bool block_offlines_late(const struct mhp_block *block)
{
	return block->flags & MHP_BLOCK_LATE_OFFLINE;
}

bool range_is_adding(const struct mhp_range *range)
{
	return is_open(&range->add);
}

bool range_is_removing(const struct mhp_range *range)
{
	return is_open(&range->remove);
}

u64 phase_elapsed(const struct model *model, const struct mhp_phase *phase)
{
	u64 now = model_now(model);

	return now > phase->begin_ns ? now - phase->begin_ns : 0;
}
