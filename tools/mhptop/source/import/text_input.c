// SPDX-License-Identifier: GPL-2.0
/* Splits a text file, or the output of perf script, into lines. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/import/perf_data.h"
#include "source/import/text_input.h"

static int input_fail(struct text_input *input, int err, const char *reason)
{
	snprintf(input->why, sizeof(input->why), "%s", reason);
	return err;
}

static int start_perf(struct text_input *input)
{
	input->pipe = perf_data_print(input->file, input->bare, &input->perf);
	if (input->pipe >= 0)
		return 0;
	input->perf = 0;
	if (input->pipe == -ENOENT)
		return input_fail(
			input, -ENOENT,
			"there is no /usr/bin/perf; apt-get install linux-perf, or check the output of 'perf script --show-lost-events'");
	snprintf(input->why, sizeof(input->why), "cannot run /usr/bin/perf: %s",
		 strerror(-input->pipe));
	return input->pipe;
}

static void stop(struct text_input *input)
{
	if (input->perf)
		perf_data_stop(input->perf);
	input->perf = 0;
	if (input->pipe >= 0)
		close(input->pipe);
	input->pipe = -1;
	unpack_free(input->unpack);
	input->unpack = NULL;
}

int text_input_rewind(struct text_input *input)
{
	stop(input);
	input->line = 0;
	input->eof = input->cut = false;
	input->start = input->end = 0;
	if (input->is_perf)
		return start_perf(input);
	if (lseek(input->file, 0, SEEK_SET) < 0)
		return input_fail(input, -errno, strerror(errno));
	input->unpack = unpack_new(input->file, false);
	return input->unpack ? 0 : input_fail(input, -ENOMEM, "out of memory");
}

int text_input_open(struct text_input *input, const char *path)
{
	char magic[sizeof(PERF_DATA_MAGIC)] = "";

	memset(input, 0, sizeof(*input));
	input->path = path;
	input->pipe = -1;
	input->file = open(path, O_RDONLY | O_CLOEXEC);
	if (input->file < 0)
		return input_fail(input, -errno, strerror(errno));
	if (pread(input->file, magic, sizeof(magic) - 1, 0) < 0)
		return input_fail(input, -errno, strerror(errno));
	input->is_perf = !strcmp(magic, PERF_DATA_MAGIC);
	return text_input_rewind(input);
}

void text_input_close(struct text_input *input)
{
	stop(input);
	if (input->file >= 0)
		close(input->file);
}

int text_input_fd(const struct text_input *input)
{
	return input->is_perf ? input->pipe : input->file;
}

/* The output of perf has ended: 0, or an error if perf failed. */
static int finish_perf(struct text_input *input)
{
	int err = perf_data_wait(input->perf);

	input->perf = 0;
	if (!err || input->may_fail)
		return 0;
	input->line = 0;
	if (err == -ECHILD)
		return input_fail(
			input, err,
			"'perf script' could not be started, had too little memory, or crashed; run it with this file to see why");
	return input_fail(
		input, err,
		"'perf script' failed; run it with this file to see why");
}

static ssize_t input_read(struct text_input *input, bool wait, char *to,
			  size_t len)
{
	struct pollfd fd = { .fd = input->pipe, .events = POLLIN };
	ssize_t n;

	if (!input->is_perf)
		return unpack_read(input->unpack, to, len);
	if (!wait && poll(&fd, 1, 0) <= 0)
		return -EAGAIN;
	do {
		n = read(input->pipe, to, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Read more into the buffer. 0, also at the end, or -errno. */
static int input_fill(struct text_input *input, bool wait)
{
	char *to = input->buf + input->end;
	ssize_t n = input_read(input, wait, to, TEXT_LINE_MAX - input->end);

	if (n == -EAGAIN)
		return -EAGAIN;
	if (n == -ENODATA) {
		input->cut = true;
		n = 0;
	}
	if (n < 0) {
		input->line++;
		snprintf(input->why, sizeof(input->why), "%s%s",
			 n == -EPROTO ? unpack_format(input->unpack) :
					strerror(-n),
			 n == -EPROTO ? " data is damaged" : "");
		if (n == -EFBIG)
			input_fail(input, n, UNPACK_TOO_LARGE);
		return n;
	}
	input->end += n;
	input->eof = !n;
	return input->eof && input->perf ? finish_perf(input) : 0;
}

/* Make room for at least one more byte. -EPROTO: a line is too long. */
static int make_room(struct text_input *input)
{
	input->end -= input->start;
	memmove(input->buf, input->buf + input->start, input->end);
	input->start = 0;
	if (input->end < TEXT_LINE_MAX)
		return 0;
	input->line++;
	return input_fail(input, -EPROTO,
			  memchr(input->buf, '\0', input->end) ?
				  "NUL byte in a text file" :
				  "line too long");
}

int text_input_line(struct text_input *input, bool wait, char **line)
{
	char *newline, *start;
	int err;

	for (;;) {
		start = input->buf + input->start;
		newline = memchr(start, '\n', input->end - input->start);
		if (newline)
			break;
		/* A number may have been cut, so the rest is not a line. */
		if (input->eof) {
			input->cut |= input->start < input->end;
			return -ENODATA;
		}
		err = make_room(input);
		if (!err)
			err = input_fill(input, wait);
		if (err)
			return err;
	}
	input->line++;
	input->start = newline + 1 - input->buf;
	*newline = '\0';
	/* As in a file whose machine crashed. */
	if (strlen(start) < (size_t)(newline - start))
		return input_fail(input, -EPROTO, "NUL byte in a text file");
	*line = start;
	return 0;
}
