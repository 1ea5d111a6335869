// SPDX-License-Identifier: GPL-2.0
/*
 * The form that events had before schema 3: other names and words, and a reason
 * in the events that end an online or offline.
 */
#include <string.h>

#include "format/old_form.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	unsigned int event;
	const char *field;
	const char *name; /* NULL: the event did not have it */
} fields[] = {
	{ MHP_EVENT_mhp_offline_blocker, "page_flags", "flags" },
	{ MHP_EVENT_mhp_offline_blocker, "order", NULL },
	{ MHP_EVENT_mhp_offline_blocker, "ret", NULL },
};

/* Both mean that there was nothing to say. */
static const struct {
	const char *field;
	const char *word;
} words[] = {
	{ "why", "undecided" },
	{ "reason", "none" },
};

const char *old_form_name(unsigned int event, const char *field)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].event == event && !strcmp(fields[i].field, field))
			return fields[i].name;
	return NULL;
}

bool old_form_lacks(unsigned int event, const char *field)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].event == event && !fields[i].name &&
		    !strcmp(fields[i].field, field))
			return true;
	return false;
}

long old_form_word(const char *field, const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].field, field) &&
		    strlen(words[i].word) == len &&
		    !memcmp(words[i].word, word, len))
			return 0;
	return -1;
}

bool old_form_has_reason(unsigned int event)
{
	return event == MHP_EVENT_mhp_online_end ||
	       event == MHP_EVENT_mhp_offline_end;
}
