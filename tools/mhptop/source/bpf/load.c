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
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>
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

/* The programs of the snapshot are raw tracepoints as well, but of no event. */
static int is_event(const struct bpf_program *prog)
{
	return !strncmp(bpf_program__section_name(prog), "raw_tp/", 7);
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

static int check_btf(char *why, size_t len)
{
	static const char btf[] = "/sys/kernel/btf/vmlinux";
	struct stat status;

	errno = 0;
	if (!access(btf, R_OK) && !stat(btf, &status) && status.st_size)
		return 0;
	return source_live_why(-EOPNOTSUPP, why, len,
			       "%s: %s; the kernel needs CONFIG_DEBUG_INFO_BTF",
			       btf, errno ? strerror(errno) : "it is empty");
}

static int check_tracefs(char *why, size_t len)
{
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
	return 0;
}

/*
 * Whether an event of the kernel has the same fields as ours. A raw tracepoint
 * passes arguments without names, so if they were others nobody would notice.
 */
static bool has_our_fields(const char *events, const char *name)
{
	const struct event_field *field =
		event_info(event_by_name(name, strlen(name)))->fields;
	char text[4096], *at, *end;
	size_t len;

	if (source_live_text(text, sizeof(text), "%s/mhp/%s/format", events,
			     name) <= 0)
		return false;
	at = strstr(text,
		    "\n\n"); /* the end of the fields that all events have */
	for (; at && field->name; field++, at = end) {
		len = strlen(field->name);
		at = strstr(at, "\tfield:");
		end = at ? strchr(at, ';') : NULL;
		if (!end || (size_t)(end - at) <= len || end[-len - 1] != ' ' ||
		    memcmp(end - len, field->name, len))
			return false;
	}
	return at && !strstr(at, "\tfield:");
}

/* Do not load programs of events that this kernel lacks, or has in another form. */
static int choose_events(struct bpf_source *self, char *why, size_t len)
{
	struct bpf_program *prog;
	const char *events, *name, *example = NULL;
	int present = 0, missing = 0;

	source_live_tracefs(&events);
	bpf_object__for_each_program(prog, self->skel->obj) {
		name = bpf_program__name(prog);
		if (!is_event(prog))
			continue;
		if (has_our_fields(events, name)) {
			present++;
			continue;
		}
		bpf_program__set_autoload(prog, false);
		self->source.info.unknown_events |=
			1ULL << event_by_name(name, strlen(name));
		missing++;
		example = name;
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

/* Load only the programs that copy struct pages, and the one that finds them. */
static int choose_pages(struct bpf_source *self, char *why, size_t len)
{
	struct bpf_program *prog;
	char mode[32];

	source_live_lockdown(mode, sizeof(mode));
	if (!strcmp(mode, "confidentiality"))
		return source_live_why(
			-EPERM, why, len,
			"lockdown=confidentiality forbids reading kernel memory; boot with lockdown=integrity");
	bpf_object__for_each_program(prog, self->skel->obj)
		bpf_program__set_autoload(
			prog, prog == self->skel->progs.mhp_find ||
				      prog == self->skel->progs.mhp_copy ||
				      prog == self->skel->progs.mhp_copy_find);
	return 0;
}

/*
 * Load only the programs of one kind of source, and none that reads kernel memory
 * if lockdown forbids it.
 */
static int choose_programs(struct bpf_source *self, const struct btf *kernel,
			   char *why, size_t len)
{
	bool probes = self->source.info.kind == SOURCE_PROBES;
	struct bpf_program *prog;
	char mode[32], text[8];

	if (self->pages)
		return choose_pages(self, why, len);
	bpf_program__set_autoload(self->skel->progs.mhp_copy, false);
	bpf_program__set_autoload(self->skel->progs.mhp_copy_find, false);
	/* The probes see what the notifier returned themselves. */
	bpf_program__set_autoload(self->skel->progs.mhp_refuse, !probes);
	source_live_lockdown(mode, sizeof(mode));
	bpf_object__for_each_program(prog, self->skel->obj)
		if (probes ? is_event(prog) : bpf_probes_are(prog))
			bpf_program__set_autoload(prog, false);
	if (!strcmp(mode, "confidentiality")) {
		bpf_program__set_autoload(self->skel->progs.mhp_snapshot_blocks,
					  false);
		bpf_program__set_autoload(self->skel->progs.mhp_snapshot_zones,
					  false);
		bpf_program__set_autoload(self->skel->progs.mhp_find, false);
		bpf_program__set_autoload(self->skel->progs.mhp_ask, false);
		bpf_program__set_autoload(self->skel->progs.mhp_refuse, false);
		bpf_program__set_autoload(self->skel->progs.mhp_find_open,
					  false);
		if (probes)
			return source_live_why(
				-EPERM, why, len,
				"lockdown=confidentiality forbids reading kernel memory, which probes have to; boot with lockdown=integrity");
	}
	/* Programs would attach, and never run. */
	if (probes &&
	    source_live_text(text, sizeof(text), "%s",
			     "/proc/sys/kernel/ftrace_enabled") > 0 &&
	    *text == '0')
		return source_live_why(
			-EOPNOTSUPP, why, len,
			"ftrace is off, so probes would see nothing; turn it on with sysctl kernel.ftrace_enabled=1");
	return probes ? bpf_probes_choose(self, kernel, why, len) :
			choose_events(self, why, len);
}

/* Whether the kernel lets no added memory host its own memmap */
static bool is_hosting_off(void)
{
	char text[8];

	return source_live_text(
		       text, sizeof(text), "%s",
		       "/sys/module/memory_hotplug/parameters/memmap_on_memory") <=
		       0 ||
	       *text == 'N' || *text == '0';
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
	self->skel->rodata->mhp_hosting_off = is_hosting_off();
#ifdef __x86_64__
	self->skel->rodata->mhp_x86_64 = 1;
#endif
	if (facts->early_bit >= 0)
		self->skel->rodata->mhp_early_mask = 1ULL << facts->early_bit;
	if (facts->struct_page_bytes != USUAL_STRUCT_PAGE)
		info->struct_page_bytes = facts->struct_page_bytes;
	info->balloon = source_live_balloon();
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

int bpf_source_attach(struct bpf_source *self, struct bpf_program *prog)
{
	struct bpf_link *link;

	if (self->nr_links == BPF_LINKS_MAX)
		return -E2BIG;
	link = bpf_program__attach(prog);
	if (!link)
		return -errno;
	self->links[self->nr_links++] = link;
	return 0;
}

static int attach_events(struct bpf_source *self, char *why, size_t len)
{
	struct bpf_program *prog;
	char what[64];
	int err;

	bpf_object__for_each_program(prog, self->skel->obj) {
		if (!is_event(prog) || !bpf_program__autoload(prog))
			continue;
		err = bpf_source_attach(self, prog);
		if (!err)
			continue;
		snprintf(what, sizeof(what), "attach to event %s",
			 bpf_program__name(prog));
		return refused(err, what, why, len);
	}
	return 0;
}

/*
 * Every notifier call runs the first program, which would add 0.1 % to an online or offline. Without the two, as on a
 * kernel without notifier_run, it is unknown which function refused.
 */
void bpf_source_name_refusals(struct bpf_source *self)
{
	struct bpf_program *const progs[] = { self->skel->progs.mhp_ask,
					      self->skel->progs.mhp_refuse };
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	size_t i;

	for (i = 0; i < sizeof(progs) / sizeof(*progs) && !self->refusals; i++)
		if (bpf_program__autoload(progs[i]) &&
		    bpf_source_attach(self, progs[i]))
			break;
	self->refusals = true;
	libbpf_set_print(print);
}

/* The probes need the addresses that the snapshot needs, too. */
static int attach(struct bpf_source *self, char *why, size_t len)
{
	bool probes = self->source.info.kind == SOURCE_PROBES;
	int err = bpf_source_find(self);

	if (err < 0 && err != -EPERM)
		return refused(err, "look up its variables", why, len);
	if (self->pages)
		return 0;
	err = probes ? bpf_probes_attach(self, why, len) :
		       attach_events(self, why, len);
	if (!err)
		__atomic_store_n(&self->skel->bss->mhp_open, 1,
				 __ATOMIC_SEQ_CST);
	return err;
}

/* libbpf reads the kernel's types from a file, which is written when the collector's types are known. */
static int load(struct bpf_source *self, struct btf *kernel, int types,
		char *why, size_t len)
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
	err = choose_programs(self, kernel, why, len);
	if (err)
		return err;
	err = bpf_source_types(kernel, bpf_object__btf(self->skel->obj), types,
			       &facts);
	if (err)
		return refused(err, "provide its BTF types", why, len);
	err = configure(self, &facts);
	if (!err)
		err = mhp_bpf__load(self->skel);
	return err ? refused(err, "load the collector", why, len) : 0;
}

int bpf_source_load(struct bpf_source *self, char *why, size_t len)
{
	struct btf *kernel;
	int err, types;

	libbpf_set_print(print_libbpf);
	err = load_privileges(why, len);
	if (!err && self->source.info.kind == SOURCE_EVENTS)
		err = check_tracefs(why, len);
	if (!err)
		err = check_btf(why, len);
	if (err)
		return err;
	kernel = btf__load_vmlinux_btf();
	if (!kernel)
		return refused(-errno, "provide its BTF types", why, len);
	types = memfd_create("mhptop-types", MFD_CLOEXEC);
	err = types < 0 ? refused(-errno, "create a file in memory", why, len) :
			  load(self, kernel, types, why, len);
	if (types >= 0)
		close(types);
	btf__free(kernel);
	return err ? err : attach(self, why, len);
}
