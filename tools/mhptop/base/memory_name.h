/* SPDX-License-Identifier: GPL-2.0 */
/* What a user calls memory: a memory block, an address or a range of addresses, one parser for all of mhptop. */
#ifndef BASE_MEMORY_NAME_H
#define BASE_MEMORY_NAME_H

#include "base/types.h"

enum memory_name_kind {
	MEMORY_NAME_BLOCK, /* "memory39" or "39" */
	MEMORY_NAME_ADDRESS, /* "0x138000000" */
	MEMORY_NAME_RANGE, /* "0x100000000-0x13fffffff" */
};

struct memory_name {
	enum memory_name_kind kind;
	u64 first; /* bytes; both ends are included */
	u64 last;
};

/*
 * Parse a name. Numbers of memory blocks are decimal, addresses begin with 0x or 0X. block_bytes is the size of a
 * memory block. Returns 0, or -EINVAL if it is no such name, or no 64-bit address has that memory.
 */
int memory_name_parse(struct memory_name *name, const char *text,
		      u64 block_bytes);

#endif
