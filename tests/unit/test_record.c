// SPDX-License-Identifier: GPL-2.0
/*
 * The recorder, fed by a fake source: what it writes, and what it does when its
 * output is full, closed, or not read.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "format/binary.h"
#include "format/recording.h"
#include "ktap.h"
#include "record/record.h"
#include "source/source.h"

static char path[] = "/tmp/test_record.XXXXXX",
	    errors[] = "/tmp/test_record.XXXXXX",
	    binary_path[sizeof(path) + sizeof(BINARY_SUFFIX)];

enum { TRUNCATE_LATE = 1, TRUNCATE_LAST, GROW_LATE, DELETE_LATE, DELETE_LAST };

/* Hands over records, then sends signals to its own process. */
struct fake {
	struct source source;
	u64 records; /* before the signals */
	u64 late; /* after the events are stopped */
	u64 given;
	u64 lost; /* not included in records and late */
	int signals;
	int check; /* result of the self-check */
	int read_err;
	int peer; /* the other end of the output, for the child to close */
	int truncate; /* what happens to the file at the begin of the late records, or before the totals */
	u64 limit; /* bytes that fit on the disk, 0: any number */
};

static int give(struct fake *fake, source_sink sink, void *ctx, u64 nr)
{
	struct mhp_record record = {
		.comm = "fake",
		.event = MHP_EVENT_mhp_vmemmap_online,
		.size = sizeof(struct mhp_mhp_vmemmap_zone),
		.p.mhp_vmemmap_zone.zone = MHP_ZONE_MOVABLE,
	};
	u64 i;
	int err;

	for (i = 0; i < nr; i++) {
		record.seq = ++fake->given;
		err = sink(ctx, &record);
		if (err)
			return err;
	}
	return nr;
}

/* What another program does to the file. */
static void spoil_file(int how)
{
	if ((how == TRUNCATE_LATE && truncate(path, 0)) ||
	    (how == GROW_LATE && truncate(path, 1 << 24)) ||
	    (how == DELETE_LATE && unlink(path) && errno != ENOENT))
		abort();
}

static int fake_read(struct source *source, source_sink sink, void *ctx)
{
	struct fake *fake = (struct fake *)source;
	int ret;

	if (fake->read_err)
		return fake->read_err;
	if (fake->given >= fake->records)
		spoil_file(fake->truncate);
	if (fake->given >= fake->records)
		return give(fake, sink, ctx,
			    fake->records + fake->late - fake->given);
	ret = give(fake, sink, ctx, fake->records);
	for (; fake->signals; fake->signals--)
		kill(getpid(), SIGTERM);
	return ret;
}

static int fake_totals(struct source *source, struct source_totals *totals)
{
	struct fake *fake = (struct fake *)source;

	if ((fake->truncate == TRUNCATE_LAST && truncate(path, 0)) ||
	    (fake->truncate == DELETE_LAST && unlink(path)))
		abort();
	totals->count[0].seen = fake->given + fake->lost;
	totals->count[0].lost = fake->lost;
	totals->count[MHP_EVENT_mhp_vmemmap_online] = totals->count[0];
	return 0;
}

static int fake_check(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len)
{
	struct fake *fake = (struct fake *)source;

	(void)ledger;
	if (fake->given < fake->records + fake->late)
		return -EAGAIN;
	snprintf(why, len, "because");
	return fake->check;
}

static const struct source_ops fake_ops = {
	.name = "fake",
	.read = fake_read,
	.totals = fake_totals,
	.self_check = fake_check,
};

static const struct fake a_fake = {
	.source = { .ops = &fake_ops,
		    .info = { .page_bytes = 4096,
			      .block_bytes = 134217728,
			      .live = true } },
	.records = 1000,
	.late = 5,
	.signals = 1,
};

/* Record in a child process, as signals stay blocked. */
static pid_t start(struct fake *fake, const char *output, int out)
{
	struct record_output to;
	pid_t child;
	int err;

	fflush(stdout);
	child = fork();
	if (child)
		return child;
	err = open(errors, O_WRONLY | O_TRUNC);
	dup2(err, STDERR_FILENO);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	if (fake->peer)
		close(fake->peer);
	/* A recorder that does not end is a failure. */
	alarm(20);
	if (fake->limit)
		setrlimit(RLIMIT_FSIZE,
			  &(struct rlimit){ fake->limit, fake->limit });
	err = record_open(&to, output, NULL);
	_exit(err ? err : record_run(&fake->source, &to));
}

/* Its exit status. */
static int finish(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   1000 + WTERMSIG(status);
}

static int run(struct fake *fake, const char *output, int out)
{
	return finish(start(fake, output, out));
}

static void stderr_is(const char *want)
{
	char text[512];
	FILE *file = fopen(errors, "re");
	size_t len = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[len] = '\0';
	eq_text("  standard error", text, want);
}

/* The number of lines, and the last one. */
static u64 lines(char *last, size_t len)
{
	FILE *file = fopen(path, "re");
	u64 nr = 0;

	while (fgets(last, len, file))
		nr++;
	fclose(file);
	return nr;
}

/* The last line without the time of the end, which must be now. */
static void take_end(char *last)
{
	static const char key[] = "\"mono_ns\":";
	char *at = strstr(last, key), *rest = at;
	u64 now = loop_now(), end;

	end = at ? strtoull(at + strlen(key), &rest, 10) : 0;
	ok(end && end <= now && now - end < 60 * LOOP_NS,
	   "the totals have the time of the end");
	if (at)
		memmove(at, rest + 1, strlen(rest));
}

static void test_file(void)
{
	struct fake fake = a_fake;
	char last[1024];

	eq("record to a file", run(&fake, path, -1), STATUS_OK);
	eq("the file has the header, all records and the totals",
	   lines(last, sizeof(last)), 1 + 1000 + 5 + 1);
	take_end(last);
	eq_text("the totals are the last line", last,
		"{\"totals\":{\"seen\":1005,\"lost\":0,\"folded\":1005,"
		"\"self_check\":\"equal\",\"events\":{\"mhp_vmemmap_online\":"
		"{\"seen\":1005,\"lost\":0}}}}\n");
	stderr_is("");

	fake.check = 1;
	eq("a self-check that differs", run(&fake, path, -1), STATUS_FAILED);
	lines(last, sizeof(last));
	ok(strstr(last, "\"self_check\":\"differs\""),
	   "the totals say that the ledgers differ");
	stderr_is("mhptop: the kernel's ledger and ours differ: because\n");

	fake.check = -EOPNOTSUPP;
	eq("no kernel ledger to compare with", run(&fake, path, -1), STATUS_OK);
	lines(last, sizeof(last));
	ok(strstr(last, "\"self_check\":\"none\""),
	   "the totals say that nothing was compared");
}

static void test_lost(void)
{
	struct fake fake = a_fake;
	char last[1024];

	fake.lost = 3;
	fake.check = -EOPNOTSUPP;
	eq("lost events", run(&fake, path, -1), STATUS_UNKNOWN);
	stderr_is(
		"mhptop: 3 of 1008 events were lost before they could be written: the recording has gaps\n");
	eq("all other events are recorded", lines(last, sizeof(last)),
	   1 + 1000 + 5 + 1);
	take_end(last);
	eq_text("the totals say why nothing was compared", last,
		"{\"totals\":{\"seen\":1008,\"lost\":3,\"folded\":1005,"
		"\"self_check\":\"none\",\"self_check_why\":\"because\","
		"\"events\":{\"mhp_vmemmap_online\":"
		"{\"seen\":1008,\"lost\":3}}}}\n");
}

static void test_errors(void)
{
	struct fake fake = a_fake;
	char last[1024];

	eq("a full disk", run(&fake, "/dev/full", -1), STATUS_FAILED);
	stderr_is("mhptop: cannot write /dev/full: No space left on device\n");
	eq("a missing folder", run(&fake, "/nowhere/x", -1), STATUS_FAILED);
	stderr_is(
		"mhptop: cannot open /nowhere/x: No such file or directory\n");
	fake.read_err = -EBADMSG;
	eq("a source that fails", run(&fake, path, -1), STATUS_FAILED);
	stderr_is("mhptop: cannot read the events: Bad message\n");
	eq("no totals after a source that fails", lines(last, sizeof(last)), 1);
}

/* A disk that becomes full: the last line is complete, whatever fits. */
static void test_full(void)
{
	static const char want[] = "mhptop: cannot write %s: File too large\n";
	struct fake fake = a_fake;
	char last[1024], message[sizeof(want) + sizeof(path)];
	u64 whole = 0;
	struct stat file;

	snprintf(message, sizeof(message), want, path);
	for (fake.limit = 60000; fake.limit < 60100; fake.limit += 7) {
		if (run(&fake, path, -1) != STATUS_FAILED)
			continue;
		lines(last, sizeof(last));
		whole += !stat(path, &file) && file.st_size > 50000 &&
			 last[strlen(last) - 1] == '\n';
	}
	eq("a disk that becomes full: whole lines only", whole, 15);
	stderr_is(message);

	fake.limit = 10;
	eq("a disk with no room for the header", run(&fake, path, -1),
	   STATUS_FAILED);
	eq("  nothing is written", !stat(path, &file) && !file.st_size, 1);
}

/* The lines of the binary recording, as many as there are, and its error; len is its length. */
static u64 binary_lines(char *text, int *err, size_t *len)
{
	static char raw[1 << 20];
	struct binary_text *binary = binary_text_new();
	FILE *file = fopen(binary_path, "re");
	const char *why;
	size_t at, n, used = 0;
	u64 nr = 0;

	*len = fread(raw, 1, sizeof(raw), file);
	fclose(file);
	for (at = 0; at < *len; at += n) {
		n = *len - at < BINARY_RAW_MAX ? *len - at : BINARY_RAW_MAX;
		used += binary_text_put(binary, raw + at, n, text + used);
	}
	if (*len)
		binary_text_end(binary);
	*err = binary_text_error(binary, &why);
	binary_text_free(binary);
	text[used] = '\0';
	for (at = 0; at < used; at++)
		nr += text[at] == '\n';
	return nr;
}

/* A file whose name ends in .mhp has the same records, and is cut as well as one of lines. */
static void test_binary(void)
{
	static char text[1 << 20], want[1 << 20];
	char *mono, *other;
	struct fake fake = a_fake;
	struct stat file;
	size_t len, begin, whole = 0, cut = 0;
	FILE *lines_file;
	int err;

	eq("record in binary form", run(&fake, binary_path, -1), STATUS_OK);
	stderr_is("");
	eq("  for its owner only",
	   !stat(binary_path, &file) && (file.st_mode & 0777) == 0600, 1);
	eq("  header, all records and the totals",
	   binary_lines(text, &err, &len), 1 + 1000 + 5 + 1);
	eq("  as a whole", err, 0);
	eq("  and the same as lines", run(&fake, path, -1), STATUS_OK);
	lines_file = fopen(path, "re");
	want[fread(want, 1, sizeof(want) - 1, lines_file)] = '\0';
	fclose(lines_file);
	/* Up to the time of the end. */
	mono = strstr(strstr(text, "{\"totals\""), "\"mono_ns\"");
	other = strstr(strstr(want, "{\"totals\""), "\"mono_ns\"");
	ok(mono - text == other - want && !memcmp(text, want, mono - text),
	   "  byte for byte");

	for (fake.limit = len - 3000; fake.limit < len - 2900;
	     fake.limit += 7) {
		if (run(&fake, binary_path, -1) != STATUS_FAILED)
			continue;
		whole += binary_lines(text, &err, &begin) > 900 && !err;
		cut += begin < fake.limit;
	}
	eq("a disk that becomes full: whole records only", whole, 15);
	ok(cut > 10, "  others are cut off: %zu times", cut);
	for (fake.limit = 1; fake.limit < 5000; fake.limit += 490)
		whole += run(&fake, binary_path, -1) == STATUS_FAILED &&
			 !binary_lines(text, &err, &begin) && !begin;
	eq("a disk with no room for the begin: nothing is written", whole,
	   15 + 11);
	unlink(binary_path);
}

static void test_output_file(void)
{
	struct record_output to;
	struct fake fake = a_fake;
	struct stat file;
	char last[1024];

	unlink(path);
	umask(0);
	run(&fake, path, -1);
	stat(path, &file);
	eq("a new recording is for its owner only", file.st_mode & 0777, 0600);

	eq("an existing recording is opened", record_open(&to, path, NULL),
	   STATUS_OK);
	record_cancel(&to);
	eq("  and kept if there is nothing to record",
	   lines(last, sizeof(last)), 1 + 1000 + 5 + 1);
	fake.records = 10;
	eq("a shorter recording in its place", run(&fake, path, -1), STATUS_OK);
	eq("  replaces it", lines(last, sizeof(last)), 1 + 10 + 5 + 1);

	unlink(path);
	eq("a new file is opened", record_open(&to, path, NULL), STATUS_OK);
	record_cancel(&to);
	eq("  and removed if there is nothing to record", access(path, F_OK),
	   (u64)-1);
	run(&fake, path, -1);
}

/* logrotate's copytruncate, or a shell that redirects into the same file. */
static void test_truncated(void)
{
	char message[256];
	struct fake fake = a_fake;
	struct stat file;
	int out;

	snprintf(
		message, sizeof(message),
		"mhptop: another program changed %s while it was written, and events are missing: make logrotate rename it, without copytruncate\n",
		path);
	fake.truncate = TRUNCATE_LATE;
	eq("a file is truncated while there are events", run(&fake, path, -1),
	   STATUS_FAILED);
	stderr_is(message);
	eq("  nothing is written behind a hole",
	   !stat(path, &file) && !file.st_size, 1);
	fake.truncate = TRUNCATE_LAST;
	eq("a file is truncated before the totals", run(&fake, path, -1),
	   STATUS_FAILED);
	stderr_is(message);

	fake.truncate = GROW_LATE;
	eq("a file is overwritten by something longer", run(&fake, path, -1),
	   STATUS_FAILED);
	stderr_is(message);
	snprintf(
		message, sizeof(message),
		"mhptop: %s was deleted while it was written, and the recording is lost: rename it instead\n",
		path);
	fake.truncate = DELETE_LATE;
	eq("a file is deleted while there are events", run(&fake, path, -1),
	   STATUS_FAILED);
	stderr_is(message);
	fake.truncate = DELETE_LAST;
	eq("a file is deleted before the totals", run(&fake, path, -1),
	   STATUS_FAILED);
	stderr_is(message);
	fake.truncate = 0;
	out = open(path, O_WRONLY | O_CREAT, 0600);
	unlink(path);
	eq("a file that had no name before", run(&fake, NULL, out), STATUS_OK);
	close(out);

	fake.truncate = TRUNCATE_LAST;
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (write(out, "before\n", 7) != 7)
		abort();
	eq("standard output is a file that is truncated", run(&fake, NULL, out),
	   STATUS_FAILED);
	fake.truncate = 0;
	lseek(out, 0, SEEK_SET);
	eq("  and one that is not", run(&fake, NULL, out), STATUS_OK);
	close(out);
	out = open(path, O_WRONLY | O_APPEND);
	eq("  and one that others wrote", run(&fake, NULL, out), STATUS_OK);
	close(out);
}

static void test_second(void)
{
	char message[256], last[1024];
	struct record_output to;
	struct fake fake = a_fake;
	int out;

	run(&fake, path, -1);
	eq("a file is opened by a recorder", record_open(&to, path, NULL),
	   STATUS_OK);
	eq("a second recorder is refused", run(&fake, path, -1), STATUS_FAILED);
	snprintf(
		message, sizeof(message),
		"mhptop: cannot write %s: another recorder writes to it; choose another file\n",
		path);
	stderr_is(message);
	out = open(path, O_WRONLY);
	eq("  and so is one whose standard output it is", run(&fake, NULL, out),
	   STATUS_FAILED);
	eq("  the file is as it was", lines(last, sizeof(last)),
	   1 + 1000 + 5 + 1);
	record_cancel(&to);
	eq("  until the first one has ended", run(&fake, NULL, out), STATUS_OK);
	eq("  a shell's next recorder may use the same standard output",
	   run(&fake, NULL, out), STATUS_OK);
	eq("  which does not lock it any more", run(&fake, path, -1),
	   STATUS_OK);
	close(out);
}

/* The peer of a socket is gone: poll() reports POLLHUP, not POLLERR. */
static void test_closed_socket(void)
{
	struct fake fake = a_fake;
	char header[RECORDING_LINE_MAX];
	int fds[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	fake.records = 0;
	fake.late = 0;
	fake.peer = fds[0];
	child = start(&fake, NULL, fds[1]);
	close(fds[1]);
	/* It writes its header, then waits. */
	if (read(fds[0], header, sizeof(header)) <= 0)
		abort();
	close(fds[0]);
	eq("a socket whose peer is gone, with nothing to write", finish(child),
	   STATUS_OK);
	stderr_is("");
}

static void test_closed_pipe(void)
{
	struct fake fake = a_fake;
	int fds[2];

	if (pipe(fds))
		abort();
	close(fds[0]);
	eq("a closed pipe", run(&fake, "-", fds[1]), STATUS_OK);
	stderr_is("");
	fake.records = 0;
	fake.late = 0;
	eq("a closed pipe, with nothing to write", run(&fake, NULL, fds[1]),
	   STATUS_OK);
	close(fds[1]);
}

/* Start a recorder, wait until its pipe is full, and send it a signal. */
static pid_t start_stuck(struct fake *fake, int fds[2])
{
	struct pollfd full = { .events = POLLOUT };
	pid_t child;

	fake->records = 100000;
	fake->signals = 0;
	if (pipe(fds))
		abort();
	child = start(fake, NULL, fds[1]);
	full.fd = fds[1];
	while (poll(&full, 1, 0) > 0)
		usleep(1000);
	close(fds[1]);
	kill(child, SIGTERM);
	return child;
}

static void test_stuck_pipe(void)
{
	static const char stuck[] =
		"mhptop: cannot write standard output: the reader is stalled; the recording ends without totals\n";
	struct fake fake = a_fake;
	pid_t child;
	int fds[2];

	child = start_stuck(&fake, fds);
	eq("a full pipe: a signal ends the recorder", finish(child),
	   STATUS_FAILED);
	stderr_is(stuck);
	close(fds[0]);

	child = start_stuck(&fake, fds);
	usleep(50000);
	kill(child, SIGINT);
	eq("a full pipe: a second signal ends the recorder at once",
	   finish(child), STATUS_FAILED);
	stderr_is(stuck);
	close(fds[0]);
}

static void test_slow_reader(void)
{
	struct fake fake = a_fake;
	char text[4096] = "", last[1024];
	pid_t child;
	ssize_t n;
	int fds[2], out = open(path, O_WRONLY | O_TRUNC);

	child = start_stuck(&fake, fds);
	while ((n = read(fds[0], text, sizeof(text))) > 0)
		if (write(out, text, n) != n)
			abort();
	close(out);
	eq("a slow reader", finish(child), STATUS_OK);
	eq("a slow reader gets the header, all records and the totals",
	   lines(last, sizeof(last)), 1 + 100000 + 5 + 1);
	ok(strstr(last, "{\"totals\":{\"seen\":100005,") == last,
	   "a slow reader gets the right totals");
	close(fds[0]);
}

int main(void)
{
	int fd = mkstemp(path), err = mkstemp(errors);

	if (fd < 0 || err < 0)
		return 1;
	snprintf(binary_path, sizeof(binary_path), "%s" BINARY_SUFFIX, path);
	test_file();
	test_lost();
	test_errors();
	test_full();
	test_binary();
	test_output_file();
	test_truncated();
	test_second();
	test_closed_pipe();
	test_closed_socket();
	test_stuck_pipe();
	test_slow_reader();
	unlink(path);
	unlink(errors);
	return ktap_done();
}
