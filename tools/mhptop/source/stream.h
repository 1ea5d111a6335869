/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A source, and the rules and the model that its records are passed to. Common
 * to all commands that read events.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include "model/model.h"
#include "rules/rules.h"
#include "base/moment.h"
#include "base/status.h"
#include "source/source.h"
#include "source/sysfs/facts.h"

/* A recording that has ended */
struct stream_part {
	struct source_info info;
	u64 begin_ns; /* 0: it has no events, and no header with a time */
	u64 end_ns;
};

/* What a user asked for of a recording, as long as the moments are not times of its clock */
struct stream_window {
	struct moment since, until;
	bool has_since, has_until;
};

struct stream {
	struct source *source;
	struct model model;
	struct rules *rules;
	struct facts_source
		*facts; /* of a live source, NULL: only events are known */
	int rules_err; /* -ENOMEM: not all records were checked */
	u64 part; /* the recording, if there are several, counted from 0 */
	bool part_begins; /* it has had no records yet */
	u64 begin_ns; /* its time, as in struct stream_part */
	u64 boot; /* how often the clock started anew with a recording */
	bool overlaps; /* two recordings of the same boot cover the same time */
	struct stream_part *parts; /* the recordings that have ended */
	size_t nr_parts;
	size_t room_parts;
	char part_note
		[128]; /* what is special about the first such recording, "" if nothing */
	struct stream_window window; /* waits for the first record */
	u64 until_ns; /* end with the last record up to this time, 0: at the end */
	bool stopped; /* there was a later record */
	bool over; /* there are no more records */
	int err; /* error that ended the stream, 0: none */
	char why[256]; /* message for the user, "" if none */
	/* For stream_finish(), which a recording's totals override: */
	u64 end_ns; /* no more events came until then, in their time; 0: unknown */
	bool ended; /* the user chose to end it here */
	bool checked;
};

/*
 * Open the live source that only names or, if that is NULL, the best one: events,
 * probes or sysfs; why then says what is missing for a better one, and what to do
 * about it. 0, or -errno with why.
 */
int stream_open_live(struct stream *stream, const enum source_kind *only);
/*
 * The same without the fallback to sysfs. opts are for the rules, NULL: no
 * budgets.
 */
int stream_open_events(struct stream *stream, const enum source_kind *only,
		       const struct rules_opts *opts);
/* Open a recording that is still being written. */
int stream_open_growing(struct stream *stream, const char *path,
			const struct rules_opts *opts);
/*
 * Show only a part of the recording, from and up to moments as a user types them, NULL:
 * its begin, its end. The accounts include what came before, the log does not. Call it
 * before the first read. 0, or -EINVAL or -ENOENT with why.
 */
int stream_show_part(struct stream *stream, const char *since,
		     const char *until, enum time_style style);
/* Of the stream: the recording begins, and has a record. */
void stream_place_window(struct stream *stream, u64 begin_ns, u64 first_ns);
/*
 * Open a recording, or a file of another tool; NULL or "-" is a recording on
 * standard input. 0, or -errno with why.
 */
int stream_open_any(struct stream *stream, const char *path,
		    const struct rules_opts *opts);
/*
 * The same for several, one after the other. The paths must outlive the stream.
 * If the first one is a pipe that has nothing when loop_now() reaches until_ns
 * (0: no limit), the stream is over, without totals, and why says so.
 */
int stream_open_all(struct stream *stream, const char *const *paths, size_t nr,
		    u64 until_ns, const struct rules_opts *opts);
/*
 * For a source that the caller opened: create an empty model and the rules. opts
 * NULL: no budgets. 0 or -errno.
 */
int stream_start(struct stream *stream, const struct source_info *info,
		 const struct rules_opts *opts);
void stream_close(struct stream *stream);

/* A source_sink that passes the record to the rules and the model. */
int stream_take(void *stream, const struct mhp_record *record);

/*
 * Pass the available records to a sink, which must call stream_take(). > 0:
 * there may be more; 0: none available; -ENODATA: the stream is over, see over
 * and err. A sink that returns -ECANCELED ends this call, not the stream.
 */
int stream_read(struct stream *stream, source_sink sink, void *ctx);
/*
 * Set the time of the model before it is shown. For a live source, pass the
 * current time of CLOCK_MONOTONIC; its wall-clock time is updated as well. A
 * recording has no current time: pass the time for which a frame is due.
 */
void stream_tick(struct stream *stream, u64 now_ns);
/*
 * Call it before the model is shown: it updates the model's counts of events
 * and, if a live source has lost a record, its accounts, and finds what needs
 * attention.
 */
void stream_update(struct stream *stream);
/*
 * Stop the events, read the last ones, compare the ledgers, and check the rules
 * that need the whole stream. Further calls do nothing.
 */
void stream_finish(struct stream *stream, source_sink sink, void *ctx);

/* The exit code for an error while reading a recording. */
int stream_status(int err);
/* The exit code for an error while opening a live source. */
int stream_live_status(int err);
/*
 * The exit code of a run without errors. If events were lost, print a message
 * that says how many, and when.
 */
int stream_lost_status(u64 lost, u64 seen, const char *when);
/* The same for a model that a view showed. */
int stream_shown_status(const struct model *model);

#endif
