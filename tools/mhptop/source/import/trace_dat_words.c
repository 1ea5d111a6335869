// SPDX-License-Identifier: GPL-2.0
/*
 * Translates the numbers of enums in a recording of trace-cmd, which has the
 * words for them in the print format of each event.
 */
#include <stdlib.h>
#include <string.h>
#include <trace-cmd.h>

#include "format/old_form.h"
#include "source/import/trace_dat_words.h"

/* The words of a field, NULL if the format has none. */
static const struct tep_print_flag_sym *
find_words(const struct tep_event *format, const char *field)
{
	const struct tep_print_arg *arg, *of;

	for (arg = format->print_fmt.args; arg; arg = arg->next) {
		if (arg->type != TEP_PRINT_SYMBOL)
			continue;
		of = arg->symbol.field;
		if (of && of->type == TEP_PRINT_FIELD && of->field.name &&
		    !strcmp(of->field.name, field))
			return arg->symbol.symbols;
	}
	return NULL;
}

s64 trace_dat_word(const struct tep_event *format, const char *field,
		   const struct event_symbol *symbols, s64 number, bool *is_new)
{
	const struct tep_print_flag_sym *word = find_words(format, field);
	long value;

	for (; word; word = word->next) {
		if (!word->value || !word->str ||
		    strtoll(word->value, NULL, 0) != number)
			continue;
		value = event_symbol_value(symbols, word->str,
					   strlen(word->str));
		if (value < 0)
			value = old_form_word(field, word->str,
					      strlen(word->str));
		*is_new |= value < 0;
		return value < 0 ? 0 : value;
	}
	return number;
}
