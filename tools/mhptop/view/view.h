/* SPDX-License-Identifier: GPL-2.0 */
/* The views of a model. They do not depend on the source. */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdio.h>
#include "base/units.h"
#include "model/columns.h"
#include "model/model.h"

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
 * consecutive memory blocks that have all members in common. 0 or -errno.
 */
int view_state(const struct model *model, FILE *out);

/* The dashboard; only view/tui/ uses curses. */
struct view_tui;

enum view_tui_event {
	VIEW_TUI_NONE,
	VIEW_TUI_QUIT,
	VIEW_TUI_REDRAW,
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
/* Handle all pending keys. */
enum view_tui_event view_tui_keys(struct view_tui *view,
				  const struct model *model);
/* Handle a new size of the terminal (SIGWINCH). */
void view_tui_resize(struct view_tui *view);
/* While paused, draw only after keys, but continue to read records. */
bool view_tui_paused(const struct view_tui *view);
/* Seconds between frames: as set by keys, or delay by default. */
double view_tui_delay(struct view_tui *view, double delay);
/* Restore the terminal. NULL and repeated calls are allowed. */
void view_tui_close(struct view_tui *view);

#endif
