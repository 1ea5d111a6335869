// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a trace.dat of version 7 ends early. libtracecmd reads what it finds, and
 * does not report sections that are missing at the end. The format is described in
 * trace-cmd.dat.v7(5).
 */
#include <stdio.h>
#include <string.h>

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

/* Where the first section begins, 0 if the file is of another version or byte order. */
static size_t first_section(const char *header, size_t len)
{
	size_t at = sizeof(magic) - 1;

	if (len < at || memcmp(header, magic, at))
		return 0;
	at = skip_text(header, len, at);
	if (!at || strcmp(header + sizeof(magic) - 1, "7") || at >= len ||
	    header[at] != 0)
		return 0;
	/* The name and the version of the compression */
	at = skip_text(header, len, at + WORDS_BYTES);
	at = skip_text(header, len, at);
	return at ? at + OFFSET_BYTES : 0;
}

bool trace_dat_is_cut(FILE *file)
{
	char header[HEADER_MAX];
	struct section_head head;
	u64 at, bytes;
	off_t end;

	if (fseeko(file, 0, SEEK_END) || (end = ftello(file)) < 0 ||
	    fseeko(file, 0, SEEK_SET))
		return false;
	bytes = end;
	at = first_section(header, fread(header, 1, sizeof(header), file));
	if (!at)
		return false;
	for (head.id = 0; at < bytes; at += sizeof(head) + head.bytes) {
		if (fseeko(file, at, SEEK_SET) ||
		    fread(&head, sizeof(head), 1, file) != 1)
			return true;
		/* Not what we take it for */
		if (head.id > SECTION_LAST)
			return false;
		if (head.bytes > bytes - at - sizeof(head))
			return true;
	}
	return head.id != SECTION_STRINGS;
}
