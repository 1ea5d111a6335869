// SPDX-License-Identifier: GPL-2.0
/* A moment to show, as a user typed it: it must be one of the recording. */
#include <errno.h>
#include <stdio.h>

#include "source/replay.h"

#define PRINTED_NS 1000 /* times are printed in microseconds, rounded down */

/* When a stretch of the recording begins and ends, in what a moment counts in */
struct edges {
	u64 begin_ns, end_ns;
};

static bool has_moment(const struct edges *edges, u64 ns)
{
	return ns + PRINTED_NS > edges->begin_ns &&
	       ns < edges->end_ns + PRINTED_NS;
}

static const struct replay_span *last_span_of(const struct replay *replay)
{
	return &replay->spans[replay->nr_spans - 1];
}

static struct edges elapsed_edges(const struct replay *replay)
{
	struct edges edges = { 0 };

	replay_elapsed(replay, &edges.end_ns);
	return edges;
}

static struct edges wall_edges(const struct replay *replay)
{
	const struct replay_clock *first = replay->clocks;
	const struct replay_clock *last = &first[replay->nr_clocks - 1];

	return (struct edges){
		first->wall_ns + (replay->spans->begin_ns - first->mono_ns),
		last->wall_ns + (last_span_of(replay)->end_ns - last->mono_ns),
	};
}

/* The clock starts anew with each boot: the first one that has the time is shown. */
static bool find_mono(struct replay *replay, u64 ns, struct edges *edges)
{
	size_t i;

	for (i = 0; i < replay->nr_spans; i++) {
		const struct replay_span *span = &replay->spans[i];
		struct moment begin = { MOMENT_BEGIN, (s64)span->before_ns };

		*edges = (struct edges){ span->begin_ns, span->end_ns };
		if (!has_moment(edges, ns))
			continue;
		replay_go(replay, &begin);
		return true;
	}
	*edges = (struct edges){ replay->spans->begin_ns,
				 last_span_of(replay)->end_ns };
	return false;
}

static const char *edge_text(char buf[UNITS_TEXT_MAX], enum moment_kind kind,
			     enum time_style style, u64 ns)
{
	if (kind == MOMENT_WALL)
		return time_wall_text(buf, ns, style == TIME_AS_UTC);
	if (kind == MOMENT_MONO)
		return time_text(buf, ns);
	return duration_text(buf, ns, DURATION_EXACT);
}

static const char *end_verb(enum moment_kind kind)
{
	return kind == MOMENT_MONO || kind == MOMENT_WALL ? "ends at" : "takes";
}

/* Whether the recording has the moment, and the edges of the stretch that has it, or of all. */
static bool find_moment(struct replay *replay, struct moment *moment,
			struct edges *edges)
{
	if (moment->kind == MOMENT_FIRST) {
		moment->kind = MOMENT_MONO;
		moment->ns += (s64)replay->whole->model.first_ns;
	}
	if (moment->kind == MOMENT_MONO)
		return find_mono(replay, moment->ns, edges);
	*edges = moment->kind == MOMENT_WALL ? wall_edges(replay) :
					       elapsed_edges(replay);
	return has_moment(edges, moment->ns);
}

/* What is wrong with a moment that the recording does not have. */
static void refuse_moment(const struct moment *moment,
			  const struct edges *edges, const char *text,
			  enum time_style style, char *why, size_t len)
{
	bool is_early = moment->ns < 0 || (u64)moment->ns < edges->begin_ns;
	char edge[UNITS_TEXT_MAX];

	moment_outside(why, len, text,
		       is_early			     ? "before" :
		       has_moment(edges, moment->ns) ? "in no boot of" :
						       "after",
		       is_early ? "begins at" : end_verb(moment->kind),
		       edge_text(edge, moment->kind, style,
				 is_early ? edges->begin_ns : edges->end_ns));
}

int replay_go_typed(struct replay *replay, const struct moment *wanted,
		    const char *text, enum time_style style, char *why,
		    size_t len)
{
	struct moment moment = *wanted;
	struct edges edges;

	if (moment.kind == MOMENT_WALL && !replay->nr_clocks) {
		snprintf(why, len, "%s", MOMENT_NO_WALL);
		return -ENOENT;
	}
	if (moment.kind == MOMENT_SHOWN || find_moment(replay, &moment, &edges))
		return replay_go(replay, &moment);
	refuse_moment(&moment, &edges, text, style, why, len);
	return -ERANGE;
}

int replay_begin_at(struct replay *replay, const char *text,
		    enum time_style style, char *why, size_t len)
{
	struct moment moment = { MOMENT_BEGIN, 0 };

	replay_go(replay, &moment);
	if (!text)
		return 0;
	if (moment_parse(&moment, text, style, replay_wall(replay))) {
		snprintf(why, len, MOMENT_NONE, text);
		return -EINVAL;
	}
	/* A step from the begin */
	if (moment.kind == MOMENT_SHOWN)
		moment.kind = MOMENT_BEGIN;
	return replay_go_typed(replay, &moment, text, style, why, len);
}
