/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a user asks of the rules, as words: options of the command line and
 * lines of a file, which have the same names.
 */
#ifndef RULES_CONFIG_H
#define RULES_CONFIG_H

#include "rules/rules.h"

/* S(name, what its value is called or NULL, help) */
#define RULES_SETTINGS(S)                                                      \
	S("max-add", "TIME", "no add takes longer")                            \
	S("max-online", "TIME", "no memory block takes longer to go online")   \
	S("max-offline", "TIME", "no memory block takes longer to go offline") \
	S("max-remove", "TIME", "no removal takes longer")                     \
	S("max-vmemmap", "PERCENT", "no add gives up more of its pages")       \
	S("expect-hosting", "HOST", "buddy, block or range hosts each add")    \
	S("expect-removed", "FIRST-LAST",                                      \
	  "these bytes are removed, all of them")                              \
	S("expect-success", NULL, "no operation fails")                        \
	S("skip", "RULE", "do not judge by this rule")

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
