// SPDX-License-Identifier: GPL-2.0
/*
 * Connects a source to the rules and a model: opens the source, passes records
 * on, and in the end compares the ledgers.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "source/stream.h"

/* Of a recording that has not begun; any would do. */
#define SILENT_PAGE_BYTES 4096
#define SILENT_BLOCK_BYTES (128ULL << 20)

int stream_start(struct stream *stream, const struct source_info *info,
		 const struct rules_opts *opts)
{
	struct rules_opts rules = { 0 };
	int err = model_init(&stream->model, info);

	if (err)
		return err;
	if (opts)
		rules = *opts;
	rules.page_bytes = info->page_bytes;
	stream->rules = rules_new(ledger_block_pages(stream->model.ledger),
				  &rules, &stream->model.violations);
	if (!stream->rules) {
		model_fini(&stream->model);
		return -ENOMEM;
	}
	rules_describe(stream->rules, info);
	return 0;
}

int stream_take(void *ctx, const struct mhp_record *record)
{
	struct stream *stream = ctx;
	int err = rules_take(stream->rules, record);

	if (err)
		stream->rules_err = err;
	return model_take(&stream->model, record);
}

static int start_model(struct stream *stream, const struct rules_opts *opts)
{
	int err = stream_start(stream, &stream->source->info, opts);

	if (!err)
		return 0;
	snprintf(stream->why, sizeof(stream->why),
		 "cannot create the ledger: %s", strerror(-err));
	stream_close(stream);
	return err;
}

/* The user wants sysfs. */
static int open_sysfs(struct stream *stream)
{
	int err = source_open_sysfs(&stream->source, NULL, stream->why,
				    sizeof(stream->why));

	if (err)
		stream->source = NULL;
	return err ?: start_model(stream, NULL);
}

/* 0, or -errno after which the stream is closed. */
static int open_live(struct stream *stream, const enum source_kind *only)
{
	char why[128];
	int err;

	if (only && *only == SOURCE_SYSFS)
		return open_sysfs(stream);
	err = source_open_kernel(&stream->source, only, stream->why,
				 sizeof(stream->why));
	if (!err)
		return start_model(stream, NULL);
	stream->source = NULL;
	if (only)
		return err;
	if (source_open_sysfs(&stream->source, NULL, why, sizeof(why))) {
		stream->source = NULL;
		return err;
	}
	err = start_model(stream, NULL);
	if (!err)
		snprintf(stream->model.notice, sizeof(stream->model.notice),
			 "%s", stream->why);
	return err;
}

int stream_open_live(struct stream *stream, const enum source_kind *only)
{
	int err;

	memset(stream, 0, sizeof(*stream));
	stream->facts = facts_open("", false);
	err = open_live(stream, only);
	if (err) {
		facts_close(stream->facts);
		stream->facts = NULL;
	} else {
		stream->source->names_refusals = true;
	}
	return err;
}

int stream_open_events(struct stream *stream, const enum source_kind *only,
		       const struct rules_opts *opts)
{
	int err;

	memset(stream, 0, sizeof(*stream));
	err = source_open_kernel(&stream->source, only, stream->why,
				 sizeof(stream->why));
	if (err)
		stream->source = NULL;
	return err ?: start_model(stream, opts);
}

/* No recording began in time: none is read, and nobody knows what it would have had. */
static int start_silent(struct stream *stream, const struct rules_opts *opts)
{
	struct source_info *info = &stream->source->info;
	int err;

	info->empty = true;
	info->page_bytes = SILENT_PAGE_BYTES;
	info->block_bytes = SILENT_BLOCK_BYTES;
	err = start_model(stream, opts);
	if (err)
		return err;
	stream->over = true;
	snprintf(stream->why, sizeof(stream->why),
		 "no recording began in time");
	return 0;
}

/* With the source that was opened, unless that failed. */
static int start_source(struct stream *stream, int err, u64 until_ns,
			const struct rules_opts *opts)
{
	if (err) {
		stream->source = NULL;
		return err;
	}
	err = source_begin(stream->source, until_ns);
	if (!err)
		return start_model(stream, opts);
	if (err == -ETIMEDOUT)
		return start_silent(stream, opts);
	snprintf(stream->why, sizeof(stream->why), "%s",
		 source_why(stream->source));
	source_close(stream->source);
	stream->source = NULL;
	return err;
}

int stream_open_all(struct stream *stream, const char *const *paths, size_t nr,
		    u64 until_ns, const struct rules_opts *opts)
{
	int err;

	memset(stream, 0, sizeof(*stream));
	err = source_open_all(&stream->source, paths, nr, stream->why,
			      sizeof(stream->why));
	return start_source(stream, err, until_ns, opts);
}

int stream_open_any(struct stream *stream, const char *path,
		    const struct rules_opts *opts)
{
	return stream_open_all(stream, &path, 1, 0, opts);
}

int stream_open_growing(struct stream *stream, const char *path,
			const struct rules_opts *opts)
{
	int err;

	memset(stream, 0, sizeof(*stream));
	err = source_open_growing(&stream->source, path, stream->why,
				  sizeof(stream->why));
	return start_source(stream, err, 0, opts);
}

void stream_close(struct stream *stream)
{
	source_close(stream->source);
	stream->source = NULL;
	facts_close(stream->facts);
	stream->facts = NULL;
	rules_free(stream->rules);
	stream->rules = NULL;
	free(stream->parts);
	stream->parts = NULL;
	stream->nr_parts = stream->room_parts = 0;
	model_fini(&stream->model);
}

/*
 * A lost record is missing from our ledger for good, but not from the kernel's.
 * So after a loss, the accounts are loaded from the kernel before they are shown,
 * and records are only logged, as the kernel's accounts include them.
 */
static void load_ledger(struct stream *stream)
{
	struct model *model = &stream->model;
	u64 lost = model->totals.count[0].lost;
	char why[160];
	int ret;

	ret = source_ledger(stream->source, model->ledger, why, sizeof(why));
	if (ret >= 0)
		model->loaded = true;
	else if (ret == -EOPNOTSUPP)
		return;
	/* Keep the notice of the error that ended the stream. */
	if (stream->err)
		return;
	snprintf(model->notice, sizeof(model->notice),
		 "%llu events were lost: %s", lost,
		 ret ? why :
		       "accounts are read from the kernel; the log has gaps");
}

void stream_tick(struct stream *stream, u64 now_ns)
{
	/* Nobody knows what is in progress after the last event. */
	if (stream->over)
		return;
	source_clock(stream->source, stream_take, stream);
	model_tick(&stream->model, now_ns);
}

static void update_attention(struct stream *stream)
{
	struct model *model = &stream->model;

	if (stream->facts)
		model->facts = facts_read(stream->facts, model->info.page_bytes,
					  model->info.block_bytes,
					  model_now(model));
	attention_find(&model->attention, model, model->facts,
		       ATTENTION_PATIENCE_NS);
}

void stream_update(struct stream *stream)
{
	struct model *model = &stream->model;
	struct source_totals totals;

	if (!source_totals(stream->source, &totals)) {
		model->totals = totals;
	} else {
		/* One recording has no end; what the others report still counts. */
		model->totals.no_room = totals.no_room;
		model->totals.no_lock = totals.no_lock;
		model->totals.unknown = totals.unknown;
	}
	if (model->info.live && model->totals.count[0].lost)
		load_ledger(stream);
	else if (!*model->notice)
		model_doubt(model, model->notice, sizeof(model->notice));
	if (!*model->notice)
		snprintf(model->notice, sizeof(model->notice), "%s",
			 stream->part_note);
	update_attention(stream);
}

/* Whether two recordings cover the same time of one boot. The last event of one may be the first of the other. */
static bool is_overlap(const struct stream_part *a, const struct stream_part *b)
{
	return a->begin_ns && b->begin_ns && a->begin_ns <= b->end_ns &&
	       b->begin_ns <= a->end_ns &&
	       !source_info_other_boot(&a->info, &b->info);
}

/* Whether the next recording begins before the end of an earlier one, which need not be the one before it. */
static void find_overlaps(struct stream *stream)
{
	struct stream_part next = {
		.info = stream->source->info,
		.begin_ns = stream->begin_ns,
		.end_ns = UINT64_MAX,
	};
	size_t i;

	for (i = 0; i < stream->nr_parts; i++)
		if (is_overlap(&stream->parts[i], &next))
			return rules_may_overlap(stream->rules);
}

/* A recording has ended: whether it may have events of an earlier one. */
static bool is_twice(struct stream *stream, const struct stream_part *last)
{
	const struct stream_part *part = stream->parts;
	bool twice = false;
	size_t i;

	for (i = 0; i < stream->nr_parts; i++, part++) {
		if (!is_overlap(part, last))
			continue;
		twice = true;
		stream->overlaps |= *part->info.boot && *last->info.boot;
		/* The others would tell nothing new. */
		if (stream->overlaps || !*last->info.boot)
			break;
	}
	return twice;
}

/* What is known of the recording that has ended. */
static struct stream_part last_part(const struct stream *stream)
{
	return (struct stream_part){
		.info = stream->model.info,
		.begin_ns = stream->begin_ns,
		.end_ns = stream->model.last_ns,
	};
}

/*
 * How the times of a recording go on from those of the one before it. Without
 * boot IDs, an earlier time is that of another boot, if not of two recorders at
 * the same time.
 */
static bool is_same_clock(struct stream *stream, u64 begin_ns)
{
	const struct source_info *next = &stream->source->info;
	const struct source_info *info = &stream->model.info;
	bool other = source_info_other_boot(info, next);
	bool earlier = begin_ns && begin_ns < stream->model.last_ns;
	const char *what = NULL;

	if (other)
		what = "is of another boot or machine";
	else if (earlier && *info->boot && *next->boot)
		what = "begins before the end of the one before it: events may be in both";
	else if (earlier)
		what = "begins before the end of the one before it: it is of another boot or out of order, or events are in both";
	find_overlaps(stream);
	if (what && !*stream->part_note)
		snprintf(stream->part_note, sizeof(stream->part_note),
			 "recording %llu %s", stream->part + 1, what);
	return !what;
}

/* What was known is of a recording that has ended. 0, -ENOMEM, or -EINVAL: no window can have both. */
static int start_part(struct stream *stream, u64 begin_ns)
{
	const struct source *source = stream->source;
	bool continues;

	stream->begin_ns = source->info.mono_ns ?: begin_ns;
	continues = is_same_clock(stream, stream->begin_ns);
	if (!continues && (stream->until_ns || stream->model.log_since_ns)) {
		snprintf(
			stream->why, sizeof(stream->why),
			"--since and --until are times of one boot, but %s; replay it alone",
			stream->part_note);
		return -EINVAL;
	}
	stream->part_begins = false;
	stream->boot += !continues;
	stream->model.part = stream->part;
	rules_describe(stream->rules, &source->info);
	return model_restart(&stream->model, &source->info, continues);
}

/* Events are missing behind the last one of the recording, if it has numbered more. */
static bool is_end_lost(const struct stream *stream)
{
	const struct source_ending *ending = &stream->source->ending;

	return ending->numbered > stream->model.last_seq;
}

/* How the recording that is read to its end has ended. */
static struct rules_ending part_ending(struct stream *stream,
				       const struct stream_part *part)
{
	const struct source_ending *ending = &stream->source->ending;
	bool is_lost = is_end_lost(stream);

	return (struct rules_ending){
		.end_ns = is_lost ? 0 : ending->end_ns,
		.numbered = ending->numbered,
		.whole = ending->whole && !is_lost,
		.unordered = ending->unordered,
		.balloon = ending->balloon,
		.overlaps = is_twice(stream, part),
	};
}

/* Before the next read: the source has come to another recording. 0 or -ENOMEM. */
static int end_part(struct stream *stream)
{
	const struct source *source = stream->source;
	/* The last one had no records. */
	int err = stream->part_begins ? start_part(stream, 0) : 0;
	struct rules_ending ending;
	struct stream_part part;

	if (stream->model.last_ns < source->ending.end_ns)
		stream->model.last_ns = source->ending.end_ns;
	part = last_part(stream);
	ending = part_ending(stream, &part);
	rules_restart(stream->rules, &ending);
	stream->part = source->part;
	stream->part_begins = true;
	stream->begin_ns = 0;
	if (!vec_grow(stream->parts, stream->nr_parts, stream->room_parts))
		return -ENOMEM;
	stream->parts[stream->nr_parts++] = part;
	return err;
}

struct window {
	struct stream *stream;
	source_sink sink;
	void *ctx;
};

/*
 * Sink. The first record of a recording shows on which clock it is. Nothing later
 * than the end of the window is passed on.
 */
static int window_take(void *ctx, const struct mhp_record *record)
{
	const struct window *window = ctx;
	struct stream *stream = window->stream;
	int err = stream->part_begins ? start_part(stream, record->time_ns) : 0;

	if (err)
		return err;
	if (!stream->begin_ns)
		stream->begin_ns = stream->source->info.mono_ns ?:
								  record->time_ns;
	if (stream->window.has_since || stream->window.has_until)
		stream_place_window(stream, stream->begin_ns, record->time_ns);
	if (!stream->until_ns || record->time_ns <= stream->until_ns)
		return window->sink(window->ctx, record);
	window->stream->stopped = true;
	return -ECANCELED;
}

int stream_read(struct stream *stream, source_sink sink, void *ctx)
{
	struct window window = { stream, sink, ctx };
	int ret;

	if (stream->over)
		return -ENODATA;
	ret = stream->part == stream->source->part ? 0 : end_part(stream);
	if (!ret)
		ret = source_read(stream->source, window_take, &window);
	if (ret == -ENODATA && stream->part_begins)
		ret = start_part(stream, 0) ?: ret;
	if (stream->stopped) {
		stream->over = true;
		return -ENODATA;
	}
	if (ret >= 0 || ret == -ECANCELED)
		return ret;
	stream->over = true;
	stream->err = ret == -ENODATA ? 0 : ret;
	/* If not the source failed, the reason is there. */
	if (ret != -EINVAL)
		snprintf(stream->why, sizeof(stream->why), "%s",
			 source_why(stream->source));
	if (stream->err && !*stream->why)
		snprintf(stream->why, sizeof(stream->why),
			 "cannot read the events: %s", strerror(-ret));
	if (*stream->why)
		snprintf(stream->model.notice, sizeof(stream->model.notice),
			 "%s", stream->why);
	return -ENODATA;
}

/* Whether events are missing behind the last one. */
static bool is_tail_lost(const struct model *model)
{
	const struct mhp_count *all = &model->totals.count[0];

	return all->lost && all->seen > model->last_seq;
}

/* The time of the model when the recording, or the part of it that is shown, ends. */
static void tick_end(struct stream *stream, u64 end_ns)
{
	/* In microseconds, as printed */
	if (stream->until_ns && end_ns >= stream->until_ns)
		end_ns = stream->until_ns / 1000 * 1000;
	model_tick(&stream->model, end_ns);
}

/* How the last recording ends, or where the user has ended it. */
static struct rules_ending last_ending(struct stream *stream,
				       const struct stream_part *part)
{
	const struct model *model = &stream->model;
	struct source_totals totals;
	struct rules_ending ending;

	if (stream->over && !stream->err) {
		ending = part_ending(stream, part);
		if (!ending.end_ns && !is_end_lost(stream))
			ending.end_ns = stream->end_ns;
		return ending;
	}
	source_totals(stream->source, &totals);
	return (struct rules_ending){
		.end_ns = is_tail_lost(model) ? 0 : stream->end_ns,
		.whole = !stream->err && !is_tail_lost(model) &&
			 (model->info.live ||
			  (stream->ended && !stream->source->rest)),
		.unordered = totals.no_lock,
		.balloon = totals.balloon,
		.overlaps = is_twice(stream, part),
	};
}

/*
 * What has not ended by now is judged, and shown, by the time at which the
 * recording ended.
 */
static void end_rules(struct stream *stream)
{
	struct stream_part part = last_part(stream);
	struct rules_ending ending = last_ending(stream, &part);

	rules_end(stream->rules, &ending);
	if (!stream->model.info.live && ending.end_ns)
		tick_end(stream, ending.end_ns);
}

/* The rest of the recording, with its totals, is not read. */
static void finish_early(struct stream *stream)
{
	struct model *model = &stream->model;

	stream_update(stream);
	tick_end(stream, stream->until_ns);
	update_attention(stream);
	model->self_check = -EOPNOTSUPP;
	snprintf(model->self_check_why, sizeof(model->self_check_why),
		 "the recording was read only in part (--until)");
}

void stream_finish(struct stream *stream, source_sink sink, void *ctx)
{
	struct model *model = &stream->model;
	int ret;

	if (stream->checked)
		return;
	stream->checked = true;
	if (stream->stopped) {
		finish_early(stream);
		return;
	}
	do {
		ret = source_self_check(stream->source, model->ledger,
					model->self_check_why,
					sizeof(model->self_check_why));
	} while (ret == -EAGAIN && stream_read(stream, sink, ctx) > 0);
	stream_update(stream);
	end_rules(stream);
	/* Once more, for the time of the end. */
	update_attention(stream);
	model->self_check = ret == -EAGAIN ? -EOPNOTSUPP : ret;
}

int stream_status(int err)
{
	return err == -EPROTO || err == -ENOTSUP ? STATUS_DAMAGED :
						   STATUS_FAILED;
}

int stream_live_status(int err)
{
	return err == -ENOMEM ? STATUS_FAILED : STATUS_UNSUPPORTED;
}

int stream_lost_status(u64 lost, u64 seen, const char *when)
{
	if (!lost)
		return STATUS_OK;
	return status_fail(STATUS_UNKNOWN, "%llu of %llu events were lost %s",
			   lost, seen, when);
}

int stream_shown_status(const struct model *model)
{
	char why[160];
	int status = stream_lost_status(
		model_lost(model), model_seen(model),
		model->info.live ?
			"before they could be shown" :
			"when it was recorded: everything after the first gap may be wrong");

	if (status == STATUS_OK && model_doubt(model, why, sizeof(why)))
		status = status_fail(STATUS_UNKNOWN,
				     "what is shown may be wrong: %s", why);
	return status;
}
