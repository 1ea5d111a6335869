/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel structures and enums that the collector reads, reduced to the fields it needs.
 *
 * Only the names matter: when the object is loaded, CO-RE takes offsets, sizes and values of enumerators from the BTF
 * of the running kernel.
 */
#ifndef MHP_KERNEL_H
#define MHP_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)

struct xarray {
	void *xa_head;
};

struct xa_node {
	unsigned char shift;
	void *slots[64];
};

struct mem_section {
	unsigned long section_mem_map;
	struct mem_section_usage *usage;
};

struct mem_section_usage {
	unsigned long pageblock_flags[1];
};

struct list_head {
	struct list_head *next;
};

/* Stands for atomic_t, which wraps one integer. */
struct mhp_number {
	u32 value;
};

struct page {
	unsigned long flags;
	struct list_head lru;
	void *mapping;
	unsigned int page_type;
	unsigned long compound_head;
	unsigned char compound_order;
};

struct address_space {
	void *host;
	void *a_ops;
};

/* What a page of the slab allocator has in place of a struct page */
struct slab {
	void *slab_cache;
};

struct kmem_cache {
	const char *name;
};

/* Stands for struct hlist_head and struct hlist_node, which begin with a pointer. */
struct mhp_hlist {
	void *first;
};

struct qstr {
	const char *name;
};

struct mhp_dentry_list {
	struct mhp_hlist d_alias;
};

struct dentry {
	struct qstr d_name;
	struct mhp_dentry_list d_u;
};

/* The union has no name in newer kernels, such as 7.3. */
struct dentry___flat {
	struct mhp_hlist d_alias;
};

struct notifier_block {
	void *notifier_call;
	struct notifier_block *next;
};

struct blocking_notifier_head {
	struct notifier_block *head;
};

struct super_block {
	char s_id[32];
};

struct folio {
	unsigned long _flags_1;
	struct mhp_number _large_mapcount;
};

struct page___counts {
	struct mhp_number _refcount;
	struct mhp_number _mapcount;
};

/* Since 6.18, a structure wraps the flags. */
struct mhp_page_flags {
	unsigned long f;
};

struct page___wrapped {
	struct mhp_page_flags flags;
};

/* From 6.11 on the types of pages are numbers, in the highest byte of page_type. */
enum pagetype {
	PGTY_buddy,
	PGTY_offline,
	PGTY_table,
	PGTY_hugetlb,
	PGTY_slab,
	PGTY_zsmalloc,
};

enum pageflags {
	PG_hwpoison,
	PG_reserved,
	PG_slab,
	PG_head,
	PG_movable_ops,
};

struct vmem_altmap {
	unsigned long base_pfn;
	unsigned long end_pfn; /* inclusive */
	unsigned long free;
	unsigned long align;
	unsigned long alloc;
	_Bool range;
};

struct pglist_data;
struct zone;

/*
 * Contains an altmap whose range flag is set. zone is that of the memmap, NULL while it has no users, which are counted
 * by their zones.
 */
struct memmap_range {
	struct vmem_altmap altmap;
	unsigned long refs;
	struct zone *zone;
	unsigned long users[4];
};

/* Stands for atomic_long_t, which wraps one word. */
struct mhp_word {
	u64 value;
};

struct zone {
	struct pglist_data *zone_pgdat;
	struct mhp_word managed_pages;
	unsigned long present_pages;
};

struct pglist_data {
	struct zone node_zones[4];
	int node_id;
};

struct kobject {
	const char *name;
};

struct device {
	struct kobject kobj;
	u32 id;
};

/* From an open file of a process to the directory in sysfs that it is, whose priv is the kobject */
struct kernfs_node {
	struct mhp_number active; /* negative while it is being removed */
	void *priv;
};

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
	struct mhp_hlist i_dentry;
	void *i_private;
};

struct file {
	struct inode *f_inode;
};

struct fdtable {
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	struct list_head tasks;
	struct mm_struct *mm;
	int pid;
	struct files_struct *files;
	char comm[16];
};

struct memory_block {
	struct device dev;
	unsigned long start_section_nr;
	int nid;
	struct zone *zone;
	struct vmem_altmap *altmap;
	struct mhp_word nr_hwpoison;
};

enum memory_block_state {
	MEM_ONLINE,
	MEM_GOING_OFFLINE,
	MEM_OFFLINE,
	MEM_GOING_ONLINE,
	MEM_CANCEL_ONLINE,
	MEM_CANCEL_OFFLINE,
	MEM_PREPARE_ONLINE,
	MEM_FINISH_OFFLINE,
};

/* Before 6.6, blocks had no altmap of their own. */
struct memory_block___pages {
	unsigned long nr_vmemmap_pages;
};

struct resource {
	u64 start;
	u64 end; /* inclusive */
};

struct dev_pagemap {
	unsigned long vmemmap_shift;
};

struct mhp_params {
	struct vmem_altmap *altmap;
	struct dev_pagemap *pgmap;
};

struct memory_group {
	int nid;
};

struct memory_notify {
	unsigned long altmap_start_pfn;
	unsigned long start_pfn;
	unsigned long nr_pages;
};

struct bpf_ksym {
	char name[512];
};

struct bpf_tramp_image {
	struct bpf_ksym ksym;
	void *ip_after_call;
};

struct mm_struct {
	void *pgd;
};

/* The registers in which functions have their arguments and results, on x86-64 and on arm64 */
struct pt_regs {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long ax;
	u64 regs[31];
};

/* The state was an unsigned long before it became an enum; CO-RE does not match one with the other. */
struct memory_block___enum {
	enum memory_block_state state;
};

struct memory_block___bits {
	unsigned long state;
};

#pragma clang attribute pop

/* What the pages of a pageblock are for; MIGRATE_CMA with CONFIG_CMA only */
enum migratetype {
	MIGRATE_CMA = 1,
};

/* How many bits a pageblock has; the name with underscores since isolation is one of them */
enum pageblock_bits {
	NR_PAGEBLOCK_BITS,
	__NR_PAGEBLOCK_BITS,
};

enum zone_type {
	ZONE_DMA,
	ZONE_DMA32,
	ZONE_NORMAL,
	ZONE_HIGHMEM,
	ZONE_MOVABLE,
	ZONE_DEVICE,
};

#endif
