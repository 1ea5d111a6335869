// SPDX-License-Identifier: GPL-2.0
/* Talks to the service manager, through libsystemd, which is loaded if there is one. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "base/loop.h"
#include "base/service.h"
#include "base/status.h"

#define LIBRARY "libsystemd.so.0"

/* A function of the library, NULL if that is not installed. */
static void *find_symbol(const char *name)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	void *function = library ? dlsym(library, name) : NULL;

	if (!function)
		status_fail(
			STATUS_OK,
			"cannot talk to the service manager: install " LIBRARY);
	return function;
}

static void notify(const char *state)
{
	typeof(sd_notify) *function;

	if (!getenv("NOTIFY_SOCKET"))
		return;
	function = find_symbol("sd_notify");
	if (function && function(0, state) < 0)
		status_fail(STATUS_OK, "cannot notify the service manager");
}

/* Twice as often as it must be, as sd_watchdog_enabled(3) recommends. */
static u64 watchdog_ns(void)
{
	typeof(sd_watchdog_enabled) *function;
	uint64_t us = 0;

	if (!getenv("WATCHDOG_USEC"))
		return 0;
	function = find_symbol("sd_watchdog_enabled");
	return function && function(0, &us) > 0 ? us * 1000 / 2 : 0;
}

void service_ready(struct service *service)
{
	service->every_ns = watchdog_ns();
	service->due_ns = service->every_ns ? loop_now() + service->every_ns :
					      0;
	notify("READY=1");
}

void service_alive(struct service *service)
{
	if (!service->due_ns || loop_now() < service->due_ns)
		return;
	notify("WATCHDOG=1");
	service->due_ns = loop_now() + service->every_ns;
}

void service_status(const char *format, ...)
{
	char text[512] = "STATUS=";
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - used, format, args);
	va_end(args);
	notify(text);
}

void service_stopping(void)
{
	notify("STOPPING=1");
}

int service_socket(void)
{
	typeof(sd_is_socket) *is_socket;
	typeof(sd_listen_fds) *listen_fds;
	int fd = SD_LISTEN_FDS_START, flags, nr;

	if (!getenv("LISTEN_FDS"))
		return -ENOENT;
	listen_fds = find_symbol("sd_listen_fds");
	is_socket = find_symbol("sd_is_socket");
	if (!listen_fds || !is_socket)
		return -EINVAL;
	nr = listen_fds(1);
	/* The variable may be meant for another process. */
	if (nr == 0)
		return -ENOENT;
	if (nr != 1 || (is_socket(fd, AF_INET, SOCK_STREAM, 1) <= 0 &&
			is_socket(fd, AF_INET6, SOCK_STREAM, 1) <= 0))
		return -EINVAL;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return -errno;
	return fd;
}
