// SPDX-License-Identifier: GPL-2.0
/* The columns of the table of blocks, as the user wants them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/tui/choice.h"
#include "view/tui/text.h"

void tui_choice_default(struct tui_choice *choice)
{
	const struct column *column;
	int shown;

	*choice = (struct tui_choice){ 0 };
	for (shown = 1; shown >= 0; shown--)
		for (column = columns; column->key; column++)
			if (column->shown == shown &&
			    choice->nr < TUI_COLUMNS_MAX)
				choice->at[choice->nr++] = (struct tui_chosen){
					.column = column,
					.hidden = column_is_asked(column),
				};
}

int tui_choice_shown(const struct tui_choice *choice,
		     const struct tui_chosen *list[TUI_COLUMNS_MAX + 1])
{
	int i, nr = 0;

	for (i = 0; i < choice->nr; i++)
		if (!choice->at[i].hidden)
			list[nr++] = &choice->at[i];
	list[nr] = NULL;
	return nr;
}

bool tui_choice_toggle(struct tui_choice *choice, int at)
{
	const struct tui_chosen *list[TUI_COLUMNS_MAX + 1];

	if (!choice->at[at].hidden && tui_choice_shown(choice, list) == 1)
		return false;
	choice->at[at].hidden = !choice->at[at].hidden;
	return true;
}

int tui_choice_shift(struct tui_choice *choice, int at, int step)
{
	struct tui_chosen chosen = choice->at[at];
	int to = at + step;

	if (to < 0 || to >= choice->nr)
		return at;
	choice->at[at] = choice->at[to];
	choice->at[to] = chosen;
	return to;
}

int tui_choice_width(const struct tui_chosen *chosen)
{
	int title = strlen(chosen->column->title);

	if (chosen->width)
		return chosen->width;
	return chosen->column->width > title ? chosen->column->width : title;
}

void tui_choice_widen(struct tui_choice *choice, int at, int step)
{
	int width = tui_choice_width(&choice->at[at]) + step;

	if (width >= TUI_WIDTH_MIN && width <= TUI_WIDTH_MAX)
		choice->at[at].width = width;
}

void tui_choice_text(const struct tui_choice *choice, char *buf, size_t len)
{
	const struct tui_chosen *list[TUI_COLUMNS_MAX + 1];
	int i, nr = tui_choice_shown(choice, list);
	size_t used = 0;

	for (i = 0; i < nr && used < len; i++) {
		used += snprintf(buf + used, len - used, "%s%s", i ? "," : "",
				 list[i]->column->key);
		if (list[i]->width && used < len)
			used += snprintf(buf + used, len - used, ":%d",
					 list[i]->width);
	}
}

/* One "key" or "key:width", which moves behind the first nr columns. */
static int choice_take(struct tui_choice *choice, int nr, const char *text,
		       size_t size, char *why, size_t len)
{
	size_t key = strcspn(text, ":,");
	char quoted[TUI_QUOTED_MAX];
	char *end;
	long width = 0;
	int i;

	if (key < size) {
		width = strtol(text + key + 1, &end, 10);
		if (end != text + size || width < TUI_WIDTH_MIN ||
		    width > TUI_WIDTH_MAX) {
			snprintf(why, len,
				 "width %s: need a number from %d to %d",
				 tui_quoted(quoted, text + key + 1,
					    size - key - 1),
				 TUI_WIDTH_MIN, TUI_WIDTH_MAX);
			return -EINVAL;
		}
	}
	for (i = 0; i < choice->nr; i++)
		if (strlen(choice->at[i].column->key) == key &&
		    !strncmp(choice->at[i].column->key, text, key))
			break;
	if (i == choice->nr || i < nr) {
		snprintf(why, len, "%s column %s",
			 i < nr ? "repeated" : "unknown",
			 tui_quoted(quoted, text, key));
		return -EINVAL;
	}
	for (; i > nr; i--)
		tui_choice_shift(choice, i, -1);
	choice->at[nr].width = width;
	choice->at[nr].hidden = false;
	return 0;
}

int tui_choice_parse(struct tui_choice *choice, const char *text, char *why,
		     size_t len)
{
	struct tui_choice made;
	int i, nr = 0, err;
	size_t size;

	tui_choice_default(&made);
	for (i = 0; i < made.nr; i++)
		made.at[i].hidden = true;
	for (;; text++) {
		size = strcspn(text, ",");
		err = choice_take(&made, nr++, text, size, why, len);
		if (err)
			return err;
		text += size;
		if (!*text)
			break;
	}
	*choice = made;
	return 0;
}
