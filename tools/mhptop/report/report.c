// SPDX-License-Identifier: GPL-2.0
/* Reads a stream to its end, and writes the report. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/report.h"

void report_read(struct report *report)
{
	struct stream *stream = report->stream;
	struct history *history = &stream->model.history;
	struct pollfd fd = { .events = POLLIN };
	int ret;

	report->history = history;
	history->extent = HISTORY_ALL;
	do {
		ret = stream_read(stream, stream_take, stream);
		fd.fd = source_fd(stream->source);
		if (!ret)
			loop_wait(&fd, 1, 0);
	} while (ret >= 0);
	stream_finish(stream, stream_take, stream);
	history_end(history, &stream->model);
	if (summary_make(&report->summary, history, &stream->model))
		history->no_memory = true;
}

void report_free(struct report *report)
{
	summary_free(&report->summary);
}

static int write_to(const struct report *report, FILE *out)
{
	switch (report->opts->format) {
	case REPORT_TEXT:
		return report_text(report, out);
	case REPORT_CSV:
		return report_csv(report, out);
	case REPORT_JSON:
		return report_json(report, out);
	case REPORT_HTML:
		return report_html(report, out);
	}
	return -EINVAL;
}

static int cannot_write(const char *path, int err)
{
	return status_fail(STATUS_FAILED, "cannot write %s: %s", path,
			   strerror(-err));
}

static int report_write(const struct report *report)
{
	const char *path = report->opts->output;
	FILE *file;
	int err;

	if (!path || !strcmp(path, "-")) {
		err = write_to(report, stdout);
		return err ? cannot_write("the report", err) :
			     status_printed(STATUS_OK);
	}
	file = fopen(path, "we");
	if (!file)
		return cannot_write(path, -errno);
	err = write_to(report, file);
	if (fclose(file) && !err)
		err = -errno;
	return err ? cannot_write(path, err) : STATUS_OK;
}

/* A vmlinux that the user names must be usable, or there is no report. */
static int report_open_sites(struct report *report)
{
	if (report->opts->format != REPORT_JSON &&
	    report->opts->format != REPORT_HTML)
		return STATUS_OK;
	return call_sites_open(&report->sites,
			       report->stream->model.info.kernel,
			       report->opts->vmlinux);
}

static int report_status(const struct report *report)
{
	const struct stream *stream = report->stream;

	if (stream->over && *stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	if (stream->err)
		return stream_status(stream->err);
	if (report->history->no_memory)
		return status_fail(STATUS_FAILED,
				   "the report is not complete: out of memory");
	return stream_shown_status(&stream->model);
}

static int report_stream(struct report *report)
{
	int status, written;

	report_read(report);
	written = report_write(report);
	status = report_status(report);
	report_free(report);
	return written ?: status;
}

int report_run(struct stream *stream, const struct report_opts *opts)
{
	struct report report = { .stream = stream, .opts = opts };
	int status;

	status = report_open_sites(&report);
	if (status == STATUS_OK)
		status = report_stream(&report);
	call_sites_free(report.sites);
	return status;
}
