// SPDX-License-Identifier: GPL-2.0
/* Output that a signal can end while nothing can be written. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/out.h"

#define GRACE_NS (2 * LOOP_NS) /* to write the rest after a signal */

void out_init(struct out *out, int fd, int signals)
{
	struct stat st;

	*out = (struct out){ .fd = fd, .signals = signals };
	out->is_file = !fstat(fd, &st) && S_ISREG(st.st_mode);
}

/* The lock of an open file: unlike flock(), one can ask for it without taking it. */
static int lock_file(int fd, int command, struct flock *lock)
{
	struct stat st;

	lock->l_whence = SEEK_SET;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return -EOPNOTSUPP;
	return fcntl(fd, command, lock) ? -errno : 0;
}

int out_claim(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };
	int err = lock_file(fd, F_OFD_SETLK, &lock);

	return err == -EAGAIN || err == -EACCES ? -EAGAIN : 0;
}

void out_release(int fd)
{
	struct flock lock = { .l_type = F_UNLCK };

	lock_file(fd, F_OFD_SETLK, &lock);
}

bool out_is_claimed(int fd)
{
	struct flock lock = { .l_type = F_RDLCK };

	return !lock_file(fd, F_OFD_GETLK, &lock) && lock.l_type == F_WRLCK;
}

bool out_stopped(struct out *out)
{
	int signal;

	while ((signal = loop_signal(out->signals))) {
		if (out->requests >> signal & 1)
			out->asked |= 1ULL << signal;
		else if (signal != SIGWINCH)
			out->stop = true;
	}
	return out->stop;
}

int out_wait(struct out *out, int fd, unsigned long long until)
{
	struct pollfd fds[] = {
		{ .fd = out->signals, .events = POLLIN },
		{ .fd = out->fd },
		{ .fd = fd, .events = POLLIN },
	};
	int ret = loop_wait(fds, 3, until);

	if (ret < 0)
		return ret;
	/* Whoever read the pipe or socket is gone; a write would fail. */
	if (fds[1].revents & (POLLERR | POLLHUP))
		return -EPIPE;
	return out_stopped(out) ? -EINTR : 0;
}

/*
 * Waits until something can be written. Once a signal arrived, it waits no
 * longer than GRACE_NS; the next one ends it at once. Returns 0 or -errno.
 */
static int wait_writable(struct out *out)
{
	struct pollfd fds[] = {
		{ .fd = out->fd, .events = POLLOUT },
		{ .fd = out->signals, .events = POLLIN },
	};
	u64 until = 0;
	int ret;

	for (;;) {
		if (out->stop && !until)
			until = loop_now() + GRACE_NS;
		ret = loop_wait(fds, 2, until);
		if (ret < 0)
			return ret;
		if (fds[0].revents)
			return 0;
		if (!ret && until && loop_now() >= until)
			return -EINTR;
		if (!fds[1].revents)
			continue;
		if (out->stop && out_stopped(out))
			return -EINTR;
		out_stopped(out);
	}
}

int out_write(struct out *out, const void *buf, size_t len)
{
	const char *at = buf;
	size_t size;
	ssize_t n;

	while (len && !out->err) {
		size = len;
		if (!out->is_file) {
			/* A writable pipe takes PIPE_BUF bytes without blocking. */
			size = len < PIPE_BUF ? len : PIPE_BUF;
			out->err = wait_writable(out);
			if (out->err)
				break;
		}
		n = write(out->fd, at, size);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			out->err = -errno;
		if (n > 0) {
			at += n;
			out->written += n;
			len -= n;
		}
	}
	return out->err;
}

static ssize_t stream_write(void *cookie, const char *buf, size_t len)
{
	int err = out_write(cookie, buf, len);

	errno = -err;
	return err ? 0 : len;
}

FILE *out_stream(struct out *out)
{
	return fopencookie(out, "w",
			   (cookie_io_functions_t){ .write = stream_write });
}
