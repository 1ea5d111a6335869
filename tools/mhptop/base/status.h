/* SPDX-License-Identifier: GPL-2.0 */
/* How mhptop ends: exit codes, and the one line on standard error that explains them. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/* Exit codes of mhptop, all of them. */
enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1, /* the tool failed */
	STATUS_USAGE = 2,
	STATUS_VIOLATED = 3, /* a rule was violated */
	STATUS_UNSUPPORTED = 4, /* not supported or not permitted here */
	STATUS_UNKNOWN = 5, /* events were lost */
	STATUS_DAMAGED = 6, /* a recording is damaged, foreign or too new */
};

/* Print "mhptop: …" on standard error. Returns the status for the caller to return. */
int status_fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * Flush standard output. Returns the status, or STATUS_FAILED with a message if
 * something could not be written.
 */
int status_printed(int status);

#endif
