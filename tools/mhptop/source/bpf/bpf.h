/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The BPF source. Private to source/bpf/, the only folder that uses libbpf and
 * the skeleton.
 */
#ifndef SOURCE_BPF_H
#define SOURCE_BPF_H

#include "mhp_probe_state.h"
#include "mhp_whose.h"
#include "source/source.h"

struct bpf_link;
struct bpf_program;
struct btf;
struct mhp_bpf;
struct ring_buffer;
struct sysfs_view;

/* Progress of the snapshot of what existed before the source was opened */
enum bpf_snapshot_stage {
	BPF_SNAPSHOT_ZONES,
	BPF_SNAPSHOT_BLOCKS,
	BPF_SNAPSHOT_SYSFS_ZONES, /* from sysfs, if the kernel's structures cannot be read */
	BPF_SNAPSHOT_SYSFS_BLOCKS,
	BPF_SNAPSHOT_DONE,
};

/* When to count the machine's memory */
struct bpf_memory {
	bool due; /* the snapshot was taken, or memory was added or removed, since the last count */
	bool busy; /* an operation is in progress */
	bool last; /* the last records before the end were requested */
	u64 seq; /* number of the last record */
};

/* What the kernel counted when programs did not run, by event */
struct bpf_missed {
	u64 count[MHP_NR_EVENTS]; /* those that may have been events */
	u64 shared[MHP_NR_EVENTS]; /* at shared functions, when that was read last */
	u64 harmless[MHP_NR_EVENTS]; /* of these, those without an operation */
	u64 seen; /* mhp_ops_seen before that, UINT64_MAX: an operation was in progress */
};

#define BPF_LINKS_MAX 64

struct bpf_source {
	struct source source;
	struct mhp_bpf *skel;
	struct ring_buffer *ring;
	int wakeups; /* epoll descriptor that is readable after a wake-up */
	int timer; /* with probes, when to look for what was missed, or -1 */
	int found; /* what bpf_source_find() returned */
	bool by_folder; /* memory blocks are found by their directories in sysfs */
	bool pages; /* only copies struct pages, and has no events */
	enum bpf_snapshot_stage stage;
	u64 next; /* index into the zones or blocks of sysfs */
	struct sysfs_view *sysfs; /* for the _SYSFS_ stages */
	struct bpf_link *links[BPF_LINKS_MAX]; /* of the attached programs */
	unsigned int nr_links;
	u64 probes; /* those that are attached, by their place in the table */
	bool refusals; /* bpf_source_name_refusals() was called */
	bool dropped; /* capabilities that are not needed any more */
	bool closed; /* the collector ignores events from now on */
	struct bpf_missed missed;
	u64 handed; /* records handed over so far */
	struct bpf_memory memory;
	/* During a read: */
	source_sink sink;
	void *ctx;
	int taken;
};

/* Load the collector and attach it, to the kind of source that its info names. 0, or -errno with why. */
int bpf_source_load(struct bpf_source *self, char *why, size_t len);
/* Attach a program, and keep its link. 0 or -errno. */
int bpf_source_attach(struct bpf_source *self, struct bpf_program *prog);

/* From now on, record which function of the memory notifier refuses, if the kernel reports that. */
void bpf_source_name_refusals(struct bpf_source *self);

/* Whether a program is one of the probes. */
bool bpf_probes_are(const struct bpf_program *prog);
/* Load only those probes whose function this kernel has. 0, or -errno with why. */
int bpf_probes_choose(struct bpf_source *self, const struct btf *kernel,
		      char *why, size_t len);
/*
 * Attach the probes, and note in the source's info which events are unknown. One that cannot be attached costs only
 * what depends on it. 0 or -errno.
 */
int bpf_probes_attach(struct bpf_source *self, char *why, size_t len);
/* Describe an event that probes make, as describe() of a source. */
void bpf_probes_describe(const struct bpf_source *self, unsigned int event,
			 char *text, size_t len);
/* The event that a program makes or contributes to, 0: none. */
unsigned int bpf_probes_event(const char *prog);
/* Whether other parts of the kernel call its function as well, so that the program does nothing without an operation. */
bool bpf_probes_share(const char *prog);

struct bpf_facts {
	s64 early_bit; /* the number of the bit that marks a section of boot memory, -1: unknown */
	u32 struct_page_bytes; /* 0: unknown */
};

/*
 * Write those of the kernel's types to a file whose names the collector uses.
 * 0 or -errno, with the facts that only BTF has.
 */
int bpf_source_types(struct btf *kernel, const struct btf *collector, int fd,
		     struct bpf_facts *facts);

/* Look up the kernel's variables. enum mhp_snapshot_found, or -errno; -EPERM: this user may not. */
int bpf_source_find(struct bpf_source *self);
/* Start the snapshot. If it is incomplete, print a message on standard error. 0 or -errno. */
int bpf_source_snapshot_begin(struct bpf_source *self);
/*
 * Put more of the snapshot into the ring buffer, up to half its size. 1: there is
 * more; 0: the snapshot is complete; or -errno.
 */
int bpf_source_snapshot(struct bpf_source *self);
void bpf_source_snapshot_end(struct bpf_source *self);

/*
 * Submit a record to the collector. seq is the number that no record may have
 * exceeded, 0: any. 0, 1: no room now, 2: there was another record, or -errno.
 */
int bpf_source_submit(struct bpf_source *self, u16 event, const void *payload,
		      size_t size, u64 seq);

/* Note from a record whether memory must be counted. */
void bpf_memory_take(struct bpf_memory *memory,
		     const struct mhp_record *record);
/*
 * If it is time to count the machine's memory, submit a count to the collector.
 * All records must have been handed over. 1: the count is in the ring buffer; 0:
 * no count was due, or it must wait; or -errno.
 */
int bpf_source_count_memory(struct bpf_source *self);

/* Compare the ledgers, as self_check() of a source. The events must be stopped. */
int bpf_source_compare(struct bpf_source *self, struct mhp_ledger *ledger,
		       char *why, size_t len);

/*
 * Count the events that the collector missed because their CPU was already
 * running that program, or for kprobes any; the kernel's ledger lacks them, too.
 * Functions that probes share with other parts of the kernel make this happen all
 * the time on a busy machine. What they miss while no operation is in progress was
 * no event, so look at least every BPF_MISSED_NS. No effect once the source is
 * closed.
 */
void bpf_missed_count(struct bpf_source *self);
#define BPF_MISSED_NS 1000000000

/* ledger() of a source. */
int bpf_source_ledger(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len);

#endif
