/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text of unknown origin, such as names of tasks, hosts and files: which bytes
 * of it are characters, and which must not reach a terminal.
 */
#ifndef PLAIN_TEXT_H
#define PLAIN_TEXT_H

#include <stddef.h>

/*
 * The bytes of the valid UTF-8 character that text begins with, 0 if it does
 * not begin with one. len must not be 0.
 */
size_t plain_text_char(const unsigned char *text, size_t len);
/*
 * Replace each control character by '?', in place, because a terminal would
 * obey it. This includes C1 controls, both as UTF-8 and as single bytes.
 */
void plain_text(char *text);

#endif
