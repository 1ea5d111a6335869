/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a user asks of the rules, as words: options of the command line and
 * lines of a file, which have the same names.
 */
#ifndef RULES_CONFIG_H
#define RULES_CONFIG_H

#include "rules/rules.h"

/* S(name, what its value is called or NULL, help) */
#define RULES_SETTINGS(S)                                         \
	S("max-add", "TIME", "time limit for an add")             \
	S("max-online", "TIME",                                   \
	  "time limit for bringing a memory block online")        \
	S("max-offline", "TIME",                                  \
	  "time limit for taking a memory block offline")         \
	S("max-remove", "TIME", "time limit for a removal")       \
	S("max-vmemmap", "PERCENT",                               \
	  "largest share of an add that memmap may use")          \
	S("expect-hosting", "HOST",                               \
	  "each add is hosted by buddy, block or range")          \
	S("expect-removed", "FIRST-LAST",                         \
	  "all memory at these addresses must be removed")        \
	S("expect-success", NULL, "every operation must succeed") \
	S("skip", "RULE", "do not check this rule")

/*
 * One setting by its name: 0, -ENOENT if there is no such name, -EINVAL if the
 * value is wrong, with a reason for both. value is "" for those without one.
 */
int rules_set(struct rules_opts *opts, const char *name, const char *value,
	      char *why, size_t len);
/* All lines of a file, "name value"; # begins a comment. 0 or -errno, with the line in the reason. */
int rules_read(struct rules_opts *opts, const char *path, char *why,
	       size_t len);

#endif
