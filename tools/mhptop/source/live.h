/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts about this machine, for the live sources and the doctor: from uname,
 * clocks, /proc and /sys.
 */
#ifndef SOURCE_LIVE_H
#define SOURCE_LIVE_H

#include <stdbool.h>
#include <stdio.h>
#include "source/source.h"

/*
 * Read the text of a small file, without its newline, truncated to fit. The
 * number of characters, or -errno. path is a format for printf().
 */
int source_live_text(char *buf, size_t len, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * Fill info for a live source. root is prepended to /sys/devices/system/memory,
 * "" for the machine itself. 0, or -EOPNOTSUPP with a reason in why.
 */
int source_live_info(struct source_info *info, enum source_kind kind,
		     const char *root, char *why, size_t len);
/* Whether this is a virtual machine, as far as the CPUs report it. */
bool source_live_guest(void);
/* The pages of a pageblock below root, 0 if unknown. */
u64 source_live_pageblock(const char *root);
/* Whether a driver of this machine changes managed pages without an event. */
bool source_live_balloon(void);
u64 source_live_monotonic(void); /* ns */
/* Whether a source is of this machine, and of its current boot. */
bool source_live_is_boot(const struct source_info *info);
/*
 * Whether CLOCK_MONOTONIC of this machine is the clock of a source that still
 * gets records: a live one, or a recording that is being made since the same boot.
 */
bool source_live_has_clock(const struct source_info *info);
/* Read the clocks as if at one moment, all in ns. */
void source_live_clocks(struct mhp_mhp_clock *clock);
/* Whether this process is in a user namespace other than the initial one. */
bool source_live_in_user_namespace(void);
/*
 * Whether a capability (CAP_BPF, …) is in this process's effective set, and
 * counts outside of a user namespace.
 */
bool source_live_capable(unsigned int cap);
/*
 * Give up all capabilities but those with which events are read. To be called when
 * all files are open; keep has others to keep, as bits. 0 or -errno.
 */
int source_live_drop(u64 keep);
/*
 * The events folder of a mounted tracefs. 0, -ENOENT: not mounted, or -EACCES:
 * no permission to read it.
 */
int source_live_tracefs(const char **events);
/* The kernel's lockdown mode: "integrity", "confidentiality", or "" for none. */
void source_live_lockdown(char *buf, size_t len);

/* Format a reason into why. Returns err, so that a function can end with it. */
int source_live_why(int err, char *why, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
