/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A source of records: the common interface of a live kernel, a recording, a
 * pipe and plain sysfs.
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
	 * Hand over the available records without blocking. > 0: the number of
	 * records; 0: none available; -ENODATA: end of the stream; or -errno.
	 * If a live source had records, call it again about 100 ms later: fd()
	 * only becomes readable after a call that had none, or when there are
	 * very many records. With probes it also does once a second, without
	 * a record.
	 */
	int (*read)(struct source *source, source_sink sink, void *ctx);
	/*
	 * A descriptor to poll() until the next read(), or -1 if read() must be
	 * called periodically.
	 */
	int (*fd)(struct source *source);
	/* 0, or -ENODATA at the end of the stream: records are missing there. */
	int (*totals)(struct source *source, struct source_totals *totals);
	/*
	 * The number of records so far, whether handed over or not. Cheap. NULL
	 * if the source cannot know.
	 */
	u64 (*numbered)(struct source *source);
	/*
	 * The number of records that may wait before they must be read. NULL if
	 * there is no limit.
	 */
	u64 (*backlog)(struct source *source);
	/*
	 * Compare a ledger folded from all records of this source with the
	 * kernel's. 0: equal; 1: why has the first difference, in one line;
	 * -EOPNOTSUPP: there is nothing to compare with, or events were lost.
	 * Stops the events of a live source for good. -EAGAIN: the last events
	 * have not been read yet; read them and call it again.
	 */
	int (*self_check)(struct source *source, struct mhp_ledger *ledger,
			  char *why, size_t len);
	/*
	 * Load the kernel's current accounts into a ledger; they include
	 * records that have not been read yet. 0: they are exact; 1: they are
	 * not, and why says in one line what is missing; -EOPNOTSUPP: the
	 * kernel keeps none; or -errno with why, and the ledger may be a mix of
	 * old and new accounts.
	 */
	int (*ledger)(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len);
	/*
	 * Describe where an event comes from on this kernel, and what of it is
	 * unknown, in one line. NULL if the source has no events.
	 */
	void (*describe)(struct source *source, unsigned int event, char *text,
			 size_t len);
	void (*close)(struct source *source);
	/* read() sets the source's ending, as it may have several recordings. */
	bool has_endings;
};

/* How a recording has ended */
struct source_ending {
	bool whole; /* it has its end, and no events are missing there */
	bool running; /* it has no end, and its recorder still runs */
	bool unordered; /* its events may be in the wrong order */
	bool balloon; /* a driver may have changed managed pages without an event */
	u64 end_ns; /* no events came until then, 0: unknown */
	u64 numbered; /* records of the next one have higher numbers; 0: than those so far */
};

/* What is missing where a reader stops before the end of the stream, the worst last. */
enum source_rest {
	SOURCE_REST_NONE, /* nothing, as far as one can know */
	SOURCE_REST_UNREAD, /* other recordings, which were not opened yet */
	SOURCE_REST_SILENT, /* a recording, of which not even the header came */
	SOURCE_REST_LINE, /* the rest of a line, or of a binary record */
};

/* The first member of every source's private structure. */
struct source {
	const struct source_ops *ops;
	struct source_info info;
	u64 wall_lead; /* of CLOCK_REALTIME over CLOCK_MONOTONIC, as last emitted; 0: as in info */
	char why[256]; /* what source_why() returns */
	/*
	 * Recordings that have begun, after the first one. What comes next is
	 * of another recording, and begins with a snapshot of its own; a call
	 * of read() never hands over records of two.
	 */
	u64 part;
	u64 keep_caps; /* capabilities, as bits, that the reader needs for something else; set before the first read */
	bool short_records; /* set by a reader whose sink reads no more of a record than its size says */
	bool names_refusals; /* set by a reader that wants to know who refused the first time, too */
	bool keeps_privileges; /* set by a command that asks the kernel more than its events */
	struct source_ending ending; /* of the last recording that has ended */
	enum source_rest rest; /* after each read() */
};

/*
 * Open the mhp tracepoints, SOURCE_EVENTS, or the probes, SOURCE_PROBES, through
 * BPF. The first records are a snapshot of the existing zones and memory blocks.
 * -EPERM: a privilege is missing, -ENOENT: the kernel has no mhp events, or no
 * function that can be probed, -EOPNOTSUPP: it lacks something else; why then
 * says in one line what is missing and what to do about it.
 */
int source_open_bpf(struct source **source, enum source_kind kind, char *why,
		    size_t len);
/*
 * Open the source of events that only names or, if that is NULL, the best one
 * that this kernel and this user have; if it is not the best one because something
 * is missing, print that in one line. 0, or -errno as above with why.
 */
int source_open_kernel(struct source **source, const enum source_kind *only,
		       char *why, size_t len);
/* Poll /sys/devices/system/memory, or the same tree under root. */
int source_open_sysfs(struct source **source, const char *root, char *why,
		      size_t len);
/*
 * Read NDJSON from a file, "-" or NULL for standard input. A pipe may have
 * nothing yet: then info.block_bytes is 0 until source_begin(), or read(), has
 * come to the header. -EPROTO: damaged, or
 * not a recording, -ENOTSUP: a newer schema; why then has file, line and reason.
 * If the file is damaged further on, read() returns the same errors after all
 * records before the damage; source_why() has the line.
 */
int source_open_file(struct source **source, const char *path, char *why,
		     size_t len);

/*
 * The same for a recording that its recorder is still writing: it ends with its
 * totals, not where the file ends. Waits for the header.
 */
int source_open_growing(struct source **source, const char *path, char *why,
			size_t len);

/*
 * The same for a recording of trace-cmd. If it is damaged, the error is -EPROTO,
 * without a line.
 */
int source_open_trace_dat(struct source **source, const char *path, char *why,
			  size_t len);

/*
 * The same for text of perf script, trace-cmd report or tracefs, and for a
 * perf.data. Not for pipes, as the file is read twice.
 */
int source_open_text(struct source **source, const char *path, char *why,
		     size_t len);
/* One of the three, by the first bytes. Anything but a regular file must be a recording of mhptop. */
int source_open_any(struct source **source, const char *path, char *why,
		    size_t len);
/*
 * Several recordings, one after the other, of memory blocks of one size; those of
 * the same boot in the order of their times. The paths must outlive the source.
 */
int source_open_all(struct source **source, const char *const *paths, size_t nr,
		    char *why, size_t len);

/*
 * Wait for the header of a recording. 0: info is known; -ETIMEDOUT: loop_now()
 * has reached until_ns (0: no limit); or an error, with source_why().
 */
int source_begin(struct source *source, u64 until_ns);
int source_read(struct source *source, source_sink sink, void *ctx);
int source_fd(struct source *source);
int source_totals(struct source *source, struct source_totals *totals);
/* Add the counts of one recording to those of several. */
void source_totals_add(struct source_totals *sums,
		       const struct source_totals *totals);
/* Take records out of the counts of a recording, skipped by event, and all at 0. */
void source_totals_skip(struct source_totals *totals, const u64 *skipped);
u64 source_numbered(struct source *source); /* 0 if unknown */
int source_self_check(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len);
int source_ledger(struct source *source, struct mhp_ledger *ledger, char *why,
		  size_t len);
/*
 * The reason of the last error of read(), in one line, "" if there was none.
 * After opening a live source: what it cannot know, "" if nothing. After
 * -ENODATA: what is wrong with the stream, e.g. that a recording has no totals;
 * "" if nothing.
 */
const char *source_why(struct source *source);
/* Describe an event as describe() does, "" if the source has no events. */
void source_describe(struct source *source, unsigned int event, char *text,
		     size_t len);
/*
 * For a live source: pass an mhp_clock event to a sink if the machine was
 * suspended or its clock was set since the last time. source_read() does so
 * first, so that the event comes before those that happened afterwards. 0, or
 * what the sink returned.
 */
int source_clock(struct source *source, source_sink sink, void *ctx);
void source_close(struct source *source); /* NULL is fine */

#define BURST_LOOK_NS (LOOP_NS / 10)

struct burst {
	u64 fetched; /* records at the end of the last read */
	u64 last; /* records at the last look */
	u64 most; /* records that may wait */
	u64 latest; /* latest time of the next read */
};

/* Records were just read: start to watch for the end of a burst of events. */
void burst_begin(struct burst *burst, struct source *source);
/*
 * Call it every BURST_LOOK_NS. Whether the burst goes on; false: read now. Wait
 * for the source's descriptor in between, and read as soon as it is readable:
 * records may come faster than one looks.
 */
bool burst_goes_on(struct burst *burst, struct source *source);

#endif
