// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out whose a page is: follows pointers in the kernel's memory from its struct page
 * to the slab cache or the file, and page tables from each process to the page.
 */
#include <string.h>

#include "source/bpf/bpf.h"
#include "source/bpf/pages.h"
#include "mhp.skel.h" /* needs our own types */

#define ANON_BIT 1 /* of mapping */
#define MOST_TASKS 100000
/* Page tables of x86-64, see arch/x86/include/asm/pgtable_types.h */
#define TABLE_ENTRIES 512
#define TABLE_USER_ENTRIES 256 /* of the top one */
#define TABLE_BITS 9
#define TABLE_LAST_SHIFT \
	21 /* of the tables whose entries point to the lowest ones */
#define ENTRY_PRESENT 1
#define ENTRY_LARGE 0x80
#define ENTRY_ADDRESS 0x000ffffffffff000ULL

/* A string of the kernel, cut to fit. False if it cannot be read or is empty. */
static bool whose_string(struct bpf_pages *pages, u64 at, char *text,
			 size_t len)
{
	u64 word = 0;
	size_t i;

	for (i = 0; i + 1 < len; i++) {
		if (!(i % sizeof(word)))
			word = bpf_pages_word(pages, at + i);
		text[i] = word >> i % sizeof(word) * 8;
		if (!text[i])
			break;
	}
	text[i] = '\0';
	return i;
}

bool bpf_pages_cache(struct bpf_pages *pages, u64 pfn, char *name, size_t len)
{
	const struct mhp_bpf__bss *bss = bpf_pages_skeleton(pages)->bss;
	u64 page = bss->mhp_vmemmap_base + pfn * bss->mhp_page_bytes, at;

	if (!(bss->mhp_whose.has & MHP_WHOSE_CACHE))
		return false;
	at = bpf_pages_word(pages, page + bss->mhp_whose.slab_cache);
	if (at)
		at = bpf_pages_word(pages, at + bss->mhp_whose.cache_name);
	return at && whose_string(pages, at, name, len);
}

bool bpf_pages_file(struct bpf_pages *pages, u64 mapping,
		    struct page_file *file)
{
	const struct mhp_whose_offsets *offsets =
		&bpf_pages_skeleton(pages)->bss->mhp_whose;
	u64 inode, at;

	*file = (struct page_file){ 0 };
	if (mapping & ANON_BIT || !mapping || !(offsets->has & MHP_WHOSE_FILE))
		return false;
	inode = bpf_pages_word(pages, mapping + offsets->mapping_host);
	if (!inode)
		return false;
	file->inode = bpf_pages_word(pages, inode + offsets->inode_number);
	at = bpf_pages_word(pages, inode + offsets->inode_sb);
	if (at)
		whose_string(pages, at + offsets->sb_id, file->system,
			     sizeof(file->system));
	at = bpf_pages_word(pages, inode + offsets->inode_dentry);
	if (at)
		at = bpf_pages_word(pages, at - offsets->dentry_alias +
						   offsets->dentry_name);
	if (at)
		whose_string(pages, at, file->name, sizeof(file->name));
	return file->inode;
}

/* Whether a page table, or one below it, is this page. */
static bool table_has(struct bpf_pages *pages, u64 table, u32 shift, u64 pfn)
{
	const struct mhp_bpf__bss *bss = bpf_pages_skeleton(pages)->bss;
	u32 top = bpf_pages_skeleton(pages)->data->mhp_pgd_shift;
	u64 entries[TABLE_ENTRIES], address;
	size_t i, nr = shift == top ? TABLE_USER_ENTRIES : TABLE_ENTRIES;

	if (!bpf_pages_copy(pages, table, entries))
		return false;
	for (i = 0; i < nr; i++) {
		if (!(entries[i] & ENTRY_PRESENT) ||
		    (entries[i] & ENTRY_LARGE && shift != top))
			continue;
		address = entries[i] & ENTRY_ADDRESS;
		if (address / sizeof(entries) == pfn)
			return true;
		if (shift > TABLE_LAST_SHIFT &&
		    table_has(pages, bss->mhp_direct_map + address,
			      shift - TABLE_BITS, pfn))
			return true;
	}
	return false;
}

bool bpf_pages_table(struct bpf_pages *pages, u64 pfn, u32 *pid)
{
	const struct mhp_bpf__bss *bss = bpf_pages_skeleton(pages)->bss;
	const struct mhp_whose_offsets *offsets = &bss->mhp_whose;
	u32 top = bpf_pages_skeleton(pages)->data->mhp_pgd_shift;
	u64 first = offsets->init_task, task = first, mm, pgd, physical;
	int i;

	if (!(offsets->has & MHP_WHOSE_TABLE) || !first || !bss->mhp_direct_map)
		return false;
	for (i = 0; i < MOST_TASKS; i++) {
		task = bpf_pages_word(pages, task + offsets->task_next);
		if (!task)
			return false;
		task -= offsets->task_next;
		if (task == first)
			return false;
		mm = bpf_pages_word(pages, task + offsets->task_mm);
		pgd = mm ? bpf_pages_word(pages, mm + offsets->mm_pgd) : 0;
		if (!pgd)
			continue;
		physical = pgd - bss->mhp_direct_map;
		if (physical / (TABLE_ENTRIES * sizeof(u64)) != pfn &&
		    !table_has(pages, pgd, top, pfn))
			continue;
		*pid = bpf_pages_word(pages, task + offsets->task_pid);
		return true;
	}
	return false;
}

size_t bpf_pages_notifiers(struct bpf_pages *pages, u64 *calls, size_t room)
{
	const struct mhp_bpf__bss *bss = bpf_pages_skeleton(pages)->bss;
	const struct mhp_whose_offsets *offsets = &bss->mhp_whose;
	size_t nr = 0;
	u64 at;

	if (!(offsets->has & MHP_WHOSE_NOTIFIERS))
		return 0;
	at = bpf_pages_word(pages, bss->mhp_memory_chain + offsets->chain_head);
	while (at && nr < room) {
		calls[nr++] = bpf_pages_word(pages, at);
		at = bpf_pages_word(pages, at + offsets->notifier_next);
	}
	return nr;
}
