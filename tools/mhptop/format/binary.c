// SPDX-License-Identifier: GPL-2.0
/* Writes a binary recording. The record is the hot path of `mhptop record`. */
#include <string.h>

#include "format/binary.h"

/* What is before the payload is the same in all layouts of this version. */
#define HEAD_AT(field, at)                                         \
	_Static_assert(offsetof(struct mhp_record, field) == (at), \
		       #field " has moved: increase BINARY_VERSION")
HEAD_AT(seq, 0);
HEAD_AT(time_ns, 8);
HEAD_AT(cpu, 16);
HEAD_AT(pid, 20);
HEAD_AT(event, 24);
HEAD_AT(size, 26);
HEAD_AT(comm, 32);
HEAD_AT(p, 48);
_Static_assert(sizeof(struct binary_start) == 16 &&
		       sizeof(struct binary_head) == 8,
	       "neither has padding");

/* Multiplying by an odd number loses nothing: a single change cannot cancel itself. */
static u64 chain_mix(u64 chain, u64 word)
{
	return (chain ^ word) * 0x9e3779b97f4a7c15ULL;
}

/* The high half depends on all bits: fold it into the low one, which is the check. */
static u32 chain_end(u64 *chain, u64 value)
{
	*chain = value ^ value >> 32;
	return *chain;
}

u32 binary_check(u64 *chain, u16 kind, u16 len, const void *body)
{
	u64 value = chain_mix(*chain, kind | (u32)len << 16), word;
	const char *at = body, *end = at + len;

	for (; end - at >= (long)sizeof(word); at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		value = chain_mix(value, word);
	}
	if (at < end) {
		word = 0;
		memcpy(&word, at, end - at);
		value = chain_mix(value, word);
	}
	return chain_end(chain, value);
}

u32 binary_check_start(u64 *chain, const struct binary_start *start)
{
	*chain = 0;
	return binary_check(chain, 0, offsetof(struct binary_start, check),
			    start);
}

/* The head of a frame whose body follows it. Returns the size of the frame. */
static size_t put_frame_head(struct binary_writer *writer,
			     enum binary_kind kind, size_t len, char *buf)
{
	const struct binary_head head = {
		.kind = kind,
		.len = len,
		.check = binary_check(&writer->chain, kind, len,
				      buf + sizeof(head)),
	};

	memcpy(buf, &head, sizeof(head));
	return sizeof(head) + len;
}

size_t binary_begin_put(struct binary_writer *writer,
			const struct source_info *info, char *buf)
{
	struct binary_start start = {
		.magic = BINARY_MAGIC,
		.order = BINARY_ORDER,
		.version = BINARY_VERSION,
	};
	size_t used = sizeof(start), len;
	const char *layout;

	start.check = binary_check_start(&writer->chain, &start);
	memcpy(buf, &start, sizeof(start));
	len = recording_header_put(info,
				   buf + used + sizeof(struct binary_head));
	used += put_frame_head(writer, BINARY_HEADER, len, buf + used);
	layout = layout_own(&len);
	memcpy(buf + used + sizeof(struct binary_head), layout, len);
	return used + put_frame_head(writer, BINARY_LAYOUT, len, buf + used);
}

/* The payload of some event of another version might not consist of whole words. */
static size_t __attribute__((noinline))
put_odd(struct binary_writer *writer, const void *record, size_t len, char *buf)
{
	memcpy(buf + sizeof(struct binary_head), record, len);
	return put_frame_head(writer, BINARY_RECORD, len, buf);
}

#define HEAD_WORDS (MHP_RECORD_HEADER / sizeof(u64))

/* Copies a word, and takes it into the chain. */
static inline u64 copy_word(char *to, const u64 *from, u64 value)
{
	u64 word = *from;

	memcpy(to, &word, sizeof(word));
	return chain_mix(value, word);
}

size_t binary_record_put(struct binary_writer *writer,
			 const struct mhp_record *record, char *buf)
{
	const u32 len = MHP_RECORD_HEADER + record->size;
	const u64 *from = (const u64 *)record;
	char *to = buf + sizeof(struct binary_head);
	u64 value = chain_mix(writer->chain, BINARY_RECORD | len << 16);
	u32 i;

	if (len % sizeof(*from))
		return put_odd(writer, record, len, buf);
#pragma GCC unroll 6
	for (i = 0; i < HEAD_WORDS; i++)
		value = copy_word(to + i * sizeof(value), from + i, value);
#pragma GCC unroll 4
	for (; i < len / sizeof(*from); i++)
		value = copy_word(to + i * sizeof(value), from + i, value);
	memcpy(buf,
	       &(struct binary_head){
		       .kind = BINARY_RECORD,
		       .len = len,
		       .check = chain_end(&writer->chain, value) },
	       sizeof(struct binary_head));
	return sizeof(struct binary_head) + len;
}

size_t binary_totals_put(struct binary_writer *writer,
			 const struct recording_totals *totals, char *buf)
{
	size_t len =
		recording_totals_put(totals, buf + sizeof(struct binary_head));

	return put_frame_head(writer, BINARY_TOTALS, len, buf);
}

size_t binary_whole(const char *buf, size_t len)
{
	struct binary_head head;
	size_t whole = 0;

	while (len - whole >= sizeof(head)) {
		memcpy(&head, buf + whole, sizeof(head));
		if (len - whole - sizeof(head) < head.len)
			break;
		whole += sizeof(head) + head.len;
	}
	return whole;
}
