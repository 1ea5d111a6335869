/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lines of a text file, unpacked if gzip or zstd packed it, or of what perf
 * script prints of a perf.data. Memory does not depend on the file.
 */
#ifndef TEXT_INPUT_H
#define TEXT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/types.h"
#include "source/unpack.h"

#define TEXT_LINE_MAX 65536 /* bytes */

struct text_input {
	const char *path;
	int file;
	bool is_perf; /* the file is a perf.data */
	pid_t perf; /* perf script, 0: not running */
	int pipe; /* its output, -1: none */
	bool may_fail; /* perf script, as the file was cut */
	bool bare; /* perf script prints only what no user can choose */
	struct unpack *unpack; /* NULL with perf */
	u64 line; /* number of the last line */
	bool eof;
	bool cut; /* the file ended early, such as inside a line */
	size_t start; /* unread bytes of buf */
	size_t end;
	char why[160]; /* of the last error, without name and line */
	char buf[TEXT_LINE_MAX + 1];
};

/* Open a file, whose path must outlive it. 0 or -errno with why. text_input_close() in any case. */
int text_input_open(struct text_input *input, const char *path);
/* Start again with the first line. */
int text_input_rewind(struct text_input *input);
/*
 * The next line, without its newline, valid until the next call. -EAGAIN: wait is
 * false, and there is none yet; -ENODATA: the end; or -errno with why.
 */
int text_input_line(struct text_input *input, bool wait, char **line);
/* A descriptor to poll() for more lines. */
int text_input_fd(const struct text_input *input);
void text_input_close(struct text_input *input);

#endif
