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
/* Entries to read: for areas of 16 GiB of a process first, then for 1 TiB of those that have more */
#define FEW_ENTRIES (1ULL << 22)
#define MOST_ENTRIES (1ULL << 28)
#define MOST_LARGE 64 /* processes */

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

/* A stack that cannot be read, as that of an init outside of the container, does not hide the others. */
int task_find_inside(const char *function, struct task_inside *task)
{
	DIR *proc = opendir("/proc"), *threads;
	bool unread = false, read = false;
	char path[32];
	int err = -ENOENT;
	u32 pid, tid;

	if (!proc)
		return -errno;
	while (err && (pid = next_number(proc))) {
		snprintf(path, sizeof(path), "/proc/%u/task", pid);
		threads = opendir(path);
		if (!threads)
			continue;
		while (err && (tid = next_number(threads))) {
			if (tid == (u32)getpid())
				continue;
			err = look_at_task(tid, function, task);
			unread |= err == -EPERM;
			read |= err != -EPERM;
		}
		closedir(threads);
	}
	closedir(proc);
	return !err ? 0 : unread && !read ? -EPERM : -ENOENT;
}

struct mapper {
	int pagemap;
	u64 pfn; /* of the first page; each of the nr pages will do */
	u64 nr;
	u64 left; /* entries that may still be read */
	u64 page_bytes;
	struct task_mapping *found;
};

/* Whether an area of a process has the page; -errno if it cannot be known. */
static int look_at_area(struct mapper *m, u64 start, u64 end)
{
	u64 entries[ENTRIES], at = start / m->page_bytes, i, nr, pfn;
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
			pfn = entries[i] & PFN_MASK;
			if (!(entries[i] >> PRESENT_BIT) || pfn < m->pfn ||
			    pfn - m->pfn >= m->nr)
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

/* Whether a process maps the page; -errno if it cannot be known, -E2BIG: without reading more entries. */
static int look_at_process(struct mapper *m, u32 pid)
{
	char path[32];
	FILE *smaps;
	int ret;

	snprintf(path, sizeof(path), "/proc/%u/pagemap", pid);
	m->pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (m->pagemap < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	snprintf(path, sizeof(path), "/proc/%u/smaps", pid);
	smaps = fopen(path, "re");
	ret = smaps ? look_at_areas(m, smaps) : -errno;
	if (smaps)
		fclose(smaps);
	close(m->pagemap);
	if (ret <= 0)
		return ret == -ESRCH ? 0 : ret;
	m->found->pid = pid;
	read_comm(pid, m->found->comm);
	return 1;
}

/* Processes, and where to store those that map the page */
struct mappers {
	struct mapper m;
	struct task_mapping *mappings, spare;
	size_t room, nr;
	u32 large[MOST_LARGE]; /* those that have more areas than were looked at */
	size_t nr_large;
	bool complete;
};

/* Returns what look_at_process() does. */
static int add_mapper(struct mappers *all, u32 pid)
{
	int ret;

	all->m.found = all->nr < all->room ? &all->mappings[all->nr] :
					     &all->spare;
	ret = look_at_process(&all->m, pid);
	all->nr += ret > 0;
	return ret;
}

/* A process of which a part cannot be read, or that is large, does not hide the others. */
static void look_at_small(struct mappers *all, DIR *proc)
{
	u32 pid;
	int ret;

	while ((pid = next_number(proc))) {
		all->m.left = FEW_ENTRIES;
		ret = add_mapper(all, pid);
		if (ret == -E2BIG && all->nr_large < MOST_LARGE)
			all->large[all->nr_large++] = pid;
		else if (ret < 0)
			all->complete = false;
	}
}

static void look_at_large(struct mappers *all)
{
	size_t i;

	all->m.left = MOST_ENTRIES;
	for (i = 0; i < all->nr_large; i++)
		if (add_mapper(all, all->large[i]) < 0)
			all->complete = false;
}

size_t task_find_mappings(u64 pfn, u64 nr, struct task_mapping *mappings,
			  size_t room, bool *complete)
{
	struct mappers all = {
		.m = { .pfn = pfn,
		       .nr = nr,
		       .page_bytes = sysconf(_SC_PAGESIZE) },
		.mappings = mappings,
		.room = room,
		.complete = true,
	};
	DIR *proc = source_live_capable(CAP_SYS_ADMIN) ? opendir("/proc") :
							 NULL;

	*complete = false;
	if (!proc)
		return 0;
	look_at_small(&all, proc);
	closedir(proc);
	look_at_large(&all);
	*complete = all.complete;
	return all.nr;
}
