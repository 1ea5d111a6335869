/* SPDX-License-Identifier: GPL-2.0 */
/* What mhptop serve needs to serve others: a certificate, its key, and a token, each from a file. */
#ifndef SERVE_CREDENTIALS_H
#define SERVE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include "serve/token.h"

#define CREDENTIALS_WHY_MAX 512 /* of a reason, which names a file */

/* Paths, NULL: none. Certificate and key come together. */
struct credential_files {
	const char *certificate, *key, *token;
};

struct credentials {
	char *certificate, *key; /* PEM; both NULL: no TLS */
	bool has_token;
	struct token token;
};

static inline bool
credential_files_are_given(const struct credential_files *files)
{
	return files->certificate || files->token;
}

/* Whether other machines may reach what these files protect. */
static inline bool
credential_files_are_complete(const struct credential_files *files)
{
	return files->certificate && files->token;
}

/*
 * Read the files. Returns 0 with what the caller frees, or -errno with a reason in
 * why: what cannot be read, or may be read by other users, is refused.
 */
int credentials_read(struct credentials **credentials,
		     const struct credential_files *files, char *why,
		     size_t len);
void credentials_free(struct credentials *credentials); /* NULL is fine */

#endif
