/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every event loop needs: signals through a descriptor, the monotonic
 * clock, and poll() with a deadline.
 */
#ifndef LOOP_H
#define LOOP_H

#include <poll.h>
#include <stdbool.h>
#include "base/types.h"

#define LOOP_NS 1000000000ULL /* ns in a second */

/*
 * Block SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH: they stay pending until
 * loop_signal() reads them. Those that are ignored, as nohup ignores SIGHUP, stay
 * ignored. SIGINT does not: shells make background jobs of scripts ignore it,
 * although scripts stop them with it. For work that must not be interrupted.
 */
void loop_hold_signals(void);
/* From now on, hold and read this signal as well, such as SIGUSR1. */
void loop_want_signal(int signal);
/* Until then, let SIGINT end the program although it was ignored, as what is opened first may take for ever. */
void loop_heed_interrupts(void);
/*
 * Block the same signals, make writes to a closed pipe or beyond a file size
 * limit fail, and return a descriptor that is readable while one of the signals
 * is pending, or -errno. The caller closes it. Call this after everything that
 * may take long, such as opening a source: until then, signals end the program as
 * usual.
 */
int loop_signals(void);
/* Read the next pending signal: its number, 0 if there is none. Does not block. */
int loop_signal(int fd);
u64 loop_now(void); /* CLOCK_MONOTONIC in ns */
/* Make *until the earlier one of two times; 0 stands for none. */
void loop_sooner(u64 *until, u64 due);
/*
 * poll() until a descriptor is ready or loop_now() reaches until_ns (0: no
 * limit). Negative descriptors are ignored. Returns 1 if one is ready, 0 if the
 * time is up or a signal interrupted the wait, or -errno.
 */
int loop_wait(struct pollfd *fds, unsigned int nr, u64 until_ns);

#endif
