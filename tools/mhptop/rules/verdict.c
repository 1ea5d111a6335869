// SPDX-License-Identifier: GPL-2.0
/* Decides whether a stream passes, fails, or proves nothing, and why. */
#include <stdio.h>

#include "base/units.h"
#include "model/event_table.h"
#include "rules/state.h"
#include "rules/verdict.h"

const char *verdict_name(enum verdict_word word)
{
	static const char *const names[] = {
		[VERDICT_PASS] = "PASS",
		[VERDICT_UNKNOWN] = "UNKNOWN",
		[VERDICT_FAIL] = "FAIL",
		[VERDICT_DAMAGED] = "DAMAGED",
	};

	return names[word];
}

static bool is_count_expected(const struct rules *rules)
{
	int i;

	for (i = 0; i < 4; i++)
		if (rules->opts.count[i].set &&
		    !rules->opts.skip[RULE_BUDGET_COUNT])
			return true;
	return false;
}

/* Whether no rule of the kernel is left, and no limit of the user was checked. */
static bool is_all_skipped(const struct rules *rules)
{
	int i;

	for (i = 0; i < NR_RULES; i++)
		if (rules->checked[i] ||
		    (i < RULE_BUDGET_TIME && !rules->opts.skip[i]))
			return false;
	return true;
}

/* Whether a rule had something to check, the kernel's or the user's. */
static bool is_any_checked(const struct rules *rules)
{
	int i;

	for (i = 0; i < NR_RULES; i++)
		if (rules->checked[i])
			return true;
	return false;
}

static void doubt_unended(char *text, size_t len, const struct rules *rules,
			  const struct rule_unended *unended)
{
	char took[UNITS_TEXT_MAX];

	snprintf(text, len,
		 "the %s operation on memory%llu has not ended after %s",
		 unended->name, unended->pfn / rules->block_pages,
		 duration_text(took, unended->ns, DURATION_EXACT));
}

/* The first doubt, the one that explains the others. NULL: none. */
static const char *find_doubt(const struct verdict_stream *stream,
			      const struct rules *rules)
{
	if (stream->damaged)
		return "the recording is damaged";
	if (stream->unreadable)
		return "the events could not be read to the end";
	if (stream->lost)
		return "events were lost";
	if (stream->doubt)
		return stream->doubt;
	if (rules_gaps(rules))
		return "the source cannot report all begins and ends of operations, memmaps and counts of pages";
	if (rules_unsure(rules) && !rules_unread(rules))
		return "events came out of order";
	if (rules_uneven(rules))
		return "sections have memmap of different sizes, and the size of a struct page is unknown";
	if (stream->unchecked)
		return "out of memory";
	if (stream->differs)
		return "the recorder's and the kernel's ledgers differ";
	if (stream->overlaps)
		return "recordings overlap, so events may be counted twice";
	if (stream->interrupted)
		return "interrupted before the end of the stream";
	if (stream->rest)
		return stream->rest;
	if (stream->cut)
		return "the recording was cut: its end is missing";
	return NULL;
}

static void doubt_idle(char *text, size_t len, const struct rules *rules)
{
	char where[48] = "";

	if (rules_parts(rules) > 1)
		snprintf(where, sizeof(where), " in recording %llu",
			 rules_idle_part(rules));
	snprintf(
		text, len,
		"nothing happened%s: no memory was added, removed, or went online or offline",
		where);
}

static void doubt_violation(char *text, size_t len, const struct rules *rules)
{
	char names[EVENT_NAMES_MAX];

	snprintf(
		text, len,
		"a rule seems violated, but there are no %s events, which may be why",
		event_names(rules_doubted(rules), names));
}

void verdict_judge(struct verdict *verdict, const struct verdict_stream *stream,
		   const struct rules *rules)
{
	const char *doubt = find_doubt(stream, rules);
	struct rule_unended unended;

	*verdict = (struct verdict){ .word = VERDICT_PASS };
	if (!doubt && rules_doubted(rules))
		doubt_violation(verdict->doubt, sizeof(verdict->doubt), rules);
	else if (!doubt && rules_ballooned(rules))
		doubt = "counts of managed pages look wrong, but a balloon driver was loaded meanwhile";
	else if (!doubt && rules_unread(rules))
		snprintf(verdict->doubt, sizeof(verdict->doubt),
			 "events were not judged, as %s is unknown",
			 rules_unread(rules));
	else if (!doubt && rules_unended(rules, &unended))
		doubt_unended(verdict->doubt, sizeof(verdict->doubt), rules,
			      &unended);
	else if (!doubt && rules_unmet(rules))
		doubt = "what was expected may have happened after the last event";
	else if (!doubt && rules_twice(rules))
		doubt = "recordings may overlap, so events may be counted twice";
	else if (!doubt && rules_unjudged_limit(rules))
		snprintf(verdict->doubt, sizeof(verdict->doubt),
			 "a limit was not judged, as %s is unknown",
			 rules_unjudged_limit(rules));
	else if (!doubt && rules_late_time(rules))
		doubt = "an operation that began before the recording may have exceeded its time limit";
	else if (!doubt && rules_idle_part(rules) && !is_count_expected(rules))
		doubt_idle(verdict->doubt, sizeof(verdict->doubt), rules);
	else if (!doubt && is_all_skipped(rules))
		doubt = "all rules were skipped";
	else if (!doubt && !is_any_checked(rules))
		doubt = "no rule had anything to check: the recording has no whole operation";
	if (doubt)
		snprintf(verdict->doubt, sizeof(verdict->doubt), "%s", doubt);
	if (*verdict->doubt)
		verdict->word = VERDICT_UNKNOWN;
	if (rules_certain(rules))
		verdict->word = VERDICT_FAIL;
	if (stream->damaged)
		verdict->word = VERDICT_DAMAGED;
}
