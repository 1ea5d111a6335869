// SPDX-License-Identifier: GPL-2.0
/*
 * Mutation test of the rules. Takes a recording of a real run, which must not
 * violate any rule, and changes one thing at a time: each event is dropped,
 * doubled, swapped with the next one, and each of its numbers is increased and
 * decreased by one. Prints KTAP: how many of these mutants violate a rule, how
 * many each rule detects, and the mutants that survive. Those that may survive
 * are in equivalent.txt, with the reason. A lost event, whose number is
 * missing, must not be reported as a violation.
 *
 * Mutants of another kind must not pass as proved: the stream ends after each
 * event, as if it were the last; the end event of each operation is missing; or
 * each event is lost, while the count of losses says 0.
 *
 * Streams that begin inside an operation, after each of its events: its end must
 * count for what the user expects, and its time limit must not pass as proved.
 *
 *	mutate RECORDING [EQUIVALENT]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_table.h"
#include "rules/verdict.h"
#include "source/source.h"

#define TARGET_PERMILLE 990

#define EXCUSES_MAX 256

struct excuse {
	char event[64];
	char change[64];
	unsigned int left;
};

/* Mutants that must not pass as proved, but need not violate a rule */
enum doubt { CUT, WITHOUT_END, LOSS_HIDDEN, NR_DOUBTS };

struct run {
	struct excuse excuses[EXCUSES_MAX];
	size_t nr_excuses;

	struct mhp_record *records;
	size_t nr;
	u64 block_pages;
	u64 first[NR_RULES]; /* mutants that the rule was the first to detect */
	u64 detected[NR_RULES]; /* mutants that the rule detected */
	u64 killed;
	u64 all;
	u64 excused;
	u64 false_alarms; /* lost events reported as violations */
	u64 doubted[NR_DOUBTS]; /* mutants that do not pass as proved */
	u64 believed[NR_DOUBTS]; /* mutants that do */
	char survivors[4096][96];
	u64 nr_survivors;
	u64 late; /* streams that begin inside an operation */
	u64 late_wrong; /* those with a wrong verdict */
};

static int keep_record(void *ctx, const struct mhp_record *record)
{
	struct run *run = ctx;

	run->records =
		reallocarray(run->records, run->nr + 1, sizeof(*run->records));
	if (!run->records)
		exit(1);
	memset(&run->records[run->nr], 0, sizeof(*run->records));
	memcpy(&run->records[run->nr++], record,
	       MHP_RECORD_HEADER + record->size);
	return 0;
}

/* Count the rules that detected the mutant, and the one that did so first. */
static void count_rules(struct run *run, const struct violations *violations)
{
	int i;

	if (violations->total)
		run->first[violations->kept[0].rule]++;
	for (i = 0; i < NR_RULES; i++)
		run->detected[i] += violations->of_rule[i] > 0;
}

/*
 * The records are numbered anew, so that a dropped event is not a lost one.
 * From record gap on, numbers are one higher, as if an event was lost there. The
 * source reports no losses.
 */
static enum verdict_word judge_with(struct run *run,
				    const struct rules_opts *opts,
				    const struct mhp_record *records, size_t nr,
				    size_t gap)
{
	static const struct verdict_stream stream;
	struct violations violations;
	struct rules *rules;
	struct mhp_record record;
	struct verdict verdict;
	size_t i;

	violations_init(&violations, run->block_pages);
	rules = rules_new(run->block_pages, opts, &violations);
	if (!rules)
		exit(1);
	for (i = 0; i < nr; i++) {
		record = records[i];
		record.seq = i + 1 + (i >= gap);
		rules_take(rules, &record);
	}
	rules_end(rules, &(struct rules_ending){ .whole = true });
	verdict_judge(&verdict, &stream, rules);
	rules_free(rules);
	count_rules(run, &violations);
	violations_free(&violations);
	return verdict.word;
}

static enum verdict_word judge_stream(struct run *run,
				      const struct mhp_record *records,
				      size_t nr, size_t gap)
{
	static const struct rules_opts opts = { .page_bytes = 4096 };

	return judge_with(run, &opts, records, nr, gap);
}

/* Lines "EVENT CHANGE NUMBER reason": NUMBER of these may survive in one recording. */
static void load_excuses(struct run *run, const char *path)
{
	char line[256];
	struct excuse *excuse;
	FILE *file = fopen(path, "re");

	if (!file) {
		perror(path);
		exit(2);
	}
	while (run->nr_excuses < EXCUSES_MAX &&
	       fgets(line, sizeof(line), file)) {
		excuse = &run->excuses[run->nr_excuses];
		if (*line != '#' && sscanf(line, "%63s %63s %u", excuse->event,
					   excuse->change, &excuse->left) == 3)
			run->nr_excuses++;
	}
	fclose(file);
}

static bool is_excused(struct run *run, const char *what)
{
	char event[64], change[64];
	struct excuse *excuse;
	size_t i;

	if (sscanf(what, "%*u %63s %63s", event, change) != 2)
		return false;
	for (i = 0; i < run->nr_excuses; i++) {
		excuse = &run->excuses[i];
		if (strcmp(excuse->event, event) ||
		    strcmp(excuse->change, change) || !excuse->left)
			continue;
		excuse->left--;
		return true;
	}
	return false;
}

static void judge(struct run *run, const char *what,
		  const struct mhp_record *records, size_t nr)
{
	run->all++;
	if (judge_stream(run, records, nr, nr) == VERDICT_FAIL) {
		run->killed++;
	} else if (is_excused(run, what)) {
		run->excused++;
	} else if (run->nr_survivors < 4096) {
		snprintf(run->survivors[run->nr_survivors++],
			 sizeof(*run->survivors), "%s", what);
	}
}

static void mutate_order(struct run *run, struct mhp_record *copy, size_t i)
{
	const struct mhp_record *from = run->records;
	const char *name = event_info(from[i].event)->name;
	char what[96];
	size_t rest = run->nr - i - 1;

	memcpy(copy, from, i * sizeof(*copy));
	memcpy(copy + i, from + i + 1, rest * sizeof(*copy));
	snprintf(what, sizeof(what), "%zu %s dropped", i, name);
	judge(run, what, copy, run->nr - 1);
	if (judge_stream(run, copy, run->nr - 1, i) == VERDICT_FAIL) {
		run->false_alarms++;
		printf("# violation after a lost event: %zu %s\n", i, name);
	}

	memcpy(copy, from, (i + 1) * sizeof(*copy));
	memcpy(copy + i + 1, from + i, (rest + 1) * sizeof(*copy));
	snprintf(what, sizeof(what), "%zu %s doubled", i, name);
	judge(run, what, copy, run->nr + 1);

	if (!rest || event_is_tool(from[i + 1].event))
		return;
	memcpy(copy, from, run->nr * sizeof(*copy));
	copy[i] = from[i + 1];
	copy[i + 1] = from[i];
	snprintf(what, sizeof(what), "%zu %s swapped", i, name);
	judge(run, what, copy, run->nr);
}

/* -- mutants that must not pass as proved ------------------------------------- */

static void doubt(struct run *run, enum doubt kind, const char *what,
		  const struct mhp_record *records, size_t nr, size_t gap)
{
	if (judge_stream(run, records, nr, gap) != VERDICT_PASS) {
		run->doubted[kind]++;
	} else if (!is_excused(run, what)) {
		run->believed[kind]++;
		printf("# passed: %s\n", what);
	}
}

/* The kind of operation that an event ends, in the order of struct rules_opts; -1: none. */
static int ended_kind(unsigned int event)
{
	switch (event) {
	case MHP_EVENT_mhp_add_end:
		return 0;
	case MHP_EVENT_mhp_online_end:
		return 1;
	case MHP_EVENT_mhp_offline_end:
		return 2;
	case MHP_EVENT_mhp_remove_end:
		return 3;
	default:
		return -1;
	}
}

static bool is_begin(unsigned int event)
{
	return event == MHP_EVENT_mhp_add_begin ||
	       event == MHP_EVENT_mhp_online_begin ||
	       event == MHP_EVENT_mhp_offline_begin ||
	       event == MHP_EVENT_mhp_remove_begin;
}

static bool is_end(unsigned int event)
{
	return ended_kind(event) >= 0;
}

static void mutate_stream(struct run *run, struct mhp_record *copy, size_t i)
{
	const struct mhp_record *from = run->records;
	const char *name = event_info(from[i].event)->name;
	size_t rest = run->nr - i - 1;
	char what[96];

	snprintf(what, sizeof(what), "%zu %s cut", i, name);
	doubt(run, CUT, what, from, i + 1, run->nr);

	memcpy(copy, from, i * sizeof(*copy));
	memcpy(copy + i, from + i + 1, rest * sizeof(*copy));
	if (is_end(from[i].event)) {
		snprintf(what, sizeof(what), "%zu %s without-end", i, name);
		doubt(run, WITHOUT_END, what, copy, run->nr - 1, run->nr);
	}
	snprintf(what, sizeof(what), "%zu %s loss-hidden", i, name);
	doubt(run, LOSS_HIDDEN, what, copy, run->nr - 1, i);
}

/* -- streams that begin inside an operation ---------------------------------------- */

static s64 end_ret(const struct mhp_record *r)
{
	if (r->event == MHP_EVENT_mhp_add_end)
		return r->p.mhp_add_end.ret;
	if (r->event == MHP_EVENT_mhp_remove_end)
		return r->p.mhp_remove_end.ret;
	return r->p.mhp_block_end.ret;
}

/* Expect exactly what the records have. */
static void expect_all(struct rules_opts *opts, const struct mhp_record *from,
		       size_t nr)
{
	int kind;
	size_t i;

	*opts = (struct rules_opts){ .page_bytes = 4096,
				     .limit_failures = true };
	for (kind = 0; kind < 4; kind++)
		opts->count[kind].set = true;
	for (i = 0; i < nr; i++) {
		kind = ended_kind(from[i].event);
		if (kind < 0)
			continue;
		if (end_ret(&from[i])) {
			opts->allowed_failures++;
			continue;
		}
		opts->count[kind].min++;
		opts->count[kind].max++;
	}
}

static void late_must_be(struct run *run, const char *what,
			 enum verdict_word want, const struct rules_opts *opts,
			 const struct mhp_record *from, size_t nr)
{
	enum verdict_word got = judge_with(run, opts, from, nr, nr);

	run->late++;
	if (got == want)
		return;
	run->late_wrong++;
	printf("# %s instead of %s: %zu %s\n", verdict_name(got),
	       verdict_name(want), run->nr - nr, what);
}

/* The stream begins with record i, which belongs to an operation that end_kind ends. */
static void mutate_begin(struct run *run, size_t i, int kind)
{
	const struct mhp_record *from = run->records + i;
	size_t nr = run->nr - i;
	struct rules_opts all, opts;

	expect_all(&all, from, nr);
	late_must_be(run, "all that happened", VERDICT_PASS, &all, from, nr);
	opts = all;
	opts.max_ns[kind] = 3600000000000ULL;
	late_must_be(run, "time limit", VERDICT_UNKNOWN, &opts, from, nr);
	for (kind = 0; kind < 4; kind++) {
		opts = all;
		opts.count[kind].min = ++opts.count[kind].max;
		late_must_be(run, "one more", VERDICT_FAIL, &opts, from, nr);
		if (!all.count[kind].max)
			continue;
		opts.count[kind].min = opts.count[kind].max =
			all.count[kind].max - 1;
		late_must_be(run, "one fewer", VERDICT_FAIL, &opts, from, nr);
	}
	if (!all.allowed_failures)
		return;
	all.allowed_failures--;
	late_must_be(run, "one failure too many", VERDICT_FAIL, &all, from, nr);
}

/* Each record between the begin and the end of an operation may be the first one. */
static void mutate_begins(struct run *run)
{
	size_t begun = run->nr, i, at;

	for (i = 0; i < run->nr; i++) {
		if (is_begin(run->records[i].event))
			begun = i;
		if (ended_kind(run->records[i].event) < 0)
			continue;
		for (at = begun + 1; at <= i; at++)
			if (!event_is_tool(run->records[at].event))
				mutate_begin(run, at,
					     ended_kind(run->records[i].event));
		begun = run->nr;
	}
}

static void add(struct mhp_record *record, const struct event_field *field,
		int by)
{
	char *at = (char *)&record->p + field->offset;
	u64 value = 0;

	memcpy(&value, at, field->size);
	value += by;
	memcpy(at, &value, field->size);
}

static void mutate_fields(struct run *run, struct mhp_record *copy, size_t i)
{
	const struct event_info *info = event_info(run->records[i].event);
	const struct event_field *field;
	char what[96];
	int by;

	memcpy(copy, run->records, run->nr * sizeof(*copy));
	for (field = info->fields; field->name; field++)
		for (by = -1; by <= 1; by += 2) {
			add(&copy[i], field, by);
			snprintf(what, sizeof(what), "%zu %s %s%+d", i,
				 info->name, field->name, by);
			judge(run, what, copy, run->nr);
			copy[i] = run->records[i];
		}
}

/* The tool's own records are not events of the kernel, and no rule covers ZONE_DEVICE memory. */
static bool is_judged(const struct mhp_record *r)
{
	if (r->event == MHP_EVENT_mhp_vmemmap_populate)
		return r->p.mhp_vmemmap_populate.hosting != MHP_HOSTING_DEVICE;
	if (r->event == MHP_EVENT_mhp_vmemmap_free)
		return r->p.mhp_vmemmap_free.hosting != MHP_HOSTING_DEVICE;
	return !event_is_tool(r->event);
}

static int load(struct run *run, const char *path)
{
	struct source *source;
	char why[256];
	int ret = source_open_file(&source, path, why, sizeof(why));

	if (ret) {
		fprintf(stderr, "mutate: %s\n", why);
		return ret;
	}
	run->block_pages = source->info.block_bytes / source->info.page_bytes;
	while ((ret = source_read(source, keep_record, run)) >= 0)
		;
	source_close(source);
	return ret == -ENODATA && run->nr ? 0 : -EINVAL;
}

static void report(const struct run *run, bool healthy)
{
	static const char *const doubts[] = {
		[CUT] = "the stream ends inside an operation",
		[WITHOUT_END] = "an operation lacks its end event",
		[LOSS_HIDDEN] = "an event is lost, but the count says 0",
	};
	u64 judged = run->all - run->excused, i;

	printf("KTAP version 1\n");
	printf("%sok 1 the unchanged recording violates no rule\n",
	       healthy ? "" : "not ");
	for (i = 0; i < RULE_BUDGET_TIME; i++)
		printf("# %-16s %6llu / %llu detected, %llu of them first\n",
		       rule_infos[i].name, run->detected[i], judged,
		       run->first[i]);
	for (i = 0; i < run->nr_survivors; i++)
		printf("# survived: %s\n", run->survivors[i]);
	printf("# %llu of %llu mutants were detected; %llu more are equivalent\n",
	       run->killed, judged, run->excused);
	printf("%sok 2 at least 99 %% of %llu mutants are detected: %llu\n",
	       judged && run->killed * 1000 >= judged * TARGET_PERMILLE ?
		       "" :
		       "not ",
	       judged, run->killed);
	printf("%sok 3 a lost event is never reported as a violation\n",
	       run->false_alarms ? "not " : "");
	for (i = 0; i < NR_DOUBTS; i++)
		printf("%sok %llu %s: none of %llu passes\n",
		       run->believed[i] || !run->doubted[i] ? "not " : "",
		       i + 4, doubts[i], run->doubted[i] + run->believed[i]);
	printf("%sok %d streams that begin inside an operation: %llu of %llu verdicts are wrong\n",
	       run->late_wrong || !run->late ? "not " : "", NR_DOUBTS + 4,
	       run->late_wrong, run->late);
	printf("1..%d\n", 4 + NR_DOUBTS);
}

int main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	u64 first[NR_RULES], detected[NR_RULES];
	struct mhp_record *copy;
	bool healthy;
	size_t i;

	if (argc < 2 || !run || load(run, argv[1]))
		return 2;
	if (argc > 2)
		load_excuses(run, argv[2]);
	copy = calloc(run->nr + 1, sizeof(*copy));
	if (!copy)
		return 2;
	healthy = judge_stream(run, run->records, run->nr, run->nr) ==
		  VERDICT_PASS;
	memset(run->first, 0, sizeof(run->first));
	memset(run->detected, 0, sizeof(run->detected));
	for (i = 0; i < run->nr; i++) {
		if (!is_judged(&run->records[i]))
			continue;
		mutate_order(run, copy, i);
		mutate_fields(run, copy, i);
	}
	/* After the others, whose counts by rule these must not change. */
	memcpy(first, run->first, sizeof(first));
	memcpy(detected, run->detected, sizeof(detected));
	for (i = 0; i < run->nr; i++)
		if (is_judged(&run->records[i]))
			mutate_stream(run, copy, i);
	mutate_begins(run);
	memcpy(run->first, first, sizeof(first));
	memcpy(run->detected, detected, sizeof(detected));
	report(run, healthy);
	free(copy);
	free(run->records);
	free(run);
	return 0;
}
