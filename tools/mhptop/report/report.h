/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `mhptop report`: the operations of a recording, their phases and times, and what
 * was in their way.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>
#include "base/units.h"
#include "check/call_site.h"
#include "model/summary.h"
#include "source/stream.h"

enum report_format { REPORT_TEXT, REPORT_CSV, REPORT_JSON, REPORT_HTML };

struct report_opts {
	enum report_format format;
	const char *output; /* a file; NULL or "-": standard output */
	enum time_style time; /* of text and HTML */
	const char *vmlinux; /* file for call sites, NULL: look for one */
};

struct report {
	struct stream *stream;
	const struct report_opts *opts;
	const struct history *history; /* of the model; NULL: not read yet */
	struct summary summary;
	struct call_sites *sites; /* NULL: not needed */
};

/*
 * Read a stream to its end and report on it. Returns the exit code, after errors
 * were reported on stderr.
 */
int report_run(struct stream *stream, const struct report_opts *opts);

/* Read the stream to its end, and sum it up. Whatever is missing then shows in the stream and in history->no_memory. */
void report_read(struct report *report);
/* Free what report_read() made. */
void report_free(struct report *report);

/* Each writes the report in one format: 0 or -errno. */
int report_text(const struct report *report, FILE *out);
int report_csv(const struct report *report, FILE *out);
int report_json(const struct report *report, FILE *out);
int report_html(const struct report *report, FILE *out);

#endif
