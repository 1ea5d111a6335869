// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the devices that have memory: from /proc/iomem which memory is whose, from sysfs
 * their drivers and switches, and what is requested of a virtio-mem device from the
 * kernel's log, where its driver writes each new size; sysfs does not have it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "base/vec.h"
#include "source/live.h"
#include "source/pages.h"
#include "source/sysfs/facts.h"
#include "source/sysfs/iomem.h"

#define FACTS_NS 5000000000ULL /* between two looks */
#define SCAN_NS \
	60000000000ULL /* between two counts of pages, if nothing changed */
#define MEMORY_FOLDER "/sys/devices/system/memory"
#define SYSLOG_ACTION_SIZE_BUFFER 10 /* include/linux/syslog.h */
#define LOG_BYTES (1 << 20) /* of the log, if the kernel does not say */
#define LOG_TEXT 8192 /* a record of the kernel's log has less */
#define KERNEL_PRIORITIES \
	8 /* what user space writes to the log has a facility above 0 */

/* What the driver of a virtio-mem device last logged */
struct request {
	char device[64];
	u64 bytes;
	/* The last count of its pages, for the same sizes */
	u64 total;
	u64 for_bytes;
	u64 scanned_ns; /* 0: none yet */
	u64 offline_bytes; /* of memory blocks that are online: pages that are not plugged */
	u64 unknown_bytes; /* of memory blocks that are offline */
};

struct facts_source {
	char root[PATH_MAX];
	bool thorough;
	FILE *iomem;
	int log;
	int flags; /* of pages */
	u64 read_ns; /* the last look, 0: none yet */
	struct attention_facts facts;
	struct request *requests;
	size_t nr_requests;
	size_t room_requests;
	/* During a look: */
	u32 page_bytes;
	u64 block_bytes;
	u64 now_ns;
};

static int facts_open_file(const struct facts_source *source, const char *name)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s%s", source->root, name);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

struct facts_source *facts_open(const char *root, bool thorough)
{
	struct facts_source *source = calloc(1, sizeof(*source));
	int fd;

	if (!source)
		return NULL;
	snprintf(source->root, sizeof(source->root), "%s", root);
	source->thorough = thorough;
	fd = facts_open_file(source, "/proc/iomem");
	if (fd >= 0)
		source->iomem = fdopen(fd, "r");
	source->log = facts_open_file(source, "/dev/kmsg");
	source->flags = facts_open_file(source, "/proc/kpageflags");
	return source;
}

void facts_close(struct facts_source *source)
{
	if (!source)
		return;
	if (source->iomem)
		fclose(source->iomem);
	if (source->log >= 0)
		close(source->log);
	if (source->flags >= 0)
		close(source->flags);
	free(source->facts.ranges);
	free(source->facts.devices);
	free(source->requests);
	free(source);
}

static struct request *request_of(struct facts_source *source,
				  const char *device)
{
	size_t i;

	for (i = 0; i < source->nr_requests; i++)
		if (!strcmp(source->requests[i].device, device))
			return &source->requests[i];
	return NULL;
}

/* "6,512,1234567,-;virtio_mem virtio0: requested size: 0x20000000" */
static void take_log_line(struct facts_source *source, const char *line)
{
	struct request *request;
	unsigned int priority;
	char device[64];
	u64 bytes;

	if (sscanf(line,
		   "%u,%*u,%*u,%*[^;];virtio_mem %63[^:]: requested size: 0x%llx",
		   &priority, device, &bytes) != 3 ||
	    priority >= KERNEL_PRIORITIES)
		return;
	request = request_of(source, device);
	if (!request) {
		if (!vec_grow(source->requests, source->nr_requests,
			      source->room_requests))
			return;
		request = &source->requests[source->nr_requests++];
		*request = (struct request){ 0 };
		strcpy(request->device, device);
	}
	request->bytes = bytes;
}

/*
 * As many bytes as the log can hold, with what each record has in front: whoever has
 * read them has seen all that was there at the beginning.
 */
static ssize_t log_bytes(void)
{
	int bytes = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0);

	return 4 * (bytes > 0 ? bytes : LOG_BYTES);
}

/*
 * Each read() returns one record. What was overwritten is EPIPE, and reading goes on
 * behind it. An offline that fails again and again may fill the log faster than it
 * can be read.
 */
static void read_log(struct facts_source *source)
{
	char text[LOG_TEXT + 1], *line, *rest;
	ssize_t n, left = log_bytes();

	while (source->log >= 0 && left > 0) {
		n = read(source->log, text, LOG_TEXT);
		if (!n || (n < 0 && errno != EPIPE))
			return;
		left -= n < 0 ? LOG_TEXT : n;
		if (n < 0)
			continue;
		text[n] = '\0';
		for (rest = text; (line = strsep(&rest, "\n"));)
			take_log_line(source, line);
	}
}

/* The last part of a link, "" if there is none. */
static void read_link_name(const struct facts_source *source, char name[64],
			   const char *folder, const char *device,
			   const char *link)
{
	char path[2 * PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s%s/%s/%s", source->root, folder, device,
		 link);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	slash = strrchr(target, '/');
	snprintf(name, 64, "%.63s", slash ? slash + 1 : target);
}

/* NULL: out of memory. */
static struct attention_device *add_device(struct facts_source *source,
					   const char *name)
{
	struct attention_facts *facts = &source->facts;
	size_t i;

	for (i = 0; i < facts->nr_devices; i++)
		if (!strcmp(facts->devices[i].name, name))
			return &facts->devices[i];
	if (!vec_grow(facts->devices, facts->nr_devices, facts->room_devices))
		return NULL;
	facts->devices[facts->nr_devices] = (struct attention_device){ 0 };
	snprintf(facts->devices[facts->nr_devices].name, 64, "%s", name);
	return &facts->devices[facts->nr_devices++];
}

static void read_dax(const struct facts_source *source,
		     struct attention_device *device)
{
	static const char folder[] = "/sys/bus/dax/devices";
	char text[64];

	device->dax = true;
	read_link_name(source, text, folder, device->name, "driver");
	device->bound = strcmp(text, "kmem") ? ATTENTION_NO : ATTENTION_YES;
	if (source_live_text(text, sizeof(text), "%s%s/%s/memmap_on_memory",
			     source->root, folder, device->name) > 0)
		device->self_hosting = *text == '1' ? ATTENTION_YES :
						      ATTENTION_NO;
}

static void read_virtio_mem(const struct facts_source *source,
			    struct attention_device *device)
{
	char text[64];

	device->virtio_mem = true;
	read_link_name(source, text, "/sys/bus/virtio/devices", device->name,
		       "driver");
	device->bound = strcmp(text, "virtio_mem") ? ATTENTION_NO :
						     ATTENTION_YES;
}

/* A DIMM is RAM by itself, in whole memory blocks, and its blocks have an ACPI device. */
static void name_dimm(const struct facts_source *source,
		      const struct iomem_line *line, char name[64])
{
	char block[32];

	*name = '\0';
	if (line->start % source->block_bytes ||
	    (line->end + 1) % source->block_bytes)
		return;
	snprintf(block, sizeof(block), "memory%llu",
		 line->start / source->block_bytes);
	read_link_name(source, name, MEMORY_FOLDER, block, "firmware_node");
}

/* The device of a range of RAM, by its name and what it is a part of. False: it has none. */
static bool name_range(struct facts_source *source, const struct iomem *iomem,
		       size_t i, char name[64])
{
	const struct iomem_line *line = &iomem->lines[i];
	const struct iomem_line *parent = iomem_parent(iomem, i);
	struct attention_device *device;

	if (!strcmp(line->name, IOMEM_RAM)) {
		name_dimm(source, line, name);
		return *name;
	}
	if (!parent)
		return false;
	snprintf(name, 64, "%s", parent->name);
	if (!strcmp(line->name, IOMEM_KMEM)) {
		device = add_device(source, name);
		if (device)
			read_dax(source, device);
	} else if (!strcmp(line->name, IOMEM_VIRTIO_MEM)) {
		device = add_device(source, name);
		if (device) {
			read_virtio_mem(source, device);
			device->plugged_max += line->end - line->start + 1;
		}
	}
	return true;
}

static void take_ranges(struct facts_source *source, const struct iomem *iomem)
{
	struct attention_facts *facts = &source->facts;
	const struct iomem_line *line = iomem->lines;
	struct attention_range *range;
	char name[64];
	size_t i;

	for (i = 0; i < iomem->nr; i++, line++) {
		if (strncmp(line->name, IOMEM_RAM, strlen(IOMEM_RAM)) ||
		    !name_range(source, iomem, i, name))
			continue;
		if (!vec_grow(facts->ranges, facts->nr_ranges,
			      facts->room_ranges))
			return;
		range = &facts->ranges[facts->nr_ranges++];
		range->start_pfn = line->start / source->page_bytes;
		range->nr_pages =
			(line->end + 1 - line->start) / source->page_bytes;
		strcpy(range->device, name);
	}
}

static void read_ranges(struct facts_source *source)
{
	struct iomem iomem = { 0 };

	if (source->iomem) {
		rewind(source->iomem);
		if (!iomem_read(&iomem, source->iomem) &&
		    !iomem_is_hidden(&iomem)) {
			source->facts.ranges_known = true;
			take_ranges(source, &iomem);
		}
	}
	iomem_free(&iomem);
}

/* A device without memory has no RAM in /proc/iomem. */
static void find_empty_devices(struct facts_source *source)
{
	char path[PATH_MAX + 64];
	struct attention_device *device;
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/sys/bus/virtio/drivers/virtio_mem",
		 source->root);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, "virtio", 6))
			continue;
		device = add_device(source, entry->d_name);
		if (device)
			read_virtio_mem(source, device);
	}
	if (folder)
		closedir(folder);
}

/* Until it is offline, its pages can be read. */
static bool block_is_online(const struct facts_source *source, u64 number)
{
	char text[32];

	return source_live_text(text, sizeof(text),
				"%s" MEMORY_FOLDER "/memory%llu/state",
				source->root, number) > 0 &&
	       strcmp(text, "offline") && strcmp(text, "going-online");
}

/* How many pages of a memory block its driver keeps from the kernel; 0 if they cannot be read. */
static u64 count_offline(const struct facts_source *source, u64 pfn, u64 nr)
{
	u64 words[1024], count = 0, i, most;
	ssize_t n;

	while (nr) {
		most = nr < 1024 ? nr : 1024;
		n = pread(source->flags, words, most * sizeof(*words),
			  pfn * sizeof(*words));
		if (n < (ssize_t)sizeof(*words))
			return count;
		n /= sizeof(*words);
		for (i = 0; i < (u64)n; i++)
			count += words[i] >> PAGE_OFFLINE & 1;
		pfn += n;
		nr -= n;
	}
	return count;
}

static void scan_range(const struct facts_source *source,
		       const struct attention_range *range,
		       struct request *request)
{
	u64 block_pages = source->block_bytes / source->page_bytes, pfn;
	u64 end = range->start_pfn + range->nr_pages;

	for (pfn = range->start_pfn; pfn < end; pfn += block_pages) {
		if (block_is_online(source, pfn / block_pages))
			request->offline_bytes +=
				count_offline(source, pfn, block_pages) *
				source->page_bytes;
		else
			request->unknown_bytes += source->block_bytes;
	}
}

static void scan_device(struct facts_source *source,
			const struct attention_device *device,
			struct request *request)
{
	size_t i;

	if (request->scanned_ns && !source->thorough &&
	    request->total == device->plugged_max &&
	    request->for_bytes == request->bytes &&
	    source->now_ns - request->scanned_ns < SCAN_NS)
		return;
	request->total = device->plugged_max;
	request->for_bytes = request->bytes;
	request->scanned_ns = source->now_ns;
	request->offline_bytes = request->unknown_bytes = 0;
	for (i = 0; i < source->facts.nr_ranges; i++)
		if (!strcmp(source->facts.ranges[i].device, device->name))
			scan_range(source, &source->facts.ranges[i], request);
}

/*
 * How much of a device is plugged. In a memory block that is partly plugged, the
 * driver has taken the other pages; what is plugged of one that is offline is unknown.
 */
static void find_plugged(struct facts_source *source,
			 struct attention_device *device)
{
	struct request *request = request_of(source, device->name);
	u64 total = device->plugged_max;

	device->request_known = request;
	if (!request)
		return;
	device->requested = request->bytes;
	if (total == request->bytes && !source->thorough) {
		device->plugged_min = total;
		return;
	}
	if (source->flags < 0)
		return;
	scan_device(source, device, request);
	device->plugged_max = total - request->offline_bytes;
	device->plugged_min = device->plugged_max - request->unknown_bytes;
}

static void read_poisoned(struct facts_source *source)
{
	char path[PATH_MAX + 32], line[128];
	FILE *file;
	u64 kib;

	snprintf(path, sizeof(path), "%s/proc/meminfo", source->root);
	file = fopen(path, "re");
	/* A kernel without CONFIG_MEMORY_FAILURE has no such line, and no such pages. */
	while (file && fgets(line, sizeof(line), file)) {
		source->facts.poisoned_known = true;
		if (sscanf(line, "HardwareCorrupted: %llu kB", &kib) == 1)
			source->facts.poisoned_bytes = kib * 1024;
	}
	if (file)
		fclose(file);
}

static void read_switches(struct facts_source *source)
{
	struct attention_facts *facts = &source->facts;
	char text[4096], *word, *rest = text;

	source_live_text(facts->policy, sizeof(facts->policy),
			 "%s" MEMORY_FOLDER "/auto_online_blocks",
			 source->root);
	source_live_text(
		facts->hosting, sizeof(facts->hosting),
		"%s/sys/module/memory_hotplug/parameters/memmap_on_memory",
		source->root);
	if (source_live_text(text, sizeof(text), "%s/proc/cmdline",
			     source->root) <= 0)
		return;
	while ((word = strsep(&rest, " ")))
		facts->movable_node |= !strcmp(word, "movable_node");
}

const struct attention_facts *facts_read(struct facts_source *source,
					 u32 page_bytes, u64 block_bytes,
					 u64 now_ns)
{
	struct attention_facts *facts = &source->facts;
	size_t i;

	if (source->read_ns && now_ns - source->read_ns < FACTS_NS)
		return facts;
	source->read_ns = source->now_ns = now_ns;
	source->page_bytes = page_bytes;
	source->block_bytes = block_bytes;
	facts->ranges_known = facts->movable_node = facts->poisoned_known =
		false;
	facts->nr_ranges = facts->nr_devices = 0;
	facts->poisoned_bytes = 0;
	*facts->policy = *facts->hosting = '\0';
	read_log(source);
	read_switches(source);
	read_poisoned(source);
	read_ranges(source);
	find_empty_devices(source);
	for (i = 0; i < facts->nr_devices; i++)
		if (facts->devices[i].virtio_mem)
			find_plugged(source, &facts->devices[i]);
	return facts;
}
