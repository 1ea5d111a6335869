/* SPDX-License-Identifier: GPL-2.0 */
/* The exit codes of mhptop, and the one line on standard error that explains them. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/* What a code means may depend on the command: cli_statuses says it. */
enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_VIOLATED = 3,
	STATUS_UNSUPPORTED = 4,
	STATUS_UNKNOWN = 5,
	STATUS_DAMAGED = 6,
};

/*
 * Print one line, "mhptop: " and the message, on standard error. Returns status,
 * so that the caller can return the result.
 */
int status_fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * Flush standard output. Returns status, or STATUS_FAILED with a message if
 * something could not be written.
 */
int status_printed(int status);

#endif
