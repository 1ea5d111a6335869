// SPDX-License-Identifier: GPL-2.0
/* The part of a recording that a user asks for: moments as typed, as times of its records. */
#include <errno.h>
#include <stdio.h>

#include "source/stream.h"

/* Whether the time that it counts from is known: that of the first event is not, and that of the begin is if the header says so. */
static bool can_place(const struct stream *stream, const struct moment *moment)
{
	return moment->kind == MOMENT_MONO ||
	       (moment->kind != MOMENT_FIRST && stream->model.info.mono_ns);
}

/* In whole microseconds, as times are printed */
static u64 place_end(const struct moment *moment, u64 begin_ns, u64 first_ns)
{
	u64 from_ns = moment->kind == MOMENT_MONO  ? 0 :
		      moment->kind == MOMENT_FIRST ? first_ns :
						     begin_ns;
	s64 at_ns = (s64)from_ns + moment->ns;

	return at_ns < 0 ? 0 : (at_ns + 500) / 1000 * 1000;
}

void stream_place_window(struct stream *stream, u64 begin_ns, u64 first_ns)
{
	struct stream_window *window = &stream->window;

	/* Include all of the last microsecond. */
	if (window->has_since)
		stream->model.log_since_ns =
			place_end(&window->since, begin_ns, first_ns);
	if (window->has_until)
		stream->until_ns =
			place_end(&window->until, begin_ns, first_ns) + 999;
	*window = (struct stream_window){ 0 };
}

static int refuse_order(struct stream *stream)
{
	snprintf(stream->why, sizeof(stream->why),
		 "--since is later than --until");
	return -EINVAL;
}

/* A wall-clock time becomes one since the begin, by the clock of the machine then. */
static int parse_end(struct stream *stream, struct moment *moment,
		     bool *is_given, const char *text, enum time_style style)
{
	const struct source_info *info = &stream->model.info;

	*is_given = text;
	if (!text)
		return 0;
	if (moment_parse(moment, text, style, info->wall_ns)) {
		snprintf(stream->why, sizeof(stream->why), MOMENT_NONE, text);
		return -EINVAL;
	}
	if (moment->kind != MOMENT_WALL)
		return 0;
	if (!info->wall_ns) {
		snprintf(stream->why, sizeof(stream->why), "%s",
			 MOMENT_NO_WALL);
		return -ENOENT;
	}
	moment->kind = MOMENT_BEGIN;
	moment->ns -= info->wall_ns;
	return 0;
}

int stream_show_part(struct stream *stream, const char *since,
		     const char *until, enum time_style style)
{
	struct stream_window *window = &stream->window;
	const struct source_info *info = &stream->model.info;
	char edge[UNITS_TEXT_MAX];
	int err;

	err = parse_end(stream, &window->since, &window->has_since, since, style) ?:
		      parse_end(stream, &window->until, &window->has_until,
				until, style);
	if (err)
		return err;
	if (since && until && window->since.kind == window->until.kind &&
	    window->since.ns > window->until.ns)
		return refuse_order(stream);
	if ((since && !can_place(stream, &window->since)) ||
	    (until && !can_place(stream, &window->until)))
		return 0;
	if (until &&
	    place_end(&window->until, info->mono_ns, 0) + 999 < info->mono_ns) {
		moment_outside(stream->why, sizeof(stream->why), until,
			       "before", "begins at",
			       time_text(edge, info->mono_ns));
		return -EINVAL;
	}
	stream_place_window(stream, info->mono_ns, 0);
	if (since && until && stream->model.log_since_ns > stream->until_ns)
		return refuse_order(stream);
	return 0;
}
