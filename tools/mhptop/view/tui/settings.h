/* SPDX-License-Identifier: GPL-2.0 */
/* The settings of the dashboard that the user saves: lines "name value"; # starts a comment. */
#ifndef VIEW_TUI_SETTINGS_H
#define VIEW_TUI_SETTINGS_H

#include <stddef.h>

struct view_tui;

/*
 * Apply a file. If some of it cannot be, the message says so, and unusable has the
 * lines; the rest is applied. A file that does not exist is none.
 */
void tui_settings_read(struct view_tui *view, const char *path);
/*
 * Write what differs from the defaults, in place of what was there; folders are made.
 * 0, or -errno with a reason in why.
 */
int tui_settings_write(const struct view_tui *view, const char *path, char *why,
		       size_t len);

#endif
