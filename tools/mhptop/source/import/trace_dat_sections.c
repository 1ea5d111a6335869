// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a trace.dat of version 7 ends early, and whether something follows its
 * end. libtracecmd reads what it finds, and does not report sections that are
 * missing at the end, nor what it does not read. The formats are described in
 * trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "source/import/import.h"
#include "source/import/trace_dat.h"

static const char magic[] = "\x17\x08\x44tracing";

#define HEADER_MAX 512
#define WORDS_BYTES (1 + 1 + 4) /* byte order, size of a long, size of a page */
#define OFFSET_BYTES 8 /* where the options are */
#define SECTION_STRINGS 15 /* the last section of a file */
#define SECTION_LAST 40 /* more types than any version has */

struct section_head {
	u16 id;
	u16 flags;
	u32 name;
	u64 bytes;
};

/* Skip a text with its NUL. 0: there is none. */
static size_t skip_text(const char *header, size_t len, size_t at)
{
	const char *end = at && at < len ? memchr(header + at, '\0', len - at) :
					   NULL;

	return end ? end + 1 - header : 0;
}

/* What follows the version, 0 if the file is of another version or byte order. */
static size_t skip_version(const char *header, size_t len, const char *version)
{
	size_t at = sizeof(magic) - 1;

	if (len < at || memcmp(header, magic, at))
		return 0;
	at = skip_text(header, len, at);
	if (!at || strcmp(header + sizeof(magic) - 1, version) || at >= len ||
	    header[at] != 0)
		return 0;
	return at;
}

/* Where the first section begins, 0 if the file is of another version or byte order. */
static size_t first_section(const char *header, size_t len)
{
	size_t at = skip_version(header, len, "7");

	if (!at)
		return 0;
	/* The name and the version of the compression */
	at = skip_text(header, len, at + WORDS_BYTES);
	at = skip_text(header, len, at);
	return at ? at + OFFSET_BYTES : 0;
}

/* How a file of version 7 ends. */
enum ending {
	ENDING_UNKNOWN,
	ENDING_WHOLE,
	ENDING_CUT,
	ENDING_FOLLOWED, /* by something else */
};

static enum ending find_ending(FILE *file)
{
	char header[HEADER_MAX];
	struct section_head head;
	u64 at, bytes;
	u16 last = 0;
	off_t end;

	if (fseeko(file, 0, SEEK_END) || (end = ftello(file)) < 0 ||
	    fseeko(file, 0, SEEK_SET))
		return ENDING_UNKNOWN;
	bytes = end;
	at = first_section(header, fread(header, 1, sizeof(header), file));
	if (!at)
		return ENDING_UNKNOWN;
	for (; at < bytes; at += sizeof(head) + head.bytes) {
		if (fseeko(file, at, SEEK_SET) ||
		    fread(&head, sizeof(head), 1, file) != 1)
			return ENDING_CUT;
		/* Not what we take it for, unless it is behind the last section */
		if (head.id > SECTION_LAST)
			return last == SECTION_STRINGS ? ENDING_FOLLOWED :
							 ENDING_UNKNOWN;
		if (head.bytes > bytes - at - sizeof(head))
			return ENDING_CUT;
		last = head.id;
	}
	return last == SECTION_STRINGS ? ENDING_WHOLE : ENDING_CUT;
}

bool trace_dat_is_cut(FILE *file)
{
	return find_ending(file) == ENDING_CUT;
}

/* -- Version 6 -------------------------------------------------------------- */

#define OPTION_BUFFER 3
#define OPTION_CPUS 8 /* of the buffer before it */
#define BUFFER_OFFSET 8 /* bytes, in front of a buffer's name */
#define BUFFERS_MAX 64
#define CPUS_MAX 8192 /* the limit of the kernel */
#define TEXTS_MAX 65536 /* events of a system, or systems */

struct old_file {
	FILE *file;
	bool bad; /* nothing read since counts */
	u64 cpus;
	u64 buffers[BUFFERS_MAX]; /* where the data of each begin */
	u64 buffer_cpus[BUFFERS_MAX];
	size_t nr_buffers;
	u64 end; /* of the data that are known */
};

static u64 old_number(struct old_file *old, size_t size)
{
	u64 number = 0;

	old->bad |= fread(&number, size, 1, old->file) != 1;
	return old->bad ? 0 : number;
}

static void old_skip(struct old_file *old, u64 bytes)
{
	old->bad |= bytes > INT64_MAX || fseeko(old->file, bytes, SEEK_CUR);
}

static void old_skip_text(struct old_file *old)
{
	int byte;

	do {
		byte = getc(old->file);
	} while (byte > 0);
	old->bad |= byte == EOF;
}

/* Texts of which the size comes first */
static void old_skip_sized(struct old_file *old, u64 nr, size_t size)
{
	old->bad |= nr > TEXTS_MAX;
	while (nr-- && !old->bad)
		old_skip(old, old_number(old, size));
}

static void old_skip_formats(struct old_file *old)
{
	u64 nr, i;

	for (i = 0; i < 2 && !old->bad; i++) {
		old_skip_text(old);
		old_skip_sized(old, 1, 8);
	}
	old_skip_sized(old, old_number(old, 4), 8);
	nr = old_number(old, 4);
	old->bad |= nr > TEXTS_MAX;
	for (i = 0; i < nr && !old->bad; i++) {
		old_skip_text(old);
		old_skip_sized(old, old_number(old, 4), 8);
	}
	/* Symbols, formats of printk, names of tasks */
	old_skip_sized(old, 2, 4);
	old_skip_sized(old, 1, 8);
	old->cpus = old_number(old, 4);
}

/* A buffer has its offset and its name. */
static void old_take_buffer(struct old_file *old, u64 size)
{
	if (old->nr_buffers == BUFFERS_MAX || size < BUFFER_OFFSET) {
		old->bad = true;
		return;
	}
	old->buffers[old->nr_buffers] = old_number(old, BUFFER_OFFSET);
	old->buffer_cpus[old->nr_buffers++] = old->cpus;
	old_skip(old, size - BUFFER_OFFSET);
}

static void old_take_options(struct old_file *old)
{
	u64 option, size;

	while (!old->bad && (option = old_number(old, 2))) {
		size = old_number(old, 4);
		if (option == OPTION_BUFFER && !old->bad)
			old_take_buffer(old, size);
		else if (option == OPTION_CPUS && old->nr_buffers && size == 4)
			old->buffer_cpus[old->nr_buffers - 1] =
				old_number(old, 4);
		else
			old_skip(old, size);
	}
}

/* The places of the CPUs' data, behind the options if there are any. */
static void old_take_data(struct old_file *old, u64 cpus)
{
	char kind[10] = "";
	u64 offset, size, i;

	old->bad |= fread(kind, sizeof(kind), 1, old->file) != 1;
	if (!old->bad && !memcmp(kind, "options  ", sizeof(kind))) {
		old_take_options(old);
		old->bad |= fread(kind, sizeof(kind), 1, old->file) != 1;
	}
	old->bad |= memcmp(kind, "flyrecord", sizeof(kind)) || cpus > CPUS_MAX;
	for (i = 0; i < cpus && !old->bad; i++) {
		offset = old_number(old, 8);
		size = old_number(old, 8);
		old->bad |= offset > INT64_MAX || size > INT64_MAX - offset;
		if (!old->bad && size && old->end < offset + size)
			old->end = offset + size;
	}
}

/* Where a file of version 6 ends, 0 if that is unknown. */
static u64 find_old_end(FILE *file)
{
	struct old_file old = { .file = file };
	char header[HEADER_MAX];
	size_t at, i;

	if (fseeko(file, 0, SEEK_SET))
		return 0;
	at = skip_version(header, fread(header, 1, sizeof(header), file), "6");
	if (!at || fseeko(file, at + WORDS_BYTES, SEEK_SET))
		return 0;
	old_skip_formats(&old);
	old_take_data(&old, old.cpus);
	for (i = 0; i < old.nr_buffers && !old.bad; i++) {
		old.bad |= fseeko(file, old.buffers[i], SEEK_SET);
		old_take_data(&old, old.buffer_cpus[i]);
	}
	return old.bad ? 0 : old.end;
}

bool trace_dat_is_followed(FILE *file)
{
	u64 end = find_old_end(file);

	return end ? !is_rest_empty(file, end) :
		     find_ending(file) == ENDING_FOLLOWED;
}
