// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into hugetlb-read-hwpoison (same.sh): a SIGBUS does not end the program.
 *
 * In Linux 6.12 madvise(MADV_HWPOISON) sends one to its caller for certain (MF_ACTION_REQUIRED), which the selftest of
 * the same version is not made for: without this it ends at its first bad page, having read nothing of it.
 */
#include <signal.h>
#include <string.h>

static void go_on(int signal)
{
	(void)signal;
}

__attribute__((constructor)) static void handle_sigbus(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = go_on;
	sigaction(SIGBUS, &action, NULL);
}
