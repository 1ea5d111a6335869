/* SPDX-License-Identifier: GPL-2.0 */
/* The socket that mhptop serve listens on. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include "serve/address.h"
#include "serve/credentials.h"

/* Whether it may be served on: only this machine can reach it, or all of the files are given. */
bool listen_is_allowed(const struct sockaddr *address,
		       const struct credential_files *files);
/*
 * The socket that the service manager passed, or else a new one on an address.
 * -errno, with a reason in why; -EACCES: other machines can reach it, and not all of
 * the files are given.
 */
int listen_open(const struct address *address,
		const struct credential_files *files, char *why, size_t len);

#endif
