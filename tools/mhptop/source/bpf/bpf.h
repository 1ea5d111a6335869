/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the BPF source share. Only source_bpf*.c include this, and
 * only they know libbpf and the skeleton.
 *
 *   source_bpf.c        the operations of a source
 *   source_bpf_load.c   loading and attaching, and why it may not work
 *   source_bpf_btf.c    the types of the kernel that takes
 *   source_bpf_snapshot.c   what was there before
 *   source_bpf_check.c  the kernel's ledger against ours
 *   source_bpf_ledger.c the kernel's ledger as ours
 */
#ifndef SOURCE_BPF_H
#define SOURCE_BPF_H

#include "source/source.h"

struct bpf_link;
struct btf;
struct mhp_bpf;
struct ring_buffer;
struct sysfs_view;

/* What is still to be handed over of what was there before the source was opened */
enum bpf_snapshot_stage {
	BPF_SNAPSHOT_ZONES,
	BPF_SNAPSHOT_BLOCKS,
	BPF_SNAPSHOT_SYSFS_ZONES, /* the same from sysfs, for want of better */
	BPF_SNAPSHOT_SYSFS_BLOCKS,
	BPF_SNAPSHOT_DONE,
};

struct bpf_source {
	struct source source;
	struct mhp_bpf *skel;
	struct ring_buffer *ring;
	enum bpf_snapshot_stage stage;
	struct sysfs_view *sysfs; /* for the SYSFS stages, */
	u64 next; /* and the next of its entries */
	struct bpf_link *links[MHP_NR_EVENTS]; /* by event */
	u64 handed; /* records, ever */
	/* During a read: */
	source_sink sink;
	void *ctx;
	int taken;
};

/* Load the collector for this machine and attach it: 0, or -errno with why. */
int bpf_source_load(struct bpf_source *self, char *why, size_t len);

/*
 * Write into a file those of the kernel's types that have the name of one of
 * the collector's; *early_bit is the number of the bit that marks a section
 * of boot memory, -1 if unknown. 0 or -errno.
 */
int bpf_source_types(const struct btf *collector, int fd, s64 *early_bit);

/* Find out how to see what was there before; a shortfall is said on stderr. */
int bpf_source_snapshot_begin(struct bpf_source *self);
/*
 * Put as much of it into the ring buffer as half of that has room for.
 * 1: there is more to come; 0: that was all; -errno.
 */
int bpf_source_snapshot(struct bpf_source *self);
void bpf_source_snapshot_end(struct bpf_source *self);

/* Compare; nothing may change the kernel's ledger any more. As self_check. */
int bpf_source_compare(struct bpf_source *self, struct mhp_ledger *ledger,
		       char *why, size_t len);

/*
 * Events that the kernel kept from the collector, as their CPU was in a BPF
 * program already: not even its own ledger has them.
 */
u64 bpf_source_missed(const struct bpf_source *self, unsigned int event);

/* As the operation of a source. */
int bpf_source_ledger(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len);

#endif
