// SPDX-License-Identifier: GPL-2.0
/* Opens the file that the recorder writes, and renames earlier ones. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/out.h"
#include "base/status.h"
#include "format/binary.h"
#include "record/output.h"

#define PACKED_SUFFIX ".zst"
/* Whatever another program does to the file, no line is overwritten. */
#define OUTPUT_FLAGS (O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND)

/*
 * Two recorders would mix their lines in a file. A file system may have no locks.
 */
static int lock_output(const struct record_output *output)
{
	if (!out_claim(output->fd))
		return STATUS_OK;
	return status_fail(
		STATUS_FAILED,
		"cannot write %s: another recorder writes to it; choose another file",
		output->name);
}

static bool has_suffix(const char *path, size_t len, const char *suffix)
{
	size_t suffix_len = strlen(suffix);

	return len > suffix_len &&
	       !memcmp(path + len - suffix_len, suffix, suffix_len);
}

/* FILE.mhp is binary, FILE.zst is packed, FILE.mhp.zst is both. */
static void find_form(struct record_output *output)
{
	size_t len = strlen(output->path);

	output->is_packed = has_suffix(output->path, len, PACKED_SUFFIX);
	if (output->is_packed)
		len -= strlen(PACKED_SUFFIX);
	output->is_binary = has_suffix(output->path, len, BINARY_SUFFIX);
}

static int fail_open(const struct record_output *output)
{
	return status_fail(STATUS_FAILED, "cannot open %s: %s", output->name,
			   strerror(errno));
}

/* The folder of the file; the caller frees it. NULL if out of memory. */
static char *output_folder(const struct record_output *output)
{
	char *path = strdup(output->path), *folder;

	folder = path ? strdup(dirname(path)) : NULL;
	free(path);
	return folder;
}

/* The file of a flight recorder is made when something fails: whether it can be. */
static int check_folder(const struct record_output *output)
{
	char *folder = output_folder(output);
	int status = STATUS_OK;

	if (!folder || eaccess(folder, W_OK | X_OK))
		status = fail_open(output);
	free(folder);
	return status;
}

/* Another file than a regular one cannot be renamed and begun anew. */
static int check_kind(const struct record_output *output)
{
	const struct record_opts *opts = &output->opts;
	struct stat status;
	bool is_file = output->path &&
		       (stat(output->path, &status) || S_ISREG(status.st_mode));

	if (is_file || !(opts->max_bytes || opts->reopen || opts->flight_bytes))
		return STATUS_OK;
	return status_fail(
		STATUS_FAILED,
		"cannot write %s: --max-size, --reopen and --flight need a file, which can be renamed",
		output->name);
}

static int open_output(struct record_output *output)
{
	output->fd = open(output->path, OUTPUT_FLAGS | O_EXCL, 0600);
	if (output->fd >= 0)
		output->created = output->path;
	else if (errno == EEXIST)
		output->fd = open(output->path, OUTPUT_FLAGS, 0600);
	return output->fd < 0 ? fail_open(output) : STATUS_OK;
}

int record_open(struct record_output *output, const char *path,
		const struct record_opts *opts)
{
	int status;

	*output = (struct record_output){ .name = "standard output",
					  .fd = STDOUT_FILENO };
	if (opts)
		output->opts = *opts;
	if (path && strcmp(path, "-")) {
		output->name = output->path = path;
		find_form(output);
	}
	status = check_kind(output);
	if (status)
		return status;
	if (output->opts.flight_bytes) {
		output->fd = -1;
		return check_folder(output);
	}
	status = output->path ? open_output(output) : STATUS_OK;
	if (status)
		return status;
	status = lock_output(output);
	if (status && output->path)
		close(output->fd);
	return status;
}

int output_close(struct record_output *output, int status)
{
	int fd = output->fd;

	if (fd < 0)
		return status;
	/* A shell that shares standard output may start the next recorder. */
	if (!output->path)
		out_release(fd);
	else if (close(fd) && !status)
		status = status_fail(STATUS_FAILED, "cannot write %s: %s",
				     output->name, strerror(errno));
	output->fd = -1;
	return status;
}

void record_cancel(struct record_output *output)
{
	if (output->created)
		unlink(output->created);
	output_close(output, STATUS_FAILED);
}

/* FILE.1 of FILE, FILE for 0. The caller frees it. NULL if out of memory. */
static char *earlier_path(const struct record_output *output, unsigned int nr)
{
	char *path;

	if (!nr)
		return strdup(output->path);
	return asprintf(&path, "%s.%u", output->path, nr) < 0 ? NULL : path;
}

/* Rename FILE.from to the next number. 0, also if there is no such file, or -errno. */
static int rename_earlier(const struct record_output *output, unsigned int from)
{
	char *old = earlier_path(output, from);
	char *new = earlier_path(output, from + 1);
	int err = 0;

	if (!old || !new)
		err = -ENOMEM;
	else if (rename(old, new) && errno != ENOENT)
		err = -errno;
	free(old);
	free(new);
	return err;
}

/* Make room for FILE: FILE becomes FILE.1, and so on; the oldest one is lost, FILE itself if none is kept. 0 or -errno. */
static int shift_files(const struct record_output *output)
{
	unsigned int nr = output->opts.keep;
	int err = 0;

	if (!nr)
		return unlink(output->path) && errno != ENOENT ? -errno : 0;
	while (nr-- && !err)
		err = rename_earlier(output, nr);
	return err;
}

/* 0 if there is no file, or an empty one, as logrotate makes it. */
static off_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? 0 : status.st_size;
}

static int make_next(struct record_output *output)
{
	int err = size_of(output->path) ? shift_files(output) : 0, status;

	if (err)
		return status_fail(STATUS_FAILED,
				   "cannot rename %s to keep it: %s",
				   output->name, strerror(-err));
	status = open_output(output);
	/* Since it was looked at, another program may have written to it: then it is not ours. */
	return status ?: lock_output(output);
}

int output_begin(struct record_output *output)
{
	const struct record_opts *opts = &output->opts;
	struct stat status;

	if (output->fd < 0)
		return make_next(output);
	if (!output->path || fstat(output->fd, &status) ||
	    !S_ISREG(status.st_mode))
		return STATUS_OK;
	if ((opts->max_bytes || opts->reopen) && status.st_size) {
		output_close(output, STATUS_OK);
		return make_next(output);
	}
	if (!ftruncate(output->fd, 0))
		return STATUS_OK;
	return status_fail(STATUS_FAILED, "cannot write %s: %s", output->name,
			   strerror(errno));
}

int output_next(struct record_output *output)
{
	int status = output_close(output, STATUS_OK);

	return status ?: make_next(output);
}

bool output_can_reopen(const struct record_output *output)
{
	struct stat ours, now;

	if (output->opts.max_bytes || output->opts.flight_bytes ||
	    stat(output->path, &now))
		return true;
	if (!fstat(output->fd, &ours) && ours.st_dev == now.st_dev &&
	    ours.st_ino == now.st_ino) {
		status_fail(
			STATUS_OK,
			"SIGHUP came, but %s was not renamed: recording goes on in it",
			output->name);
		return false;
	}
	if (!now.st_size)
		return true;
	status_fail(
		STATUS_OK,
		"SIGHUP came, but another program has written to %s: recording goes on in the file that was renamed",
		output->name);
	return false;
}

u64 output_capabilities(const struct record_output *output)
{
	const struct record_opts *opts = &output->opts;
	struct stat status;
	char *folder;
	bool own;

	if (!opts->max_bytes && !opts->reopen && !opts->flight_bytes)
		return 0;
	folder = output_folder(output);
	own = folder && !stat(folder, &status) && status.st_uid == geteuid() &&
	      status.st_mode & S_IWUSR;
	free(folder);
	return own ? 0 : 1ULL << CAP_DAC_OVERRIDE;
}
