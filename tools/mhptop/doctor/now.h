/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop doctor --now`: what needs attention on this machine. */
#ifndef DOCTOR_NOW_H
#define DOCTOR_NOW_H

#include <stdbool.h>
#include <stdio.h>
#include "source/stream.h"

/*
 * Print what needs attention, as text or as one object of JSON. The stream is live
 * and not read yet. Returns STATUS_OK if there is nothing, STATUS_VIOLATED if there is
 * something, STATUS_UNKNOWN if there is nothing but not everything can be known, or
 * another status with a message.
 */
int doctor_now_run(struct stream *stream, bool json, FILE *out);

#endif
