/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The token that a client must present, in the header Authorization: as a bearer
 * token, or as the password of the user TOKEN_USER, which a browser asks for. A
 * URL never has it: browsers, proxies and logs keep those.
 */
#ifndef SERVE_TOKEN_H
#define SERVE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_USER "mhptop"
/* In bytes. A shorter one can be guessed. */
#define TOKEN_MIN 16
#define TOKEN_MAX 512
/* Room for "TOKEN_USER:token" in base64 and for zeros behind it */
#define TOKEN_SPACE 768

/* What follows "Bearer" and "Basic", with zeros up to the end */
struct token {
	char bearer[TOKEN_SPACE];
	char basic[TOKEN_SPACE];
};

/* 0; -ERANGE: too short or too long; -EINVAL: it has a byte that a bearer token cannot have (RFC 6750). */
int token_set(struct token *token, const char *text, size_t len);
/*
 * Whether a header Authorization, which may be NULL, has the token. The time it
 * takes does not depend on how much of the token is right.
 */
bool token_is_in(const struct token *token, const char *authorization);

#endif
