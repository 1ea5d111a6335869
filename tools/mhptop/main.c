// SPDX-License-Identifier: GPL-2.0
/* The commands of mhptop: each opens its stream or source and runs. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "answers/block_page.h"
#include "answers/explain.h"
#include "answers/list.h"
#include "answers/plan.h"
#include "answers/plan_add.h"
#include "view/batch.h"
#include "check/check.h"
#include "cli/cli.h"
#include "view/tui/dashboard.h"
#include "doctor/doctor.h"
#include "doctor/now.h"
#include "export/export.h"
#include "export/ndjson.h"
#include "base/loop.h"
#include "record/record.h"
#include "report/diff.h"
#include "report/report.h"
#include "serve/serve.h"
#include "source/replay.h"
#include "source/stream.h"

static char out_buffer[1 << 16];

/* The source that the user asked for, NULL: the best one. */
static const enum source_kind *cli_source(const struct cli *cli)
{
	return cli->has_source ? &cli->source : NULL;
}

static int show_live(struct stream *stream, const struct view_opts *opts)
{
	int status = opts->format == VIEW_DASHBOARD ?
			     dashboard_run(stream, NULL, opts) :
			     batch_run(stream, opts);

	stream_close(stream);
	return status;
}

static int show_recording(struct replay *replay, struct stream *stream,
			  const struct cli *cli)
{
	struct view_opts opts = cli->view;
	int status;

	if (opts.format == VIEW_DASHBOARD)
		opts.answers = block_page_open(false);
	replay_start(replay, stream);
	status = opts.format == VIEW_DASHBOARD ?
			 dashboard_run(stream, replay, &opts) :
		 opts.at ? batch_run_at(replay, &opts) :
			   batch_run(stream, &opts);
	replay_close(replay);
	stream_close(stream);
	block_page_close(opts.answers);
	return status;
}

static int top_run(const struct cli *cli, const struct view_opts *opts)
{
	struct stream stream;
	int err;

	loop_hold_signals();
	err = stream_open_live(&stream, cli_source(cli));
	if (err)
		return status_fail(stream_live_status(err), "%s", stream.why);
	/* The dashboard shows the notice in its header. */
	if (*stream.model.notice && opts->format != VIEW_DASHBOARD)
		status_fail(STATUS_OK,
			    "polling sysfs instead of reading events: %s",
			    stream.model.notice);
	return show_live(&stream, opts);
}

static int top(const struct cli *cli)
{
	struct view_opts opts = cli->view;
	int status;

	/* Before the stream is open, as a process is started. */
	if (opts.format == VIEW_DASHBOARD)
		opts.answers = block_page_open(true);
	status = top_run(cli, &opts);
	block_page_close(opts.answers);
	return status;
}

static int replay(const struct cli *cli)
{
	const bool plays = cli->view.format == VIEW_DASHBOARD &&
			   cli->view.speed > 0;
	struct replay replay;
	struct stream stream;
	int err;

	replay_init(&replay, cli->files, cli->nr_files, cli->follow);
	if (*replay.refusal && (cli->view.at || plays))
		return status_fail(STATUS_USAGE, "--%s: %s",
				   cli->view.at ? "at" : "speed",
				   replay.refusal);
	err = cli->follow ? stream_open_growing(&stream, cli->file, NULL) :
			    stream_open_all(&stream, cli->files, cli->nr_files,
					    0, NULL);
	if (err)
		return status_fail(stream_status(err), "%s", stream.why);
	if (stream_show_part(&stream, cli->since, cli->until, cli->view.time)) {
		stream_close(&stream);
		return status_fail(STATUS_USAGE, "%s", stream.why);
	}
	return show_recording(&replay, &stream, cli);
}

static int explain(const struct cli *cli)
{
	struct stream stream;
	int err, status;

	err = cli->file ? stream_open_all(&stream, cli->files, cli->nr_files, 0,
					  NULL) :
			  stream_open_live(&stream, cli_source(cli));
	if (err)
		return status_fail(cli->file ? stream_status(err) :
					       stream_live_status(err),
				   "cannot explain: %s", stream.why);
	status = explain_run(&stream, cli->memory, cli->view.time, stdout);
	stream_close(&stream);
	return status;
}

static int check(struct cli *cli)
{
	struct check_opts *opts = &cli->check;
	struct stream stream;
	int status = check_open_pipe(opts);

	if (status != STATUS_OK)
		return status;
	if (cli->file) {
		/* The time runs while a pipe has nothing yet. */
		opts->until_ns = opts->for_ns ? loop_now() + opts->for_ns : 0;
		status = stream_open_all(&stream, cli->files, cli->nr_files,
					 opts->until_ns, &opts->rules);
	} else {
		loop_hold_signals();
		status = stream_open_events(&stream, cli_source(cli),
					    &opts->rules);
	}
	if (status)
		return status_fail(cli->file ? stream_status(status) :
					       stream_live_status(status),
				   "cannot check: %s", stream.why);
	status = check_run(&stream, opts);
	stream_close(&stream);
	return status;
}

static int record(const struct cli *cli)
{
	struct record_output output;
	struct source *source;
	char why[256];
	int status = record_open(&output, cli->output, &cli->record);

	if (status)
		return status;
	if (cli->record.flight_bytes)
		loop_want_signal(SIGUSR1);
	loop_hold_signals();
	status = source_open_kernel(&source, cli_source(cli), why, sizeof(why));
	if (status) {
		record_cancel(&output);
		return status_fail(stream_live_status(status),
				   "cannot record: %s", why);
	}
	status = record_run(source, &output);
	source_close(source);
	return status;
}

static int serve_metrics(const struct cli *cli)
{
	struct stream stream;
	int err, status;

	if (cli->file) {
		err = stream_open_all(&stream, cli->files, cli->nr_files, 0,
				      NULL);
	} else {
		loop_hold_signals();
		err = stream_open_live(&stream, cli_source(cli));
	}
	if (err)
		return status_fail(cli->file ? stream_status(err) :
					       stream_live_status(err),
				   "%s", stream.why);
	if (*stream.model.notice)
		status_fail(STATUS_OK,
			    "polling sysfs instead of reading events: %s",
			    stream.model.notice);
	status = serve_run(&stream, &cli->serve);
	stream_close(&stream);
	return status;
}

static int export(const struct cli *cli)
{
	struct stream stream;
	int err, status;

	if (cli->ndjson)
		return export_ndjson(cli->files, cli->nr_files);
	err = stream_open_all(&stream, cli->files, cli->nr_files, 0, NULL);
	if (err)
		return status_fail(stream_status(err), "%s", stream.why);
	status = export_perfetto(&stream);
	stream_close(&stream);
	return status;
}

static int report(const struct cli *cli)
{
	struct stream stream;
	int err, status;

	err = stream_open_all(&stream, cli->files, cli->nr_files, 0, NULL);
	if (err)
		return status_fail(stream_status(err), "%s", stream.why);
	status = report_run(&stream, &cli->report);
	stream_close(&stream);
	return status;
}

static int diff(const struct cli *cli)
{
	struct diff_side sides[2];
	int i, err, status;

	for (i = 0; i < 2; i++) {
		struct stream *stream = &sides[i].stream;

		sides[i].name = cli->files[i];
		sides[i].moment = cli->moments[i];
		err = stream_open_any(stream, cli->files[i], NULL);
		if (err && i)
			stream_close(&sides[0].stream);
		if (err)
			return status_fail(stream_status(err), "%s",
					   stream->why);
	}
	status = diff_run(&sides[0], &sides[1], cli->view.format == VIEW_JSON,
			  stdout);
	stream_close(&sides[0].stream);
	stream_close(&sides[1].stream);
	return status;
}

static int plan(const struct cli *cli)
{
	const struct plan_opts opts = {
		.json = cli->view.format == VIEW_JSON,
		.all = cli->all,
		.pages = cli->pages,
	};

	if (cli->add.bytes)
		return plan_add_run(&cli->add, opts.json, stdout);
	return plan_offline_run(cli->memory, &opts, stdout);
}

static int list(const struct cli *cli)
{
	const struct list_opts opts = {
		.json = cli->view.format == VIEW_JSON,
		.all = cli->all,
		.no_forecast = cli->no_forecast,
	};

	return list_run(&opts, stdout);
}

static int doctor(const struct cli *cli)
{
	struct stream stream;
	int err, status;

	if (!cli->now)
		return status_printed(doctor_run(stdout));
	err = stream_open_live(&stream, NULL);
	if (err)
		return status_fail(stream_live_status(err), "%s", stream.why);
	if (*stream.model.notice)
		status_fail(STATUS_OK,
			    "polling sysfs instead of reading events: %s",
			    stream.model.notice);
	status = doctor_now_run(&stream, cli->view.format == VIEW_JSON, stdout);
	stream_close(&stream);
	return status_printed(status);
}

/*
 * A file that is opened while a standard descriptor is closed would take its
 * place. What takes it instead can be neither read from standard input nor
 * written to the others, so that they fail as they would if they were closed.
 */
static bool open_standard(void)
{
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct cli cli;
	int status;

	if (!open_standard())
		return STATUS_FAILED;
	loop_heed_interrupts();
	/* The character set of the terminal, but numbers as JSON needs them. */
	setlocale(LC_CTYPE, "");
	/* The help is written with one flush, which reports any error. */
	setvbuf(stdout, out_buffer, _IOFBF, sizeof(out_buffer));
	if (!cli_parse(&cli, argc, argv, &status))
		return status;
	switch (cli.command) {
	case CLI_TOP:
		return top(&cli);
	case CLI_RECORD:
		return record(&cli);
	case CLI_REPLAY:
		return replay(&cli);
	case CLI_CHECK:
		return check(&cli);
	case CLI_PLAN:
		return plan(&cli);
	case CLI_LIST:
		return list(&cli);
	case CLI_EXPLAIN:
		return explain(&cli);
	case CLI_SERVE:
		return serve_metrics(&cli);
	case CLI_EXPORT:
		return export(&cli);
	case CLI_REPORT:
		return report(&cli);
	case CLI_DIFF:
		return diff(&cli);
	case CLI_DOCTOR:
		return doctor(&cli);
	}
	return STATUS_FAILED;
}
