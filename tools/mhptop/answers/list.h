/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop list`: the memory of this machine as ranges, with who hosts their memmap, devices and forecasts. */
#ifndef ANSWERS_LIST_H
#define ANSWERS_LIST_H

#include <stdbool.h>
#include <stdio.h>

struct list_opts {
	bool json;
	bool all; /* a line for each memory block */
	bool no_forecast; /* do not look at pages, which takes time and root */
};

/* Print the list. STATUS_OK, or another status with a message. */
int list_run(const struct list_opts *opts, FILE *out);

#endif
