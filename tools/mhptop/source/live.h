/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the live sources and the doctor share: facts about this machine from
 * uname, clocks, /proc and /sys. Everything about events is elsewhere.
 */
#ifndef SOURCE_LIVE_H
#define SOURCE_LIVE_H

#include <stdbool.h>
#include <stdio.h>
#include "source/source.h"

/*
 * A small file's text without its newline, cut to fit. Characters read, or
 * -errno. The path is given as for printf().
 */
int source_live_text(char *buf, size_t len, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a number, in a base as for strtoull(). 0 or -errno. */
int source_live_number(u64 *number, int base, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * Fill info for a live source; memory is /sys/devices/system/memory, or the
 * like under root ("" is the machine itself). 0, or -EOPNOTSUPP with why.
 */
int source_live_info(struct source_info *info, enum source_kind kind,
		     const char *root, char *why, size_t len);
u64 source_live_monotonic(void); /* ns */
/* Whether this process has a capability (CAP_BPF, …), effectively. */
bool source_live_capable(unsigned int cap);
/*
 * The folder of a mounted tracefs that describes events. 0, -ENOENT: none is
 * mounted, -EACCES: it is not for this user.
 */
int source_live_tracefs(const char **events);
/* "" or the kernel's lockdown mode, "integrity" or "confidentiality". */
void source_live_lockdown(char *buf, size_t len);

/* Format into why and return err, for the last line of a failing function. */
int source_live_why(int err, char *why, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
