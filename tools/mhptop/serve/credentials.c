// SPDX-License-Identifier: GPL-2.0
/* Reads certificate, key and token, and refuses secrets that others may read or write. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/credentials.h"

#define FILE_MAX 65536 /* bytes of a certificate with those of its issuers */

/* A file that is being read, and where the reason goes if it cannot be. */
struct input {
	const char *path;
	int fd;
	char *why;
	size_t len;
};

/* Anyone who may write it can put a known token in its place. */
static int check_secret(const struct input *input, const struct stat *stat)
{
	if (stat->st_mode & S_IWGRP) {
		snprintf(
			input->why, input->len,
			"cannot use %s: its group can write it; 'chmod g-w %s' forbids that",
			input->path, input->path);
		return -EACCES;
	}
	if (stat->st_mode & S_IRWXO) {
		snprintf(
			input->why, input->len,
			"cannot use %s: other users can read or write it; 'chmod o= %s' forbids that",
			input->path, input->path);
		return -EACCES;
	}
	if (stat->st_uid && stat->st_uid != geteuid()) {
		snprintf(
			input->why, input->len,
			"cannot use %s: it belongs to another user; 'chown root %s' changes that",
			input->path, input->path);
		return -EACCES;
	}
	return 0;
}

static int check_input(const struct input *input, bool is_secret)
{
	struct stat stat;

	if (fstat(input->fd, &stat)) {
		snprintf(input->why, input->len, "cannot use %s: %s",
			 input->path, strerror(errno));
		return -EIO;
	}
	if (!S_ISREG(stat.st_mode) || stat.st_size > FILE_MAX) {
		snprintf(input->why, input->len, "cannot use %s: %s",
			 input->path,
			 S_ISREG(stat.st_mode) ? "it is larger than 64 KiB" :
						 "it is not a file");
		return -EINVAL;
	}
	return is_secret ? check_secret(input, &stat) : 0;
}

static int read_input(const struct input *input, char *text)
{
	size_t used = 0;
	ssize_t got;

	while (used < FILE_MAX) {
		got = read(input->fd, text + used, FILE_MAX - used);
		if (!got)
			return 0;
		if (got < 0 && errno != EINTR) {
			snprintf(input->why, input->len, "cannot read %s: %s",
				 input->path, strerror(errno));
			return -EIO;
		}
		used += got < 0 ? 0 : got;
	}
	return 0;
}

/* The text of a file, which forget_text() frees. */
static int read_file(char **text, const char *path, bool is_secret, char *why,
		     size_t len)
{
	/* O_NONBLOCK: a FIFO would wait for a writer. */
	struct input input = {
		.path = path,
		.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.why = why,
		.len = len,
	};
	int err = -ENOMEM;

	*text = NULL;
	if (input.fd < 0) {
		err = -errno;
		snprintf(why, len, "cannot read %s: %s", path, strerror(-err));
		return err;
	}
	err = check_input(&input, is_secret);
	if (err)
		goto out;
	*text = calloc(1, FILE_MAX + 1);
	if (*text) {
		err = read_input(&input, *text);
	} else {
		err = -ENOMEM;
		snprintf(why, len, "cannot read %s: %s", path, strerror(-err));
	}
out:
	close(input.fd);
	return err;
}

/* No secret stays in memory that is used for something else. */
static void forget_text(char *text)
{
	if (text)
		explicit_bzero(text, FILE_MAX);
	free(text);
}

/* Space around the token is no part of it, as editors and echo leave a line feed. */
static int read_token(struct token *token, const char *path, char *why,
		      size_t len)
{
	static const char spaces[] = " \t\r\n";
	char *text, *begin;
	size_t bytes;
	int err = read_file(&text, path, true, why, len);

	if (err)
		goto out;
	begin = text + strspn(text, spaces);
	bytes = strlen(begin);
	while (bytes && strchr(spaces, begin[bytes - 1]))
		bytes--;
	err = token_set(token, begin, bytes);
	if (err == -ERANGE)
		snprintf(
			why, len,
			"cannot use %s: a token has %d to %d characters; 'openssl rand -hex 32' makes one",
			path, TOKEN_MIN, TOKEN_MAX);
	else if (err)
		snprintf(
			why, len,
			"cannot use %s: a token has only letters, digits and -._~+/=; 'openssl rand -hex 32' makes one",
			path);
out:
	forget_text(text);
	return err;
}

int credentials_read(struct credentials **read,
		     const struct credential_files *files, char *why,
		     size_t len)
{
	struct credentials *credentials = calloc(1, sizeof(*credentials));
	int err = 0;

	*read = NULL;
	if (!credentials) {
		snprintf(why, len, "cannot read the credentials: %s",
			 strerror(ENOMEM));
		return -ENOMEM;
	}
	if (files->certificate)
		err = read_file(&credentials->certificate, files->certificate, false, why, len) ?:
			      read_file(&credentials->key, files->key, true,
					why, len);
	if (!err && files->token) {
		err = read_token(&credentials->token, files->token, why, len);
		credentials->has_token = true;
	}
	if (err)
		credentials_free(credentials);
	else
		*read = credentials;
	return err;
}

void credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return;
	free(credentials->certificate);
	forget_text(credentials->key);
	explicit_bzero(credentials, sizeof(*credentials));
	free(credentials);
}
