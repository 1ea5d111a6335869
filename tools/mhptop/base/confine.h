/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Confines a child process that reads a file which may have been made to attack
 * its reader. The child keeps its user, but loses all capabilities, the network
 * and the system calls that it does not need.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <sys/types.h>

/* What a confined process may do besides using memory and descriptors that are open. */
enum confine_may {
	CONFINE_READ, /* nothing else */
	CONFINE_OPEN, /* open files for reading */
	CONFINE_EXEC, /* the same, and start another program in its place */
};

/*
 * Confine the calling process for good. A system call that is not allowed fails
 * with EPERM, unless the kernel has no CONFIG_SECCOMP_FILTER. 0, or -errno: do not
 * go on, as it may be confined in part only.
 */
int confine_self(enum confine_may may);

/* A program to be run as with CONFINE_EXEC */
struct confine_tool {
	const char *file; /* looked up in PATH if it has no slash */
	char *const *argv;
	char *const *envp;
	int in; /* the file to read; the program finds it in CONFINE_TOOL_IN */
	int out; /* its standard output */
	int err; /* its standard error, -1: /dev/null */
};

/* The file can be opened by this name even if its path cannot be searched any more. */
#define CONFINE_TOOL_IN "/proc/self/fd/3"

/*
 * Run a program. Started by root, it becomes the owner of the file: without
 * capabilities root could not read it. Sets *pid, which the caller waits for. 0
 * or -errno; -ENOENT if there is no such program.
 */
int confine_spawn(const struct confine_tool *tool, pid_t *pid);

#endif
