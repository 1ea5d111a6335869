/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording that is shown at any of its moments. It is read once to its end, which
 * finds out at what times its records are; a moment before the one that is shown is
 * reached by reading it again from its begin.
 */
#ifndef SOURCE_REPLAY_H
#define SOURCE_REPLAY_H

#include "base/moment.h"
#include "source/stream.h"

/* A stretch of time of one boot */
struct replay_span {
	size_t first; /* its first record */
	u64 begin_ns; /* CLOCK_MONOTONIC */
	u64 end_ns;
	u64 before_ns; /* how long all earlier spans take */
};

/* Two clocks at one moment, from a record on */
struct replay_clock {
	size_t first;
	u64 wall_ns;
	u64 mono_ns;
};

struct replay {
	struct stream *shown; /* at the moment that is shown */
	struct stream *whole; /* read to its end; the caller's */
	struct stream *ahead; /* read anew up to the goal, NULL: not needed */
	const char *const *paths;
	size_t nr_paths;
	const char *
		refusal; /* why only the end can be shown, "" if any moment can */
	char why[256]; /* an error while it was read again, "" if there was none */

	/* what was found, by record */
	u64 *times;
	u8 *kinds;
	size_t nr; /* records */
	size_t room_times, room_kinds;
	struct replay_span *spans;
	size_t nr_spans, room_spans;
	struct replay_clock *clocks;
	size_t nr_clocks, room_clocks;
	u64 boot; /* of the last record, as in struct stream */
	u64 part;
	bool no_memory;

	/* the moment */
	bool ready; /* all was read once */
	size_t shown_at; /* records that it has taken */
	size_t ahead_at;
	size_t goal; /* the same at the moment to be shown */
	u64 now_ns; /* its time, of the boot of its last record */
	bool playing;
	double speed; /* of playing: recorded time by time */
	u64 played_ns; /* loop_now() when now_ns was set */
};

#define REPLAY_SPEED_MIN 0.001
#define REPLAY_SPEED_MAX 1000.0
/* "2", "0.5" or "2x". 0 or -EINVAL. */
int replay_speed_parse(double *speed, const char *text);

/*
 * Call it before the recording is opened: it finds out whether the paths, which must
 * outlive the replay, can be read again. NULL or "-" is standard input.
 */
void replay_init(struct replay *replay, const char *const *paths, size_t nr,
		 bool follow);
/* The stream that was opened from the paths, with its window. */
void replay_start(struct replay *replay, struct stream *whole);
/* Frees all but the caller's stream. */
void replay_close(struct replay *replay);

/*
 * Read on, one buffer at a time. > 0: there may be more to read; 0: there is not, for
 * now; -ENODATA: the end or the moment was reached, so what is shown has changed; or
 * an error with why, after which the end is shown.
 */
int replay_read(struct replay *replay);
/* A descriptor to poll() until the next replay_read(), -1: there is nothing to read. */
int replay_fd(const struct replay *replay);
/* Read until the goal is reached. 0, or an error with why. Not for what is still growing. */
int replay_wait(struct replay *replay);
/* Whether it is on its way to the moment, and how far that is done. */
bool replay_is_moving(const struct replay *replay, unsigned int *percent);
bool replay_at_end(const struct replay *replay);
/* Since the begin, without the time between boots; of: the whole recording. */
u64 replay_elapsed(const struct replay *replay, u64 *of_ns);

/* All of these need replay_can(): everything was read once, and can be read again. */
bool replay_can(const struct replay *replay);
/* Step by events, or by events that begin or end an operation, and stop playing. */
void replay_step(struct replay *replay, long steps, bool operations);
/* Go to a moment, and stop playing. Before the begin or after the end is the begin or the end. -ENOENT: there are no wall-clock times. */
int replay_go(struct replay *replay, const struct moment *moment);
/*
 * The same for what a user typed, which text repeats: -ERANGE with why if the recording
 * does not have it, so that nothing changes. A step from what is shown ends at the begin
 * or the end.
 */
int replay_go_typed(struct replay *replay, const struct moment *moment,
		    const char *text, enum time_style style, char *why,
		    size_t len);
/*
 * The same for the moment to begin with; NULL: the begin. 0, or -EINVAL, -ENOENT or
 * -ERANGE with why; then it is the begin.
 */
int replay_begin_at(struct replay *replay, const char *text,
		    enum time_style style, char *why, size_t len);
/* The wall-clock time of the moment, in ns since 1970; 0: unknown. */
u64 replay_wall(const struct replay *replay);
/* Play on or stop. At the end, play from the begin. */
void replay_play(struct replay *replay, bool play);
void replay_set_speed(struct replay *replay, double speed);
/* Playing: go on to the moment for loop_now(). */
void replay_advance(struct replay *replay);

#endif
