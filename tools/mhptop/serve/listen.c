// SPDX-License-Identifier: GPL-2.0
/* Opens the socket that mhptop serve listens on, or takes it from the service manager. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/service.h"
#include "serve/listen.h"

#define BACKLOG 1024

static int listen_on(const struct address *address)
{
	int fd = socket(address->socket.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (const struct sockaddr *)&address->socket,
		  address->len) &&
	    !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

bool listen_is_allowed(const struct sockaddr *address,
		       const struct credential_files *files)
{
	return address_is_local(address) ||
	       credential_files_are_complete(files);
}

/* The socket itself, or -EACCES. */
static int check_passed(int fd, const struct credential_files *files, char *why,
			size_t len)
{
	struct sockaddr_storage address = { 0 };
	socklen_t bytes = sizeof(address);
	char text[ADDRESS_TEXT_MAX];

	getsockname(fd, (struct sockaddr *)&address, &bytes);
	if (listen_is_allowed((struct sockaddr *)&address, files))
		return fd;
	snprintf(
		why, len,
		"cannot serve on %s, the socket that was passed: other machines can reach it, which needs --tls-cert, --tls-key and --token-file",
		address_text(text, (struct sockaddr *)&address));
	close(fd);
	return -EACCES;
}

int listen_open(const struct address *address,
		const struct credential_files *files, char *why, size_t len)
{
	char text[ADDRESS_TEXT_MAX];
	int fd = service_socket();

	if (fd >= 0)
		return check_passed(fd, files, why, len);
	if (fd != -ENOENT) {
		snprintf(why, len,
			 "the service manager must pass one TCP socket");
		return fd;
	}
	fd = listen_on(address);
	if (fd < 0)
		snprintf(
			why, len, "cannot listen on %s: %s",
			address_text(text,
				     (const struct sockaddr *)&address->socket),
			strerror(-fd));
	return fd;
}
