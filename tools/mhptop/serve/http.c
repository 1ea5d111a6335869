// SPDX-License-Identifier: GPL-2.0
/*
 * The HTTP server, on libmicrohttpd. Connections are accepted here, not by the
 * library: a stranger who keeps all of them busy must not keep others out, so the
 * oldest one is closed to make room.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "export/openmetrics.h"
#include "serve/accept.h"
#include "serve/assets.h"
#include "serve/http.h"
#include "serve/library.h"

#define ACCEPTS 64 /* connections accepted in one run */
#define PAUSE_NS (LOOP_NS / 10) /* until it is tried again to accept */
#define FRESH_NS (LOOP_NS / 4) /* how long a page is used again */
/* As GnuTLS wants it: older versions are not safe any more. */
#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* The library; the same for all servers. */
static const struct mhd *mhd;

struct client {
	struct MHD_Connection *connection;
	int fd;
	u64 end_ns; /* when it is ended */
};

struct page {
	struct MHD_Response *response; /* NULL: not made yet */
	size_t len;
	u64 made_ns;
};

/* A text that a response has, until the last client has read it */
struct held {
	char *text;
	size_t len;
	size_t *sum; /* of those of its kind */
};

struct http {
	struct MHD_Daemon *daemon;
	int listener;
	int epoll;
	struct credentials *credentials;
	const struct http_ops *ops;
	void *ctx;
	struct page pages[HTTP_PAGES];
	size_t paged; /* bytes of pages in memory, also of those that only clients still hold */
	size_t own; /* bytes of the answers that are each for one client */
	struct client clients[HTTP_CONNECTIONS]; /* the oldest first */
	int nr;
	u64 accept_ns; /* when clients are accepted again, 0: now */
};

/*
 * One request for each connection, so that the time of both is limited. The page
 * for a browser needs nothing from anywhere else, and may be part of nothing else.
 */
static void add_headers(struct MHD_Response *response, const char *type)
{
	static const char *const headers[][2] = {
		{ MHD_HTTP_HEADER_CONNECTION, "close" },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Content-Security-Policy",
		  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
		  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'" },
	};
	size_t i;

	mhd->MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				     type);
	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		mhd->MHD_add_response_header(response, headers[i][0],
					     headers[i][1]);
}

static const char *page_type(enum http_page page)
{
	switch (page) {
	case HTTP_METRICS:
		return metrics_type(METRICS_TEXT);
	case HTTP_OPENMETRICS:
		return metrics_type(METRICS_OPENMETRICS);
	case HTTP_EVENTS:
		return "text/event-stream";
	default:
		return "application/json";
	}
}

static void release_text(void *ctx)
{
	struct held *held = ctx;

	*held->sum -= held->len;
	free(held->text);
	free(held);
}

/* A response with a text, which is its to free and counts in sum until then; NULL after an error. */
static struct MHD_Response *hold_text(char *text, size_t len, size_t *sum)
{
	struct held *held = malloc(sizeof(*held));
	struct MHD_Response *response = NULL;

	if (held)
		response =
			mhd->MHD_create_response_from_buffer_with_free_callback_cls(
				len, text, release_text, held);
	if (!response) {
		free(held);
		free(text);
		return NULL;
	}
	*held = (struct held){ text, len, sum };
	*sum += len;
	return response;
}

/* A response with what was written to out, text in the end; NULL after an error. */
static struct MHD_Response *end_page(FILE *out, char **text, size_t *len,
				     int err, const char *type, size_t *sum)
{
	struct MHD_Response *response;

	if (fclose(out) || err) {
		free(*text);
		return NULL;
	}
	response = hold_text(*text, *len, sum);
	if (response)
		add_headers(response, type);
	return response;
}

static struct MHD_Response *make_page(struct http *http, enum http_page page,
				      size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		return NULL;
	return end_page(out, &text, len, http->ops->page(http->ctx, page, out),
			page_type(page), &http->paged);
}

/*
 * The response that holds a page. However many clients there are, and however
 * slowly they read, there are few pages in memory: while slow readers hold too
 * many old ones, which they can for HTTP_SECONDS, the last one is sent again.
 */
static struct MHD_Response *find_page(struct http *http, enum http_page number)
{
	struct page *page = &http->pages[number];
	u64 now = loop_now();

	if (page->response && (now - page->made_ns < FRESH_NS ||
			       http->paged - page->len > HTTP_OLD_BYTES))
		return page->response;
	if (page->response)
		mhd->MHD_destroy_response(page->response);
	page->len = 0;
	page->response = make_page(http, number, &page->len);
	page->made_ns = now;
	return page->response;
}

/* A browser asks for user and password. */
static void add_challenges(struct MHD_Response *response)
{
	mhd->MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
				     "Bearer realm=\"mhptop\"");
	mhd->MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
				     "Basic realm=\"mhptop\"");
}

static enum MHD_Result answer_static(struct MHD_Connection *connection,
				     unsigned int code, const char *text,
				     size_t len, const char *type)
{
	struct MHD_Response *response = mhd->MHD_create_response_from_buffer(
		len, (void *)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	add_headers(response, type);
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		mhd->MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					     "GET, HEAD");
	if (code == MHD_HTTP_UNAUTHORIZED)
		add_challenges(response);
	if (code == MHD_HTTP_SERVICE_UNAVAILABLE)
		mhd->MHD_add_response_header(response,
					     MHD_HTTP_HEADER_RETRY_AFTER, "1");
	ret = mhd->MHD_queue_response(connection, code, response);
	mhd->MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection,
				   unsigned int code, const char *text)
{
	return answer_static(connection, code, text, strlen(text),
			     "text/plain; charset=utf-8");
}

static enum MHD_Result answer_page(struct http *http,
				   struct MHD_Connection *connection,
				   enum http_page page)
{
	struct MHD_Response *response = find_page(http, page);

	if (!response)
		return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "cannot make the page\n");
	return mhd->MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static const char *request_header(struct MHD_Connection *connection,
				  const char *name)
{
	return mhd->MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						name);
}

/* A browser says which event it has seen last. Those that have seen none get the same answer. */
static enum MHD_Result answer_events(struct http *http,
				     struct MHD_Connection *connection)
{
	const char *last = request_header(connection, "Last-Event-ID");
	struct MHD_Response *response;
	enum MHD_Result ret;
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int err;

	if (!last)
		return answer_page(http, connection, HTTP_EVENTS);
	if (http->own > HTTP_OWN_BYTES)
		return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "too many clients read slowly\n");
	out = open_memstream(&text, &len);
	if (!out)
		return MHD_NO;
	err = http->ops->events(http->ctx, last, out);
	response = end_page(out, &text, &len, err, page_type(HTTP_EVENTS),
			    &http->own);
	if (!response)
		return MHD_NO;
	ret = mhd->MHD_queue_response(connection, MHD_HTTP_OK, response);
	mhd->MHD_destroy_response(response);
	return ret;
}

/*
 * Whether the request is for an address, not for a name: a name may be that of a
 * stranger's web site, which resolves to this machine in order to read the answer.
 * Such a site does not know the token, and the browser keeps it from it.
 */
static bool is_for_address(const struct http *http,
			   struct MHD_Connection *connection)
{
	const char *host = request_header(connection, MHD_HTTP_HEADER_HOST);
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	if (http->credentials->has_token)
		return true;
	if (!host || strlen(host) > sizeof(text) - 4)
		return false;
	/* Browsers leave out port 80. */
	snprintf(text, sizeof(text), "%s%s", host,
		 strchr(host, ':') && host[strlen(host) - 1] != ']' ? "" :
								      ":80");
	return !address_parse(&address, text);
}

static enum MHD_Result handle_get(struct http *http,
				  struct MHD_Connection *connection,
				  const char *url)
{
	const struct asset *asset = assets_find(url);

	if (asset)
		return answer_static(connection, MHD_HTTP_OK, asset->text,
				     asset->end - asset->text, asset->type);
	if (!strcmp(url, "/metrics"))
		return answer_page(
			http, connection,
			accept_openmetrics(request_header(
				connection, MHD_HTTP_HEADER_ACCEPT)) ?
				HTTP_OPENMETRICS :
				HTTP_METRICS);
	if (strcmp(url, "/state") && strcmp(url, "/events"))
		return answer_text(connection, MHD_HTTP_NOT_FOUND,
				   "not found\n");
	if (!is_for_address(http, connection))
		return answer_text(connection, MHD_HTTP_FORBIDDEN,
				   "ask for an address or for localhost\n");
	if (!strcmp(url, "/events"))
		return answer_events(http, connection);
	return answer_page(http, connection, HTTP_STATE);
}

static bool is_allowed(const struct http *http,
		       struct MHD_Connection *connection)
{
	const struct credentials *credentials = http->credentials;

	return !credentials->has_token ||
	       token_is_in(&credentials->token,
			   request_header(connection,
					  MHD_HTTP_HEADER_AUTHORIZATION));
}

/* Of line and headers */
static size_t request_bytes(struct MHD_Connection *connection)
{
	return mhd
		->MHD_get_connection_info(
			connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
		->header_size;
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *data,
			      size_t *size, void **request)
{
	struct http *http = ctx;

	(void)version;
	(void)data;
	(void)size;
	(void)request;
	if (request_bytes(connection) > HTTP_BYTES)
		return answer_text(
			connection,
			strlen(url) >= HTTP_BYTES ?
				MHD_HTTP_URI_TOO_LONG :
				MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
			"the request is too large\n");
	if (!is_allowed(http, connection))
		return answer_text(
			connection, MHD_HTTP_UNAUTHORIZED,
			"the token is missing or wrong: send it as a bearer token, or as the password of the user " TOKEN_USER
			"\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				   "only GET and HEAD are known\n");
	return handle_get(http, connection, url);
}

/* A path is known by its very bytes: what is escaped in it stays so. */
static size_t keep_escapes(void *ctx, struct MHD_Connection *connection,
			   char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

static void client_ended(struct http *http, struct MHD_Connection *connection)
{
	struct client *client = http->clients;
	struct client *end = client + http->nr;

	while (client < end && client->connection != connection)
		client++;
	if (client == end)
		return;
	memmove(client, client + 1, (end - client - 1) * sizeof(*client));
	http->nr--;
	http->accept_ns = 0;
}

static void notice(void *ctx, struct MHD_Connection *connection, void **socket,
		   enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct http *http = ctx;

	(void)socket;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		client_ended(http, connection);
		return;
	}
	info = mhd->MHD_get_connection_info(connection,
					    MHD_CONNECTION_INFO_CONNECTION_FD);
	http->clients[http->nr++] = (struct client){
		.connection = connection,
		.fd = info->connect_fd,
		.end_ns = loop_now() + HTTP_SECONDS * LOOP_NS,
	};
}

/* The library learns it from its descriptor, and ends the connection. */
static void end_client(struct client *client)
{
	shutdown(client->fd, SHUT_RDWR);
}

/* Otherwise the kernel keeps megabytes for each client that does not read. */
static void limit_send_buffer(int fd)
{
	int size = HTTP_SEND_BYTES;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* The oldest makes room for the next one. */
static void end_oldest(struct http *http)
{
	end_client(&http->clients[0]);
	mhd->MHD_run(http->daemon);
}

/*
 * Without a descriptor for the next client, the oldest one makes room as well. The
 * socket stays readable meanwhile: if that does not help at once, do not watch it.
 */
static int accept_failed(struct http *http, int err)
{
	if (err == EINVAL || err == EBADF)
		return -err;
	if (err != EMFILE && err != ENFILE && err != ENOBUFS && err != ENOMEM)
		return 0;
	http->accept_ns = loop_now() + PAUSE_NS;
	if (http->nr)
		end_oldest(http);
	return 0;
}

static int accept_clients(struct http *http)
{
	struct sockaddr_storage from;
	socklen_t len;
	int fd, i;

	if (http->accept_ns > loop_now())
		return 0;
	http->accept_ns = 0;
	for (i = 0; i < ACCEPTS; i++) {
		if (http->nr == HTTP_CONNECTIONS)
			end_oldest(http);
		if (http->nr == HTTP_CONNECTIONS)
			return 0;
		len = sizeof(from);
		fd = accept4(http->listener, (struct sockaddr *)&from, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return accept_failed(http, errno);
		limit_send_buffer(fd);
		/* Whether or not it succeeds, the descriptor is not ours any more. */
		mhd->MHD_add_connection(http->daemon, fd,
					(struct sockaddr *)&from, len);
		/* Version 1.0 of the library reports the connection only now. */
		mhd->MHD_run(http->daemon);
	}
	return 0;
}

int http_run(struct http *http)
{
	u64 now = loop_now();
	int i, err;

	for (i = 0; i < http->nr && http->clients[i].end_ns <= now; i++)
		end_client(&http->clients[i]);
	if (mhd->MHD_run(http->daemon) != MHD_YES)
		return -EIO;
	err = accept_clients(http);
	if (!err && mhd->MHD_run(http->daemon) != MHD_YES)
		err = -EIO;
	return err;
}

u64 http_due(const struct http *http)
{
	MHD_UNSIGNED_LONG_LONG ms;
	u64 due = http->nr ? http->clients[0].end_ns : 0, soon;

	loop_sooner(&due, http->accept_ns);
	if (mhd->MHD_get_timeout(http->daemon, &ms) != MHD_YES)
		return due;
	soon = loop_now() + ms * 1000000;
	return due && due < soon ? due : soon;
}

void http_poll(const struct http *http, struct pollfd fds[HTTP_FDS])
{
	fds[0] = (struct pollfd){
		.fd = http->accept_ns ? -1 : http->listener,
		.events = POLLIN,
	};
	fds[1] = (struct pollfd){ .fd = http->epoll, .events = POLLIN };
}

const char *http_address(const struct http *http, char buf[ADDRESS_TEXT_MAX])
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);

	getsockname(http->listener, (struct sockaddr *)&address, &len);
	return address_text(buf, (struct sockaddr *)&address);
}

/* A daemon that has a descriptor to poll, NULL after an error. */
static struct MHD_Daemon *open_daemon(struct http *http, unsigned int flags,
				      struct MHD_OptionItem *options,
				      int *epoll)
{
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon = mhd->MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | flags, 0, NULL, NULL,
		handle, http, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)HTTP_CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_POOL_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)HTTP_SECONDS,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
		keep_escapes, NULL, MHD_OPTION_NOTIFY_CONNECTION, notice, http,
		MHD_OPTION_ARRAY, options, MHD_OPTION_END);

	if (!daemon)
		return NULL;
	info = mhd->MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info) {
		mhd->MHD_stop_daemon(daemon);
		return NULL;
	}
	*epoll = info->epoll_fd;
	return daemon;
}

/*
 * Start a daemon with these credentials, in the place of the one that there may be.
 * 0, or -errno with a reason in why.
 */
static int start_daemon(struct http *http,
			const struct credentials *credentials, char *why,
			size_t len)
{
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, credentials->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, credentials->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_VERSIONS },
		{ MHD_OPTION_END, 0, NULL },
	}, none = { MHD_OPTION_END, 0, NULL };
	bool has_tls = credentials->certificate;
	struct MHD_Daemon *daemon;
	int epoll;

	if (has_tls &&
	    mhd->MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
		snprintf(
			why, len,
			"cannot serve HTTPS: this libmicrohttpd was built without TLS");
		return -ENOENT;
	}
	daemon = open_daemon(http, has_tls ? MHD_USE_TLS : 0,
			     has_tls ? tls : &none, &epoll);
	if (!daemon) {
		snprintf(
			why, len,
			has_tls ?
				"cannot serve HTTPS: --tls-cert and --tls-key must be a certificate and its key without a passphrase, in PEM" :
				"cannot serve HTTP: libmicrohttpd does not start");
		return -EIO;
	}
	if (http->daemon)
		mhd->MHD_stop_daemon(http->daemon);
	http->daemon = daemon;
	http->epoll = epoll;
	return 0;
}

int http_open(struct http **opened, int listener,
	      struct credentials *credentials, const struct http_ops *ops,
	      void *ctx, char *why, size_t len)
{
	struct http *http = NULL;
	int err = -ENOENT;

	*opened = NULL;
	mhd = mhd_load(why, len);
	if (!mhd)
		goto out;
	err = -ENOMEM;
	snprintf(why, len, "cannot serve HTTP: %s", strerror(-err));
	http = calloc(1, sizeof(*http));
	if (!http)
		goto out;
	http->ops = ops;
	http->ctx = ctx;
	http->listener = listener;
	http->credentials = credentials;
	err = start_daemon(http, credentials, why, len);
	if (err) {
		http_close(http);
		return err;
	}
	*opened = http;
	return 0;
out:
	credentials_free(credentials);
	close(listener);
	return err;
}

int http_renew(struct http *http, struct credentials *credentials, char *why,
	       size_t len)
{
	int err = 0;

	if (credentials->certificate)
		err = start_daemon(http, credentials, why, len);
	if (err) {
		credentials_free(credentials);
		return err;
	}
	credentials_free(http->credentials);
	http->credentials = credentials;
	return 0;
}

void http_close(struct http *http)
{
	int i;

	if (!http)
		return;
	if (http->daemon)
		mhd->MHD_stop_daemon(http->daemon);
	for (i = 0; i < HTTP_PAGES; i++)
		if (http->pages[i].response)
			mhd->MHD_destroy_response(http->pages[i].response);
	if (http->listener >= 0)
		close(http->listener);
	credentials_free(http->credentials);
	free(http);
}
