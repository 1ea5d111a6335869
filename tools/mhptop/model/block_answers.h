/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a view may ask about a memory block beside what the model has: why it did not go, whose its pages are, and
 * whether it could go now. answers/ implements this, main() installs it, and view/ uses it.
 */
#ifndef MODEL_BLOCK_ANSWERS_H
#define MODEL_BLOCK_ANSWERS_H

#include <stdbool.h>
#include <stdio.h>
#include "model/model.h"

struct block_answers {
	/* Readable when take() has something to take; -1: never */
	int fd;
	/*
	 * Write lines for the page about a block, each with a label of nine columns. Does not wait: what is not known
	 * yet is asked for, at most once a second, and is written by a later call.
	 */
	void (*write)(struct block_answers *answers, const struct model *model,
		      const struct mhp_block *block, FILE *out);
	/* The forecasts of the machine, which take() updates. NULL: a recording has none */
	const struct forecasts *forecasts;
	/*
	 * Ask for the forecasts of blocks that begin at these pfns, as those on the screen do, if others are needed. Does not
	 * wait.
	 */
	void (*want)(struct block_answers *answers, const struct model *model,
		     const u64 *pfns, size_t nr);
	/* Take what has been answered. Whether there was something, so that what is shown may differ. */
	bool (*take)(struct block_answers *answers);
};

#endif
