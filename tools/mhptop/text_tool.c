// SPDX-License-Identifier: GPL-2.0
/*
 * Opens what is to be read as text; see text_tool.h. Only perf and trace-cmd
 * know all versions of their own files, so they are asked to print them.
 */
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text_tool.h"

extern char **environ;

static const struct {
	const char *magic;
	size_t len;
	const char *tool;
	const char *command;
	const char *package;
} tools[] = {
	{ "PERFILE2", 8, "perf", "script", "linux-perf" },
	{ "\x17\x08\x44tracing", 10, "trace-cmd", "report", "trace-cmd" },
};
#define NR_TOOLS (sizeof(tools) / sizeof(*tools))

static size_t find_tool(FILE *file)
{
	char magic[16] = "";
	size_t i, got = fread(magic, 1, sizeof(magic), file);

	rewind(file);
	for (i = 0; i < NR_TOOLS; i++)
		if (got >= tools[i].len &&
		    !memcmp(magic, tools[i].magic, tools[i].len))
			break;
	return i;
}

/* What the tool says besides goes where ours does. */
static int run(size_t nr, const char *path, FILE *out)
{
	char *argv[] = { (char *)tools[nr].tool, (char *)tools[nr].command,
			 "-i", (char *)path, NULL };
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
	size_t nr;

	if (!file) {
		*err = -errno;
		snprintf(why, len, "cannot open %s: %s", path, strerror(-*err));
		return NULL;
	}
	nr = find_tool(file);
	if (nr == NR_TOOLS)
		return file;
	fclose(file);
	out = tmpfile();
	*err = out ? run(nr, path, out) : -errno;
	if (!*err) {
		rewind(out);
		return out;
	}
	if (*err == -ENOENT)
		snprintf(
			why, len,
			"cannot read %s: %s is not installed; apt-get install %s, or give what '%s %s' prints of it",
			path, tools[nr].tool, tools[nr].package, tools[nr].tool,
			tools[nr].command);
	else
		snprintf(why, len, "cannot read %s: '%s %s -i' failed: %s",
			 path, tools[nr].tool, tools[nr].command,
			 *err == -EPROTO ? "see what it said" :
					   strerror(-*err));
	if (out)
		fclose(out);
	return NULL;
}
