// SPDX-License-Identifier: GPL-2.0
/*
 * Adds and removes memory as no driver of x86 does: any range, in any parts.
 * For the guests of the tests, whose mem= hides memory from the kernel that is
 * then added here. Nothing of the project is in it but the name.
 *
 *	echo "START SIZE NID FLAGS" > /sys/kernel/debug/mhp_test/add
 *	echo "START SIZE" > /sys/kernel/debug/mhp_test/remove
 *	echo "START SIZE" > /sys/kernel/debug/mhp_test/offline_and_remove
 *	echo "START SIZE" > /sys/kernel/debug/mhp_test/device_add
 *	echo "START SIZE" > /sys/kernel/debug/mhp_test/device_remove
 *
 * A device is ZONE_DEVICE memory that hosts its memmap itself, as persistent
 * memory can; there is one at a time.
 *
 * START and SIZE are in bytes, FLAGS the kernel's mhp_t. The write fails as the
 * kernel's function does.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

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

static struct dev_pagemap pgmap;

static int do_device_add(u64 start, u64 size, int nid, unsigned int flags)
{
	const struct dev_pagemap wanted = {
		.type = MEMORY_DEVICE_GENERIC,
		.flags = PGMAP_ALTMAP_VALID,
		.range = { .start = start, .end = start + size - 1 },
		.nr_range = 1,
		.altmap = {
			.base_pfn = PHYS_PFN(start),
			.end_pfn = PHYS_PFN(start + size - 1),
			.free = PFN_UP(PHYS_PFN(size) * sizeof(struct page)),
		},
	};
	void *addr;

	if (pgmap.nr_range)
		return -EBUSY;
	/* Some of its members are constant. */
	memcpy(&pgmap, &wanted, sizeof(pgmap));
	addr = memremap_pages(&pgmap, nid);
	if (IS_ERR(addr))
		pgmap.nr_range = 0;
	return PTR_ERR_OR_ZERO(addr);
}

static int do_device_remove(u64 start, u64 size, int nid, unsigned int flags)
{
	if (!pgmap.nr_range || pgmap.range.start != start)
		return -ENOENT;
	memunmap_pages(&pgmap);
	pgmap.nr_range = 0;
	return 0;
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

static int __init mhp_test_init(void)
{
	dir = debugfs_create_dir("mhp_test", NULL);
	debugfs_create_file("add", 0200, dir, NULL, &add_fops);
	debugfs_create_file("remove", 0200, dir, NULL, &remove_fops);
	debugfs_create_file("offline_and_remove", 0200, dir, NULL,
			    &offline_and_remove_fops);
	debugfs_create_file("device_add", 0200, dir, NULL, &device_add_fops);
	debugfs_create_file("device_remove", 0200, dir, NULL,
			    &device_remove_fops);
	return PTR_ERR_OR_ZERO(dir);
}

static void __exit mhp_test_exit(void)
{
	debugfs_remove_recursive(dir);
	if (pgmap.nr_range)
		memunmap_pages(&pgmap);
}

module_init(mhp_test_init);
module_exit(mhp_test_exit);
MODULE_DESCRIPTION("Add and remove memory in any parts, for tests");
MODULE_LICENSE("GPL");
