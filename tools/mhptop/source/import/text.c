// SPDX-License-Identifier: GPL-2.0
/*
 * The source that reads what other tools printed: a file of perf script,
 * trace-cmd report or tracefs, or one that perf recorded. Lines that are about
 * something else are passed over. How a line is read is in text_line.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/import/import.h"
#include "base/plain_text.h"
#include "source/source.h"
#include "source/import/text_line.h"
#include "source/import/text_tool.h"

#define BATCH 4096 /* lines a call */

struct source_text {
	struct source source;
	FILE *file;
	char *name; /* for messages */
	char *line;
	size_t room;
	u64 nr; /* of the last line */
	struct foreign foreign;
};

static struct source_text *to_text(struct source *source)
{
	return (struct source_text *)source;
}

static int fail(struct source_text *text, int err, const char *reason)
{
	snprintf(text->source.why, sizeof(text->source.why), "%s:%llu: %s",
		 text->name, text->nr, reason);
	return err;
}

static int next_line(struct source_text *text)
{
	ssize_t len;

	errno = 0;
	len = getline(&text->line, &text->room, text->file);
	if (len < 0)
		return ferror(text->file) ?
			       fail(text, -(errno ?: EIO), strerror(errno)) :
			       -ENODATA;
	text->nr++;
	/* Such as a file has after its machine went down. */
	if (memchr(text->line, '\0', len))
		return fail(text, -EPROTO, "a byte 0, which no text has");
	return 0;
}

static int take_line(struct source_text *text, source_sink sink, void *ctx)
{
	u64 lost = text_line_lost(text->line);
	struct mhp_record record;
	char why[160];
	int ret;

	if (lost) {
		foreign_lost(&text->foreign, lost);
		return 0;
	}
	ret = text_line_read(text->line, &record, why, sizeof(why));
	if (ret < 0)
		return fail(text, ret, why);
	if (!ret)
		return 0;
	foreign_count(&text->foreign, &record);
	ret = sink(ctx, &record);
	return ret < 0 ? ret : 1;
}

static int text_read(struct source *source, source_sink sink, void *ctx)
{
	struct source_text *text = to_text(source);
	int i, ret, taken = 0;

	for (i = 0; i < BATCH; i++) {
		ret = next_line(text);
		if (ret == -ENODATA && taken)
			break;
		if (!ret)
			ret = take_line(text, sink, ctx);
		if (ret < 0)
			return ret;
		taken++;
	}
	return taken;
}

static int text_fd(struct source *source)
{
	return fileno(to_text(source)->file);
}

static int text_totals(struct source *source, struct source_totals *totals)
{
	*totals = to_text(source)->foreign.totals;
	return 0;
}

static void text_close(struct source *source)
{
	struct source_text *text = to_text(source);

	if (text->file)
		fclose(text->file);
	free(text->name);
	free(text->line);
	free(text);
}

static const struct source_ops text_ops = {
	.name = "text",
	.read = text_read,
	.fd = text_fd,
	.totals = text_totals,
	.close = text_close,
};

/* Up to what tells how large memory blocks are, or the end. */
static int find_block(struct source_text *text, struct foreign_block *block)
{
	struct mhp_record record;
	char why[160];
	int err;

	while (!(err = next_line(text)))
		if (text_line_read(text->line, &record, why, sizeof(why)) > 0 &&
		    foreign_block_look(block, &record))
			break;
	return err == -ENODATA ? 0 : err;
}

static int prepare(struct source_text *text)
{
	struct foreign_block block = { 0 };
	int err = find_block(text, &block);

	if (err)
		return err;
	if (!foreign_block_pages(&block))
		return fail(
			text, -EPROTO,
			foreign_block_why(
				&block,
				"not a recording of mhptop, and no mhp event as other tools print them"));
	rewind(text->file);
	text->nr = 0;
	foreign_info(&text->source.info, foreign_block_pages(&block));
	return 0;
}

int source_open_text(struct source **source, const char *path, char *why,
		     size_t len)
{
	struct source_text *text = calloc(1, sizeof(*text));
	int err = -ENOMEM;

	*source = NULL;
	if (!text) {
		snprintf(why, len, "no memory");
		return err;
	}
	text->source.ops = &text_ops;
	text->name = strdup(path);
	if (!text->name) {
		snprintf(why, len, "no memory");
		goto out;
	}
	text->file = text_tool_open(path, &err, why, len);
	if (!text->file)
		goto out;
	plain_text(text->name);
	err = prepare(text);
	if (err)
		snprintf(why, len, "%s", text->source.why);
out:
	if (err)
		text_close(&text->source);
	else
		*source = &text->source;
	return err;
}
