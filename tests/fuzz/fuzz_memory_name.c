// SPDX-License-Identifier: GPL-2.0
/*
 * What a user calls memory: the first byte of an input says how large a memory
 * block is, a power of two or unknown, and the rest is the name. Regular
 * expressions say a second time which names there are.
 */
#include <errno.h>
#include <regex.h>

#include "base/memory_name.h"
#include "fuzz.h"

#define ADDRESS "0[xX]([0-9a-fA-F]+)"

/* In the order of enum memory_name_kind */
static const char *const forms[] = { "^(memory)?(0|[1-9][0-9]*)$",
				     "^" ADDRESS "$",
				     "^" ADDRESS "-" ADDRESS "$" };

static bool fits(u64 *number, const char *text, const regmatch_t *match,
		 int radix)
{
	errno = 0;
	*number = strtoull(text + match->rm_so, NULL, radix);
	return !errno;
}

/* The number of a memory block as bytes */
static bool is_block(struct memory_name *name, const char *text,
		     const regmatch_t *match, u64 block_bytes)
{
	unsigned __int128 end;
	u64 number;

	if (!fits(&number, text, match, 10))
		return false;
	end = (unsigned __int128)(number + (unsigned __int128)1) * block_bytes;
	name->first = number * block_bytes;
	name->last = (u64)(end - 1);
	return block_bytes && end <= (unsigned __int128)1 << 64;
}

static bool is_name(struct memory_name *name, const char *text, u64 block_bytes)
{
	static regex_t regex[3];
	regmatch_t match[4];
	unsigned int i;

	for (i = 0; !regex[2].re_nsub && i < 3; i++)
		must(!regcomp(&regex[i], forms[i], REG_EXTENDED), "no regex");
	for (i = 0; i < 3 && regexec(&regex[i], text, 4, match, 0); i++)
		;
	name->kind = i;
	switch (i) {
	case MEMORY_NAME_BLOCK:
		return is_block(name, text, &match[2], block_bytes);
	case MEMORY_NAME_ADDRESS:
		match[2] = match[1];
		/* fall through */
	case MEMORY_NAME_RANGE:
		return fits(&name->first, text, &match[1], 16) &&
		       fits(&name->last, text, &match[2], 16) &&
		       name->first <= name->last;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u64 block_bytes = size && data[0] < 64 ? 1ULL << data[0] : 0;
	char *text = strndup((const char *)data + !!size, size - !!size);
	struct memory_name got, want;
	bool is;
	int err;

	if (!text)
		abort();
	err = memory_name_parse(&got, text, block_bytes);
	is = is_name(&want, text, block_bytes);
	must(err == (is ? 0 : -EINVAL), "%s, blocks of 0x%llx: %d", text,
	     block_bytes, err);
	must(err || (got.kind == want.kind && got.first == want.first &&
		     got.last == want.last),
	     "%s: kind %d, 0x%llx to 0x%llx", text, got.kind, got.first,
	     got.last);
	free(text);
	return 0;
}
