// SPDX-License-Identifier: GPL-2.0
/*
 * Reads memory blocks from /sys/devices/system/memory, their nodes from
 * /sys/devices/system/node, and zones from /proc/zoneinfo.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/event_table.h"
#include "source/live.h"
#include "source/sysfs/snapshot.h"

#define SYSTEM "/sys/devices/system"

/* Parse a name like "memory42", where word is "memory". Whether it is such a name. */
static int numbered(const char *name, const char *word, u64 *number)
{
	size_t len = strlen(word);
	char *end;

	if (strncmp(name, word, len) || name[len] < '0' || name[len] > '9')
		return 0;
	*number = strtoull(name + len, &end, 10);
	return !*end;
}

/* Call take() for each "wordN" in a folder. 0, or -errno of the folder or of take(). */
static int for_each_numbered(const char *path, const char *word,
			     int (*take)(void *ctx, u64 number), void *ctx)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	u64 number;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (numbered(entry->d_name, word, &number))
			err = take(ctx, number);
	closedir(dir);
	return err;
}

struct scan {
	struct sysfs_view *view;
	const char *root;
	u64 block_pages;
	s32 nid;
};

static int add_block(void *ctx, u64 number)
{
	struct scan *scan = ctx;
	struct sysfs_view *view = scan->view;

	if (!vec_grow(view->blocks, view->nr_blocks, view->room_blocks))
		return -ENOMEM;
	view->blocks[view->nr_blocks++] = (struct mhp_mhp_snapshot_block){
		.start_pfn = number * scan->block_pages,
		.nr_pages = scan->block_pages,
		.nid = -1,
		.zone = MHP_ZONE_NONE,
		.hosting = MHP_HOSTING_NONE,
		.origin = MHP_ORIGIN_SYSFS,
	};
	return 0;
}

static int snapshot_compare_blocks(const void *a, const void *b)
{
	const struct mhp_mhp_snapshot_block *x = a, *y = b;

	return (x->start_pfn > y->start_pfn) - (x->start_pfn < y->start_pfn);
}

static int set_nid(void *ctx, u64 number)
{
	struct scan *scan = ctx;
	struct mhp_mhp_snapshot_block *block, key;

	key.start_pfn = number * scan->block_pages;
	block = bsearch(&key, scan->view->blocks, scan->view->nr_blocks,
			sizeof(key), snapshot_compare_blocks);
	if (block && block->nid < 0)
		block->nid = scan->nid;
	return 0;
}

static int set_nids(void *ctx, u64 node)
{
	struct scan *scan = ctx;
	char path[PATH_MAX];
	int err;

	scan->nid = node;
	snprintf(path, sizeof(path), "%s" SYSTEM "/node/node%d", scan->root,
		 scan->nid);
	err = for_each_numbered(path, "memory", set_nid, scan);
	return err == -ENOENT ? 0 : err;
}

static u16 state_value(const char *word)
{
	if (!strcmp(word, "online"))
		return MHP_STATE_ONLINE;
	if (!strcmp(word, "offline"))
		return MHP_STATE_OFFLINE;
	if (!strcmp(word, "going-offline"))
		return MHP_STATE_GOING_OFFLINE;
	return MHP_STATE_UNKNOWN;
}

/* 0, or -ENOENT if the block was removed meanwhile. */
static int read_block(const struct scan *scan,
		      struct mhp_mhp_snapshot_block *block)
{
	unsigned long long id = block->start_pfn / scan->block_pages;
	char text[128];
	long zone;
	int n;

	n = source_live_text(text, sizeof(text),
			     "%s" SYSTEM "/memory/memory%llu/state", scan->root,
			     id);
	if (n < 0)
		return n;
	block->state = state_value(text);
	if (block->state != MHP_STATE_ONLINE)
		return 0;
	/* For an online block, this is its zone, or "none" if it spans several. */
	n = source_live_text(text, sizeof(text),
			     "%s" SYSTEM "/memory/memory%llu/valid_zones",
			     scan->root, id);
	zone = n > 0 ? event_symbol_value(event_zones, text, n) : -1;
	if (zone > 0)
		block->zone = zone;
	return 0;
}

static int read_blocks(struct scan *scan)
{
	struct sysfs_view *view = scan->view;
	char path[PATH_MAX];
	size_t i, kept = 0;
	int err;

	snprintf(path, sizeof(path), "%s" SYSTEM "/memory", scan->root);
	err = for_each_numbered(path, "memory", add_block, scan);
	if (err)
		return err;
	if (view->nr_blocks)
		qsort(view->blocks, view->nr_blocks, sizeof(*view->blocks),
		      snapshot_compare_blocks);
	for (i = 0; i < view->nr_blocks; i++)
		if (!read_block(scan, &view->blocks[i]))
			view->blocks[kept++] = view->blocks[i];
	view->nr_blocks = kept;

	/* Without NUMA there are no nodes. */
	snprintf(path, sizeof(path), "%s" SYSTEM "/node", scan->root);
	err = for_each_numbered(path, "node", set_nids, scan);
	return err == -ENOENT ? 0 : err;
}

static struct mhp_mhp_snapshot_zone *add_zone(struct sysfs_view *view, int nid,
					      const char *name)
{
	long zone = event_symbol_value(event_zones, name, strlen(name));
	struct mhp_mhp_snapshot_zone *added;

	if (!vec_grow(view->zones, view->nr_zones, view->room_zones))
		return NULL;
	added = &view->zones[view->nr_zones++];
	*added = (struct mhp_mhp_snapshot_zone){
		.nid = nid,
		.zone = zone > 0 ? zone : MHP_ZONE_NONE,
		.origin = MHP_ORIGIN_SYSFS,
	};
	return added;
}

static void drop_empty_zones(struct sysfs_view *view)
{
	size_t i, kept = 0;

	for (i = 0; i < view->nr_zones; i++)
		if (view->zones[i].present &&
		    view->zones[i].zone != MHP_ZONE_NONE)
			view->zones[kept++] = view->zones[i];
	view->nr_zones = kept;
}

static int read_zones(struct scan *scan)
{
	struct mhp_mhp_snapshot_zone *zone = NULL;
	char path[PATH_MAX], line[256], name[32];
	unsigned long long pages;
	FILE *file;
	int err = 0, nid;

	snprintf(path, sizeof(path), "%s/proc/zoneinfo", scan->root);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (!err && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone %31s", &nid, name) == 2) {
			zone = add_zone(scan->view, nid, name);
			if (!zone)
				err = -ENOMEM;
		} else if (!zone) {
			continue;
		} else if (sscanf(line, " present %llu", &pages) == 1) {
			zone->present = pages;
		} else if (sscanf(line, " managed %llu", &pages) == 1) {
			zone->managed = pages;
		}
	}
	if (!err && ferror(file))
		err = -EIO;
	fclose(file);
	drop_empty_zones(scan->view);
	return err;
}

/* A memory block has a link to each of its nodes, as a node has to each of its blocks. */
static int set_lowest_nid(void *ctx, u64 node)
{
	struct mhp_mhp_snapshot_block *block = ctx;

	if (block->nid < 0 || (u64)block->nid > node)
		block->nid = node;
	return 0;
}

static int read_some(struct scan *scan, u64 first, u64 nr)
{
	struct sysfs_view *view = scan->view;
	struct mhp_mhp_snapshot_block *block;
	char path[PATH_MAX];
	u64 number;
	int err;

	for (number = first; number < first + nr; number++) {
		err = add_block(scan, number);
		if (err)
			return err;
		block = &view->blocks[view->nr_blocks - 1];
		if (read_block(scan, block)) {
			view->nr_blocks--;
			continue;
		}
		snprintf(path, sizeof(path), "%s" SYSTEM "/memory/memory%llu",
			 scan->root, number);
		for_each_numbered(path, "node", set_lowest_nid, block);
	}
	return 0;
}

int sysfs_view_read_some(struct sysfs_view *view, const char *root,
			 u64 block_pages, u64 first, u64 nr)
{
	struct scan scan = {
		.view = view,
		.root = root,
		.block_pages = block_pages,
	};
	int err;

	memset(view, 0, sizeof(*view));
	err = read_some(&scan, first, nr);
	if (err)
		sysfs_view_free(view);
	return err;
}

int sysfs_view_read(struct sysfs_view *view, const char *root, u64 block_pages)
{
	struct scan scan = {
		.view = view,
		.root = root,
		.block_pages = block_pages,
	};
	int err;

	memset(view, 0, sizeof(*view));
	err = read_blocks(&scan);
	if (!err)
		err = read_zones(&scan);
	if (err)
		sysfs_view_free(view);
	return err;
}

void sysfs_view_free(struct sysfs_view *view)
{
	free(view->blocks);
	free(view->zones);
	memset(view, 0, sizeof(*view));
}
