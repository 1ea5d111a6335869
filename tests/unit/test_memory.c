// SPDX-License-Identifier: GPL-2.0
/*
 * Counts of the machine's memory: what a made-up /proc adds up to, when a count
 * is due, and what the rule memory.leak makes of counts between adds and removals.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "ktap.h"
#include "rules/rules.h"
#include "source/bpf/bpf.h"
#include "source/sysfs/memory.h"

/* -- /proc ---------------------------------------------------------------- */

static char root[] = "/tmp/test_memory.XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
}

static void take_away(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	remove(path);
}

static const char zoneinfo[] =
	"Node 0, zone      DMA\n"
	"  per-node stats\n"
	"      nr_inactive_anon 7777\n"
	"      nr_isolated_anon 3\n"
	"      nr_isolated_file 4\n"
	"      nr_kernel_stack 2316\n"
	"  pages free     1000\n"
	"        boost    0\n"
	"        managed  3840\n"
	"        cma      0\n"
	"        protection: (0, 3019, 13259, 13259, 13259)\n"
	"      nr_free_pages 1000\n"
	"      nr_zspages   0\n"
	"  pagesets\n"
	"    cpu: 0\n"
	"              count:    5\n"
	"              high:     999\n"
	"    cpu: 1\n"
	"              count:    6\n"
	"  node_unreclaimable:  0\n"
	"Node 1, zone   Normal\n"
	"  pages free     20000\n"
	"        managed  100000\n"
	"      nr_zspages   50\n"
	"  pagesets\n"
	"    cpu: 0\n"
	"              count:    30\n"
	"    cpu: 3\n"
	"              count:    40\n";

/* Each line that counts is another power of two, so that the sum names those that were added. */
static const char meminfo[] = "MemTotal:       415360 kB\n"
			      "MemFree:         84000 kB\n"
			      "Buffers:        777777 kB\n"
			      "Cached:         777777 kB\n"
			      "SwapCached:     777777 kB\n"
			      "Active:              4 kB\n"
			      "Inactive:            8 kB\n"
			      "Active(anon):   777777 kB\n"
			      "Inactive(file): 777777 kB\n"
			      "Unevictable:        16 kB\n"
			      "Mlocked:        777777 kB\n"
			      "AnonPages:      777777 kB\n"
			      "Shmem:          777777 kB\n"
			      "Slab:               32 kB\n"
			      "SReclaimable:   777777 kB\n"
			      "KernelStack:    777777 kB\n"
			      "PageTables:         64 kB\n"
			      "SecPageTables:     128 kB\n"
			      "VmallocTotal:   34359738367 kB\n"
			      "VmallocUsed:       256 kB\n"
			      "Percpu:            512 kB\n"
			      "HardwareCorrupted: 1024 kB\n"
			      "AnonHugePages:  777777 kB\n"
			      "HugePages_Total:  7777\n"
			      "Hugetlb:          2048 kB\n"
			      "DirectMap4k:    777777 kB\n";

static void test_proc(void)
{
	struct mhp_mhp_snapshot_memory memory;
	char path[128];

	if (!mkdtemp(root))
		exit(1);
	eq("a machine without /proc", sysfs_memory_read(&memory, root, 4096),
	   -ENOENT);
	snprintf(path, sizeof(path), "mkdir %s/proc", root);
	if (system(path))
		exit(1);
	put("zoneinfo", zoneinfo);
	eq("a machine without meminfo", sysfs_memory_read(&memory, root, 4096),
	   -ENOENT);
	put("meminfo", meminfo);
	eq("read the counters", sysfs_memory_read(&memory, root, 4096), 0);
	eq("managed pages of all zones", memory.managed, 103840);
	eq("free pages of all zones, with those of the per-CPU lists",
	   memory.free, 1000 + 5 + 6 + 20000 + 30 + 40);
	eq("each page in use is accounted once", memory.accounted,
	   3 + 4 + 50 + 4092 / 4);
	eq("the rest", memory.unaccounted,
	   (long long)(memory.managed - memory.free - memory.accounted));
	eq("CPUs", memory.cpus, 4);
	eq("pages of 64 KiB", sysfs_memory_read(&memory, root, 65536), 0);
	eq("their number", memory.accounted,
	   3 + 4 + 50 + (1 + 2 + 4 + 8 + 16 + 32));
	put("zoneinfo", "");
	eq("an empty zoneinfo", sysfs_memory_read(&memory, root, 4096),
	   -ENODATA);
	take_away("zoneinfo");
	take_away("meminfo");
	snprintf(path, sizeof(path), "%s/proc", root);
	rmdir(path);
	rmdir(root);
}

/* -- when ----------------------------------------------------------------- */

static void event(struct bpf_memory *memory, u16 event)
{
	struct mhp_record record = { .event = event, .seq = memory->seq + 1 };

	bpf_memory_take(memory, &record);
}

static void test_due(void)
{
	struct bpf_memory memory = { 0 };

	event(&memory, MHP_EVENT_mhp_online_begin);
	ok(memory.busy && !memory.due, "no count while a block goes online");
	event(&memory, MHP_EVENT_mhp_notify);
	ok(memory.busy, "nor after a step of it");
	event(&memory, MHP_EVENT_mhp_online_end);
	ok(!memory.busy && !memory.due, "no count because it went online");
	event(&memory, MHP_EVENT_mhp_remove_begin);
	event(&memory, MHP_EVENT_mhp_remove_end);
	ok(!memory.busy && memory.due, "a count is due after a removal");
	event(&memory, MHP_EVENT_mhp_add_begin);
	ok(memory.busy && memory.due, "it waits for the next operation");
	event(&memory, MHP_EVENT_mhp_add_end);
	ok(!memory.busy && memory.due, "and is due after it");
	eq("the number of the last record", memory.seq, 7);
}

/* -- the rule ------------------------------------------------------------- */

#define BLOCK 0x8000ULL
#define FIRST (64 * BLOCK)
#define MINUTE 60000000000ULL
#define NOISE (128 + 32 * 2) /* of two CPUs */

static struct rules *rules;
static struct violations violations;
static struct mhp_record r;

static void begin(void)
{
	static const struct rules_opts opts = { .page_bytes = 4096 };

	violations_init(&violations, BLOCK);
	rules = rules_new(BLOCK, &opts, &violations);
	memset(&r, 0, sizeof(r));
}

static void end(void)
{
	rules_free(rules);
	violations_free(&violations);
}

static void take(u16 event, u16 size)
{
	r.event = event;
	r.size = size;
	r.seq++;
	r.time_ns++;
	rules_take(rules, &r);
	memset(&r.p, 0, sizeof(r.p));
}

#define TAKE(name, class, ...)                                   \
	do {                                                     \
		r.p.class = (struct mhp_##class){ __VA_ARGS__ }; \
		take(MHP_EVENT_##name, sizeof(r.p.class));       \
	} while (0)

static void add(u64 pfn, u32 hosting)
{
	TAKE(mhp_add_begin, mhp_add_begin, .start_pfn = pfn, .nr_pages = BLOCK);
	TAKE(mhp_vmemmap_populate, mhp_vmemmap_populate, .start_pfn = pfn,
	     .nr_pages = BLOCK, .vmemmap_pages = 512, .hosting = hosting);
	TAKE(mhp_add_end, mhp_add_end, .start_pfn = pfn, .nr_pages = BLOCK);
}

static void removal(u64 pfn, u32 hosting)
{
	TAKE(mhp_remove_begin, mhp_remove_begin, .start_pfn = pfn,
	     .nr_pages = BLOCK);
	TAKE(mhp_vmemmap_free, mhp_vmemmap_free, .start_pfn = pfn,
	     .nr_pages = BLOCK, .vmemmap_pages = 512, .hosting = hosting);
	TAKE(mhp_remove_end, mhp_remove_end, .start_pfn = pfn,
	     .nr_pages = BLOCK);
}

static void online_end(u64 pfn, s64 ret)
{
	TAKE(mhp_online_end, mhp_block_end, .start_pfn = pfn, .nr_pages = BLOCK,
	     .ret = ret);
}

static void cycle(void)
{
	add(FIRST, MHP_HOSTING_BUDDY);
	removal(FIRST, MHP_HOSTING_BUDDY);
}

static void count(s64 unaccounted)
{
	TAKE(mhp_snapshot_memory, mhp_snapshot_memory,
	     .unaccounted = unaccounted, .cpus = 2);
}

/* What the rule did since begin(). */
static void checked(const char *name, u64 times, u64 violated)
{
	ok(rules_checked(rules, RULE_LEAK) == times &&
		   violations.of_rule[RULE_LEAK] == violated,
	   "%s: checked %llu times, violated %llu times", name,
	   rules_checked(rules, RULE_LEAK), violations.of_rule[RULE_LEAK]);
	end();
}

/* Three steps of cycles; each ends with a count, and pages that are missing since the one before. */
static void leak(const char *name, int cycles, s64 a, s64 b, s64 c,
		 u64 violated)
{
	s64 missing[] = { a, b, c }, sum = -1000;
	int i, left;

	begin();
	count(sum);
	for (i = 0; i < 3; i++) {
		for (left = cycles; left; left--)
			cycle();
		count(sum += missing[i]);
	}
	checked(name, 1, violated);
}

static void test_size(void)
{
	s64 most = NOISE + 512 / 8;

	leak("nothing is missing", 1, 0, 0, 0, 0);
	leak("pages were freed meanwhile", 1, -5000, 0, -100, 0);
	leak("511 of 512 pages are missing each time", 1, 511, 511, 511, 1);
	leak("as much as two counts may differ by", 1, most, 511, 511, 0);
	leak("one page more", 1, most + 1, most + 1, most + 1, 1);
	leak("pages are missing once", 1, 0, 5000, 0, 0);
	leak("pages are missing twice", 1, 5000, 5000, 0, 0);
	leak("pages are missing, and come back", 1, 5000, -5000, 5000, 0);
	most = NOISE + 100 * 512 / 8;
	leak("the noise does not grow with the cycles", 100, most + 1, most + 1,
	     most + 1, 1);
	leak("the share of the memmap does", 100, most, most, most, 0);
	begin();
	count(0);
	cycle();
	count(511);
	cycle();
	count(1022);
	checked("two cycles are too few", 0, 0);
	begin();
	count(0);
	for (int i = 1; i <= 5; i++) {
		cycle();
		count(i * 511);
		count(i * 511);
	}
	checked("a leak is reported once", 1, 1);
	begin();
	count(0);
	for (int i = 1; i <= 20; i++) {
		cycle();
		count(i * 200);
	}
	ok(violations.of_rule[RULE_LEAK] > 0,
	   "a small leak in each cycle adds up");
	end();
}

/* Cycles that lose their memmap, until the rule can judge. */
static void lossy(s64 from, u32 hosting)
{
	for (int i = 1; i <= 3; i++) {
		add(FIRST, hosting);
		removal(FIRST, hosting);
		count(from + i * 511);
	}
}

static void test_whole(void)
{
	begin();
	for (int i = 0; i < 5; i++) {
		count(i * 512);
		add(FIRST + i * BLOCK, MHP_HOSTING_BUDDY);
	}
	checked("memory that stays", 0, 0);
	begin();
	for (int i = 0; i < 5; i++) {
		count(i * 512);
		add(FIRST + (i + 1) * BLOCK, MHP_HOSTING_BUDDY);
		cycle();
	}
	checked("cycles of other memory while memory was added", 0, 0);
	begin();
	add(FIRST + BLOCK, MHP_HOSTING_BUDDY);
	count(0);
	lossy(0, MHP_HOSTING_BUDDY);
	checked("cycles while other memory stays", 1, 1);
	begin();
	count(0);
	lossy(0, MHP_HOSTING_BLOCK);
	checked("blocks that host their memmap", 1, 1);
	begin();
	count(0);
	TAKE(mhp_online_begin, mhp_block_begin, .start_pfn = FIRST - BLOCK);
	online_end(FIRST - BLOCK, -16);
	lossy(0, MHP_HOSTING_BUDDY);
	checked("a block failed to go online", 1, 1);
	begin();
	count(0);
	TAKE(mhp_online_begin, mhp_block_begin, .start_pfn = FIRST - BLOCK);
	online_end(FIRST - BLOCK, 0);
	lossy(0, MHP_HOSTING_BUDDY);
	checked("another block went online meanwhile", 0, 0);
}

static void test_time(void)
{
	begin();
	for (int i = 0; i < 5; i++) {
		count(i * 511);
		cycle();
		r.time_ns += 11 * MINUTE;
	}
	checked("counts that are 11 minutes apart", 0, 0);
	begin();
	count(0);
	for (int i = 1; i < 5; i++) {
		cycle();
		TAKE(mhp_remove_begin, mhp_remove_begin, .start_pfn = 0);
		count(i * 511);
		TAKE(mhp_remove_end, mhp_remove_end, .start_pfn = 0,
		     .ret = -16);
	}
	checked("counts during an operation", 0, 0);
	begin();
	for (int i = 0; i < 4; i++) {
		count(i * 511);
		removal(FIRST, MHP_HOSTING_BUDDY);
		add(FIRST, MHP_HOSTING_BUDDY);
	}
	count(4 * 511);
	checked("memory that existed before is removed and added", 1, 1);
	begin();
	count(0);
	removal(FIRST, MHP_HOSTING_BOOT);
	add(FIRST, MHP_HOSTING_BUDDY);
	count(511);
	lossy(511, MHP_HOSTING_BLOCK);
	checked("memory of boot has another memmap when it is back", 1, 1);
	begin();
	count(0);
	TAKE(mhp_vmemmap_free, mhp_vmemmap_free, .start_pfn = FIRST,
	     .nr_pages = BLOCK, .vmemmap_pages = 512,
	     .hosting = MHP_HOSTING_BUDDY);
	TAKE(mhp_remove_end, mhp_remove_end, .start_pfn = FIRST,
	     .nr_pages = BLOCK);
	add(FIRST, MHP_HOSTING_BUDDY);
	cycle();
	count(511);
	cycle();
	count(1022);
	cycle();
	count(1533);
	checked("the first count was taken during a removal", 0, 0);
	begin();
	count(0);
	r.seq++;
	for (int i = 0; i < 70; i++)
		cycle();
	count(511);
	cycle();
	count(1022);
	cycle();
	count(1533);
	checked("events were lost", 0, 0);
}

int main(void)
{
	test_proc();
	test_due();
	test_size();
	test_whole();
	test_time();
	return ktap_done();
}
