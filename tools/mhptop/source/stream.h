/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A source together with the model that takes its records: what batch.c and
 * dashboard.c have in common. It knows no view and prints nothing.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include "model/model.h"
#include "rules/rules.h"
#include "base/status.h"
#include "source/source.h"

struct stream {
	struct source *source;
	struct model model;
	struct rules *rules;
	int rules_err; /* -ENOMEM: not every record was judged */
	bool over; /* there is nothing more to come */
	int err; /* what ended it, 0 if that was its end */
	char why[256]; /* what the user must be told, "" if nothing */
	bool checked;
};

/*
 * Open the events of this kernel; without them sysfs, and then why says what
 * is missing and what to do about it. 0 or -errno, with why.
 */
int stream_open_live(struct stream *stream);
/*
 * The same, and nothing but the mhp events will do. opts are for the rules,
 * NULL: no budgets.
 */
int stream_open_events(struct stream *stream, const struct rules_opts *opts);
/* Open a recording, NULL or "-" for standard input. 0 or -errno, with why. */
int stream_open_file(struct stream *stream, const char *path,
		     const struct rules_opts *opts);
/* The same, or a file that another tool wrote. */
int stream_open_any(struct stream *stream, const char *path,
		    const struct rules_opts *opts);
/*
 * For a source that was opened another way: begin with an empty model and
 * rules. opts NULL: no budgets. 0 or -errno.
 */
int stream_start(struct stream *stream, const struct source_info *info,
		 const struct rules_opts *opts);
void stream_close(struct stream *stream);

/* A source_sink: the rules and the model take the record. */
int stream_take(void *stream, const struct mhp_record *record);

/*
 * Let a sink, which must end up in stream_take(), have what is there now.
 * > 0: there may be more, 0: not now, -ENODATA: it is over; see over and err.
 * A sink that returns -ECANCELED ends the reading, not the stream.
 */
int stream_read(struct stream *stream, source_sink sink, void *ctx);
/*
 * Before anything is shown: let the model know the source's counts, which a
 * live one has to ask for, and once that has lost a record, its accounts too.
 */
void stream_update(struct stream *stream);
/*
 * Stop the events, take the last ones, compare the ledgers, judge what can only
 * be judged in the end. Only once.
 */
void stream_finish(struct stream *stream, source_sink sink, void *ctx);

/* The exit code for an error that ended the reading of a recording, */
int stream_status(int err);
/* and for one that kept a live source from being opened. */
int stream_live_status(int err);
/*
 * The exit code of a run in which nothing went wrong, except that events may
 * have been lost: a message on standard error then says how many, and when.
 */
int stream_lost_status(u64 lost, u64 seen, const char *when);
/* The same for what a view showed of a model. */
int stream_shown_status(const struct model *model);

#endif
