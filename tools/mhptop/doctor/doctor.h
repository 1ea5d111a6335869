/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop doctor`: what mhptop needs, what is missing here, and how to fix it. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdio.h>

/*
 * Print a line per check: "verdict: what: value or what to do". Returns
 * STATUS_OK if events can be read, otherwise STATUS_UNSUPPORTED.
 */
int doctor_run(FILE *out);

#endif
