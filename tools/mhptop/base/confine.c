// SPDX-License-Identifier: GPL-2.0
/*
 * Confines child processes, with a list of allowed system calls for each kind of
 * child. The lists include what the C library, the sanitizers and a crash need.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"

#define TOOL_FD 3 /* CONFINE_TOOL_IN */

static const int of_all[] = {
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek),
	SCMP_SYS(madvise),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(pread64),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield),
	SCMP_SYS(setitimer),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

static const int of_open[] = {
	SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
	SCMP_SYS(fstatfs),    SCMP_SYS(getcwd),	    SCMP_SYS(getdents64),
	SCMP_SYS(lstat),      SCMP_SYS(newfstatat), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(stat),	    SCMP_SYS(statfs),
	SCMP_SYS(statx),
};

static const int of_exec[] = {
	SCMP_SYS(arch_prctl),
	SCMP_SYS(capget),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(execve),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrusage),
	SCMP_SYS(getuid),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(nanosleep),
	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(prctl),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
};

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t nr)
{
	int err = 0;

	while (!err && nr--)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, *calls++, 0);
	return err;
}

#define ALLOW_ALL(filter, calls) \
	allow_all(filter, calls, sizeof(calls) / sizeof((calls)[0]))

/* Allow a call if the bits of a mask have a value in one of its arguments. */
static int allow_if(scmp_filter_ctx filter, int call, unsigned int arg,
		    unsigned long long mask, unsigned long long value)
{
	const struct scmp_arg_cmp cmp = { .arg = arg,
					  .op = SCMP_CMP_MASKED_EQ,
					  .datum_a = mask,
					  .datum_b = value };

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &cmp);
}

/* Memory must not become code, and files must not be opened for writing. */
static int allow_in_part(scmp_filter_ctx filter, enum confine_may may)
{
	const unsigned long long writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int err = 0;

	if (may < CONFINE_EXEC)
		err = allow_if(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0) ?:
			      allow_if(filter, SCMP_SYS(mprotect), 2, PROT_EXEC,
				       0);
	/* What the C library makes of fstat() */
	if (!err && may < CONFINE_OPEN)
		err = allow_if(filter, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH,
			       AT_EMPTY_PATH);
	if (!err && may >= CONFINE_OPEN)
		err = allow_if(filter, SCMP_SYS(openat), 2, writing, 0) ?:
			      allow_if(filter, SCMP_SYS(open), 1, writing, 0);
	/* Whether a descriptor is a terminal; limits may be read, but not set. */
	if (!err && may >= CONFINE_EXEC)
		err = allow_if(filter, SCMP_SYS(ioctl), 1, ~0U, TCGETS) ?:
			      allow_if(filter, SCMP_SYS(prlimit64), 2, ~0ULL,
				       0);
	return err;
}

/* A kernel without CONFIG_SECCOMP_FILTER does not even look at the address. */
static bool has_filters(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) &&
	       errno == EFAULT;
}

static int filter_calls(enum confine_may may)
{
	scmp_filter_ctx filter;
	int err;

	if (!has_filters())
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	err = ALLOW_ALL(filter, of_all);
	if (!err && may >= CONFINE_OPEN)
		err = ALLOW_ALL(filter, of_open);
	if (!err && may >= CONFINE_EXEC)
		err = ALLOW_ALL(filter, of_exec);
	if (!err)
		err = allow_in_part(filter, may);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

/* Only the privileged may; the others have no socket either, because of the filter. */
static void leave_network(void)
{
	unshare(CLONE_NEWNET);
}

/* Lose all capabilities, and never gain any again. */
static int drop_privileges(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int cap;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	/* These two fail without CAP_SETPCAP, or if there is nothing to lose. */
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

int confine_self(enum confine_may may)
{
	int err;

	leave_network();
	err = drop_privileges();
	return err ?: filter_calls(may);
}

static int become_owner(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (geteuid() || !status.st_uid)
		return 0;
	if (setgroups(0, NULL) ||
	    setresgid(status.st_gid, status.st_gid, status.st_gid) ||
	    setresuid(status.st_uid, status.st_uid, status.st_uid))
		return -errno;
	return 0;
}

/* Set up standard descriptors and TOOL_FD; all others are closed by exec. */
static int set_descriptors(const struct confine_tool *tool)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int in = fcntl(tool->in, F_DUPFD_CLOEXEC, TOOL_FD + 1);

	if (null < 0 || in < 0 || dup2(tool->out, STDOUT_FILENO) < 0 ||
	    dup2(tool->err < 0 ? null : tool->err, STDERR_FILENO) < 0 ||
	    dup2(null, STDIN_FILENO) < 0 || dup2(in, TOOL_FD) < 0)
		return -errno;
	return close_range(TOOL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) ? -errno : 0;
}

static void __attribute__((noreturn))
run_tool(const struct confine_tool *tool, int report)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* TOOL_FD must not overwrite it. */
	report = fcntl(report, F_DUPFD_CLOEXEC, TOOL_FD + 1);
	err = report < 0 ? -errno : set_descriptors(tool);
	leave_network();
	if (!err)
		err = become_owner(TOOL_FD);
	if (!err)
		err = drop_privileges();
	/* A damaged file may make the program loop. Changing the user would undo this. */
	if (!err && prctl(PR_SET_PDEATHSIG, SIGKILL))
		err = -errno;
	if (!err)
		err = filter_calls(CONFINE_EXEC);
	if (!err) {
		execvpe(tool->file, tool->argv, tool->envp);
		err = -errno;
	}
	if (write(report, &err, sizeof(err)) != sizeof(err))
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

int confine_spawn(const struct confine_tool *tool, pid_t *pid)
{
	int report[2], err = 0;
	ssize_t n;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	*pid = fork();
	if (!*pid)
		run_tool(tool, report[1]);
	if (*pid < 0)
		err = -errno;
	close(report[1]);
	/* The end of this pipe is a program that runs. */
	do {
		n = err ? 0 : read(report[0], &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(report[0]);
	if (err && *pid > 0)
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			;
	return err;
}
