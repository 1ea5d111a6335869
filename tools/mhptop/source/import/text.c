// SPDX-License-Identifier: GPL-2.0
/*
 * The source that reads events as printed by perf, trace-cmd or tracefs, from a
 * text file, or from a perf.data that perf prints first.
 */
#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source/import/import.h"
#include "base/plain_text.h"
#include "source/source.h"
#include "source/import/text_line.h"

extern char **environ;

static bool is_perf_data(FILE *file)
{
	static const char magic[] = "PERFILE2";
	char begin[sizeof(magic)] = "";
	size_t got = fread(begin, 1, sizeof(begin) - 1, file);

	rewind(file);
	return got == sizeof(begin) - 1 && !strcmp(begin, magic);
}

/* Run perf script. Its messages go to our standard error. */
static int run_perf(const char *path, FILE *out)
{
	char *argv[] = { "perf", "script", "-i", (char *)path, NULL };
	posix_spawn_file_actions_t actions;
	int err, status;
	pid_t pid;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, fileno(out),
					       STDOUT_FILENO);
	if (!err)
		err = posix_spawnp(&pid, argv[0], &actions, NULL, argv,
				   environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EPROTO;
}

static FILE *text_tool_open(const char *path, int *err, char *why, size_t len)
{
	FILE *file = fopen(path, "re"), *out;

	if (!file) {
		*err = -errno;
		snprintf(why, len, "cannot open %s: %s", path, strerror(-*err));
		return NULL;
	}
	if (!is_perf_data(file))
		return file;
	fclose(file);
	out = tmpfile();
	*err = out ? run_perf(path, out) : -errno;
	if (!*err) {
		rewind(out);
		return out;
	}
	if (*err == -ENOENT)
		snprintf(
			why, len,
			"cannot read %s: perf is not installed; apt-get install linux-perf, or check the output of 'perf script'",
			path);
	else
		snprintf(why, len,
			 "cannot read %s: 'perf script -i' failed: %s", path,
			 *err == -EPROTO ? "see its error message" :
					   strerror(-*err));
	if (out)
		fclose(out);
	return NULL;
}

#define BATCH 4096 /* lines per call */

struct source_text {
	struct source source;
	FILE *file;
	char *name; /* for messages */
	char *line;
	size_t room;
	u64 nr; /* number of the last line */
	struct import import;
};

static struct source_text *to_text(struct source *source)
{
	return (struct source_text *)source;
}

static int text_fail(struct source_text *text, int err, const char *reason)
{
	snprintf(text->source.why, sizeof(text->source.why), "%s:%llu: %s",
		 text->name, text->nr, reason);
	return err;
}

static int text_next_line(struct source_text *text)
{
	ssize_t len;

	errno = 0;
	len = getline(&text->line, &text->room, text->file);
	if (len < 0)
		return ferror(text->file) ? text_fail(text, -(errno ?: EIO),
						      strerror(errno)) :
					    -ENODATA;
	text->nr++;
	/* As in a file whose machine crashed. */
	if (memchr(text->line, '\0', len))
		return text_fail(text, -EPROTO, "NUL byte in a text file");
	return 0;
}

static int text_parse_line(struct source_text *text, source_sink sink,
			   void *ctx)
{
	u64 lost = text_line_lost(text->line);
	struct mhp_record record;
	char why[160];
	int ret;

	if (lost) {
		import_lost(&text->import, lost);
		return 0;
	}
	ret = text_line_read(text->line, &record, why, sizeof(why));
	if (ret < 0)
		return text_fail(text, ret, why);
	if (!ret)
		return 0;
	import_count(&text->import, &record);
	ret = sink(ctx, &record);
	return ret < 0 ? ret : 1;
}

static int text_read(struct source *source, source_sink sink, void *ctx)
{
	struct source_text *text = to_text(source);
	int i, ret, taken = 0;

	for (i = 0; i < BATCH; i++) {
		ret = text_next_line(text);
		if (ret == -ENODATA && taken)
			break;
		if (!ret)
			ret = text_parse_line(text, sink, ctx);
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
	*totals = to_text(source)->import.totals;
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

/* Read up to a record that has the size of a memory block, or to the end. */
static int find_block(struct source_text *text, struct import_block *block)
{
	struct mhp_record record;
	char why[160];
	int err;

	while (!(err = text_next_line(text)))
		if (text_line_read(text->line, &record, why, sizeof(why)) > 0 &&
		    import_block_look(block, &record))
			break;
	return err == -ENODATA ? 0 : err;
}

static int prepare(struct source_text *text)
{
	struct import_block block = { 0 };
	int err = find_block(text, &block);

	if (err)
		return err;
	if (!import_block_pages(&block))
		return text_fail(
			text, -EPROTO,
			import_block_why(
				&block,
				"neither an mhptop recording nor mhp events printed by another tool"));
	rewind(text->file);
	text->nr = 0;
	import_info(&text->source.info, import_block_pages(&block));
	text->source.info.unmarked = true;
	return 0;
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
	text->name = strdup(path);
	if (!text->name) {
		snprintf(why, len, "out of memory");
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
