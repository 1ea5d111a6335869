// SPDX-License-Identifier: GPL-2.0
/* Prints a verdict as KTAP, for people and test harnesses, and as JUnit XML, for CI services. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/units.h"
#include "base/xml.h"
#include "check/check.h"
#include "model/event_table.h"
#include "model/times.h"

#define EVENT_MAX 640
#define SITE_MAX 640
#define SITES_SHOWN 3
#define NOT_CHECKED "no events to check"
#define UNMARKED ", completeness unknown"

static bool check_has_rule(const struct check *check, enum rule_id rule)
{
	const struct rules_opts *opts = &check->opts->rules;

	if (opts->skip[rule])
		return false;
	switch (rule) {
	case RULE_BUDGET_TIME:
		return opts->max_ns[0] || opts->max_ns[1] || opts->max_ns[2] ||
		       opts->max_ns[3];
	case RULE_BUDGET_VMEMMAP:
		return opts->max_vmemmap > 0;
	case RULE_BUDGET_HOSTING:
		return opts->hosting;
	case RULE_BUDGET_REMOVED:
		return opts->removed_end;
	case RULE_BUDGET_FAILURES:
		return opts->limit_failures;
	case RULE_BUDGET_ONLINE:
		return opts->online_end;
	case RULE_BUDGET_COUNT:
		return opts->count[0].set || opts->count[1].set ||
		       opts->count[2].set || opts->count[3].set;
	case RULE_BUDGET_IDLE:
		return opts->max_idle_ns;
	default:
		return true;
	}
}

/* A line for each call in the kernel's source that may have reported the event. */
static void put_sites(FILE *out, const struct check *check,
		      const struct mhp_record *record)
{
	struct call_site sites[SITES_SHOWN];
	size_t i,
		nr = call_sites_find(check->sites, record, sites, SITES_SHOWN);
	char text[SITE_MAX];

	for (i = 0; i < nr; i++) {
		if (i < SITES_SHOWN)
			call_site_print(&sites[i], text, sizeof(text));
		fprintf(out, "#          %s %s\n", i ? "or" : "at",
			i < SITES_SHOWN ? text : "…");
		if (i == SITES_SHOWN)
			break;
	}
}

static void ktap_put_event(FILE *out, const struct check *check,
			   const char *what, const struct mhp_record *record)
{
	char text[EVENT_MAX], when[UNITS_TEXT_MAX];

	if (!record->event)
		return;
	fprintf(out, "#   %-6s %s %s", what,
		model_time_text(when, &check->stream->model, check->opts->time,
				record->time_ns),
		event_info(record->event)->name);
	/* The fields of an event of an earlier operation are not kept. */
	if (!record->size) {
		fputc('\n', out);
		return;
	}
	event_print(record, text, sizeof(text));
	fprintf(out, ": %s\n", text);
	put_sites(out, check, record);
}

static void put_violation(FILE *out, const struct check *check,
			  const struct violation *violation)
{
	u64 pages = ledger_block_pages(check->stream->model.ledger);

	/* A count of operations is about no memory block in particular. */
	if (violation->rule == RULE_BUDGET_COUNT ||
	    (violation->rule == RULE_BUDGET_FAILURES && !violation->pfn &&
	     !violation->first.event && !violation->second.event))
		fputs("# ", out);
	else
		fprintf(out,
			"# memory%llu, page 0x%llx: ", violation->pfn / pages,
			violation->pfn);
	fprintf(out, "expected %s; found %s\n", violation->expected,
		violation->found);
	ktap_put_event(out, check, "before", &violation->first);
	ktap_put_event(out, check, "then", &violation->second);
}

/* Retired memmap is not a violation: its neighbours may still be removed. */
static void put_retired(FILE *out, const struct rules *rules)
{
	const struct rule_retired *retired;
	size_t i;

	for (i = 0; (retired = rules_retired(rules, i)); i++)
		fprintf(out,
			"# pages 0x%llx+%llu: memmap retired; its backing at page 0x%llx+%llu stays in use by neighbours\n",
			retired->pfn, retired->nr_pages, retired->host_pfn,
			retired->backing_pages);
}

/* The event that a rule rests on, 0: several */
static unsigned int event_of(enum rule_id rule)
{
	switch (rule) {
	case RULE_REFS:
	case RULE_TEARDOWN:
		return MHP_EVENT_mhp_vmemmap_ref;
	case RULE_RETIRED:
		return MHP_EVENT_mhp_vmemmap_retired;
	default:
		return 0;
	}
}

/* The name of the event whose absence keeps a rule from judging anything, NULL: none. */
static const char *unknown_event(const struct check *check, enum rule_id rule)
{
	unsigned int event = event_of(rule);
	u64 unknown = check->stream->model.info.unknown_events;

	return event && unknown >> event & 1 ? event_info(event)->name : NULL;
}

static void put_skip(FILE *out, const struct check *check, enum rule_id rule)
{
	const char *event = unknown_event(check, rule);

	if (event)
		fprintf(out, " # SKIP not judged: %s cannot report %s",
			source_kind_name(check->stream->model.info.kind),
			event);
	else
		fputs(" # SKIP " NOT_CHECKED, out);
}

/* What a rule could not judge. */
static void put_unjudged(FILE *out, const struct check *check,
			 enum rule_id rule)
{
	const char *what;
	u64 nr = rules_unjudged(check->stream->rules, rule, &what);

	if (nr)
		fprintf(out, "# not judged %llu times: %s is unknown\n", nr,
			what);
}

static void put_rule(FILE *out, const struct check *check, enum rule_id rule,
		     unsigned int nth)
{
	const struct violations *violations = &check->stream->model.violations;
	u64 checked = rules_checked(check->stream->rules, rule);
	u64 violated = violations->of_rule[rule];
	size_t i;

	fprintf(out, "%sok %u %s: %s", violated ? "not " : "", nth,
		rule_infos[rule].name, rule_infos[rule].text);
	if (!checked)
		put_skip(out, check, rule);
	fputc('\n', out);
	put_unjudged(out, check, rule);
	if (violated)
		fprintf(out, "# violated in %llu of %llu checks\n", violated,
			checked);
	for (i = 0; i < violations->nr_kept; i++)
		if (violations->kept[i].rule == rule)
			put_violation(out, check, &violations->kept[i]);
	if (rule == RULE_RETIRED)
		put_retired(out, check->stream->rules);
}

/* Whether the verdict is PASS, but the end of the stream may be missing. */
static bool is_unmarked(const struct check *check)
{
	return check->verdict.word == VERDICT_PASS &&
	       check->stream->model.info.unmarked;
}

/* A PASS says nothing about events that the source cannot report. */
static void put_unknown_events(FILE *out, const struct model *model)
{
	u64 unknown = model->info.unknown_events;
	const char *sep = " ";
	unsigned int event;

	if (!unknown)
		return;
	fprintf(out, "# unknown to %s, and not judged:",
		source_kind_name(model->info.kind));
	for (event = 1; event_info(event); event++) {
		if (!(unknown >> event & 1))
			continue;
		fprintf(out, "%s%s", sep, event_info(event)->name);
		sep = ", ";
	}
	fputc('\n', out);
}

int check_ktap(const struct check *check, FILE *out)
{
	const struct verdict *verdict = &check->verdict;
	const struct model *model = &check->stream->model;
	unsigned int nth = 0;
	int i;

	fputs("KTAP version 1\n", out);
	for (i = 0; i < NR_RULES; i++)
		nth += check_has_rule(check, i);
	fprintf(out, "1..%u\n", nth + 1);
	for (i = 0, nth = 0; i < NR_RULES; i++)
		if (check_has_rule(check, i))
			put_rule(out, check, i, ++nth);
	fprintf(out,
		"%sok %u events: all events are there, and every operation has ended\n",
		*verdict->doubt ? "not " : "", nth + 1);
	if (*verdict->doubt)
		fprintf(out, "# %s\n", verdict->doubt);
	put_unknown_events(out, model);
	if (model->info.dropped)
		fprintf(out,
			"# events before the recording that were not kept, and not judged: %llu\n",
			model->info.dropped);
	fprintf(out, "# %s: %llu events, %llu lost%s\n",
		verdict_name(verdict->word), model_seen(model),
		model_lost(model), is_unmarked(check) ? UNMARKED : "");
	return ferror(out) ? -EIO : 0;
}

/* -- JUnit ---------------------------------------------------------------- */

/* The same lines as in KTAP. */
static void junit_failure(FILE *out, const struct check *check,
			  enum rule_id rule)
{
	const struct violations *violations = &check->stream->model.violations;
	char *text = NULL;
	size_t i, len;
	FILE *lines = open_memstream(&text, &len);

	fprintf(out, "<failure message=\"violated in %llu of %llu checks: ",
		violations->of_rule[rule],
		rules_checked(check->stream->rules, rule));
	xml_put(out, rule_infos[rule].text);
	fputs("\">", out);
	for (i = 0; lines && i < violations->nr_kept; i++)
		if (violations->kept[i].rule == rule)
			put_violation(lines, check, &violations->kept[i]);
	if (lines && !fclose(lines))
		xml_put(out, text);
	else
		fputs("out of memory: no details", out);
	free(text);
	fputs("</failure>", out);
}

static void junit_rule(FILE *out, const struct check *check, enum rule_id rule)
{
	fputs("  <testcase classname=\"mhptop.check\" name=\"", out);
	xml_put(out, rule_infos[rule].name);
	fputs("\" time=\"0\">", out);
	if (check->stream->model.violations.of_rule[rule])
		junit_failure(out, check, rule);
	else if (!rules_checked(check->stream->rules, rule))
		fputs("<skipped message=\"" NOT_CHECKED "\"/>", out);
	fputs("</testcase>\n", out);
}

/* The time that the stream covers, in seconds. */
static void put_span(FILE *out, const struct check *check)
{
	char text[UNITS_TEXT_MAX];

	fprintf(out, " time=\"%s\"",
		time_text(text, rules_span(check->stream->rules)));
}

static void put_suite(FILE *out, const struct check *check, unsigned int tests,
		      unsigned int failures, unsigned int skipped)
{
	time_t began = check->stream->model.info.wall_ns / LOOP_NS;
	char text[32] = "";
	struct tm tm;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out,
		"<testsuite name=\"mhptop check\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
		tests, failures, *check->verdict.doubt != '\0', skipped);
	/* Imported recordings have no wall-clock time. */
	if (began && gmtime_r(&began, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		fprintf(out, " timestamp=\"%s\"", text);
	put_span(out, check);
	fputs(">\n", out);
}

/* The time of the suite is that of this test: the rules are checked in the same time. */
static void junit_events(FILE *out, const struct check *check)
{
	fputs("  <testcase classname=\"mhptop.check\" name=\"events\"", out);
	put_span(out, check);
	fputs(">", out);
	if (*check->verdict.doubt)
		fprintf(out, "<error message=\"%s\"/>", check->verdict.doubt);
	else if (is_unmarked(check))
		fputs("<system-out>completeness unknown</system-out>", out);
	fputs("</testcase>\n", out);
}

static void junit_put(FILE *out, const struct check *check)
{
	unsigned int tests = 1, failures = 0, skipped = 0;
	int i;

	for (i = 0; i < NR_RULES; i++) {
		if (!check_has_rule(check, i))
			continue;
		tests++;
		failures += check->stream->model.violations.of_rule[i] > 0;
		skipped += !rules_checked(check->stream->rules, i);
	}
	put_suite(out, check, tests, failures, skipped);
	for (i = 0; i < NR_RULES; i++)
		if (check_has_rule(check, i))
			junit_rule(out, check, i);
	junit_events(out, check);
	fputs("</testsuite>\n", out);
}

int check_junit(const struct check *check, FILE *out)
{
	junit_put(out, check);
	return ferror(out) ? -EIO : 0;
}
