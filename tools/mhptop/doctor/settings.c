// SPDX-License-Identifier: GPL-2.0
/* The settings that decide whether added memory goes online, to which zone, and who hosts its memmap. */
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/plain_text.h"
#include "doctor/settings.h"
#include "doctor/udev.h"
#include "source/live.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define RULE_SHOWN 160 /* characters of a udev rule */

/* Files with a value */
static const struct {
	const char *name;
	const char *path;
	const char *decides;
} values[] = {
	{ "auto_online_blocks", "/sys/devices/system/memory/auto_online_blocks",
	  "what the kernel does with added memory blocks" },
	{ "online_policy",
	  "/sys/module/memory_hotplug/parameters/online_policy",
	  "the zone of a memory block if online is written to its state" },
	{ "auto_movable_ratio",
	  "/sys/module/memory_hotplug/parameters/auto_movable_ratio",
	  "for online_policy=auto-movable: the most ZONE_MOVABLE memory, in percent of kernel memory" },
	{ "auto_movable_numa_aware",
	  "/sys/module/memory_hotplug/parameters/auto_movable_numa_aware",
	  "for online_policy=auto-movable: whether the ratio holds for each node, too" },
};

/* Words of the kernel's command line; those that end with = have a value. */
static const struct {
	const char *word;
	const char *decides;
} words[] = {
	{ "memhp_default_state=",
	  "what auto_online_blocks was when the kernel booted" },
	{ "movable_node",
	  "memory that firmware calls hot-pluggable goes to ZONE_MOVABLE" },
	{ "kernelcore=", "how much boot memory is not ZONE_MOVABLE" },
	{ "movablecore=", "how much boot memory is ZONE_MOVABLE" },
	{ "memory_hotplug.memmap_on_memory=",
	  "who hosts the memmap of added memory" },
	{ "memory_hotplug.online_policy=",
	  "what online_policy was when the kernel booted" },
};

/* The same rule file in an earlier folder replaces that in a later one. */
static const char *const rule_folders[] = { "/etc/udev/rules.d",
					    "/run/udev/rules.d",
					    "/usr/local/lib/udev/rules.d",
					    "/usr/lib/udev/rules.d" };

static void print_values(FILE *out, const char *root)
{
	char text[64];
	size_t i;

	for (i = 0; i < NR(values); i++)
		if (source_live_text(text, sizeof(text), "%s%s", root,
				     values[i].path) > 0)
			doctor_print(out, DOCTOR_NOTE, values[i].name,
				     "%s (%s)", text, values[i].decides);
		else
			doctor_print(out, DOCTOR_NOTE, values[i].name,
				     "this kernel does not have it (%s)",
				     values[i].decides);
}

static void print_option(FILE *out, const char *word)
{
	size_t i, len;

	for (i = 0; i < NR(words); i++) {
		len = strlen(words[i].word);
		if (words[i].word[len - 1] == '=' ?
			    strncmp(word, words[i].word, len) :
			    strcmp(word, words[i].word))
			continue;
		doctor_print(out, DOCTOR_NOTE, "kernel command line", "%s (%s)",
			     word, words[i].decides);
	}
}

static void print_command_line(FILE *out, const char *root)
{
	char text[4096], *rest = text, *word;

	if (source_live_text(text, sizeof(text), "%s/proc/cmdline", root) <=
	    0) {
		doctor_print(out, DOCTOR_NOTE, "kernel command line",
			     "unknown: cannot read %s/proc/cmdline", root);
		return;
	}
	plain_text(text);
	while ((word = strsep(&rest, " ")))
		print_option(out, word);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void print_dax_switches(FILE *out, const char *root)
{
	char path[PATH_MAX], text[16], what[300];
	struct dirent **entries;
	int nr, i;

	snprintf(path, sizeof(path), "%s/sys/bus/dax/devices", root);
	nr = scandir(path, &entries, is_visible, alphasort);
	for (i = 0; i < nr; i++) {
		if (source_live_text(text, sizeof(text),
				     "%s/%s/memmap_on_memory", path,
				     entries[i]->d_name) > 0) {
			snprintf(what, sizeof(what), "%s memmap_on_memory",
				 entries[i]->d_name);
			doctor_print(
				out, DOCTOR_NOTE, what,
				"%s (whether the device hosts its own memmap when it becomes system RAM)",
				text);
		}
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

static void print_rule(FILE *out, struct udev_place *place, const char *path,
		       unsigned int line, char *rule)
{
	bool is_long;

	rule += strspn(rule, " \t");
	if (*rule == '#' || !udev_rule_take(place, rule))
		return;
	is_long = strlen(rule) > RULE_SHOWN;
	if (is_long)
		rule[RULE_SHOWN] = '\0';
	/* After the cut, which may be inside a character */
	plain_text(rule);
	doctor_print(out, DOCTOR_NOTE, "udev rule", "%s%s (%s:%u)", rule,
		     is_long ? "..." : "", path, line);
}

/* A line that ends with a backslash goes on in the next one. */
static bool join(char *rule, size_t len, const char *line)
{
	size_t at = strlen(rule), n = strcspn(line, "\n");
	bool more = n && line[n - 1] == '\\';

	snprintf(rule + at, len - at, "%.*s", (int)(n - more), line);
	return more;
}

static void read_rules(FILE *out, const char *path)
{
	unsigned int number = 0, first = 1;
	char rule[4096] = "", *line = NULL;
	struct udev_place place = { 0 };
	FILE *file = fopen(path, "re");
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		number++;
		if (join(rule, sizeof(rule), line))
			continue;
		print_rule(out, &place, path, first, rule);
		*rule = '\0';
		first = number + 1;
	}
	free(line);
	if (file)
		fclose(file);
}

static bool is_replaced(const char *root, size_t folder, const char *name)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < folder; i++) {
		snprintf(path, sizeof(path), "%s%s/%s", root, rule_folders[i],
			 name);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

static int is_rule_file(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && !strcmp(end, ".rules");
}

static void print_udev_rules(FILE *out, const char *root)
{
	char path[PATH_MAX];
	struct dirent **entries;
	size_t folder;
	int nr, i;

	for (folder = 0; folder < NR(rule_folders); folder++) {
		snprintf(path, sizeof(path), "%s%s", root,
			 rule_folders[folder]);
		nr = scandir(path, &entries, is_rule_file, alphasort);
		for (i = 0; i < nr; i++) {
			if (!is_replaced(root, folder, entries[i]->d_name)) {
				snprintf(path, sizeof(path), "%s%s/%s", root,
					 rule_folders[folder],
					 entries[i]->d_name);
				read_rules(out, path);
			}
			free(entries[i]);
		}
		if (nr >= 0)
			free(entries);
	}
}

void doctor_settings(FILE *out, const char *root)
{
	print_values(out, root);
	print_command_line(out, root);
	print_dax_switches(out, root);
	print_udev_rules(out, root);
}
