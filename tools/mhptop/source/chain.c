// SPDX-License-Identifier: GPL-2.0
/* The source that reads several recordings, one after the other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plain_text.h"
#include "source/source.h"

struct source_chain {
	struct source source;
	const char **paths; /* in the order in which they are read */
	size_t nr;
	size_t next; /* the first path that was not opened */
	struct source *now;
	bool begun; /* the header of what is read now is known */
	u64 part; /* of the source that is read */
	u64 base; /* numbers used by earlier sources */
	u64 skip; /* the first numbers of the source, whose records repeat what the one before it says */
	bool balloon; /* at the end of the source before it, which it continues */
	u64 skipped[64]; /* records that were left out for that, by event, and all at 0 */
	u64 last_seq; /* highest number of a record */
	struct source_totals sums; /* of earlier sources */
	bool has_no_totals; /* an earlier source */
	int self_check; /* the worst of earlier sources */
	char self_check_why[160];
	char note[256]; /* the first message of a source at its end */
};

static struct source_chain *to_chain(struct source *source)
{
	return (struct source_chain *)source;
}

struct chain_sink {
	struct source_chain *chain;
	source_sink sink;
	void *ctx;
};

/* The number of a record among those of all sources. */
static u64 chain_number(const struct source_chain *chain, u64 seq)
{
	return chain->base + (seq > chain->skip ? seq - chain->skip : 0);
}

/* Sink. Each source numbers its records from 1. */
static int chain_take(void *ctx, const struct mhp_record *record)
{
	const struct chain_sink *to = ctx;
	struct source_chain *chain = to->chain;
	struct mhp_record copy = { 0 };

	if (!record->seq)
		return to->sink(to->ctx, record);
	if (record->seq <= chain->skip) {
		chain->skipped[0]++;
		chain->skipped[record->event]++;
		return 0;
	}
	memcpy(&copy, record, MHP_RECORD_HEADER + record->size);
	copy.seq = chain_number(chain, record->seq);
	if (chain->last_seq < copy.seq)
		chain->last_seq = copy.seq;
	return to->sink(to->ctx, &copy);
}

/* A recording of the source that is read has ended, and perhaps the source as well. */
static void chain_end_part(struct source_chain *chain)
{
	struct source_ending *ending = &chain->source.ending;

	*ending = chain->now->ending;
	ending->balloon |= chain->balloon;
	if (ending->numbered)
		ending->numbered = chain_number(chain, ending->numbered);
	if (ending->numbered < chain->last_seq)
		ending->numbered = chain->last_seq;
}

/* Keep the results of a source that has ended. */
static void chain_keep(struct source_chain *chain)
{
	struct source_totals totals;
	char why[160];
	int check, err = source_totals(chain->now, &totals);

	if (err)
		chain->has_no_totals = true;
	source_totals_skip(&totals, chain->skipped);
	source_totals_add(&chain->sums, &totals);
	check = source_self_check(chain->now, NULL, why, sizeof(why));
	if (check && chain->self_check != 1) {
		chain->self_check = check;
		memcpy(chain->self_check_why, why, sizeof(why));
	}
	if (!*chain->note)
		memcpy(chain->note, source_why(chain->now),
		       sizeof(chain->note));
	chain->base = chain->source.ending.numbered;
	chain->skip = 0;
	chain->balloon = false;
	memset(chain->skipped, 0, sizeof(chain->skipped));
}

/* Open the next recording. It may be a pipe that has nothing yet. */
static int chain_next(struct source_chain *chain)
{
	struct source *source;
	int err = source_open_any(&source, chain->paths[chain->next++],
				  chain->source.why, sizeof(chain->source.why));

	if (err)
		return err;
	source_close(chain->now);
	chain->now = source;
	chain->begun = false;
	/* A pipe may end before its header, which has the rest. */
	chain->source.info.growing = source->info.growing;
	return 0;
}

/* Take over why another recording, of which there is no more than its header, proves nothing. */
static void note_doubts(struct source_info *info,
			const struct source_info *other)
{
	info->missing_events |= other->missing_events;
	info->partial = info->partial ?: other->partial;
}

/*
 * Take over the header of the recording that was opened, as soon as it is there:
 * the first one has the size of memory blocks. 1: it is there, 0: not yet, or an
 * error.
 */
static int chain_begin(struct source_chain *chain)
{
	struct source_info *info = &chain->source.info;
	const struct source_info first = *info, *next = &chain->now->info;
	int ret = next->block_bytes ? 1 : source_read(chain->now, NULL, NULL);

	if (ret < 0)
		memcpy(chain->source.why, source_why(chain->now),
		       sizeof(chain->source.why));
	if (!next->block_bytes)
		return ret;
	if (first.block_bytes && !next->empty &&
	    (next->block_bytes != first.block_bytes ||
	     next->page_bytes != first.page_bytes)) {
		snprintf(
			chain->source.why, sizeof(chain->source.why),
			"%s: this recording has another size of memory blocks than the one before it",
			chain->paths[chain->next - 1]);
		plain_text(chain->source.why);
		return -EPROTO;
	}
	*info = *next;
	info->unmarked |= first.unmarked;
	if (!first.block_bytes)
		note_doubts(info, &first);
	if (first.block_bytes) {
		info->block_bytes = first.block_bytes;
		info->page_bytes = first.page_bytes;
	}
	chain->begun = true;
	chain->part = chain->now->part;
	return 1;
}

/*
 * The recording that was read has ended: go on with the next one, which may continue
 * it. One that comes through a pipe, and has not begun, does not.
 */
static int chain_go_on(struct source_chain *chain)
{
	const struct source_info last = chain->now->info;
	bool whole = chain->source.ending.whole;
	int self_check = chain->self_check, ret;
	const struct source_info *next;

	chain_keep(chain);
	ret = chain_next(chain);
	if (ret)
		return ret;
	next = &chain->now->info;
	if (!whole || !next->block_bytes ||
	    !source_info_continues(&last, next)) {
		chain->source.part++;
		return 0;
	}
	chain->skip = next->base_records;
	chain->balloon = chain->source.ending.balloon;
	/* The ledgers of a run are compared once, at its end. */
	if (chain->self_check != 1)
		chain->self_check = self_check;
	return 0;
}

/*
 * The first source; it has the size of memory blocks, unless nothing is left of any.
 * Those before it are recordings as well, in which nothing happened.
 */
static int chain_first(struct source_chain *chain)
{
	int ret = chain_next(chain);

	while (!ret && chain->now->info.empty && chain->next < chain->nr) {
		source_read(chain->now, NULL, NULL);
		chain->source.info.unmarked |= chain->now->info.unmarked;
		note_doubts(&chain->source.info, &chain->now->info);
		chain->source.part++;
		chain_end_part(chain);
		chain_keep(chain);
		ret = chain_next(chain);
	}
	if (!ret)
		ret = chain_begin(chain);
	return ret < 0 ? ret : 0;
}

static int chain_read_now(struct source *source, source_sink sink, void *ctx)
{
	struct source_chain *chain = to_chain(source);
	struct chain_sink to = { chain, sink, ctx };
	int ret;

	if (!chain->begun)
		return chain_begin(chain);
	ret = source_read(chain->now, chain_take, &to);
	if (chain->part != chain->now->part) {
		chain_begin(chain);
		chain_end_part(chain);
		source->part++;
	}
	if (ret >= 0)
		return ret;
	memcpy(source->why, source_why(chain->now), sizeof(source->why));
	if (ret != -ENODATA)
		return ret;
	chain_end_part(chain);
	if (chain->next == chain->nr) {
		if (*chain->note)
			memcpy(source->why, chain->note, sizeof(source->why));
		return -ENODATA;
	}
	ret = chain_go_on(chain);
	/* There may be more. */
	return ret ?: 1;
}

/* Where the recording that is read stops, or what else is. */
static enum source_rest chain_rest(const struct source_chain *chain)
{
	if (chain->now->rest == SOURCE_REST_LINE)
		return SOURCE_REST_LINE;
	if (!chain->begun)
		return SOURCE_REST_SILENT;
	return chain->next < chain->nr ? SOURCE_REST_UNREAD : SOURCE_REST_NONE;
}

static int chain_read(struct source *source, source_sink sink, void *ctx)
{
	int ret = chain_read_now(source, sink, ctx);

	source->rest = chain_rest(to_chain(source));
	return ret;
}

static int chain_fd(struct source *source)
{
	return source_fd(to_chain(source)->now);
}

static int chain_totals(struct source *source, struct source_totals *totals)
{
	struct source_chain *chain = to_chain(source);
	int err = source_totals(chain->now, totals);

	source_totals_skip(totals, chain->skipped);
	source_totals_add(totals, &chain->sums);
	return chain->has_no_totals ? -ENODATA : err;
}

static int chain_self_check(struct source *source, struct mhp_ledger *ledger,
			    char *why, size_t len)
{
	struct source_chain *chain = to_chain(source);
	int ret = source_self_check(chain->now, ledger, why, len);

	if (ret == 1 || !chain->self_check)
		return ret;
	snprintf(why, len, "%s", chain->self_check_why);
	return chain->self_check;
}

static void chain_close(struct source *source)
{
	struct source_chain *chain = to_chain(source);

	source_close(chain->now);
	free(chain->paths);
	free(chain);
}

static const struct source_ops chain_ops = {
	.name = "chain",
	.read = chain_read,
	.fd = chain_fd,
	.totals = chain_totals,
	.self_check = chain_self_check,
	.close = chain_close,
	.has_endings = true,
};

/* A file that cannot be read is no surprise in the middle of a check. 0 or -errno. */
static int find_all(const char *const *paths, size_t nr, char *why, size_t len)
{
	size_t i;
	int err;

	for (i = 0; i < nr; i++) {
		if (!strcmp(paths[i], "-") || !eaccess(paths[i], R_OK))
			continue;
		err = -errno;
		snprintf(why, len, "cannot open %s: %s", paths[i],
			 strerror(-err));
		plain_text(why);
		return err;
	}
	return 0;
}

/* What a recording begins with. An empty boot: it is unknown, or read from a pipe. */
struct beginning {
	const char *path;
	char boot[sizeof(((struct source_info *)0)->boot)];
	u64 mono_ns;
};

static struct beginning find_beginning(const char *path)
{
	struct beginning beginning = { .path = path };
	struct source *source;
	struct stat status;
	char why[256];

	/* What was read from a pipe would be gone. */
	if (stat(path, &status) || !S_ISREG(status.st_mode) ||
	    source_open_file(&source, path, why, sizeof(why)))
		return beginning;
	if (source->info.mono_ns) {
		memcpy(beginning.boot, source->info.boot,
		       sizeof(beginning.boot));
		beginning.mono_ns = source->info.mono_ns;
	}
	source_close(source);
	return beginning;
}

/*
 * Put recordings of the same boot in the order of their times, wherever others
 * stand between them.
 */
static int sort_paths(struct source_chain *chain, const char *const *paths)
{
	struct beginning *all = calloc(chain->nr, sizeof(*all)), first;
	size_t i, j;

	chain->paths = calloc(chain->nr, sizeof(*chain->paths));
	for (i = 0; all && i < chain->nr; i++)
		all[i] = find_beginning(paths[i]);
	for (i = 0; all && i < chain->nr; i++)
		for (j = i + 1; *all[i].boot && j < chain->nr; j++) {
			if (strcmp(all[i].boot, all[j].boot) ||
			    all[j].mono_ns >= all[i].mono_ns)
				continue;
			first = all[j];
			all[j] = all[i];
			all[i] = first;
		}
	for (i = 0; all && chain->paths && i < chain->nr; i++)
		chain->paths[i] = all[i].path;
	i = all && chain->paths;
	free(all);
	return i ? 0 : -ENOMEM;
}

int source_open_all(struct source **source, const char *const *paths, size_t nr,
		    char *why, size_t len)
{
	struct source_chain *chain;
	int err;

	if (nr <= 1)
		return source_open_any(source, nr ? paths[0] : NULL, why, len);
	*source = NULL;
	err = find_all(paths, nr, why, len);
	if (err)
		return err;
	chain = calloc(1, sizeof(*chain));
	if (!chain) {
		snprintf(why, len, "out of memory");
		return -ENOMEM;
	}
	chain->source.ops = &chain_ops;
	chain->nr = nr;
	err = sort_paths(chain, paths);
	if (err)
		snprintf(chain->source.why, sizeof(chain->source.why),
			 "out of memory");
	else
		err = chain_first(chain);
	if (err) {
		snprintf(why, len, "%s", chain->source.why);
		chain_close(&chain->source);
		return err;
	}
	*source = &chain->source;
	return 0;
}
