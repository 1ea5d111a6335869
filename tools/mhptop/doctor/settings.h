/* SPDX-License-Identifier: GPL-2.0 */
/* The lines of `mhptop doctor`, and the settings among them. */
#ifndef DOCTOR_SETTINGS_H
#define DOCTOR_SETTINGS_H

#include <stdio.h>

/* The result of a check; the word at the start of its line. */
enum doctor_verdict {
	DOCTOR_OK, /* "ok" */
	DOCTOR_MISSING, /* "missing": required to read events */
	DOCTOR_NOTE, /* "note": optional, or for information */
};

/* One line, "note: what: text". */
void doctor_print(FILE *out, enum doctor_verdict verdict, const char *what,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/*
 * Print everything that decides what becomes of added memory: parameters of the
 * kernel, switches of devices, and udev rules. root is prepended to all paths, ""
 * for the machine itself.
 */
void doctor_settings(FILE *out, const char *root);

#endif
