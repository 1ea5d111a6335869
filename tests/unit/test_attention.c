// SPDX-License-Identifier: GPL-2.0
/*
 * What needs attention, with a made-up tree for the facts and records for the accounts; and the settings that
 * `mhptop doctor` lists. tests/vm/t/attention.py has a real machine.
 */
#include <unistd.h>

#include "doctor/settings.h"
#include "model_records.h"
#include "source/sysfs/facts.h"

#define BLOCK_BYTES (PAGES * 4096)
#define MEMORY "sys/devices/system/memory/"
#define VIRTIO "sys/bus/virtio/devices/virtio3"
#define DAX "sys/bus/dax/devices/dax0.0"

static char root[] = "/tmp/test_attention.XXXXXX";

#include "tree.h"

static void put_link(const char *path, const char *target)
{
	run("mkdir -p %s/$(dirname %s) && ln -sfn /none/%s %s/%s", root, path,
	    target, root, path);
}

static void put_request(const char *bytes)
{
	char text[256];

	snprintf(
		text, sizeof(text),
		"6,1,1,-;virtio_mem virtio3: requested size: 0x1\\n SUBSYSTEM=virtio\\n"
		"6,2,2,-;virtio_mem virtio3: plugged size: 0x7\\n"
		"6,3,3,-;virtio_mem virtio3: requested size: %s\\n"
		"14,4,4,-;virtio_mem virtio3: requested size: 0x40000000",
		bytes);
	put("dev/kmsg", text);
}

/* Pages of a memory block that the driver of virtio-mem has not plugged */
static void put_offline_pages(int block, int nr)
{
	u64 word = 1ULL << 23;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/kpageflags", root);
	run("truncate -s 0 %s && truncate -s 13107200 %s", path, path);
	file = fopen(path, "r+");
	fseek(file, block * PAGES * sizeof(word), SEEK_SET);
	while (nr--)
		fwrite(&word, sizeof(word), 1, file);
	fclose(file);
}

/* A DIMM in blocks 32 to 35, dax/kmem in 40 to 43, virtio-mem in 48 and 49 */
static void make_tree(void)
{
	int block;

	if (!mkdtemp(root)) {
		printf("Bail out! %s\n", root);
		exit(1);
	}
	put("proc/iomem",
	    "00000000-3fffffff : System RAM\\n  01000000-01ffffff : Kernel code\\n100000000-11fffffff : System RAM\\n"
	    "140000000-15fffffff : dax0.0\\n  140000000-15fffffff : System RAM (kmem)\\n"
	    "180000000-1bfffffff : virtio3\\n  180000000-18fffffff : System RAM (virtio_mem)");
	put("proc/meminfo", "MemTotal: 1 kB\\nHardwareCorrupted:     0 kB");
	put("proc/cmdline", "root=/dev/vda quiet");
	put(MEMORY "auto_online_blocks", "offline");
	put("sys/module/memory_hotplug/parameters/memmap_on_memory", "N");
	put_link(MEMORY "memory32/firmware_node", "PNP0C80:00");
	put_link(DAX "/driver", "kmem");
	put(DAX "/memmap_on_memory", "0");
	put_link(VIRTIO "/driver", "virtio_mem");
	for (block = 48; block < 50; block++)
		put_block(block, 0, "online", "Movable");
	put_request("0x10000000");
	put_offline_pages(48, 0);
}

/* What is different from make_model(), of memory blocks that follow each other; nr 0: nothing */
struct change {
	u64 first;
	u64 nr;
	int hosting;
	int state;
	int zone;
};

static void take_block(u64 block, int hosting, const struct change *change)
{
	static u64 seq;

	if (block - change->first < change->nr)
		take_snapshot(block, ++seq, change->hosting, change->state,
			      change->zone);
	else
		take_snapshot(block, ++seq, hosting, MHP_STATE_ONLINE,
			      block < 32 ? MHP_ZONE_NORMAL : MHP_ZONE_MOVABLE);
}

static void make_changed(struct change change)
{
	struct source_info info = {
		.kind = SOURCE_EVENTS,
		.page_bytes = 4096,
		.block_bytes = BLOCK_BYTES,
		.live = true,
	};
	u64 block;

	model_fini(&model);
	model_init(&model, &info);
	for (block = 0; block < 8; block++)
		take_block(block, MHP_HOSTING_BOOT, &change);
	for (block = 32; block < 36; block++)
		take_block(block, MHP_HOSTING_BLOCK, &change);
	for (block = 40; block < 44; block++)
		take_block(block, MHP_HOSTING_BUDDY, &change);
	for (block = 48; block < 50; block++)
		take_block(block, MHP_HOSTING_BUDDY, &change);
}

static void make_model(void)
{
	make_changed((struct change){ 0 });
}

static struct attention attention;

static void look(bool facts)
{
	struct facts_source *source = facts ? facts_open(root, true) : NULL;

	attention_find(&attention, &model,
		       source ? facts_read(source, 4096, BLOCK_BYTES, 1) : NULL,
		       ATTENTION_PATIENCE_NS);
	facts_close(source);
}

/* All findings, a line each, and what is unknown. */
static void finds(const char *name, const char *want)
{
	char got[2048] = "", text[ATTENTION_TEXT];
	size_t i, len = 0;

	look(true);
	for (i = 0; i < attention.nr_kept; i++)
		len += snprintf(got + len, sizeof(got) - len, "%s%s: %s",
				i ? "\n" : "",
				attention_infos[attention.kept[i].id].id,
				attention_text(text, &attention.kept[i]));
	for (i = 0; i < ATTENTION_NR; i++)
		if (attention.unknown >> i & 1)
			len += snprintf(got + len, sizeof(got) - len, "?%s",
					attention_infos[i].id);
	eq_text(name, got, want);
}

static void test_zones(void)
{
	finds("nothing", "");
	make_changed((struct change){ 33, 2, MHP_HOSTING_BLOCK,
				      MHP_STATE_OFFLINE, MHP_ZONE_NONE });
	finds("a part of a DIMM is offline",
	      "not_online: memory33 to memory34 (2 blocks of PNP0C80:00) were offline when mhptop started; auto_online_blocks is offline");
	make_changed((struct change){ 34, 1, MHP_HOSTING_BLOCK,
				      MHP_STATE_OFFLINE, MHP_ZONE_NONE });
	finds("one block of it is",
	      "not_online: memory34 of PNP0C80:00 was offline when mhptop started; auto_online_blocks is offline");
	make_changed((struct change){ 35, 1, MHP_HOSTING_BLOCK,
				      MHP_STATE_ONLINE, MHP_ZONE_NORMAL });
	finds("a block of a DIMM is in a kernel zone",
	      "kernel_zone: PNP0C80:00: in a kernel zone, and unlikely to leave again: 3 of 4 memory blocks Movable, 1 in a kernel zone");
	make_changed((struct change){ 32, 4, MHP_HOSTING_BLOCK,
				      MHP_STATE_ONLINE, MHP_ZONE_NORMAL });
	finds("all of it is, as somebody wanted", "");
	put("proc/cmdline", "root=/dev/vda movable_node quiet");
	finds("all of it is, and the machine was booted with movable_node",
	      "kernel_zone: PNP0C80:00: in a kernel zone, and unlikely to leave again: 0 of 4 memory blocks Movable, 4 in a kernel zone");
	put_link(MEMORY "memory0/firmware_node", "PNP0C80:07");
	finds("but not boot memory",
	      "kernel_zone: PNP0C80:00: in a kernel zone, and unlikely to leave again: 0 of 4 memory blocks Movable, 4 in a kernel zone");
	put("proc/cmdline", "root=/dev/vda movable_nodes quiet");
	put(MEMORY "auto_online_blocks", "online_movable");
	finds("all of it is, against the policy",
	      "kernel_zone: PNP0C80:00: in a kernel zone, and unlikely to leave again: 0 of 4 memory blocks Movable, 4 in a kernel zone");
	put(MEMORY "auto_online_blocks", "offline");
	make_model();
}

#define BUDDY \
	"its memmap takes memory from elsewhere, although memmap_on_memory is on: "

static void test_memmap(void)
{
	put("sys/module/memory_hotplug/parameters/memmap_on_memory", "Y");
	finds("memmap in buddy memory",
	      "memmap_in_buddy: dax0.0: " BUDDY
	      "4 memory blocks; the device's own switch, memmap_on_memory, is 0\n"
	      "memmap_in_buddy: virtio3: " BUDDY
	      "2 memory blocks; the driver, virtio-mem, never asks for it");
	put(DAX "/memmap_on_memory", "1");
	finds("nobody knows why",
	      "memmap_in_buddy: dax0.0: " BUDDY
	      "4 memory blocks; it is unknown what decided that\n"
	      "memmap_in_buddy: virtio3: " BUDDY
	      "2 memory blocks; the driver, virtio-mem, never asks for it");
	put("sys/module/memory_hotplug/parameters/memmap_on_memory", "N");
	finds("self-hosting is off", "");
}

static void test_virtio_mem(void)
{
	put_request("0x18000000");
	finds("virtio-mem, smaller",
	      "virtio_mem_below: virtio3: smaller than requested: 256 MiB of 384 MiB");
	put_request("0x8000000");
	finds("virtio-mem, larger",
	      "virtio_mem_above: virtio3: larger than requested: 256 MiB instead of 128 MiB");
	put_offline_pages(49, PAGES);
	finds("virtio-mem, the driver keeps half of the pages", "");
	put_offline_pages(49, PAGES / 2);
	finds("virtio-mem, the driver keeps a part of them",
	      "virtio_mem_above: virtio3: larger than requested: 192 MiB instead of 128 MiB");
	put_block(49, 0, "offline", "Movable");
	finds("virtio-mem, nobody knows what of an offline block is plugged",
	      "?virtio_mem_above");
	put("dev/kmsg", "6,1,1,-;virtio_net virtio3: up");
	finds("virtio-mem, the log has no request",
	      "?virtio_mem_below?virtio_mem_above");
	put_block(49, 0, "online", "Movable");
	put_offline_pages(49, 0);
	put_request("0x10000000");
}

/* A log that grows faster than it can be read */
static void test_flood(void)
{
	run("ln -sf /dev/zero %s/dev/kmsg", root);
	alarm(120); /* or this test would never end */
	finds("virtio-mem, the log never ends",
	      "?virtio_mem_below?virtio_mem_above");
	alarm(0);
	run("rm %s/dev/kmsg", root);
	put_request("0x10000000");
}

static void test_devices(void)
{
	run("rm %s/" DAX "/driver", root);
	finds("no driver",
	      "driver_gone: dax0.0: added by a driver that is no longer bound, so that nothing can remove it: 4 memory blocks online");
	put_link(DAX "/driver", "device_dax");
	finds("another driver",
	      "driver_gone: dax0.0: added by a driver that is no longer bound, so that nothing can remove it: 4 memory blocks online");
	put_link(DAX "/driver", "kmem");
}

static void test_poisoned(void)
{
	struct mhp_record r = { 0 };

	r.p.mhp_snapshot_block = (struct mhp_mhp_snapshot_block){
		.start_pfn = 34 * PAGES,
		.nr_pages = PAGES,
		.vmemmap_pages = 512,
		.populated = 512,
		.zone = MHP_ZONE_MOVABLE,
		.hosting = MHP_HOSTING_BLOCK,
		.state = MHP_STATE_ONLINE,
		.poisoned = 2,
	};
	take(&r, MHP_EVENT_mhp_snapshot_block, 900);
	put("proc/meminfo", "MemTotal: 1 kB\\nHardwareCorrupted:     8 kB");
	finds("poisoned pages",
	      "poisoned: memory34: pages with hardware errors: 2 pages");
	put("proc/meminfo", "MemTotal: 1 kB\\nHardwareCorrupted:    12 kB");
	finds("one more since",
	      "poisoned: memory34: pages with hardware errors: 2 pages\n"
	      "poisoned: this machine: pages with hardware errors: 1 more page, in unknown memory blocks");
	run("rm %s/proc/meminfo", root);
	make_model();
	finds("nobody counts them", "?poisoned");
	put("proc/meminfo", "MemTotal: 1 kB\\nHardwareCorrupted:     0 kB");
}

/* A memory block of a DIMM that is gone again: no line in /proc/iomem */
static void take_added(u64 block, u64 seq)
{
	struct mhp_record r = { 0 };

	r.p.mhp_add_begin = (struct mhp_mhp_add_begin){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
	};
	take(&r, MHP_EVENT_mhp_add_begin, seq - 1);
	r.p.mhp_vmemmap_populate = (struct mhp_mhp_vmemmap_populate){
		.start_pfn = block * PAGES,
		.nr_pages = PAGES,
		.vmemmap_pages = 512,
		.hosting = MHP_HOSTING_BUDDY,
	};
	take(&r, MHP_EVENT_mhp_vmemmap_populate, seq);
}

static void test_added(void)
{
	take_added(60, 2000);
	model_tick(&model, 2000000 + ATTENTION_PATIENCE_NS - 1);
	finds("a block that was just added", "");
	model_tick(&model, 2000000 + ATTENTION_PATIENCE_NS);
	finds("a block that was added and stays offline",
	      "not_online: memory60 was added 10.0s ago and is still offline; auto_online_blocks is offline");
	make_model();
}

/* Times are those of the records: take() counts in microseconds. */
static void test_operations(void)
{
	struct mhp_record r = { 0 };

	take_begin(34, 1000, MHP_EVENT_mhp_offline_begin);
	r.p.mhp_notify = (struct mhp_mhp_notify){
		.start_pfn = 34 * PAGES,
		.nr_pages = PAGES,
		.step = MHP_STEP_GOING_OFFLINE,
	};
	take(&r, MHP_EVENT_mhp_notify, 1001);
	model_tick(&model, 1000000 + ATTENTION_PATIENCE_NS - 1);
	finds("an offline that goes on", "");
	model_tick(&model, 1000000 + ATTENTION_PATIENCE_NS);
	finds("an offline that does not end",
	      "offline_retries: memory34: going offline again and again: for 10.0s");
	take_end(34, 1002, MHP_EVENT_mhp_offline_end, 0);
	finds("it has ended, and whoever did that knows", "");
	make_model();
}

static void test_recording(void)
{
	look(false);
	eq("without facts, nothing is found", attention.nr, 0);
	eq("  and that is said", attention.unknown,
	   1 << ATTENTION_KERNEL_ZONE | 1 << ATTENTION_MEMMAP_IN_BUDDY |
		   1 << ATTENTION_VIRTIO_MEM_BELOW |
		   1 << ATTENTION_VIRTIO_MEM_ABOVE | 1 << ATTENTION_POISONED |
		   1 << ATTENTION_DRIVER_GONE);
	put("proc/iomem", "00000000-00000000 : System RAM");
	finds("addresses are hidden",
	      "?kernel_zone?virtio_mem_below?virtio_mem_above?driver_gone");
}

static void settings(const char *name, const char *want)
{
	char *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	doctor_settings(out, root);
	fclose(out);
	if (!ok(strstr(got, want), "%s", name))
		printf("# want '%s' in\n# %s\n", want, got);
	free(got);
}

static void test_settings(void)
{
	char want[512];

	put("sys/module/memory_hotplug/parameters/online_policy",
	    "auto-movable");
	put("proc/cmdline",
	    "quiet kernelcore=2G movable_node memhp_default_state=online");
	put("etc/udev/rules.d/40-hotadd.rules",
	    "# SUBSYSTEM==\"memory\"\\nSUBSYSTEM==\"block|memory\", \\\\\\n  ATTR{state}=\"online\"\\nSUBSYSTEM==\"memory2\", x");
	put("usr/lib/udev/rules.d/40-hotadd.rules",
	    "SUBSYSTEM==\"memory\", replaced");
	put("usr/lib/udev/rules.d/40-redhat.rules",
	    "SUBSYSTEM!=\"memory\", GOTO=\"end\"\\nATTR{state}==\"offline\", ATTR{state}=\"online\"\\nLABEL=\"end\"\\nRUN=\"x\"");
	settings("a value", "note: online_policy: auto-movable (");
	settings("a value that the kernel does not have",
		 "note: auto_movable_ratio: this kernel does not have it (");
	settings(
		"words of the command line",
		"note: kernel command line: kernelcore=2G (how much boot memory is not ZONE_MOVABLE)\n"
		"note: kernel command line: movable_node (memory that firmware calls hot-pluggable goes to ZONE_MOVABLE)\n"
		"note: kernel command line: memhp_default_state=online (");
	settings("a switch of a device", "note: dax0.0 memmap_on_memory: 1 (");
	snprintf(
		want, sizeof(want),
		"note: udev rule: SUBSYSTEM==\"block|memory\",   ATTR{state}=\"online\" (%s/etc/udev/rules.d/40-hotadd.rules:2)\n",
		root);
	settings("a udev rule", want);
	snprintf(
		want, sizeof(want),
		"note: udev rule: ATTR{state}==\"offline\", ATTR{state}=\"online\" (%s/usr/lib/udev/rules.d/40-redhat.rules:2)\n",
		root);
	settings("a udev rule that other devices jump over", want);
}

int main(void)
{
	make_tree();
	make_model();
	test_zones();
	test_memmap();
	test_virtio_mem();
	test_flood();
	test_devices();
	test_poisoned();
	test_operations();
	test_added();
	test_recording();
	test_settings();
	model_fini(&model);
	run("rm -rf %s", root);
	return ktap_done();
}
