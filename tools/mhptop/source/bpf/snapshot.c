// SPDX-License-Identifier: GPL-2.0
/*
 * The snapshot of what existed before the source was opened. BPF programs read
 * the kernel's structures or, if that is not possible, submit what sysfs reports
 * to the collector. Either way, the records come through the ring buffer, and
 * the kernel's ledger includes them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "mhp_snapshot_found.h"
#include "source/bpf/bpf.h"
#include "source/sysfs/snapshot.h"
#include "mhp.skel.h" /* needs our own types */

/* Run a program. Its result, or -errno if it cannot be run. */
static int snapshot_run(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	return err ? err : (int)opts.retval;
}

/* Print, in one line, what the snapshot lacks, and why. */
static void warn_incomplete(struct bpf_source *self, const char *why,
			    const char *what)
{
	snprintf(self->source.why, sizeof(self->source.why), "%s: %s", why,
		 what);
	fprintf(stderr, "mhptop: %s\n", self->source.why);
}

static int fall_back(struct bpf_source *self, const char *why)
{
	const struct source_info *info = &self->source.info;
	int err;

	warn_incomplete(
		self, why,
		self->by_folder ?
			"who hosts the memmap of pre-existing blocks is known only for self-hosted ones" :
			"pre-existing memory blocks are known from sysfs only, without memmap hosting");
	self->sysfs = calloc(1, sizeof(*self->sysfs));
	if (!self->sysfs)
		return -ENOMEM;
	err = sysfs_view_read(self->sysfs, "",
			      info->block_bytes / info->page_bytes);
	if (!err)
		self->stage = BPF_SNAPSHOT_SYSFS_ZONES;
	return err;
}

/* Let the collector know the directory of a block. Its descriptor or -errno. */
static int open_block(struct bpf_source *self, u64 number)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%llu",
		 number);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	self->skel->bss->mhp_snapshot_fd = fd;
	self->skel->bss->mhp_snapshot_next = number;
	return fd;
}

/*
 * Whether memory blocks can be found by their directories. Not the first block,
 * which has number 0 and does not show how many sections a block has.
 */
static bool can_open_blocks(struct bpf_source *self)
{
	struct sysfs_view view;
	u64 block_pages =
		self->source.info.block_bytes / self->source.info.page_bytes;
	int fd, found = 0;

	if (sysfs_view_read(&view, "", block_pages))
		return false;
	fd = view.nr_blocks ?
		     open_block(self,
				view.blocks[view.nr_blocks - 1].start_pfn /
					block_pages) :
		     -ENOENT;
	if (fd >= 0) {
		found = snapshot_run(self->skel->progs.mhp_find_open);
		close(fd);
	}
	self->skel->bss->mhp_snapshot_next = 0;
	sysfs_view_free(&view);
	return found > 0;
}

int bpf_source_find(struct bpf_source *self)
{
	const struct bpf_program *find = self->skel->progs.mhp_find;
	const int needed = MHP_FOUND_BLOCKS | MHP_FOUND_NODES;

	if (!bpf_program__autoload(find)) {
		self->found = -EPERM;
		return self->found;
	}
	self->found = snapshot_run(find);
	if (self->found == -EPERM ||
	    (self->found >= 0 && (~self->found & needed)))
		self->by_folder = can_open_blocks(self);
	self->skel->bss->mhp_snapshot_by_folder = self->by_folder;
	return self->found;
}

int bpf_source_snapshot_begin(struct bpf_source *self)
{
	const struct bpf_program *find = self->skel->progs.mhp_find;
	int found = self->found;

	if (!bpf_program__autoload(find))
		return fall_back(self,
				 "lockdown forbids reading kernel memory");
	if (found == -EPERM)
		return fall_back(
			self,
			"kernel addresses are hidden (CAP_SYSLOG, kernel.kptr_restrict)");
	if (found < 0)
		return found;
	if (!(found & MHP_FOUND_BLOCKS) || !(found & MHP_FOUND_NODES))
		return fall_back(
			self,
			"cannot locate the kernel's memory blocks (CONFIG_KALLSYMS_ALL)");
	if (!(found & MHP_FOUND_SECTIONS))
		warn_incomplete(
			self, "cannot identify boot memory",
			"memmap hosting of pre-existing blocks is known only for self-hosted blocks");
	self->stage = BPF_SNAPSHOT_ZONES;
	return 0;
}

/* Run a program that continues where it stopped, and stops when there is no more room. */
static int walk(struct bpf_source *self, const struct bpf_program *prog)
{
	struct mhp_bpf__bss *bss = self->skel->bss;
	int err = snapshot_run(prog);

	if (err || !bss->mhp_snapshot_done)
		return err;
	self->stage = self->stage == BPF_SNAPSHOT_ZONES ? BPF_SNAPSHOT_BLOCKS :
							  BPF_SNAPSHOT_DONE;
	bss->mhp_snapshot_next = 0;
	bss->mhp_snapshot_done = 0;
	return 0;
}

int bpf_source_submit(struct bpf_source *self, u16 event, const void *payload,
		      size_t size, u64 seq)
{
	struct mhp_record *record = &self->skel->bss->mhp_sysfs_record;

	record->event = event;
	record->unknown =
		event == MHP_EVENT_mhp_snapshot_block ? SYSFS_BLOCK_UNKNOWN : 0;
	record->seq = seq;
	memcpy(&record->p, payload, size);
	return snapshot_run(self->skel->progs.mhp_snapshot_sysfs);
}

static int submit_zones(struct bpf_source *self)
{
	int err = 0;

	while (!err && self->next < self->sysfs->nr_zones) {
		err = bpf_source_submit(self, MHP_EVENT_mhp_snapshot_zone,
					&self->sysfs->zones[self->next],
					sizeof(self->sysfs->zones[0]), 0);
		if (!err)
			self->next++;
	}
	if (!err) {
		self->stage = BPF_SNAPSHOT_SYSFS_BLOCKS;
		self->next = 0;
	}
	return err < 0 ? err : 0;
}

/* As bpf_source_submit(): what the kernel knows of a block, if it can be found, or else what sysfs does. */
static int submit_block(struct bpf_source *self,
			const struct mhp_mhp_snapshot_block *block)
{
	int fd, err = MHP_SNAPSHOT_NOT_FOUND;

	if (self->by_folder) {
		fd = open_block(self, block->start_pfn / block->nr_pages);
		if (fd >= 0) {
			err = snapshot_run(
				self->skel->progs.mhp_snapshot_blocks);
			close(fd);
		}
	}
	return err == MHP_SNAPSHOT_NOT_FOUND ?
		       bpf_source_submit(self, MHP_EVENT_mhp_snapshot_block,
					 block, sizeof(*block), 0) :
		       err;
}

static int submit_blocks(struct bpf_source *self)
{
	int err = 0;

	while (!err && self->next < self->sysfs->nr_blocks) {
		err = submit_block(self, &self->sysfs->blocks[self->next]);
		if (!err)
			self->next++;
	}
	if (!err)
		self->stage = BPF_SNAPSHOT_DONE;
	return err < 0 ? err : 0;
}

int bpf_source_snapshot(struct bpf_source *self)
{
	int err = 0;

	switch (self->stage) {
	case BPF_SNAPSHOT_ZONES:
		err = walk(self, self->skel->progs.mhp_snapshot_zones);
		break;
	case BPF_SNAPSHOT_BLOCKS:
		err = walk(self, self->skel->progs.mhp_snapshot_blocks);
		break;
	case BPF_SNAPSHOT_SYSFS_ZONES:
		err = submit_zones(self);
		break;
	case BPF_SNAPSHOT_SYSFS_BLOCKS:
		err = submit_blocks(self);
		break;
	case BPF_SNAPSHOT_DONE:
		break;
	}
	return err ? err : self->stage != BPF_SNAPSHOT_DONE;
}

void bpf_source_snapshot_end(struct bpf_source *self)
{
	if (self->sysfs)
		sysfs_view_free(self->sysfs);
	free(self->sysfs);
	self->sysfs = NULL;
}
