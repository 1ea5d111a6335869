// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the machine's memory from /proc/zoneinfo and /proc/meminfo. Each page
 * in use must be in at most one of the counters that are added up:
 *
 * - Every page of a file, of tmpfs and of a process is on an LRU list or isolated
 *   from it. Cached, Buffers, AnonPages, Shmem, Mapped and SwapCached count the
 *   same pages again, some of them twice.
 * - A kernel stack is vmalloc memory (CONFIG_VMAP_STACK), so KernelStack would
 *   count it twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/sysfs/memory.h"

/* Lines of /proc/meminfo, in KiB; a kernel may lack some of them. */
static const char *const meminfo_counters[] = {
	"Active",     "Inactive",	   "Unevictable", "Slab",
	"PageTables", "SecPageTables",	   "VmallocUsed", "Percpu",
	"Hugetlb",    "HardwareCorrupted", "GPUActive",	  "GPUReclaim",
};

/* Lines of /proc/zoneinfo, in pages. Those of a node are in its first zone. */
static const char *const zoneinfo_counters[] = { "nr_isolated_anon",
						 "nr_isolated_file",
						 "nr_zspages" };

#define ARRAY_COUNT(array) (sizeof(array) / sizeof(*(array)))

static int is_in(const char *name, const char *const *names, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(name, names[i]))
			return 1;
	return 0;
}

static FILE *open_proc(const char *root, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	return fopen(path, "re");
}

static int close_proc(FILE *file)
{
	int err = ferror(file) ? -EIO : 0;

	fclose(file);
	return err;
}

static void take_zoneinfo(struct mhp_mhp_snapshot_memory *memory,
			  const char *line)
{
	char name[64];
	u64 pages, cpu;

	if (sscanf(line, " pages free %llu", &pages) == 1) {
		memory->free += pages;
	} else if (sscanf(line, " cpu: %llu", &cpu) == 1) {
		/* Each zone lists all online CPUs. */
		if (cpu >= memory->cpus)
			memory->cpus = cpu + 1;
	} else if (sscanf(line, " %63[a-z_:] %llu", name, &pages) == 2) {
		if (!strcmp(name, "managed"))
			memory->managed += pages;
		else if (!strcmp(name, "count:"))
			memory->free += pages;
		else if (is_in(name, zoneinfo_counters,
			       ARRAY_COUNT(zoneinfo_counters)))
			memory->accounted += pages;
	}
}

static int read_zoneinfo(struct mhp_mhp_snapshot_memory *memory,
			 const char *root)
{
	FILE *file = open_proc(root, "zoneinfo");
	char line[256];

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		take_zoneinfo(memory, line);
	return close_proc(file);
}

static int read_meminfo(struct mhp_mhp_snapshot_memory *memory,
			const char *root, u64 page_bytes)
{
	FILE *file = open_proc(root, "meminfo");
	char line[256], name[64];
	u64 kib;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63[A-Za-z]: %llu kB", name, &kib) == 2 &&
		    is_in(name, meminfo_counters,
			  ARRAY_COUNT(meminfo_counters)))
			memory->accounted += kib * 1024 / page_bytes;
	return close_proc(file);
}

void sysfs_memory_refresh(const char *root)
{
	char path[PATH_MAX], byte;
	int fd;

	/* Reading the file refreshes; what it contains does not matter. */
	snprintf(path, sizeof(path), "%s/proc/sys/vm/stat_refresh", root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, &byte, 1) < 0)
		errno = 0;
	close(fd);
}

int sysfs_memory_read(struct mhp_mhp_snapshot_memory *memory, const char *root,
		      u64 page_bytes)
{
	int err;

	memset(memory, 0, sizeof(*memory));
	err = read_zoneinfo(memory, root);
	if (!err)
		err = read_meminfo(memory, root, page_bytes);
	if (!err && !memory->managed)
		err = -ENODATA;
	memory->unaccounted =
		memory->managed - memory->free - memory->accounted;
	return err;
}
