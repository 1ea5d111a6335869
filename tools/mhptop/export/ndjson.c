// SPDX-License-Identifier: GPL-2.0
/*
 * Writes recordings as NDJSON. Lines are not judged: what is wrong with a
 * recording is wrong with the result as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "export/ndjson.h"
#include "format/recording.h"
#include "source/input.h"

struct conversion {
	const char *name; /* for messages */
	struct input *input;
	bool is_file; /* and no pipe, whose lines somebody may be waiting for */
	unsigned long long line; /* lines so far */
	bool begun; /* the first line was a header */
	size_t len;
	char buf[INPUT_BYTES];
};

static int refuse(const struct conversion *now, int status, const char *why)
{
	return status_fail(status, "%s:%llu: %s", now->name, now->line + 1,
			   why);
}

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0, i;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/*
 * Write what was read. The begin of a text waits until its first line is there,
 * which shows whether this is a recording. Returns the exit code.
 */
static int convert_some(struct conversion *now, bool eof)
{
	if (!now->begun) {
		if (!eof && now->len < sizeof(now->buf) &&
		    !memchr(now->buf, '\n', now->len))
			return STATUS_OK;
		if (!recording_is_header(now->buf, now->len))
			return refuse(now, STATUS_DAMAGED,
				      now->len ? "not an mhptop recording" :
						 "empty file, not a recording");
		now->begun = true;
	}
	now->line += count_lines(now->buf, now->len);
	fwrite(now->buf, 1, now->len, stdout);
	now->len = 0;
	if (!now->is_file)
		fflush(stdout);
	return ferror(stdout) ? status_printed(STATUS_OK) : STATUS_OK;
}

static int convert_input(struct conversion *now)
{
	bool eof = false;
	const char *why;
	int status = STATUS_OK;
	ssize_t n;

	while (!eof && status == STATUS_OK) {
		n = input_read(now->input, now->buf + now->len,
			       sizeof(now->buf) - now->len, &eof, &why);
		if (n >= 0 && eof)
			n = input_end(now->input, &why);
		if (n < 0)
			return refuse(now,
				      n == -EPROTO || n == -ENOTSUP ?
					      STATUS_DAMAGED :
					      STATUS_FAILED,
				      why);
		now->len += n;
		if (now->begun || !input_is_cut(now->input))
			status = convert_some(now, eof);
	}
	if (status == STATUS_OK && input_is_cut(now->input))
		return refuse(now, STATUS_UNKNOWN, INPUT_CUT);
	return status;
}

static int convert(const char *path)
{
	static struct conversion now;
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat file;
	int status;

	now = (struct conversion){ .name = is_stdin ? "standard input" : path };
	if (fd < 0)
		return refuse(&now, STATUS_FAILED, strerror(errno));
	now.is_file = !fstat(fd, &file) && S_ISREG(file.st_mode);
	now.input = input_new(fd, now.is_file, false);
	status = now.input ? convert_input(&now) :
			     refuse(&now, STATUS_FAILED, strerror(ENOMEM));
	input_free(now.input);
	if (!is_stdin)
		close(fd);
	return status;
}

int export_ndjson(const char *const *paths, size_t nr)
{
	int status = nr ? STATUS_OK : convert("-");
	size_t i;

	for (i = 0; i < nr && status == STATUS_OK; i++)
		status = convert(paths[i]);
	return status_printed(status);
}
