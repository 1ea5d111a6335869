// SPDX-License-Identifier: GPL-2.0
/*
 * The recorder. It writes records as they come, and begins another file when one is
 * large enough or a signal asks for it; or it keeps the latest ones in memory until
 * something fails. The records are also folded into a ledger, which is compared with
 * the kernel's at the end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/service.h"
#include "base/status.h"
#include "model/ledger.h"
#include "record/accounts.h"
#include "record/flight.h"
#include "record/part.h"
#include "record/record.h"
#include "record/writer.h"
#include "source/stream.h"

#define REOPEN (1ULL << SIGHUP)
#define WRITE_NOW (1ULL << SIGUSR1)

struct recorder {
	struct source *source;
	struct record_output *output;
	struct writer writer;
	struct mhp_ledger *ledger;
	struct source_info info; /* the header of the file that is written */
	struct run run;
	struct part part;
	u64 base_bytes; /* the begin of that file, with its snapshot */
	struct progress progress;
	bool inexact; /* the accounts, when a file ended */
	bool settled; /* the source's snapshot is complete: only from then on the accounts are */
	struct flight *flight; /* NULL: everything is written */
	struct service service;
	int status; /* an error that was reported, and ends the loop */
};

/* -- one file --------------------------------------------------------------------- */

/* How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, as last seen. */
static u64 wall_lead(const struct source *source)
{
	return source->wall_lead ?: source->info.wall_ns - source->info.mono_ns;
}

/* Sink, for a record that may be as short as its payload. */
static int put_numbered(void *ctx, const struct mhp_record *record)
{
	struct recorder *recorder = ctx;
	struct mhp_record copy;

	memcpy(&copy, record, MHP_RECORD_HEADER + record->size);
	if (!part_take(&recorder->part, &copy))
		return 0;
	return writer_put(&recorder->writer, &copy) ? -ECANCELED : 0;
}

/* Sink */
static int count_one(void *ctx, const struct mhp_record *record)
{
	u64 *nr = ctx;

	(void)record;
	++*nr;
	return 0;
}

/* Begin a file with a header and, if base is not NULL, a snapshot made of it. 0 or -ECANCELED. */
static int begin_file(struct recorder *recorder, const struct mhp_ledger *base)
{
	struct source_info *info = &recorder->info;
	u64 nr = 0;
	int err;

	*info = recorder->source->info;
	if (recorder->flight)
		info->dropped = recorder->flight->dropped;
	if (base)
		accounts_put(base, 0, count_one, &nr);
	part_begin(&recorder->part, &recorder->run, info, nr,
		   wall_lead(recorder->source));
	if (writer_begin(&recorder->writer, info))
		return -ECANCELED;
	err = base ? accounts_put(base, info->mono_ns, put_numbered, recorder) :
		     0;
	recorder->base_bytes = writer_size(&recorder->writer);
	return err;
}

/*
 * Whether the accounts lack what lost events did, or were folded in the wrong order:
 * a snapshot made of them would accuse the kernel.
 */
static bool is_inexact(const struct recorder *recorder,
		       const struct source_totals *source)
{
	bool lost = recorder->flight ?
			    recorder->flight->base_gaps :
			    source->count[0].lost ||
				    recorder->run.ended.count[0].lost;

	return lost || source->no_lock || source->no_room;
}

/* End a file before the recorder ends. 0, -ECANCELED, or an error of the source. */
static int end_file(struct recorder *recorder, const char *why)
{
	struct recording_totals totals = { .self_check = -EOPNOTSUPP };
	struct source_totals source;
	int err = source_totals(recorder->source, &source);

	if (err)
		return err;
	snprintf(totals.why, sizeof(totals.why), "%s", why);
	part_end(&recorder->part, &recorder->run, &source, false, &totals);
	recorder->inexact = is_inexact(recorder, &source);
	return writer_end(&recorder->writer, &totals) ? -ECANCELED : 0;
}

/* Go on in another file. */
static int next_file(struct recorder *recorder)
{
	int err = end_file(
		recorder,
		"it went on in another file, whose totals have the result");

	if (err)
		return err;
	recorder->status = output_next(recorder->output);
	if (recorder->status)
		return -ECANCELED;
	service_status("recording to %s, the file number %llu",
		       recorder->output->name, recorder->run.parts + 1);
	return begin_file(recorder,
			  recorder->inexact ? NULL : recorder->ledger);
}

/*
 * Whether the next record goes to another file: this one would become too large, or
 * nearly so and no operation is in progress. It has at least as much room for events
 * as its snapshot takes, and more if it would end in an add.
 */
static bool is_file_full(struct recorder *recorder)
{
	u64 max = recorder->output->opts.max_bytes, size;
	u64 least = recorder->base_bytes * 2;

	if (!max || !recorder->settled ||
	    recorder->part.folded == recorder->part.base_records)
		return false;
	if (max < least)
		max = least;
	if (progress_is_quiet(&recorder->progress))
		max -= max / 8;
	else if (!progress_may_part(&recorder->progress))
		max *= 2;
	size = writer_size(&recorder->writer);
	/* What waits to be packed may become much less. */
	if (size <= max || !recorder->writer.pack)
		return size > max;
	return writer_flush(&recorder->writer) ||
	       writer_size(&recorder->writer) > max;
}

/* -- records ---------------------------------------------------------------------- */

static int write_record(struct recorder *recorder,
			const struct mhp_record *record)
{
	const struct record_opts *opts = &recorder->output->opts;
	struct operation_event failed;
	int err = is_file_full(recorder) ? next_file(recorder) : 0;

	if (err)
		return err;
	if (opts->max_bytes || opts->reopen)
		progress_take(&recorder->progress, record, 1, &failed);
	/* Most recorders never have a second file. */
	if (!recorder->run.alone)
		return put_numbered(recorder, record);
	if (record->seq > recorder->part.last_seq)
		recorder->part.last_seq = record->seq;
	if (record->seq)
		part_count(&recorder->part, record);
	return writer_put(&recorder->writer, record) ? -ECANCELED : 0;
}

/* Sink. If an account cannot be allocated, the self-check will report it. */
static int recorder_take(void *ctx, const struct mhp_record *record)
{
	struct recorder *recorder = ctx;
	int err = recorder->flight ? flight_take(recorder->flight, record) :
				     write_record(recorder, record);

	if (!err && !recorder->flight)
		ledger_fold(recorder->ledger, record);
	return err;
}

static int fetch(struct recorder *recorder)
{
	int ret = source_read(recorder->source, recorder_take, recorder);
	int err = recorder->flight ? 0 : writer_flush(&recorder->writer);

	return err ?: ret;
}

/* Write what the flight recorder has kept. */
static int write_flight(struct recorder *recorder, const char *why)
{
	struct flight *flight = recorder->flight;
	const struct mhp_ledger *base = NULL;
	struct source_totals source;
	int err = source_totals(recorder->source, &source);

	if (err)
		return err;
	recorder->status = output_begin(recorder->output);
	if (recorder->status)
		return -ECANCELED;
	if (flight->dropped || flight->repeats)
		run_drop(&recorder->run, flight->base_seq, flight->base_ns);
	if ((!recorder->run.alone || recorder->run.parts) &&
	    !is_inexact(recorder, &source))
		base = flight->base;
	err = begin_file(recorder, base);
	if (!err)
		err = flight_walk(flight, put_numbered, recorder);
	if (!err)
		err = end_file(recorder, "the recorder went on");
	if (err)
		return err;
	flight_written(flight);
	recorder->status = output_close(recorder->output, STATUS_OK);
	if (recorder->status)
		return -ECANCELED;
	status_fail(STATUS_OK, "wrote %s: %s", recorder->output->name, why);
	service_status("wrote %s: %s", recorder->output->name, why);
	return 0;
}

/* What a signal asked for, and what the flight recorder noticed. */
static int serve_requests(struct recorder *recorder)
{
	struct out *out = &recorder->writer.out;
	struct flight *flight = recorder->flight;
	u64 asked = out->asked;
	char why[FLIGHT_WHY_MAX];

	if (!flight && !progress_may_part(&recorder->progress))
		return 0;
	out->asked = 0;
	if (!flight)
		return asked & REOPEN && output_can_reopen(recorder->output) ?
			       next_file(recorder) :
			       0;
	if (asked & WRITE_NOW)
		return write_flight(recorder, "SIGUSR1 asked for it");
	if (!flight_is_due(flight))
		return 0;
	snprintf(why, sizeof(why), "%s", flight->why);
	return write_flight(recorder, why);
}

/* -- the loop --------------------------------------------------------------------- */

/*
 * Wait for the source, or until a time, 0: no limit. 1: the source is ready, 0:
 * it is time, or the error that ends the loop.
 */
static int recorder_wait(struct recorder *recorder, u64 until_ns)
{
	struct out *out = &recorder->writer.out;
	struct pollfd fds[] = {
		{ .fd = out->signals, .events = POLLIN },
		{ .fd = recorder->flight ? -1 : out->fd },
		{ .fd = source_fd(recorder->source), .events = POLLIN },
	};
	int ret;

	loop_sooner(&until_ns, recorder->service.due_ns);
	if (recorder->flight)
		loop_sooner(&until_ns, flight_until(recorder->flight));
	ret = loop_wait(fds, 3, until_ns);
	service_alive(&recorder->service);
	if (ret < 0)
		return ret;
	/* Whoever read the pipe or socket is gone. */
	if (fds[1].revents & (POLLERR | POLLHUP))
		return -EPIPE;
	if (out_stopped(out))
		return -EINTR;
	return fds[2].revents != 0;
}

/*
 * Let a burst pass after records were read, unless the source asks to be read.
 * >= 0, or the error that ends the loop.
 */
static int wait_pause(struct recorder *recorder)
{
	struct burst burst;
	int ret;

	burst_begin(&burst, recorder->source);
	do {
		ret = recorder_wait(recorder, loop_now() + BURST_LOOK_NS);
	} while (!ret && burst_goes_on(&burst, recorder->source));
	return ret;
}

/* The source ends: compare the ledgers, and get its totals. 0 or an error. */
static int stop_source(struct recorder *recorder,
		       struct recording_totals *totals,
		       struct source_totals *source)
{
	/* Before the events are stopped: until now, none are missing. */
	u64 end_ns = loop_now();
	int ret;

	do {
		ret = source_self_check(recorder->source, recorder->ledger,
					totals->why, sizeof(totals->why));
	} while (ret == -EAGAIN && fetch(recorder) > 0);
	if (recorder->writer.out.err || recorder->status)
		return recorder->writer.out.err ?: -ECANCELED;
	totals->self_check = ret == 0 || ret == 1 ? ret : -EOPNOTSUPP;
	if (!ret)
		totals->why[0] = '\0';
	ret = source_totals(recorder->source, source);
	source->mono_ns = end_ns;
	return ret;
}

/* The exit code of a run that was written to its end. */
static int judge_run(const struct recording_totals *totals,
		     const struct source_totals *source)
{
	const struct mhp_count *all = &source->count[0];
	char doubt[RECORDING_WHY_MAX];
	int ret;

	if (totals->self_check == 1)
		return status_fail(STATUS_FAILED,
				   "the kernel's ledger and ours differ: %s",
				   totals->why);
	ret = stream_lost_status(
		all->lost, all->seen,
		"before they could be written: the recording has gaps");
	if (ret == STATUS_OK &&
	    source_totals_doubt(source, doubt, sizeof(doubt)))
		ret = status_fail(STATUS_UNKNOWN, "inconclusive: %s", doubt);
	return ret;
}

/* Records that were still in the buffer when the events stopped are included. */
static int write_totals(struct recorder *recorder)
{
	struct recording_totals totals = { 0 };
	struct source_totals source;
	int ret = stop_source(recorder, &totals, &source);

	if (ret)
		return ret;
	part_end(&recorder->part, &recorder->run, &source, true, &totals);
	totals.source.mono_ns = source.mono_ns;
	ret = writer_end(&recorder->writer, &totals);
	return ret ?: judge_run(&totals, &source);
}

/* What is kept in memory is lost when the recorder ends, unless something has failed. */
static int end_flight(struct recorder *recorder)
{
	struct flight *flight = recorder->flight;
	char why[FLIGHT_WHY_MAX];
	int ret = fetch(recorder);

	if (ret >= 0 && recorder->writer.out.asked & WRITE_NOW) {
		ret = write_flight(recorder, "SIGUSR1 asked for it");
	} else if (ret >= 0 && flight->due_ns) {
		snprintf(why, sizeof(why), "%s", flight->why);
		ret = write_flight(recorder, why);
	}
	return ret < 0 ? ret : STATUS_OK;
}

static int recorder_begin(struct recorder *recorder)
{
	struct record_output *output = recorder->output;

	run_begin(&recorder->run, &recorder->source->info);
	if (recorder->flight)
		return 0;
	recorder->status = output_begin(output);
	if (recorder->status)
		return -ECANCELED;
	return begin_file(recorder, NULL);
}

/* The first read has brought all of the snapshot. */
static void recorder_settle(struct recorder *recorder)
{
	const char *name = recorder->output->name;

	recorder->settled = true;
	service_ready(&recorder->service);
	if (recorder->flight) {
		flight_settle(recorder->flight);
		service_status("keeping events, to write %s if something fails",
			       name);
	} else {
		service_status("recording to %s", name);
	}
}

static int recorder_loop(struct recorder *recorder)
{
	struct out *out = &recorder->writer.out;
	int ret = recorder_begin(recorder);

	while (ret >= 0) {
		ret = fetch(recorder);
		if (ret >= 0 && !recorder->settled)
			recorder_settle(recorder);
		if (ret >= 0 && out_stopped(out))
			ret = -EINTR;
		if (ret >= 0)
			ret = ret ? wait_pause(recorder) :
				    recorder_wait(recorder, 0);
		if (ret >= 0 && (out->asked || recorder->flight))
			ret = serve_requests(recorder);
	}
	service_stopping();
	if (ret != -EINTR)
		return ret;
	return recorder->flight ? end_flight(recorder) : write_totals(recorder);
}

/* -- the whole run ---------------------------------------------------------------- */

static int recorder_report(const struct recorder *recorder, int err)
{
	const char *name = recorder->output->name;
	int out_err = recorder->writer.out.err;

	if (recorder->status)
		return recorder->status;
	if (out_err == -EPIPE || err == -EPIPE)
		return STATUS_OK;
	if (out_err == -EINTR)
		return status_fail(
			STATUS_FAILED,
			"cannot write %s: the reader is stalled; the recording ends without totals",
			name);
	if (out_err == -ESTALE)
		return status_fail(
			STATUS_FAILED,
			"another program changed %s while it was written, and events are missing: make logrotate rename it, without copytruncate",
			name);
	if (out_err == -EIDRM)
		return status_fail(
			STATUS_FAILED,
			"%s was deleted while it was written, and the recording is lost: rename it instead",
			name);
	if (out_err)
		return status_fail(STATUS_FAILED, "cannot write %s: %s", name,
				   strerror(-out_err));
	if (err < 0)
		return status_fail(STATUS_FAILED, "cannot read the events: %s",
				   *source_why(recorder->source) ?
					   source_why(recorder->source) :
					   strerror(-err));
	return err;
}

/* The signals that ask for something instead of ending the recorder. */
static u64 requests(const struct record_opts *opts)
{
	return (opts->reopen ? REOPEN : 0) |
	       (opts->flight_bytes ? WRITE_NOW : 0);
}

static int recorder_init(struct recorder *recorder, int signals)
{
	const struct source_info *info = &recorder->source->info;
	const struct record_opts *opts = &recorder->output->opts;
	static struct flight flight;
	int err = signals < 0 ? signals :
				writer_init(&recorder->writer, recorder->output,
					    signals);

	recorder->writer.out.requests = requests(opts);
	if (err)
		return err;
	if (!opts->flight_bytes) {
		recorder->ledger =
			ledger_new(info->block_bytes / info->page_bytes,
				   info->max_accounts);
		return recorder->ledger ? 0 : -ENOMEM;
	}
	recorder->flight = &flight;
	return flight_init(&flight, info, opts->flight_bytes,
			   opts->patience_ns);
}

int record_run(struct source *source, struct record_output *output)
{
	static struct recorder recorder;
	int signals = loop_signals(), status, err;

	recorder = (struct recorder){ 0 };
	recorder.source = source;
	recorder.output = output;
	/* The rules of a flight recorder read whole records. */
	source->short_records = !output->opts.flight_bytes;
	source->keep_caps = output_capabilities(output);
	err = recorder_init(&recorder, signals);
	if (err)
		status = status_fail(STATUS_FAILED, "cannot record: %s",
				     strerror(-err));
	else
		status = recorder_report(&recorder, recorder_loop(&recorder));
	if (recorder.flight)
		flight_fini(recorder.flight);
	ledger_free(recorder.ledger);
	writer_fini(&recorder.writer);
	close(signals);
	return output_close(output, status);
}
