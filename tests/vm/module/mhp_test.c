// SPDX-License-Identifier: GPL-2.0
/*
 * Adds and removes memory in ways that no x86 driver does: any range, in any
 * parts. It can also create the conditions that keep memory from going offline.
 * For test guests booted with mem=, which hides memory from the kernel that this
 * module then adds. Apart from its name it does not depend on this project.
 *
 *	echo "START SIZE NID FLAGS" > /sys/kernel/debug/mhp_test/add
 *	echo "START SIZE" > /sys/kernel/debug/mhp_test/remove
 *	echo "START SIZE" > /sys/kernel/debug/mhp_test/offline_and_remove
 *	echo "START SIZE NID BUDDY" > /sys/kernel/debug/mhp_test/device_add
 *	echo "START SIZE" > /sys/kernel/debug/mhp_test/device_remove
 *
 *	echo "ACTION ERRNO" > /sys/kernel/debug/mhp_test/veto
 *	echo "ACTION 1" > /sys/kernel/debug/mhp_test/wait
 *	echo "ACTION ERRNO" > /sys/kernel/debug/mhp_test/node_veto
 *	echo "START SIZE NID RESERVED" > /sys/kernel/debug/mhp_test/hold
 *	echo "START 1" > /sys/kernel/debug/mhp_test/take
 *	echo "START ZONE" > /sys/kernel/debug/mhp_test/zone
 *	echo "ORDER NAMES" > /sys/kernel/debug/mhp_test/locks
 *	echo "PAGES 0" > /sys/kernel/debug/mhp_test/leak
 *	echo "WHAT NTH" > /sys/kernel/debug/mhp_test/fail
 *
 * device_add: ZONE_DEVICE memory, which may be smaller than a section; it hosts
 * its own memmap or, with BUDDY, the buddy allocator does.
 * veto: a memory notifier fails an action MEM_* with ERRNO; 0 clears the veto.
 * wait: a memory notifier waits in an action MEM_* until "ACTION 0" is written.
 * node_veto: a node notifier fails an action NODE_* with ERRNO, on kernels that have
 * these (6.17 and later); 0 clears the veto.
 * hold: allocates one movable page in a range and node, and holds it until the
 * next write; SIZE 0 only releases it. The page is PageOffline, as in a balloon
 * driver, or PageReserved with RESERVED.
 * take: takes one page, which a driver can ask for only by its address, from the
 * allocator and marks it PageReserved; "START 0" gives it back. EBUSY if it or its
 * page block is in use by somebody who cannot be moved.
 * zone: makes a page claim to be in another zone; an invalid zone number restores
 * it.
 * locks: takes two mutexes, in the other order if ORDER is 1, which lockdep reports
 * if it has seen both. With NAMES, they have the names of the locks of which
 * lockdep reports a cycle that cannot deadlock (tests/vm/lib_splat.py).
 * leak: the kernel loses PAGES of each 512 pages of memmap that it frees, with all
 * events as if it had freed them; 0 makes it free all of them again. The pages that
 * were lost are never freed.
 * fail: the NTH next call of a function fails once, as without memory: 0 none, 1
 * sparse_add_section(), 2 alloc_low_pages(), which allocates the page tables of the
 * direct mapping, 3 sparse_remove_section(), which then leaves the section and its
 * memmap, 4 create_memory_block_devices(). The next write tells whether it did: EAGAIN
 * if not.
 *
 * START and SIZE are in bytes, FLAGS is the kernel's mhp_t. The write fails with
 * the error of the kernel's function.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kprobes.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/node.h>
#include <linux/notifier.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

static struct dentry *dir;

static int do_add(u64 start, u64 size, int nid, unsigned int flags)
{
	return add_memory_driver_managed(nid, start, size,
					 "System RAM (mhp_test)",
					 (__force mhp_t)flags);
}

static int do_remove(u64 start, u64 size, int nid, unsigned int flags)
{
	return remove_memory(start, size);
}

static int do_offline_and_remove(u64 start, u64 size, int nid,
				 unsigned int flags)
{
	return offline_and_remove_memory(start, size);
}

static struct dev_pagemap pgmaps[4];

/* The pgmap that starts here, or a free one if start is 0. */
static struct dev_pagemap *pgmap_of(u64 start)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(pgmaps); i++)
		if (start ? pgmaps[i].nr_range &&
				    pgmaps[i].range.start == start :
			    !pgmaps[i].nr_range)
			return &pgmaps[i];
	return NULL;
}

static int do_device_add(u64 start, u64 size, int nid, unsigned int buddy)
{
	const struct dev_pagemap wanted = {
		.type = MEMORY_DEVICE_GENERIC,
		.flags = buddy ? 0 : PGMAP_ALTMAP_VALID,
		.range = { .start = start, .end = start + size - 1 },
		.nr_range = 1,
		.altmap = {
			.base_pfn = PHYS_PFN(start),
			.end_pfn = PHYS_PFN(start + size - 1),
			.free = PFN_UP(PHYS_PFN(size) * sizeof(struct page)),
		},
	};
	struct dev_pagemap *pgmap = pgmap_of(0);
	void *addr;

	if (!pgmap || pgmap_of(start))
		return -EBUSY;
	/* Not an assignment: some of its members are const. */
	memcpy(pgmap, &wanted, sizeof(*pgmap));
	addr = memremap_pages(pgmap, nid);
	if (IS_ERR(addr))
		pgmap->nr_range = 0;
	return PTR_ERR_OR_ZERO(addr);
}

static int do_device_remove(u64 start, u64 size, int nid, unsigned int flags)
{
	struct dev_pagemap *pgmap = pgmap_of(start);

	if (!pgmap)
		return -ENOENT;
	memunmap_pages(pgmap);
	pgmap->nr_range = 0;
	return 0;
}

static int vetoes[16];
static bool waits[ARRAY_SIZE(vetoes)];
static DECLARE_WAIT_QUEUE_HEAD(waiting);

static int veto_notify(struct notifier_block *nb, unsigned long action,
		       void *arg)
{
	if (action >= ARRAY_SIZE(vetoes))
		return NOTIFY_OK;
	wait_event(waiting, !READ_ONCE(waits[action]));
	return notifier_from_errno(-vetoes[action]);
}

static struct notifier_block veto_nb = { .notifier_call = veto_notify };

static int do_veto(u64 action, u64 error, int nid, unsigned int flags)
{
	if (action >= ARRAY_SIZE(vetoes) || error > MAX_ERRNO)
		return -EINVAL;
	vetoes[action] = error;
	return 0;
}

static int do_wait(u64 action, u64 begin, int nid, unsigned int flags)
{
	if (action >= ARRAY_SIZE(waits))
		return -EINVAL;
	WRITE_ONCE(waits[action], begin);
	wake_up_all(&waiting);
	return 0;
}

#ifdef NODE_ADDING_FIRST_MEMORY
static unsigned long node_action;
static int node_error;

static int node_veto_notify(struct notifier_block *nb, unsigned long action,
			    void *arg)
{
	return notifier_from_errno(action == node_action ? -node_error : 0);
}

static struct notifier_block node_veto_nb = { .notifier_call =
						      node_veto_notify };

static int do_node_veto(u64 action, u64 error, int nid, unsigned int flags)
{
	if (error > MAX_ERRNO)
		return -EINVAL;
	node_action = action;
	node_error = error;
	return 0;
}
#endif

static struct page *held_page;

static void unhold(void)
{
	if (!held_page)
		return;
	if (PageReserved(held_page))
		ClearPageReserved(held_page);
	else
		__ClearPageOffline(held_page);
	__free_page(held_page);
	held_page = NULL;
}

static int do_hold(u64 start, u64 size, int nid, unsigned int reserved)
{
	struct page *page, *next;
	LIST_HEAD(others);

	unhold();
	while (size && !held_page) {
		page = alloc_pages_node(nid,
					GFP_HIGHUSER_MOVABLE | __GFP_THISNODE |
						__GFP_NORETRY | __GFP_NOWARN,
					0);
		if (!page)
			break;
		if (PFN_PHYS(page_to_pfn(page)) - start < size)
			held_page = page;
		else
			list_add(&page->lru, &others);
	}
	list_for_each_entry_safe(page, next, &others, lru)
		__free_page(page);
	if (!held_page)
		return size ? -ENOMEM : 0;
	if (reserved)
		SetPageReserved(held_page);
	else
		__SetPageOffline(held_page);
	return 0;
}

/* Since 6.16, flags of its own take the place of the migrate type. */
#ifndef ACR_FLAGS_NONE
#define ACR_FLAGS_NONE MIGRATE_MOVABLE
#endif

static struct page *taken[32];

static struct page **find_taken(struct page *page)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(taken); i++)
		if (taken[i] == page)
			return &taken[i];
	return NULL;
}

static void give(struct page **at)
{
	ClearPageReserved(*at);
	__free_page(*at);
	*at = NULL;
}

static int do_take(u64 start, u64 on, int nid, unsigned int flags)
{
	unsigned long pfn = PHYS_PFN(start);
	struct page *page = pfn_to_online_page(pfn);
	struct page **at;
	int ret;

	if (!page)
		return -ENXIO;
	at = find_taken(page);
	if (!on) {
		if (!at)
			return -ENOENT;
		give(at);
		return 0;
	}
	if (at)
		return -EEXIST;
	at = find_taken(NULL);
	if (!at)
		return -ENOSPC;
	ret = alloc_contig_range(pfn, pfn + 1, ACR_FLAGS_NONE, GFP_KERNEL);
	if (ret)
		return ret;
	SetPageReserved(page);
	*at = page;
	return 0;
}

static struct page *strange_page;
static enum zone_type strange_zone;

static int do_zone(u64 start, u64 zone, int nid, unsigned int flags)
{
	if (strange_page)
		set_page_zone(strange_page, strange_zone);
	strange_page = NULL;
	if (zone >= MAX_NR_ZONES)
		return 0;
	strange_page = pfn_to_online_page(PHYS_PFN(start));
	if (!strange_page)
		return -ENXIO;
	strange_zone = page_zonenum(strange_page);
	set_page_zone(strange_page, zone);
	return 0;
}

static DEFINE_MUTEX(mhp_test_first);
static DEFINE_MUTEX(mhp_test_second);
static struct mutex named_first, named_second;

static int do_locks(u64 order, u64 names, int nid, unsigned int flags)
{
	struct mutex *first = names ? &named_first : &mhp_test_first;
	struct mutex *second = names ? &named_second : &mhp_test_second;

	if (order)
		swap(first, second);
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
	return 0;
}

static void name_locks(void)
{
	static struct lock_class_key keys[2];

	__mutex_init(&named_first, "kn->active#1", &keys[0]);
	__mutex_init(&named_second, "mem_hotplug_lock", &keys[1]);
}

/* A probe can be registered again only without what it was when it was registered; it would stay disabled. */
static void stop(struct kprobe *probe)
{
	unregister_kprobe(probe);
	probe->addr = NULL;
	probe->flags = 0;
}

/*
 * The loss of N pages that the kernel should free is the same as if it freed them
 * and somebody else lost N others.
 */
#define LEAK_OF 512

static unsigned int leak_pages;

static int leak_memmap(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long nr_pages = regs_get_kernel_argument(regs, 1);
	unsigned long left =
		PFN_UP(nr_pages * sizeof(struct page)) * leak_pages / LEAK_OF;

	while (left-- && alloc_page(GFP_NOWAIT | __GFP_NOWARN))
		;
	return 0;
}

static struct kprobe leak_probe = {
	.symbol_name = "sparse_remove_section",
	.pre_handler = leak_memmap,
};

static int do_leak(u64 pages, u64 unused, int nid, unsigned int flags)
{
	int ret = 0;

	if (pages > LEAK_OF)
		return -EINVAL;
	if (pages && !leak_pages)
		ret = register_kprobe(&leak_probe);
	else if (!pages && leak_pages)
		stop(&leak_probe);
	if (ret)
		return ret;
	leak_pages = pages;
	return 0;
}

/* Only one of these is registered at a time, by do_fail(). */
static struct kprobe *failing;
static atomic_t calls_left;

/* Where a function that fails goes on */
void mhp_test_return(void);
asm(".pushsection .text\n"
    ".type mhp_test_return, @function\n"
    "mhp_test_return:\n"
    "	ret\n"
    ".size mhp_test_return, . - mhp_test_return\n"
    ".popsection\n");

static int fail_call(struct kprobe *probe, struct pt_regs *regs);

static struct kprobe fail_probes[] = {
	{ .symbol_name = "sparse_add_section", .pre_handler = fail_call },
	{ .symbol_name = "alloc_low_pages", .pre_handler = fail_call },
	{ .symbol_name = "sparse_remove_section", .pre_handler = fail_call },
	{ .symbol_name = "create_memory_block_devices",
	  .pre_handler = fail_call },
};

/* The function returns at once, an error or NULL. */
static int fail_call(struct kprobe *probe, struct pt_regs *regs)
{
	const bool has_error = probe == &fail_probes[0] ||
			       probe == &fail_probes[3];

	if (atomic_dec_return(&calls_left))
		return 0;
	regs_set_return_value(regs, has_error ? -ENOMEM : 0);
	instruction_pointer_set(regs, (unsigned long)mhp_test_return);
	return 1;
}

static int do_fail(u64 what, u64 nth, int nid, unsigned int flags)
{
	int ret = 0;

	if (what > ARRAY_SIZE(fail_probes) || nth > INT_MAX)
		return -EINVAL;
	if (failing) {
		stop(failing);
		failing = NULL;
		if (atomic_read(&calls_left) > 0)
			ret = -EAGAIN;
	}
	if (!what)
		return ret;
	atomic_set(&calls_left, nth);
	ret = register_kprobe(&fail_probes[what - 1]);
	if (!ret)
		failing = &fail_probes[what - 1];
	return ret;
}

static ssize_t take(const char __user *from, size_t len,
		    int (*act)(u64, u64, int, unsigned int))
{
	unsigned int flags = 0;
	char text[80] = "";
	u64 start, size;
	int nid = 0, ret;

	if (len >= sizeof(text))
		return -E2BIG;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	if (sscanf(text, "%lli %lli %d %i", &start, &size, &nid, &flags) < 2)
		return -EINVAL;
	ret = act(start, size, nid, flags);
	return ret ? ret : len;
}

#define FILE_OF(name)                                                    \
	static ssize_t name##_write(struct file *file,                   \
				    const char __user *from, size_t len, \
				    loff_t *at)                          \
	{                                                                \
		return take(from, len, do_##name);                       \
	}                                                                \
	static const struct file_operations name##_fops = {              \
		.owner = THIS_MODULE,                                    \
		.write = name##_write,                                   \
	}
FILE_OF(add);
FILE_OF(remove);
FILE_OF(offline_and_remove);
FILE_OF(device_add);
FILE_OF(device_remove);
FILE_OF(veto);
FILE_OF(wait);
#ifdef NODE_ADDING_FIRST_MEMORY
FILE_OF(node_veto);
#endif
FILE_OF(hold);
FILE_OF(take);
FILE_OF(zone);
FILE_OF(locks);
FILE_OF(leak);
FILE_OF(fail);

static int __init mhp_test_init(void)
{
	name_locks();
	dir = debugfs_create_dir("mhp_test", NULL);
	debugfs_create_file("add", 0200, dir, NULL, &add_fops);
	debugfs_create_file("remove", 0200, dir, NULL, &remove_fops);
	debugfs_create_file("offline_and_remove", 0200, dir, NULL,
			    &offline_and_remove_fops);
	debugfs_create_file("device_add", 0200, dir, NULL, &device_add_fops);
	debugfs_create_file("device_remove", 0200, dir, NULL,
			    &device_remove_fops);
	debugfs_create_file("veto", 0200, dir, NULL, &veto_fops);
	debugfs_create_file("wait", 0200, dir, NULL, &wait_fops);
#ifdef NODE_ADDING_FIRST_MEMORY
	debugfs_create_file("node_veto", 0200, dir, NULL, &node_veto_fops);
	register_node_notifier(&node_veto_nb);
#endif
	debugfs_create_file("hold", 0200, dir, NULL, &hold_fops);
	debugfs_create_file("take", 0200, dir, NULL, &take_fops);
	debugfs_create_file("zone", 0200, dir, NULL, &zone_fops);
	debugfs_create_file("locks", 0200, dir, NULL, &locks_fops);
	debugfs_create_file("leak", 0200, dir, NULL, &leak_fops);
	debugfs_create_file("fail", 0200, dir, NULL, &fail_fops);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	return register_memory_notifier(&veto_nb);
}

static void __exit mhp_test_exit(void)
{
	int i;

	debugfs_remove_recursive(dir);
	unregister_memory_notifier(&veto_nb);
#ifdef NODE_ADDING_FIRST_MEMORY
	unregister_node_notifier(&node_veto_nb);
#endif
	do_zone(0, MAX_NR_ZONES, 0, 0);
	do_leak(0, 0, 0, 0);
	do_fail(0, 0, 0, 0);
	unhold();
	for (i = 0; i < ARRAY_SIZE(taken); i++)
		if (taken[i])
			give(&taken[i]);
	for (i = 0; i < ARRAY_SIZE(pgmaps); i++)
		if (pgmaps[i].nr_range)
			memunmap_pages(&pgmaps[i]);
}

module_init(mhp_test_init);
module_exit(mhp_test_exit);
MODULE_DESCRIPTION("Add and remove memory in arbitrary parts, for tests");
MODULE_LICENSE("GPL");
