// SPDX-License-Identifier: GPL-2.0
/*
 * Reading recordings: from pipes that deliver one byte at a time, and from files
 * that are truncated, damaged, or not recordings.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "ktap.h"
#include "model/ledger.h"
#include "format/record_json.h"
#include "format/recording.h"
#include "source/source.h"

#define HEADER                                                      \
	"{\"schema\":2,\"type\":\"mhptop\",\"kernel\":\"6.12\","    \
	"\"host\":\"h\",\"source\":\"events\",\"page_bytes\":4096," \
	"\"block_bytes\":134217728,\"wall_ns\":1,\"mono_ns\":2}\n"
#define RECORD(seq)                                                      \
	"{\"seq\":" #seq ",\"ns\":2,\"cpu\":0,\"pid\":1,\"comm\":\"a\"," \
	"\"event\":\"mhp_vmemmap_online\",\"start_pfn\":1,"              \
	"\"vmemmap_pages\":2,\"nid\":0,\"zone\":\"DMA\"}\n"
#define UNKNOWN(seq)                                                     \
	"{\"seq\":" #seq ",\"ns\":2,\"cpu\":0,\"pid\":1,\"comm\":\"a\"," \
	"\"event\":\"mhp_of_tomorrow\",\"x\":1}\n"
#define TOTALS(seen, lost, folded, check)                        \
	"{\"totals\":{\"seen\":" #seen ",\"lost\":" #lost        \
	",\"folded\":" #folded ",\"self_check\":\"" check        \
	"\",\"events\":{\"mhp_vmemmap_online\":{\"seen\":" #seen \
	",\"lost\":" #lost "}}}}\n"
#define TOMORROW                                                    \
	"{\"totals\":{\"seen\":2,\"lost\":0,\"folded\":2,"          \
	"\"self_check\":\"equal\",\"events\":{\"mhp_of_tomorrow\":" \
	"{\"seen\":1,\"lost\":0},\"mhp_vmemmap_online\":{\"seen\":1,\"lost\":0}}}}\n"

static char path[] = "/tmp/test_source_file.XXXXXX";

struct taken {
	u64 records;
	u64 last_seq;
	u64 refuse; /* return an error for the record with this number */
};

static int sink(void *ctx, const struct mhp_record *record)
{
	struct taken *taken = ctx;

	if (taken->refuse && record->seq == taken->refuse)
		return -ECANCELED;
	taken->records++;
	taken->last_seq = record->seq;
	return 0;
}

static void write_file(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		abort();
	close(fd);
}

static int open_text(struct source **source, const char *text, char *why)
{
	write_file(text, strlen(text));
	return source_open_file(source, path, why, 256);
}

/* Read the whole source. The last result of read(). */
static int read_all(struct source *source, struct taken *taken)
{
	int ret;

	memset(taken, 0, sizeof(*taken));
	do {
		ret = source_read(source, sink, taken);
	} while (ret > 0);
	return ret;
}

/* Read a recording: the number of records, the error, and the reason without the path. */
static void ends(const char *name, const char *text, u64 records, int err,
		 const char *want)
{
	struct source *source;
	struct taken taken;
	char why[256];
	const char *reason;
	int got;

	if (!ok(!open_text(&source, text, why), "%s", name))
		return;
	got = read_all(source, &taken);
	eq("  last result", got, err);
	reason = source_why(source);
	eq_text("  reason", reason + (*reason ? strlen(path) : 0), want);
	eq("  number of records", taken.records, records);
	eq("  the same result when read again", read_all(source, &taken), err);
	eq("  no records when read again", taken.records, 0);
	source_close(source);
}

static void test_ends(void)
{
	static const char none[] =
		":3: recording ends without totals: its recorder was killed or is still running";

	ends("a complete recording",
	     HEADER RECORD(1) RECORD(2) TOTALS(2, 0, 2, "equal"), 2, -ENODATA,
	     "");
	ends("a recording without totals", HEADER RECORD(1) RECORD(2), 2,
	     -ENODATA, none);
	ends("a recording that is cut inside a record",
	     HEADER RECORD(1) "{\"seq\":2,\"ns\":2,\"cpu", 1, -EPROTO,
	     ":3: truncated");
	ends("a recording that is cut inside the totals",
	     HEADER RECORD(1) "{\"totals\":{\"seen\":2", 1, -EPROTO,
	     ":3: truncated");
	ends("a damaged line", HEADER RECORD(1) "{\"seq\":x\n" RECORD(2), 1,
	     -EPROTO, ":3: not a value");
	ends("an empty line", HEADER RECORD(1) "\n" RECORD(2), 1, -EPROTO,
	     ":3: not a JSON object");
	ends("damaged totals", HEADER "{\"totals\":{}}\n", 0, -EPROTO,
	     ":2: \"seen\" is missing");
	ends("a record after the totals",
	     HEADER TOTALS(0, 0, 0, "equal") RECORD(1), 0, -EPROTO,
	     ":3: unexpected line after the totals");
	ends("two recordings in one file",
	     HEADER RECORD(1) TOTALS(1, 0, 1, "equal") HEADER RECORD(1)
		     TOTALS(1, 0, 1, "equal"),
	     2, -ENODATA, "");
	ends("two recordings in one file, the second one without totals",
	     HEADER TOTALS(0, 0, 0, "equal") HEADER, 0, -ENODATA,
	     ":3: recording ends without totals: its recorder was killed or is still running");
	ends("two recordings in one file, the first one lacks a record",
	     HEADER RECORD(2) TOTALS(2, 0, 2, "equal")
		     HEADER TOTALS(0, 0, 0, "equal"),
	     1, -EPROTO, ":3: wrote 2 records of mhp_vmemmap_online, read 1");
	ends("a missing record", HEADER RECORD(2) TOTALS(2, 0, 2, "equal"), 1,
	     -EPROTO, ":3: wrote 2 records of mhp_vmemmap_online, read 1");
	ends("inconsistent totals",
	     HEADER RECORD(1) RECORD(2) TOTALS(99, 0, 2, "equal"), 2, -EPROTO,
	     ":4: the totals are inconsistent: 99 events, of which 0 lost and 2 written");
	ends("a record number above the totals",
	     HEADER RECORD(1) RECORD(3) TOTALS(2, 0, 2, "equal"), 2, -EPROTO,
	     ":4: event number 3 is above the total of 2 events");
	ends("an unknown event", HEADER RECORD(1) UNKNOWN(2) TOMORROW, 2,
	     -ENODATA, "");
	ends("records without a number",
	     HEADER RECORD(0) RECORD(1) TOTALS(1, 0, 1, "none"), 2, -ENODATA,
	     "");
}

static void test_last_newline(void)
{
	static const char text[] = HEADER RECORD(1) TOTALS(1, 0, 1, "equal");
	char cut[sizeof(text)];

	memcpy(cut, text, sizeof(text));
	cut[sizeof(text) - 2] = '\0';
	ends("a recording without the last newline", cut, 1, -ENODATA, "");
}

static void rejected(const char *name, const char *text, int err,
		     const char *want)
{
	struct source *source;
	char why[256] = "";

	eq(name, open_text(&source, text, why), err);
	ok(!source, "  no source");
	eq_text("  reason", why + strlen(path), want);
}

static void test_rejected(void)
{
	struct source *source;
	char why[256];

	rejected("an empty file", "", -EPROTO,
		 ":1: empty file, not a recording");
	rejected("a text file", "hello\nworld\n", -EPROTO,
		 ":1: not an mhptop recording");
	rejected("a truncated header", "{\"schema\":2,\"ty", -EPROTO,
		 ":1: truncated");
	rejected(
		"a newer schema", "{\"schema\":9,\"type\":\"mhptop\"}\n",
		-ENOTSUP,
		":1: schema 9 is newer than 3, the newest this mhptop reads: use the mhptop that recorded it");
	eq("a missing file",
	   source_open_file(&source, "/nowhere/x", why, sizeof(why)), -ENOENT);
	eq_text("  reason", why,
		"cannot open /nowhere/x: No such file or directory");
	eq("a folder", source_open_file(&source, "/", why, sizeof(why)),
	   -EISDIR);
	eq_text("  reason", why, "/:1: Is a directory");
}

static void test_check(void)
{
	struct mhp_ledger *ledger = ledger_new(32768, 0);
	struct source_totals totals;
	struct source *source;
	struct taken taken;
	char why[256];

	open_text(&source, HEADER RECORD(1) TOTALS(3, 2, 1, "equal"), why);
	eq("totals before they are read", source_totals(source, &totals),
	   -ENODATA);
	eq("self-check before the totals are read",
	   source_self_check(source, ledger, why, sizeof(why)), -EOPNOTSUPP);
	eq_text("  reason", why, "the recording has no totals");
	read_all(source, &taken);
	eq("totals after they are read", source_totals(source, &totals), 0);
	ok(totals.count[0].seen == 3 && totals.count[0].lost == 2 &&
		   totals.count[0].submitted == 1,
	   "the counts of the totals");
	eq("self-check: equal",
	   source_self_check(source, ledger, why, sizeof(why)), 0);
	source_close(source);

	open_text(
		&source,
		HEADER RECORD(
			1) "{\"totals\":{\"seen\":1,\"lost\":0,\"folded\":1,\"self_check\":\"equal\","
			   "\"events\":{\"mhp_notify\":{\"seen\":1,\"lost\":0}}}}\n",
		why);
	eq("other events than in the totals", read_all(source, &taken),
	   -EPROTO);
	eq("self-check: other events than in the totals",
	   source_self_check(source, ledger, why, sizeof(why)), 1);
	eq_text("  reason", why, "wrote 1 records of mhp_notify, read 0");
	source_close(source);
	ledger_free(ledger);
}

/* The result of the recorder's self-check is passed on, with its reason. */
static void test_why(void)
{
	static const struct {
		const char *check; /* and the fields after it in the totals */
		int result;
		const char *want;
	} cases[] = {
		{ "none\",\"self_check_why\":\"2 were lost", -EOPNOTSUPP,
		  "when it was recorded, 2 were lost" },
		{ "none", -EOPNOTSUPP,
		  "when it was recorded, 2 events were lost, so the ledgers were not compared" },
		{ "differs", 1,
		  "when it was recorded, the recorder's and the kernel's ledgers differed" },
		{ "differs\",\"self_check_why\":\"a block", 1,
		  "when it was recorded, the recorder's and the kernel's ledgers differed: a block" },
	};
	char text[1024], why[256];
	struct source *source;
	struct taken taken;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text),
			 HEADER RECORD(1) TOTALS(3, 2, 1, "%s"),
			 cases[i].check);
		open_text(&source, text, why);
		read_all(source, &taken);
		eq("the recorder's self-check",
		   source_self_check(source, NULL, why, sizeof(why)),
		   cases[i].result);
		eq_text("  reason", why, cases[i].want);
		source_close(source);
	}
}

static void test_sink_refuses(void)
{
	struct taken taken = { .refuse = 2 };
	struct source *source;
	char why[256];
	int ret;

	open_text(&source, HEADER RECORD(1) RECORD(2) RECORD(3), why);
	ret = source_read(source, sink, &taken);
	eq("an error of the sink is returned", ret, -ECANCELED);
	eq("records before the error", taken.records, 1);
	taken.refuse = 0;
	eq("reading can continue", source_read(source, sink, &taken), 1);
	eq("reading continues after the refused record", taken.last_seq, 3);
	source_close(source);
}

/* More lines than fit into the buffer, so that lines cross its end. */
static void test_many(void)
{
	char line[RECORD_JSON_MAX];
	struct mhp_record record = {
		.event = MHP_EVENT_mhp_vmemmap_online,
		.size = sizeof(struct mhp_mhp_vmemmap_zone),
	};
	FILE *file = fopen(path, "we");
	struct source *source;
	struct taken taken;
	char why[256];

	fputs(HEADER, file);
	for (record.seq = 1; record.seq <= 5000; record.seq++)
		fwrite(line, 1, record_to_json(&record, line), file);
	fclose(file);
	eq("open a long recording", source_open_file(&source, path, why, 256),
	   0);
	eq("a long recording is read to its end", read_all(source, &taken),
	   -ENODATA);
	eq("all records of a long recording", taken.records, 5000);
	eq("the last record of a long recording", taken.last_seq, 5000);
	source_close(source);
}

static void test_long_line(void)
{
	char *text = malloc(200000);
	struct source *source;
	struct taken taken;
	char why[256];

	strcpy(text, HEADER);
	memset(text + strlen(text), 'x', 150000);
	write_file(text, 150000);
	eq("open a recording with an endless line",
	   source_open_file(&source, path, why, 256), 0);
	eq("an endless line is an error", read_all(source, &taken), -EPROTO);
	eq_text("  reason", source_why(source) + strlen(path),
		":2: line too long");
	source_close(source);
	memset(text, 'x', 150000);
	write_file(text, 150000);
	eq("an endless header is an error",
	   source_open_file(&source, path, why, 256), -EPROTO);
	eq_text("  reason", why + strlen(path), ":1: line too long");
	free(text);
}

/* Make standard input a pipe. The descriptor of its write end. */
static int pipe_to_stdin(void)
{
	int fds[2];

	if (pipe(fds) || dup2(fds[0], STDIN_FILENO) < 0)
		abort();
	close(fds[0]);
	return fds[1];
}

static void send(int fd, const char *text, size_t len)
{
	if (write(fd, text, len) != (ssize_t)len)
		abort();
}

/* A pipe that stays open: complete records are handed over at once. */
static void test_pipe(void)
{
	static const char first[] = HEADER RECORD(1) "{\"seq\":2";
	static const char rest[] = RECORD(2) RECORD(3);
	struct taken taken = { 0 };
	int writer = pipe_to_stdin();
	struct source *source;
	size_t i;
	char why[256];

	send(writer, first, sizeof(first) - 1);
	eq("open a recording from a pipe",
	   source_open_file(&source, "-", why, 256), 0);
	ok(source_fd(source) > 2, "the source has its own descriptor");
	eq("the record that arrived with the header",
	   source_read(source, sink, &taken), 1);
	eq("half a record is not handed over",
	   source_read(source, sink, &taken), 0);
	for (i = strlen("{\"seq\":2"); i < sizeof(rest) - 1; i++) {
		send(writer, rest + i, 1);
		source_read(source, sink, &taken);
	}
	eq("records that arrive byte by byte", taken.records, 3);
	eq("an idle pipe", source_read(source, sink, &taken), 0);
	close(writer);
	eq("a closed pipe", source_read(source, sink, &taken), -ENODATA);
	eq_text("  reason", source_why(source),
		"standard input:4: recording ends without totals: its recorder was killed or is still running");
	source_close(source);
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	send(fd, text, strlen(text));
	close(fd);
}

/* A recording that is still being written ends with its totals. */
static void test_growing(void)
{
	static const char half[] = "{\"seq\":2", rest[] = RECORD(2) RECORD(3);
	struct pollfd more = { .events = POLLIN };
	struct taken taken = { 0 };
	struct source *source;
	char why[256];

	write_file(HEADER RECORD(1), strlen(HEADER RECORD(1)));
	append(half);
	eq("open a growing recording",
	   source_open_growing(&source, path, why, 256), 0);
	eq("  the records so far", source_read(source, sink, &taken), 1);
	eq("  half a record is not handed over, and is no error",
	   source_read(source, sink, &taken), 0);
	append(rest + strlen(half));
	more.fd = source_fd(source);
	eq("  its descriptor becomes readable", poll(&more, 1, 60000), 1);
	eq("  the next records", source_read(source, sink, &taken), 2);
	append(TOTALS(3, 0, 3, "equal"));
	eq("  the totals end it", read_all(source, &taken), -ENODATA);
	eq_text("  reason", source_why(source), "");
	source_close(source);

	write_file(HEADER RECORD(1), strlen(HEADER RECORD(1)));
	source_open_growing(&source, path, why, 256);
	eq("a growing recording that waits", read_all(source, &taken), 0);
	write_file(HEADER, strlen(HEADER));
	eq("  and is replaced by a shorter one", read_all(source, &taken),
	   -EPROTO);
	eq_text("  reason", source_why(source) + strlen(path),
		":2: the file became shorter while it was followed");
	source_close(source);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	test_ends();
	test_last_newline();
	test_rejected();
	test_check();
	test_why();
	test_sink_refuses();
	test_many();
	test_long_line();
	test_pipe();
	test_growing();
	unlink(path);
	return ktap_done();
}
