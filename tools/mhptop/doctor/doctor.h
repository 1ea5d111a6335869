/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop doctor`: what mhptop needs, what is missing here, and how to fix it. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdio.h>

/* The result of a check; the word at the start of its line. */
enum doctor_verdict {
	DOCTOR_OK, /* "ok" */
	DOCTOR_MISSING, /* "missing": required to read events */
	DOCTOR_NOTE, /* "note": optional, or for information */
};

/*
 * Print a line per check: "verdict: what: value or what to do". Returns
 * STATUS_OK if events can be read, otherwise STATUS_UNSUPPORTED.
 */
int doctor_run(FILE *out);

void doctor_print(FILE *out, enum doctor_verdict verdict, const char *what,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Check the options that the kernel was built with. */
void doctor_config(FILE *out);

#endif
