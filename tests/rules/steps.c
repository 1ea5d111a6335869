// SPDX-License-Identifier: GPL-2.0
/*
 * Coverage of a sweep: which of the transitions that the rules know were taken
 * by a memory block. Prints a table with a column for each recording, another
 * one with the reasons why blocks did not go offline, and KTAP: each transition
 * and each reason must be in one of the recordings, except those in a file
 * with lines "FROM, EVENT: reason".
 *
 *	steps UNREACHED RECORDING...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_table.h"
#include "source/stream.h"

#define RECORDINGS_MAX 8

struct sweep {
	struct stream streams[RECORDINGS_MAX];
	u64 reasons[RECORDINGS_MAX][32];
	int nr;
	char *unreached; /* the whole file */
	unsigned int tests;
};

struct taking {
	struct sweep *sweep;
	int nth;
};

static int take(void *ctx, const struct mhp_record *record)
{
	struct taking *taking = ctx;

	if (record->event == MHP_EVENT_mhp_offline_failed)
		taking->sweep->reasons[taking->nth]
				      [record->p.mhp_failed.reason & 31]++;
	return stream_take(&taking->sweep->streams[taking->nth], record);
}

static int load(struct sweep *sweep, const char *path)
{
	struct taking taking = { sweep, sweep->nr };
	struct source *source;
	char why[256];
	int ret = source_open_file(&source, path, why, sizeof(why));

	if (ret) {
		fprintf(stderr, "%s\n", why);
		return ret;
	}
	ret = stream_start(&sweep->streams[sweep->nr], &source->info, NULL);
	while (!ret || ret > 0)
		ret = source_read(source, take, &taking);
	source_close(source);
	sweep->nr++;
	return 0;
}

static char *load_text(const char *path)
{
	char *text = calloc(1, 1 << 16);
	FILE *file = fopen(path, "re");

	if (!file || !text || !fread(text, 1, (1 << 16) - 1, file)) {
		perror(path);
		exit(2);
	}
	fclose(file);
	return text;
}

/* Print a row with the count of each recording. The sum of the counts. */
static u64 row(const struct sweep *sweep, const char *what, const u64 *counts)
{
	u64 sum = 0;
	int i;

	printf("# %-72s", what);
	for (i = 0; i < sweep->nr; i++) {
		printf(" %6llu", counts[i]);
		sum += counts[i];
	}
	printf("\n");
	return sum;
}

static void result(struct sweep *sweep, bool good, const char *what)
{
	printf("%sok %u %s\n", good ? "" : "not ", ++sweep->tests, what);
}

static bool is_excused(const struct sweep *sweep, const char *what)
{
	const char *line = strstr(sweep->unreached, what);

	return line && (line == sweep->unreached || line[-1] == '\n') &&
	       line[strlen(what)] == ':';
}

static void transitions(struct sweep *sweep)
{
	struct rule_transition transition;
	u64 counts[RECORDINGS_MAX], seen = 0, all = 0, excused = 0;
	char what[128];
	size_t nth;
	int i;

	for (nth = 0;
	     rules_transition(sweep->streams[0].rules, nth, &transition);
	     nth++) {
		if (!transition.event)
			continue;
		snprintf(what, sizeof(what), "%s, %s%s%s%s", transition.from,
			 transition.event, transition.step ? " " : "",
			 transition.step ? transition.step : "",
			 transition.fails ? ", error" : "");
		for (i = 0; i < sweep->nr; i++) {
			rules_transition(sweep->streams[i].rules, nth,
					 &transition);
			counts[i] = transition.taken;
		}
		all++;
		if (row(sweep, what, counts))
			seen++;
		else if (is_excused(sweep, what))
			excused++;
		else
			result(sweep, false, what);
	}
	printf("# %llu of %llu transitions were taken, %llu are unreachable\n",
	       seen, all, excused);
	result(sweep, seen + excused == all,
	       "every reachable transition was taken");
}

static void reasons(struct sweep *sweep)
{
	const struct event_symbol *symbol;
	u64 counts[RECORDINGS_MAX], missing = 0;
	char what[64];
	int i;

	for (symbol = event_reasons; symbol->name; symbol++) {
		for (i = 0; i < sweep->nr; i++)
			counts[i] = sweep->reasons[i][symbol->value & 31];
		snprintf(what, sizeof(what), "mhp_offline_failed, reason %s",
			 symbol->name);
		if (!row(sweep, what, counts) && !is_excused(sweep, what)) {
			result(sweep, false, what);
			missing++;
		}
	}
	result(sweep, !missing,
	       "every reason of a failed offline was reported");
}

int main(int argc, char **argv)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int i;

	if (argc < 3 || argc > 2 + RECORDINGS_MAX || !sweep)
		return 2;
	sweep->unreached = load_text(argv[1]);
	for (i = 2; i < argc; i++)
		if (load(sweep, argv[i]))
			return 2;
	transitions(sweep);
	reasons(sweep);
	printf("1..%u\n", sweep->tests);
	for (i = 0; i < sweep->nr; i++)
		stream_close(&sweep->streams[i]);
	free(sweep->unreached);
	free(sweep);
	return 0;
}
