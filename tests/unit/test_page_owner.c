// SPDX-License-Identifier: GPL-2.0
/* The text of /sys/kernel/debug/page_owner, of which a part is a name that anybody can choose. */
#include "ktap.h"
#include "source/page_owner.h"

#define MASK "mask 0xcc2(GFP_KERNEL|__GFP_HIGHMEM)"
#define PLACE \
	"PFN 0x13a4f2 type Movable Block 2514 type Movable Flags 0x2000(node=0|zone=2)\n"
#define STACK \
	" post_alloc_hook+0x1a/0x30\n get_page_from_freelist+0x4c/0x90\n do_hold+0x12/0x34 [mhp_test]\n"

static struct page_owner owner;

static bool parse(const char *text)
{
	return page_owner_parse(text, &owner);
}

static void test_text(void)
{
	ok(parse("Page allocated via order 3, " MASK
		 ", pid 814, tgid 812 (qemu-system-x86), ts 30461412 ns\n" PLACE
			 STACK "Charged to memcg /\n\n"),
	   "a text of the kernel");
	eq("  the pfn", owner.pfn, 0x13a4f2);
	eq("  the order", owner.order, 3);
	eq("  the process, not the thread", owner.pid, 812);
	eq_text("  its name", owner.comm, "qemu-system-x86");
	eq_text("  the stack", owner.stack,
		"post_alloc_hook < get_page_from_freelist < do_hold");
	ok(parse("Page allocated via order 0, " MASK
		 ", pid 1, tgid 1 (init), ts 1 ns, free_ts 0 ns\nPFN 7 type Movable Block 0 type Movable Flags 0x0()\n"),
	   "one of an older kernel, without a stack");
	eq("  the pfn, in decimal", owner.pfn, 7);
	eq_text("  no stack", owner.stack, "");
}

static void test_names(void)
{
	ok(parse("Page allocated via order 0, " MASK
		 ", pid 9, tgid 9 (a), ts 5 ns\nP), ts 6 ns\n" PLACE STACK),
	   "a name that looks like the rest of the line");
	eq_text("  the name", owner.comm, "a), ts 5 ns\nP");
	eq("  the pfn", owner.pfn, 0x13a4f2);
	ok(parse("Page allocated via order 0, " MASK
		 ", pid 9, tgid 9 (), ts 6 ns\n" PLACE),
	   "a name that is empty");
	eq_text("  the name", owner.comm, "");
}

static void test_others(void)
{
	static const char *const texts[] = {
		"",
		"Page allocated via order ",
		"Page allocated via order x, " MASK
		", pid 1, tgid 1 (a), ts 1 ns\n" PLACE,
		"Page allocated via order 0, " MASK ", pid 1, tgid 1 (a",
		"Page allocated via order 0, " MASK
		", pid 1, tgid 1 (a), ts 1 ns\n",
		"Page allocated via order 0, " MASK
		", pid 1, tgid 1 (a name of more than 15 bytes), ts 1 ns\n" PLACE,
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ok(!parse(texts[i]), "text %zu that is none", i);
}

int main(void)
{
	test_text();
	test_names();
	test_others();
	return ktap_done();
}
