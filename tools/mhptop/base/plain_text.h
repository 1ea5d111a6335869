/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text that others wrote, such as names of tasks, hosts and files: what of it
 * is characters, and what must not get to a terminal. JSON has escapes of its
 * own, see json_text.h.
 */
#ifndef PLAIN_TEXT_H
#define PLAIN_TEXT_H

#include <stddef.h>

/* The length of the valid UTF-8 character at text, 0 if there is none. */
size_t plain_text_char(const unsigned char *text, size_t len);
/*
 * Make each control character a '?', in place: a terminal would obey it.
 * Those beyond ASCII too, as characters and as bytes of their own.
 */
void plain_text(char *text);

#endif
