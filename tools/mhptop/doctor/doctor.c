// SPDX-License-Identifier: GPL-2.0
/*
 * The checks of `mhptop doctor`: privileges, tracing, kernel configuration,
 * memory hotplug, and whether the collector loads. Each prints one line.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "base/units.h"
#include "base/fit.h"
#include "doctor/doctor.h"
#include "doctor/settings.h"
#include "base/status.h"
#include "model/event_table.h"
#include "source/live.h"

static const struct {
	const char *option;
	const char *why;
	enum doctor_verdict without;
} wanted[] = {
	{ "CONFIG_MEMORY_HOTPLUG", "there are no memory blocks without it",
	  DOCTOR_MISSING },
	{ "CONFIG_MEMORY_HOTREMOVE", "memory can be added but not removed",
	  DOCTOR_NOTE },
	{ "CONFIG_MHP_MEMMAP_ON_MEMORY",
	  "memory blocks cannot host their own memmap", DOCTOR_NOTE },
	{ "CONFIG_TRACING", "there are no events without it", DOCTOR_MISSING },
	{ "CONFIG_BPF_SYSCALL", "the collector consists of BPF programs",
	  DOCTOR_MISSING },
	{ "CONFIG_BPF_EVENTS", "BPF programs cannot be attached to events",
	  DOCTOR_MISSING },
	{ "CONFIG_DEBUG_INFO_BTF",
	  "the collector needs it to locate structure fields", DOCTOR_MISSING },
	{ "CONFIG_KALLSYMS_ALL",
	  "memmap hosting of pre-existing memory blocks is known only if they host their own",
	  DOCTOR_NOTE },
};

#define NR_WANTED (sizeof(wanted) / sizeof(*wanted))

void doctor_print(FILE *out, enum doctor_verdict verdict, const char *what,
		  const char *fmt, ...)
{
	static const char *const words[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_MISSING] = "missing",
		[DOCTOR_NOTE] = "note",
	};
	va_list args;

	fprintf(out, "%s: %s: ", words[verdict], what);
	va_start(args, fmt);
	vfprintf(out, fmt, args);
	va_end(args);
	fputc('\n', out);
}

/* gzopen() also reads plain text. */
static gzFile open_config(char *path, size_t len)
{
	static const char *const places[] = {
		"/proc/config.gz",
		"/boot/config-%s",
		"/lib/modules/%s/config",
		"/lib/modules/%s/build/.config",
	};
	struct utsname name;
	gzFile file = NULL;
	size_t i;

	uname(&name);
	for (i = 0; !file && i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, len, places[i], name.release);
		file = gzopen(path, "re");
	}
	return file;
}

static void note_option(const char *line, bool *found)
{
	const char *value = strchr(line, '=');
	size_t i;

	if (!value || (value[1] != 'y' && value[1] != 'm'))
		return;
	for (i = 0; i < NR_WANTED; i++)
		if (strlen(wanted[i].option) == (size_t)(value - line) &&
		    !strncmp(line, wanted[i].option, value - line))
			found[i] = true;
}

static void doctor_config(FILE *out)
{
	bool found[NR_WANTED] = { false };
	char path[256], line[512];
	gzFile file = open_config(path, sizeof(path));
	size_t i;

	if (!file) {
		doctor_print(
			out, DOCTOR_NOTE, "kernel options",
			"unknown: no config found in /proc/config.gz (CONFIG_IKCONFIG_PROC), /boot or /lib/modules");
		return;
	}
	while (gzgets(file, line, sizeof(line)))
		note_option(line, found);
	gzclose(file);
	for (i = 0; i < NR_WANTED; i++) {
		if (found[i])
			doctor_print(out, DOCTOR_OK, wanted[i].option, "in %s",
				     path);
		else
			doctor_print(out, wanted[i].without, wanted[i].option,
				     "not in %s: %s; build the kernel with it",
				     path, wanted[i].why);
	}
}

static void doctor_privileges(FILE *out)
{
	static const struct {
		unsigned int cap;
		const char *name;
		const char *purpose;
		enum doctor_verdict without;
	} caps[] = {
		{ CAP_BPF, "CAP_BPF", "needed to load the collector",
		  DOCTOR_MISSING },
		{ CAP_PERFMON, "CAP_PERFMON",
		  "needed to attach it to events and read kernel memory",
		  DOCTOR_MISSING },
		{ CAP_SYSLOG, "CAP_SYSLOG",
		  "needed to find pre-existing memory blocks", DOCTOR_NOTE },
	};
	bool admin = source_live_capable(CAP_SYS_ADMIN), has;
	const char *what_to_do =
		source_live_in_user_namespace() ?
			": run as root, and not in a user namespace, whose capabilities do not count" :
			": run as root, or grant mhptop the capability";
	size_t i;

	for (i = 0; i < sizeof(caps) / sizeof(*caps); i++) {
		has = source_live_capable(caps[i].cap) ||
		      (admin && caps[i].cap != CAP_SYSLOG);
		doctor_print(out, has ? DOCTOR_OK : caps[i].without,
			     caps[i].name, "%s%s", caps[i].purpose,
			     has ? "" : what_to_do);
	}
}

static bool has_event(const char *events, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/mhp/%s/id", events, name);
	return !access(path, F_OK);
}

/* Without them there are probes; which source each event has is reported at the end. */
static void check_events(FILE *out, const char *events)
{
	int present = 0, missing = 0;
	unsigned int event;

	for (event = 1; event_info(event); event++) {
		if (event_is_tool(event))
			continue;
		present++;
		missing += !has_event(events, event_info(event)->name);
	}
	if (missing == present)
		doctor_print(
			out, DOCTOR_NOTE, "mhp events",
			"none in %s/mhp: probes have to make them; for those that probes cannot report, boot a kernel that has the events, e.g. one built by `make kernel`",
			events);
	else
		doctor_print(out, DOCTOR_OK, "mhp events", "%d of %d in %s/mhp",
			     present - missing, present, events);
}

static void check_tracing(FILE *out)
{
	static const char btf[] = "/sys/kernel/btf/vmlinux";
	struct stat status;
	const char *events;
	int err = source_live_tracefs(&events);

	if (err == -EACCES) {
		doctor_print(
			out, DOCTOR_NOTE, "tracefs",
			"not accessible to this user, so the mhp events are not either: run as root, or remount it with gid= and mode=");
	} else if (err) {
		doctor_print(
			out, DOCTOR_NOTE, "tracefs",
			"not mounted, so there are no mhp events: mount -t tracefs tracefs /sys/kernel/tracing");
	} else {
		doctor_print(out, DOCTOR_OK, "tracefs", "%s", events);
		check_events(out, events);
	}
	errno = 0;
	if (access(btf, R_OK) || stat(btf, &status) || !status.st_size)
		doctor_print(
			out, DOCTOR_MISSING, "BTF",
			"%s: %s; build the kernel with CONFIG_DEBUG_INFO_BTF",
			btf, errno ? strerror(errno) : "it is empty");
	else
		doctor_print(out, DOCTOR_OK, "BTF", "%s", btf);
}

/* The variables that the snapshot reads, and whether the kernel shows them */
struct addresses {
	bool any; /* hidden addresses are all zero */
	bool blocks; /* memory_blocks */
	bool nodes; /* node_data, or contig_page_data without NUMA */
	bool sections; /* mem_section */
};

static void read_addresses(struct addresses *shown)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], name[256];
	unsigned long long address;

	*shown = (struct addresses){ 0 };
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %255s", &address, name) != 2 ||
		    !address)
			continue;
		shown->any = true;
		if (!strcmp(name, "memory_blocks"))
			shown->blocks = true;
		else if (!strcmp(name, "node_data") ||
			 !strcmp(name, "contig_page_data"))
			shown->nodes = true;
		else if (!strcmp(name, "mem_section"))
			shown->sections = true;
	}
	if (file)
		fclose(file);
}

static void check_addresses(FILE *out)
{
	struct addresses shown;
	char mode[32];

	read_addresses(&shown);
	if (!shown.any)
		doctor_print(
			out, DOCTOR_NOTE, "kernel addresses",
			"hidden: memmap hosting of pre-existing memory blocks is known only if they host their own; run as root with kernel.kptr_restrict=0 or 1");
	else if (!shown.blocks || !shown.nodes)
		doctor_print(
			out, DOCTOR_NOTE, "kernel addresses",
			"readable, but without those of variables: memmap hosting of pre-existing memory blocks is known only if they host their own; build the kernel with CONFIG_KALLSYMS_ALL");
	else if (!shown.sections)
		doctor_print(
			out, DOCTOR_NOTE, "kernel addresses",
			"readable, but without mem_section: memmap hosting of pre-existing memory blocks is known only if they host their own");
	else
		doctor_print(
			out, DOCTOR_OK, "kernel addresses",
			"readable: memmap hosting of pre-existing memory blocks can be determined");
	source_live_lockdown(mode, sizeof(mode));
	if (!*mode)
		doctor_print(out, DOCTOR_OK, "lockdown", "none");
	else
		doctor_print(
			out,
			strcmp(mode, "integrity") ? DOCTOR_MISSING : DOCTOR_OK,
			"lockdown", "%s%s", mode,
			strcmp(mode, "integrity") ?
				": events and kernel memory cannot be read; boot with lockdown=integrity" :
				"");
}

static void check_hotplug(FILE *out)
{
	char text[64], why[256], size[UNITS_TEXT_MAX];
	struct source_info info;

	if (source_live_info(&info, SOURCE_SYSFS, "", why, sizeof(why)))
		doctor_print(out, DOCTOR_MISSING, "memory blocks", "%s", why);
	else
		doctor_print(out, DOCTOR_OK, "memory blocks", "%s each",
			     size_text(size, info.block_bytes));
	if (source_live_text(
		    text, sizeof(text), "%s",
		    "/sys/module/memory_hotplug/parameters/memmap_on_memory") <=
	    0)
		doctor_print(
			out, DOCTOR_NOTE, "memmap_on_memory",
			"not supported by this kernel: added memory does not host its own memmap");
	else if (*text == 'N' || *text == '0')
		doctor_print(
			out, DOCTOR_NOTE, "memmap_on_memory",
			"%s: added memory does not host its own memmap; to change that, boot with memory_hotplug.memmap_on_memory=Y",
			text);
	else
		doctor_print(
			out, DOCTOR_OK, "memmap_on_memory",
			"%s: added memory hosts its own memmap where possible",
			text);
}

/* Where each event comes from on this kernel. */
static void doctor_events(FILE *out, struct source *source)
{
	unsigned int event;
	char text[512];

	for (event = 1; event_info(event); event++) {
		if (event_is_tool(event))
			continue;
		source_describe(source, event, text, sizeof(text));
		doctor_print(out,
			     source->info.unknown_events >> event & 1 ?
				     DOCTOR_NOTE :
				     DOCTOR_OK,
			     event_info(event)->name, "%s", text);
	}
}

static int check_source(FILE *out)
{
	struct source *source;
	char why[256];
	int err = source_open_kernel(&source, NULL, why, sizeof(why));

	if (!err) {
		doctor_print(out, DOCTOR_OK, "collector", "loads and attaches");
		doctor_print(out, DOCTOR_OK, "source", "%s",
			     source_kind_name(source->info.kind));
		doctor_events(out, source);
		source_close(source);
		return STATUS_OK;
	}
	doctor_print(out, DOCTOR_MISSING, "collector", "%s", why);
	if (source_open_sysfs(&source, NULL, why, sizeof(why))) {
		doctor_print(out, DOCTOR_MISSING, "source", "none: %s", why);
		return STATUS_UNSUPPORTED;
	}
	source_close(source);
	doctor_print(out, DOCTOR_NOTE, "source",
		     "%s: memory block states only, polled; no events",
		     source_kind_name(SOURCE_SYSFS));
	return STATUS_UNSUPPORTED;
}

int doctor_run(FILE *to)
{
	FILE *out = fit_open(to, fit_cols(to));
	int status;

	if (!out)
		return status_fail(STATUS_FAILED, "out of memory");
	doctor_privileges(out);
	check_tracing(out);
	check_addresses(out);
	doctor_config(out);
	check_hotplug(out);
	doctor_settings(out, "");
	status = check_source(out);
	fit_close(out);
	return status;
}
