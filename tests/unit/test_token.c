// SPDX-License-Identifier: GPL-2.0
/* Tests of the token of mhptop serve: what a header must be to have it, and how near a wrong one may come. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "serve/token.h"
#include "ktap.h"

/* Heap, so that the sanitizer sees what is read behind the end. */
static bool has(const struct token *token, const char *scheme, const char *text)
{
	char *header = malloc(strlen(scheme) + strlen(text) + 1);
	bool ret;

	strcpy(header, scheme);
	strcat(header, text);
	ret = token_is_in(token, header);
	free(header);
	return ret;
}

static void test_set(void)
{
	static const char *const bad[] = {
		"0123456789abcde ",    "0123456789\tabcdef",
		"0123456789:abcdef",   "0123456789\"abcdef",
		"0123456789abcde\xc3", "0123456789abcde\x7f",
	};
	char text[TOKEN_MAX + 2];
	struct token token;
	size_t i;

	memset(text, 'x', sizeof(text));
	eq("a token of 15 characters", token_set(&token, text, TOKEN_MIN - 1),
	   -ERANGE);
	eq("of 16", token_set(&token, text, TOKEN_MIN), 0);
	eq("of 512", token_set(&token, text, TOKEN_MAX), 0);
	eq("of 513", token_set(&token, text, TOKEN_MAX + 1), -ERANGE);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(token_set(&token, bad[i], strlen(bad[i])) == -EINVAL,
		   "bad characters in a token, %zu", i);
	eq("a byte 0 in a token", token_set(&token, "0123456789\0abcdef", 17),
	   -EINVAL);
}

/* What base64(1) prints for the pair, for each number of bytes that are left over in the end. */
static void test_pairs(void)
{
	static const struct {
		const char *token, *pair;
	} pairs[] = {
		{ "0123456789abcdef", "bWhwdG9wOjAxMjM0NTY3ODlhYmNkZWY=" },
		{ "0123456789abcdefg", "bWhwdG9wOjAxMjM0NTY3ODlhYmNkZWZn" },
		{ "0123456789abcdefgh",
		  "bWhwdG9wOjAxMjM0NTY3ODlhYmNkZWZnaA==" },
		{ "~~~~~~~~~~~~~~~~~~",
		  "bWhwdG9wOn5+fn5+fn5+fn5+fn5+fn5+fg==" },
		{ "-._~+/==AZaz09-._~",
		  "bWhwdG9wOi0uX34rLz09QVphejA5LS5ffg==" },
	};
	struct token token;
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		token_set(&token, pairs[i].token, strlen(pairs[i].token));
		ok(has(&token, "Basic ", pairs[i].pair),
		   "the password %s of the user mhptop", pairs[i].token);
		ok(has(&token, "bearer  ", pairs[i].token), "the token itself");
		ok(!has(&token, "Basic ", pairs[i].token) &&
			   !has(&token, "Bearer ", pairs[i].pair),
		   "each with the other scheme has it not");
	}
}

static void test_near(const char *scheme, const char *right,
		      const struct token *token)
{
	size_t len = strlen(right), i, wrong = 0;
	char *text = strdup(right);

	ok(has(token, scheme, text), "%zu bytes that are right", len);
	for (i = 0; i < len; i++) {
		text[i] ^= 1;
		wrong += has(token, scheme, text);
		text[i] ^= 1;
	}
	eq("one byte is wrong, at each place", wrong, 0);
	for (i = len; i-- > 0;) {
		text[i] = '\0';
		wrong += has(token, scheme, text);
	}
	eq("each beginning of it", wrong, 0);
	free(text);
}

static void test_headers(void)
{
	static const char secret[] = "0123456789abcdef";
	static const char *const others[] = {
		"",
		" ",
		"Bearer",
		"Basic",
		"Bearer ",
		"Basic ",
		"Bearer\t0123456789abcdef",
		"Bearer0123456789abcdef",
		" Bearer 0123456789abcdef",
		"Bearer 0123456789abcdef ",
		"Bearer 0123456789abcdef0",
		"Digest 0123456789abcdef",
		"0123456789abcdef",
		"Bearer 0123456789ABCDEF",
		"Bearer ?0123456789abcdef",
	};
	char most[TOKEN_MAX + 1], text[2 * TOKEN_SPACE];
	struct token token;
	size_t i;

	token_set(&token, secret, strlen(secret));
	ok(!token_is_in(&token, NULL), "no header");
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		ok(!token_is_in(&token, others[i]), "'%s' does not have it",
		   others[i]);
	test_near("Bearer ", secret, &token);
	test_near("Basic ", token.basic, &token);
	memset(most, 'm', TOKEN_MAX);
	most[TOKEN_MAX] = '\0';
	token_set(&token, most, TOKEN_MAX);
	test_near("Bearer ", most, &token);
	test_near("Basic ", token.basic, &token);
	for (i = 1; i < sizeof(text); i++) {
		memset(text, 'm', i);
		text[i] = '\0';
		if (i != TOKEN_MAX && has(&token, "Bearer ", text))
			break;
	}
	eq("no other length", i, sizeof(text));
}

int main(void)
{
	test_set();
	test_pairs();
	test_headers();
	return ktap_done();
}
