// SPDX-License-Identifier: GPL-2.0
/*
 * The source for kernels without mhp events, and for users who cannot use them.
 * Each read compares sysfs with the previous read and makes a record for each
 * change. Changes that were undone in between go unnoticed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/source.h"
#include "source/live.h"
#include "source/sysfs/snapshot.h"

struct sysfs_source {
	struct source source;
	char *root;
	struct sysfs_view last;
	struct source_totals totals;
	u64 seq;
	/* During a read: */
	source_sink sink;
	void *ctx;
	int taken;
};

static int emit(struct sysfs_source *self, unsigned int event,
		const void *payload, size_t size)
{
	struct mhp_record record = {
		.seq = ++self->seq,
		.time_ns = source_live_monotonic(),
		.pid = getpid(),
		.event = event,
		.unknown = event == MHP_EVENT_mhp_snapshot_block ?
				   SYSFS_BLOCK_UNKNOWN :
				   0,
		.size = size,
		.comm = "mhptop",
	};
	int err;

	memcpy(&record.p, payload, size);
	self->totals.count[event].seen++;
	self->totals.count[event].submitted++;
	self->totals.count[0].seen++;
	self->totals.count[0].submitted++;
	err = self->sink(self->ctx, &record);
	if (!err)
		self->taken++;
	return err;
}

static int emit_block(struct sysfs_source *self,
		      const struct mhp_mhp_snapshot_block *block)
{
	return emit(self, MHP_EVENT_mhp_snapshot_block, block, sizeof(*block));
}

static int emit_removed(struct sysfs_source *self,
			const struct mhp_mhp_snapshot_block *block)
{
	struct mhp_mhp_snapshot_block removed = *block;

	removed.state = MHP_STATE_REMOVED;
	removed.zone = MHP_ZONE_NONE;
	return emit_block(self, &removed);
}

/* Both lists are sorted, so one pass finds added, removed and changed blocks. */
static int sysfs_compare_blocks(struct sysfs_source *self,
				const struct sysfs_view *now)
{
	const struct mhp_mhp_snapshot_block *old = self->last.blocks;
	size_t i = 0, j = 0, nr_old = self->last.nr_blocks;
	int err = 0;

	while (!err && (i < nr_old || j < now->nr_blocks)) {
		if (j == now->nr_blocks ||
		    (i < nr_old &&
		     old[i].start_pfn < now->blocks[j].start_pfn)) {
			err = emit_removed(self, &old[i++]);
		} else if (i == nr_old ||
			   now->blocks[j].start_pfn < old[i].start_pfn) {
			err = emit_block(self, &now->blocks[j++]);
		} else {
			if (memcmp(&old[i], &now->blocks[j], sizeof(*old)))
				err = emit_block(self, &now->blocks[j]);
			i++;
			j++;
		}
	}
	return err;
}

static int sysfs_compare_zone(struct sysfs_source *self,
			      const struct sysfs_view *view,
			      const struct mhp_mhp_snapshot_zone *zone,
			      int gone)
{
	struct mhp_mhp_snapshot_zone empty = *zone;
	size_t i;

	for (i = 0; i < view->nr_zones; i++) {
		if (view->zones[i].nid != zone->nid ||
		    view->zones[i].zone != zone->zone)
			continue;
		if (gone || !memcmp(&view->zones[i], zone, sizeof(*zone)))
			return 0;
		break;
	}
	if (gone) {
		empty.present = 0;
		empty.managed = 0;
	}
	return emit(self, MHP_EVENT_mhp_snapshot_zone, &empty, sizeof(empty));
}

static int compare_zones(struct sysfs_source *self,
			 const struct sysfs_view *now)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < now->nr_zones; i++)
		err = sysfs_compare_zone(self, &self->last, &now->zones[i], 0);
	for (i = 0; !err && i < self->last.nr_zones; i++)
		err = sysfs_compare_zone(self, now, &self->last.zones[i], 1);
	return err;
}

static int sysfs_read(struct source *source, source_sink sink, void *ctx)
{
	struct sysfs_source *self = (struct sysfs_source *)source;
	struct sysfs_view now;
	int err;

	self->sink = sink;
	self->ctx = ctx;
	self->taken = 0;
	err = sysfs_view_read(&now, self->root,
			      source->info.block_bytes /
				      source->info.page_bytes);
	if (err)
		return source_live_why(
			err, source->why, sizeof(source->why),
			"cannot read memory blocks from %s/sys/devices/system/memory: %s",
			self->root, strerror(-err));
	err = compare_zones(self, &now);
	if (!err)
		err = sysfs_compare_blocks(self, &now);
	sysfs_view_free(&self->last);
	self->last = now;
	return err ? err : self->taken;
}

static int sysfs_totals(struct source *source, struct source_totals *totals)
{
	*totals = ((struct sysfs_source *)source)->totals;
	return 0;
}

static void sysfs_close(struct source *source)
{
	struct sysfs_source *self = (struct sysfs_source *)source;

	sysfs_view_free(&self->last);
	free(self->root);
	free(self);
}

static const struct source_ops sysfs_ops = {
	.name = "sysfs",
	.read = sysfs_read,
	.totals = sysfs_totals,
	.close = sysfs_close,
};

int source_open_sysfs(struct source **source, const char *root, char *why,
		      size_t len)
{
	struct sysfs_source *self = calloc(1, sizeof(*self));
	int err = -ENOMEM;

	if (self)
		self->root = strdup(root ? root : "");
	if (!self || !self->root) {
		source_live_why(err, why, len,
				"cannot open sysfs: out of memory");
		goto out;
	}
	self->source.ops = &sysfs_ops;
	err = source_live_info(&self->source.info, SOURCE_SYSFS, self->root,
			       why, len);
	if (err)
		goto out;
	*source = &self->source;
	return 0;
out:
	if (self)
		free(self->root);
	free(self);
	return err;
}
