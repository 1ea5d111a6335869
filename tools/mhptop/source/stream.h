/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A source together with the model that takes its records: what batch.c and
 * dashboard.c have in common. It knows no view and prints nothing.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include "model/model.h"
#include "source/source.h"

struct stream {
	struct source *source;
	struct model model;
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
void stream_close(struct stream *stream);

/*
 * Let a sink, which must end up in model_take(), have what is there now.
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

#endif
