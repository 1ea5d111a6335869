// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of the options that the running kernel was built with, wherever it
 * keeps them. All other checks are in doctor.c.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "doctor/doctor.h"

static const struct {
	const char *option;
	const char *why;
	enum doctor_verdict without;
} wanted[] = {
	{ "CONFIG_MEMORY_HOTPLUG", "there are no memory blocks without it",
	  DOCTOR_MISSING },
	{ "CONFIG_MEMORY_HOTREMOVE", "memory can be added but not removed",
	  DOCTOR_NOTE },
	{ "CONFIG_MHP_MEMMAP_ON_MEMORY", "no memory block hosts its own memmap",
	  DOCTOR_NOTE },
	{ "CONFIG_TRACING", "there are no events without it", DOCTOR_MISSING },
	{ "CONFIG_BPF_SYSCALL", "the collector is made of BPF programs",
	  DOCTOR_MISSING },
	{ "CONFIG_BPF_EVENTS", "BPF programs cannot be attached to events",
	  DOCTOR_MISSING },
	{ "CONFIG_DEBUG_INFO_BTF", "the collector asks it where fields are",
	  DOCTOR_MISSING },
	{ "CONFIG_KALLSYMS_ALL",
	  "who hosts the memmap of memory blocks that were there before cannot be known",
	  DOCTOR_NOTE },
};

#define NR_WANTED (sizeof(wanted) / sizeof(*wanted))

/* Reads plain text as well. */
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

void doctor_config(FILE *out)
{
	bool found[NR_WANTED] = { false };
	char path[256], line[512];
	gzFile file = open_config(path, sizeof(path));
	size_t i;

	if (!file) {
		doctor_say(
			out, DOCTOR_NOTE, "kernel options",
			"unknown: neither /proc/config.gz (CONFIG_IKCONFIG_PROC) nor a file in /boot has them");
		return;
	}
	while (gzgets(file, line, sizeof(line)))
		note_option(line, found);
	gzclose(file);
	for (i = 0; i < NR_WANTED; i++) {
		if (found[i])
			doctor_say(out, DOCTOR_OK, wanted[i].option, "in %s",
				   path);
		else
			doctor_say(out, wanted[i].without, wanted[i].option,
				   "not in %s: %s; build the kernel with it",
				   path, wanted[i].why);
	}
}
