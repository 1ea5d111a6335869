/* SPDX-License-Identifier: GPL-2.0 */
/* What struct pages hold that /proc does not show: references, mappings, slab caches and files. */
#ifndef BPF_PAGES_H
#define BPF_PAGES_H

#include "source/pages.h"

struct bpf_pages;
struct mhp_bpf;

/* Load the programs that read struct pages. 0, or -errno with why. */
int bpf_pages_open(struct bpf_pages **pages, char *why, size_t len);
void bpf_pages_close(struct bpf_pages *pages);
/* Fill in the counts and mappings of nr pages from pfn on; those that cannot be read stay unknown. */
void bpf_pages_look(struct bpf_pages *pages, u64 pfn, size_t nr,
		    struct page_look *looks);
/* A word of the kernel's memory, 0 if it cannot be read. */
u64 bpf_pages_word(struct bpf_pages *pages, u64 at);
/* Copy 4096 bytes of the kernel's memory. False if they cannot be read. */
bool bpf_pages_copy(struct bpf_pages *pages, u64 at, void *to);
struct mhp_bpf *bpf_pages_skeleton(struct bpf_pages *pages);

/* The process that has a page as one of its page tables. False if it is not known. */
bool bpf_pages_table(struct bpf_pages *pages, u64 pfn, u32 *pid);
/* The functions of the memory notifiers, in the order in which they are called. Returns how many; 0: unknown. */
size_t bpf_pages_notifiers(struct bpf_pages *pages, u64 *calls, size_t room);
/* The slab cache of a page, which must be the first one of its slab. False if it is not known. */
bool bpf_pages_cache(struct bpf_pages *pages, u64 pfn, char *name, size_t len);
/* The file of a page's mapping. False if it is not known. */
bool bpf_pages_file(struct bpf_pages *pages, u64 mapping,
		    struct page_file *file);
bool bpf_pages_are_secret(struct bpf_pages *pages, u64 mapping);
/* Whether the pageblock of a page belongs to a CMA area, for pageblocks of so many pages. 1, 0, or -1: unknown. */
int bpf_pages_is_cma(struct bpf_pages *pages, u64 pfn, u64 pageblock_pages);

#endif
