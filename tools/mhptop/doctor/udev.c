// SPDX-License-Identifier: GPL-2.0
/*
 * Reads rules of udev as far as the subsystem, the name and the path in sysfs decide for which devices they are, as
 * udev(7) describes them.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "doctor/udev.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* A memory block, and a device that is none */
static const struct {
	const char *key;
	const char *memory; /* without the number of the block, if it has that */
	bool numbered;
	const char *other;
} names[] = {
	{ "SUBSYSTEM", "memory", false, "other" },
	{ "SUBSYSTEMS", "memory", false, "other" },
	{ "KERNEL", "memory", true, "other" },
	{ "KERNELS", "memory", true, "other" },
	{ "DEVPATH", "/devices/system/memory/memory", true, "/devices/other" },
};

/* KEY{attribute}=="value" */
struct part {
	char key[32]; /* without the attribute */
	char operator[3];
	char value[256];
};

/* What a rule asks for and does, as far as it matters here */
struct rule {
	unsigned int asks; /* matches of any key */
	bool names_memory; /* by a match that other devices fail */
	bool excludes_memory;
	bool is_for_others; /* by a != that only memory blocks fail */
	char jump[64]; /* label, "" if it has none */
	char label[64];
};

/* Take the next part of a rule. NULL: there is none, or it is not understood. */
static const char *part_get(struct part *part, const char *text)
{
	size_t len;

	text += strspn(text, " \t,");
	len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	if (!len)
		return NULL;
	snprintf(part->key, sizeof(part->key), "%.*s", (int)len, text);
	text += len;
	if (*text == '{')
		text += strcspn(text, "}") + (strchr(text, '}') != NULL);
	text += strspn(text, " \t");
	len = strspn(text, "=!+-:");
	if (!len || len > 2)
		return NULL;
	snprintf(part->operator, sizeof(part->operator), "%.*s", (int)len,
		 text);
	text += len;
	text += strspn(text, " \t");
	/* e"" has escapes, i"" ignores case. */
	text += *text == 'e' || *text == 'i';
	if (*text++ != '"')
		return NULL;
	for (len = 0; text[len] && text[len] != '"'; len++)
		len += text[len] == '\\' && text[len + 1];
	snprintf(part->value, sizeof(part->value), "%.*s", (int)len, text);
	return text + len + (text[len] == '"');
}

/* One of several patterns: "cpu|memory" */
static bool is_match(const char *patterns, const char *name)
{
	char pattern[256];
	size_t len;

	for (;; patterns += len + 1) {
		len = strcspn(patterns, "|");
		snprintf(pattern, sizeof(pattern), "%.*s", (int)len, patterns);
		if (!fnmatch(pattern, name, 0))
			return true;
		if (!patterns[len])
			return false;
	}
}

/* "memory7" and "memory1[0-9]" are names of memory blocks, too: among several patterns, one is enough. */
static bool is_numbered(const char *patterns, const char *stem)
{
	size_t len, stem_len = strlen(stem);
	const char *number;

	for (;; patterns += len + 1) {
		len = strcspn(patterns, "|");
		number = patterns + stem_len;
		if (len > stem_len && !strncmp(patterns, stem, stem_len) &&
		    strspn(number, "0123456789[]-*?") >= len - stem_len)
			return true;
		if (!patterns[len])
			return false;
	}
}

static bool is_block_match(const struct part *part, size_t i,
			   const char *number)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", names[i].memory,
		 names[i].numbered ? number : "");
	return is_match(part->value, name);
}

static void take_name(struct rule *rule, const struct part *part, size_t i)
{
	bool one = is_block_match(part, i, "32");
	bool all = one && is_block_match(part, i, "0");
	bool some = one || (names[i].numbered &&
			    is_numbered(part->value, names[i].memory));
	bool other = is_match(part->value, names[i].other);

	if (part->operator[0] == '=') {
		rule->excludes_memory |= !some;
		rule->names_memory |= some && !other;
	} else {
		rule->excludes_memory |= all;
		rule->is_for_others |= some && !other;
	}
}

static void take_part(struct rule *rule, const struct part *part)
{
	bool asks = !strcmp(part->operator, "==") ||
		    !strcmp(part->operator, "!=");
	size_t i;

	/* Its operator may be that of an assignment. */
	rule->asks += asks || !strcmp(part->key, "PROGRAM");
	for (i = 0; asks && i < NR(names); i++)
		if (!strcmp(part->key, names[i].key))
			take_name(rule, part, i);
	if (!strcmp(part->key, "GOTO"))
		snprintf(rule->jump, sizeof(rule->jump), "%.63s", part->value);
	if (!strcmp(part->key, "LABEL"))
		snprintf(rule->label, sizeof(rule->label), "%.63s",
			 part->value);
}

bool udev_rule_take(struct udev_place *place, const char *text)
{
	struct rule rule = { 0 };
	struct part part;
	bool only_memory;

	while ((text = part_get(&part, text)))
		take_part(&rule, &part);
	if (*rule.label && !strcmp(rule.label, place->label))
		*place->label = '\0';
	only_memory = *place->label;
	/* All devices but memory blocks jump: with another match, some of them would not. */
	if (!only_memory && rule.is_for_others && rule.asks == 1)
		snprintf(place->label, sizeof(place->label), "%s", rule.jump);
	if (rule.excludes_memory)
		return false;
	return rule.names_memory ||
	       (only_memory && !*rule.jump && !*rule.label);
}
