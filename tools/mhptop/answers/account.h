/* SPDX-License-Identifier: GPL-2.0 */
/* The account of a memory block: its pages by what they are, as far as it decides whether they can go. */
#ifndef ANSWERS_ACCOUNT_H
#define ANSWERS_ACCOUNT_H

#include <stdbool.h>
#include <stdio.h>
#include "source/pages.h"

/*
 * Kinds of pages. Those that are also kinds of a page that is in the way
 * (enum mhp_kind) have the same words.
 */
#define ACCOUNT_KINDS(_)                                             \
	_(FREE, "free")                                              \
	_(MEMMAP, "memmap") /* that the block hosts itself */        \
	_(ANON, "anon")                                              \
	_(FILE, "file")                                              \
	_(MOVABLE_OPS, "movable_ops") /* the driver migrates them */ \
	_(HUGETLB, "hugetlb")                                        \
	_(OFFLINE, "offline")                                        \
	_(HWPOISON, "hwpoison")                                      \
	_(SLAB, "slab")                                              \
	_(PGTABLE, "pgtable")                                        \
	_(RESERVED, "reserved")                                      \
	_(SECRET, "secretmem")                                       \
	_(OTHER, "other") /* of the kernel, nothing shows whose */   \
	_(NOPAGE, "hole")

enum account_kind {
#define ACCOUNT_KIND(name, word) ACCOUNT_##name,
	ACCOUNT_KINDS(ACCOUNT_KIND)
#undef ACCOUNT_KIND
		ACCOUNT_NR_KINDS
};

const char *account_kind_word(enum account_kind kind);

/* Whose offline pages are. The kernel does not mark that: it follows from the block, the page and the drivers there are. */
#define ACCOUNT_OWNERS(_)                         \
	_(VIRTIO_MEM, "virtio_mem", "virtio-mem") \
	_(BALLOON, "balloon", "balloon")          \
	_(UNKNOWN, "unknown", "unknown owner")

enum account_owner {
#define ACCOUNT_OWNER(name, word, text) ACCOUNT_OWNER_##name,
	ACCOUNT_OWNERS(ACCOUNT_OWNER)
#undef ACCOUNT_OWNER
		ACCOUNT_NR_OWNERS
};

const char *account_owner_word(enum account_owner owner);

#define ACCOUNT_HUGE_SIZES 4
#define ACCOUNT_SUSPECTS 64

struct account_count {
	u64 pages;
	u64 first; /* pfn of the first one */
};

/* Huge pages of hugetlb of one size */
struct account_huge {
	u64 pages; /* of one, 0: this entry is not used */
	u64 used;
	u64 free;
	/* Of those that are used; the counts are of huge pages */
	struct account_count
		pinned; /* more references than mappings and page cache explain */
	struct account_count poisoned; /* the kernel keeps them where they are */
};

struct page_account {
	struct account_count kinds[ACCOUNT_NR_KINDS];
	/* Small pages with more references than mappings and page cache explain */
	struct account_count pinned;
	/* Transparent huge pages, which are counted as such: the same, and those with a poisoned page in them */
	struct account_count pinned_thp;
	struct account_count poisoned_thp;
	u64 thp_pages; /* of the largest of these */
	u64 unevictable; /* pages of kinds anon and file that are locked into memory */
	u64 offline[ACCOUNT_NR_OWNERS]; /* offline pages, also those that their driver migrates */
	u64 blind; /* pages that would move, but whose references are unknown */
	u64 uncertain; /* of kind other, and perhaps free */
	u64 free_huge; /* free aligned chunks of the smallest huge page */
	struct account_huge huge[ACCOUNT_HUGE_SIZES];
	u64 huge_beyond; /* pages of the huge page that goes on after the end of the block, 0 for none */
	u64 cpu_ns; /* CPU time that counting took */
};

/* What is known about the block before its pages are looked at */
struct account_facts {
	u64 start_pfn;
	u64 nr_pages;
	bool virtio_mem; /* of a virtio-mem device */
	bool balloon; /* the machine has a balloon */
	u64 huge_pages
		[ACCOUNT_HUGE_SIZES]; /* sizes of hugetlb in pages, ascending, 0 for none */
};

/* The pages of the folio that begins here, of those that are left. */
size_t account_folio_pages(const struct page_look *look, size_t left);
/* What a page is. Of a tail, this is mostly what its head is. */
enum account_kind account_kind_of(const struct page_look *look,
				  struct page_source *source);

/* Count the pages of a memory block that is online. 0 or -errno. */
int account_count(struct page_account *account, struct page_source *source,
		  const struct account_facts *facts);

/*
 * Do not count the huge page of so many pages, 0 for none, as the block before this one has a part of it, too (its huge_beyond),
 * and counts it. Its pages stay counted.
 */
void account_leave_out(struct page_account *account, u64 huge_pages);
/* Add the counts of another memory block. */
void account_add(struct page_account *sum, const struct page_account *account);

/*
 * Print the pages that there are of each kind, as one line that begins with a text.
 * False, and nothing is printed, if none were counted.
 */
bool account_print_text(const struct page_account *account, u32 page_bytes,
			const char *before, FILE *out);
/* The same as members of an object of JSON */
void account_print_json(const struct page_account *account, u32 page_bytes,
			FILE *out);

#endif
