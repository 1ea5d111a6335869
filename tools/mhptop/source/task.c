// SPDX-License-Identifier: GPL-2.0
/* Reads stacks and mappings of all tasks from /proc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/live.h"
#include "source/task.h"

#define STACK_TRIES 3 /* at a task that runs on another CPU each time */
#define STACK_FRAMES 6
#define PRESENT_BIT \
	63 /* of an entry of pagemap, Documentation/admin-guide/mm/pagemap.rst */
#define PFN_MASK ((1ULL << 55) - 1)
#define ENTRIES 8192 /* of pagemap that are read at a time */
#define MOST_ENTRIES \
	(1ULL << 27) /* of one process: 512 GiB of addresses that have pages */

/* The next folder of a task or a thread, 0 at the end. */
static u32 next_number(DIR *dir)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)))
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			return strtoul(entry->d_name, NULL, 10);
	return 0;
}

static void read_comm(u32 pid, char comm[TASK_COMM])
{
	if (source_live_text(comm, TASK_COMM, "/proc/%u/comm", pid) <= 0)
		snprintf(comm, TASK_COMM, "?");
}

/* The state of a task and the CPU that it was last on: fields 3 and 39 of its stat. */
static bool runs_on(u32 pid, int *cpu)
{
	char text[1024];
	const char *at;
	int field;

	if (source_live_text(text, sizeof(text), "/proc/%u/stat", pid) <= 0)
		return false;
	at = strrchr(text, ')');
	if (!at || strncmp(at, ") R", 3))
		return false;
	for (field = 2; at && field < 39; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	*cpu = atoi(at);
	return true;
}

/* The text of a stack, or -errno. */
static int read_stack(u32 pid, char *text, size_t len)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/stack", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, len - 1);
	if (n < 0)
		n = -errno;
	else
		text[n] = '\0';
	close(fd);
	return n;
}

/*
 * The kernel shows no stack of a task that runs on another CPU. On the same CPU it
 * cannot run while we do.
 */
static int catch_stack(u32 pid, char *text, size_t len)
{
	cpu_set_t before, only;
	int n = read_stack(pid, text, len), cpu, tries;

	if (n || sched_getaffinity(0, sizeof(before), &before))
		return n;
	for (tries = 0; !n && tries < STACK_TRIES && runs_on(pid, &cpu);
	     tries++) {
		CPU_ZERO(&only);
		CPU_SET(cpu, &only);
		if (sched_setaffinity(0, sizeof(only), &only))
			break;
		n = read_stack(pid, text, len);
	}
	sched_setaffinity(0, sizeof(before), &before);
	return n;
}

/*
 * A function that is traced is in a stack twice, with a trampoline in between. The
 * trampolines of our own probes say nothing about the operation.
 */
static bool is_trampoline(const char *name)
{
	return !strncmp(name, "bpf_trampoline_", strlen("bpf_trampoline_"));
}

/* Lines are "[<0>] name+0x1c/0x80 [module]". Keeps the names down to the function. Whether it is there. */
static bool keep_stack(char *text, const char *function, char *stack,
		       size_t len)
{
	char *line, *save = NULL, *name, *last = NULL;
	bool traced = false;
	size_t used = 0;
	int frames = 0;

	*stack = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		name = strchr(line, ' ');
		if (!name)
			continue;
		name[1 + strcspn(name + 1, "+")] = '\0';
		name++;
		if (is_trampoline(name)) {
			traced = true;
			continue;
		}
		if (traced && last && !strcmp(name, last))
			continue;
		traced = false;
		last = name;
		if (frames < STACK_FRAMES || !strcmp(name, function))
			used += snprintf(stack + used, len - used, "%s%s%s",
					 frames ? " < " : "",
					 frames > STACK_FRAMES ? "... < " : "",
					 name);
		if (!strcmp(name, function))
			return true;
		if (used >= len)
			return false;
		frames++;
	}
	return false;
}

/* A thread of a process. 0, -ENOENT or -EPERM, as task_find_inside(). */
static int look_at_task(u32 pid, const char *function, struct task_inside *task)
{
	char text[4096];
	int n = catch_stack(pid, text, sizeof(text));

	if (n == -EACCES || n == -EPERM)
		return -EPERM;
	if (n <= 0 ||
	    !keep_stack(text, function, task->stack, sizeof(task->stack)))
		return -ENOENT;
	task->pid = pid;
	read_comm(pid, task->comm);
	return 0;
}

int task_find_inside(const char *function, struct task_inside *task)
{
	DIR *proc = opendir("/proc"), *threads;
	char path[32];
	int err = -ENOENT;
	u32 pid, tid;

	if (!proc)
		return -errno;
	while (err == -ENOENT && (pid = next_number(proc))) {
		snprintf(path, sizeof(path), "/proc/%u/task", pid);
		threads = opendir(path);
		if (!threads)
			continue;
		while (err == -ENOENT && (tid = next_number(threads)))
			if (tid != (u32)getpid())
				err = look_at_task(tid, function, task);
		closedir(threads);
	}
	closedir(proc);
	return err;
}

struct mapper {
	int pagemap;
	u64 pfn;
	u64 left; /* entries that may still be read */
	u64 page_bytes;
	struct task_mapping *found;
};

/* Whether an area of a process has the page; -errno if it cannot be known. */
static int look_at_area(struct mapper *m, u64 start, u64 end)
{
	u64 entries[ENTRIES], at = start / m->page_bytes, i, nr;
	ssize_t n;

	for (end /= m->page_bytes; at < end; at += nr) {
		nr = end - at < ENTRIES ? end - at : ENTRIES;
		if (nr > m->left)
			return -E2BIG;
		m->left -= nr;
		n = pread(m->pagemap, entries, nr * sizeof(*entries),
			  at * sizeof(*entries));
		if (n <= 0)
			return n ? -errno : 0;
		nr = n / sizeof(*entries);
		for (i = 0; i < nr; i++) {
			if (!(entries[i] >> PRESENT_BIT) ||
			    (entries[i] & PFN_MASK) != m->pfn)
				continue;
			m->found->address = (at + i) * m->page_bytes;
			return 1;
		}
	}
	return 0;
}

/* Whether a line of smaps says that an area has pages; huge pages do not count as Rss. */
static bool area_has_pages(const char *line)
{
	u64 kb;

	return (sscanf(line, "Rss: %llu", &kb) == 1 ||
		sscanf(line, "Shared_Hugetlb: %llu", &kb) == 1 ||
		sscanf(line, "Private_Hugetlb: %llu", &kb) == 1) &&
	       kb;
}

/* Areas are those of smaps. */
static int look_at_areas(struct mapper *m, FILE *smaps)
{
	char *line = NULL, *path;
	u64 start = 0, end = 0;
	size_t room = 0;
	int ret = 0, err = 0;

	while (ret <= 0 && getline(&line, &room, smaps) > 0) {
		/* A key may begin with a hexadecimal digit. */
		u64 from, to;
		int skip = 0;

		if (sscanf(line, "%llx-%llx %*s %*s %*s %*s %n", &from, &to,
			   &skip) == 2 &&
		    skip) {
			start = from;
			end = to;
			path = line + skip;
			path[strcspn(path, "\n")] = '\0';
			snprintf(m->found->path, sizeof(m->found->path), "%s",
				 path);
		} else if (area_has_pages(line)) {
			ret = look_at_area(m, start, end);
			if (ret < 0)
				err = ret;
		}
	}
	free(line);
	return ret > 0 ? ret : err;
}

/* Whether a process maps the page; -errno if it cannot be known. */
static int look_at_process(u32 pid, u64 pfn, struct task_mapping *found)
{
	struct mapper m = { .pfn = pfn,
			    .left = MOST_ENTRIES,
			    .page_bytes = sysconf(_SC_PAGESIZE),
			    .found = found };
	char path[32];
	FILE *smaps;
	int ret;

	snprintf(path, sizeof(path), "/proc/%u/pagemap", pid);
	m.pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (m.pagemap < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	snprintf(path, sizeof(path), "/proc/%u/smaps", pid);
	smaps = fopen(path, "re");
	ret = smaps ? look_at_areas(&m, smaps) : -errno;
	if (smaps)
		fclose(smaps);
	close(m.pagemap);
	if (ret <= 0)
		return ret;
	found->pid = pid;
	read_comm(pid, found->comm);
	return 1;
}

size_t task_find_mappings(u64 pfn, struct task_mapping *mappings, size_t room,
			  bool *complete)
{
	struct task_mapping spare;
	DIR *proc = opendir("/proc");
	size_t nr = 0;
	u32 pid;
	int ret;

	*complete = proc && source_live_capable(CAP_SYS_ADMIN);
	while (proc && *complete && (pid = next_number(proc))) {
		ret = look_at_process(pid, pfn,
				      nr < room ? &mappings[nr] : &spare);
		if (ret > 0)
			nr++;
		else if (ret < 0 && ret != -ESRCH)
			*complete = false;
	}
	if (proc)
		closedir(proc);
	return nr;
}
