/* SPDX-License-Identifier: GPL-2.0 */
/* The views of a model. They do not depend on the source. */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdio.h>
#include "base/moment.h"
#include "base/units.h"
#include "model/block_answers.h"
#include "model/columns.h"
#include "model/model.h"
#include "model/operation.h"

enum view_format { VIEW_DASHBOARD, VIEW_TEXT, VIEW_JSON };

struct view_opts {
	enum view_format format;
	double delay; /* between frames, in s; 0: the default */
	unsigned long frames; /* 0: no limit */
	bool ascii; /* no characters beyond ASCII */
	bool color; /* NO_COLOR not set, and a terminal */
	char sort[32]; /* a column's key, "" for pfn */
	bool reverse;
	enum time_style time; /* of the dashboard and of text */
	bool time_given; /* the user asked for it */
	const char *settings; /* path of those of the dashboard, NULL: none */
	const char *filter; /* see columns.h, NULL for all */
	const char *at; /* the moment of a recording to show, NULL: its end */
	double speed; /* of playing a recording, 0: do not play it */
	struct block_answers *answers; /* for the dashboard, NULL: none */
};

/* Seconds between frames */
#define VIEW_DELAY_MIN 0.01
#define VIEW_DELAY_MAX 86400.0
/* Parse a delay within these limits. 0 or -EINVAL. */
int view_delay_parse(double *seconds, const char *text);

/* Write one block of a frame; nth is its position in the list, from 0. */
typedef void (*view_block_put)(FILE *out, const struct model *model,
			       const struct mhp_block *block, size_t nth);
/*
 * Call put for each block of a frame, filtered and sorted. 0, -ENOMEM, or
 * -EINVAL for an invalid filter.
 */
int view_blocks(FILE *out, const struct model *model,
		const struct view_opts *opts, view_block_put put);

/* One frame as plain text: header, zones, ranges, blocks, last events. 0 or -errno. */
int view_text(const struct model *model, const struct view_opts *opts,
	      FILE *out);
/* One frame as one line of JSON. 0 or -errno. */
int view_json(const struct model *model, const struct view_opts *opts,
	      FILE *out);
/*
 * What a page for a browser shows, as one line of JSON: a frame without blocks and
 * without what only root may know, pages and tasks; in their place "runs" of
 * consecutive memory blocks that have all members in common. What is in progress is
 * in open, an array of NR_OPERATIONS; NULL: unknown. The instance names this run of
 * mhptop, in letters and digits. Whether a pipe that events come from has ended is
 * not in the model. 0 or -errno.
 */
int view_state(const struct model *model, const struct operation_open *open,
	       const char *instance, bool pipe_ended, FILE *out);

/* The dashboard; only view/tui/ uses curses. */
struct view_tui;

enum view_tui_event {
	VIEW_TUI_NONE,
	VIEW_TUI_QUIT,
	VIEW_TUI_REDRAW,
	VIEW_TUI_MOVE, /* to another moment of a recording: view_tui_wish() */
};

/* Which moment of a recording is shown, for the header. */
struct view_motion {
	const char *
		refusal; /* why only the end can be shown, "" if any moment can */
	bool ready; /* the end was reached once, so the other members are known */
	bool at_end;
	bool playing;
	bool moving; /* it is read again up to the moment */
	unsigned int percent; /* of that */
	u64 elapsed_ns; /* since the begin */
	u64 of_ns; /* all of it */
	u64 day_ns; /* since 1970, 0: unknown */
	double speed;
};

/* What the user wants to see of a recording. */
struct view_wish {
	enum {
		VIEW_WISH_NONE,
		VIEW_WISH_EVENTS, /* so many steps on, or back if negative */
		VIEW_WISH_OPERATIONS,
		VIEW_WISH_MOMENT,
		VIEW_WISH_PLAY, /* or to stop playing */
		VIEW_WISH_SPEED, /* so many times as fast */
	} what;
	long steps;
	struct moment moment;
	const char *text; /* the moment as typed; until the next key */
	enum time_style style;
	double factor;
};

/* Open the terminal. 0, or -errno with a reason in why. */
int view_tui_open(struct view_tui **view, const struct view_opts *opts,
		  char *why, size_t len);
void view_tui_draw(struct view_tui *view, const struct model *model);
/*
 * The descriptor of the keys, for poll(): standard input, or /dev/tty if
 * standard input is a recording.
 */
int view_tui_fd(const struct view_tui *view);
/* Handle the pending keys, up to one that asks for another moment. */
enum view_tui_event view_tui_keys(struct view_tui *view,
				  const struct model *model);
/* What the last key asked for; once. */
struct view_wish view_tui_wish(struct view_tui *view);
/* Call it before each frame, if it is a recording. */
void view_tui_motion(struct view_tui *view, const struct view_motion *motion);
/* A message for the last line, until the next key. */
void view_tui_message(struct view_tui *view, const char *message);
/* Handle a new size of the terminal (SIGWINCH). */
void view_tui_resize(struct view_tui *view);
/* While paused, draw only after keys, but continue to read records. */
bool view_tui_paused(const struct view_tui *view);
/* Seconds between frames: as set by keys, or delay by default. */
double view_tui_delay(struct view_tui *view, double delay);
/* Restore the terminal. NULL and repeated calls are allowed. */
void view_tui_close(struct view_tui *view);

#endif
