// SPDX-License-Identifier: GPL-2.0
/* Signals through a descriptor, the monotonic clock, and poll() with a deadline. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"

static int
	asked; /* a signal that the program wants besides those that end it, 0: none */

/* A blocked signal is queued even if it is ignored, so leave those out. */
static bool is_ignored(int signal)
{
	struct sigaction action;

	return !sigaction(signal, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

static void fill_set(sigset_t *set)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGQUIT };
	size_t i;

	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGWINCH);
	if (asked)
		sigaddset(set, asked);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (!is_ignored(ends[i]))
			sigaddset(set, ends[i]);
}

void loop_want_signal(int signal)
{
	asked = signal;
}

void loop_heed_interrupts(void)
{
	if (is_ignored(SIGINT))
		signal(SIGINT, SIG_DFL);
}

void loop_hold_signals(void)
{
	sigset_t set;

	fill_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int loop_signals(void)
{
	sigset_t set;
	int fd;

	fill_set(&set);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int loop_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return info.ssi_signo;
}

u64 loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * LOOP_NS + now.tv_nsec;
}

void loop_sooner(u64 *until, u64 due)
{
	if (due && (!*until || due < *until))
		*until = due;
}

int loop_wait(struct pollfd *fds, unsigned int nr, u64 until_ns)
{
	struct timespec rest, *timeout = NULL;
	u64 now;
	int ret;

	if (until_ns) {
		now = loop_now();
		rest.tv_sec = until_ns > now ? (until_ns - now) / LOOP_NS : 0;
		rest.tv_nsec = until_ns > now ? (until_ns - now) % LOOP_NS : 0;
		timeout = &rest;
	}
	ret = ppoll(fds, nr, timeout, NULL);
	return ret < 0 && errno != EINTR ? -errno : ret > 0;
}
