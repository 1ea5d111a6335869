// SPDX-License-Identifier: GPL-2.0
/* Error messages, and the check that all of standard output was written. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/plain_text.h"
#include "base/status.h"

#define MESSAGE_MAX (PATH_MAX + 512)

int status_fail(int status, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* The message may quote arguments and file names. */
	plain_text(text);
	fprintf(stderr, "mhptop: %s\n", text);
	return status;
}

int status_printed(int status)
{
	int err;

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	err = errno;
	return status_fail(STATUS_FAILED, "cannot write standard output: %s",
			   strerror(err ? err : EIO));
}
