// SPDX-License-Identifier: GPL-2.0
/* Finds the memory blocks that a user names, in sysfs and /proc/iomem. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers/target.h"
#include "base/memory_name.h"
#include "base/units.h"
#include "source/live.h"
#include "source/sysfs/iomem.h"

#define MEMORY "/sys/devices/system/memory"
#define FEW 64 /* memory blocks */

enum wanted_kind { WANTED_RANGE, WANTED_NODE, WANTED_DEVICE };

/* What the text asks for */
struct wanted {
	enum wanted_kind kind;
	u64 start; /* bytes, inclusive */
	u64 end;
	s32 node;
	const char *device;
};

struct finding {
	struct target *target;
	const char *root;
	struct wanted wanted;
	struct iomem iomem;
	struct sysfs_view view;
};

/* "memory7", or what else begins with the word and a digit */
static bool is_numbered_as(const char *text, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(text, word, len) && isdigit((unsigned char)text[len]);
}

static bool is_node(u64 *node, const char *text)
{
	const char *rest;

	return !strncmp(text, "node", 4) &&
	       !number_parse(node, text + 4, false, &rest) && !*rest &&
	       *node <= INT_MAX;
}

static int parse_wanted(struct wanted *wanted, const char *text,
			u64 block_bytes)
{
	struct memory_name name;
	u64 node;

	if (!memory_name_parse(&name, text, block_bytes)) {
		wanted->start = name.first;
		wanted->end = name.last;
		return 0;
	}
	if (is_node(&node, text)) {
		wanted->kind = WANTED_NODE;
		wanted->node = node;
		return 0;
	}
	/* No device is called memory7 or node7. */
	if (!isalpha((unsigned char)*text) || is_numbered_as(text, "memory") ||
	    is_numbered_as(text, "node"))
		return -EINVAL;
	wanted->kind = WANTED_DEVICE;
	wanted->device = text;
	return 0;
}

static int find_iomem(struct finding *f)
{
	char path[PATH_MAX];
	FILE *file;
	int err;

	snprintf(path, sizeof(path), "%s/proc/iomem", f->root);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	err = iomem_read(&f->iomem, file);
	fclose(file);
	return err;
}

static u64 overlap(const struct iomem_line *line, u64 start, u64 end)
{
	u64 from = line->start > start ? line->start : start;
	u64 to = line->end < end ? line->end : end;

	return from <= to ? to - from + 1 : 0;
}

/* How much of a range lines whose names begin with a word cover. They must not contain each other. */
static u64 covered(const struct finding *f, const char *name, u64 start,
		   u64 end)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < f->iomem.nr; i++)
		if (!strncmp(f->iomem.lines[i].name, name, strlen(name)))
			sum += overlap(&f->iomem.lines[i], start, end);
	return sum;
}

/* The ACPI device of a memory block, which is that of its DIMM; "" if it has none. */
static void read_acpi_device(const struct finding *f, u64 number, char *name,
			     size_t len)
{
	char path[PATH_MAX], link[PATH_MAX];
	const char *slash;
	ssize_t n;

	*name = '\0';
	snprintf(path, sizeof(path), "%s" MEMORY "/memory%llu/firmware_node",
		 f->root, number);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return;
	link[n] = '\0';
	slash = strrchr(link, '/');
	snprintf(name, len, "%.*s", (int)len - 1, slash ? slash + 1 : link);
}

/* Drivers request their range, and the RAM in it is a part of that; a DIMM has none. */
static void read_device(const struct finding *f, u64 number, u64 start, u64 end,
			char *name, size_t len)
{
	const struct iomem_line *parent;
	size_t i;

	for (i = 0; i < f->iomem.nr; i++) {
		if (strncmp(f->iomem.lines[i].name, IOMEM_RAM,
			    strlen(IOMEM_RAM)) ||
		    !overlap(&f->iomem.lines[i], start, end))
			continue;
		parent = iomem_parent(&f->iomem, i);
		if (!parent)
			break;
		snprintf(name, len, "%s", parent->name);
		return;
	}
	read_acpi_device(f, number, name, len);
}

/* Also by the name of a range around that of the device. */
static bool is_of_device(const struct finding *f, const char *device, u64 start,
			 u64 end)
{
	size_t i;

	for (i = 0; i < f->iomem.nr; i++)
		if (!strcmp(f->iomem.lines[i].name, f->wanted.device) &&
		    overlap(&f->iomem.lines[i], start, end))
			return true;
	return !strcmp(device, f->wanted.device);
}

static bool is_wanted_block(const struct finding *f,
			    const struct target_block *block, u64 start,
			    u64 end)
{
	switch (f->wanted.kind) {
	case WANTED_RANGE:
		return start <= f->wanted.end && end >= f->wanted.start;
	case WANTED_NODE:
		return block->at.nid == f->wanted.node;
	case WANTED_DEVICE:
		return is_of_device(f, block->device, start, end);
	}
	return false;
}

static void take_blocks(struct finding *f)
{
	struct target *target = f->target;
	struct target_block *block = target->blocks;
	u64 bytes = target->block_pages * target->page_bytes, start, end;
	size_t i;

	for (i = 0; i < f->view.nr_blocks; i++) {
		block->at = f->view.blocks[i];
		start = block->at.start_pfn * target->page_bytes;
		end = start + bytes - 1;
		read_device(f, block->at.start_pfn / target->block_pages, start,
			    end, block->device, sizeof(block->device));
		if (!is_wanted_block(f, block, start, end))
			continue;
		block->whole = covered(f, IOMEM_RAM, start, end) == bytes;
		block->virtio_mem = covered(f, IOMEM_VIRTIO_MEM, start, end) >
				    0;
		block++;
	}
	target->nr = block - target->blocks;
}

/* Of a few memory blocks that are named, the others need not be read. */
static int read_view(struct finding *f)
{
	const struct wanted *wanted = &f->wanted;
	u64 pages = f->target->block_pages;
	u64 bytes = pages * f->target->page_bytes;
	u64 first = wanted->start / bytes, last = wanted->end / bytes;

	if (wanted->kind == WANTED_RANGE && last - first < FEW)
		return sysfs_view_read_some(&f->view, f->root, pages, first,
					    last - first + 1);
	return sysfs_view_read(&f->view, f->root, pages);
}

static int find_blocks(struct finding *f, const char *text, char *why,
		       size_t len)
{
	struct target *target = f->target;
	int err = read_view(f);

	if (!err)
		err = find_iomem(f);
	if (err)
		return source_live_why(err, why, len,
				       "cannot read memory blocks: %s",
				       strerror(-err));
	if (text && iomem_is_hidden(&f->iomem))
		return source_live_why(
			-EPERM, why, len,
			"%s/proc/iomem hides addresses: run as root", f->root);
	target->blocks =
		calloc(f->view.nr_blocks ?: 1, sizeof(*target->blocks));
	if (!target->blocks)
		return source_live_why(-ENOMEM, why, len, "out of memory");
	take_blocks(f);
	if (target->nr)
		return 0;
	if (!text)
		return source_live_why(-ENOENT, why, len,
				       "this machine has no memory blocks");
	return source_live_why(
		-ENOENT, why, len,
		"no memory block belongs to '%s': mhptop list shows those of this machine",
		text);
}

int target_find(struct target *target, const char *root, const char *text,
		char *why, size_t len)
{
	struct finding f = { .target = target, .root = root };
	struct source_info info;
	int err;

	memset(target, 0, sizeof(*target));
	err = source_live_info(&info, SOURCE_SYSFS, root, why, len);
	if (err)
		return err;
	target->page_bytes = info.page_bytes;
	target->block_pages = info.block_bytes / info.page_bytes;
	if (!text)
		f.wanted.end = ~0ULL;
	else if (parse_wanted(&f.wanted, text, info.block_bytes))
		return source_live_why(-EINVAL, why, len,
				       "'%s' names no memory: give %s", text,
				       TARGET_WHAT);
	err = find_blocks(&f, text, why, len);
	sysfs_view_free(&f.view);
	iomem_free(&f.iomem);
	if (err)
		target_free(target);
	return err;
}

void target_free(struct target *target)
{
	free(target->blocks);
	target->blocks = NULL;
	target->nr = 0;
}
