/* SPDX-License-Identifier: GPL-2.0 */
/* The words of enums in a recording of trace-cmd. */
#ifndef TRACE_DAT_WORDS_H
#define TRACE_DAT_WORDS_H

#include "model/event_table.h"

struct tep_event;

/*
 * Translate the number that a kernel has for a word to ours: the words are the
 * same on all kernels, the numbers are not. Numbers for which the event's format
 * has no word are returned unchanged. is_new becomes true, and the result means
 * nothing, if the word is not one of ours.
 */
s64 trace_dat_word(const struct tep_event *format, const char *field,
		   const struct event_symbol *symbols, s64 number,
		   bool *is_new);

#endif
