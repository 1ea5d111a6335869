// SPDX-License-Identifier: GPL-2.0
/*
 * A confined process cannot do what an attacker would want, and can do what its
 * work takes. Each attempt runs in a child of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "ktap.h"

#define HELD 77 /* exit status of a child whose attempt was successful */

static char folder[] = "/tmp/test_confine.XXXXXX";
static char path[sizeof(folder) + 16];
static int file = -1; /* path, open for reading */

/* Attempts: 0 or more if it was successful, < 0 with errno. */

static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid;
}

static int try_exec(void)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };

	return execve("/bin/true", argv, envp);
}

static int try_read(void)
{
	char byte;

	return pread(file, &byte, 1, 0) == 1 && read(file, &byte, 1) == 1 &&
			       !lseek(file, 0, SEEK_SET) ?
		       0 :
		       -1;
}

static int try_memory(void)
{
	char *memory = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct stat status;

	if (memory == MAP_FAILED || fstat(file, &status))
		return -1;
	memory[12345] = 1;
	return munmap(memory, 1 << 22);
}

static int try_map_file(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ?
		       -1 :
		       0;
}

static int try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ?
		       -1 :
		       0;
}

static int try_turn_into_code(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static int try_open(void)
{
	return open(path, O_RDONLY);
}

static int try_write(void)
{
	return open(path, O_WRONLY);
}

static int try_write_too(void)
{
	return open(path, O_RDWR);
}

static int try_truncate(void)
{
	return open(path, O_RDONLY | O_TRUNC);
}

static int try_create(void)
{
	return open(path, O_RDONLY | O_CREAT, 0600);
}

static int try_unlink(void)
{
	return unlink(path);
}

static int try_chmod(void)
{
	return chmod(path, 0777);
}

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static int try_limits(void)
{
	const struct rlimit none = { 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

static int try_user(void)
{
	return setuid(getuid());
}

/* 0 if any capability is left. */
static int try_capability(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { 0 };
	int cap;

	if (syscall(SYS_capget, &header, data))
		return -1;
	if (data[0].effective | data[0].permitted | data[0].inheritable |
	    data[1].effective | data[1].permitted | data[1].inheritable)
		return 0;
	for (cap = 0; cap < 41; cap++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) ||
		    (!getuid() && prctl(PR_CAPBSET_READ, cap, 0, 0, 0)))
			return 0;
	errno = EPERM;
	return -1;
}

static int try_new_privileges(void)
{
	errno = EPERM;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0;
}

static const struct {
	const char *name;
	int (*try)(void);
	/* The lowest level at which it is allowed, or NEVER */
	int from;
} attempts[] = {
#define NEVER (CONFINE_EXEC + 1)
	{ "read an open file", try_read, CONFINE_READ },
	{ "use memory", try_memory, CONFINE_READ },
	{ "map an open file", try_map_file, CONFINE_READ },
	{ "open a file for reading", try_open, CONFINE_OPEN },
	{ "execute a program", try_exec, CONFINE_EXEC },
	{ "map memory as code", try_code, CONFINE_EXEC },
	{ "turn memory into code", try_turn_into_code, CONFINE_EXEC },
	{ "open a socket", try_socket, NEVER },
	{ "open a local socket", try_local_socket, NEVER },
	{ "fork", try_fork, NEVER },
	{ "open a file for writing", try_write, NEVER },
	{ "open a file for reading and writing", try_write_too, NEVER },
	{ "truncate a file", try_truncate, NEVER },
	{ "create a file", try_create, NEVER },
	{ "remove a file", try_unlink, NEVER },
	{ "change the mode of a file", try_chmod, NEVER },
	{ "send a signal", try_kill, NEVER },
	{ "be traced", try_trace, NEVER },
	{ "change a limit", try_limits, NEVER },
	{ "change the user", try_user, NEVER },
};

static void make_file(void)
{
	if (file >= 0)
		close(file);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (write(file, "content\n", 8) != 8)
		abort();
	close(file);
	file = open(path, O_RDONLY);
}

/*
 * The exit status of a child that makes an attempt: 0, or HELD if it was refused
 * with EPERM. may -1: it is not confined.
 */
static int attempt(int (*try)(void), int may)
{
	int status;
	pid_t pid;

	make_file();
	pid = fork();

	if (!pid) {
		if (may >= CONFINE_READ && confine_self(may))
			_exit(1);
		errno = 0;
		if (try() >= 0)
			_exit(0);
		_exit(errno == EPERM ? HELD : 2);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_attempts(void)
{
	static const char *const levels[] = { "read", "open", "exec" };
	size_t i;
	int may;

	for (i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		/* Otherwise a refusal proves nothing. */
		ok(!attempt(attempts[i].try, -1), "unconfined: may %s",
		   attempts[i].name);
		for (may = CONFINE_READ; may <= CONFINE_EXEC; may++)
			ok(attempt(attempts[i].try, may) ==
				   (may < attempts[i].from ? HELD : 0),
			   "%s: %s %s", levels[may],
			   may < attempts[i].from ? "must not" : "may",
			   attempts[i].name);
	}
	eq("no capability is left", attempt(try_capability, CONFINE_EXEC),
	   HELD);
	eq("no new privileges", attempt(try_new_privileges, CONFINE_EXEC),
	   HELD);
}

/* Run a program; its exit status, < 0 if it was not started. Its output is in text. */
static int run_tool(char **argv, char *text, size_t len)
{
	char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	struct confine_tool tool = { .file = argv[0],
				     .argv = argv,
				     .envp = envp,
				     .in = file,
				     .err = -1 };
	int fds[2], status, err;
	ssize_t n;
	pid_t pid;

	if (pipe(fds))
		abort();
	tool.out = fds[1];
	err = confine_spawn(&tool, &pid);
	close(fds[1]);
	n = read(fds[0], text, len - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	if (err)
		return err;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_spawn(void)
{
	char *cat[] = { "cat", CONFINE_TOOL_IN, NULL };
	char *shell[] = { "sh", "-c", "echo begin; (echo forked)", NULL };
	char *writer[] = { "sh", "-c", "echo more >>\"$0\" || echo refused",
			   path, NULL };
	char *missing[] = { "no-such-program", NULL };
	char text[64];
	struct stat status;

	make_file();
	eq("a program runs", run_tool(cat, text, sizeof(text)), 0);
	eq_text("  and reads the file", text, "content\n");
	run_tool(shell, text, sizeof(text));
	eq_text("a program cannot fork", text, "begin\n");
	run_tool(writer, text, sizeof(text));
	eq_text("a program cannot write a file", text, "refused\n");
	ok(!stat(path, &status) && status.st_size == 8,
	   "  and the file is what it was");
	eq("a missing program", run_tool(missing, text, sizeof(text)), -ENOENT);
	if (geteuid())
		return;
	/* In a folder that only root can search. */
	if (chown(path, 65534, 65534))
		abort();
	eq("a program runs for root", run_tool(cat, text, sizeof(text)), 0);
	eq_text("  and reads a file of mode 0600 of another user", text,
		"content\n");
	make_file();
	if (chown(path, 0, 0) || chown(folder, 65534, 65534))
		abort();
	run_tool(cat, text, sizeof(text));
	eq_text("  and a file of its own in another user's folder", text,
		"content\n");
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/file", folder);
	setenv("PATH", "/usr/bin:/bin", 1);
	test_attempts();
	test_spawn();
	unlink(path);
	rmdir(folder);
	return ktap_done();
}
