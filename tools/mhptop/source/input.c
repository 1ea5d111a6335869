// SPDX-License-Identifier: GPL-2.0
/* Reads a recording of any form as lines of NDJSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/binary.h"
#include "source/input.h"
#include "source/unpack.h"

_Static_assert(BINARY_LINES_MAX <= INPUT_BYTES, "lines fit into the buffer");

struct input {
	int fd;
	struct unpack *unpack; /* NULL: the file is not packed */
	struct binary_text *binary; /* NULL: the file is text */
	bool begun; /* the first byte, which decides that, has been read */
	bool cut; /* the packed file ends early */
};

struct input *input_new(int fd, bool unpack, bool grows)
{
	struct input *input = calloc(1, sizeof(*input));

	if (!input)
		return NULL;
	input->fd = fd;
	input->unpack = unpack ? unpack_new(fd, grows) : NULL;
	if (!unpack || input->unpack)
		return input;
	free(input);
	return NULL;
}

void input_free(struct input *input)
{
	if (!input)
		return;
	unpack_free(input->unpack);
	binary_text_free(input->binary);
	free(input);
}

/* Like read(), but with -errno. */
static ssize_t read_raw(struct input *input, char *to, size_t len)
{
	ssize_t n;

	if (input->unpack) {
		n = unpack_read(input->unpack, to, len);
		/* Its totals may be there, but another recording may have followed. */
		input->cut |= n == -ENODATA;
		return n == -ENODATA ? 0 : n;
	}
	do {
		n = read(input->fd, to, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t read_failed(int err, const char **why)
{
	*why = err == -EPROTO ? "packed data is damaged" :
	       err == -EFBIG  ? UNPACK_TOO_LARGE :
				strerror(-err);
	return err;
}

bool input_is_cut(const struct input *input)
{
	return input->cut;
}

bool input_is_open(const struct input *input)
{
	return input->unpack && unpack_is_inside(input->unpack);
}

bool input_is_inside(const struct input *input)
{
	return input->binary && binary_text_is_inside(input->binary);
}

bool input_failed(const struct input *input)
{
	const char *why;

	return input->binary && binary_text_error(input->binary, &why);
}

/* The first byte decides the form. 0 or -ENOMEM. */
static int input_begin(struct input *input, char first)
{
	input->begun = true;
	if (first != *BINARY_MAGIC)
		return 0;
	input->binary = binary_text_new();
	return input->binary ? 0 : -ENOMEM;
}

ssize_t input_read(struct input *input, char *buf, size_t len, bool *eof,
		   const char **why)
{
	char raw[BINARY_RAW_MAX];
	ssize_t n;
	int err;

	*eof = false;
	if (input->binary) {
		err = binary_text_error(input->binary, why);
		if (err)
			return err;
		if (len < BINARY_LINES_MAX)
			return read_failed(-ENOBUFS, why);
	}
	/* What may be binary is read piece by piece, so that its lines have room. */
	if (input->begun && !input->binary)
		n = read_raw(input, buf, len);
	else
		n = read_raw(input, raw, sizeof(raw));
	*eof = !n;
	if (n > 0 && !input->begun) {
		err = input_begin(input, *raw);
		n = err ?: n;
		if (n > 0 && !input->binary)
			memcpy(buf, raw, n);
	}
	if (n < 0)
		return read_failed(n, why);
	return input->binary ?
		       (ssize_t)binary_text_put(input->binary, raw, n, buf) :
		       n;
}

int input_end(struct input *input, const char **why)
{
	if (!input->binary || input->cut)
		return 0;
	binary_text_end(input->binary);
	return binary_text_error(input->binary, why);
}
