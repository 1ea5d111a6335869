/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An HTTP server for pages made in memory, on one thread and inside a poll()
 * loop. Everything is bounded: connections, the time and the memory of each, and
 * how often a page is made.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/types.h"
#include "serve/address.h"
#include "serve/credentials.h"

/* When there are as many, the oldest one makes room for the next one. */
#define HTTP_CONNECTIONS 256
#define HTTP_SECONDS 10 /* from the begin of a connection to its end */
#define HTTP_BYTES 8192 /* of a request: its line and headers */
/*
 * Memory of a connection. Beside a request, the library keeps some 64 bytes for
 * each of its arguments, headers and cookies there, and the headers of the answer;
 * if they find no room, it ends the connection without an answer.
 */
#define HTTP_POOL_BYTES (32 << 10)
/*
 * What only slow readers still hold, at most: of pages, beside the newest of each
 * kind; of answers that are each for one client.
 */
#define HTTP_OLD_BYTES (8 << 20)
#define HTTP_OWN_BYTES (4 << 20)
#define HTTP_SEND_BYTES \
	(64             \
	 << 10) /* of an answer that the kernel keeps; it takes twice as much memory */
#define HTTP_FDS 2

/* What is made when it is asked for */
enum http_page {
	HTTP_METRICS,
	HTTP_OPENMETRICS,
	HTTP_STATE, /* of the page for a browser, JSON */
	HTTP_EVENTS, /* all that are kept */
	HTTP_PAGES
};

/* Who writes what is served. Both return 0 or -errno. */
struct http_ops {
	int (*page)(void *ctx, enum http_page page, FILE *out);
	/* The events after the one whose id a browser has */
	int (*events)(void *ctx, const char *last, FILE *out);
};

struct http;

/*
 * Serve on a listening socket, with TLS if there is a certificate, to those who
 * know the token if there is one. Socket and credentials are http_close()'s to
 * close and to free from now on, even after an error. 0, or -errno with a reason in
 * why; -ENOENT: the library, or its TLS, is not installed.
 */
int http_open(struct http **http, int listener, struct credentials *credentials,
	      const struct http_ops *ops, void *ctx, char *why, size_t len);
/*
 * Use other credentials from now on, which are http_close()'s to free even after
 * an error: then the old ones stay in use, with a reason in why. With TLS, the
 * connections that there are end.
 */
int http_renew(struct http *http, struct credentials *credentials, char *why,
	       size_t len);
/* The address that it listens on. Returns buf. */
const char *http_address(const struct http *http, char buf[ADDRESS_TEXT_MAX]);
/* The descriptors to poll(). */
void http_poll(const struct http *http, struct pollfd fds[HTTP_FDS]);
/* The time at which http_run() must be called at the latest, 0: no limit. */
u64 http_due(const struct http *http);
/* Accept, read, answer and end connections, without blocking. 0 or -errno. */
int http_run(struct http *http);
void http_close(struct http *http); /* NULL is fine */

#endif
