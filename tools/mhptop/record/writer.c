// SPDX-License-Identifier: GPL-2.0
/* Puts the parts of a recording into batches, and writes those. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "record/writer.h"

_Static_assert(BINARY_BEGIN_MAX <= BATCH_BYTES + RECORDING_LINE_MAX &&
		       BINARY_RECORD_MAX <= RECORD_JSON_MAX,
	       "what is written fits into the batch");

int writer_init(struct writer *writer, struct record_output *output,
		int signals)
{
	writer->output = output;
	writer->used = 0;
	out_init(&writer->out, output->fd, signals);
	writer->pack = output->is_packed ? pack_new() : NULL;
	return output->is_packed && !writer->pack ? -ENOMEM : 0;
}

void writer_fini(struct writer *writer)
{
	pack_free(writer->pack);
}

/* The bytes of whole lines or records, of those of a batch that were written. */
static size_t whole_bytes(const struct writer *writer, size_t bytes)
{
	const char *newline;

	if (writer->output->is_binary)
		/* Without all of its begin, a recording is none. */
		return writer->out.written == bytes ?
			       0 :
			       binary_whole(writer->batch, bytes);
	newline = memrchr(writer->batch, '\n', bytes);
	return newline ? newline + 1 - writer->batch : 0;
}

/*
 * So many bytes of the batch were written before the disk was full. Remove an
 * incomplete line or record from a file, unless something follows it. Of a packed
 * file, a reader gets what is whole in any case.
 */
static void cut_line(struct writer *writer, size_t bytes)
{
	size_t cut = bytes - whole_bytes(writer, bytes);
	off_t end = lseek(writer->out.fd, 0, SEEK_CUR);
	struct stat status;

	if (!cut || !writer->out.is_file || end < (off_t)cut ||
	    fstat(writer->out.fd, &status) || status.st_size != end)
		return;
	if (ftruncate(writer->out.fd, end - cut))
		status_fail(STATUS_OK, "the last %s of %s is incomplete",
			    writer->output->is_binary ? "record" : "line",
			    writer->output->name);
}

/*
 * Nothing but the recorder may write to a file, shorten it, as logrotate's
 * copytruncate does, or delete it. 0 or the first error.
 */
static int check_file(struct writer *writer)
{
	struct out *out = &writer->out;
	off_t end = writer->begin + (off_t)out->written;
	struct stat status;

	if (out->err || !out->is_file || fstat(out->fd, &status))
		return out->err;
	if (status.st_size < end ||
	    (status.st_size > end && status.st_size > writer->size))
		out->err = -ESTALE;
	else if (writer->linked && !status.st_nlink)
		out->err = -EIDRM;
	return out->err;
}

static int write_batch(struct writer *writer, bool last)
{
	struct out *out = &writer->out;
	int err;

	if (!writer->pack)
		return out_write(out, writer->batch, writer->used);
	if (!writer->used && !last)
		return 0;
	err = pack_write(writer->pack, out, writer->batch, writer->used, last);
	if (err && !out->err)
		out->err = err;
	return err;
}

static int flush(struct writer *writer, bool last)
{
	size_t used = writer->used, before = writer->out.written;
	int err = check_file(writer) ?: write_batch(writer, last);

	if (err && used && !writer->pack)
		cut_line(writer, writer->out.written - before);
	writer->used = 0;
	return err;
}

int writer_flush(struct writer *writer)
{
	return flush(writer, false);
}

/* Where the next byte goes. */
static off_t find_begin(int fd)
{
	struct stat status;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || !(flags & O_APPEND))
		return lseek(fd, 0, SEEK_CUR);
	return fstat(fd, &status) ? 0 : status.st_size;
}

/* What the file is like before the recording. Signals that came so far are not forgotten. */
static void note_file(struct writer *writer, int fd)
{
	struct out was = writer->out;
	struct stat status;

	out_init(&writer->out, fd, was.signals);
	writer->out.stop = was.stop;
	writer->out.requests = was.requests;
	writer->out.asked = was.asked;
	writer->begin = find_begin(fd);
	writer->size = 0;
	writer->linked = false;
	if (fstat(fd, &status))
		return;
	writer->size = status.st_size;
	writer->linked = status.st_nlink;
}

int writer_begin(struct writer *writer, const struct source_info *info)
{
	note_file(writer, writer->output->fd);
	writer->used =
		writer->output->is_binary ?
			binary_begin_put(&writer->binary, info, writer->batch) :
			recording_header_put(info, writer->batch);
	return flush(writer, false);
}

int writer_put(struct writer *writer, const struct mhp_record *record)
{
	char *at;

	if (writer->used > BATCH_BYTES - RECORD_JSON_MAX &&
	    flush(writer, false))
		return writer->out.err;
	at = writer->batch + writer->used;
	writer->used += writer->output->is_binary ?
				binary_record_put(&writer->binary, record, at) :
				record_to_json(record, at);
	return 0;
}

int writer_end(struct writer *writer, const struct recording_totals *totals)
{
	int err = flush(writer, false);

	if (err)
		return err;
	writer->used = writer->output->is_binary ?
			       binary_totals_put(&writer->binary, totals,
						 writer->batch) :
			       recording_totals_put(totals, writer->batch);
	return flush(writer, true) ?: check_file(writer);
}

u64 writer_size(const struct writer *writer)
{
	u64 more = writer->used + RECORD_JSON_MAX + RECORDING_LINE_MAX;

	return writer->out.written + (writer->pack ? pack_bound(more) : more);
}
