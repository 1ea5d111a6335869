// SPDX-License-Identifier: GPL-2.0
/* Reads events and answers requests, in one loop. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/service.h"
#include "export/openmetrics.h"
#include "serve/feed.h"
#include "serve/http.h"
#include "serve/listen.h"
#include "serve/serve.h"
#include "serve/textfile.h"
#include "view/view.h"
#include "source/live.h"

#define SYSFS_NS \
	LOOP_NS /* between two looks at a source without a descriptor */

struct server {
	struct stream *stream;
	const struct serve_opts *opts;
	struct tally tally;
	char instance[FEED_INSTANCE_MAX];
	struct http *http; /* NULL: it does not listen */
	struct service service;
	int signals;
	struct textfile textfile;
	u64 read_due; /* when the stream is read next, 0: when it is readable */
	bool ended; /* the stream has no more records */
};

/* Sink */
static int server_take(void *ctx, const struct mhp_record *record)
{
	struct server *server = ctx;
	int ret = stream_take(server->stream, record);

	tally_take(&server->tally, server->stream, record);
	return ret;
}

/* Before the model is shown. */
static void bring_up_to_date(struct server *server)
{
	if (source_live_has_clock(&server->stream->model.info))
		stream_tick(server->stream, loop_now());
	stream_update(server->stream);
}

static int server_events(void *ctx, const char *last, FILE *out)
{
	struct server *server = ctx;

	feed_put(&server->tally, &server->stream->model, server->instance, last,
		 out);
	return ferror(out) ? -EIO : 0;
}

static int server_page(void *ctx, enum http_page page, FILE *out)
{
	struct server *server = ctx;
	const struct model *model = &server->stream->model;

	bring_up_to_date(server);
	switch (page) {
	case HTTP_METRICS:
		return metrics_put(model, &server->tally, METRICS_TEXT, out);
	case HTTP_OPENMETRICS:
		return metrics_put(model, &server->tally, METRICS_OPENMETRICS,
				   out);
	case HTTP_EVENTS:
		return server_events(server, NULL, out);
	default:
		return view_state(model, tally_open(&server->tally, model),
				  server->instance,
				  server->tally.source_is_pipe &&
					  server->tally.source_has_ended,
				  out);
	}
}

static const struct http_ops server_ops = { .page = server_page,
					    .events = server_events };

/* What is served stays as it is from now on, which nobody would see. */
static void end_stream(struct server *server)
{
	struct stream *stream = server->stream;

	server->ended = true;
	server->read_due = 0;
	stream_finish(stream, server_take, server);
	server->tally.source_has_ended = true;
	textfile_end(&server->textfile);
	if (stream->err || !server->http)
		return;
	if (*stream->why)
		status_fail(STATUS_OK, "%s", stream->why);
	status_fail(STATUS_OK,
		    "the %s has ended: what is served does not change any more",
		    server->tally.source_is_pipe ? "pipe" : "recording");
}

/* 0, or -errno that ends the loop. */
static int read_stream(struct server *server)
{
	struct stream *stream = server->stream;
	int ret;

	if (server->ended ||
	    (server->read_due && loop_now() < server->read_due))
		return 0;
	ret = stream_read(stream, server_take, server);
	if (ret == -ENODATA) {
		end_stream(server);
		return stream->err;
	}
	if (ret < 0)
		return ret;
	if (!ret)
		server->read_due = source_fd(stream->source) < 0 ?
					   loop_now() + SYSFS_NS :
					   0;
	else
		server->read_due = stream->model.info.live ?
					   loop_now() + BURST_LOOK_NS :
					   1;
	return 0;
}

static int write_textfile(struct server *server)
{
	if (!textfile_is_due(&server->textfile))
		return 0;
	bring_up_to_date(server);
	return textfile_write(&server->textfile, &server->stream->model,
			      &server->tally);
}

/* The new files are used or, if something is wrong with them, the old ones. */
static void renew_credentials(struct server *server)
{
	char why[CREDENTIALS_WHY_MAX];
	struct credentials *credentials;

	if (credentials_read(&credentials, &server->opts->files, why,
			     sizeof(why)) ||
	    http_renew(server->http, credentials, why, sizeof(why)))
		status_fail(STATUS_OK, "%s; the old ones stay in use", why);
	else
		status_fail(STATUS_OK, "read the files of credentials again");
}

/* 0, -EINTR after a signal, or another error. */
static int server_wait(struct server *server)
{
	struct pollfd fds[2 + HTTP_FDS] = {
		{ .fd = server->signals, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
		{ .fd = -1 },
		{ .fd = -1 },
	};
	u64 until = 0;
	int ret, signal;

	/* What comes in a burst is read later. */
	if (!server->ended && !server->read_due)
		fds[1].fd = source_fd(server->stream->source);
	if (!server->ended)
		loop_sooner(&until, server->read_due);
	loop_sooner(&until, server->textfile.due_ns);
	loop_sooner(&until, server->service.due_ns);
	if (server->http) {
		http_poll(server->http, fds + 2);
		loop_sooner(&until, http_due(server->http));
	}
	ret = loop_wait(fds, sizeof(fds) / sizeof(*fds), until);
	if (ret < 0)
		return ret;
	while ((signal = loop_signal(server->signals))) {
		if (signal == SIGHUP &&
		    credential_files_are_given(&server->opts->files))
			renew_credentials(server);
		else if (signal != SIGWINCH)
			return -EINTR;
	}
	return 0;
}

static int server_loop(struct server *server)
{
	int err = 0;

	while (!err) {
		err = read_stream(server);
		if (!err)
			err = write_textfile(server);
		if (server->ended && !server->http)
			return server->textfile.is_failing ? -ECANCELED : err;
		if (!err && server->http)
			err = http_run(server->http);
		service_alive(&server->service);
		if (!err)
			err = server_wait(server);
	}
	return err;
}

static int server_report(struct server *server, int err)
{
	const struct stream *stream = server->stream;

	/* The file of a machine that nobody watches any more would be taken for its present state. */
	if (server->opts->textfile && stream->model.info.live)
		unlink(server->opts->textfile);
	if (err == -ECANCELED)
		return STATUS_FAILED;
	/* If it listens, it has said so when the stream ended. */
	if (stream->over && *stream->why && (stream->err || !server->http))
		status_fail(STATUS_OK, "%s", stream->why);
	if (stream->err)
		return stream_status(stream->err);
	if (err && err != -EINTR)
		return status_fail(STATUS_FAILED, "cannot serve metrics: %s",
				   strerror(-err));
	return STATUS_OK;
}

static int start_listening(struct server *server)
{
	char why[CREDENTIALS_WHY_MAX], address[ADDRESS_TEXT_MAX];
	const struct serve_opts *opts = server->opts;
	struct credentials *credentials;
	int fd, err = credentials_read(&credentials, &opts->files, why,
				       sizeof(why));

	if (err)
		return status_fail(STATUS_FAILED, "%s", why);
	fd = listen_open(&opts->address, &opts->files, why, sizeof(why));
	if (fd < 0) {
		credentials_free(credentials);
		return status_fail(STATUS_FAILED, "%s", why);
	}
	err = http_open(&server->http, fd, credentials, &server_ops, server,
			why, sizeof(why));
	if (err)
		return status_fail(err == -ENOENT ? STATUS_UNSUPPORTED :
						    STATUS_FAILED,
				   "%s", why);
	return status_fail(STATUS_OK, "serving %s://%s/metrics",
			   opts->files.certificate ? "https" : "http",
			   http_address(server->http, address));
}

static int listen_and_loop(struct server *server)
{
	int status = STATUS_OK;

	if (server->opts->listens)
		status = start_listening(server);
	if (status)
		return status;
	service_ready(&server->service);
	status = server_report(server, server_loop(server));
	service_stopping();
	http_close(server->http);
	return status;
}

int serve_run(struct stream *stream, const struct serve_opts *opts)
{
	struct server server = {
		.stream = stream,
		.opts = opts,
		.textfile = { .path = opts->textfile,
			      .due_ns = !!opts->textfile },
		.tally = { .source_is_pipe = opts->from_pipe },
		.signals = loop_signals(),
	};
	int status, err;

	if (server.signals < 0)
		return status_fail(STATUS_FAILED, "cannot receive signals: %s",
				   strerror(-server.signals));
	err = feed_name(server.instance);
	status = err ? status_fail(STATUS_FAILED, "cannot get random bytes: %s",
				   strerror(-err)) :
		       listen_and_loop(&server);
	tally_free(&server.tally);
	close(server.signals);
	return status;
}
