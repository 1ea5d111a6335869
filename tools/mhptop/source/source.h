/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A source of records: the one interface behind which a live kernel, a
 * recording, a pipe and plain sysfs look the same.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include "model/source_info.h"
#include "base/loop.h"

struct mhp_ledger;
struct source;

struct source_ops {
	const char *name;
	/*
	 * Hand over what is there without waiting. > 0: records handed over;
	 * 0: nothing now; -ENODATA: the stream is over; else -errno. Of a live
	 * source, call it again some 100 ms after it had records: fd() is for
	 * the first one after a call that had none, and for a great many.
	 */
	int (*read)(struct source *source, source_sink sink, void *ctx);
	/* A descriptor to poll(), or -1 when read() is to be called by time. */
	int (*fd)(struct source *source);
	int (*totals)(struct source *source, struct source_totals *totals);
	/*
	 * How many records there are so far, handed over or not, at next to no
	 * cost; NULL where nothing is known of what is still to come.
	 */
	u64 (*numbered)(struct source *source);
	/*
	 * Compare a ledger folded from all records of this source with the one
	 * that the kernel kept. 0: equal; 1: not, and why says in one line
	 * what differs first; -EOPNOTSUPP: there is nothing to compare with, or
	 * events were lost. Stops the events of a live source first, for good;
	 * -EAGAIN: the last of them are yet to be read, then ask again.
	 */
	int (*self_check)(struct source *source, struct mhp_ledger *ledger,
			  char *why, size_t len);
	/*
	 * Load the accounts as the kernel keeps them now into a ledger. 0: they
	 * are exact; 1: they are not, and why says in one line what they lack;
	 * else -errno with why, and the ledger may be of both. -EOPNOTSUPP: the
	 * kernel keeps none. Records that are still to be read are in there.
	 */
	int (*ledger)(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len);
	void (*close)(struct source *source);
};

/* The first member of each source's own structure. */
struct source {
	const struct source_ops *ops;
	struct source_info info;
	char why[256]; /* what source_why() returns */
};

/*
 * Open the mhp tracepoints through BPF, and hand over what was there already
 * as the first records. -EPERM: a privilege is missing, -ENOENT: the kernel
 * has no mhp events, -EOPNOTSUPP: it lacks something else; then why says in
 * one line what and what to do about it.
 */
int source_open_bpf(struct source **source, char *why, size_t len);
/* Poll /sys/devices/system/memory, or the same tree under root. */
int source_open_sysfs(struct source **source, const char *root, char *why,
		      size_t len);
/*
 * Read NDJSON from a file, "-" or NULL for standard input. -EPROTO: damaged or
 * import, -ENOTSUP: of a newer schema; why then has file, line and reason.
 * Damage further on makes read() return the same errors, after every record
 * before it was handed over; source_why() has the line.
 */
int source_open_file(struct source **source, const char *path, char *why,
		     size_t len);

/*
 * The same for a file that trace-cmd recorded. One that is damaged is told
 * with -EPROTO and without the line.
 */
int source_open_trace_dat(struct source **source, const char *path, char *why,
			  size_t len);

/*
 * The same for a file that perf script, trace-cmd report or tracefs printed.
 * Not for pipes: it is read twice.
 */
int source_open_text(struct source **source, const char *path, char *why,
		     size_t len);

int source_read(struct source *source, source_sink sink, void *ctx);
int source_fd(struct source *source);
int source_totals(struct source *source, struct source_totals *totals);
u64 source_numbered(struct source *source); /* 0 where it is not known */
int source_self_check(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len);
int source_ledger(struct source *source, struct mhp_ledger *ledger, char *why,
		  size_t len);
/*
 * The reason in one line for the last error of read(), "" if there was none.
 * After opening a live source: what it cannot know, "" if it lacks nothing.
 * After -ENODATA: what is wrong with a stream that is over, e.g. that a
 * recording has no totals; "" if nothing is.
 */
const char *source_why(struct source *source);
void source_close(struct source *source); /* NULL is fine */

#define BURST_LOOK_NS (LOOP_NS / 10)

struct burst {
	u64 fetched; /* records that there were when reading ended, */
	u64 last; /* and when last looked at */
	u64 latest; /* time to read, whatever comes */
};

/* Records were just read. Look in BURST_LOOK_NS. */
void burst_begin(struct burst *burst, struct source *source);
/* Whether to leave it alone, and to look again after as long; false: read. */
bool burst_goes_on(struct burst *burst, struct source *source);

#endif
