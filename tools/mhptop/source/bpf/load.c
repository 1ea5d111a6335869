// SPDX-License-Identifier: GPL-2.0
/*
 * Loads the collector into the kernel and attaches it. If that fails, the reason
 * says in one line why, and what to do.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "model/event_table.h"
#include "source/bpf/bpf.h"
#include "source/live.h"
#include "mhp.skel.h" /* needs our own types */

#define USUAL_STRUCT_PAGE 64 /* bytes; a recording names another size */
#define RING_MIN (512UL << 10)
#define RING_MAX (4UL << 20)
/* A busy host may stop the CPU that holds the lock for a few time slices. */
#define GUEST_LOCK_NS 100000000

/* Print messages of libbpf only on request; users get our own one-line reason. */
static int print_libbpf(enum libbpf_print_level level, const char *fmt,
			va_list args)
{
	if (!getenv("MHPTOP_DEBUG") || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, fmt, args);
}

static int is_event(const struct bpf_program *prog)
{
	return bpf_program__type(prog) == BPF_PROG_TYPE_TRACEPOINT;
}

static int load_privileges(char *why, size_t len)
{
	bool admin = source_live_capable(CAP_SYS_ADMIN);
	bool bpf = admin || source_live_capable(CAP_BPF);
	bool perfmon = admin || source_live_capable(CAP_PERFMON);

	if (bpf && perfmon)
		return 0;
	return source_live_why(
		-EPERM, why, len,
		"not permitted to trace the kernel: %s%s%s missing; %s",
		bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
		perfmon ? "" : "CAP_PERFMON",
		source_live_in_user_namespace() ?
			"run as root, and not in a user namespace" :
			"run as root, or give mhptop the capability");
}

static int check_kernel(char *why, size_t len)
{
	static const char btf[] = "/sys/kernel/btf/vmlinux";
	const char *events;
	int err;

	err = source_live_tracefs(&events);
	if (err == -EACCES)
		return source_live_why(
			-EPERM, why, len,
			"no permission to read %s: run as root, or remount tracefs with gid= and mode=",
			events);
	if (err)
		return source_live_why(
			-EOPNOTSUPP, why, len,
			"tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing (the kernel needs CONFIG_FTRACE)");
	if (access(btf, R_OK))
		return source_live_why(
			-EOPNOTSUPP, why, len,
			"%s: %s; the kernel needs CONFIG_DEBUG_INFO_BTF", btf,
			strerror(errno));
	return 0;
}

/*
 * Do not load programs of events that this kernel lacks, nor programs that read
 * kernel memory if lockdown forbids it.
 */
static int choose_programs(struct bpf_source *self, char *why, size_t len)
{
	struct bpf_program *prog;
	const char *events, *name, *example = NULL;
	int present = 0, missing = 0;
	char path[256], mode[32];

	source_live_tracefs(&events);
	source_live_lockdown(mode, sizeof(mode));
	bpf_object__for_each_program(prog, self->skel->obj) {
		name = bpf_program__name(prog);
		if (!is_event(prog))
			continue;
		snprintf(path, sizeof(path), "%s/mhp/%s/id", events, name);
		if (!access(path, F_OK)) {
			present++;
			continue;
		}
		bpf_program__set_autoload(prog, false);
		missing++;
		example = name;
	}
	if (!strcmp(mode, "confidentiality")) {
		bpf_program__set_autoload(self->skel->progs.mhp_snapshot_blocks,
					  false);
		bpf_program__set_autoload(self->skel->progs.mhp_snapshot_zones,
					  false);
		bpf_program__set_autoload(self->skel->progs.mhp_snapshot_find,
					  false);
	}
	if (!present)
		return source_live_why(
			-ENOENT, why, len,
			"this kernel (%s) has no mhp events in %s; boot one built by `make kernel`",
			self->source.info.kernel, events);
	if (missing)
		fprintf(stderr,
			"mhptop: this kernel lacks %d mhp events (e.g. %s); data from them will be missing; see mhptop doctor\n",
			missing, example);
	return 0;
}

static int shift_of(u64 size)
{
	return 63 - __builtin_clzll(size);
}

/* 1/512 of RAM, within limits, so that it does not burden a small machine. */
static u64 ring_bytes(void)
{
	u64 bytes = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 512;

	if (bytes <= RING_MIN)
		return RING_MIN;
	return bytes >= RING_MAX ? RING_MAX : 1ULL << shift_of(bytes);
}

static int configure(struct bpf_source *self, const struct bpf_facts *facts)
{
	struct source_info *info = &self->source.info;
	u64 bytes = ring_bytes();
	int err;

	self->skel->rodata->mhp_page_shift = shift_of(info->page_bytes);
	self->skel->rodata->mhp_block_shift =
		shift_of(info->block_bytes / info->page_bytes);
	self->skel->rodata->mhp_ring_bytes = bytes;
	self->skel->rodata->mhp_wake_shift = shift_of(bytes / 8);
	if (source_live_guest())
		self->skel->rodata->mhp_lock_ns = GUEST_LOCK_NS;
	if (facts->early_bit >= 0)
		self->skel->rodata->mhp_early_mask = 1ULL << facts->early_bit;
	if (facts->struct_page_bytes != USUAL_STRUCT_PAGE)
		info->struct_page_bytes = facts->struct_page_bytes;
	err = bpf_map__set_max_entries(self->skel->maps.mhp_ring, bytes);
	if (!err && info->max_accounts)
		err = bpf_map__set_max_entries(self->skel->maps.mhp_blocks,
					       info->max_accounts);
	if (!err && info->max_accounts)
		err = bpf_map__set_max_entries(self->skel->maps.mhp_ranges,
					       info->max_accounts);
	return err;
}

static int refused(int err, const char *what, char *why, size_t len)
{
	char mode[32];

	source_live_lockdown(mode, sizeof(mode));
	switch (err) {
	case -EPERM:
		return source_live_why(
			-EPERM, why, len,
			"the kernel refused to %s: %s%s forbids it", what,
			*mode ? "lockdown=" : "",
			*mode ? mode : "seccomp or a security module");
	case -ENOSYS:
		return source_live_why(
			-EOPNOTSUPP, why, len,
			"the kernel cannot %s: it needs CONFIG_BPF_SYSCALL",
			what);
	case -ENOMEM:
		return source_live_why(err, why, len,
				       "cannot %s: out of memory", what);
	}
	return source_live_why(
		-EOPNOTSUPP, why, len,
		"the kernel failed to %s: %s; does it have CONFIG_BPF_EVENTS? MHPTOP_DEBUG=1 shows details",
		what, strerror(-err));
}

static int attach(struct bpf_source *self, char *why, size_t len)
{
	struct bpf_program *prog;
	const char *name;
	unsigned int event;
	char what[64];

	bpf_object__for_each_program(prog, self->skel->obj) {
		if (!is_event(prog) || !bpf_program__autoload(prog))
			continue;
		name = bpf_program__name(prog);
		event = event_by_name(name, strlen(name));
		self->links[event] = bpf_program__attach(prog);
		if (self->links[event])
			continue;
		snprintf(what, sizeof(what), "attach to event %s", name);
		return refused(-errno, what, why, len);
	}
	__atomic_store_n(&self->skel->bss->mhp_open, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/* libbpf reads the kernel's types from a file, which is written when the collector's types are known. */
static int load(struct bpf_source *self, int types, char *why, size_t len)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	char path[32];
	struct bpf_facts facts;
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", types);
	opts.btf_custom_path = path;
	self->skel = mhp_bpf__open_opts(&opts);
	if (!self->skel)
		return refused(-errno, "open the collector", why, len);
	err = choose_programs(self, why, len);
	if (err)
		return err;
	err = bpf_source_types(bpf_object__btf(self->skel->obj), types, &facts);
	if (err)
		return refused(err, "provide its BTF types", why, len);
	err = configure(self, &facts);
	if (!err)
		err = mhp_bpf__load(self->skel);
	return err ? refused(err, "load the collector", why, len) : 0;
}

int bpf_source_load(struct bpf_source *self, char *why, size_t len)
{
	int err, types;

	libbpf_set_print(print_libbpf);
	err = load_privileges(why, len);
	if (!err)
		err = check_kernel(why, len);
	if (err)
		return err;
	types = memfd_create("mhptop-types", MFD_CLOEXEC);
	if (types < 0)
		return refused(-errno, "create a file in memory", why, len);
	err = load(self, types, why, len);
	close(types);
	return err ? err : attach(self, why, len);
}
