/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Settings of the rules as text: options of the command line, and lines of a
 * file with the same names.
 */
#ifndef RULES_CONFIG_H
#define RULES_CONFIG_H

#include "rules/rules.h"

/* S(name, name of its value or NULL, help) */
#define RULES_SETTINGS(S)                                                      \
	S("max-add", "TIME", "time limit for an add")                          \
	S("max-online", "TIME",                                                \
	  "time limit for bringing a memory block online")                     \
	S("max-offline", "TIME",                                               \
	  "time limit for taking a memory block offline")                      \
	S("max-remove", "TIME", "time limit for a removal")                    \
	S("max-idle", "TIME", "time limit for added memory to go online")      \
	S("max-vmemmap", "PERCENT",                                            \
	  "largest share of an add that memmap may use")                       \
	S("expect-hosting", "HOST",                                            \
	  "each add is hosted by buddy, block or range")                       \
	S("expect-removed", "FIRST-LAST",                                      \
	  "all memory at these addresses must be removed")                     \
	S("expect-online", "FIRST-LAST",                                       \
	  "all memory at these addresses must go online")                      \
	S("expect-adds", "N", "N, or N..M, adds must succeed")                 \
	S("expect-onlines", "N", "N, or N..M, memory blocks must go online")   \
	S("expect-offlines", "N", "N, or N..M, memory blocks must go offline") \
	S("expect-removes", "N", "N, or N..M, removals must succeed")          \
	S("expect-success", NULL, "every operation must succeed")              \
	S("allow-failures", "N", "at most N operations may fail")              \
	S("retries-ok", NULL, "an operation may fail if a later try succeeds") \
	S("skip", "RULE", "do not check this rule")

/*
 * Apply a setting; value is "" for a setting without one. 0, -ENOENT: unknown
 * name, or -EINVAL: invalid value, both with a reason in why.
 */
int rules_set(struct rules_opts *opts, const char *name, const char *value,
	      char *why, size_t len);
/* Apply a file with lines "name value"; # starts a comment. 0, or -errno with file, line and reason in why. */
int rules_read(struct rules_opts *opts, const char *path, char *why,
	       size_t len);

#endif
