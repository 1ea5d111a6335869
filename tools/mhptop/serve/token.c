// SPDX-License-Identifier: GPL-2.0
/* Compares what a client sends with the token that it must know. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/types.h"
#include "serve/token.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static void put_base64(char *out, const char *text, size_t len)
{
	static const char digits[] = LETTERS DIGITS "+/";
	size_t i, nth;

	for (i = 0; i < len; i += 3) {
		u32 bits = (unsigned char)text[i] << 16;

		if (i + 1 < len)
			bits |= (unsigned char)text[i + 1] << 8;
		if (i + 2 < len)
			bits |= (unsigned char)text[i + 2];
		for (nth = 0; nth < 4; nth++)
			*out++ = i + nth > len ?
					 '=' :
					 digits[bits >> (18 - 6 * nth) & 63];
	}
}

int token_set(struct token *token, const char *text, size_t len)
{
	char pair[sizeof(TOKEN_USER ":") + TOKEN_MAX] = TOKEN_USER ":";

	memset(token, 0, sizeof(*token));
	if (len < TOKEN_MIN || len > TOKEN_MAX)
		return -ERANGE;
	memcpy(token->bearer, text, len);
	if (strspn(token->bearer, LETTERS DIGITS "-._~+/=") != len)
		return -EINVAL;
	memcpy(pair + strlen(TOKEN_USER ":"), text, len);
	put_base64(token->basic, pair, strlen(pair));
	explicit_bzero(pair, sizeof(pair));
	return 0;
}

/* All of the room is compared, whatever is in it. */
static bool is_equal(const char secret[TOKEN_SPACE], const char *text)
{
	volatile unsigned char differences = 0;
	char padded[TOKEN_SPACE] = "";
	size_t i, len = strlen(text);

	if (len >= TOKEN_SPACE)
		return false;
	memcpy(padded, text, len);
	for (i = 0; i < TOKEN_SPACE; i++)
		differences |= secret[i] ^ padded[i];
	return !differences;
}

/* What follows the name of a scheme, NULL if it is another one. */
static const char *skip_scheme(const char *authorization, const char *scheme)
{
	size_t len = strlen(scheme);

	if (strncasecmp(authorization, scheme, len) ||
	    authorization[len] != ' ')
		return NULL;
	return authorization + len + strspn(authorization + len, " ");
}

bool token_is_in(const struct token *token, const char *authorization)
{
	const char *text;

	if (!authorization)
		return false;
	text = skip_scheme(authorization, "Bearer");
	if (text)
		return is_equal(token->bearer, text);
	text = skip_scheme(authorization, "Basic");
	return text && is_equal(token->basic, text);
}
