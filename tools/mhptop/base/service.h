/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a service manager is told, and the socket that it passes: the protocols of
 * systemd, sd_notify(3) and sd_listen_fds(3). Without such a manager nothing
 * happens, and its library is not loaded.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stddef.h>
#include "base/types.h"

struct service {
	u64 every_ns; /* how often the manager wants to hear of us, 0: never */
	u64 due_ns; /* when it does next, on loop_now()'s clock */
};

/*
 * Report that the program is ready: in the middle of its work, with everything
 * opened. Failing to do so only costs a line on stderr.
 */
void service_ready(struct service *service);
/* Report that the loop still runs, if that is due. Call it after each turn, and at service->due_ns at the latest. */
void service_alive(struct service *service);
/* Tell in one line what the program does. */
void service_status(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/* Report that the program is about to end. */
void service_stopping(void);
/* The one socket that the manager passed; -ENOENT: none; -EINVAL: not exactly one, or no listening TCP socket. */
int service_socket(void);

#endif
