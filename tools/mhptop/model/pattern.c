// SPDX-License-Identifier: GPL-2.0
/* Words, shell patterns and regular expressions. */
#include <ctype.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/pattern.h"

#define REGEX_PLUSES 8

enum pattern_kind { PATTERN_WORD, PATTERN_GLOB, PATTERN_REGEX };

struct pattern {
	enum pattern_kind kind;
	bool cased;
	char text[PATTERN_MAX];
	regex_t regex;
};

static struct pattern *pattern_new(const char *text, bool cased)
{
	struct pattern *pattern;

	if (strlen(text) >= PATTERN_MAX)
		return NULL;
	pattern = calloc(1, sizeof(*pattern));
	if (!pattern)
		return NULL;
	strcpy(pattern->text, text);
	pattern->cased = cased;
	return pattern;
}

struct pattern *pattern_word(const char *text, bool cased)
{
	struct pattern *pattern = pattern_new(text, cased);

	if (pattern && strpbrk(text, "*?["))
		pattern->kind = PATTERN_GLOB;
	return pattern;
}

/*
 * What would take much memory or time: regcomp() copies what is repeated, so each +
 * in another one doubles the expression, and a number repeats it that often. A
 * back-reference is slow.
 */
static const char *regex_refused(const char *text)
{
	int pluses = 0;

	for (; *text; text++) {
		pluses += *text == '+';
		if (pluses > REGEX_PLUSES)
			return "it has too many +";
		if (*text == '{')
			return "{ is not supported";
		if (*text != '\\')
			continue;
		if (isdigit((unsigned char)text[1]))
			return "back-references are not supported";
		if (text[1])
			text++;
	}
	return NULL;
}

struct pattern *pattern_regex(const char *text, bool cased, char *why,
			      size_t len)
{
	const char *refused = regex_refused(text);
	struct pattern *pattern;
	int err;

	if (!*text)
		refused = "it is empty";
	if (refused) {
		snprintf(why, len, "regular expression '%s': %s", text,
			 refused);
		return NULL;
	}
	pattern = pattern_new(text, cased);
	if (!pattern) {
		snprintf(why, len, "out of memory");
		return NULL;
	}
	pattern->kind = PATTERN_REGEX;
	err = regcomp(&pattern->regex, text,
		      REG_EXTENDED | REG_NOSUB | (cased ? 0 : REG_ICASE));
	if (err) {
		char reason[80];

		regerror(err, &pattern->regex, reason, sizeof(reason));
		snprintf(why, len, "regular expression '%s': %s", text, reason);
		free(pattern);
		return NULL;
	}
	return pattern;
}

bool pattern_matches(const struct pattern *pattern, const char *text)
{
	switch (pattern->kind) {
	case PATTERN_GLOB:
		return !fnmatch(pattern->text, text,
				pattern->cased ? 0 : FNM_CASEFOLD);
	case PATTERN_REGEX:
		return !regexec(&pattern->regex, text, 0, NULL, 0);
	case PATTERN_WORD:
		break;
	}
	return !(pattern->cased ? strcmp(pattern->text, text) :
				  strcasecmp(pattern->text, text));
}

void pattern_free(struct pattern *pattern)
{
	if (pattern && pattern->kind == PATTERN_REGEX)
		regfree(&pattern->regex);
	free(pattern);
}
