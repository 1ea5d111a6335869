/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pages of this machine: what the kernel says of each in /proc/kpageflags and
 * /proc/kpagecount, and the references to it, which BPF reads from its struct page.
 */
#ifndef SOURCE_PAGES_H
#define SOURCE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include "base/types.h"

/* As in include/uapi/linux/kernel-page-flags.h and, above 31, include/linux/kernel-page-flags.h */
enum page_flag {
	PAGE_UPTODATE = 3,
	PAGE_LRU = 5,
	PAGE_SLAB = 7,
	PAGE_BUDDY = 10,
	PAGE_MMAP = 11,
	PAGE_ANON = 12,
	PAGE_SWAPCACHE = 13,
	PAGE_SWAPBACKED = 14,
	PAGE_HEAD = 15, /* of a compound page */
	PAGE_TAIL = 16,
	PAGE_HUGE = 17, /* of hugetlb */
	PAGE_UNEVICTABLE = 18,
	PAGE_HWPOISON = 19,
	PAGE_NOPAGE = 20,
	PAGE_OFFLINE = 23,
	PAGE_PGTABLE = 26,
	PAGE_RESERVED = 32,
	PAGE_PRIVATE = 35,
	PAGE_OWNER_PRIVATE = 37,
};

/*
 * The words of the flags that are set, which are the kernel's names (KPF_*) in lower case: "lru, mmap, anon".
 * A flag without a name is "bit 50", no flag "none". Returns buf.
 */
#define PAGE_FLAGS_TEXT_MAX 768
const char *page_flags_text(char buf[PAGE_FLAGS_TEXT_MAX], u64 flags);

#define PAGE_COUNT_UNKNOWN (-1)

/* One page. Counts of a compound page are those of its first page, and 0 for the others. */
struct page_look {
	u64 flags; /* 1 << enum page_flag */
	u64 mapped; /* how often this page is mapped */
	s64 refs; /* references, PAGE_COUNT_UNKNOWN if they could not be read */
	s64 folio_mapped; /* mappings of the whole compound page, PAGE_COUNT_UNKNOWN: add up mapped */
	u64 mapping; /* the field of struct page, 0 if it could not be read */
};

#define PAGE_IS(look, flag) ((look)->flags >> (flag)&1)

/* The file that a page of the page cache belongs to */
struct page_file {
	u64 inode;
	char system[32]; /* the file system or its device as the kernel calls it: "tmpfs", "sda1" */
	char name[64]; /* without its folders, "" if it has none */
};

struct page_source;

/*
 * Open the pages of this machine, or those that a tree under root describes ("" for
 * the machine). Without the privilege to read references, the source opens
 * nevertheless, and page_source_blind() says why. 0, -EPERM or -EOPNOTSUPP with
 * why, or -ENOMEM.
 */
int page_source_open(struct page_source **source, const char *root, char *why,
		     size_t len);
void page_source_close(struct page_source *source);
/* Why references are unknown, in one line; "" if they are known. */
const char *page_source_blind(const struct page_source *source);
/*
 * Look at nr pages from pfn on. Compound pages that begin before pfn are only known
 * by their flags. 0 or -errno.
 */
int page_source_look(struct page_source *source, u64 pfn, size_t nr,
		     struct page_look *looks);
/* Whether a page's mapping is that of memfd_secret(), whose pages cannot be migrated. False if unknown. */
bool page_source_is_secret(struct page_source *source,
			   const struct page_look *look);
/*
 * The first page of the compound page or slab that a page belongs to. The same page if it
 * is none of these, or if that cannot be read.
 */
u64 page_source_head(struct page_source *source, u64 pfn);
/* The name of the slab cache that has a page. False if that is not known. */
bool page_source_cache(struct page_source *source, u64 pfn, char *name,
		       size_t len);
/* The process that has a page as one of its page tables. False if that is not known. */
bool page_source_table(struct page_source *source, u64 pfn, u32 *pid);
/*
 * The functions that the kernel asks before memory goes online or offline, by name, as "a, b, c".
 * False if they are not known.
 */
bool page_source_notifiers(struct page_source *source, char *names, size_t len);
/* The file of a page. False if it is not of a file, or that is not known. */
bool page_source_file(struct page_source *source, const struct page_look *look,
		      struct page_file *file);
/* The pages of nr from pfn on that belong to CMA areas, and the first of them. False if that is not known. */
bool page_source_cma(struct page_source *source, u64 pfn, u64 nr, u64 *pages,
		     u64 *first);
/*
 * Have the kernel put pages that CPUs keep in batches on their LRU lists, as offline
 * does first: until then a batch holds a reference to each of its pages.
 */
void page_source_settle(void);

#endif
