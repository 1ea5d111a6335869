// SPDX-License-Identifier: GPL-2.0
/*
 * The source that reads recordings of trace-cmd. A child process reads the file;
 * this file receives its messages, and turns a crash of the child into an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/event_table.h"
#include "source/import/import.h"
#include "base/plain_text.h"
#include "source/source.h"
#include "source/import/trace_dat.h"

#define MESSAGES 256

struct source_trace_dat {
	struct source source;
	char *name; /* for messages */
	pid_t child; /* 0: none */
	int fd; /* messages of the child */
	bool is_cut; /* the file ends early */
	bool in_gap; /* events may be missing before the next record */
	int err; /* why reading ended; returned after all earlier records */
	char reason[256]; /* reason of err, "" if there is none */
	struct import import;
	size_t start; /* unread bytes of messages */
	size_t end;
	struct trace_dat_message messages[MESSAGES];
};

static struct source_trace_dat *to_dat(struct source *source)
{
	return (struct source_trace_dat *)source;
}

/* Wait for the child to end; kill it first unless it ends by itself. */
static void reap(struct source_trace_dat *dat, bool kill_it)
{
	if (!dat->child)
		return;
	if (kill_it)
		kill(dat->child, SIGKILL);
	while (waitpid(dat->child, NULL, 0) < 0 && errno == EINTR)
		;
	dat->child = 0;
}

static int trace_dat_fail(struct source_trace_dat *dat, int err,
			  const char *reason)
{
	dat->err = err;
	snprintf(dat->reason, sizeof(dat->reason), "cannot read %s: %s",
		 dat->name, reason);
	return err;
}

/* Read more into the buffer. 0, -EAGAIN: nothing available, or an error, which is in err as well. */
static int trace_dat_fill(struct source_trace_dat *dat)
{
	char *bytes = (char *)dat->messages;
	ssize_t n;

	dat->end -= dat->start;
	memmove(bytes, bytes + dat->start, dat->end);
	dat->start = 0;
	do {
		n = read(dat->fd, bytes + dat->end,
			 sizeof(dat->messages) - dat->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return trace_dat_fail(dat, -errno, strerror(errno));
	/* The child ended without a last message: by a signal, or by exit() in the library. */
	if (!n) {
		reap(dat, false);
		return trace_dat_fail(dat, -EPROTO, "damaged");
	}
	dat->end += n;
	return 0;
}

/* The next message, NULL if it is not complete. */
static struct trace_dat_message *next_message(struct source_trace_dat *dat)
{
	struct trace_dat_message *message =
		&dat->messages[dat->start / sizeof(*message)];

	if (dat->end - dat->start < sizeof(*message))
		return NULL;
	dat->start += sizeof(*message);
	return message;
}

/* Do not trust the parser child: it may have been compromised. */
static bool is_sound(const struct mhp_record *record)
{
	const struct event_info *info = event_info(record->event);

	return info && !event_is_tool(record->event) &&
	       record->size == info->size &&
	       memchr(record->comm, '\0', sizeof(record->comm));
}

static void handle_end(struct source_trace_dat *dat,
		       struct trace_dat_message *message)
{
	reap(dat, false);
	message->why[sizeof(message->why) - 1] = '\0';
	plain_text(message->why);
	if (message->err) {
		trace_dat_fail(dat, message->err, message->why);
		return;
	}
	dat->err = -ENODATA;
	if (dat->is_cut)
		snprintf(
			dat->reason, sizeof(dat->reason),
			"%s: the trace.dat was cut: sections are missing at its end",
			dat->name);
	else if (*message->why)
		snprintf(dat->reason, sizeof(dat->reason), "%s: %s", dat->name,
			 message->why);
}

/* Handle a message. 1 if it was a record and was handed over, 0 if not, or the sink's error. */
static int handle_message(struct source_trace_dat *dat,
			  struct trace_dat_message *message, source_sink sink,
			  void *ctx)
{
	int ret;

	if (message->kind == TRACE_DAT_END) {
		handle_end(dat, message);
		return 0;
	}
	if (message->kind == TRACE_DAT_LOST) {
		import_lost(&dat->import, message->number);
		return 0;
	}
	if (message->kind == TRACE_DAT_CUT) {
		dat->is_cut = true;
		return 0;
	}
	if (message->kind == TRACE_DAT_GAP) {
		dat->in_gap = true;
		return 0;
	}
	if (message->kind == TRACE_DAT_UNKNOWN) {
		message->record.event = message->record.size = 0;
	} else if (message->kind != TRACE_DAT_RECORD ||
		   !is_sound(&message->record)) {
		trace_dat_fail(dat, -EPROTO, "damaged");
		return 0;
	}
	import_count(&dat->import, &message->record, dat->in_gap);
	dat->in_gap = false;
	ret = sink(ctx, &message->record);
	return ret < 0 ? ret : 1;
}

static int dat_read(struct source *source, source_sink sink, void *ctx)
{
	struct source_trace_dat *dat = to_dat(source);
	struct trace_dat_message *message;
	int ret, taken = 0;

	/* Read one buffer at a time, so that the caller can update what it shows. */
	while (!taken && !dat->err) {
		while (!dat->err && (message = next_message(dat))) {
			ret = handle_message(dat, message, sink, ctx);
			if (ret < 0)
				return ret;
			taken += ret;
		}
		if (!taken && !dat->err && trace_dat_fill(dat) == -EAGAIN)
			return 0;
	}
	if (taken)
		return taken;
	memcpy(dat->source.why, dat->reason, sizeof(dat->reason));
	return dat->err;
}

static int dat_fd(struct source *source)
{
	return to_dat(source)->fd;
}

static int dat_totals(struct source *source, struct source_totals *totals)
{
	const struct source_trace_dat *dat = to_dat(source);

	*totals = dat->import.totals;
	return dat->is_cut ? -ENODATA : 0;
}

static void dat_close(struct source *source)
{
	struct source_trace_dat *dat = to_dat(source);

	reap(dat, true);
	if (dat->fd >= 0)
		close(dat->fd);
	free(dat->name);
	free(dat);
}

static const struct source_ops dat_ops = {
	.name = "trace.dat",
	.read = dat_read,
	.fd = dat_fd,
	.totals = dat_totals,
	.close = dat_close,
};

/* Start the child, which writes its messages to fd. */
static int start(struct source_trace_dat *dat, int file)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	dat->child = fork();
	if (!dat->child) {
		close(fds[0]);
		trace_dat_child(file, fds[1]);
	}
	close(fds[1]);
	dat->fd = fds[0];
	if (dat->child < 0) {
		dat->child = 0;
		return -errno;
	}
	return fcntl(dat->fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

/* Wait for the first message, which has the size of a memory block. */
static int read_first(struct source_trace_dat *dat)
{
	struct pollfd fd = { .fd = dat->fd, .events = POLLIN };
	struct trace_dat_message *message;

	while (!(message = next_message(dat)))
		if (trace_dat_fill(dat) == -EAGAIN)
			poll(&fd, 1, -1);
		else if (dat->err)
			return dat->err;
	if (message->kind == TRACE_DAT_BLOCK) {
		import_info(&dat->source.info, message->number);
		dat->source.info.missing_events = message->missing;
		dat->source.info.unknown_events = message->missing;
		dat->source.info.doubtful_events = message->doubtful;
		import_recorded(&dat->source.info, message->recorded);
	} else if (message->kind == TRACE_DAT_UNSIZED) {
		import_info(&dat->source.info, IMPORT_EMPTY_PAGES);
		import_recorded(&dat->source.info, message->recorded);
		dat->source.info.empty = true;
		dat->import.totals.unsized = message->number;
	} else if (message->kind == TRACE_DAT_END && message->err) {
		handle_end(dat, message);
	} else {
		trace_dat_fail(dat, -EPROTO, "damaged");
	}
	return dat->err;
}

int source_open_trace_dat(struct source **source, const char *path, char *why,
			  size_t len)
{
	struct source_trace_dat *dat = calloc(1, sizeof(*dat));
	int file = -1, err = -ENOMEM;

	*source = NULL;
	if (!dat || !(dat->name = strdup(path))) {
		snprintf(why, len, "out of memory");
		free(dat);
		return err;
	}
	plain_text(dat->name);
	dat->source.ops = &dat_ops;
	dat->fd = -1;
	file = open(path, O_RDONLY | O_CLOEXEC);
	err = file < 0 ? -errno : start(dat, file);
	if (err)
		trace_dat_fail(dat, err, strerror(-err));
	else
		err = read_first(dat);
	if (err)
		snprintf(why, len, "%s", dat->reason);
	if (file >= 0)
		close(file);
	if (err)
		dat_close(&dat->source);
	else
		*source = &dat->source;
	return err;
}
