// SPDX-License-Identifier: GPL-2.0
/*
 * The source that reads a recording from a file, or from a pipe while it is
 * being made.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/out.h"
#include "base/plain_text.h"
#include "format/record_json.h"
#include "format/recording.h"
#include "source/import/import.h"
#include "source/input.h"
#include "source/results.h"

#define FOLLOW_NS (LOOP_NS / 5) /* between looks for more */

struct source_file {
	struct source source;
	int fd;
	struct input *input;
	bool unpacked; /* a file, not a pipe */
	int timer; /* if the file is followed: when to look for more; else -1 */
	bool waiting; /* all there was of a followed file has been read */
	bool eof;
	int err; /* why reading ended; returned after all earlier records */
	char reason[256]; /* reason of err, "" if there is none */
	char *name; /* for messages */
	u64 line; /* number of the last parsed line */
	u64 cut_line; /* where the first of earlier recordings ends that have no totals, 0: none */
	struct results results;
	size_t start; /* unparsed bytes of buf */
	size_t end;
	char buf[INPUT_BYTES];
};

static struct source_file *to_file(struct source *source)
{
	return (struct source_file *)source;
}

static int file_fail(struct source_file *file, int err, const char *reason)
{
	snprintf(file->reason, sizeof(file->reason), "%s:%llu: %s", file->name,
		 file->line, reason);
	file->err = err;
	return err;
}

/*
 * The next line of the buffer, NULL if it is not complete. The last line of a
 * file may lack its newline, as an editor may have removed it, but not if the
 * file was cut.
 */
static char *file_next_line(struct source_file *file, size_t *len)
{
	char *line = file->buf + file->start;
	size_t size = file->end - file->start;
	char *newline = memchr(line, '\n', size);

	if (!newline && (!file->eof || !size || input_is_cut(file->input)))
		return NULL;
	*len = newline ? (size_t)(newline - line) : size;
	file->start += *len + !!newline;
	file->line++;
	return line;
}

/* Whether the last line was the last one of the file, and lacks its end. */
static bool is_truncated(const struct source_file *file)
{
	return file->eof && file->start == file->end &&
	       !strchr("\n}", file->buf[file->end - 1]);
}

/*
 * The end of a followed file, for now. Only its totals end it, or a recorder that
 * wrote another recording into it. 0 or an error.
 */
static int file_await(struct source_file *file)
{
	off_t at = lseek(file->fd, 0, SEEK_CUR);
	struct stat status;

	if (file->results.has_totals && !input_is_open(file->input))
		return 0;
	if (fstat(file->fd, &status))
		return file_fail(file, -errno, strerror(errno));
	if (status.st_size < at)
		return file_fail(
			file, -EPROTO,
			"the file became shorter while it was followed");
	file->eof = false;
	file->waiting = true;
	return 0;
}

/* Read more into the buffer. 0, also at the end of the file, or an error. */
static int file_fill(struct source_file *file)
{
	const char *why;
	ssize_t n;

	if (file->start) {
		file->end -= file->start;
		memmove(file->buf, file->buf + file->start, file->end);
		file->start = 0;
	}
	if (file->end == sizeof(file->buf)) {
		file->line++;
		return file_fail(file, -EPROTO, "line too long");
	}
	n = input_read(file->input, file->buf + file->end,
		       sizeof(file->buf) - file->end, &file->eof, &why);
	if (n >= 0 && file->eof && file->timer < 0)
		n = input_end(file->input, &why);
	if (n < 0) {
		file->line++;
		return file_fail(file, n, why);
	}
	file->end += n;
	return file->eof && file->timer >= 0 ? file_await(file) : 0;
}

/* Whether read() will not block. O_NONBLOCK would also affect other users of the file. */
static bool is_readable(struct source_file *file)
{
	struct pollfd fd = { .fd = file->fd, .events = POLLIN };

	return input_failed(file->input) || poll(&fd, 1, 0) > 0;
}

/*
 * A recorder takes number and time of an event under one lock, so they have the
 * same order, unless an event did not get the lock in time: the totals have how
 * many did not, but older recorders did not count them. 0 or -EPROTO.
 */
static int judge_order(struct source_file *file)
{
	struct results *results = &file->results;
	u64 *no_lock = &results->totals.source.no_lock;

	if (!results->back_line || *no_lock)
		return 0;
	if (file->source.info.schema < SOURCE_SCHEMA) {
		*no_lock = 1;
		return 0;
	}
	file->line = results->back_line;
	return file_fail(
		file, -EPROTO,
		"the numbers and the times of events are not in the same order");
}

static int parse_totals(struct source_file *file, const char *line, size_t len)
{
	char why[128];
	struct source_totals *totals = &file->results.totals.source;
	int err = recording_totals_get(line, len, &file->results.totals, why,
				       sizeof(why));

	if (err)
		return file_fail(file, err,
				 is_truncated(file) ? "truncated" : why);
	if (totals->mono_ns && totals->mono_ns < file->source.info.mono_ns)
		return file_fail(
			file, -EPROTO,
			"the time of the totals is before that of the header");
	totals->unknown = file->results.unknown;
	file->results.has_totals = true;
	return judge_order(file);
}

/* Another recording begins in the same file. */
static int file_next_part(struct source_file *file, const char *line,
			  size_t len)
{
	struct source *source = &file->source;
	struct source_info info;
	char why[160];
	bool continues;

	if (recording_header_get(line, len, &info, why, sizeof(why)))
		return file_fail(file, -EPROTO,
				 file->results.has_totals ?
					 "unexpected line after the totals" :
					 why);
	if (file->results.has_totals &&
	    results_compare(&file->results, why, sizeof(why))) {
		/* That of the totals, which is the one before. */
		file->line--;
		return file_fail(file, -EPROTO, why);
	}
	if (!file->results.has_totals && !file->cut_line)
		file->cut_line = file->line - 1;
	results_end(&file->results, &source->ending);
	continues = source->ending.whole &&
		    source_info_continues(&source->info, &info);
	results_next(&file->results, continues, info.base_records);
	if (info.block_bytes != source->info.block_bytes ||
	    info.page_bytes != source->info.page_bytes)
		return file_fail(
			file, -EPROTO,
			"this recording has another size of memory blocks than the one before it");
	if (continues) {
		source->info.run_ns = info.run_ns;
		source->info.part = info.part;
		return 0;
	}
	info.growing = source->info.growing;
	source->info = info;
	source->part++;
	return 0;
}

/* Parse a line. 1 if it was a record and was handed over, 0 if not, or an error. */
static int file_parse_line(struct source_file *file, source_sink sink,
			   void *ctx, const char *line, size_t len)
{
	struct mhp_record record;
	const char *why;
	int err;

	if (file->results.has_totals || recording_is_header(line, len))
		return file_next_part(file, line, len);
	if (recording_is_totals(line, len))
		return parse_totals(file, line, len);
	err = record_from_json(line, len, file->source.info.schema, &record,
			       &why);
	if (err < 0 && err != -ENOMSG)
		return file_fail(file, err,
				 is_truncated(file) ? "truncated" : why);
	if (!results_take(&file->results, &record, file->line, err > 0))
		return 1;
	err = sink(ctx, &record);
	return err < 0 ? err : 1;
}

/*
 * The end of what is left of a packed file. Even if the recording has its totals,
 * what followed them is missing, and no checksum shows that they are right.
 */
static void end_cut(struct source_file *file)
{
	file->results.cut = true;
	file->source.ending.whole = false;
	snprintf(file->reason, sizeof(file->reason), "%s: %s", file->name,
		 INPUT_CUT);
}

/* The end of the recording: check that it is complete. */
static void file_finish(struct source_file *file)
{
	char why[128];

	file->err = -ENODATA;
	results_end(&file->results, &file->source.ending);
	file->source.ending.running = !file->results.has_totals &&
				      out_is_claimed(file->fd);
	if (file->results.has_totals &&
	    results_compare(&file->results, why, sizeof(why)))
		file_fail(file, -EPROTO, why);
	else if (input_is_cut(file->input))
		end_cut(file);
	else if (file->cut_line)
		snprintf(
			file->reason, sizeof(file->reason),
			"%s:%llu: recording ends without totals, and another one follows: its recorder was killed",
			file->name, file->cut_line);
	else if (!file->results.has_totals)
		snprintf(
			file->reason, sizeof(file->reason),
			"%s:%llu: recording ends without totals: its recorder %s",
			file->name, file->line,
			file->source.ending.running ?
				"is still running" :
				"was killed or is still running");
}

/* Parse all complete lines of the buffer. The number of records, or an error. */
static int parse_lines(struct source_file *file, source_sink sink, void *ctx)
{
	u64 part = file->source.part;
	int ret, parsed = 0;
	size_t len;
	char *line;

	while (!file->err && part == file->source.part &&
	       (line = file_next_line(file, &len))) {
		ret = file_parse_line(file, sink, ctx, line, len);
		if (ret < 0 && !file->err)
			return ret;
		parsed += ret > 0;
	}
	/* There may be more lines in the buffer. */
	return parsed ?: part != file->source.part;
}

/* What else the first bytes of a pipe, or of a file that is followed, may be, and what to do about it. NULL: nothing known. */
static const char *other_input(const struct source_file *file)
{
	static const char gzip[] = "\x1f\x8b\x08", zstd[] = "\x28\xb5\x2f\xfd";
	const char *begin = file->buf + file->start;
	size_t len = file->end - file->start;

	bool is_gzip = len >= sizeof(gzip) - 1 &&
		       !memcmp(begin, gzip, sizeof(gzip) - 1);
	bool is_zstd = len >= sizeof(zstd) - 1 &&
		       !memcmp(begin, zstd, sizeof(zstd) - 1);

	if (file->timer >= 0 && is_gzip)
		return "gzip data, which cannot be followed: leave out --follow";
	if (file->unpacked)
		return NULL;
	if (is_gzip)
		return "gzip data, which a pipe must not be: give the file itself, or use gunzip -c FILE | mhptop";
	if (is_zstd)
		return "zstd data, which a pipe must not be: give the file itself, or use unzstd -c FILE | mhptop";
	if (len && *begin != '{' && *begin != '\xef')
		return "not an mhptop recording; what other tools record or print must be a file, not a pipe";
	return NULL;
}

/*
 * The next line of the buffer, or of what can be read without waiting. NULL if
 * it is not there yet, or after an error.
 */
static char *first_line(struct source_file *file, size_t *len)
{
	const char *other;
	char *line;

	while (!(line = file_next_line(file, len))) {
		other = other_input(file);
		if (file->eof && input_is_cut(file->input))
			return NULL;
		if (file->eof || other) {
			file->line++;
			file_fail(file, -EPROTO,
				  other ?: "empty file, not a recording");
			return NULL;
		}
		/* The recorder may not have written anything yet. */
		if (file->waiting || !is_readable(file) || file_fill(file))
			return NULL;
	}
	return line;
}

/*
 * The first line, which is needed to parse the others. Until it is there, the
 * size of memory blocks is 0. If the file was cut before its end, nothing is left,
 * and nobody knows that size. 1: it is known, 0: not yet, or an error.
 */
static int read_header(struct source_file *file)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *other;
	char why[160];
	bool growing, truncated;
	size_t len;
	char *line = first_line(file, &len);
	int err;

	if (!line && !file->err && input_is_cut(file->input)) {
		import_info(&file->source.info, IMPORT_EMPTY_PAGES);
		file->source.info.empty = true;
		return 1;
	}
	if (!line)
		return file->err;
	/* An editor may have added a byte order mark. */
	if (len >= sizeof(mark) - 1 && !memcmp(line, mark, sizeof(mark) - 1)) {
		line += sizeof(mark) - 1;
		len -= sizeof(mark) - 1;
	}
	growing = file->source.info.growing;
	err = recording_header_get(line, len, &file->source.info, why,
				   sizeof(why));
	file->source.info.growing = growing;
	if (!err)
		return 1;
	file->source.info.block_bytes = 0;
	/* Without a brace it is not a truncated header, but another kind of file. */
	truncated = is_truncated(file) && *line == '{';
	file->start = line - file->buf;
	other = other_input(file);
	return file_fail(file, err, other ?: truncated ? "truncated" : why);
}

static enum source_rest file_rest(const struct source_file *file)
{
	if (file->err)
		return SOURCE_REST_NONE;
	if (file->start < file->end || input_is_inside(file->input))
		return SOURCE_REST_LINE;
	return file->source.info.block_bytes ? SOURCE_REST_NONE :
					       SOURCE_REST_SILENT;
}

/* Reads one buffer at a time, so that the caller can update what it shows. */
static int read_buffer(struct source *source, source_sink sink, void *ctx)
{
	struct source_file *file = to_file(source);
	bool begun = source->info.block_bytes;
	int ret = begun ? parse_lines(file, sink, ctx) : 0;
	u64 times;

	if (file->waiting && read(file->timer, &times, sizeof(times)) < 0 &&
	    errno != EAGAIN)
		return -errno;
	file->waiting = false;
	if (!begun && !file->err)
		ret = read_header(file);
	if (!begun && ret >= 0)
		return ret;
	while (begun && !ret && !file->err && !file->waiting &&
	       is_readable(file)) {
		file_fill(file);
		ret = parse_lines(file, sink, ctx);
		if (!ret && !file->err && file->eof)
			file_finish(file);
	}
	if (!file->err || ret > 0)
		return ret;
	memcpy(file->source.why, file->reason, sizeof(file->reason));
	return file->err;
}

static int file_read(struct source *source, source_sink sink, void *ctx)
{
	int ret = read_buffer(source, sink, ctx);

	source->rest = file_rest(to_file(source));
	return ret;
}

static int file_fd(struct source *source)
{
	struct source_file *file = to_file(source);

	return file->waiting ? file->timer : file->fd;
}

static int file_totals(struct source *source, struct source_totals *totals)
{
	return results_totals(&to_file(source)->results, totals);
}

static int file_self_check(struct source *source, struct mhp_ledger *ledger,
			   char *why, size_t len)
{
	/* The running kernel's ledger is not that of the recording. */
	(void)ledger;
	return results_self_check(&to_file(source)->results, why, len);
}

static void file_close(struct source *source)
{
	struct source_file *file = to_file(source);

	input_free(file->input);
	if (file->fd >= 0)
		close(file->fd);
	if (file->timer >= 0)
		close(file->timer);
	free(file->name);
	free(file);
}

static const struct source_ops file_ops = {
	.name = "file",
	.read = file_read,
	.fd = file_fd,
	.totals = file_totals,
	.self_check = file_self_check,
	.close = file_close,
	.has_endings = true,
};

static int open_path(struct source_file *file, const char *path)
{
	const bool is_stdin = !path || !strcmp(path, "-");

	file->name = strdup(is_stdin ? "standard input" : path);
	if (file->name)
		plain_text(file->name);
	/* Duplicated, as the dashboard makes descriptor 0 the terminal. */
	if (is_stdin) {
		file->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return file->fd < 0 ? -errno : 0;
	}
	/* Without waiting for somebody who writes to a FIFO; read() is only called when it can. */
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fcntl(file->fd, F_SETFL, 0))
		return -errno;
	return 0;
}

/*
 * Records of a pipe come while they are recorded, and so do those of a file that
 * is followed. A pipe needs no timer: it has an end. 0 or -errno.
 */
static int open_growing(struct source_file *file, bool follow)
{
	const struct itimerspec often = { .it_interval.tv_nsec = FOLLOW_NS,
					  .it_value.tv_nsec = FOLLOW_NS };
	struct stat status;
	bool is_file = !fstat(file->fd, &status) && S_ISREG(status.st_mode);

	file->source.info.growing = follow || !is_file;
	/* A pipe is not unpacked: most packers keep its last records for long. */
	file->unpacked = is_file;
	file->input = input_new(file->fd, file->unpacked, follow);
	if (!file->input)
		return -ENOMEM;
	if (!is_file || !follow)
		return 0;
	file->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (file->timer < 0 || timerfd_settime(file->timer, 0, &often, NULL))
		return -errno;
	return 0;
}

static int open_file(struct source **source, const char *path, bool follow,
		     char *why, size_t len)
{
	struct source_file *file = calloc(1, sizeof(*file));
	int err;

	*source = NULL;
	if (!file) {
		snprintf(why, len, "out of memory");
		return -ENOMEM;
	}
	file->source.ops = &file_ops;
	file->fd = -1;
	file->timer = -1;
	err = open_path(file, path);
	if (!err)
		err = open_growing(file, follow);
	if (err || !file->name) {
		err = err ?: -ENOMEM;
		snprintf(why, len, "cannot open %s: %s",
			 file->name ?: "the recording", strerror(-err));
		goto out;
	}
	err = read_header(file);
	if (err < 0)
		snprintf(why, len, "%s", file->reason);
	else
		err = 0;
out:
	if (err)
		file_close(&file->source);
	else
		*source = &file->source;
	return err;
}

int source_open_file(struct source **source, const char *path, char *why,
		     size_t len)
{
	return open_file(source, path, false, why, len);
}

int source_open_growing(struct source **source, const char *path, char *why,
			size_t len)
{
	return open_file(source, path, true, why, len);
}
