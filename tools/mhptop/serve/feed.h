/* SPDX-License-Identifier: GPL-2.0 */
/* The operations that ended last, as a browser reads them. */
#ifndef SERVE_FEED_H
#define SERVE_FEED_H

#include <stdio.h>
#include "export/tally.h"

/*
 * Write the operations after a number as server-sent events, of which each has its
 * number as id, and how many records the model has taken, by which a page knows
 * whether what it shows is still true.
 */
void feed_put(const struct tally *tally, const struct model *model, u64 after,
	      FILE *out);

#endif
