// SPDX-License-Identifier: GPL-2.0
/* Parses what a user calls memory. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory_name.h"
#include "base/units.h"

static bool take_address(u64 *address, const char *text, const char **rest)
{
	return text[0] == '0' && tolower((unsigned char)text[1]) == 'x' &&
	       !number_parse(address, text, true, rest);
}

int memory_name_parse(struct memory_name *name, const char *text,
		      u64 block_bytes)
{
	const char *rest;
	u64 number;

	if (take_address(&name->first, text, &rest)) {
		name->kind = MEMORY_NAME_ADDRESS;
		name->last = name->first;
		if (!*rest)
			return 0;
		name->kind = MEMORY_NAME_RANGE;
		return *rest == '-' &&
				       take_address(&name->last, rest + 1,
						    &rest) &&
				       !*rest && name->last >= name->first ?
			       0 :
			       -EINVAL;
	}
	if (!strncmp(text, "memory", 6))
		text += 6;
	if (number_parse(&number, text, false, &rest) || *rest ||
	    !block_bytes || number > ~0ULL / block_bytes)
		return -EINVAL;
	name->kind = MEMORY_NAME_BLOCK;
	name->first = number * block_bytes;
	name->last = name->first + (block_bytes - 1);
	return 0;
}
