/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which columns the table of blocks has, in which order, and how wide they are. No
 * curses.
 */
#ifndef VIEW_TUI_CHOICE_H
#define VIEW_TUI_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include "model/columns.h"

#define TUI_COLUMNS_MAX 64
#define TUI_WIDTH_MIN 3
#define TUI_WIDTH_MAX 40

struct tui_chosen {
	const struct column *column;
	int width; /* 0: that of the column */
	bool hidden;
};

struct tui_choice {
	struct tui_chosen at[TUI_COLUMNS_MAX];
	int nr;
};

/* All columns, those first that tables have by default; but none that the machine has to be asked for. */
void tui_choice_default(struct tui_choice *choice);
/* Show or hide a column. False if it is the only one that is shown. */
bool tui_choice_toggle(struct tui_choice *choice, int at);
/* Move a column by a step. Returns its new place. */
int tui_choice_shift(struct tui_choice *choice, int at, int step);
void tui_choice_widen(struct tui_choice *choice, int at, int step);
/* The width of a column that is shown. */
int tui_choice_width(const struct tui_chosen *chosen);
/* The shown columns, NULL at the end. Returns how many. */
int tui_choice_shown(const struct tui_choice *choice,
		     const struct tui_chosen *list[TUI_COLUMNS_MAX + 1]);
/* The shown columns as text: "id,state:20,zone". */
void tui_choice_text(const struct tui_choice *choice, char *buf, size_t len);
/* The opposite. 0, or -EINVAL with a reason in why; nothing changes then. */
int tui_choice_parse(struct tui_choice *choice, const char *text, char *why,
		     size_t len);

#endif
