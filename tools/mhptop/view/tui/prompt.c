// SPDX-License-Identifier: GPL-2.0
/* The last line: prompts with their line editor, messages and hints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/tui/line.h"
#include "view/tui/state.h"
#include "view/tui/keys.h"

void tui_line_set(struct tui_line *line, const char *text)
{
	line->len = strnlen(text, TUI_LINE_MAX);
	memcpy(line->text, text, line->len);
	line->text[line->len] = '\0';
	line->at = line->len;
}

bool tui_line_insert(struct tui_line *line, int c)
{
	if (c < ' ' || c > '~' || line->len == TUI_LINE_MAX)
		return false;
	memmove(line->text + line->at + 1, line->text + line->at,
		line->len - line->at + 1);
	line->text[line->at++] = c;
	line->len++;
	return true;
}

/* Delete the characters between from and to, and move the cursor there. */
static void line_cut(struct tui_line *line, size_t from, size_t to)
{
	memmove(line->text + from, line->text + to, line->len - to + 1);
	line->len -= to - from;
	line->at = from;
}

static size_t word_begin(const struct tui_line *line)
{
	size_t at = line->at;

	while (at && line->text[at - 1] == ' ')
		at--;
	while (at && line->text[at - 1] != ' ')
		at--;
	return at;
}

void tui_line_edit(struct tui_line *line, enum tui_edit edit)
{
	switch (edit) {
	case TUI_EDIT_LEFT:
		line->at -= line->at > 0;
		break;
	case TUI_EDIT_RIGHT:
		line->at += line->at < line->len;
		break;
	case TUI_EDIT_HOME:
		line->at = 0;
		break;
	case TUI_EDIT_END:
		line->at = line->len;
		break;
	case TUI_EDIT_BACKSPACE:
		if (line->at)
			line_cut(line, line->at - 1, line->at);
		break;
	case TUI_EDIT_DELETE:
		if (line->at < line->len)
			line_cut(line, line->at, line->at + 1);
		break;
	case TUI_EDIT_KILL_WORD:
		line_cut(line, word_begin(line), line->at);
		break;
	case TUI_EDIT_KILL_LINE:
		line_cut(line, 0, line->len);
		break;
	}
}

static const char *const hints[] = {
#define X(action, keys, hint, ...) hint,
	TUI_KEYS(X)
#undef X
};

static const struct {
	int key;
	enum tui_edit edit;
} edits[] = {
	{ TUI_KEY_LEFT, TUI_EDIT_LEFT },
	{ TUI_KEY_RIGHT, TUI_EDIT_RIGHT },
	{ TUI_KEY_HOME, TUI_EDIT_HOME },
	{ TUI_CTRL('A'), TUI_EDIT_HOME },
	{ TUI_KEY_END, TUI_EDIT_END },
	{ TUI_CTRL('E'), TUI_EDIT_END },
	{ TUI_KEY_BACKSPACE, TUI_EDIT_BACKSPACE },
	{ TUI_KEY_DELETE, TUI_EDIT_DELETE },
	{ TUI_CTRL('W'), TUI_EDIT_KILL_WORD },
	{ TUI_CTRL('U'), TUI_EDIT_KILL_LINE },
};

void tui_prompt_open(struct view_tui *view, enum tui_mode mode)
{
	char text[32];

	view->mode = mode;
	view->message[0] = '\0';
	snprintf(text, sizeof(text), "%g", view->delay);
	tui_line_set(&view->prompt, mode == TUI_FILTER ? view->filter_text :
				    mode == TUI_DELAY  ? text :
							 "");
}

bool tui_prompt_is_open(const struct view_tui *view)
{
	return view->mode == TUI_FILTER || view->mode == TUI_DELAY ||
	       view->mode == TUI_MOMENT;
}

bool tui_can_move(struct view_tui *view)
{
	const struct view_motion *motion = &view->motion;

	if (motion->ready)
		return true;
	snprintf(view->message, sizeof(view->message), "%s",
		 !motion->refusal ? "only a recording has other moments" :
		 *motion->refusal ? motion->refusal :
				    "the recording is still being read");
	return false;
}

static int moment_set(struct view_tui *view, const char *text)
{
	struct view_wish wish = { .what = VIEW_WISH_MOMENT,
				  .text = text,
				  .style = view->time };

	if (moment_parse(&wish.moment, text, view->time, view->motion.day_ns)) {
		snprintf(view->message, sizeof(view->message),
			 "no time: '%.40s'", text);
		return -1;
	}
	view->wish = wish;
	return 0;
}

static int delay_set(struct view_tui *view, const char *text)
{
	double delay;

	if (view_delay_parse(&delay, text)) {
		snprintf(view->message, sizeof(view->message),
			 "invalid delay '%.40s': need %g to %g seconds", text,
			 VIEW_DELAY_MIN, VIEW_DELAY_MAX);
		return -1;
	}
	view->delay = delay;
	view->delay_changed = true;
	return 0;
}

void tui_delay_step(struct view_tui *view, double factor)
{
	double delay = (view->delay > 0 ? view->delay : 1) * factor;

	view->delay_changed = true;
	view->delay = delay < VIEW_DELAY_MIN ? VIEW_DELAY_MIN :
		      delay > VIEW_DELAY_MAX ? VIEW_DELAY_MAX :
					       delay;
}

/* On an error, show the message and keep the prompt open. */
static void prompt_accept(struct view_tui *view)
{
	int err;

	if (view->mode == TUI_DELAY)
		err = delay_set(view, view->prompt.text);
	else if (view->mode == TUI_MOMENT)
		err = moment_set(view, view->prompt.text);
	else
		err = tui_filter(view, view->prompt.text, view->message,
				 sizeof(view->message));
	if (!err)
		view->mode = TUI_MAIN;
}

static void prompt_cancel(struct view_tui *view)
{
	if (view->mode == TUI_FILTER)
		tui_filter(view, "", view->message, sizeof(view->message));
	view->mode = TUI_MAIN;
}

void tui_prompt_key(struct view_tui *view, int key)
{
	size_t i;

	view->message[0] = '\0';
	if (key == TUI_KEY_ENTER) {
		prompt_accept(view);
		return;
	}
	if (key == TUI_KEY_ESC) {
		prompt_cancel(view);
		return;
	}
	for (i = 0; i < sizeof(edits) / sizeof(*edits); i++)
		if (edits[i].key == key) {
			tui_line_edit(&view->prompt, edits[i].edit);
			return;
		}
	tui_line_insert(&view->prompt, key);
}

/* A line that is too long is scrolled so that the cursor is visible. */
static void line_draw(const struct view_tui *view, struct tui_pen *pen)
{
	const struct tui_line *line = &view->prompt;
	int room = pen->end - pen->x - 1, from = 0;

	if (room < 1)
		return;
	if ((int)line->at > room)
		from = line->at - room;
	tui_screen_cursor(pen->y, pen->x + line->at - from);
	tui_pen_force(pen, TUI_VALUE, "%.*s", room, line->text + from);
}

static const char *prompt_title(enum tui_mode mode)
{
	return mode == TUI_FILTER ? "Filter: " :
	       mode == TUI_DELAY  ? "Seconds: " :
				    "Time: ";
}

static const char *prompt_hint(enum tui_mode mode)
{
	return mode == TUI_FILTER ?
		       "  (key=word key<number word; Esc: show all)" :
	       mode == TUI_DELAY ?
		       "  (between frames)" :
		       "  (as printed, 1.5s from the start, +1.5s or -1.5s)";
}

/* Beside a prompt, a message has at most half of the row, to leave room for typing; a longer one is above. */
static bool message_is_above(const struct view_tui *view, int cols)
{
	return tui_prompt_is_open(view) &&
	       tui_screen_width(view->message) > cols / 2;
}

int tui_footer_rows(const struct view_tui *view, int cols)
{
	if (!*view->message)
		return 1;
	if (tui_prompt_is_open(view) && !message_is_above(view, cols))
		return 1;
	return tui_rows_draw(view->message, TUI_ALARM, 0, 0, cols) +
	       message_is_above(view, cols);
}

static void prompt_draw(const struct view_tui *view, struct tui_pen *pen)
{
	const char *why = view->message;

	if (*why && !message_is_above(view, pen->end)) {
		struct tui_pen right = *pen;
		int width = tui_screen_width(why);

		right.x = pen->end - width;
		pen->end -= width + 1;
		tui_pen_force(&right, TUI_FAILED, "%s", why);
	}
	tui_pen_force(pen, TUI_TITLE, "%s", prompt_title(view->mode));
	line_draw(view, pen);
	if (!*why)
		tui_pen_write(pen, TUI_DIM, "%s", prompt_hint(view->mode));
}

enum {
#define X(action, ...) HINT_##action,
	TUI_KEYS(X)
#undef X
};

/* Whether the key does something in the view that is shown. */
static bool hint_applies(const struct view_tui *view, size_t hint)
{
	bool blocks = view->view == TUI_VIEW_blocks;

	switch (hint) {
	case HINT_filter:
	case HINT_failed:
	case HINT_columns:
	case HINT_next:
	case HINT_log:
	case HINT_map:
	case HINT_table:
	case HINT_ranges_pane:
		return blocks;
	case HINT_sort:
	case HINT_reverse:
		return blocks || view->view == TUI_VIEW_ranges;
	case HINT_event_back:
	case HINT_moment:
		return view->motion.ready;
	}
	return true;
}

static void hints_draw(const struct view_tui *view, struct tui_pen *pen)
{
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (*hints[i] && hint_applies(view, i))
			tui_pen_write(pen, TUI_DIM, "%s ", hints[i]);
}

void tui_footer_draw(const struct view_tui *view)
{
	const struct tui_area *area = &view->panes.footer;
	bool prompt = tui_prompt_is_open(view);
	struct tui_pen pen = { area->y + area->height - 1, 0,
			       view->panes.cols };

	if (*view->message && (!prompt || message_is_above(view, pen.end)))
		tui_rows_draw(view->message, prompt ? TUI_FAILED : TUI_ALARM,
			      area->y, area->height - prompt, pen.end);
	if (prompt)
		prompt_draw(view, &pen);
	else if (*view->message)
		return;
	else if (view->mode == TUI_SORT)
		tui_pen_write(&pen, TUI_DIM,
			      "Enter:sort by this column  Esc:cancel");
	else if (view->mode == TUI_COLUMNS)
		tui_pen_force(
			&pen, TUI_DIM,
			"Space:show or hide  Left Right:move  + -:width  d:default  Esc:done");
	else if (view->mode != TUI_MAIN)
		tui_pen_write(&pen, TUI_DIM, "Esc:back  Up Down PgUp PgDn%s",
			      view->mode == TUI_DETAIL ?
				      "  Left Right:other blocks" :
				      "");
	else
		hints_draw(view, &pen);
}
