/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output that a signal can end, even while whoever should read it does not.
 * Used by record.c and batch.c, whose signals come through a descriptor.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct out {
	int fd;
	int signals; /* from loop_signals() */
	bool is_file; /* writing to it does not wait for anybody */
	bool stop; /* a signal came: write what is due, then end */
	size_t written; /* bytes so far */
	int err; /* the first error of a write, then of all */
};

void out_init(struct out *out, int fd, int signals);
/*
 * Write all. 0 or -errno: -EPIPE when nobody reads any more, -EINTR when
 * signals came and nothing could be written for two seconds, or a second one.
 */
int out_write(struct out *out, const void *buf, size_t len);
/* The same as a stream, to be closed; NULL: no memory. */
FILE *out_stream(struct out *out);
/* Take signals that came; whether one asks to end. */
bool out_stopped(struct out *out);

#endif
