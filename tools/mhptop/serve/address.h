/* SPDX-License-Identifier: GPL-2.0 */
/* The address that mhptop serve listens on. */
#ifndef SERVE_ADDRESS_H
#define SERVE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define SERVE_ADDRESS "127.0.0.1:9464"
#define ADDRESS_TEXT_MAX 64

struct address {
	struct sockaddr_storage socket;
	socklen_t len;
};

/*
 * Parse "127.0.0.1:9464", "localhost:9464" or "[::1]:9464"; port 0 takes a free
 * one. 0, or -EINVAL.
 */
int address_parse(struct address *address, const char *text);
/* Whether only this machine can reach it: a loopback address. */
bool address_is_local(const struct sockaddr *address);
/* "127.0.0.1:9464". Returns buf. */
const char *address_text(char buf[ADDRESS_TEXT_MAX],
			 const struct sockaddr *address);

#endif
