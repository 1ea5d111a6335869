// SPDX-License-Identifier: GPL-2.0
/*
 * The children that read files of others are confined by the time when their
 * library gets the file. The functions of the libraries are replaced here by
 * ones that do what an attacker would try first, and then read the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <trace-cmd.h>
#include <unistd.h>

#include "check/call_site.h"
#include "check/call_site_elf.h"
#include "ktap.h"
#include "source/source.h"

/* What a child found out, in memory shared with it */
static struct seen {
	int ran; /* times */
	int reads;
	int opens; /* files for reading */
	int has_capability;
	int has_socket;
	int forks;
	int writes;
	int execs;
} * seen;

static char path[] = "/tmp/test_confined.XXXXXX";

static void attack(int fd)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { 0 };
	char *argv[] = { "true", NULL }, byte;
	pid_t pid;

	seen->ran++;
	seen->reads = pread(fd, &byte, 1, 0) == 1 && byte == 'x';
	seen->opens = open("/etc/passwd", O_RDONLY) >= 0;
	seen->writes = open(path, O_WRONLY) >= 0;
	seen->has_socket = socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
	/* Not allowed to ask at the lowest level. */
	if (!syscall(SYS_capget, &header, data))
		seen->has_capability = data[0].effective || data[0].permitted;
	pid = fork();
	if (!pid)
		_exit(0);
	seen->forks = pid > 0;
	execv("/bin/true", argv);
	seen->execs = errno != EPERM;
}

struct tracecmd_input *tracecmd_open_fd(int fd, int flags)
{
	(void)flags;
	attack(fd);
	return NULL;
}

Dwfl_Module *dwfl_report_offline(Dwfl *dwfl, const char *name, const char *file,
				 int fd)
{
	(void)dwfl, (void)name, (void)file;
	attack(fd);
	return NULL;
}

static void is_confined(const char *what, bool may_open)
{
	eq(what, seen->ran, 1);
	ok(seen->reads, "  reads the file");
	ok(!seen->opens == !may_open, "  %s other files for reading",
	   may_open ? "opens" : "does not open");
	ok(!seen->writes, "  does not write files");
	ok(!seen->has_socket, "  has no socket");
	ok(!seen->has_capability, "  has no capability");
	ok(!seen->forks, "  does not fork");
	ok(!seen->execs, "  does not execute programs");
}

int main(void)
{
	struct call_sites *sites = call_sites_new("unknown");
	struct source *source = NULL;
	char why[256];
	int fd;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fd = mkstemp(path);
	if (seen == MAP_FAILED || fd < 0 || write(fd, "x", 1) != 1)
		return 1;
	close(fd);

	ok(source_open_trace_dat(&source, path, why, sizeof(why)) < 0,
	   "a trace.dat is read, and refused");
	is_confined("the child that reads a trace.dat", false);
	memset(seen, 0, sizeof(*seen));
	ok(call_sites_load(sites, path, why, sizeof(why)) < 0,
	   "a vmlinux is read, and refused");
	is_confined("the child that reads a vmlinux", true);
	call_sites_free(sites);

	/* Without confinement, all of these are possible; or the above proves nothing. */
	memset(seen, 0, sizeof(*seen));
	fd = open(path, O_RDONLY);
	if (!fork()) {
		attack(fd);
		_exit(1);
	}
	wait(NULL);
	ok(seen->opens && seen->writes && seen->has_socket && seen->forks &&
		   !seen->execs,
	   "a process that is not confined can do all of this");
	unlink(path);
	return ktap_done();
}
