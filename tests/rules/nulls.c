// SPDX-License-Identifier: GPL-2.0
/*
 * A field that is unknown accuses nobody. Takes recordings that violate no rule
 * and makes one field of one event unknown, or that field of all such events. None
 * of these may violate a rule, whether the user expects nothing, or exactly what
 * the recording has. Prints KTAP.
 *
 *	nulls RECORDING...
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_table.h"
#include "model/operation.h"
#include "rules/verdict.h"
#include "source/source.h"

#define SAMPLES 12 /* of the events of one name in a recording */

struct recording {
	bool expect; /* it has what is expected, and no more */
	struct mhp_record *records;
	size_t nr;
	struct source_info info;
};

static int keep_record(void *ctx, const struct mhp_record *record)
{
	struct recording *recording = ctx;

	recording->records = reallocarray(recording->records, recording->nr + 1,
					  sizeof(*recording->records));
	if (!recording->records)
		exit(2);
	memset(&recording->records[recording->nr], 0,
	       sizeof(*recording->records));
	memcpy(&recording->records[recording->nr++], record,
	       MHP_RECORD_HEADER + record->size);
	return 0;
}

static void load(struct recording *recording, const char *path)
{
	struct source *source;
	char why[256];

	if (source_open_file(&source, path, why, sizeof(why))) {
		fprintf(stderr, "nulls: %s\n", why);
		exit(2);
	}
	recording->info = source->info;
	while (source_read(source, keep_record, recording) >= 0)
		;
	source_close(source);
}

static s64 ret_of(const struct mhp_record *r)
{
	struct operation_event event;

	return operation_event_get(&event, r) ? event.ret : 0;
}

/* Expect exactly what the recording has. */
static void expect_all(struct rules_opts *opts,
		       const struct recording *recording)
{
	static const u16 ends[] = { MHP_EVENT_mhp_add_end,
				    MHP_EVENT_mhp_online_end,
				    MHP_EVENT_mhp_offline_end,
				    MHP_EVENT_mhp_remove_end };
	size_t i, kind;

	opts->limit_failures = true;
	for (kind = 0; kind < 4; kind++) {
		opts->count[kind].set = true;
		opts->max_ns[kind] = 3600000000000ULL;
		for (i = 0; i < recording->nr; i++) {
			if (recording->records[i].event != ends[kind])
				continue;
			if (ret_of(&recording->records[i])) {
				opts->allowed_failures++;
				continue;
			}
			opts->count[kind].min++;
			opts->count[kind].max++;
		}
	}
}

/* Judge the records; *rule is then one that was violated. */
static bool is_accused(const struct recording *recording,
		       const struct mhp_record *records, bool expect,
		       unsigned int *rule)
{
	static const struct verdict_stream stream;
	struct rules_opts opts = {
		.page_bytes = recording->info.page_bytes,
		.unknown_events = recording->info.unknown_events,
		.struct_page_bytes = recording->info.struct_page_bytes,
		.no_late_ends = !source_info_late_ends(&recording->info),
	};
	u64 pages = recording->info.block_bytes / recording->info.page_bytes;
	struct violations violations;
	struct verdict verdict;
	struct rules *rules;
	size_t i;

	if (expect)
		expect_all(&opts, recording);
	violations_init(&violations, pages);
	rules = rules_new(pages, &opts, &violations);
	if (!rules)
		exit(2);
	for (i = 0; i < recording->nr; i++)
		rules_take(rules, &records[i]);
	rules_end(rules, &(struct rules_ending){ .whole = true });
	verdict_judge(&verdict, &stream, rules);
	*rule = violations.nr_kept ? violations.kept[0].rule : 0;
	rules_free(rules);
	violations_free(&violations);
	return verdict.word == VERDICT_FAIL;
}

/* As the reader of recordings does it. */
static void make_null(struct mhp_record *r, unsigned int field)
{
	event_field_set(&event_info(r->event)->fields[field], &r->p, 0);
	r->unknown |= 1U << field;
}

struct tally {
	u64 all;
	u64 accused;
};

static void judge(struct tally *tally, const struct recording *recording,
		  const struct mhp_record *records, const char *what,
		  unsigned int event, unsigned int field)
{
	unsigned int rule;
	int expect;

	for (expect = 0; expect <= recording->expect; expect++) {
		tally->all++;
		if (!is_accused(recording, records, expect, &rule))
			continue;
		tally->accused++;
		printf("# accused of %s: %s.%s is null in %s\n",
		       rule_infos[rule].name, event_info(event)->name,
		       event_info(event)->fields[field].name, what);
	}
}

static void null_field(struct tally *tally, const struct recording *recording,
		       struct mhp_record *copy, unsigned int event,
		       unsigned int field)
{
	const struct mhp_record *from = recording->records;
	size_t i, nr = 0, nth = 0, step;
	char what[32];

	memcpy(copy, from, recording->nr * sizeof(*copy));
	for (i = 0; i < recording->nr; i++) {
		if (from[i].event != event)
			continue;
		make_null(&copy[i], field);
		nr++;
	}
	if (!nr)
		return;
	judge(tally, recording, copy, "all", event, field);
	step = (nr + SAMPLES - 1) / SAMPLES;
	memcpy(copy, from, recording->nr * sizeof(*copy));
	for (i = 0; i < recording->nr; i++) {
		if (from[i].event != event || nth++ % step)
			continue;
		make_null(&copy[i], field);
		snprintf(what, sizeof(what), "record %zu", i + 1);
		judge(tally, recording, copy, what, event, field);
		copy[i] = from[i];
	}
}

static void null_fields(struct tally *tally, const struct recording *recording)
{
	struct mhp_record *copy = calloc(recording->nr, sizeof(*copy));
	const struct event_info *info;
	unsigned int event, field;

	if (!copy)
		exit(2);
	for (event = 1; (info = event_info(event)); event++)
		for (field = 0; info->fields[field].name; field++)
			null_field(tally, recording, copy, event, field);
	free(copy);
}

int main(int argc, char **argv)
{
	struct recording recording;
	struct tally tally;
	unsigned int rule;
	bool accused;
	int i;

	printf("KTAP version 1\n1..%d\n", 2 * (argc - 1));
	for (i = 1; i < argc; i++) {
		recording = (struct recording){ 0 };
		tally = (struct tally){ 0 };
		load(&recording, argv[i]);
		accused =
			is_accused(&recording, recording.records, false, &rule);
		/* Not if an operation has not ended: that is no success. */
		recording.expect =
			!is_accused(&recording, recording.records, true, &rule);
		printf("%sok %d %s violates no rule\n", accused ? "not " : "",
		       2 * i - 1, argv[i]);
		null_fields(&tally, &recording);
		printf("%sok %d   nor does it with a field that is unknown: %llu of %llu do\n",
		       tally.accused || !tally.all ? "not " : "", 2 * i,
		       tally.accused, tally.all);
		free(recording.records);
	}
	return 0;
}
