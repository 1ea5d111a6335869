// SPDX-License-Identifier: GPL-2.0
/*
 * The recorder. Each batch of records is written with one write(), so that a
 * recorder that is killed leaves at most one incomplete line, or record. The records
 * are also folded into a ledger, which is compared with the kernel's at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "source/stream.h"
#include "source/source.h"
#include "model/ledger.h"
#include "base/loop.h"
#include "base/out.h"
#include "record/record.h"
#include "format/binary.h"
#include "format/record_json.h"
#include "format/recording.h"

#define BATCH_BYTES 65536

struct recorder {
	struct source *source;
	const char *name; /* of the output, for messages */
	struct out out;
	off_t size; /* of that file when the recording began */
	bool linked; /* the file had a name when the recording began */
	off_t begin; /* where the output begins in a file that others wrote before */
	struct mhp_ledger *ledger;
	struct recording_totals totals;
	bool is_binary;
	struct binary_writer writer;
	size_t used;
	char batch[BATCH_BYTES + RECORDING_LINE_MAX];
};

_Static_assert(BINARY_BEGIN_MAX <= BATCH_BYTES + RECORDING_LINE_MAX &&
		       BINARY_RECORD_MAX <= RECORD_JSON_MAX,
	       "what is written fits into the batch");

/* The bytes of whole lines or records, of those of a batch that were written. */
static size_t whole_bytes(const struct recorder *recorder, size_t bytes)
{
	const char *newline;

	if (recorder->is_binary)
		/* Without all of its begin, a recording is none. */
		return recorder->out.written == bytes ?
			       0 :
			       binary_whole(recorder->batch, bytes);
	newline = memrchr(recorder->batch, '\n', bytes);
	return newline ? newline + 1 - recorder->batch : 0;
}

/*
 * So many bytes of the batch were written before the disk was full. Remove an
 * incomplete line or record from a file, unless something follows it.
 */
static void cut_line(struct recorder *recorder, size_t bytes)
{
	size_t cut = bytes - whole_bytes(recorder, bytes);
	off_t end = lseek(recorder->out.fd, 0, SEEK_CUR);
	struct stat status;

	if (!cut || !recorder->out.is_file || end < (off_t)cut ||
	    fstat(recorder->out.fd, &status) || status.st_size != end)
		return;
	if (ftruncate(recorder->out.fd, end - cut))
		status_fail(STATUS_OK, "the last %s of %s is incomplete",
			    recorder->is_binary ? "record" : "line",
			    recorder->name);
}

/*
 * Nothing but the recorder may write to a file, shorten it, as logrotate's
 * copytruncate does, or delete it. 0 or the first error.
 */
static int check_file(struct recorder *recorder)
{
	struct out *out = &recorder->out;
	off_t end = recorder->begin + (off_t)out->written;
	struct stat status;

	if (out->err || !out->is_file || fstat(out->fd, &status))
		return out->err;
	if (status.st_size < end ||
	    (status.st_size > end && status.st_size > recorder->size))
		out->err = -ESTALE;
	else if (recorder->linked && !status.st_nlink)
		out->err = -EIDRM;
	return out->err;
}

static int flush(struct recorder *recorder)
{
	size_t used = recorder->used, before = recorder->out.written;
	int err = check_file(recorder) ?:
			  out_write(&recorder->out, recorder->batch, used);

	if (err && used)
		cut_line(recorder, recorder->out.written - before);
	recorder->used = 0;
	return err;
}

static size_t put_header(struct recorder *recorder, char *buf)
{
	const struct source_info *info = &recorder->source->info;

	return recorder->is_binary ?
		       binary_begin_put(&recorder->writer, info, buf) :
		       recording_header_put(info, buf);
}

static size_t put_record(struct recorder *recorder,
			 const struct mhp_record *record, char *buf)
{
	return recorder->is_binary ?
		       binary_record_put(&recorder->writer, record, buf) :
		       record_to_json(record, buf);
}

static size_t put_totals(struct recorder *recorder, char *buf)
{
	const struct recording_totals *totals = &recorder->totals;

	return recorder->is_binary ?
		       binary_totals_put(&recorder->writer, totals, buf) :
		       recording_totals_put(totals, buf);
}

/* Sink. If an account cannot be allocated, the self-check will report it. */
static int recorder_take(void *ctx, const struct mhp_record *record)
{
	struct recorder *recorder = ctx;

	if (recorder->used > BATCH_BYTES - RECORD_JSON_MAX && flush(recorder))
		return -ECANCELED;
	recorder->used +=
		put_record(recorder, record, recorder->batch + recorder->used);
	ledger_fold(recorder->ledger, record);
	recorder->totals.folded += !!record->seq;
	return 0;
}

static int fetch(struct recorder *recorder)
{
	int ret = source_read(recorder->source, recorder_take, recorder);
	int err = flush(recorder);

	return err ?: ret;
}

/*
 * Wait for the source, or until a time, 0: no limit. 1: the source is ready, 0:
 * it is time, or the error that ends the loop.
 */
static int recorder_wait(struct recorder *recorder, u64 until_ns)
{
	struct pollfd fds[] = {
		{ .fd = recorder->out.signals, .events = POLLIN },
		{ .fd = recorder->out.fd },
		{ .fd = source_fd(recorder->source), .events = POLLIN },
	};
	int ret = loop_wait(fds, 3, until_ns);

	if (ret < 0)
		return ret;
	/* Whoever read the pipe or socket is gone. */
	if (fds[1].revents & (POLLERR | POLLHUP))
		return -EPIPE;
	if (out_stopped(&recorder->out))
		return -EINTR;
	return fds[2].revents != 0;
}

/*
 * Let a burst pass after records were read, unless the source asks to be read.
 * >= 0, or the error that ends the loop.
 */
static int wait_pause(struct recorder *recorder)
{
	struct burst burst;
	int ret;

	burst_begin(&burst, recorder->source);
	do {
		ret = recorder_wait(recorder, loop_now() + BURST_LOOK_NS);
	} while (!ret && burst_goes_on(&burst, recorder->source));
	return ret;
}

/* Records that were still in the buffer when the events stopped are included. */
static int write_totals(struct recorder *recorder)
{
	struct recording_totals *totals = &recorder->totals;
	const struct mhp_count *all = &totals->source.count[0];
	char doubt[RECORDING_WHY_MAX];
	/* Before the events are stopped: until now, none are missing. */
	u64 end_ns = loop_now();
	int ret;

	do {
		ret = source_self_check(recorder->source, recorder->ledger,
					totals->why, sizeof(totals->why));
	} while (ret == -EAGAIN && fetch(recorder) > 0);
	if (recorder->out.err)
		return recorder->out.err;
	totals->self_check = ret == 0 || ret == 1 ? ret : -EOPNOTSUPP;
	if (!ret)
		totals->why[0] = '\0';
	ret = source_totals(recorder->source, &totals->source);
	if (ret)
		return ret;
	totals->source.mono_ns = end_ns;
	recorder->used = put_totals(recorder, recorder->batch);
	ret = flush(recorder) ?: check_file(recorder);
	if (ret)
		return ret;
	if (totals->self_check == 1)
		return status_fail(STATUS_FAILED,
				   "the kernel's ledger and ours differ: %s",
				   totals->why);
	ret = stream_lost_status(
		all->lost, all->seen,
		"before they could be written: the recording has gaps");
	if (ret == STATUS_OK &&
	    source_totals_doubt(&totals->source, doubt, sizeof(doubt)))
		ret = status_fail(STATUS_UNKNOWN, "inconclusive: %s", doubt);
	return ret;
}

static int recorder_loop(struct recorder *recorder)
{
	int ret;

	recorder->used = put_header(recorder, recorder->batch);
	ret = flush(recorder);
	while (ret >= 0) {
		ret = fetch(recorder);
		if (ret >= 0 && out_stopped(&recorder->out))
			ret = -EINTR;
		if (ret >= 0)
			ret = ret ? wait_pause(recorder) :
				    recorder_wait(recorder, 0);
	}
	return ret == -EINTR ? write_totals(recorder) : ret;
}

static int recorder_report(const struct recorder *recorder, int err)
{
	if (recorder->out.err == -EPIPE || err == -EPIPE)
		return STATUS_OK;
	if (recorder->out.err == -EINTR)
		return status_fail(
			STATUS_FAILED,
			"cannot write %s: the reader is stalled; the recording ends without totals",
			recorder->name);
	if (recorder->out.err == -ESTALE)
		return status_fail(
			STATUS_FAILED,
			"another program changed %s while it was written, and events are missing: make logrotate rename it, without copytruncate",
			recorder->name);
	if (recorder->out.err == -EIDRM)
		return status_fail(
			STATUS_FAILED,
			"%s was deleted while it was written, and the recording is lost: rename it instead",
			recorder->name);
	if (recorder->out.err)
		return status_fail(STATUS_FAILED, "cannot write %s: %s",
				   recorder->name,
				   strerror(-recorder->out.err));
	if (err < 0)
		return status_fail(STATUS_FAILED, "cannot read the events: %s",
				   *source_why(recorder->source) ?
					   source_why(recorder->source) :
					   strerror(-err));
	return err;
}

/* A full file system may be reported only by close(). */
static int close_output(const struct record_output *output, int status)
{
	/* A shell that shares standard output may start the next recorder. */
	if (output->fd == STDOUT_FILENO)
		flock(output->fd, LOCK_UN);
	else if (close(output->fd) && !status)
		status = status_fail(STATUS_FAILED, "cannot write %s: %s",
				     output->name, strerror(errno));
	return status;
}

/*
 * Two recorders would mix their lines in a file. The lock is that of the open
 * file, so it ends with the recorder. A file system may have no locks.
 */
static int lock_output(const struct record_output *output)
{
	struct stat status;

	if (fstat(output->fd, &status) || !S_ISREG(status.st_mode) ||
	    !flock(output->fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return STATUS_OK;
	return status_fail(
		STATUS_FAILED,
		"cannot write %s: another recorder writes to it; choose another file",
		output->name);
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t len = strlen(path), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(path + len - suffix_len, suffix);
}

int record_open(struct record_output *output, const char *path)
{
	/* Whatever another program does to the file, no line is overwritten. */
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND;
	int status;

	*output = (struct record_output){ .name = "standard output",
					  .fd = STDOUT_FILENO };
	if (!path || !strcmp(path, "-"))
		return lock_output(output);
	output->name = path;
	output->is_binary = has_suffix(path, BINARY_SUFFIX);
	output->fd = open(path, flags | O_EXCL, 0600);
	if (output->fd >= 0)
		output->created = path;
	else if (errno == EEXIST)
		output->fd = open(path, flags, 0600);
	if (output->fd < 0)
		return status_fail(STATUS_FAILED, "cannot open %s: %s", path,
				   strerror(errno));
	status = lock_output(output);
	if (status)
		close(output->fd);
	return status;
}

void record_cancel(struct record_output *output)
{
	if (output->created)
		unlink(output->created);
	close_output(output, STATUS_FAILED);
}

/* Now that there is something to record, forget an earlier recording. */
static int clear_output(const struct record_output *output)
{
	struct stat status;

	if (output->fd == STDOUT_FILENO || fstat(output->fd, &status) ||
	    !S_ISREG(status.st_mode) || !ftruncate(output->fd, 0))
		return STATUS_OK;
	return status_fail(STATUS_FAILED, "cannot write %s: %s", output->name,
			   strerror(errno));
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

/* What the file is like before the recording. */
static void note_file(struct recorder *recorder, int fd)
{
	struct stat status;

	recorder->size = 0;
	recorder->linked = false;
	if (fstat(fd, &status))
		return;
	recorder->size = status.st_size;
	recorder->linked = status.st_nlink;
}

static int record_all(struct source *source, const struct record_output *output)
{
	static struct recorder recorder;
	int signals = loop_signals(), status;

	source->short_records = true;
	recorder.source = source;
	recorder.name = output->name;
	recorder.is_binary = output->is_binary;
	out_init(&recorder.out, output->fd, signals);
	recorder.begin = find_begin(output->fd);
	note_file(&recorder, output->fd);
	recorder.ledger =
		ledger_new(source->info.block_bytes / source->info.page_bytes,
			   source->info.max_accounts);
	if (signals < 0 || !recorder.ledger)
		status = status_fail(STATUS_FAILED, "cannot record: %s",
				     strerror(signals < 0 ? -signals : ENOMEM));
	else
		status = recorder_report(&recorder, recorder_loop(&recorder));
	ledger_free(recorder.ledger);
	close(signals);
	return status;
}

int record_run(struct source *source, struct record_output *output)
{
	int status = clear_output(output);

	if (status == STATUS_OK)
		status = record_all(source, output);
	return close_output(output, status);
}
