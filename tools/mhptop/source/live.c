// SPDX-License-Identifier: GPL-2.0
/*
 * Facts about this machine, for the live sources and the doctor.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <linux/capability.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "source/live.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#define CLOCK_TRIES 10
#define CLOCK_GOOD_NS 10000 /* read within this time, clocks agree */

static int read_text(char *buf, size_t len, const char *path)
{
	ssize_t n;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	err = -errno;
	close(fd);
	if (n < 0)
		return err;
	while (n && (buf[n - 1] == '\n' || buf[n - 1] == ' '))
		n--;
	buf[n] = '\0';
	return n;
}

static int read_path(char *buf, size_t len, const char *path, va_list args)
{
	char full[PATH_MAX];
	int n = vsnprintf(full, sizeof(full), path, args);

	if (n < 0 || (size_t)n >= sizeof(full))
		return -ENAMETOOLONG;
	return read_text(buf, len, full);
}

int source_live_text(char *buf, size_t len, const char *path, ...)
{
	va_list args;
	int n;

	va_start(args, path);
	n = read_path(buf, len, path, args);
	va_end(args);
	return n;
}

static int __attribute__((format(printf, 3, 4)))
source_live_number(u64 *number, int base, const char *path, ...)
{
	char text[32], *end;
	va_list args;
	int n;

	va_start(args, path);
	n = read_path(text, sizeof(text), path, args);
	va_end(args);
	if (n < 0)
		return n;
	*number = strtoull(text, &end, base);
	return end == text || *end ? -EINVAL : 0;
}

static u64 clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

u64 source_live_monotonic(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Twice the number of memory blocks; 0: MHP_MIN_ACCOUNTS are enough. */
static u64 live_accounts(const char *root)
{
	struct dirent *entry;
	char path[PATH_MAX];
	u64 blocks = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/sys/devices/system/memory", root);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		blocks += !strncmp(entry->d_name, "memory", 6) &&
			  entry->d_name[6] >= '0' && entry->d_name[6] <= '9';
	if (folder)
		closedir(folder);
	return blocks > MHP_MIN_ACCOUNTS / 2 ? 2 * blocks : 0;
}

/*
 * If the process is preempted between two clocks, what they say does not belong
 * together: the best of several tries is taken.
 */
void source_live_clocks(struct mhp_mhp_clock *clock)
{
	u64 before, wall, boot, after, best = ~0ULL;
	int tries;

	for (tries = 0; tries < CLOCK_TRIES && best > CLOCK_GOOD_NS; tries++) {
		before = clock_ns(CLOCK_MONOTONIC);
		wall = clock_ns(CLOCK_REALTIME);
		boot = clock_ns(CLOCK_BOOTTIME);
		after = clock_ns(CLOCK_MONOTONIC);
		if (after - before >= best)
			continue;
		best = after - before;
		*clock = (struct mhp_mhp_clock){
			.wall_ns = wall,
			.mono_ns = before + best / 2,
			.boot_ns = boot,
		};
	}
}

bool source_live_is_boot(const struct source_info *info)
{
	char boot[sizeof(info->boot)];

	return *info->boot &&
	       source_live_text(boot, sizeof(boot), BOOT_ID) > 0 &&
	       !strcmp(boot, info->boot);
}

bool source_live_has_clock(const struct source_info *info)
{
	return info->live || (info->growing && source_live_is_boot(info));
}

int source_live_info(struct source_info *info, enum source_kind kind,
		     const char *root, char *why, size_t len)
{
	static const char path[] =
		"/sys/devices/system/memory/block_size_bytes";
	struct mhp_mhp_clock clock;
	struct utsname name;
	int err;

	memset(info, 0, sizeof(*info));
	uname(&name);
	snprintf(info->kernel, sizeof(info->kernel), "%s", name.release);
	snprintf(info->host, sizeof(info->host), "%s", name.nodename);
	source_live_text(info->boot, sizeof(info->boot), BOOT_ID);
	info->schema = SOURCE_SCHEMA;
	info->kind = kind;
	info->page_bytes = sysconf(_SC_PAGESIZE);
	source_live_clocks(&clock);
	info->wall_ns = clock.wall_ns;
	info->mono_ns = clock.mono_ns;
	info->live = true;
	info->max_accounts = live_accounts(root);

	err = source_live_number(&info->block_bytes, 16, "%s%s", root, path);
	if (!err && (info->block_bytes < info->page_bytes ||
		     info->block_bytes & (info->block_bytes - 1)))
		err = -EINVAL;
	if (err)
		return source_live_why(
			-EOPNOTSUPP, why, len,
			"no memory blocks: %s%s: %s; the kernel needs CONFIG_MEMORY_HOTPLUG, and sysfs mounted on /sys",
			root, path, strerror(-err));
	return 0;
}

/* Its inode number is part of the kernel's ABI. Without user namespaces there is no such file. */
bool source_live_in_user_namespace(void)
{
	const ino_t initial = 0xeffffffd;
	struct stat status;

	return !stat("/proc/self/ns/user", &status) && status.st_ino != initial;
}

bool source_live_capable(unsigned int cap)
{
	char line[256];
	unsigned long long caps = 0;
	FILE *file;

	/* Tracing needs capabilities of the initial user namespace. */
	if (source_live_in_user_namespace())
		return false;
	file = fopen("/proc/self/status", "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	fclose(file);
	return caps >> cap & 1;
}

int source_live_drop(u64 keep)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = { 0 };
	size_t i;

	keep |= 1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_SYSLOG;
	if (syscall(SYS_capget, &header, caps))
		return -errno;
	/* Without the first two, CAP_SYS_ADMIN stands for them. */
	if (!(caps[CAP_BPF / 32].permitted >> CAP_BPF % 32 & 1) ||
	    !(caps[CAP_PERFMON / 32].permitted >> CAP_PERFMON % 32 & 1))
		keep |= 1ULL << CAP_SYS_ADMIN;
	for (i = 0; i < 2; i++) {
		caps[i].permitted &= keep >> 32 * i;
		caps[i].effective &= keep >> 32 * i;
		caps[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, caps) ? -errno : 0;
}

bool source_live_guest(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool guest = false;
	char *line = NULL;
	size_t room = 0;

	while (file && !guest && getline(&line, &room, file) > 0)
		guest = !strncmp(line, "flags", 5) &&
			strstr(line, " hypervisor");
	free(line);
	if (file)
		fclose(file);
	return guest;
}

/*
 * These call adjust_managed_page_count() for each page: drivers/virtio/virtio_balloon.c, drivers/hv/hv_balloon.c,
 * drivers/xen/balloon.c, drivers/misc/vmw_balloon.c, arch/powerpc/platforms/pseries/cmm.c.
 */
/* "Pages per block:  512" */
u64 source_live_pageblock(const char *root)
{
	char path[PATH_MAX], line[256];
	unsigned long long pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/pagetypeinfo", root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Pages per block: %llu", &pages) == 1)
			break;
	if (file)
		fclose(file);
	return pages;
}

bool source_live_balloon(void)
{
	static const char *const signs[] = {
		"/sys/bus/virtio/drivers/virtio_balloon/virtio[0-9]*",
		"/sys/bus/vmbus/drivers/hv_balloon/*-*-*",
		"/sys/devices/system/xen_memory",
		"/sys/module/vmw_balloon",
		"/sys/devices/system/cmm",
	};
	bool found = false;
	glob_t paths;
	size_t i;

	for (i = 0; !found && i < sizeof(signs) / sizeof(*signs); i++) {
		found = !glob(signs[i], 0, NULL, &paths);
		if (found)
			globfree(&paths);
	}
	return found;
}

int source_live_tracefs(const char **events)
{
	/* In the order in which libbpf looks. */
	static const char *const folders[] = {
		"/sys/kernel/debug/tracing/events", "/sys/kernel/tracing/events"
	};
	int err = -ENOENT;
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		*events = folders[i];
		if (!access(folders[i], R_OK | X_OK))
			return 0;
		if (errno == EACCES)
			err = -EACCES;
	}
	return err;
}

/* The file lists all modes, with the active one in brackets. */
void source_live_lockdown(char *buf, size_t len)
{
	char text[128], *mode = NULL, *end;

	if (source_live_text(text, sizeof(text), "%s",
			     "/sys/kernel/security/lockdown") > 0)
		mode = strchr(text, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (end)
		*end = '\0';
	snprintf(buf, len, "%s", end && strcmp(mode, "[none") ? mode + 1 : "");
}

int source_open_kernel(struct source **source, const enum source_kind *only,
		       char *why, size_t len)
{
	char probes[256];
	int err;

	if (only)
		return source_open_bpf(source, *only, why, len);
	err = source_open_bpf(source, SOURCE_EVENTS, why, len);
	if (!err || err == -ENOMEM)
		return err;
	if (!source_open_bpf(source, SOURCE_PROBES, probes, sizeof(probes))) {
		/* Most kernels have no mhp events: that alone is not worth a line. */
		if (err != -ENOENT)
			fprintf(stderr,
				"mhptop: using probes instead of events: %s\n",
				why);
		return 0;
	}
	if (err != -ENOENT)
		return err;
	return source_live_why(
		-EOPNOTSUPP, why, len,
		"this kernel has no mhp events, and its functions cannot be probed: %s",
		probes);
}

int source_live_why(int err, char *why, size_t len, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, len, fmt, args);
	va_end(args);
	return err;
}
