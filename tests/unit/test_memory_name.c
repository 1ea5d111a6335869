// SPDX-License-Identifier: GPL-2.0
/* What a user may call memory, and what is refused. */
#include <errno.h>

#include "base/memory_name.h"
#include "ktap.h"

#define BLOCK (128ULL << 20)

static void means(const char *text, enum memory_name_kind kind, u64 first,
		  u64 last)
{
	struct memory_name name;
	int err = memory_name_parse(&name, text, BLOCK);

	ok(!err && name.kind == kind && name.first == first &&
		   name.last == last,
	   "%s", text);
}

int main(void)
{
	static const char *const none[] = {
		"",	      "memory",
		"memory0x27", "010",
		"memory010",  "-1",
		" 1",	      "1 ",
		"39x",	      "1-2",
		"0x",	      "0x-0x1",
		"0x1-",	      "0x1-2",
		"0x2-0x1",    "0x1-0x2-0x3",
		"memory-1",   "137438953472",
		"0x0x1",      "0x10000000000000000",
		"node1",      "dax0.0",
	};
	struct memory_name name;
	size_t i;

	means("39", MEMORY_NAME_BLOCK, 39 * BLOCK, 40 * BLOCK - 1);
	means("memory39", MEMORY_NAME_BLOCK, 39 * BLOCK, 40 * BLOCK - 1);
	means("0", MEMORY_NAME_BLOCK, 0, BLOCK - 1);
	means("137438953471", MEMORY_NAME_BLOCK, ~0ULL - BLOCK + 1, ~0ULL);
	means("0x138000000", MEMORY_NAME_ADDRESS, 0x138000000, 0x138000000);
	means("0X138000000", MEMORY_NAME_ADDRESS, 0x138000000, 0x138000000);
	means("0x100000000-0X13fffFFFF", MEMORY_NAME_RANGE, 0x100000000,
	      0x13fffffff);
	means("0x0-0xffffffffffffffff", MEMORY_NAME_RANGE, 0, ~0ULL);
	for (i = 0; i < sizeof(none) / sizeof(*none); i++)
		eq(none[i], memory_name_parse(&name, none[i], BLOCK), -EINVAL);
	return ktap_done();
}
