/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A source that plays a recording as if its events happened now, for tests of the
 * recorder that need no kernel.
 */
#ifndef PLAY_H
#define PLAY_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/vec.h"
#include "source/live.h"

struct play {
	struct source source;
	struct source *file; /* NULL: it has ended */
	int nothing,
		something; /* a descriptor that is never readable, and one that always is */
	struct source_totals totals;
	u64 given; /* numbered records so far */
	u64 lose_from, lose_to; /* numbers of records that are lost, 0: none */
	u64 pause; /* records after which SIGHUP comes, and then one at a time; 0: never */
	bool ends; /* SIGTERM comes with the last record */
	bool begun; /* the first read was done */
	u64 first; /* records of that read at least, if there are as many */
	u64 next; /* of the queue */
	size_t nr, room;
	struct mhp_record *queue; /* all records so far */
};

/* Sink */
static inline int play_queue(void *ctx, const struct mhp_record *record)
{
	struct play *play = ctx;

	if (!vec_grow(play->queue, play->nr, play->room))
		return -ENOMEM;
	play->queue[play->nr++] = *record;
	return 0;
}

static inline int play_take(struct play *play, const struct mhp_record *record,
			    source_sink sink, void *ctx)
{
	struct mhp_count *count = &play->totals.count[record->event];
	bool lost = record->seq && record->seq >= play->lose_from &&
		    record->seq <= play->lose_to;

	if (record->seq) {
		count->seen++;
		play->totals.count[0].seen++;
		play->given++;
		count->lost += lost;
		play->totals.count[0].lost += lost;
		count->submitted += !lost;
		play->totals.count[0].submitted += !lost;
	}
	return lost ? 0 : sink(ctx, record);
}

/* The records up to the end of the snapshot: the first read of a source has all of them. */
static inline u64 play_snapshot(const struct play *play)
{
	u64 i, nr = 1;

	for (i = 0; i < play->nr; i++)
		if (play->queue[i].event == MHP_EVENT_mhp_snapshot_block ||
		    play->queue[i].event == MHP_EVENT_mhp_snapshot_zone)
			nr = i + 1;
	return nr;
}

static inline int play_read(struct source *source, source_sink sink, void *ctx)
{
	struct play *play = (struct play *)source;
	int ret = play->file ? source_read(play->file, play_queue, play) : 0;

	if (ret == -ENODATA) {
		source_close(play->file);
		play->file = NULL;
		ret = 0;
	}
	if (!play->begun)
		play->first = play_snapshot(play);
	play->begun = true;
	while (ret >= 0 && play->next < play->nr) {
		ret = play_take(play, &play->queue[play->next++], sink, ctx);
		ret = ret ?: 1;
		if (play->next == play->pause)
			kill(getpid(), SIGHUP);
		if (play->pause && play->next >= play->pause &&
		    play->next >= play->first)
			break;
	}
	if (play->ends && !play->file && play->next == play->nr)
		kill(getpid(), SIGTERM);
	return ret;
}

static inline int play_fd(struct source *source)
{
	struct play *play = (struct play *)source;

	if (play->next < play->nr)
		return play->something;
	return play->file ? source_fd(play->file) : play->nothing;
}

static inline int play_totals(struct source *source,
			      struct source_totals *totals)
{
	*totals = ((struct play *)source)->totals;
	return 0;
}

static inline u64 play_numbered(struct source *source)
{
	return ((struct play *)source)->given;
}

/* There is no other ledger to compare with: the recorder is believed. */
static inline int play_check(struct source *source, struct mhp_ledger *ledger,
			     char *why, size_t len)
{
	struct play *play = (struct play *)source;

	(void)ledger;
	if (play->next < play->nr || play->file)
		return -EAGAIN;
	if (!play->totals.count[0].lost)
		return 0;
	snprintf(why, len, "events were lost");
	return -EOPNOTSUPP;
}

static const struct source_ops play_ops = {
	.name = "play",
	.read = play_read,
	.fd = play_fd,
	.totals = play_totals,
	.numbered = play_numbered,
	.self_check = play_check,
};

/* Open a recording; the program ends if that fails. */
static inline void play_open(struct play *play, const char *path)
{
	struct source_info *info = &play->source.info;
	struct mhp_mhp_clock clock;
	char why[256];

	if (source_open_any(&play->file, path, why, sizeof(why)) ||
	    source_begin(play->file, 0)) {
		fprintf(stderr, "%s\n", why);
		exit(2);
	}
	play->source.ops = &play_ops;
	play->nothing = eventfd(0, EFD_CLOEXEC);
	play->something = eventfd(1, EFD_CLOEXEC);
	*info = play->file->info;
	info->live = true;
	/* So that the clocks seem not to have moved. */
	source_live_clocks(&clock);
	info->wall_ns = info->mono_ns + clock.wall_ns - clock.mono_ns;
	if (!*info->boot)
		snprintf(info->boot, sizeof(info->boot), "a-boot");
}

static inline void play_close(struct play *play)
{
	source_close(play->file);
	free(play->queue);
	close(play->nothing);
	close(play->something);
}

#endif
