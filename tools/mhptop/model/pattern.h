/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words to look for: a word itself, a shell pattern such as "mov*", or a regular
 * expression. None takes long, whoever wrote it: texts are short, and what makes
 * an expression large or slow is refused.
 */
#ifndef MODEL_PATTERN_H
#define MODEL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#define PATTERN_MAX 64 /* bytes, with the NUL */

struct pattern;

/*
 * A word, or a shell pattern if it has *, ? or [. Case counts only if cased. NULL:
 * out of memory, or longer than PATTERN_MAX.
 */
struct pattern *pattern_word(const char *text, bool cased);
/*
 * An extended regular expression of POSIX, which may match anywhere in a text.
 * NULL if it is invalid, with a reason in why.
 */
struct pattern *pattern_regex(const char *text, bool cased, char *why,
			      size_t len);
bool pattern_matches(const struct pattern *pattern, const char *text);
void pattern_free(struct pattern *pattern); /* NULL is fine */

#endif
