// SPDX-License-Identifier: GPL-2.0
/* Reads the media ranges of a header Accept, with their weights. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "serve/accept.h"

/* RFC 9110, 5.6.2 */
#define TOKEN                                                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"0123456789!#$%&'*+-.^_`|~"
#define SPACE " \t"
#define WHOLE 1000 /* the weight 1; a weight has three decimals */

struct word {
	const char *text;
	size_t len;
};

struct media_range {
	struct word name; /* such as text/plain */
	struct word version; /* of length 0: none */
	int weight; /* -1: this is no range */
};

/* What is served: its media type, that type's wildcard, and the versions that it fits. */
struct media_type {
	const char *name, *wildcard;
	const char *versions[2];
};

static const struct media_type openmetrics = { "application/openmetrics-text",
					       "application/*",
					       { "1.0.0", "0.0.1" } };
static const struct media_type prometheus = { "text/plain",
					      "text/*",
					      { "0.0.4", "0.0.4" } };

static bool word_is(struct word word, const char *text)
{
	return word.len == strlen(text) &&
	       !strncasecmp(word.text, text, word.len);
}

static struct word take_word(const char **at, const char *characters)
{
	struct word word = { *at, strspn(*at, characters) };

	*at += word.len;
	return word;
}

/* A token or what is between quotes, of length 0 if there is neither. */
static struct word take_value(const char **at)
{
	struct word word = { *at + 1, 0 };

	if (**at != '"')
		return take_word(at, TOKEN);
	while (word.text[word.len] && word.text[word.len] != '"')
		word.len += word.text[word.len] == '\\' &&
					    word.text[word.len + 1] ?
				    2 :
				    1;
	/* Without the end of the quotes, this is no range: it ends at its quote. */
	if (!word.text[word.len])
		return (struct word){ *at, 0 };
	*at = word.text + word.len + 1;
	return word;
}

/* In thousandths, -1 if it is none. Further decimals are left out. */
static int parse_weight(struct word word)
{
	int weight, decimal = WHOLE / 10;
	size_t i;

	if (!word.len || (*word.text != '0' && *word.text != '1') ||
	    (word.len > 1 && word.text[1] != '.'))
		return -1;
	weight = *word.text == '1' ? WHOLE : 0;
	for (i = 2; i < word.len; i++, decimal /= 10) {
		if (!isdigit((unsigned char)word.text[i]))
			return -1;
		weight += (word.text[i] - '0') * decimal;
	}
	return weight > WHOLE ? -1 : weight;
}

static void take_parameter(const char **at, struct media_range *range)
{
	struct word name = take_word(at, TOKEN), value = { 0 };

	if (**at == '=') {
		++*at;
		value = take_value(at);
	}
	if (word_is(name, "q"))
		range->weight = parse_weight(value);
	else if (word_is(name, "version"))
		range->version = value;
}

/* The next range of a list, whose end is the next comma or that of the text. */
static struct media_range take_range(const char **at)
{
	struct media_range range = { .weight = WHOLE };

	*at += strspn(*at, SPACE ",");
	range.name = take_word(at, TOKEN "/");
	*at += strspn(*at, SPACE);
	while (**at == ';') {
		*at += strspn(*at, SPACE ";");
		take_parameter(at, &range);
		*at += strspn(*at, SPACE);
	}
	if (**at && **at != ',')
		range.weight = -1;
	*at += strcspn(*at, ",");
	return range;
}

/* How closely a range names a type: 3: itself, 2: its wildcard, 1: everything, 0: not at all. */
static int range_fit(const struct media_range *range,
		     const struct media_type *type)
{
	if (range->weight < 0)
		return 0;
	if (word_is(range->name, type->name))
		return !range->version.len ||
				       word_is(range->version,
					       type->versions[0]) ||
				       word_is(range->version,
					       type->versions[1]) ?
			       3 :
			       0;
	return word_is(range->name, type->wildcard) ? 2 :
	       word_is(range->name, "*/*")	    ? 1 :
						      0;
}

/* The weight that the closest ranges give to a type, and how close they are. */
static int type_weight(const char *accept, const struct media_type *type,
		       int *closest)
{
	int weight = 0;

	*closest = 0;
	while (*accept) {
		struct media_range range = take_range(&accept);
		int fit = range_fit(&range, type);

		if (!fit || fit < *closest)
			continue;
		if (fit > *closest || range.weight > weight)
			weight = range.weight;
		*closest = fit;
	}
	return weight;
}

bool accept_openmetrics(const char *accept)
{
	int ours, text, ours_fit, text_fit;

	if (!accept)
		return false;
	ours = type_weight(accept, &openmetrics, &ours_fit);
	text = type_weight(accept, &prometheus, &text_fit);
	return ours > text || (ours && ours == text && ours_fit == 3);
}
