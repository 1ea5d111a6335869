/* SPDX-License-Identifier: GPL-2.0 */
/* The operations that ended last, as a browser reads them. */
#ifndef SERVE_FEED_H
#define SERVE_FEED_H

#include <stdio.h>
#include "export/tally.h"

/* Room for the name of one run of mhptop */
#define FEED_INSTANCE_MAX 17

/* Give this run a name that no other one has. 0 or -errno. */
int feed_name(char instance[FEED_INSTANCE_MAX]);
/*
 * Write server-sent events: the instance; the operations after the one whose id a
 * browser has seen last (NULL: none), each with an id of the instance and its number;
 * and how many records the model has taken, by which a page knows whether what it
 * shows is still true. A browser that has an id of another instance gets all that are
 * kept.
 */
void feed_put(const struct tally *tally, const struct model *model,
	      const char *instance, const char *last, FILE *out);

#endif
