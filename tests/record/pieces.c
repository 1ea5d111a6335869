// SPDX-License-Identifier: GPL-2.0
/*
 * A recorder that begins another file loses nothing, wherever that happens:
 *
 *	pieces FOLDER RECORDING...
 *
 * Each recording is recorded anew, once for each place between two of its records: there
 * another file begins. Both files in a row must be judged as the whole, and have the
 * same accounts; the second one alone must end with the same memory, and neither may
 * report what is wrong without reason. Prints KTAP.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"
#include "play.h"
#include "record/record.h"

#define KEEP_ALL (1ULL << 40) /* bytes, which no file reaches */

static u64 place; /* the other file begins after so many records */
static struct record_opts opts = {
	.max_bytes = KEEP_ALL,
	.keep = 1,
	.reopen = true,
};

/* What was wrong, of the places of one recording */
struct wrong {
	u64 verdict, accounts, memory, made_up, damaged;
	u64 first; /* the first of these places */
};

struct judged {
	struct stream stream;
	struct verdict verdict;
};

/* In a child process, as signals stay blocked. */
static int record_in_two(const char *from, const char *to)
{
	static struct play play;
	struct record_output output;
	int status = 0;
	pid_t child = fork();

	if (child) {
		waitpid(child, &status, 0);
		return status;
	}
	play.pause = place;
	play.ends = true;
	play_open(&play, from);
	status = record_open(&output, to, &opts);
	if (!status)
		status = record_run(&play.source, &output);
	_exit(status);
}

static void judge(struct judged *judged, const char *const *paths, size_t nr)
{
	static struct check_opts none;
	struct stream *stream = &judged->stream;
	struct check check = { .stream = stream, .opts = &none };

	if (stream_open_all(stream, paths, nr, 0, NULL)) {
		judged->verdict.word = VERDICT_DAMAGED;
		return;
	}
	while (stream_read(stream, stream_take, stream) >= 0)
		;
	stream_finish(stream, stream_take, stream);
	check_judge(&check);
	judged->verdict = check.verdict;
}

static bool same_verdict(const struct judged *a, const struct judged *b)
{
	/* What has not ended takes until the recorder ends. */
	size_t len = strcspn(a->verdict.doubt, "0123456789");

	return a->verdict.word == b->verdict.word &&
	       !strncmp(a->verdict.doubt, b->verdict.doubt, len) &&
	       a->stream.model.violations.total ==
		       b->stream.model.violations.total &&
	       a->stream.model.totals.count[0].seen ==
		       b->stream.model.totals.count[0].seen;
}

static bool same_accounts(const struct mhp_ledger *a,
			  const struct mhp_ledger *b)
{
	const struct mhp_block *block = NULL, *other = NULL;
	const struct mhp_zone_account *zone = NULL, *other_zone = NULL;
	const struct mhp_range *range = NULL, *other_range = NULL;

	do {
		block = ledger_next_block(a, block);
		other = ledger_next_block(b, other);
		if (!block != !other ||
		    (block && memcmp(block, other, sizeof(*block))))
			return false;
	} while (block);
	do {
		zone = ledger_next_zone(a, zone);
		other_zone = ledger_next_zone(b, other_zone);
		if (!zone != !other_zone ||
		    (zone && memcmp(zone, other_zone, sizeof(*zone))))
			return false;
	} while (zone);
	do {
		range = ledger_next_range(a, range);
		other_range = ledger_next_range(b, other_range);
		if (!range != !other_range ||
		    (range && memcmp(range, other_range, sizeof(*range))))
			return false;
	} while (range);
	return true;
}

static bool is_there(const struct mhp_block *block)
{
	return block && block->state && block->state != MHP_STATE_REMOVED;
}

static bool is_same_block(const struct mhp_block *a, const struct mhp_block *b)
{
	return a->state == b->state && a->hosting == b->hosting &&
	       a->nid == b->nid && a->zone == b->zone &&
	       a->vmemmap_pages == b->vmemmap_pages &&
	       a->altmap_base == b->altmap_base &&
	       a->populated - a->freed == b->populated - b->freed;
}

/* Whether a recording that begins in the middle ends with the memory that the whole one ends with. */
static bool same_memory(const struct mhp_ledger *whole,
			const struct mhp_ledger *late)
{
	const struct mhp_zone_account *zone = NULL, *other = NULL;
	const struct mhp_block *block = NULL, *there;

	while ((block = ledger_next_block(whole, block))) {
		there = ledger_find_block(late, block->start_pfn);
		if (is_there(block) != is_there(there) ||
		    (is_there(block) && !is_same_block(block, there)))
			return false;
	}
	while ((zone = ledger_next_zone(whole, zone))) {
		for (other = NULL; (other = ledger_next_zone(late, other));)
			if (other->nid == zone->nid &&
			    other->zone == zone->zone)
				break;
		if (zone->present &&
		    (!other || other->present != zone->present ||
		     other->managed != zone->managed))
			return false;
	}
	return true;
}

static void note(struct wrong *wrong, u64 *what)
{
	++*what;
	if (!wrong->first)
		wrong->first = place;
}

static void try_place(struct wrong *wrong, const struct judged *whole,
		      const char *from, const char *first, const char *second)
{
	static struct judged both, one, two;
	const bool violated = whole->stream.model.violations.total;

	if (record_in_two(from, second)) {
		fprintf(stderr, "place %llu: the recorder failed\n", place);
		note(wrong, &wrong->damaged);
		return;
	}
	judge(&both, (const char *[]){ first, second }, 2);
	judge(&one, (const char *[]){ first }, 1);
	judge(&two, (const char *[]){ second }, 1);
	if (both.verdict.word == VERDICT_DAMAGED ||
	    one.verdict.word == VERDICT_DAMAGED ||
	    two.verdict.word == VERDICT_DAMAGED) {
		fprintf(stderr, "place %llu: %s\n", place, two.stream.why);
		note(wrong, &wrong->damaged);
		return;
	}
	if (!same_verdict(whole, &both))
		note(wrong, &wrong->verdict);
	if (!same_accounts(whole->stream.model.ledger,
			   both.stream.model.ledger))
		note(wrong, &wrong->accounts);
	if (!same_memory(whole->stream.model.ledger, two.stream.model.ledger))
		note(wrong, &wrong->memory);
	if (!violated && (one.stream.model.violations.total ||
			  two.stream.model.violations.total))
		note(wrong, &wrong->made_up);
	stream_close(&both.stream);
	stream_close(&one.stream);
	stream_close(&two.stream);
}

static unsigned int tests;
static int failed;

static void result(const char *what, const char *name, u64 nr,
		   const struct wrong *wrong)
{
	printf("%sok %u %s: %s\n", nr ? "not " : "", ++tests, name, what);
	if (!nr)
		return;
	failed = 1;
	printf("# at %llu places, the first of all that are wrong is %llu\n",
	       nr, wrong->first);
}

static void try_recording(const char *from, const char *folder)
{
	const char *name = strrchr(from, '/') ? strrchr(from, '/') + 1 : from;
	static struct judged whole;
	struct wrong wrong = { 0 };
	char first[4096], second[4096];
	static struct play play;
	u64 records, snapshot;

	snprintf(second, sizeof(second), "%s/pieces.mhp", folder);
	if (snprintf(first, sizeof(first), "%s.1", second) >=
	    (int)sizeof(first))
		exit(2);
	judge(&whole, &from, 1);
	records = whole.stream.model.seen;
	play = (struct play){ 0 };
	play_open(&play, from);
	while (source_read(play.file, play_queue, &play) >= 0)
		;
	snapshot = play_snapshot(&play);
	for (place = snapshot; place < records; place++)
		try_place(&wrong, &whole, from, first, second);
	result("two files in a row are judged as one", name, wrong.verdict,
	       &wrong);
	result("  and have the same accounts", name, wrong.accounts, &wrong);
	result("  the second one ends with the same memory", name, wrong.memory,
	       &wrong);
	result("  neither alone has a violation that is none", name,
	       wrong.made_up, &wrong);
	result("  nor is damaged", name, wrong.damaged + !records, &wrong);
	stream_close(&whole.stream);
}

int main(int argc, char **argv)
{
	int i;

	/* Whoever started the tests may ignore it. */
	signal(SIGHUP, SIG_DFL);
	printf("KTAP version 1\n");
	fflush(stdout);
	for (i = 2; i < argc; i++) {
		try_recording(argv[i], argv[1]);
		fflush(stdout);
	}
	printf("1..%u\n", tests);
	return failed;
}
