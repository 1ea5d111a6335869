// SPDX-License-Identifier: GPL-2.0
/*
 * Filters of memory blocks: the expressions of --filter and of the prompt of
 * the dashboard.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model/columns.h"
#include "model/event_table.h"
#include "model/pattern.h"

#define TERMS_MAX 16
#define TERM_LEN PATTERN_MAX

enum operator{
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LIKE,
	OP_UNLIKE,
	OP_BELOW,
	OP_ABOVE,
	OP_UPTO,
	OP_FROM
};

/* Longer operators first, so that "<=" is not parsed as "<". */
static const struct {
	const char *text;
	enum operator op;
} operators[] = {
	{ "!=", OP_UNEQUAL }, { "!~", OP_UNLIKE }, { "<=", OP_UPTO },
	{ ">=", OP_FROM },    { "=", OP_EQUAL },   { "~", OP_LIKE },
	{ "<", OP_BELOW },    { ">", OP_ABOVE },
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct term {
	const struct column *column; /* NULL: a word of any column */
	enum operator op;
	bool either; /* it begins what must match instead of the terms before it */
	s64 value;
	struct pattern *pattern; /* of words and names; NULL: the value */
};

struct block_filter {
	size_t nr;
	struct term terms[TERMS_MAX];
};

/* "-" matches an empty value, which has no word, and an unknown one; "?" matches only the latter. */
static bool parse_empty(struct term *term, const char *text)
{
	if (!strcmp(text, "-"))
		term->value = COLUMN_NONE;
	else if (!strcmp(text, "?"))
		term->value = COLUMN_UNKNOWN;
	else
		return false;
	return true;
}

static bool is_number_operator(const struct term *term, char *why, size_t len)
{
	if (term->op <= OP_UNLIKE)
		return false;
	snprintf(why, len, "%s is not a number: use =, !=, ~ or !~",
		 term->column->key);
	return true;
}

static bool is_negated(const struct term *term)
{
	return term->op == OP_UNEQUAL || term->op == OP_UNLIKE;
}

/* A word, a shell pattern, or after ~ a regular expression */
static int parse_pattern(struct term *term, const char *text, bool cased,
			 char *why, size_t len)
{
	if (term->op == OP_LIKE || term->op == OP_UNLIKE) {
		term->pattern = pattern_regex(text, cased, why, len);
		return term->pattern ? 0 : -EINVAL;
	}
	term->pattern = pattern_word(text, cased);
	if (term->pattern)
		return 0;
	snprintf(why, len, "out of memory");
	return -ENOMEM;
}

static bool symbols_match(const struct event_symbol *symbol,
			  const struct pattern *pattern)
{
	for (; symbol && symbol->name; symbol++)
		if (pattern_matches(pattern, symbol->name))
			return true;
	return false;
}

/* Whether a word without a key can be one of this column. */
static bool has_word(const struct column *column, const struct pattern *pattern)
{
	return !column_is_asked(column) &&
	       symbols_match(column->symbols, pattern);
}

static int parse_word(struct term *term, const char *text, char *why,
		      size_t len)
{
	const struct event_symbol *symbol = term->column->symbols;
	size_t used;
	int err;

	if (is_number_operator(term, why, len))
		return -EINVAL;
	if (term->op <= OP_UNEQUAL && parse_empty(term, text))
		return 0;
	err = parse_pattern(term, text, false, why, len);
	if (err || symbols_match(symbol, term->pattern))
		return err;
	used = snprintf(why, len,
			"%s cannot be '%s'; use one of:", term->column->key,
			text);
	for (; symbol->name; symbol++)
		if (used < len)
			used += snprintf(why + used, len - used, " %s",
					 symbol->name);
	return -EINVAL;
}

/* A name, of which any is possible */
static int parse_name(struct term *term, const char *text, char *why,
		      size_t len)
{
	if (is_number_operator(term, why, len))
		return -EINVAL;
	if (term->op <= OP_UNEQUAL && parse_empty(term, text))
		return 0;
	return parse_pattern(term, text, true, why, len);
}

static int parse_number(struct term *term, const char *text, char *why,
			size_t len)
{
	bool negative = *text == '-';
	u64 ns, number;
	const char *end;

	if (term->op == OP_LIKE || term->op == OP_UNLIKE) {
		snprintf(why, len, "%s is a number: use =, !=, < or >",
			 term->column->key);
		return -EINVAL;
	}
	if (parse_empty(term, text))
		return 0;
	if (term->column->kind == COLUMN_TIME ||
	    term->column->kind == COLUMN_WHEN) {
		if (!duration_parse(&ns, text)) {
			term->value = ns;
			return 0;
		}
		snprintf(why, len, "%s needs " DURATION_EXAMPLE ", not '%s'",
			 term->column->key, text);
		return -EINVAL;
	}
	/* As in JSON, or as in a table. Without 0x, "100" would be ambiguous. */
	if (!number_parse(&number, text + negative, true, &end) && !*end &&
	    number <= INT64_MAX) {
		term->value = negative ? -(s64)number : (s64)number;
		return 0;
	}
	snprintf(why, len, "%s needs a number%s, not '%s'", term->column->key,
		 term->column->kind == COLUMN_HEX ? " such as 0x100000" : "",
		 text);
	return -EINVAL;
}

/* A word without a column must be a word of at least one column. */
static int parse_bare(struct term *term, const char *text, char *why,
		      size_t len)
{
	const struct column *column;
	int err = parse_pattern(term, text, false, why, len);

	if (err)
		return err;
	for (column = columns; column->key; column++)
		if (has_word(column, term->pattern))
			return 0;
	snprintf(
		why, len,
		"'%s' matches no column; use KEY=WORD, KEY!=WORD, or KEY<NUMBER, KEY<=NUMBER and so on",
		text);
	return -EINVAL;
}

static int parse_term(struct term *term, char *text, char *why, size_t len)
{
	char *at = strpbrk(text, "=!<>~");
	size_t i, size;

	if (!at)
		return parse_bare(term, text, why, len);
	for (i = 0; i < ARRAY_SIZE(operators); i++)
		if (!strncmp(at, operators[i].text, strlen(operators[i].text)))
			break;
	if (i == ARRAY_SIZE(operators)) {
		snprintf(why, len,
			 "'%s' has no operator: use =, !=, ~, !~, < or >",
			 text);
		return -EINVAL;
	}
	term->op = operators[i].op;
	size = strlen(operators[i].text);
	*at = '\0';
	term->column = column_find(text);
	if (!term->column) {
		snprintf(why, len, "unknown column '%s'; --help lists them",
			 text);
		return -EINVAL;
	}
	if (column_is_asked(term->column)) {
		snprintf(why, len, "%s " COLUMN_ASKED_WHY, text);
		return -EINVAL;
	}
	if (term->column->kind == COLUMN_WORD)
		return parse_word(term, at + size, why, len);
	if (term->column->kind == COLUMN_TEXT)
		return parse_name(term, at + size, why, len);
	return parse_number(term, at + size, why, len);
}

/* The next term of a filter. 0, -EINVAL or -ENOMEM. */
static int filter_add(struct block_filter *filter, const char *text,
		      size_t size, bool either, char *why, size_t len)
{
	char term[TERM_LEN];

	if (filter->nr == TERMS_MAX || size >= sizeof(term)) {
		snprintf(why, len,
			 "too long: at most %d terms of %d characters each",
			 TERMS_MAX, TERM_LEN - 1);
		return -EINVAL;
	}
	memcpy(term, text, size);
	term[size] = '\0';
	filter->terms[filter->nr].either = either;
	return parse_term(&filter->terms[filter->nr++], term, why, len);
}

static bool is_or(const char *text, size_t size)
{
	return size == 2 && !strncmp(text, "or", 2);
}

int block_filter_parse(struct block_filter **filter, const char *text,
		       char *why, size_t len)
{
	struct block_filter *made = calloc(1, sizeof(*made));
	bool either = false;
	size_t size;
	int err = 0;

	*filter = NULL;
	if (!made) {
		snprintf(why, len, "out of memory");
		return -ENOMEM;
	}
	for (; !err; text += size) {
		text += strspn(text, " ,");
		size = strcspn(text, " ,");
		if (size && (either || !is_or(text, size))) {
			err = filter_add(made, text, size, either, why, len);
			either = false;
		} else if (size && made->nr) {
			either = true;
		} else {
			break;
		}
	}
	if (!err && (size || either)) {
		snprintf(why, len, "'or' needs a term on both sides");
		err = -EINVAL;
	}
	if (err)
		block_filter_free(made);
	else
		*filter = made;
	return err;
}

static bool match_bare(const struct term *term, const struct model *model,
		       const struct mhp_block *block)
{
	const struct column *column;
	const char *word;

	for (column = columns; column->key; column++) {
		if (column->kind != COLUMN_WORD || column_is_asked(column))
			continue;
		word = column_word(column, column->get(model, block));
		if (word && pattern_matches(term->pattern, word))
			return true;
	}
	return false;
}

/* Whether a value is as empty as that of the term, "-" or "?". */
static bool match_empty(const struct term *term, s64 value)
{
	return term->value == COLUMN_NONE ? value <= COLUMN_UNKNOWN :
					    value == COLUMN_UNKNOWN;
}

static bool match_name(const struct term *term, const struct model *model,
		       const struct mhp_block *block)
{
	s64 value = term->column->get(model, block);
	char name[MHP_COMM_LEN + 1];
	bool is;

	if (!term->pattern)
		is = match_empty(term, value);
	else
		is = value > COLUMN_UNKNOWN &&
		     pattern_matches(term->pattern,
				     column_text(term->column, model, block,
						 name));
	return is != is_negated(term);
}

/* A value without a word is empty. */
static bool match_word(const struct term *term, const struct model *model,
		       const struct mhp_block *block)
{
	s64 value = term->column->get(model, block);
	const char *word = column_word(term->column, value);
	bool is;

	if (value != COLUMN_UNKNOWN && !word)
		value = COLUMN_NONE;
	if (!term->pattern)
		is = match_empty(term, value);
	else
		is = word && pattern_matches(term->pattern, word);
	return is != is_negated(term);
}

static bool match_term(const struct term *term, const struct model *model,
		       const struct mhp_block *block)
{
	s64 value;

	if (!term->column)
		return match_bare(term, model, block);
	if (term->column->kind == COLUMN_TEXT)
		return match_name(term, model, block);
	if (term->column->kind == COLUMN_WORD)
		return match_word(term, model, block);
	value = term->column->get(model, block);
	/* An empty or unknown value is neither below nor above any number. */
	/* "-" is any value that is not there, "?" only one that is unknown. */
	if (term->value == COLUMN_NONE && value == COLUMN_UNKNOWN)
		value = COLUMN_NONE;
	switch (term->op) {
	case OP_EQUAL:
		return value == term->value;
	case OP_UNEQUAL:
		return value != term->value;
	case OP_BELOW:
		return value > COLUMN_UNKNOWN && value < term->value;
	case OP_ABOVE:
		return value > COLUMN_UNKNOWN && value > term->value;
	case OP_UPTO:
		return value > COLUMN_UNKNOWN && value <= term->value;
	case OP_FROM:
		return value > COLUMN_UNKNOWN && value >= term->value;
	case OP_LIKE:
	case OP_UNLIKE:
		break;
	}
	return false;
}

bool block_filter_match(const struct block_filter *filter,
			const struct model *model,
			const struct mhp_block *block)
{
	bool all = true;
	size_t i;

	for (i = 0; i < filter->nr; i++) {
		if (filter->terms[i].either && all)
			return true;
		if (filter->terms[i].either)
			all = true;
		all = all && match_term(&filter->terms[i], model, block);
	}
	return all;
}

/* The history column of a word without a column, NULL if any column with this word has no history. */
static const struct column *bare_history(const struct term *term)
{
	const struct column *column, *found = NULL;

	for (column = columns; column->key; column++) {
		if (!has_word(column, term->pattern))
			continue;
		if (!column->history)
			return NULL;
		found = column;
	}
	return found;
}

const struct column *block_filter_history(const struct block_filter *filter)
{
	const struct column *found = NULL;
	const struct term *term;
	size_t i;

	for (i = 0; !found && i < filter->nr; i++) {
		term = &filter->terms[i];
		if (!term->column)
			found = bare_history(term);
		else if (term->column->history)
			found = term->column;
	}
	return found;
}

bool block_filter_has_time(const struct block_filter *filter)
{
	size_t i;

	for (i = 0; i < filter->nr; i++)
		if (filter->terms[i].column &&
		    filter->terms[i].column->kind == COLUMN_TIME)
			return true;
	return false;
}

void block_filter_free(struct block_filter *filter)
{
	size_t i;

	for (i = 0; filter && i < filter->nr; i++)
		pattern_free(filter->terms[i].pattern);
	free(filter);
}
