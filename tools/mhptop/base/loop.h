/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the loops of record.c, check.c, batch.c and dashboard.c share: signals as a
 * descriptor, the clock, waiting. What they do in between is theirs.
 */
#ifndef LOOP_H
#define LOOP_H

#include <poll.h>
#include <stdbool.h>
#include "base/types.h"

#define LOOP_NS 1000000000ULL /* in a second */

/*
 * Signals that come from here on wait for loop_signals(). For what must not be
 * cut short.
 */
void loop_hold_signals(void);
/*
 * Block SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH, and return a descriptor
 * that is readable when one of them came, or -errno. Signals that are ignored, as
 * nohup does with SIGHUP, stay ignored; except for SIGINT, which shells ignore in
 * all background jobs of a script, although a script stops them with it. Writing
 * to a closed pipe, or beyond a file size limit, becomes an error. Call it when
 * nothing that may wait long, such as the opening of a source, is to come.
 */
int loop_signals(void);
/* The number of the next signal that came, 0 if there is none. */
int loop_signal(int fd);
u64 loop_now(void); /* CLOCK_MONOTONIC in ns */
/*
 * poll() until something happens, or until a time, 0 for no limit. Negative
 * descriptors are passed over. > 0: something happened, 0: it is time, -errno.
 */
int loop_wait(struct pollfd *fds, unsigned int nr, u64 until_ns);

#endif
