/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop export`: a recording in the format of another tool. */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "source/stream.h"

/*
 * Write a stream to standard output as a trace for Perfetto, until it ends or a
 * signal arrives. Returns the exit code, after errors were reported on stderr.
 */
int export_perfetto(struct stream *stream);

#endif
