/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The form that events had before schema 3, in recordings and in what other tools
 * recorded on a kernel of that time.
 */
#ifndef OLD_FORM_H
#define OLD_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include "model/event_table.h"

/* The first schema with the current form, and the last one without it */
#define NEW_FORM_SCHEMA 3
#define OLD_FORM_SCHEMA 2

/* The name that a field of an event had, NULL if it had no other name. */
const char *old_form_name(unsigned int event, const char *field);
/* Whether an event did not have a field. It is then read as 0. */
bool old_form_lacks(unsigned int event, const char *field);
/* The value of a word that a field had in addition, -1 if there is no such word. */
long old_form_word(const char *field, const char *word, size_t len);
/* Whether an event had the field "reason", a word, which is now an event. */
bool old_form_has_reason(unsigned int event);

#endif
