/* SPDX-License-Identifier: GPL-2.0 */
/* The socket that mhptop serve listens on. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include "serve/address.h"

/*
 * The socket that the service manager passed, or else a new one on an address.
 * -errno, with a reason in why; -EACCES: the one that was passed can be reached
 * from other machines.
 */
int listen_open(const struct address *address, char *why, size_t len);

#endif
