/* SPDX-License-Identifier: GPL-2.0 */
/* Wall-clock times of a model, times as text, and the operations in progress. */
#ifndef MODEL_TIMES_H
#define MODEL_TIMES_H

#include <stdbool.h>
#include "base/units.h"
#include "model/model.h"

/*
 * The wall-clock time of ns, in ns since 1970, by the clocks that were valid at
 * that time. False if it is unknown, as for recordings of other tools.
 */
bool model_wall(const struct model *model, u64 ns, u64 *wall_ns);
/*
 * Format a time. If the wall-clock time is unknown, TIME_AS_LOCAL and TIME_AS_UTC are
 * formatted as TIME_AS_MONO. Returns buf.
 */
const char *model_time_text(char buf[UNITS_TEXT_MAX], const struct model *model,
			    enum time_style style, u64 ns);
/* The same for tables: wall-clock times are those of time_wall_short(). */
const char *model_time_short(char buf[UNITS_TEXT_MAX],
			     const struct model *model, enum time_style style,
			     u64 ns);

/* Whether an operation has begun and not ended. */
bool block_is_adding(const struct model *model, const struct mhp_block *block);
bool block_is_onlining(const struct mhp_block *block);
bool block_is_offlining(const struct mhp_block *block);
bool range_is_adding(const struct mhp_range *range);
bool range_is_removing(const struct mhp_range *range);
/*
 * Whether the last operation had begun before mhptop was attached: what is known of
 * its duration is a lower bound.
 */
bool block_onlines_late(const struct mhp_block *block);
bool block_offlines_late(const struct mhp_block *block);
/* The time in ns from the begin of a phase to the time of the model. */
u64 phase_elapsed(const struct model *model, const struct mhp_phase *phase);

#endif
