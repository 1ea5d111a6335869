/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The doctor: what this kernel and this user have of what mhptop needs, and
 * what to do about the rest.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdio.h>

/* What a check came to; the word at the start of its line */
enum doctor_verdict {
	DOCTOR_OK, /* "ok" */
	DOCTOR_MISSING, /* "missing": the tier of events cannot do without */
	DOCTOR_NOTE, /* "note": worth knowing; what is less than it could be */
};

/*
 * Print a line for each check: "verdict: what: what to do or what it is".
 * STATUS_OK when the tier of events works here, else STATUS_UNSUPPORTED.
 */
int doctor_run(FILE *out);

void doctor_say(FILE *out, enum doctor_verdict verdict, const char *what,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The checks of the options that the kernel was built with; doctor_config.c. */
void doctor_config(FILE *out);

#endif
