// SPDX-License-Identifier: GPL-2.0
/* Writes metrics to a file, aside first. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/textfile.h"

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

int textfile_write(const char *path, const struct model *model,
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
