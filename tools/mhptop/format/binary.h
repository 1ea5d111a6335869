/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The binary form of a recording, which costs less to write than NDJSON. It has
 * the records as they came from the kernel, byte for byte:
 *
 *   start    magic, byte order, version and a check
 *   header   the header line of an NDJSON recording
 *   layout   where the fields are in the records (format/layout.h)
 *   record   struct mhp_record with its payload, any number of times
 *   totals   the last line of an NDJSON recording
 *
 * All but the start are frames: a head, then a body. Each check depends on all
 * that is before it since the start, so that a byte that was changed, and a frame
 * that was dropped, doubled or moved, is noticed. It is no defence against an
 * attacker.
 *
 * Readers turn a binary recording into the lines of the NDJSON recording that it
 * stands for (binary_text_put()), and read those.
 */
#ifndef BINARY_H
#define BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include "format/layout.h"
#include "format/recording.h"

#define BINARY_SUFFIX ".mhp"
#define BINARY_MAGIC "\x89mhptop\n" /* no text begins with its first byte */
#define BINARY_MAGIC_LEN 8
/* Increased with any change but a new field, event or word. */
#define BINARY_VERSION 1
#define BINARY_ORDER 0x0102

enum binary_kind {
	BINARY_HEADER = 1,
	BINARY_LAYOUT,
	BINARY_RECORD,
	BINARY_TOTALS,
};

struct binary_start {
	char magic[BINARY_MAGIC_LEN];
	u16 order; /* BINARY_ORDER, in the byte order of the machine */
	u16 version;
	u32 check;
};

struct binary_head {
	u16 kind;
	u16 len; /* of the body, in bytes */
	u32 check;
};

#define BINARY_BODY_MAX LAYOUT_TEXT_MAX
#define BINARY_RECORD_MAX \
	(sizeof(struct binary_head) + sizeof(struct mhp_record))
#define BINARY_BEGIN_MAX                                                \
	(sizeof(struct binary_start) + 2 * sizeof(struct binary_head) + \
	 RECORDING_LINE_MAX + LAYOUT_TEXT_MAX)

/* The check of a frame; chain is the state after the frame before it, and is updated. */
u32 binary_check(u64 *chain, u16 kind, u16 len, const void *body);
/* The check of a start, and the chain that begins with it. */
u32 binary_check_start(u64 *chain, const struct binary_start *start);

/* -- writing ------------------------------------------------------------------ */

struct binary_writer {
	u64 chain;
};

/* Each writes to buf and returns the number of bytes. */
size_t binary_begin_put(struct binary_writer *writer,
			const struct source_info *info, char *buf);
/* The record may be as short as its payload. */
size_t binary_record_put(struct binary_writer *writer,
			 const struct mhp_record *record, char *buf);
/* buf has room for RECORDING_LINE_MAX bytes. */
size_t binary_totals_put(struct binary_writer *writer,
			 const struct recording_totals *totals, char *buf);
/* The bytes of the whole frames at the begin of what was written after binary_begin_put(). */
size_t binary_whole(const char *buf, size_t len);

/* -- reading ------------------------------------------------------------------ */

struct binary_text;

/* NULL if out of memory. */
struct binary_text *binary_text_new(void);
void binary_text_free(struct binary_text *text);

/* Bytes to pass at a time, and the room for the lines that become of them */
#define BINARY_RAW_MAX 1024
#define BINARY_LINES_MAX 65536

/*
 * Pass the next bytes of a recording, at most BINARY_RAW_MAX; they are not
 * trusted. Writes the lines that are complete now, which fit into
 * BINARY_LINES_MAX, and returns their length.
 */
size_t binary_text_put(struct binary_text *text, const char *raw, size_t len,
		       char *lines);
/* Whether the bytes so far end inside a frame, or without a header. */
bool binary_text_is_inside(const struct binary_text *text);
/* There are no more bytes. */
void binary_text_end(struct binary_text *text);
/*
 * What is wrong behind the lines so far: 0, -EPROTO: damaged, or no recording,
 * -ENOTSUP: of a newer version or the other byte order, or -ENOMEM, with why.
 */
int binary_text_error(const struct binary_text *text, const char **why);

#endif
