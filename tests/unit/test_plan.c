// SPDX-License-Identifier: GPL-2.0
/*
 * `mhptop plan offline` with a made-up tree: which memory blocks a name means, what pages are in the way, and where there
 * is room. References cannot be read there; tests/vm/t/plan.py has those.
 */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "answers/plan.h"
#include "answers/room.h"
#include "ktap.h"

#define BLOCK 1024 /* pages: 4 MiB */
#define PAGE 4096ULL
#define FLAG(name) (1ULL << PAGE_##name)
#define LRU_ANON (FLAG(LRU) | FLAG(ANON) | FLAG(MMAP) | FLAG(SWAPBACKED))

static char root[] = "/tmp/test_plan.XXXXXX";

#include "tree.h"

static void put_words(const char *name, u64 pfn, u64 nr, u64 word)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while (fd >= 0 && nr--)
		if (pwrite(fd, &word, sizeof(word), pfn++ * sizeof(word)) !=
		    sizeof(word))
			fd = -1;
	if (fd < 0) {
		printf("Bail out! %s\n", path);
		exit(1);
	}
	close(fd);
}

static void put_pages(u64 pfn, u64 nr, u64 flags)
{
	put_words("kpageflags", pfn, nr, flags);
	put_words("kpagecount", pfn, nr, flags & FLAG(MMAP) ? 1 : 0);
}

static void put_free(int block)
{
	put_pages(block * BLOCK, BLOCK, FLAG(BUDDY));
}

/* Free pages of node 0's kernel zone and of both nodes' ZONE_MOVABLE, and pages of files in the kernel zone */
static void put_room(int normal, int movable, int other_movable, int file)
{
	char text[2048];

	snprintf(
		text, sizeof(text),
		"Node 0, zone   Normal\\n  pages free     %d\\n        min      10\\n        managed  %d\\n"
		"        protection: (0, 20)\\n      nr_zone_inactive_file %d\\n  pagesets\\n    cpu: 0\\n              count: 5\\n"
		"Node 0, zone  Movable\\n  pages free     %d\\n        min      10\\n        managed  9999\\n        protection: (0, 0)\\n"
		"Node 1, zone   Normal\\n  pages free     0\\n        min      0\\n        managed  0\\n        protection: (0, 0)\\n"
		"Node 1, zone  Movable\\n  pages free     %d\\n        min      0\\n        managed  %d\\n        protection: (0, 0)",
		normal, 9999, file, movable, other_movable, other_movable);
	put("proc/zoneinfo", text);
}

static void put_huge(int free, int reserved)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", free);
	put("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", text);
	put("sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages",
	    text);
	snprintf(text, sizeof(text), "%d", reserved);
	put("sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", text);
}

static void make_tree(void)
{
	if (!mkdtemp(root)) {
		printf("Bail out! %s\n", root);
		exit(1);
	}
	put("sys/devices/system/memory/block_size_bytes", "400000");
	put("proc/iomem", "00000000-007fffff : System RAM\\n"
			  "00800000-00bffffe : System RAM\\n"
			  "01000000-01ffffff : virtio3\\n"
			  "  01000000-013fffff : System RAM (virtio_mem)\\n"
			  "02000000-027fffff : dax0.0\\n"
			  "  02000000-027fffff : System RAM (kmem)\\n"
			  "03000000-037fffff : System RAM\n"
			  "04000000-04ffffff : System RAM");
	put_block(0, 0, "online", "Normal");
	put_block(1, 0, "online", "Movable");
	put_block(2, 0, "online", "Normal");
	put_block(4, 0, "online", "Movable");
	put_block(8, 0, "online", "Movable");
	put_block(9, 0, "offline", "Normal Movable");
	put_block(12, 1, "online", "none");
	put_block(16, 0, "online", "Movable");
	put_block(17, 0, "online", "Movable");
	put_block(18, 0, "online", "Movable");
	put_block(19, 0, "online", "Movable");
	run("mkdir -p %s/acpi/PNP0C80:07 && ln -s %s/acpi/PNP0C80:07 %s/sys/devices/system/memory/memory12/firmware_node",
	    root, root, root);
	put("proc/meminfo", "SwapFree: 0 kB");
	put("proc/buddyinfo", "Node 0, zone   Normal 0 0 0 0 0 0 0 0 0 0 0\\n"
			      "Node 0, zone  Movable 0 0 0 0 0 0 0 0 0 2 0");
	put_room(5000, 5000, 0, 0);
	put_huge(0, 0);
	put_pages(0, 20 * BLOCK, FLAG(BUDDY));
}

/* The numbers of the blocks that a name means, or why there are none. */
static void names(const char *what, const char *want)
{
	char got[512] = "";
	struct target target;
	size_t i, len = 0;
	int err = target_find(&target, root, what, got, sizeof(got));

	for (i = 0; !err && i < target.nr; i++)
		len += snprintf(got + len, sizeof(got) - len, "%s%llu",
				i ? " " : "",
				target.blocks[i].at.start_pfn / BLOCK);
	if (!err)
		target_free(&target);
	eq_text(what, got, want);
}

static void test_names(void)
{
	names("memory4", "4");
	names("9", "9");
	names("0x400000-0x1ffffff", "1 2 4");
	names("0x23fffff", "8");
	names("node1", "12");
	names("dax0.0", "8 9");
	names("virtio3", "4");
	names("PNP0C80:07", "12");
	names("memory7",
	      "no memory block belongs to 'memory7': mhptop list shows those of this machine");
	names("0x400000-0x3fffff",
	      "'0x400000-0x3fffff' names no memory: give " TARGET_WHAT);
	names("0X23fffff", "8");
	names("memory0x4", "'memory0x4' names no memory: give " TARGET_WHAT);
	names("010", "'010' names no memory: give " TARGET_WHAT);
	names("node01", "'node01' names no memory: give " TARGET_WHAT);
	names("-", "'-' names no memory: give " TARGET_WHAT);
}

/* "yes", or the answer and what decides, as text */
static void answers(const char *name, const char *what, const char *want)
{
	char got[1024], text[PLAN_TEXT_MAX];
	const struct plan_result *result;
	struct plan plan;
	size_t i, len;
	int err = plan_make(&plan, root, what, got, sizeof(got));

	if (err) {
		eq_text(name, got, want);
		return;
	}
	result = plan.target.nr == 1 ? &plan.blocks[0].result : &plan.all;
	len = snprintf(got, sizeof(got), "%s",
		       plan_answer_word(plan.all.answer));
	for (i = 0; i < result->nr_findings; i++)
		len += snprintf(got + len, sizeof(got) - len, "; %s: %s",
				plan_reason_word(result->findings[i].reason),
				plan_finding_text(text, &result->findings[i]));
	eq_text(name, got, want);
	plan_free(&plan);
}

static void test_pages(void)
{
	answers("a free block", "memory1", "yes");
	answers("an offline block", "memory9",
		"yes; offline: it is already offline");
	answers("several zones", "memory12",
		"no; multizone: it spans several zones");
	answers("a block that is not all RAM", "memory2",
		"no; holes: it has holes, or firmware keeps a part of it");
	put_pages(5, 1, FLAG(SLAB));
	put_pages(7, 2, FLAG(PGTABLE));
	answers("pages of the kernel", "memory0",
		"no; kernel_pages: 1 slab page at pfn 0x5; kernel_pages: 2 page tables, the first at pfn 0x7");
	put_free(0);
	put_pages(9, 3, 0);
	answers("pages that nothing names", "memory0",
		"unknown; kernel_pages: 3 other kernel pages, the first at pfn 0x9, unless they are about to become free");
	put_free(0);
	put_pages(0, 16, FLAG(OWNER_PRIVATE));
	answers("a memmap", "memory0", "yes");
	put_free(0);
	put_pages(4 * BLOCK + 3, 1, FLAG(OFFLINE));
	answers("a page that virtio-mem took", "memory4", "yes");
	put_free(4);
	put_pages(8 * BLOCK + 3, 1, FLAG(OFFLINE));
	answers("a page that another driver took", "memory8",
		"no; offline_pages: 1 offline page at pfn 0x2003");
	put_pages(8 * BLOCK + 3, 1, FLAG(OFFLINE) | FLAG(UPTODATE));
	answers("a page that a driver took and migrates", "memory8", "yes");
	put_free(8);
	put_pages(BLOCK + 1, 2, LRU_ANON);
	answers("pages whose references are unknown", "memory1",
		"unknown; references: the references to 2 pages cannot be read");
	put_pages(BLOCK + 1, 1, FLAG(HWPOISON) | FLAG(LRU));
	put_pages(BLOCK + 2, 1, FLAG(BUDDY));
	answers("a poisoned page", "memory1", "yes");
	put_free(1);
}

#define BLIND(pages) \
	"; references: the references to " #pages " pages cannot be read"

static void test_room(void)
{
	put_pages(BLOCK, 100, LRU_ANON);
	put_room(125, 1034 - 100, 0, 0);
	answers("as much room as is needed", "memory1", "unknown" BLIND(100));
	/* 10 are the watermark's, 20 are kept from movable pages; 5 are on the list of a CPU. */
	put_room(124, 1034 - 100, 0, 0);
	answers("too little room by one page", "memory1",
		"no; no_room: 100 pages must move, and there is room for 99" BLIND(
			100));
	put_room(24, 1034 - 100, 0, 101);
	answers("room after reclaim", "memory1",
		"unknown; reclaim: 100 pages must move, and there is room for 0, unless the kernel reclaims more" BLIND(
			100));
	put_room(9000, 9000, 50, 0);
	answers("another node must take them", "memory1",
		"no; no_room: 100 pages must move, and there is room for 50" BLIND(
			100));
	put_free(1);
	put_pages(0, 100, LRU_ANON);
	put_room(1024, 9000, 0, 0);
	answers("pages of a kernel zone may not go to ZONE_MOVABLE", "memory0",
		"no; no_room: 100 pages must move, and there is room for 95" BLIND(
			100));
	put_free(0);
	put_pages(BLOCK, 100, LRU_ANON);
	put_pages(4 * BLOCK, 100, LRU_ANON);
	put_room(135, 1048, 0, 0);
	answers("one block alone", "memory1", "unknown" BLIND(100));
	answers("blocks that need the same room", "0x400000-0x13fffff",
		"no; no_room: 200 pages must move, and there is room for 110");
	put_free(1);
	put_free(4);
	put_room(5000, 5000, 0, 0);
}

/* A huge page of 2 MiB in block 1 */
static void put_huge_page(bool used)
{
	u64 mapped = used ? FLAG(MMAP) : 0;

	put_pages(BLOCK + 512, 1, FLAG(HEAD) | FLAG(HUGE) | mapped);
	put_pages(BLOCK + 513, 511, FLAG(TAIL) | FLAG(HUGE) | mapped);
}

/* Before Linux 6.15, a page of the pool that lies in the block itself is as good as any other. */
static void test_huge_loop(void)
{
	put("proc/sys/kernel/osrelease", "6.12.7-amd64");
	answers("an old kernel, one in use", "memory1", "unknown" BLIND(512));
	put_pages(BLOCK, 1, FLAG(HEAD) | FLAG(HUGE));
	put_pages(BLOCK + 1, 511, FLAG(TAIL) | FLAG(HUGE));
	put_huge(2, 0);
	answers("and a free one in the same block", "memory1",
		"unknown; hugetlb_loop: 1 huge page of 2 MiB must move, and this kernel may move it to free ones of the same block, again and again" BLIND(
			1024));
	put_pages(BLOCK, 1, FLAG(HEAD) | FLAG(HUGE) | FLAG(MMAP));
	put_huge(2, 0);
	answers("an old kernel, two in use", "memory1",
		"unknown; hugetlb_loop: 2 huge pages of 2 MiB must move, and this kernel may move them to free ones of the same block, again and again" BLIND(
			1024));
	put("proc/sys/kernel/osrelease", "6.15.0");
	answers("a kernel that skips them", "memory1", "unknown" BLIND(1024));
}

static void test_huge(void)
{
	put_huge_page(false);
	put_huge(1, 0);
	answers("a free huge page", "memory1", "unknown" BLIND(512));
	put_huge(1, 1);
	answers("a reserved one", "memory1",
		"no; hugetlb_reserved: 1 huge page of 2 MiB would leave the pool, which can spare 0: the others are reserved" BLIND(
			512));
	put_huge_page(true);
	put_huge(0, 0);
	answers("one in use, and memory for another", "memory1",
		"unknown" BLIND(512));
	put("proc/buddyinfo", "Node 0, zone  Movable 0 0 0 0 0 0 0 0 0 1 0");
	answers("one in use, and small chunks elsewhere", "memory1",
		"unknown; hugetlb_compact: 1 huge page of 2 MiB must move, and 0 are free elsewhere, unless the kernel makes more" BLIND(
			512));
	put_room(0, 0, 0, 0);
	answers("one in use, and no memory", "memory1",
		"no; hugetlb_no_room: 1 huge page of 2 MiB must move, and 0 are free elsewhere" BLIND(
			512));
	put_huge(1, 0);
	answers("one in use, and a free one", "memory1", "unknown" BLIND(512));
	test_huge_loop();
	put_free(1);
	put_room(5000, 5000, 0, 0);
}

/* A huge page of 8 MiB that fills the blocks 16 and 17 */
static void test_huge_beyond(void)
{
	put("sys/kernel/mm/hugepages/hugepages-8192kB/free_hugepages", "1");
	put("sys/kernel/mm/hugepages/hugepages-8192kB/resv_hugepages", "0");
	put("sys/devices/system/node/node0/hugepages/hugepages-8192kB/free_hugepages",
	    "1");
	put_pages(16 * BLOCK, 1, FLAG(HEAD) | FLAG(HUGE));
	put_pages(16 * BLOCK + 1, 2 * BLOCK - 1, FLAG(TAIL) | FLAG(HUGE));
	put("proc/sys/kernel/osrelease", "6.11.0");
	answers("an old kernel, and a huge page that goes on after the block",
		"memory16",
		"no; hugetlb_beyond: the block ends inside a huge page of 8 MiB, which this kernel cannot isolate" BLIND(
			1024));
	answers("and one that ends with it", "memory17", "unknown" BLIND(1024));
	put("proc/sys/kernel/osrelease", "6.12.0");
	answers("a kernel that skips it", "memory16", "unknown" BLIND(1024));
	answers("a huge page in two blocks leaves the pool once",
		"0x4000000-0x47fffff", "unknown");
	put_pages(16 * BLOCK, 1, FLAG(HEAD) | FLAG(HUGE) | FLAG(MMAP));
	put_pages(16 * BLOCK + 1, 2 * BLOCK - 1,
		  FLAG(TAIL) | FLAG(HUGE) | FLAG(MMAP));
	answers("  or moves once", "0x4000000-0x47fffff", "unknown");
	put("proc/sys/kernel/osrelease", "6.15.0");
	run("rm -r %s/sys/kernel/mm/hugepages/hugepages-8192kB", root);
	put_free(16);
	put_free(17);
}

/* Pages of several zones that need the same room */
static void test_zones(void)
{
	put_pages(0, 100, LRU_ANON);
	put_pages(BLOCK, 100, LRU_ANON);
	/* Without what leaves, 100 pages of the kernel zone are free, of which 20 are kept from movable pages. */
	put_room(1029, 934 + 50, 0, 0);
	answers("a block of a kernel zone alone", "memory0",
		"unknown" BLIND(100));
	answers("a block of ZONE_MOVABLE alone", "memory1",
		"unknown" BLIND(100));
	answers("both have less room than they need", "0x0-0x7fffff",
		"no; no_room: 200 pages must move, and there is room for 150");
	put_room(1029, 934 + 100, 0, 0);
	answers("both have just enough", "0x0-0x7fffff", "unknown");
	put_room(1028, 934 + 500, 0, 0);
	answers("what fits in ZONE_MOVABLE is no room for the other",
		"0x0-0x7fffff",
		"no; no_room: 100 pages must move, and there is room for 99");
	put_free(0);
	put_block(13, 1, "online", "Movable");
	put_pages(13 * BLOCK, 100, LRU_ANON);
	put_pages(BLOCK, 150, LRU_ANON);
	/* Others of these blocks cannot go, so that the answer is no; what is said of all together is about room. */
	put_room(9000, 9000, 924 + 150, 0);
	answers("each node takes the pages of the other one",
		"0x400000-0x37fffff", "no");
	put_room(9000, 9000, 924 + 149, 0);
	answers("one has too little room for them, whatever the other has",
		"0x400000-0x37fffff",
		"no; no_room: 150 pages must move, and there is room for 149");
	put_room(5000, 5000, 0, 0);
	put_free(1);
	put_free(13);
	run("rm -r %s/sys/devices/system/memory/memory13 %s/sys/devices/system/node/node1/memory13",
	    root, root);
}

/* Where CMA areas are cannot be read from a tree, but that a zone has some. */
static void test_cma(void)
{
	put("proc/zoneinfo",
	    "Node 0, zone   Normal\n  pages free     5000\n        min      10\n        managed  9999\n        cma      512\n"
	    "Node 0, zone  Movable\n  pages free     5000\n        min      10\n        managed  9999\n        cma      0");
	answers("a zone with CMA areas", "memory0",
		"unknown; cma_unknown: its zone has CMA areas with 512 pages, and where they are cannot be read");
	answers("a zone without", "memory1", "yes");
	put_room(5000, 5000, 0, 0);
}

/* Huge pages that are in the way; that something pins them, only references tell. */
static void test_poisoned(void)
{
	put_huge_page(true);
	put_pages(BLOCK + 512, 1,
		  FLAG(HEAD) | FLAG(HUGE) | FLAG(MMAP) | FLAG(HWPOISON));
	answers("a poisoned huge page in use", "memory1",
		"no; hugetlb_poisoned: 1 poisoned huge page of 2 MiB in use at pfn 0x600" BLIND(
			512));
	put_huge_page(false);
	put_pages(BLOCK + 512, 1, FLAG(HEAD) | FLAG(HUGE) | FLAG(HWPOISON));
	put_huge(1, 0);
	answers("a poisoned huge page that is free", "memory1",
		"unknown" BLIND(512));
	put_huge(0, 0);
	put_free(1);
	put_pages(BLOCK + 512, 1, LRU_ANON | FLAG(HEAD));
	put_pages(BLOCK + 513, 511, LRU_ANON | FLAG(TAIL));
	put_pages(BLOCK + 700, 1, LRU_ANON | FLAG(TAIL) | FLAG(HWPOISON));
	answers("a transparent one with a poisoned page", "memory1",
		"no; thp_poisoned: 1 poisoned transparent huge page of 2 MiB at pfn 0x600");
	put("proc/sys/kernel/osrelease", "6.11.0");
	answers("the same on an old kernel", "memory1",
		"unknown; thp_poisoned: 1 poisoned transparent huge page of 2 MiB at pfn 0x600, which this kernel may or may not migrate");
	put("proc/sys/kernel/osrelease", "6.15.0");
	put_pages(BLOCK + 512, 1, LRU_ANON | FLAG(HEAD) | FLAG(HWPOISON));
	put_pages(BLOCK + 700, 1, LRU_ANON | FLAG(TAIL));
	answers("the first page of it is poisoned", "memory1",
		"no; thp_poisoned: 1 poisoned transparent huge page of 2 MiB at pfn 0x600");
	put_free(1);
}

/* The lines of the table, without the header and what follows the sum */
static void prints(const char *name, const char *what,
		   const struct plan_opts *opts, const char *want)
{
	char why[256], *text = NULL, *from, *to;
	size_t size;
	struct plan plan;
	FILE *out = open_memstream(&text, &size);

	if (!out || plan_make(&plan, root, what, why, sizeof(why))) {
		ok(false, "%s", name);
		return;
	}
	plan_print_text(&plan, what, opts, out);
	fclose(out);
	from = strchr(text, '\n') + 1;
	to = strstr(from, what);
	if (to)
		*to = '\0';
	eq_text(name, from, want);
	plan_free(&plan);
	free(text);
}

#define ROW(blocks, answer, why) \
	"      " blocks " " answer " Movable     0  " why "\n"
#define PAGES(text) "            pages: " text "\n"
#define FOUR "0x4000000-0x4ffffff" /* the name of blocks 16 to 19 */

/* The whole table on a terminal of 80 columns */
static void prints_narrow(const char *name, const char *what, const char *want)
{
	const struct plan_opts opts = { .pages = true };
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct termios raw = { 0 };
	char why[256], text[2048];
	struct plan plan;
	int ours, theirs;
	size_t len = 0;
	ssize_t got;
	FILE *out;

	unsetenv("COLUMNS");
	if (openpty(&ours, &theirs, NULL, &raw, &size) ||
	    plan_make(&plan, root, what, why, sizeof(why))) {
		ok(false, "%s", name);
		return;
	}
	out = fdopen(theirs, "w");
	plan_print_text(&plan, what, &opts, out);
	fclose(out);
	/* A terminal hands its output over in pieces. */
	while ((got = read(ours, text + len, sizeof(text) - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	eq_text(name, text, want);
	close(ours);
	plan_free(&plan);
}

static void test_rows(void)
{
	const struct plan_opts plain = { 0 }, all = { .all = true },
			       pages = { .pages = true };

	prints("blocks alike are one line", FOUR, &plain,
	       ROW("16-19", "yes    ", "nothing has to move"));
	put_pages(16 * BLOCK + 5, 1, FLAG(SLAB));
	put_pages(17 * BLOCK + 7, 2, FLAG(PGTABLE));
	put_pages(17 * BLOCK, 1, FLAG(SLAB));
	put_pages(19 * BLOCK, 3, LRU_ANON);
	prints("another answer is another line, another kind of kernel page is not",
	       FOUR, &plain,
	       ROW("16-17", "no     ",
		   "2 slab pages, the first at pfn 0x4005; 2 page tables, the first at pfn 0x4407")
		       ROW("   18", "yes    ", "nothing has to move")
			       ROW("   19", "unknown",
				   "the references to 3 pages cannot be read"));
	prints("all of them have lines", FOUR, &all,
	       ROW("   16", "no     ", "1 slab page at pfn 0x4005") ROW(
		       "   17", "no     ",
		       "1 slab page at pfn 0x4400; 2 page tables, the first at pfn 0x4407")
		       ROW("   18", "yes    ", "nothing has to move")
			       ROW("   19", "unknown",
				   "the references to 3 pages cannot be read"));
	prints("pages of a line are added up", "0x4000000-0x47fffff", &pages,
	       ROW("16-17", "no     ",
		   "2 slab pages, the first at pfn 0x4005; 2 page tables, the first at pfn 0x4407")
		       PAGES("free 2044, slab 2, pgtable 2"));
	put_free(16);
	put_free(17);
	put_pages(18 * BLOCK, 5, LRU_ANON);
	prints("what cannot be known is added up, too", "0x4800000-0x4ffffff",
	       &plain,
	       ROW("18-19", "unknown",
		   "the references to 8 pages cannot be read"));
	put_pages(19 * BLOCK, 8, LRU_ANON);
	put_room(0, 1016, 0, 0);
	prints("pages that have to move are not, as each block has all of the room",
	       "0x4800000-0x4ffffff", &plain,
	       ROW("18-19", "no     ",
		   "up to 8 pages must move in each block, and there is room for at most 0; the references to 13 pages cannot be read"));
	prints_narrow(
		"a terminal of 80 columns has what does not fit below",
		"0x4800000-0x4ffffff",
		"      BLOCK CAN GO  ZONE     NODE  WHY\n"
		"      18-19 no      Movable     0  up to 8 pages must move in each block,\n"
		"                                   and there is room for at most 0; the\n"
		"                                   references to 13 pages cannot be read\n"
		"            pages: free 2035, anon 13\n"
		"0x4800000-0x4ffffff: no: 0 of 2 memory blocks can go offline,\n"
		"  2 cannot; together: 13 pages must move, and there is room for 0\n"
		"References are unknown: not of a running kernel\n");
	put_room(5000, 5000, 0, 0);
	put_free(18);
	put_free(19);
	put_pages(18 * BLOCK, 1, FLAG(SLAB));
	put_pages(19 * BLOCK, 1, FLAG(OFFLINE));
	prints("another reason is another line", "0x4800000-0x4ffffff", &plain,
	       ROW("   18", "no     ", "1 slab page at pfn 0x4800")
		       ROW("   19", "no     ", "1 offline page at pfn 0x4c00"));
	put_free(19);
	put_pages(19 * BLOCK, 1, 0);
	prints("so is another answer for the same reason",
	       "0x4800000-0x4ffffff", &plain,
	       ROW("   18", "no     ", "1 slab page at pfn 0x4800") ROW(
		       "   19", "unknown",
		       "1 other kernel page at pfn 0x4c00, unless they are about to become free"));
	put_free(18);
	put_free(19);
}

/* One block is printed with its pages. */
static void test_account(void)
{
	const struct plan_opts plain = { 0 };

	put_huge(1, 0);
	put_pages(16 * BLOCK, 1, FLAG(HEAD) | FLAG(HUGE));
	put_pages(16 * BLOCK + 1, 511, FLAG(TAIL) | FLAG(HUGE));
	put_pages(16 * BLOCK + 512, 1, FLAG(HEAD) | FLAG(HUGE) | FLAG(MMAP));
	put_pages(16 * BLOCK + 513, 511, FLAG(TAIL) | FLAG(HUGE) | FLAG(MMAP));
	prints("huge pages by size", "memory16", &plain,
	       ROW("   16", "unknown",
		   "the references to 1024 pages cannot be read")
		       PAGES("hugetlb 1024 (2 MiB: 1 used, 1 free)"));
	put_huge(0, 0);
	put_free(16);
	put_pages(17 * BLOCK, 2, FLAG(OFFLINE) | FLAG(UPTODATE));
	put_pages(17 * BLOCK + 2, 3, FLAG(OFFLINE));
	put_pages(17 * BLOCK + 5, 4, LRU_ANON | FLAG(UNEVICTABLE));
	prints("owners of offline pages, and locked ones", "memory17", &plain,
	       ROW("   17", "unknown",
		   "3 offline pages, the first at pfn 0x4402; the references to 4 pages cannot be read")
		       PAGES("free 1015, anon 4, movable_ops 2, offline 3; offline pages: balloon 2, unknown owner 3; unevictable 4"));
	put_free(17);
	put_pages(4 * BLOCK + 3, 6, FLAG(OFFLINE));
	prints("virtio-mem's", "memory4", &plain,
	       ROW("    4", "yes    ", "nothing has to move") PAGES(
		       "free 1018, offline 6; offline pages: virtio-mem 6"));
	put_free(4);
	prints("an offline block has none", "memory9", &plain,
	       "          9 yes     none        0  it is already offline\n");
}

static void test_hidden(void)
{
	char path[128];

	put("proc/iomem", "00000000-00000000 : System RAM");
	snprintf(path, sizeof(path),
		 "%s/proc/iomem hides addresses: run as root", root);
	names("memory1", path);
}

int main(void)
{
	make_tree();
	test_names();
	test_pages();
	test_room();
	test_huge();
	test_huge_beyond();
	test_zones();
	test_cma();
	test_poisoned();
	test_rows();
	test_account();
	test_hidden();
	run("rm -rf %s", root);
	return ktap_done();
}
