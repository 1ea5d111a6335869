// SPDX-License-Identifier: GPL-2.0
/* The child process that reads a vmlinux, and the functions by which its parent talks to it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "check/call_site_child.h"
#include "check/call_site_dwarf.h"
#include "check/call_site_elf.h"

/* -- Messages, which fit into the socket's buffer -------------------------- */

static int site_send(int fd, const void *message, size_t size)
{
	ssize_t n;

	do {
		n = write(fd, message, size);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -EPIPE;
}

static int site_receive(int fd, void *message, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, message, size);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -EPIPE;
}

/* -- The child -------------------------------------------------------------- */

static bool is_same(const struct call_site *a, const struct call_site *b)
{
	return !strcmp(a->function, b->function) && !strcmp(a->file, b->file) &&
	       a->line == b->line;
}

/* A call has several places if the compiler copied it, e.g. into each function that it is inlined into. */
static size_t add_site(struct call_site *list, size_t nr,
		       const struct call_site *site)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!is_same(&list[i], site))
			continue;
		if (strcmp(list[i].within, site->within))
			*list[i].within = '\0';
		return nr;
	}
	list[nr] = *site;
	return nr + 1;
}

/* Collect the sites with a verdict into list, which has room for elf->nr_tests. */
static size_t collect(const struct site_elf *elf,
		      const struct mhp_record *record, enum site_verdict wanted,
		      struct call_site *list)
{
	struct call_site site;
	size_t i, nr = 0;

	for (i = 0; i < elf->nr_tests; i++)
		if (elf->tests[i].event == record->event &&
		    site_resolve(elf->module, elf->tests[i].pc, record,
				 &site) == wanted)
			nr = add_site(list, nr, &site);
	return nr;
}

static void find_sites(const struct site_elf *elf,
		       const struct mhp_record *record,
		       struct site_answer *answer)
{
	struct call_site *list = calloc(elf->nr_tests ?: 1, sizeof(*list));

	memset(answer, 0, sizeof(*answer));
	if (!list)
		return;
	answer->nr = collect(elf, record, SITE_FITS, list);
	if (!answer->nr)
		answer->nr = collect(elf, record, SITE_OTHER, list);
	memcpy(answer->found, list,
	       (answer->nr < SITES_FOUND_MAX ? answer->nr : SITES_FOUND_MAX) *
		       sizeof(*list));
	free(list);
}

static void __attribute__((noreturn))
serve(int fd, const char *path, int file, const char *release)
{
	struct site_hello hello = { 0 };
	struct site_answer answer;
	struct mhp_record record;
	struct site_elf elf = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	hello.err = confine_self(CONFINE_OPEN);
	if (hello.err)
		snprintf(hello.why, sizeof(hello.why),
			 "cannot confine the process that reads it: %s",
			 strerror(-hello.err));
	else if (path)
		hello.err = site_elf_open(&elf, path, file, hello.why,
					  sizeof(hello.why));
	else
		hello.err = site_elf_find(&elf, release);
	snprintf(hello.release, sizeof(hello.release), "%s", elf.release);
	if (site_send(fd, &hello, sizeof(hello)) || hello.err)
		_exit(EXIT_SUCCESS);
	while (!site_receive(fd, &record, sizeof(record))) {
		find_sites(&elf, &record, &answer);
		if (site_send(fd, &answer, sizeof(answer)))
			break;
	}
	_exit(EXIT_SUCCESS);
}

/* -- The parent ------------------------------------------------------------- */

void site_child_start(struct site_child *child, const char *path,
		      const char *release, struct site_hello *hello)
{
	int fds[2], file = -1;

	memset(hello, 0, sizeof(*hello));
	/* Opened here, because the child may not be able to search the path. */
	if (path)
		file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (path && file < 0) {
		hello->err = -EINVAL;
		snprintf(hello->why, sizeof(hello->why), "%s", strerror(errno));
		return;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		hello->err = -errno;
		goto out;
	}
	child->pid = fork();
	if (!child->pid) {
		close(fds[0]);
		serve(fds[1], path, file, release);
	}
	close(fds[1]);
	child->fd = fds[0];
	if (child->pid < 0) {
		hello->err = -errno;
		close(fds[0]);
		child->pid = 0;
	} else if (site_receive(child->fd, hello, sizeof(*hello))) {
		hello->err = -EINVAL;
		snprintf(hello->why, sizeof(hello->why), "libdw crashed");
	}
	/* It may be under somebody else's control. */
	hello->release[sizeof(hello->release) - 1] = '\0';
	hello->why[sizeof(hello->why) - 1] = '\0';
	if (hello->err)
		site_child_stop(child);
out:
	if (file >= 0)
		close(file);
	if (hello->err && !*hello->why)
		snprintf(hello->why, sizeof(hello->why), "%s",
			 strerror(-hello->err));
}

void site_child_ask(struct site_child *child, const struct mhp_record *record,
		    struct site_answer *answer)
{
	size_t i;

	if (child->pid && (site_send(child->fd, record, sizeof(*record)) ||
			   site_receive(child->fd, answer, sizeof(*answer))))
		site_child_stop(child);
	if (!child->pid)
		memset(answer, 0, sizeof(*answer));
	for (i = 0; i < SITES_FOUND_MAX; i++) {
		answer->found[i].function[CALL_SITE_NAME - 1] = '\0';
		answer->found[i].within[CALL_SITE_NAME - 1] = '\0';
		answer->found[i].file[CALL_SITE_FILE - 1] = '\0';
	}
}

void site_child_stop(struct site_child *child)
{
	if (!child->pid)
		return;
	close(child->fd);
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
}
