// SPDX-License-Identifier: GPL-2.0
/*
 * Starts a process that answers, one question and one answer at a time, each a packet of a socket. It knows nothing but
 * the numbers in the questions, and ends with the process that asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers/apart.h"

struct apart {
	int fd;
	pid_t pid;
};

/* The terminal belongs to the dashboard. */
static void leave_terminal(void)
{
	int fd, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

/* An answer about forecasts is much shorter than one about a page. */
static size_t answer_size(const struct apart_answer *answer)
{
	return answer->kind == APART_PAGE ?
		       sizeof(*answer) :
		       offsetof(struct apart_answer, forecasts) +
			       sizeof(answer->forecasts);
}

static void answer_one(struct machine *machine,
		       const struct apart_question *question,
		       struct apart_answer *answer)
{
	answer->kind = question->kind;
	if (question->kind == APART_PAGE)
		machine_look(machine, &question->page, &answer->page);
	else
		forecast_look(machine_pages(machine), machine_blind(machine),
			      &question->forecasts, &answer->forecasts);
}

/* What is looked at is opened with the first question, so that a dashboard that never asks costs nothing. */
static void answer_all(int fd)
{
	static struct apart_answer answer;
	struct machine *machine = NULL;
	struct apart_question question;

	while (recv(fd, &question, sizeof(question), 0) == sizeof(question)) {
		if (!machine)
			machine = machine_open();
		if (!machine)
			return;
		answer_one(machine, &question, &answer);
		if (send(fd, &answer, answer_size(&answer), MSG_NOSIGNAL) < 0)
			return;
	}
}

static void run_apart(int fd, pid_t parent)
{
	/* It may be in the middle of a long look when the dashboard is killed. */
	if (!prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent) {
		leave_terminal();
		answer_all(fd);
	}
	_exit(0);
}

struct apart *apart_start(void)
{
	struct apart *apart = malloc(sizeof(*apart));
	pid_t parent = getpid();
	int fds[2];

	if (!apart)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		free(apart);
		return NULL;
	}
	apart->pid = fork();
	if (!apart->pid) {
		close(fds[0]);
		run_apart(fds[1], parent);
	}
	close(fds[1]);
	apart->fd = fds[0];
	if (apart->pid > 0)
		return apart;
	close(fds[0]);
	free(apart);
	return NULL;
}

void apart_end(struct apart *apart)
{
	if (!apart)
		return;
	close(apart->fd);
	kill(apart->pid, SIGKILL);
	waitpid(apart->pid, NULL, 0);
	free(apart);
}

int apart_fd(const struct apart *apart)
{
	return apart->fd;
}

int apart_ask(struct apart *apart, const struct apart_question *question)
{
	ssize_t n = send(apart->fd, question, sizeof(*question),
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 ? -errno : 0;
}

int apart_take(struct apart *apart, struct apart_answer *answer)
{
	ssize_t n = recv(apart->fd, answer, sizeof(*answer), MSG_DONTWAIT);

	if (n > 0 && (size_t)n == answer_size(answer))
		return 1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n < 0 ? -errno : -EPIPE;
}
