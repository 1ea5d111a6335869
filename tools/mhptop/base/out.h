/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output that a signal can end even if the reader of a pipe has stopped
 * reading, for loops that receive signals through a descriptor.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "base/types.h"

struct out {
	int fd;
	int signals; /* from loop_signals() */
	bool is_file; /* regular: writes never wait for a reader */
	bool stop; /* a signal arrived: write what is pending, then end */
	u64 requests; /* bits 1 << signal of those that ask for something, and do not end the program */
	u64 asked; /* those of them that arrived; the caller clears them */
	size_t written; /* bytes so far */
	int err; /* first error; all later writes return it */
};

/* Both descriptors stay the caller's to close. */
void out_init(struct out *out, int fd, int signals);
/*
 * Write all len bytes. Returns 0 or -errno: -EPIPE if the reader is gone,
 * -EINTR if a signal arrived and then nothing could be written for two seconds
 * or a second signal arrived.
 */
int out_write(struct out *out, const void *buf, size_t len);
/*
 * A stream that writes to out. The caller closes it before out goes away. NULL
 * if out of memory.
 */
FILE *out_stream(struct out *out);
/*
 * Lock a file as the one who writes it, until out_release(), or until all descriptors of it
 * that were copied from this one are closed. 0, also if the file or its file system cannot
 * be locked; -EAGAIN: somebody else writes it.
 */
int out_claim(int fd);
void out_release(int fd);
/* Whether somebody who claimed the file still writes it. */
bool out_is_claimed(int fd);
/* Read pending signals. True once one has arrived that is neither SIGWINCH nor a request. */
bool out_stopped(struct out *out);
/*
 * Wait until a descriptor can be read, a signal arrives or the time of
 * CLOCK_MONOTONIC in ns has come. 0 if there may be work to do, -EINTR after a
 * signal, -EPIPE if nobody reads the output any more, or another error.
 */
int out_wait(struct out *out, int fd, unsigned long long until);

#endif
