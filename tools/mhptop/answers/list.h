/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop list`: the memory of this machine as ranges, with who hosts their memmap, devices and forecasts. */
#ifndef ANSWERS_LIST_H
#define ANSWERS_LIST_H

#include <stdbool.h>
#include <stdio.h>

/* Print the list; all: a line for each memory block. STATUS_OK, or another status with a message. */
int list_run(bool json, bool all, FILE *out);

#endif
