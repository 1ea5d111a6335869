// SPDX-License-Identifier: GPL-2.0
/* The files that a command line names: what is read is not written, which would destroy it. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "cli/options.h"

#define OTHERS 5 /* files that options name, and that are read */

/* The file with a name, which is that of standard input for "-". */
static int stat_read(const char *name, struct stat *file)
{
	return strcmp(name, "-") ? stat(name, file) : fstat(STDIN_FILENO, file);
}

static bool is_same_file(const char *name, const struct stat *file)
{
	struct stat other;

	return name && !stat_read(name, &other) &&
	       other.st_dev == file->st_dev && other.st_ino == file->st_ino;
}

static bool is_read(const struct cli *cli, const struct stat *file)
{
	const char *const others[OTHERS] = {
		cli->check.vmlinux,	      cli->rules_file,
		cli->serve.files.token,	      cli->serve.files.key,
		cli->serve.files.certificate,
	};
	unsigned int i;

	for (i = 0; i < OTHERS; i++)
		if (is_same_file(others[i], file))
			return true;
	for (i = 0; i < cli->nr_files; i++)
		if (is_same_file(cli->files[i], file))
			return true;
	/* The others are live without a name. */
	return cli->command == CLI_REPORT && !cli->nr_files &&
	       is_same_file("-", file);
}

bool cli_reads_pipe(const struct cli *cli)
{
	struct stat file;
	unsigned int i;

	for (i = 0; i < cli->nr_files; i++)
		if (!stat_read(cli->files[i], &file) && !S_ISREG(file.st_mode))
			return true;
	return false;
}

int cli_check_written(const struct cli *cli)
{
	const struct {
		const char *option, *path;
	} written[] = {
		{ "-o", cli->output },
		{ "--junit", cli->check.junit },
		{ "--textfile", cli->serve.textfile },
	};
	struct stat file;
	size_t i;

	for (i = 0; i < sizeof(written) / sizeof(*written); i++) {
		const char *path = written[i].path;

		/* Another kind, such as a terminal, can be read and written. */
		if (path && strcmp(path, "-") && !stat(path, &file) &&
		    (S_ISREG(file.st_mode) || S_ISFIFO(file.st_mode)) &&
		    is_read(cli, &file))
			return status_fail(STATUS_USAGE,
					   "%s %s: this file is to be read",
					   written[i].option, path);
	}
	/* A device or a pipe would be gone afterwards. */
	if (cli->serve.textfile && !stat(cli->serve.textfile, &file) &&
	    !S_ISREG(file.st_mode) && !S_ISDIR(file.st_mode))
		return status_fail(
			STATUS_USAGE,
			"--textfile %s: this is not a file, and a file would replace it",
			cli->serve.textfile);
	return STATUS_OK;
}
