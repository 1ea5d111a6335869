// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into hugetlb-read-hwpoison (same.sh) so that SIGBUS does not kill it.
 *
 * In Linux 6.12 madvise(MADV_HWPOISON) always sends SIGBUS to its caller (MF_ACTION_REQUIRED), which the selftest of
 * that version does not expect: without a handler it dies at its first poisoned page, before it reads any of it.
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
