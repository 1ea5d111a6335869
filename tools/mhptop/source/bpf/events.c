// SPDX-License-Identifier: GPL-2.0
/*
 * The sources events and probes: read records from the collector's ring buffer,
 * and its counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/loop.h"
#include "model/event_table.h"
#include "source/bpf/bpf.h"
#include "source/live.h"
#include "mhp.skel.h" /* needs our own types */

#define CLOSE_TRIES 1000
#define CLOSE_PAUSE_US 100

_Static_assert(sizeof(long) == 8, "records have the kernel's 64-bit longs");
_Static_assert(sizeof(struct mhp_event_order) <= 64,
	       "struct source_totals has no room for all events");

/* A record in the ring buffer is as short as its payload: many sinks need a copy of full size. */
static int hand_over(struct bpf_source *self, const struct mhp_record *record)
{
	struct mhp_record whole = { 0 };

	if (self->source.short_records)
		return self->sink(self->ctx, record);
	memcpy(&whole, record, MHP_RECORD_HEADER + record->size);
	return self->sink(self->ctx, &whole);
}

static int bpf_handle_record(void *ctx, void *data, size_t size)
{
	struct bpf_source *self = ctx;
	const struct mhp_record *record = data;
	const struct event_info *event;
	int err;

	event = size >= MHP_RECORD_HEADER ? event_info(record->event) : NULL;
	if (!event || size != MHP_RECORD_HEADER + record->size ||
	    record->size != event->size)
		return source_live_why(
			-EBADMSG, self->source.why, sizeof(self->source.why),
			"damaged record from the collector: %zu bytes", size);
	self->handed++;
	bpf_memory_take(&self->memory, record);
	if (record->event == MHP_EVENT_mhp_notify && record->p.mhp_notify.ret)
		bpf_source_name_refusals(self);
	err = hand_over(self, record);
	if (!err)
		self->taken++;
	return err;
}

static int drain(struct bpf_source *self)
{
	int n = ring_buffer__consume(self->ring);

	return n < 0 ? n : 0;
}

/*
 * Edge-triggered, so that it becomes readable only when the collector wakes its
 * reader, and not whenever there are records. With probes, also when it is time
 * to count what was missed. 0 or -errno.
 */
static int wakeups_open(struct bpf_source *self)
{
	const struct itimerspec often = { { BPF_MISSED_NS / LOOP_NS, 0 },
					  { BPF_MISSED_NS / LOOP_NS, 0 } };
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	self->wakeups = epoll_create1(EPOLL_CLOEXEC);
	if (self->wakeups < 0 ||
	    epoll_ctl(self->wakeups, EPOLL_CTL_ADD,
		      bpf_map__fd(self->skel->maps.mhp_ring), &event))
		return -errno;
	if (!self->probes)
		return 0;
	self->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (self->timer < 0 || timerfd_settime(self->timer, 0, &often, NULL) ||
	    epoll_ctl(self->wakeups, EPOLL_CTL_ADD, self->timer, &event))
		return -errno;
	return 0;
}

/* Forget the wake-ups so far; call it before the records are read. */
static void wakeups_clear(struct bpf_source *self)
{
	struct epoll_event events[2];
	u64 times;

	epoll_wait(self->wakeups, events, 2, 0);
	/* Otherwise the timer does not go off again. */
	if (self->timer >= 0 && read(self->timer, &times, sizeof(times)) < 0)
		return;
}

/*
 * First, the snapshot is put into the ring buffer piece by piece. After it, and
 * when there are no more records, memory is counted if that is due. Before the
 * reader sleeps, set mhp_reader_sleeps so that the collector wakes us for the next
 * record, and look again for records that came before it was set.
 */
static int bpf_read(struct source *source, source_sink sink, void *ctx)
{
	struct bpf_source *self = (struct bpf_source *)source;
	bool first = self->stage != BPF_SNAPSHOT_DONE;
	int more, err;

	if (source->names_refusals)
		bpf_source_name_refusals(self);
	/* By now the caller has opened what it writes to. */
	if (!self->dropped && !source->keeps_privileges)
		source_live_drop(source->keep_caps);
	self->dropped = true;

	self->sink = sink;
	self->ctx = ctx;
	self->taken = 0;
	wakeups_clear(self);
	do {
		more = self->stage == BPF_SNAPSHOT_DONE ?
			       0 :
			       bpf_source_snapshot(self);
		err = more < 0 ? more : drain(self);
	} while (!err && more);
	if (!err && (first || !self->taken)) {
		err = bpf_source_count_memory(self);
		if (err > 0)
			err = drain(self);
	}
	if (!err && !self->taken) {
		if (self->probes)
			bpf_missed_count(self);
		__atomic_store_n(&self->skel->bss->mhp_reader_sleeps, 1,
				 __ATOMIC_SEQ_CST);
		err = drain(self);
	}
	if (self->taken)
		__atomic_store_n(&self->skel->bss->mhp_reader_sleeps, 0,
				 __ATOMIC_SEQ_CST);
	return err ? err : self->taken;
}

static int bpf_fd(struct source *source)
{
	return ((struct bpf_source *)source)->wakeups;
}

/* A quarter of the ring buffer, even if all records had the longest payload. */
static u64 bpf_backlog(struct source *source)
{
	struct bpf_source *self = (struct bpf_source *)source;

	return bpf_map__max_entries(self->skel->maps.mhp_ring) / 4 /
	       (sizeof(struct mhp_record) + BPF_RINGBUF_HDR_SZ);
}

static u64 bpf_numbered(struct source *source)
{
	struct bpf_source *self = (struct bpf_source *)source;

	return __atomic_load_n(&self->skel->bss->mhp_seq, __ATOMIC_RELAXED);
}

static void add_count(struct mhp_count *sum, const struct mhp_count *count)
{
	sum->seen += count->seen;
	sum->submitted += count->submitted;
	sum->lost += count->lost;
}

static int bpf_totals(struct source *source, struct source_totals *totals)
{
	struct bpf_source *self = (struct bpf_source *)source;
	int fd = bpf_map__fd(self->skel->maps.mhp_counts);
	int nr_cpus = libbpf_num_possible_cpus(), cpu, err = 0;
	struct mhp_count *counts;
	unsigned int event;

	memset(totals, 0, sizeof(*totals));
	totals->no_room = self->skel->bss->mhp_no_room;
	totals->no_lock = self->skel->bss->mhp_no_lock;
	/* Its driver may have been loaded since the begin. */
	totals->balloon = source_live_balloon();
	counts = nr_cpus > 0 ? calloc(nr_cpus, sizeof(*counts)) : NULL;
	if (!counts)
		return nr_cpus < 0 ? nr_cpus : -ENOMEM;
	bpf_missed_count(self);
	for (event = 1; event_info(event); event++) {
		err = bpf_map_lookup_elem(fd, &event, counts);
		if (err)
			goto out;
		for (cpu = 0; cpu < nr_cpus; cpu++)
			add_count(&totals->count[event], &counts[cpu]);
		totals->count[event].seen += self->missed.count[event];
		totals->count[event].lost += self->missed.count[event];
		add_count(&totals->count[0], &totals->count[event]);
	}
out:
	free(counts);
	return err;
}

/*
 * Stop collecting, and wait for an event that is being stored. The programs stay
 * attached until the source is closed, but ignore their events.
 */
static void stop_events(struct bpf_source *self)
{
	struct mhp_bpf__bss *bss = self->skel->bss;
	int tries;

	if (self->closed)
		return;
	__atomic_store_n(&bss->mhp_open, 0, __ATOMIC_SEQ_CST);
	for (tries = 0; tries < CLOSE_TRIES; tries++) {
		if (!__atomic_load_n(&bss->mhp_busy, __ATOMIC_SEQ_CST))
			break;
		usleep(CLOSE_PAUSE_US);
	}
	bpf_missed_count(self);
	self->closed = true;
}

/* The lowest descriptor from a number on that is a link or the pipe, UINT_MAX: none. */
static unsigned int next_kept(const struct bpf_source *self, unsigned int pipe,
			      unsigned int from)
{
	unsigned int i, fd, next = pipe >= from ? pipe : UINT_MAX;

	for (i = 0; i < self->nr_links; i++) {
		fd = bpf_link__fd(self->links[i]);
		if (fd >= from && fd < next)
			next = fd;
	}
	return next;
}

/*
 * What the child process of detach() does: keep only the links and a pipe open,
 * so that whoever reads our output sees its end, and exit when the other end of
 * the pipe is closed.
 */
static void detach_last(const struct bpf_source *self, int pipe)
{
	unsigned int from = 0, kept;
	char nothing;

	while ((kept = next_kept(self, pipe, from)) != UINT_MAX) {
		if (kept > from)
			close_range(from, kept - 1, 0);
		from = kept + 1;
	}
	close_range(from, UINT_MAX, 0);
	while (read(pipe, &nothing, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/*
 * The kernel detaches a program when the last descriptor of its link is closed,
 * and then waits for RCU, one program after the other, for several seconds in
 * all. So a child process has a copy of the descriptors, and closes them last.
 * If there can be no child, we wait ourselves.
 */
static void detach(struct bpf_source *self)
{
	int fds[2] = { -1, -1 };

	/* What was never attached needs no child, which would be a zombie for as long as another source is read. */
	if (self->closed && self->nr_links && !pipe2(fds, O_CLOEXEC) && !fork())
		detach_last(self, fds[0]);
	while (self->nr_links)
		bpf_link__destroy(self->links[--self->nr_links]);
	if (fds[0] >= 0) {
		close(fds[0]);
		close(fds[1]);
	}
}

/*
 * Whether there are records to read before the events stop: first the events that
 * have not been read yet, then the last count of memory. Each of the two is
 * reported only once, because events may keep coming.
 */
static bool has_last_records(struct bpf_source *self)
{
	bool first = !self->memory.last, counted;
	struct source_totals totals;

	self->memory.last = true;
	if (self->stage != BPF_SNAPSHOT_DONE)
		return false;
	if (first && !bpf_totals(&self->source, &totals) &&
	    self->handed < totals.count[0].submitted)
		return true;
	counted = bpf_source_count_memory(self) > 0;
	self->memory.due = false;
	return counted;
}

static int bpf_self_check(struct source *source, struct mhp_ledger *ledger,
			  char *why, size_t len)
{
	struct bpf_source *self = (struct bpf_source *)source;
	struct source_totals totals;
	int err;

	if (has_last_records(self))
		return source_live_why(
			-EAGAIN, why, len,
			"the last events have not been read yet");
	stop_events(self);
	err = bpf_totals(source, &totals);
	if (err)
		return source_live_why(err, why, len,
				       "cannot read the collector's counts: %s",
				       strerror(-err));
	if (self->handed < totals.count[0].submitted ||
	    self->stage != BPF_SNAPSHOT_DONE)
		return source_live_why(
			-EAGAIN, why, len,
			"the last events have not been read yet");
	if (totals.count[0].lost)
		return source_live_why(
			-EOPNOTSUPP, why, len,
			"%llu events were lost, so the ledgers cannot be compared",
			totals.count[0].lost);
	if (source_totals_doubt(&totals, why, len))
		return -EOPNOTSUPP;
	return bpf_source_compare(self, ledger, why, len);
}

static void bpf_describe(struct source *source, unsigned int event, char *text,
			 size_t len)
{
	struct bpf_source *self = (struct bpf_source *)source;

	if (self->source.info.kind == SOURCE_PROBES)
		bpf_probes_describe(self, event, text, len);
	else if (self->source.info.unknown_events >> event & 1)
		snprintf(
			text, len,
			"unknown: this kernel has no such tracepoint; boot a newer one");
	else
		snprintf(text, len, "tracepoint mhp:%s",
			 event_info(event)->name);
}

static void bpf_close(struct source *source)
{
	struct bpf_source *self = (struct bpf_source *)source;

	bpf_source_snapshot_end(self);
	if (self->skel && self->skel->bss)
		stop_events(self);
	detach(self);
	ring_buffer__free(self->ring);
	if (self->wakeups >= 0)
		close(self->wakeups);
	if (self->timer >= 0)
		close(self->timer);
	mhp_bpf__destroy(self->skel);
	free(self);
}

static const struct source_ops bpf_ops = {
	.name = "bpf",
	.read = bpf_read,
	.fd = bpf_fd,
	.totals = bpf_totals,
	.numbered = bpf_numbered,
	.backlog = bpf_backlog,
	.self_check = bpf_self_check,
	.ledger = bpf_source_ledger,
	.describe = bpf_describe,
	.close = bpf_close,
};

int source_open_bpf(struct source **source, enum source_kind kind, char *why,
		    size_t len)
{
	struct bpf_source *self = calloc(1, sizeof(*self));
	int err;

	if (!self)
		return source_live_why(-ENOMEM, why, len,
				       "cannot open the events: out of memory");
	self->source.ops = &bpf_ops;
	self->wakeups = -1;
	self->timer = -1;
	self->memory.due = true;
	err = source_live_info(&self->source.info, kind, "", why, len);
	if (!err)
		err = bpf_source_load(self, why, len);
	if (err)
		goto out;
	self->ring = ring_buffer__new(bpf_map__fd(self->skel->maps.mhp_ring),
				      bpf_handle_record, self, NULL);
	if (!self->ring) {
		err = source_live_why(-errno, why, len,
				      "cannot map the ring buffer: %s",
				      strerror(errno));
		goto out;
	}
	err = wakeups_open(self);
	if (err) {
		source_live_why(err, why, len,
				"cannot wait for the ring buffer: %s",
				strerror(-err));
		goto out;
	}
	err = bpf_source_snapshot_begin(self);
	if (err)
		source_live_why(err, why, len,
				"cannot read the existing memory blocks: %s",
				strerror(-err));
out:
	if (err)
		bpf_close(&self->source);
	else
		*source = &self->source;
	return err;
}
