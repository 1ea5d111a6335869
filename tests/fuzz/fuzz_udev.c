// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of udev: each input is a file of rules that mhptop doctor reads, and a
 * command line of the kernel. Then each of its lines is taken as a rule, to
 * which a match is added.
 */
#include <sys/stat.h>

#include "doctor/settings.h"
#include "doctor/udev.h"
#include "fuzz.h"

static char root[] = "/tmp/fuzz_udev.XXXXXX";
static const char *const folders[] = { "", "/proc", "/etc", "/etc/udev",
				       "/etc/udev/rules.d" };
static const char *const files[] = { "/proc/cmdline",
				     "/etc/udev/rules.d/x.rules" };

#define NR(array) (sizeof(array) / sizeof(*(array)))

static const char *in_root(const char *path)
{
	static char whole[128];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return whole;
}

static void remove_root(void)
{
	size_t i;

	for (i = 0; i < NR(files); i++)
		unlink(in_root(files[i]));
	for (i = NR(folders); i--;)
		rmdir(in_root(folders[i]));
}

/* A root of which each file is the input */
static void make_root(const char *input)
{
	static bool made;
	size_t i;

	if (made)
		return;
	made = true;
	must(mkdtemp(root), "no folder %s", root);
	atexit(remove_root);
	for (i = 1; i < NR(folders); i++)
		must(!mkdir(in_root(folders[i]), 0700), "no folder %s",
		     folders[i]);
	for (i = 0; i < NR(files); i++)
		must(!symlink(input, in_root(files[i])), "no file %s",
		     files[i]);
}

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t nr = 1;

	while (size--)
		nr += data[size] == '\n';
	return nr;
}

/* Each line that is printed is plain, and names a line of the file. */
static void must_be_settings(char *text, size_t lines)
{
	const char *place;
	size_t number;
	char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		must_be_plain(text, "a setting");
		if (strncmp(text, "note: udev rule: ", 17))
			continue;
		place = strrchr(text, ':');
		must(place && sscanf(place, ":%zu)", &number) == 1,
		     "no number: %s", text);
		must(number && number <= lines, "line %zu of %zu", number,
		     lines);
	}
	must(!*text, "the last line does not end");
}

static bool takes(const char *before, const char *rule)
{
	struct udev_place place = { 0 };
	char *text;
	bool is;

	if (asprintf(&text, "%s%s", before, rule) < 0)
		abort();
	is = udev_rule_take(&place, text);
	must(memchr(place.label, '\0', sizeof(place.label)),
	     "a label without an end: %s", text);
	free(text);
	return is;
}

/* What asks for something else than memory is not for memory, whatever follows. */
static void check_rule(const char *rule)
{
	bool is = takes("", rule);

	must(!takes("SUBSYSTEM!=\"memory\", ", rule), "not memory: %s", rule);
	must(!takes("SUBSYSTEM==\"other\", ", rule), "other: %s", rule);
	must(!takes("KERNEL!=\"memory*\", ", rule), "not memory*: %s", rule);
	must(!is || takes("SUBSYSTEM==\"memory\", ", rule), "memory: %s", rule);
	must(takes("ACTION==\"add\" , ", rule) == is, "an action: %s", rule);
	must(takes(" \t,", rule) == is, "blanks: %s", rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text, *line;
	FILE *out;
	char *printed;
	size_t len;

	if (!text)
		abort();
	make_root(fuzz_file(data, size));
	out = open_memstream(&printed, &len);
	if (!out)
		abort();
	doctor_settings(out, root);
	if (fclose(out))
		abort();
	must_be_settings(printed, count_lines(data, size));
	free(printed);
	while ((line = strsep(&rest, "\n")))
		check_rule(line);
	free(text);
	return 0;
}
