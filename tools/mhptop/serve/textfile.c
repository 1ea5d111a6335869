// SPDX-License-Identifier: GPL-2.0
/* Writes metrics to a file, aside first. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/status.h"
#include "serve/textfile.h"

#define TEXTFILE_NS (15 * LOOP_NS) /* between two versions of the file */

static int write_aside(int fd, const struct model *model,
		       const struct tally *tally)
{
	FILE *out = fdopen(fd, "w");
	int err;

	if (!out) {
		close(fd);
		return -ENOMEM;
	}
	err = fchmod(fd, 0644) ? -errno : 0;
	if (!err)
		err = metrics_put(model, tally, METRICS_TEXT, out);
	/* A full file system is reported by the flush. */
	errno = EIO;
	if (fclose(out) && (!err || err == -EIO))
		err = -errno;
	return err;
}

static int write_whole(const char *path, const struct model *model,
		       const struct tally *tally)
{
	char aside[PATH_MAX];
	int fd, err;

	if (snprintf(aside, sizeof(aside), "%s.%d", path, (int)getpid()) >=
	    (int)sizeof(aside))
		return -ENAMETOOLONG;
	/* Of an earlier process with the same id */
	unlink(aside);
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = write_aside(fd, model, tally);
	if (!err && rename(aside, path))
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}

bool textfile_is_due(const struct textfile *file)
{
	return file->due_ns && file->due_ns <= loop_now();
}

void textfile_end(struct textfile *file)
{
	file->has_ended = true;
	/* Once more, at once. */
	if (file->path)
		file->due_ns = 1;
}

int textfile_write(struct textfile *file, const struct model *model,
		   const struct tally *tally)
{
	int err = write_whole(file->path, model, tally);

	/* A full file system may be what the metrics are needed for, so HTTP goes on. */
	if (err && !file->is_failing)
		status_fail(STATUS_FAILED, "cannot write %s: %s%s", file->path,
			    strerror(-err),
			    file->was_written ? ", mhptop tries again" : "");
	else if (!err && file->is_failing)
		status_fail(STATUS_OK, "writing %s works again", file->path);
	file->is_failing = err;
	file->was_written |= !err;
	file->due_ns = err || !file->has_ended ? loop_now() + TEXTFILE_NS : 0;
	return file->was_written ? 0 : -ECANCELED;
}
