// SPDX-License-Identifier: GPL-2.0
/*
 * Walks through the records of a perf.data, and runs perf script. perf gets
 * nothing from the user's environment: no search path, no configuration, no
 * plugins from the home folder, and no servers to ask for debug information.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "source/import/import.h"
#include "source/import/perf_data.h"
#include "source/import/perf_scope.h"

#define PERF "/usr/bin/perf"
#define PERF_FILES 32 /* more than it has open for a file of any size */
#define NOT_STARTED \
	127 /* the exit code of a program that lacks a library, or room for it */

/* -- The file --------------------------------------------------------------- */

/* Types of records, from the kernel's perf_event.h and perf's event.h */
#define TYPE_LOST 2
#define TYPE_LOST_SAMPLES 13
#define TYPE_OF_PERF 64 /* the first of perf's own types */
#define TYPE_AUXTRACE 71
#define TYPE_LAST 255 /* more types than any version has */

struct section {
	u64 offset;
	u64 size;
};

struct file_header {
	char magic[8];
	u64 size; /* of this header */
	/* The header of a pipe ends here. */
	u64 attr_size;
	struct section attrs;
	struct section data;
	struct section event_types;
	u64 features[4]; /* a bit for each section behind the data */
};

#define PIPE_HEADER_BYTES 16

struct record_header {
	u32 type;
	u16 misc;
	u16 size;
};

/* A record and what follows its header: a number, or the size of more data. */
struct record_start {
	struct record_header header;
	u64 first;
	u64 second;
};

/* The bytes that follow a record, and are not part of its size. */
static u64 bytes_after(const struct record_start *record)
{
	if (record->header.type == PERF_RECORD_TRACING_DATA)
		return ((u32)record->first + 7ULL) & ~7ULL;
	return record->header.type == TYPE_AUXTRACE ? record->first : 0;
}

struct walk {
	u64 lost; /* as reported where it happened, */
	u64 lost_samples; /* and when perf ended */
	u32 last; /* type of the last record */
	struct perf_scope scope;
	bool strange; /* there is something that is not a record */
};

/* Walk from a place to another one. False: the last record is longer than that. */
static bool walk_records(FILE *file, u64 at, u64 end, struct walk *walk)
{
	struct record_start record;
	u64 size, after;

	while (at < end) {
		memset(&record, 0, sizeof(record));
		if (fseeko(file, at, SEEK_SET) ||
		    fread(&record, 1, sizeof(record), file) <
			    sizeof(record.header))
			return false;
		size = record.header.size;
		walk->strange |= record.header.type > TYPE_LAST;
		if (size < sizeof(record.header) || size > end - at)
			return false;
		after = bytes_after(&record);
		if (after > end - at - size)
			return false;
		if (record.header.type == TYPE_LOST)
			walk->lost += record.second;
		if (record.header.type == TYPE_LOST_SAMPLES)
			walk->lost_samples += record.first;
		walk->last = record.header.type;
		perf_scope_record(&walk->scope, file, walk->last, at,
				  size + after);
		at += size + after;
	}
	return true;
}

/* Whether a type is one that perf writes when it has emptied all buffers. */
static bool is_end(u32 type)
{
	return type >= TYPE_OF_PERF || type == TYPE_LOST_SAMPLES;
}

static bool walk_pipe(FILE *file, u64 bytes, struct walk *walk)
{
	return walk_records(file, PIPE_HEADER_BYTES, bytes, walk) &&
	       is_end(walk->last);
}

/* perf writes the size of the data when it ends, so it is 0 after a crash. */
static bool walk_file(FILE *file, u64 bytes, const struct section *data,
		      struct walk *walk)
{
	if (data->offset > bytes || !data->size ||
	    data->size > bytes - data->offset)
		return false;
	return walk_records(file, data->offset, data->offset + data->size,
			    walk);
}

/*
 * The sections behind the data, such as the host's name; a table of them comes
 * first. Whether all of them are there; end is where the last one ends.
 */
static bool walk_features(FILE *file, u64 bytes,
			  const struct file_header *header,
			  struct perf_scope *scope, u64 *end)
{
	u64 at = header->data.offset + header->data.size;
	struct section section;
	unsigned int i;

	*end = at;
	for (i = 0; i < 256; i++) {
		if (!(header->features[i / 64] >> i % 64 & 1))
			continue;
		if (fseeko(file, at, SEEK_SET) ||
		    fread(&section, sizeof(section), 1, file) != 1 ||
		    section.offset > bytes ||
		    section.size > bytes - section.offset)
			return false;
		at += sizeof(section);
		if (*end < at)
			*end = at;
		if (*end < section.offset + section.size)
			*end = section.offset + section.size;
		perf_scope_feature(scope, file, i, section.offset,
				   section.size);
	}
	return true;
}

/* The file as a whole. Whether it was cut. */
static bool walk_all(FILE *file, u64 bytes, const struct file_header *header,
		     struct walk *walk, u64 *end)
{
	if (!walk_file(file, bytes, &header->data, walk) ||
	    !walk_features(file, bytes, header, &walk->scope, end))
		return true;
	if (header->attrs.offset <= bytes &&
	    header->attrs.size <= bytes - header->attrs.offset)
		perf_scope_attrs(&walk->scope, file, header->attrs.offset,
				 header->attrs.size, header->attr_size);
	return false;
}

/* What was to be recorded. Of a file that was cut, nobody knows. */
static void find_scope(struct walk *walk, struct perf_data *data)
{
	data->events = data->cut ? ~0ULL : perf_scope_events(&walk->scope);
	if (!data->cut)
		data->partial = perf_scope_partial(&walk->scope);
}

int perf_data_look(int fd, struct perf_data *data)
{
	struct file_header header = { 0 };
	struct walk walk = { 0 };
	struct stat status;
	int err = -EPROTO;
	u64 end = 0;
	FILE *file;

	memset(data, 0, sizeof(*data));
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (fstat(fd, &status) || fseeko(file, 0, SEEK_SET) ||
	    fread(&header, 1, sizeof(header), file) < PIPE_HEADER_BYTES ||
	    (header.size != PIPE_HEADER_BYTES && header.size < sizeof(header)))
		goto out;
	/* A pipe ends like one of the rounds in which perf empties all buffers. */
	data->unmarked = header.size == PIPE_HEADER_BYTES;
	if (data->unmarked)
		data->cut = !walk_pipe(file, status.st_size, &walk);
	else
		data->cut =
			walk_all(file, status.st_size, &header, &walk, &end);
	find_scope(&walk, data);
	/* Both count the same events. */
	data->lost = walk.lost > walk.lost_samples ? walk.lost :
						     walk.lost_samples;
	err = walk.strange || (end && !data->cut && !is_rest_empty(file, end)) ?
		      -EMSGSIZE :
	      walk.scope.no_memory ? -ENOMEM :
				     0;
out:
	perf_scope_free(&walk.scope);
	fclose(file);
	return err;
}

/* -- perf script ------------------------------------------------------------ */

/*
 * perf looks up a symbol for each event, although it prints none: leave it no
 * symbols. The file may belong to anybody.
 */
int perf_data_print(int fd, bool bare, pid_t *pid)
{
	char *argv[] = { "perf",
			 "script",
			 "--force",
			 "--ns",
			 "--show-lost-events",
			 "--kallsyms=/dev/null",
			 "--symfs=/nonexistent",
			 "-F",
			 bare ? "tid,cpu,time,event" :
				"comm,tid,cpu,time,event,trace",
			 "-i",
			 CONFINE_TOOL_IN,
			 NULL };
	char *envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
			 "HOME=/nonexistent",
			 "LC_ALL=C",
			 "PERF_CONFIG=/dev/null",
			 "TERM=dumb",
			 NULL };
	struct confine_tool perf = {
		.file = PERF, .argv = argv, .envp = envp, .in = fd, .err = -1
	};
	struct rlimit files;
	int fds[2], err;

	/* If it has too few descriptors, perf fails as it does on a damaged file. */
	if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur < PERF_FILES)
		return -EMFILE;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	perf.out = fds[1];
	err = confine_spawn(&perf, pid);
	close(fds[1]);
	if (!err)
		return fds[0];
	close(fds[0]);
	return err;
}

int perf_data_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	/* perf lacked memory for itself or for what it read, or a fault of its own ended it: that proves no damage. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) == NOT_STARTED ||
	    WEXITSTATUS(status) == (u8)-ENOMEM)
		return -ECHILD;
	return -EPROTO;
}

void perf_data_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	perf_data_wait(pid);
}
