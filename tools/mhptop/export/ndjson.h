/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop export --ndjson`: recordings as the NDJSON that the recorder would have written. */
#ifndef EXPORT_NDJSON_H
#define EXPORT_NDJSON_H

#include <stddef.h>

/*
 * Write recordings to standard output, one after the other; without any, that of
 * standard input. Returns the exit code, after errors were reported on stderr.
 */
int export_ndjson(const char *const *paths, size_t nr);

#endif
