// SPDX-License-Identifier: GPL-2.0
/*
 * Opens what is to be read as text; see text_tool.h. Only perf knows all
 * versions of its own files, so it is asked to print them.
 */
#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source/import/text_tool.h"

extern char **environ;

static bool is_perf_data(FILE *file)
{
	static const char magic[] = "PERFILE2";
	char begin[sizeof(magic)] = "";
	size_t got = fread(begin, 1, sizeof(begin) - 1, file);

	rewind(file);
	return got == sizeof(begin) - 1 && !strcmp(begin, magic);
}

/* What it says besides goes where ours does. */
static int run_perf(const char *path, FILE *out)
{
	char *argv[] = { "perf", "script", "-i", (char *)path, NULL };
	posix_spawn_file_actions_t actions;
	int err, status;
	pid_t pid;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, fileno(out),
					       STDOUT_FILENO);
	if (!err)
		err = posix_spawnp(&pid, argv[0], &actions, NULL, argv,
				   environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EPROTO;
}

FILE *text_tool_open(const char *path, int *err, char *why, size_t len)
{
	FILE *file = fopen(path, "re"), *out;

	if (!file) {
		*err = -errno;
		snprintf(why, len, "cannot open %s: %s", path, strerror(-*err));
		return NULL;
	}
	if (!is_perf_data(file))
		return file;
	fclose(file);
	out = tmpfile();
	*err = out ? run_perf(path, out) : -errno;
	if (!*err) {
		rewind(out);
		return out;
	}
	if (*err == -ENOENT)
		snprintf(
			why, len,
			"cannot read %s: perf is not installed; apt-get install linux-perf, or give what 'perf script' prints of it",
			path);
	else
		snprintf(why, len,
			 "cannot read %s: 'perf script -i' failed: %s", path,
			 *err == -EPROTO ? "see what it said" :
					   strerror(-*err));
	if (out)
		fclose(out);
	return NULL;
}
