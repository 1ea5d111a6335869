/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies kernel memory for user space, which looks at the struct pages of a memory block. Each call copies a slice, so that
 * a walk over a large block never holds a CPU for long.
 *
 * Nothing is interpreted here; user space is told where the fields are, which differs between kernels.
 */
#ifndef MHP_COPY_H
#define MHP_COPY_H

#include "mhp_kernel_read.h"
#include "mhp_probe_page.h"
#include "mhp_whose.h"

#define MHP_COPY_STEP 4096 /* bytes */
#define MHP_COPY_STEPS 16 /* of one call, a power of two */

u64 mhp_copy_at; /* set by user space: the address to read from */
u32 mhp_copy_bytes; /* set by user space: whole steps, or one word of 8 bytes */
u64 mhp_copy_word; /* that word */
u64 mhp_secretmem_aops; /* address of what marks the pages of memfd_secret(), 0 if not found */

/* Offsets in a struct page, and from the first one of a large folio; 0: this kernel has no such field. In bytes. */
u32 mhp_page_bytes;
u32 mhp_refcount_offset;
u32 mhp_mapping_offset;
u32 mhp_large_mapcount_offset;
u32 mhp_aops_offset; /* in a struct address_space */

/* Where a section has the bits of its pageblocks, and how many each has, 0 if not found; of them, the value of CMA areas, 0: none */
u32 mhp_section_bytes;
u32 mhp_usage_offset;
u32 mhp_pageblock_offset;
u32 mhp_pageblock_bits;
u32 mhp_migrate_cma;

/* Whose a page is: set by mhp_copy_find() */
struct mhp_whose_offsets mhp_whose;

char mhp_copy_buffer[MHP_COPY_STEP * MHP_COPY_STEPS];

static long mhp_copy_step(u32 i, void *ctx __attribute__((unused)))
{
	u32 offset = (i & (MHP_COPY_STEPS - 1)) * MHP_COPY_STEP;

	if (offset >= mhp_copy_bytes)
		return 1;
	if (bpf_probe_read_kernel(mhp_copy_buffer + offset, MHP_COPY_STEP,
				  (void *)(mhp_copy_at + offset))) {
		mhp_copy_bytes = offset;
		return 1;
	}
	return 0;
}

/* Copies mhp_copy_bytes, or fewer if the kernel has no memory there: it sets mhp_copy_bytes to what it copied. */
SEC("syscall")
int mhp_copy(void *ctx __attribute__((unused)))
{
	if (mhp_copy_bytes != sizeof(mhp_copy_word))
		bpf_loop(MHP_COPY_STEPS, mhp_copy_step, (void *)0, 0);
	else if (bpf_probe_read_kernel(&mhp_copy_word, sizeof(mhp_copy_word),
				       (void *)mhp_copy_at))
		mhp_copy_bytes = 0;
	return 0;
}

static __always_inline void mhp_copy_find_tasks(void)
{
	u64 at = 0;

	if (!mhp_x86_64 || mhp_kernel_symbol("init_task", &at))
		return;
	mhp_whose.init_task = at;
	mhp_whose.task_next = bpf_core_field_offset(struct task_struct, tasks);
	mhp_whose.task_pid = bpf_core_field_offset(struct task_struct, pid);
	mhp_whose.task_mm = bpf_core_field_offset(struct task_struct, mm);
	mhp_whose.mm_pgd = bpf_core_field_offset(struct mm_struct, pgd);
	mhp_whose.has |= MHP_WHOSE_TABLE;
}

static __always_inline void mhp_copy_find_notifiers(void)
{
	if (!mhp_memory_chain)
		return;
	mhp_whose.chain_head =
		bpf_core_field_offset(struct blocking_notifier_head, head);
	mhp_whose.notifier_next =
		bpf_core_field_offset(struct notifier_block, next);
	mhp_whose.has |= MHP_WHOSE_NOTIFIERS;
}

static __always_inline void mhp_copy_find_pageblocks(void)
{
	if (!mhp_at_sections ||
	    !bpf_core_field_exists(((struct mem_section *)0)->usage) ||
	    !bpf_core_field_exists(
		    ((struct mem_section_usage *)0)->pageblock_flags))
		return;
	mhp_section_bytes = bpf_core_type_size(struct mem_section);
	mhp_usage_offset = bpf_core_field_offset(struct mem_section, usage);
	mhp_pageblock_offset = bpf_core_field_offset(struct mem_section_usage,
						     pageblock_flags);
	if (bpf_core_enum_value_exists(enum migratetype, MIGRATE_CMA))
		mhp_migrate_cma =
			bpf_core_enum_value(enum migratetype, MIGRATE_CMA);
	if (bpf_core_enum_value_exists(enum pageblock_bits,
				       __NR_PAGEBLOCK_BITS))
		mhp_pageblock_bits = bpf_core_enum_value(enum pageblock_bits,
							 __NR_PAGEBLOCK_BITS);
	else if (bpf_core_enum_value_exists(enum pageblock_bits,
					    NR_PAGEBLOCK_BITS))
		mhp_pageblock_bits = bpf_core_enum_value(enum pageblock_bits,
							 NR_PAGEBLOCK_BITS);
}

static __always_inline void mhp_copy_find_whose(void)
{
	if (bpf_core_field_exists(((struct slab *)0)->slab_cache) &&
	    bpf_core_field_exists(((struct kmem_cache *)0)->name)) {
		mhp_whose.slab_cache =
			bpf_core_field_offset(struct slab, slab_cache);
		mhp_whose.cache_name =
			bpf_core_field_offset(struct kmem_cache, name);
		mhp_whose.has |= MHP_WHOSE_CACHE;
	}
	if (bpf_core_field_exists(((struct dentry *)0)->d_u.d_alias))
		mhp_whose.dentry_alias =
			bpf_core_field_offset(struct dentry, d_u.d_alias);
	else if (bpf_core_field_exists(((struct dentry___flat *)0)->d_alias))
		mhp_whose.dentry_alias =
			bpf_core_field_offset(struct dentry___flat, d_alias);
	else
		return;
	if (!bpf_core_field_exists(((struct dentry *)0)->d_name.name))
		return;
	mhp_whose.mapping_host =
		bpf_core_field_offset(struct address_space, host);
	mhp_whose.inode_number = bpf_core_field_offset(struct inode, i_ino);
	mhp_whose.inode_sb = bpf_core_field_offset(struct inode, i_sb);
	mhp_whose.inode_dentry = bpf_core_field_offset(struct inode, i_dentry);
	mhp_whose.dentry_name =
		bpf_core_field_offset(struct dentry, d_name.name);
	mhp_whose.sb_id = bpf_core_field_offset(struct super_block, s_id);
	mhp_whose.has |= MHP_WHOSE_FILE;
}

SEC("syscall")
int mhp_copy_find(void *ctx __attribute__((unused)))
{
	u64 at = 0;

	if (!mhp_kernel_symbol("secretmem_aops", &at))
		mhp_secretmem_aops = at;
	mhp_page_bytes = bpf_core_type_size(struct page);
	mhp_refcount_offset =
		bpf_core_field_offset(struct page___counts, _refcount);
	mhp_mapping_offset = bpf_core_field_offset(struct page, mapping);
	if (bpf_core_field_exists(((struct folio *)0)->_large_mapcount))
		mhp_large_mapcount_offset =
			bpf_core_field_offset(struct folio, _large_mapcount);
	mhp_aops_offset = bpf_core_field_offset(struct address_space, a_ops);
	mhp_copy_find_pageblocks();
	mhp_copy_find_whose();
	mhp_copy_find_tasks();
	mhp_copy_find_notifiers();
	return 0;
}

#endif
