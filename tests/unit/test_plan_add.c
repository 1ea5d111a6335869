// SPDX-License-Identifier: GPL-2.0
/* `mhptop plan add` with a made-up tree: hosting by mode, block size and kernel, and what it takes. tests/vm/t/plan-add.py adds memory. */
#include <unistd.h>

#include "answers/plan_add.h"
#include "base/units.h"
#include "ktap.h"
#include "model/event_table.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

#define CMA 7777 /* free pages of CMA areas, which are no room for a memmap */

static char root[] = "/tmp/test_plan_add.XXXXXX";

#include "tree.h"

static void put_machine(u64 block_bytes, const char *release, const char *mode)
{
	char text[32];

	snprintf(text, sizeof(text), "%llx", block_bytes);
	put("sys/devices/system/memory/block_size_bytes", text);
	put("proc/sys/kernel/osrelease", release);
	put("sys/module/memory_hotplug/parameters/memmap_on_memory", mode);
}

static void put_free(u64 pages, u64 file)
{
	char text[512];

	snprintf(
		text, sizeof(text),
		"Node 0, zone   Normal\\n  pages free     %llu\\n        min      10\\n        managed  999999\\n"
		"        protection: (0, 0)\\n      nr_zone_inactive_file %llu\\n      nr_free_cma  %d\\n"
		"Node 0, zone  Movable\\n  pages free     999999\\n        min      0\\n        managed  999999\\n        protection: (0, 0)",
		pages + 10 + CMA, file, CMA);
	put("proc/zoneinfo", text);
}

static void make_tree(void)
{
	if (!mkdtemp(root)) {
		printf("Bail out! %s\n", root);
		exit(1);
	}
	put("proc/iomem", "00000000-3fffffff : System RAM\\n"
			  "140000000-17fffffff : System RAM");
	put("proc/meminfo", "SwapFree: 0 kB\\nDirectMap1G:  1048576 kB");
	put("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0");
	put("proc/buddyinfo", "Node 0, zone   Normal 0 0 0 0 0 0 0 0 0 0 0");
	put("proc/pagetypeinfo", "Page block order: 9\\nPages per block:  512");
	put("proc/cpuinfo",
	    "address sizes\t: 40 bits physical, 48 bits virtual");
	put_machine(128 * MIB, "6.12.0", "Y");
	put_free(100000, 0);
}

/* "answer reasons | hosting why memmap waste | mappings gigantic" */
static void forecasts(const char *name, const struct plan_add_opts *opts,
		      const char *want)
{
	char got[512], why[256];
	struct plan_add plan;
	int err = plan_add_make(&plan, root, opts, why, sizeof(why));

	if (err)
		snprintf(got, sizeof(got), "%s", why);
	else
		snprintf(got, sizeof(got),
			 "%s %x | %s %s %llu %llu | %llu %llu",
			 plan_answer_word(plan.answer), plan.reasons,
			 event_symbol(event_hostings, plan.hosting),
			 plan_add_why_word(plan.why), plan.memmap_pages,
			 plan.waste_pages, plan.mapped_gib, plan.gigantic);
	eq_text(name, got, want);
}

#define OPTS(size, at, in)                                         \
	&(struct plan_add_opts)                                    \
	{                                                          \
		.bytes = size, .has_address = true, .address = at, \
		.mode = PLAN_ADD_##in                              \
	}

static void test_modes(void)
{
	forecasts("the kernel's own mode", OPTS(9 * GIB, 8 * GIB, CURRENT),
		  "yes 0 | block self_hosted 36864 0 | 0 0");
	forecasts("N", OPTS(9 * GIB, 8 * GIB, N),
		  "yes 0 | buddy disabled 36864 0 | 9 9");
	forecasts("force has nothing to pad", OPTS(9 * GIB, 8 * GIB, FORCE),
		  "yes 0 | block self_hosted 36864 0 | 0 0");
	put_machine(128 * MIB, "6.12.0", "range");
	forecasts("range", OPTS(9 * GIB, 8 * GIB, CURRENT),
		  "yes 0 | range self_hosted 36864 0 | 9 8");
	forecasts("range, from the middle of a GiB",
		  OPTS(9 * GIB, 8 * GIB + 512 * MIB, CURRENT),
		  "yes 0 | range self_hosted 36864 0 | 8 8");
	put_machine(2 * GIB, "6.12.0", "Y");
	forecasts("blocks of 2 GiB", OPTS(8 * GIB, 8 * GIB, Y),
		  "yes 0 | block self_hosted 32768 0 | 8 4");
	put_machine(128 * MIB, "6.1.0", "Y");
	forecasts("an old kernel, one block", OPTS(128 * MIB, 8 * GIB, Y),
		  "yes 0 | block self_hosted 512 0 | 0 0");
	forecasts("an old kernel, two blocks", OPTS(256 * MIB, 8 * GIB, Y),
		  "yes 0 | buddy one_block 1024 0 | 0 0");
	forecasts("an old kernel has no force", OPTS(128 * MIB, 8 * GIB, FORCE),
		  "yes 0 | buddy not_supported 512 0 | 0 0");
	put("proc/pagetypeinfo",
	    "Page block order: 10\\nPages per block:  1024");
	put_machine(128 * MIB, "6.12.0", "Y");
	forecasts("larger pageblocks", OPTS(256 * MIB, 8 * GIB, Y),
		  "yes 0 | buddy pageblock_unaligned 1024 0 | 0 0");
	forecasts("larger pageblocks, padded", OPTS(256 * MIB, 8 * GIB, FORCE),
		  "yes 0 | block self_hosted 1024 1024 | 0 0");
	put("proc/pagetypeinfo", "Page block order: 9\\nPages per block:  512");
	run("rm %s/sys/module/memory_hotplug/parameters/memmap_on_memory",
	    root);
	forecasts("a kernel without self-hosting", OPTS(GIB, 8 * GIB, Y),
		  "yes 0 | buddy not_supported 4096 0 | 1 1");
	put_machine(128 * MIB, "6.12.0", "N");
	put("proc/meminfo", "SwapFree: 0 kB");
	forecasts("a CPU without pages of 1 GiB", OPTS(GIB, 8 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 0 1");
	run("rm -r %s/sys/kernel/mm/hugepages", root);
	forecasts("a kernel without huge pages of 1 GiB", OPTS(GIB, 8 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 0 0");
	put("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0");
	put("proc/meminfo", "SwapFree: 0 kB\\nDirectMap1G:  1048576 kB");
}

static void test_refusals(void)
{
	forecasts("size", OPTS(GIB + MIB, 8 * GIB, N),
		  "no 1 | buddy disabled 4096 0 | 1 1");
	forecasts("address", OPTS(GIB, 8 * GIB + MIB, N),
		  "no 2 | buddy disabled 4096 0 | 0 0");
	forecasts("overlap at its end", OPTS(GIB, 4 * GIB + 128 * MIB, N),
		  "no 4 | buddy disabled 4096 0 | 0 0");
	forecasts("overlap at its begin", OPTS(GIB, 6 * GIB - 128 * MIB, N),
		  "no 4 | buddy disabled 4096 0 | 0 0");
	forecasts("right above other memory", OPTS(GIB, 6 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 1 1");
	forecasts("right below other memory", OPTS(GIB, 4 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 1 1");
	forecasts("too high", OPTS(GIB, 1024 * GIB, N),
		  "no 8 | buddy disabled 4096 0 | 0 0");
	forecasts("up to the last address", OPTS(GIB, 1023 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 1 1");
}

static void test_room(void)
{
	struct plan_add plan;
	char why[256];
	u64 need;

	plan_add_make(&plan, root, OPTS(GIB, 8 * GIB, N), why, sizeof(why));
	need = plan.buddy_pages + plan.other_pages;
	eq("the memmap comes from free memory", plan.buddy_pages, 4096);
	put_free(need, 0);
	forecasts("as much as is needed", OPTS(GIB, 8 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 1 1");
	put_free(need - 1, 1);
	forecasts("after reclaim", OPTS(GIB, 8 * GIB, N),
		  "unknown 20 | buddy disabled 4096 0 | 1 1");
	put_free(need - 1, 0);
	forecasts("one page too few", OPTS(GIB, 8 * GIB, N),
		  "no 10 | buddy disabled 4096 0 | 1 1");
	put_free(100, 0);
	forecasts("self-hosted needs little", OPTS(GIB, 8 * GIB, Y),
		  "yes 0 | block self_hosted 4096 0 | 0 0");
	put_free(100000, 0);
}

static void test_address(void)
{
	struct plan_add_opts opts = { .bytes = GIB };
	struct plan_add plan;
	char why[256];

	plan_add_make(&plan, root, &opts, why, sizeof(why));
	eq("above all memory", plan.address, 6 * GIB);
	ok(plan.assumed, "which is assumed");
	put("proc/iomem", "00000000-3fffffff : System RAM");
	plan_add_make(&plan, root, &opts, why, sizeof(why));
	eq("from 4 GiB on", plan.address, 4 * GIB);
	put("proc/iomem", "00000000-00000000 : System RAM");
	forecasts("addresses are hidden", OPTS(GIB, 8 * GIB, N),
		  "unknown 80 | buddy disabled 4096 0 | 1 1");
	put_block(7, 0, "online", "Normal");
	put_block(103, 0, "offline", "none");
	plan_add_make(&plan, root, &opts, why, sizeof(why));
	eq("above the highest memory block", plan.address, 13 * GIB);
	eq("whether something is there is unknown", plan.answer, PLAN_UNKNOWN);
	forecasts("but not where a memory block is", OPTS(GIB, 12 * GIB, N),
		  "no 4 | buddy disabled 4096 0 | 1 1");
	forecasts("nor next to it", OPTS(GIB, 13 * GIB, N),
		  "unknown 80 | buddy disabled 4096 0 | 1 1");
	run("rm -r %s/sys/devices/system/memory/memory*", root);
}

static void prints(const struct plan_add_opts *opts, const char *want)
{
	struct plan_add plan;
	char why[256], *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	plan_add_make(&plan, root, opts, why, sizeof(why));
	plan_add_print_text(&plan, out);
	fclose(out);
	if (!ok(strstr(got, want), "%s", want))
		printf("# want '%s' in\n# %s\n", want, got);
	free(got);
}

static void assumes(const char *name, u64 bytes, u64 want)
{
	struct plan_add_opts opts = { .bytes = bytes };
	struct plan_add plan;
	char why[256];

	plan_add_make(&plan, root, &opts, why, sizeof(why));
	eq(name, plan.address, want);
	eq("  it is free", plan.reasons & 1U << PLAN_ADD_OVERLAPS, 0);
}

/* /proc/iomem of a virtual machine with more than RAM in it, as QEMU's q35 has it */
static void test_in_way(void)
{
	put("proc/iomem", "00000000-7fffffff : System RAM\n"
			  "b0000000-bfffffff : PCI ECAM 0000 [bus 00-ff]\n"
			  "  b0000000-bfffffff : Reserved\n"
			  "c0000000-febfffff : PCI Bus 0000:00\n"
			  "  d0000000-dfffffff : 0000:00:02.0\n"
			  "    d0000000-d7ffffff : virtio-pci-shm\n"
			  "fec00000-fec003ff : IOAPIC 0\n"
			  "100000000-13fffffff : System RAM\n"
			  "180000000-23fffffff : virtio0\n"
			  "  180000000-187ffffff : System RAM (virtio_mem)\n"
			  "280000000-2ffffffff : Soft Reserved\n"
			  "  280000000-2bfffffff : dax0.0\n"
			  "    280000000-287ffffff : System RAM (kmem)");
	prints(OPTS(128 * MIB, 0xb8000000, N),
	       "can it be added: no: /proc/iomem has PCI ECAM 0000 [bus 00-ff] at 0xb0000000-0xbfffffff\n");
	prints(OPTS(128 * MIB, 0xf8000000, N),
	       "can it be added: no: /proc/iomem has PCI Bus 0000:00 at 0xc0000000-0xfebfffff\n");
	prints(OPTS(128 * MIB, 0xd0000000, N),
	       "can it be added: no: /proc/iomem has virtio-pci-shm at 0xd0000000-0xd7ffffff\n");
	prints(OPTS(128 * MIB, 0xd8000000, N), "can it be added: yes\n");
	prints(OPTS(128 * MIB, 0xa0000000, N), "can it be added: yes\n");
	prints(OPTS(128 * MIB, 0x180000000, N),
	       "no: there is memory in this range already\n");
	prints(OPTS(128 * MIB, 0x188000000, N), "can it be added: yes\n");
	prints(OPTS(128 * MIB, 0x288000000, N), "can it be added: yes\n");
	prints(OPTS(GIB, 0x240000000, N), "can it be added: yes\n");
	prints(OPTS(2 * GIB, 0x240000000, N),
	       "no: there is memory in this range already\n");
	put("proc/iomem", "100000000-13fffffff : System RAM\n"
			  "180000000-23fffffff : PCI Bus 0000:00\n"
			  "2c0000000-2ffffffff : Soft Reserved");
	assumes("before what is in the way", GIB, 5 * GIB);
	assumes("between", GIB + 128 * MIB, 9 * GIB);
	assumes("behind all of it", 3 * GIB, 12 * GIB);
}

static void test_limit(void)
{
	put("proc/cpuinfo",
	    "flags\t\t: fpu la57x\naddress sizes\t: 52 bits physical, 57 bits virtual");
	forecasts("four levels of page tables", OPTS(GIB, 65536 * GIB, N),
		  "no 8 | buddy disabled 4096 0 | 0 0");
	forecasts("up to their last address", OPTS(GIB, 65535 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 1 1");
	put("proc/cpuinfo",
	    "flags\t\t: fpu la57 xsave\naddress sizes\t: 52 bits physical, 57 bits virtual");
	forecasts("five", OPTS(GIB, 65536 * GIB, N),
		  "yes 0 | buddy disabled 4096 0 | 1 1");
	put("proc/cpuinfo",
	    "address sizes\t: 40 bits physical, 48 bits virtual");
}

static void test_print(void)
{
	prints(OPTS(128 * MIB, 8 * GIB, N),
	       "\nblocks     1 memory block of 128 MiB\n");
	prints(OPTS(GIB, 8 * GIB, N),
	       "\nblocks     8 memory blocks of 128 MiB\n");
	prints(OPTS(1, 8 * GIB, Y),
	       "range      0x200000000-0x200000000, 1 B\n"
	       "blocks     the kernel adds whole memory blocks only, of 128 MiB each\n"
	       "can it be added: no: the size is not a multiple of a memory block\n"
	       "do         give a size such as 128M\n");
	prints(OPTS(9 * GIB + 129 * MIB, 8 * GIB, FORCE),
	       "\ndo         give a size such as 9344M or 9472M\n");
	prints(OPTS(GIB - 1, 8 * GIB + 1, N),
	       "\ndo         give a size such as 896M or 1G, and an address such as 0x200000000 or 0x208000000\n");
	prints(OPTS(GIB, 12345, N),
	       "the address is not a multiple of a memory block; there is memory in this range already\n"
	       "do         give an address such as 0x180000000, or no --at\n");
	prints(OPTS(GIB, 5 * GIB, N),
	       ": no: there is memory in this range already\n"
	       "do         give an address such as 0x180000000, or no --at\n");
	prints(OPTS(GIB, 1024 * GIB, N),
	       " that the CPUs and the kernel can use\n"
	       "do         give an address such as 0x180000000, or no --at\n");
	prints(OPTS(1024 * GIB, 8 * GIB, N),
	       " that the CPUs and the kernel can use; the kernel zones do not have that much free memory, even after reclaim\n");
	put_free(100, 0);
	prints(OPTS(GIB, 8 * GIB, N),
	       "\ndo         free memory of the kernel zones, or boot with memory_hotplug.memmap_on_memory=Y, so that the new memory hosts its memmap\n");
	put_machine(128 * MIB, "6.1.0", "N");
	prints(OPTS(GIB, 8 * GIB, N),
	       "\ndo         free memory of the kernel zones\n");
	put_machine(128 * MIB, "6.12.0", "N");
	put_free(100000, 0);
}

static void test_sizes(void)
{
	u64 bytes;

	eq("2G", size_parse(&bytes, "2G") ?: (s64)bytes, 2 * GIB);
	eq("128MiB", size_parse(&bytes, "128MiB") ?: (s64)bytes, 128 * MIB);
	eq("4096", size_parse(&bytes, "4096") ?: (s64)bytes, 4096);
	eq("0x8000000", size_parse(&bytes, "0x8000000") ?: (s64)bytes,
	   128 * MIB);
	ok(size_parse(&bytes, "0"), "no size: 0");
	ok(size_parse(&bytes, "2GB"), "no size: 2GB");
	ok(size_parse(&bytes, "G"), "no size: G");
	ok(size_parse(&bytes, "-1"), "no size: -1");
	ok(size_parse(&bytes, "9000000000T"), "no size: too large");
}

int main(void)
{
	make_tree();
	test_modes();
	test_refusals();
	test_room();
	test_print();
	test_address();
	test_in_way();
	test_limit();
	test_sizes();
	run("rm -rf %s", root);
	return ktap_done();
}
