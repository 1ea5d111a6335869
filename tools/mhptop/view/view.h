/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The views: what each makes of a model. None of them knows a source.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdio.h>
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
	const char *filter; /* see columns.h, NULL for all */
};

/* Seconds between frames */
#define VIEW_DELAY_MIN 0.01
#define VIEW_DELAY_MAX 86400.0
/* A duration within these limits. 0 or -EINVAL. */
int view_delay_parse(double *seconds, const char *text);

/*
 * Writes a memory block of a frame; nth is its number in the list, from 0.
 */
typedef void (*view_block_put)(FILE *out, const struct model *model,
			       const struct mhp_block *block, size_t nth);
/*
 * Write the memory blocks that a frame shows, in its order. 0, -ENOMEM, or
 * -EINVAL for an invalid filter.
 */
int view_blocks(FILE *out, const struct model *model,
		const struct view_opts *opts, view_block_put put);

/* One frame as plain text: header, zones, ranges, blocks, last events. */
int view_text(const struct model *model, const struct view_opts *opts,
	      FILE *out);
/* One frame as one line of JSON, as in the CLI contract. */
int view_json(const struct model *model, const struct view_opts *opts,
	      FILE *out);

/* The dashboard. Only view_tui*.c sees curses. */
struct view_tui;

enum view_tui_event {
	VIEW_TUI_NONE,
	VIEW_TUI_QUIT,
	VIEW_TUI_REDRAW,
};

/* Takes the terminal; -ENOTTY, -EINVAL (unknown TERM) otherwise. */
int view_tui_open(struct view_tui **view, const struct view_opts *opts,
		  char *why, size_t len);
void view_tui_draw(struct view_tui *view, const struct model *model);
/*
 * Where keys come from, to be polled: standard input, or the terminal itself
 * when that is a pipe with a recording.
 */
int view_tui_fd(const struct view_tui *view);
/* Handle all keys that are waiting. */
enum view_tui_event view_tui_keys(struct view_tui *view,
				  const struct model *model);
/* Tell it that the terminal changed its size (SIGWINCH). */
void view_tui_resize(struct view_tui *view);
/* Draw only after keys; records are to be taken meanwhile all the same. */
bool view_tui_paused(const struct view_tui *view);
/* Seconds between frames: what was chosen with keys, else delay. */
double view_tui_delay(struct view_tui *view, double delay);
/* Gives the terminal back. There is one view; NULL or a second call is fine. */
void view_tui_close(struct view_tui *view);

#endif
