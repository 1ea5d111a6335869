// SPDX-License-Identifier: GPL-2.0
/*
 * The source that reads events as printed by perf, trace-cmd or tracefs. It
 * reads a text twice: first for what must be known before the first record.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/import/import.h"
#include "source/import/kinds.h"
#include "source/import/perf_data.h"
#include "source/import/text_input.h"
#include "source/import/text_line.h"
#include "base/plain_text.h"
#include "base/vec.h"
#include "source/source.h"

#define BATCH 4096 /* lines per call */
#define MOST_BUFFERS 16
#define CUT_TEXT "the text was cut: it ends inside a line"
#define CUT_PERF "the perf.data was cut, or perf was killed"
#define NONE_LEFT ", and no mhp events are left"
#define DISORDER                                                                      \
	"its time is earlier than that of the event before it: the lines are not in " \
	"order, or another text without a header begins; put each in a file of its own"
#define FORGED                                                                        \
	"other events in this perf.data, or names of tasks, look like mhp events or " \
	"losses: somebody may have forged them; record with perf record -e 'mhp:*'"
#define FOLLOWED \
	"something follows its end, such as another recording; put each in a file of its own"

/* A buffer of trace-cmd. Two buffers usually have the same events, so one is read. */
struct text_buffer {
	char name[TEXT_BUFFER_LEN];
	struct import_block block;
	struct import_kinds kinds;
	u64 last_ns; /* time of the last event */
	u64 last_line; /* its line */
	u64 events;
	u64 steps; /* times that are earlier than the one before */
	u64 disorder; /* the first line with such a time without a header in between, 0: none */
	u16 *schemas; /* of each of several texts: OLD_FORM_SCHEMA if one of its records has the old form */
	size_t nr_texts, room_texts;
};

struct source_text {
	struct source source;
	char *name; /* for messages */
	char *path;
	struct import import;
	struct import_gaps gaps;
	u64 lost_whole; /* losses that the file counted, wherever they are */
	u64 lost_placed; /* losses that lines report */
	u64 marks; /* lines that are not those of other events */
	bool is_trace; /* another tool printed it, whatever it has */
	bool lost_anywhere; /* a line reports a loss, but not where it happened */
	bool lost_more; /* the number of lost events is unknown */
	bool is_cut; /* the file is */
	bool finished; /* all of it was read */
	struct text_buffer buffers[MOST_BUFFERS];
	size_t nr_buffers;
	struct text_buffer *buffer; /* the one that is read */
	u64 header; /* the last line with a header */
	u64 last_line; /* that of the last record */
	bool holding; /* a record of the next text was read */
	struct mhp_record held;
	char refused[256]; /* the first line that was refused, and why */
	char note[256]; /* for the user, at the end */
	struct text_input input;
};

static struct source_text *to_text(struct source *source)
{
	return (struct source_text *)source;
}

static int text_fail(struct source_text *text, int err, const char *reason)
{
	/* An error of the file as a whole has no line. */
	if (text->input.line)
		snprintf(text->source.why, sizeof(text->source.why),
			 "%s:%llu: %s", text->name, text->input.line, reason);
	else
		snprintf(text->source.why, sizeof(text->source.why),
			 "cannot read %s: %s", text->name, reason);
	return err;
}

/* -- The second pass: records ------------------------------------------------- */

/*
 * Several texts may have been joined into one: the next one begins with a
 * header, whatever its times are. Its first record is held back, because a call
 * of read() hands over records of one only.
 */
static bool begins_text(struct source_text *text, struct mhp_record *record)
{
	bool begins = text->last_line && text->header > text->last_line;

	text->last_line = text->input.line;
	text->source.part += begins;
	/* The file may have changed since the first pass. */
	record->schema = text->source.part < text->buffer->nr_texts ?
				 text->buffer->schemas[text->source.part] :
				 0;
	if (!begins)
		return false;
	text->held = *record;
	text->holding = true;
	return true;
}

/* perf script prints none; what looks like one there is the name of a task. */
static void note_header(struct source_text *text,
			const struct text_line *parsed)
{
	if (parsed->kind == TEXT_LINE_HEADER && !text->input.is_perf)
		text->header = text->input.line;
}

/* 1 if the line was a record and was handed over, 0 if not, or an error. */
static int text_take_line(struct source_text *text, const char *line,
			  source_sink sink, void *ctx)
{
	struct text_line parsed;
	char why[200];
	int ret;

	if (text_line_parse(line, &parsed, why, sizeof(why)))
		return text_fail(text, -EPROTO, why);
	if (parsed.lost)
		import_lost(&text->import, parsed.lost);
	text->lost_more |= parsed.lost_more;
	note_header(text, &parsed);
	if (strcmp(parsed.buffer, text->buffer->name) != 0)
		return 0;
	if (parsed.kind != TEXT_LINE_EVENT && parsed.kind != TEXT_LINE_UNKNOWN)
		return 0;
	import_count(&text->import, &parsed.record,
		     import_gaps_has(&text->gaps, text->input.line));
	if (begins_text(text, &parsed.record))
		return 0;
	ret = sink(ctx, &parsed.record);
	return ret < 0 ? ret : 1;
}

/* What is missing at the end, and what was not read. */
static void text_finish(struct source_text *text)
{
	u64 lost = text->import.totals.count[0].lost;

	if (text->lost_whole > lost)
		import_lost(&text->import, text->lost_whole - lost);
	text->finished = true;
	text->is_cut |= text->input.cut;
	if (text->is_cut)
		snprintf(text->note, sizeof(text->note), "%s: %s%s", text->name,
			 text->input.is_perf ? CUT_PERF : CUT_TEXT,
			 text->buffer ? "" : NONE_LEFT);
	else if (text->lost_more)
		snprintf(
			text->note, sizeof(text->note),
			"%s: the number of lost events is unknown; there may be more",
			text->name);
	else if (text->nr_buffers > 1)
		snprintf(text->note, sizeof(text->note),
			 "%s: only the %s%s was read, of %zu buffers",
			 text->name, *text->buffer->name ? "buffer " : "",
			 *text->buffer->name ? text->buffer->name :
					       "top buffer",
			 text->nr_buffers);
	plain_text(text->note);
	memcpy(text->source.why, text->note, sizeof(text->note));
}

static int text_read(struct source *source, source_sink sink, void *ctx)
{
	struct source_text *text = to_text(source);
	int i, ret, taken = 0;
	char *line;

	if (!text->buffer) {
		text_finish(text);
		return -ENODATA;
	}
	if (text->holding) {
		text->holding = false;
		ret = sink(ctx, &text->held);
		if (ret < 0)
			return ret;
		taken++;
	}
	for (i = 0; i < BATCH && !text->holding; i++) {
		ret = text_input_line(&text->input, false, &line);
		if (ret == -EAGAIN)
			break;
		if (ret == -ENODATA && taken)
			break;
		if (ret == -ENODATA)
			text_finish(text);
		else if (ret < 0)
			text_fail(text, ret, text->input.why);
		else
			ret = text_take_line(text, line, sink, ctx);
		if (ret < 0)
			return ret;
		taken++;
	}
	return taken;
}

static int text_fd(struct source *source)
{
	return text_input_fd(&to_text(source)->input);
}

static int text_totals(struct source *source, struct source_totals *totals)
{
	const struct source_text *text = to_text(source);

	*totals = text->import.totals;
	return text->finished && text->is_cut ? -ENODATA : 0;
}

static void text_close(struct source *source)
{
	struct source_text *text = to_text(source);
	size_t i;

	for (i = 0; i < text->nr_buffers; i++) {
		import_kinds_free(&text->buffers[i].kinds);
		free(text->buffers[i].schemas);
	}
	text_input_close(&text->input);
	import_gaps_free(&text->gaps);
	free(text->name);
	free(text->path);
	free(text);
}

static const struct source_ops text_ops = {
	.name = "text",
	.read = text_read,
	.fd = text_fd,
	.totals = text_totals,
	.close = text_close,
};

/* -- The first pass: the size of memory blocks, buffers, and gaps ------------- */

static struct text_buffer *find_text_buffer(struct source_text *text,
					    const char *name)
{
	struct text_buffer *buffer;
	size_t i;

	for (i = 0; i < text->nr_buffers; i++)
		if (!strcmp(text->buffers[i].name, name))
			return &text->buffers[i];
	if (text->nr_buffers == MOST_BUFFERS)
		return NULL;
	buffer = &text->buffers[text->nr_buffers++];
	snprintf(buffer->name, sizeof(buffer->name), "%s", name);
	return buffer;
}

/* Which of several texts an event is of, as in the second pass. 0 or -ENOMEM. */
static int look_at_text(struct source_text *text, struct text_buffer *buffer,
			const struct mhp_record *record)
{
	if (!buffer->nr_texts || text->header > buffer->last_line) {
		if (!vec_grow(buffer->schemas, buffer->nr_texts,
			      buffer->room_texts))
			return -ENOMEM;
		buffer->schemas[buffer->nr_texts++] = 0;
		import_kinds_restart(&buffer->kinds);
	}
	if (record->schema)
		buffer->schemas[buffer->nr_texts - 1] = record->schema;
	return 0;
}

static void look_at_time(struct source_text *text, struct text_buffer *buffer,
			 u64 time_ns)
{
	u64 line = text->input.line;

	buffer->events++;
	if (time_ns < buffer->last_ns) {
		buffer->steps++;
		if (!buffer->disorder && text->header <= buffer->last_line)
			buffer->disorder = line;
	}
	buffer->last_ns = time_ns;
	buffer->last_line = line;
}

static int look_at_line(struct source_text *text, const char *line,
			bool *overwritten)
{
	struct text_buffer *buffer;
	struct text_line parsed;
	char why[200];
	int err = 0;

	/* The second pass reports an invalid line, after the records before it. */
	if (text_line_parse(line, &parsed, why, sizeof(why))) {
		text->marks++;
		if (*text->refused)
			return 0;
		text_fail(text, -EPROTO, why);
		memcpy(text->refused, text->source.why, sizeof(text->refused));
		return 0;
	}
	text->marks += parsed.kind != TEXT_LINE_OTHER &&
		       parsed.kind != TEXT_LINE_HEADER;
	text->is_trace |= parsed.kind == TEXT_LINE_HEADER || parsed.cpu >= 0;
	note_header(text, &parsed);
	*overwritten |= parsed.kind == TEXT_LINE_OVERWRITTEN;
	text->lost_anywhere |= parsed.kind == TEXT_LINE_LOST_ANYWHERE;
	text->lost_placed += parsed.lost;
	if (parsed.kind == TEXT_LINE_LOST)
		err = import_gaps_lost(&text->gaps, parsed.cpu,
				       text->input.line);
	if (!err)
		err = import_gaps_event(&text->gaps, parsed.cpu,
					text->input.line);
	if (parsed.kind != TEXT_LINE_EVENT && parsed.kind != TEXT_LINE_UNKNOWN)
		return err;
	buffer = find_text_buffer(text, parsed.buffer);
	if (!buffer)
		return err;
	err = err ?: look_at_text(text, buffer, &parsed.record);
	if (parsed.kind == TEXT_LINE_EVENT) {
		import_block_look(&buffer->block, &parsed.record);
		import_kinds_look(&buffer->kinds, &parsed.record);
	}
	look_at_time(text, buffer, parsed.record.time_ns);
	return err;
}

/* Read to the end. An error is of no interest if the second pass comes across it. */
static int look_at_lines(struct source_text *text)
{
	bool overwritten = false;
	char *line;
	int err, ret;

	while (!(err = text_input_line(&text->input, true, &line))) {
		ret = look_at_line(text, line, &overwritten);
		if (ret)
			return text_fail(text, ret, "out of memory");
	}
	if (overwritten && import_gaps_overwritten(&text->gaps))
		return text_fail(text, -ENOMEM, "out of memory");
	return err == -ENODATA ? 0 : text_fail(text, err, text->input.why);
}

/*
 * The texts of other events, and names of tasks, may have line breaks, behind
 * which they look like whatever their users want. perf must have printed as many
 * mhp events and losses as without them. 0, -EPROTO: it has not, or -errno.
 */
static int look_for_forged(struct source_text *text)
{
	struct text_line parsed;
	u64 marks = 0;
	char *line, why[200];
	int err;

	text->input.bare = true;
	err = text_input_rewind(&text->input);
	while (!err && !(err = text_input_line(&text->input, true, &line)))
		marks += text_line_parse(line, &parsed, why, sizeof(why)) ||
			 (parsed.kind != TEXT_LINE_OTHER &&
			  parsed.kind != TEXT_LINE_HEADER);
	text->input.bare = false;
	if (err != -ENODATA)
		return text_fail(text, err, text->input.why);
	text->input.line = 0;
	if (marks == text->marks)
		return 0;
	return text_fail(text, -EPROTO, FORGED);
}

/* The top buffer, or the first one with events, as in a recording of trace-cmd. */
static void choose_buffer(struct source_text *text)
{
	size_t i;

	for (i = 0; i < text->nr_buffers; i++) {
		if (!import_block_pages(&text->buffers[i].block))
			continue;
		if (!text->buffer || !*text->buffers[i].name)
			text->buffer = &text->buffers[i];
	}
}

/*
 * There is nothing to read. If that is because the file was cut, because nothing
 * was recorded, or because no event gives the size of a memory block, it is a
 * recording without events, of which nobody knows the end. A text in which nothing
 * shows that it is a trace may be any text, so that is an error.
 */
static int open_empty(struct source_text *text)
{
	size_t i;

	if (*text->refused) {
		memcpy(text->source.why, text->refused, sizeof(text->refused));
		return -EPROTO;
	}
	for (i = 0; i < text->nr_buffers; i++)
		text->import.totals.unsized += text->buffers[i].block.looked;
	if (text->is_cut || text->nr_buffers || text->input.is_perf ||
	    text->is_trace ||
	    (text->input.cut && unpack_format(text->input.unpack))) {
		import_info(&text->source.info, IMPORT_EMPTY_PAGES);
		text->source.info.empty = text->source.info.unmarked = true;
		return 0;
	}
	if (!text->input.is_perf && !text->input.line)
		text->input.line = 1;
	return text_fail(
		text, -EPROTO,
		"neither an mhptop recording nor mhp events printed by another tool");
}

/* Whether the times show that the text cannot be read. */
static int refuse_times(struct source_text *text)
{
	const struct text_buffer *buffer = text->buffer;

	/* As in perf script --deltatime: a few steps are those of joined texts. */
	if (buffer->steps > 1 && buffer->steps * 4 > buffer->events) {
		text->input.line = 0;
		return text_fail(
			text, -EPROTO,
			"the times are differences between events, or not in order; print absolute times, as perf script does without --deltatime");
	}
	/* What is left of a perf.data that was cut is not judged in any case. */
	if (buffer->disorder && !text->is_cut) {
		text->input.line = buffer->disorder;
		return text_fail(text, -EPROTO, DISORDER);
	}
	return 0;
}

static int open_input(struct source_text *text, struct perf_data *data)
{
	int err = text_input_open(&text->input, text->path);

	if (!err && text->input.is_perf)
		err = perf_data_look(text->input.file, data);
	if (err)
		return text_fail(text, err == -EMSGSIZE ? -EPROTO : err,
				 *text->input.why ? text->input.why :
				 err == -EMSGSIZE ? FOLLOWED :
						    "not a perf.data");
	return 0;
}

/* What a perf.data says about what was to be recorded. */
static void note_scope(struct source_info *info, const struct perf_data *data)
{
	import_recorded(info, data->events);
	info->partial = data->partial;
}

static int prepare(struct source_text *text)
{
	struct perf_data data = { 0 };
	int err = open_input(text, &data);

	if (err)
		return err;
	text->lost_whole = data.lost;
	text->is_cut = text->input.may_fail = data.cut;
	err = look_at_lines(text);
	if (!err && text->input.is_perf) {
		err = look_for_forged(text);
		if (err)
			return err;
	}
	choose_buffer(text);
	if (!text->buffer) {
		err = err ?: open_empty(text);
		if (!err && text->input.is_perf)
			note_scope(&text->source.info, &data);
		return err;
	}
	err = refuse_times(text);
	if (err)
		return err;
	/* Losses without a place; and each CPU's events end somewhere else in a file that was cut. */
	if ((data.cut || text->lost_anywhere ||
	     text->lost_whole > text->lost_placed) &&
	    import_gaps_anywhere(&text->gaps))
		return text_fail(text, -ENOMEM, "out of memory");
	import_info(&text->source.info,
		    import_block_pages(&text->buffer->block));
	text->source.info.missing_events =
		import_kinds_missing(&text->buffer->kinds);
	text->source.info.unknown_events = text->source.info.missing_events;
	text->source.info.doubtful_events =
		import_kinds_doubtful(&text->buffer->kinds);
	if (text->input.is_perf)
		note_scope(&text->source.info, &data);
	/* perf marks the end of its data. */
	text->source.info.unmarked = !text->input.is_perf || data.unmarked;
	text->header = 0;
	err = text_input_rewind(&text->input);
	return err ? text_fail(text, err, text->input.why) : 0;
}

int source_open_text(struct source **source, const char *path, char *why,
		     size_t len)
{
	struct source_text *text = calloc(1, sizeof(*text));
	int err = -ENOMEM;

	*source = NULL;
	if (!text) {
		snprintf(why, len, "out of memory");
		return err;
	}
	text->source.ops = &text_ops;
	text->input.file = text->input.pipe = -1;
	text->name = strdup(path);
	text->path = strdup(path);
	if (text->name && text->path) {
		plain_text(text->name);
		err = prepare(text);
	} else {
		text_fail(text, err, "out of memory");
	}
	if (err) {
		snprintf(why, len, "%s", text->source.why);
		text_close(&text->source);
	} else {
		*source = &text->source;
	}
	return err;
}
