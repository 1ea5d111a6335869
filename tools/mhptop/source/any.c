// SPDX-License-Identifier: GPL-2.0
/* Chooses the source for a file by its first bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plain_text.h"
#include "format/binary.h"
#include "source/source.h"
#include "source/unpack.h"

#define BEGIN_BYTES 16

typedef int (*source_open)(struct source **source, const char *path, char *why,
			   size_t len);

/* The first bytes of a file, unpacked. The rest of begin is zeroed. */
struct beginning {
	char begin[BEGIN_BYTES];
	ssize_t len; /* or -errno */
	const char *packed; /* "gzip" or "zstd", NULL: it is not */
};

static bool begins_with(const struct beginning *file, const char *bytes)
{
	return !strncmp(file->begin, bytes, strlen(bytes));
}

static void read_beginning(int fd, struct beginning *file)
{
	struct unpack *unpack = unpack_new(fd, false);
	ssize_t n;

	memset(file, 0, sizeof(*file));
	if (!unpack) {
		file->len = -ENOMEM;
		return;
	}
	do {
		n = unpack_read(unpack, file->begin + file->len,
				sizeof(file->begin) - file->len);
		file->len = n < 0 && !file->len ? n :
						  file->len + (n > 0 ? n : 0);
	} while (n > 0 && file->len < BEGIN_BYTES);
	file->packed = unpack_format(unpack);
	unpack_free(unpack);
}

/* perf and libtracecmd need the file itself. */
static int refuse_packed(const struct beginning *file, const char *path,
			 const char *kind, char *why, size_t len)
{
	snprintf(why, len, "cannot read %s: %s in %s; unpack it first with %s",
		 path, kind, file->packed,
		 *file->packed == 'g' ? "gunzip" : "unzstd");
	plain_text(why);
	return -EPROTO;
}

/* NULL: an error, with why. */
static source_open find_open(const struct beginning *file, const char *path,
			     char *why, size_t len)
{
	const char *kind = NULL;

	if (begins_with(file, "\x17\x08\x44tracing"))
		kind = "a recording of trace-cmd";
	else if (begins_with(file, "PERFILE2"))
		kind = "a perf.data";
	if (kind && file->packed) {
		refuse_packed(file, path, kind, why, len);
		return NULL;
	}
	if (kind)
		return *file->begin == 'P' ? source_open_text :
					     source_open_trace_dat;
	/* The source of recordings reports that a file is empty or unreadable, or that nothing is left of it. */
	if ((file->len <= 0 && !file->packed) || file->len == -ENODATA ||
	    begins_with(file, "{") || begins_with(file, "\xef\xbb\xbf{") ||
	    *file->begin == *BINARY_MAGIC)
		return source_open_file;
	return source_open_text;
}

/*
 * The name by which a file can be opened again. That of standard input works if
 * it is a file of which nothing has been read. NULL: there is none.
 */
static const char *find_name(const char *path)
{
	if (path && strcmp(path, "-"))
		return path;
	return lseek(STDIN_FILENO, 0, SEEK_CUR) ? NULL : "/dev/stdin";
}

int source_open_any(struct source **source, const char *path, char *why,
		    size_t len)
{
	const char *name = find_name(path);
	struct beginning file;
	struct stat status;
	source_open open_it;
	int fd;

	*source = NULL;
	if (!name || stat(name, &status) || !S_ISREG(status.st_mode))
		return source_open_file(source, path, why, len);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return source_open_file(source, path, why, len);
	read_beginning(fd, &file);
	close(fd);
	open_it = find_open(&file, name, why, len);
	if (!open_it)
		return -EPROTO;
	return open_it(source, open_it == source_open_file ? path : name, why,
		       len);
}
