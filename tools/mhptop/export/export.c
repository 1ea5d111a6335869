// SPDX-License-Identifier: GPL-2.0
/* Reads a stream to its end, and writes it in another format. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
#include "export/export.h"
#include "export/perfetto.h"

struct exporter {
	struct stream *stream;
	struct out out;
	struct perfetto trace;
};

/* Sink */
static int exporter_take(void *ctx, const struct mhp_record *record)
{
	struct exporter *exporter = ctx;
	int ret = stream_take(exporter->stream, record);

	perfetto_take(&exporter->trace, record);
	return ret;
}

/* -ENODATA at the end of the stream, -EINTR after a signal, or another error. */
static int export_all(struct exporter *exporter)
{
	struct stream *stream = exporter->stream;
	int ret, err = 0;

	while (!err) {
		ret = stream_read(stream, exporter_take, exporter);
		if (ret < 0)
			return ret;
		err = exporter->out.err ?:
					  out_wait(&exporter->out,
						   source_fd(stream->source), ret ? 1 : 0);
	}
	return err;
}

static int export_report(const struct exporter *exporter, int err)
{
	const struct stream *stream = exporter->stream;

	if (exporter->out.err == -EPIPE || err == -EPIPE)
		return STATUS_OK;
	if (exporter->out.err)
		return status_fail(STATUS_FAILED, "cannot write the trace: %s",
				   strerror(-exporter->out.err));
	if (stream->over && *stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	if (stream->err)
		return stream_status(stream->err);
	if (err != -ENODATA && err != -EINTR)
		return status_fail(STATUS_FAILED, "cannot write the trace: %s",
				   strerror(-err));
	return stream_shown_status(&stream->model);
}

static int export_to(struct exporter *exporter, FILE *out)
{
	int err, end_err;

	perfetto_begin(&exporter->trace, exporter->stream, out);
	err = export_all(exporter);
	if (err == -ENODATA || err == -EINTR)
		stream_finish(exporter->stream, exporter_take, exporter);
	/* What was written so far becomes a whole trace. */
	end_err = perfetto_end(&exporter->trace);
	return export_report(exporter, err == -ENODATA || err == -EINTR ?
					       end_err ?: err :
					       err);
}

int export_perfetto(struct stream *stream)
{
	struct exporter exporter = { .stream = stream };
	int signals = loop_signals(), status;
	FILE *out;

	if (signals < 0)
		return status_fail(STATUS_FAILED, "cannot receive signals: %s",
				   strerror(-signals));
	out_init(&exporter.out, STDOUT_FILENO, signals);
	out = out_stream(&exporter.out);
	if (out) {
		status = export_to(&exporter, out);
		fclose(out);
	} else {
		status = status_fail(STATUS_FAILED,
				     "cannot write the trace: out of memory");
	}
	close(signals);
	return status;
}
