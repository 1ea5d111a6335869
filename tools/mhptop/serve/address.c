// SPDX-License-Identifier: GPL-2.0
/* Addresses as text, and which of them other machines can reach. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/address.h"

static int parse_port(const char *text, in_port_t *port)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)*text) || strlen(text) > 5)
		return -EINVAL;
	number = strtoul(text, &end, 10);
	if (*end || number > 65535)
		return -EINVAL;
	*port = htons(number);
	return 0;
}

/* "HOST" of "HOST:PORT", or of "[HOST]:PORT" */
static int split(const char *text, char *host, size_t len, in_port_t *port,
		 bool *bracketed)
{
	const char *colon = strrchr(text, ':');
	size_t bytes = colon ? colon - text : 0;

	*bracketed = *text == '[';
	if (*bracketed) {
		if (bytes < 3 || colon[-1] != ']')
			return -EINVAL;
		text++;
		bytes -= 2;
	}
	if (!bytes || bytes >= len)
		return -EINVAL;
	memcpy(host, text, bytes);
	host[bytes] = '\0';
	return parse_port(colon + 1, port);
}

bool address_is_local(const struct sockaddr *address)
{
	const struct sockaddr_in6 *six = (const void *)address;
	const struct sockaddr_in *four = (const void *)address;

	if (address->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	return address->sa_family == AF_INET &&
	       ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

int address_parse(struct address *address, const char *text)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->socket;
	struct sockaddr_in *four = (struct sockaddr_in *)&address->socket;
	char host[ADDRESS_TEXT_MAX];
	in_port_t port = 0;
	bool bracketed;

	memset(address, 0, sizeof(*address));
	if (split(text, host, sizeof(host), &port, &bracketed))
		return -EINVAL;
	if (bracketed) {
		six->sin6_family = AF_INET6;
		six->sin6_port = port;
		address->len = sizeof(*six);
		if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1)
			return -EINVAL;
		return 0;
	}
	four->sin_family = AF_INET;
	four->sin_port = port;
	address->len = sizeof(*four);
	if (!strcasecmp(host, "localhost"))
		strcpy(host, "127.0.0.1");
	if (inet_pton(AF_INET, host, &four->sin_addr) != 1)
		return -EINVAL;
	return 0;
}

const char *address_text(char buf[ADDRESS_TEXT_MAX],
			 const struct sockaddr *address)
{
	const struct sockaddr_in6 *six = (const void *)address;
	const struct sockaddr_in *four = (const void *)address;
	char host[INET6_ADDRSTRLEN] = "";

	if (address->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
		snprintf(buf, ADDRESS_TEXT_MAX, "[%s]:%u", host,
			 ntohs(six->sin6_port));
	} else {
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
		snprintf(buf, ADDRESS_TEXT_MAX, "%s:%u", host,
			 ntohs(four->sin_port));
	}
	return buf;
}
