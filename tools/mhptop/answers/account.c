// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the pages of a memory block by what they are. The order of the questions is
 * that of has_unmovable_pages() (mm/page_isolation.c) and scan_movable_pages()
 * (mm/memory_hotplug.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answers/account.h"

#define SLICE 4096 /* pages that are looked at in one go */
#define LOOKS \
	3 /* at pages that seem to be pinned, as a page in use is for a moment */
#define LOOK_PAUSE_NS 2000000
#define MAPPING_BITS 3 /* of page->mapping */
#define MAPPING_MOVABLE 2

/* A folio that cannot be moved while it has its references, and where it is counted */
struct suspect {
	u64 pfn;
	u64 pages;
	enum account_kind kind;
	struct account_count *count;
	u64 counted;
};

struct counting {
	struct page_account *account;
	const struct account_facts *facts;
	struct page_source *source;
	struct page_look *looks;
	struct suspect suspects[ACCOUNT_SUSPECTS];
	size_t nr_suspects;
	/* The huge page of hugetlb that the walk is in: its pages so far, 0 for none */
	u64 huge_run;
	u64 huge_first;
	struct page_look huge_head; /* the first page that there is of it */
	bool huge_used;
	bool huge_poisoned;
	u64 free_run; /* adjacent free pages, from a huge page's boundary on */
};

const char *account_kind_word(enum account_kind kind)
{
	static const char *const words[] = {
#define ACCOUNT_KIND(name, word) [ACCOUNT_##name] = word,
		ACCOUNT_KINDS(ACCOUNT_KIND)
#undef ACCOUNT_KIND
	};

	return words[kind];
}

static void count_pages(struct account_count *count, u64 pfn, u64 pages)
{
	if (!count->pages)
		count->first = pfn;
	count->pages += pages;
}

static bool is_compound(const struct page_look *look)
{
	return PAGE_IS(look, PAGE_HEAD) || PAGE_IS(look, PAGE_TAIL);
}

/* Freshly allocated user pages are not on an LRU list yet, but have one of these. */
static bool is_user_page(const struct page_look *look)
{
	return look->flags & (1ULL << PAGE_ANON | 1ULL << PAGE_SWAPBACKED |
			      1ULL << PAGE_UPTODATE);
}

/*
 * Whether the driver that has a page migrates it. Its mapping says so or, since 6.17, the flag that means
 * "up to date" for other pages (PG_movable_ops, include/linux/page-flags.h).
 */
static bool is_of_driver(const struct page_look *look)
{
	return (look->mapping & MAPPING_BITS) == MAPPING_MOVABLE ||
	       (PAGE_IS(look, PAGE_OFFLINE) && PAGE_IS(look, PAGE_UPTODATE));
}

/* Pages of the memmap that a block hosts are the first ones, and nothing else has only this flag. */
static bool is_memmap(const struct page_look *look)
{
	return (look->flags & ~(1ULL << PAGE_RESERVED)) ==
	       1ULL << PAGE_OWNER_PRIVATE;
}

static enum account_kind kind_of_user_page(const struct page_look *look,
					   struct page_source *source)
{
	if (PAGE_IS(look, PAGE_ANON))
		return ACCOUNT_ANON;
	if (PAGE_IS(look, PAGE_UNEVICTABLE) &&
	    page_source_is_secret(source, look))
		return ACCOUNT_SECRET;
	return ACCOUNT_FILE;
}

/* Of a tail, the flags are mostly those of its head. */
enum account_kind account_kind_of(const struct page_look *look,
				  struct page_source *source)
{
	if (look->flags == 1 << PAGE_BUDDY)
		return ACCOUNT_FREE;
	if (PAGE_IS(look, PAGE_NOPAGE))
		return ACCOUNT_NOPAGE;
	if (is_memmap(look))
		return ACCOUNT_MEMMAP;
	if (PAGE_IS(look, PAGE_RESERVED))
		return ACCOUNT_RESERVED;
	if (PAGE_IS(look, PAGE_HUGE))
		return ACCOUNT_HUGETLB;
	if (PAGE_IS(look, PAGE_BUDDY))
		return ACCOUNT_FREE;
	if (PAGE_IS(look, PAGE_HWPOISON))
		return ACCOUNT_HWPOISON;
	if (PAGE_IS(look, PAGE_SLAB))
		return ACCOUNT_SLAB;
	if (PAGE_IS(look, PAGE_PGTABLE))
		return ACCOUNT_PGTABLE;
	if (is_of_driver(look))
		return ACCOUNT_MOVABLE_OPS;
	if (PAGE_IS(look, PAGE_OFFLINE))
		return ACCOUNT_OFFLINE;
	if (PAGE_IS(look, PAGE_LRU))
		return kind_of_user_page(look, source);
	/*
	 * The lists of free pages that each CPU has do not mark them. None is compound there (__free_pages_prepare()), as pages
	 * are that the kernel allocates without a reference, such as those of a large kmalloc() (seen on 7.3).
	 */
	if (!look->refs && !is_compound(look))
		return ACCOUNT_FREE;
	return is_user_page(look) ? kind_of_user_page(look, source) :
				    ACCOUNT_OTHER;
}

size_t account_folio_pages(const struct page_look *look, size_t left)
{
	size_t nr = 1;

	if (PAGE_IS(look, PAGE_HEAD))
		while (nr < left && PAGE_IS(&look[nr], PAGE_TAIL))
			nr++;
	return nr;
}

/*
 * References to a folio that nothing explains, as folio_expected_ref_count() has it. The page cache has one to each page; before
 * 6.7 it had a single one to a huge page of hugetlb, which then has fewer than pages.
 */
static s64 extra_refs(const struct page_look *look, u64 pages, s64 mapped)
{
	s64 extra = look->refs - mapped;

	if (PAGE_IS(look, PAGE_ANON))
		return PAGE_IS(look, PAGE_SWAPCACHE) ? extra - (s64)pages :
						       extra;
	if (!look->mapping)
		return extra;
	if (PAGE_IS(look, PAGE_HUGE) && extra < (s64)pages)
		return extra - 1;
	return extra - (s64)pages - (s64)PAGE_IS(look, PAGE_PRIVATE);
}

/* Mappings of a folio. A huge page of hugetlb is mapped as a whole, which its first page counts. */
static s64 folio_mapped(const struct page_look *look, u64 pages)
{
	s64 mapped = 0;
	u64 i;

	if (look->folio_mapped != PAGE_COUNT_UNKNOWN)
		return look->folio_mapped;
	for (i = 0; i < (PAGE_IS(look, PAGE_HUGE) ? 1 : pages); i++)
		mapped += look[i].mapped;
	return mapped;
}

/* Whether something other than its owner holds the folio, so that it cannot be migrated. */
static bool is_held(const struct page_look *look, u64 pages,
		    enum account_kind kind)
{
	if (look->refs == PAGE_COUNT_UNKNOWN)
		return false;
	if (kind == ACCOUNT_OTHER)
		return look->refs > 0 || is_compound(look);
	return (PAGE_IS(look, PAGE_LRU) || kind == ACCOUNT_HUGETLB) &&
	       look->refs > 0 &&
	       extra_refs(look, pages, folio_mapped(look, pages)) > 0;
}

/* Until look_again(), what seems to be held is counted as held. */
static void note_suspect(struct counting *c, const struct suspect *suspect)
{
	if (c->nr_suspects < ACCOUNT_SUSPECTS)
		c->suspects[c->nr_suspects++] = *suspect;
}

static void count_held(struct counting *c, struct suspect suspect)
{
	count_pages(suspect.count, suspect.pfn, suspect.counted);
	note_suspect(c, &suspect);
}

/* Where kernel pages are allocated, a page that is neither free nor a user's is one of theirs. */
static void take_kernel_page(struct counting *c, u64 pfn,
			     const struct page_look *look, size_t pages)
{
	if (look->refs == PAGE_COUNT_UNKNOWN)
		c->account->uncertain += pages;
	else
		note_suspect(
			c, &(struct suspect){ pfn, pages, ACCOUNT_OTHER,
					      &c->account->kinds[ACCOUNT_OTHER],
					      pages });
}

/* virtio-mem never lets the kernel migrate its pages, a balloon does if it can. */
static enum account_owner owner_of(const struct account_facts *facts,
				   const struct page_look *look)
{
	if (is_of_driver(look))
		return ACCOUNT_OWNER_BALLOON;
	/* Without the mapping, a page of the balloon looks like one of virtio-mem. */
	if (facts->virtio_mem && facts->balloon &&
	    look->refs == PAGE_COUNT_UNKNOWN)
		return ACCOUNT_OWNER_UNKNOWN;
	if (facts->virtio_mem)
		return ACCOUNT_OWNER_VIRTIO_MEM;
	return facts->balloon ? ACCOUNT_OWNER_BALLOON : ACCOUNT_OWNER_UNKNOWN;
}

static void note_thp(struct page_account *account, u64 pages)
{
	if (pages > account->thp_pages)
		account->thp_pages = pages;
}

/* Pages that a user has, of which some may be held */
static void take_user_folio(struct counting *c, u64 pfn,
			    const struct page_look *look, u64 pages,
			    enum account_kind kind)
{
	struct page_account *account = c->account;
	struct suspect suspect = { pfn, pages, kind, &account->pinned, pages };

	if (PAGE_IS(look, PAGE_UNEVICTABLE))
		account->unevictable += pages;
	if (look->refs == PAGE_COUNT_UNKNOWN)
		account->blind += pages;
	if (!is_held(look, pages, kind))
		return;
	if (pages > 1) {
		suspect.count = &account->pinned_thp;
		suspect.counted = 1;
		note_thp(account, pages);
	}
	count_held(c, suspect);
}

/* A transparent huge page with a poisoned page in it is left where it is, as it could not be split. */
static bool take_poisoned_thp(struct counting *c, u64 pfn,
			      const struct page_look *look, u64 pages)
{
	struct page_look head = *look;
	enum account_kind kind;
	u64 i;

	for (i = 0; i < pages && !PAGE_IS(&look[i], PAGE_HWPOISON); i++)
		;
	if (pages == 1 || i == pages)
		return false;
	head.flags &= ~(1ULL << PAGE_HWPOISON);
	kind = account_kind_of(&head, c->source);
	if (kind != ACCOUNT_ANON && kind != ACCOUNT_FILE)
		return false;
	count_pages(&c->account->kinds[kind], pfn, pages);
	count_pages(&c->account->poisoned_thp, pfn, 1);
	note_thp(c->account, pages);
	return true;
}

static void take_folio(struct counting *c, u64 pfn,
		       const struct page_look *look, size_t pages)
{
	enum account_kind kind = account_kind_of(look, c->source);

	if (take_poisoned_thp(c, pfn, look, pages))
		return;
	count_pages(&c->account->kinds[kind], pfn, pages);
	if (PAGE_IS(look, PAGE_OFFLINE))
		c->account->offline[owner_of(c->facts, look)] += pages;
	if (kind == ACCOUNT_OTHER)
		take_kernel_page(c, pfn, look, pages);
	else if (kind == ACCOUNT_ANON || kind == ACCOUNT_FILE)
		take_user_folio(c, pfn, look, pages, kind);
}

static struct account_huge *huge_of(struct counting *c, u64 pages)
{
	size_t i;

	for (i = 0; i < ACCOUNT_HUGE_SIZES - 1; i++) {
		c->account->huge[i].pages = c->facts->huge_pages[i];
		/* A run that ends where the block does may go on in the next one. */
		if (pages <= c->facts->huge_pages[i] ||
		    !c->facts->huge_pages[i + 1])
			break;
	}
	c->account->huge[i].pages = c->facts->huge_pages[i];
	return &c->account->huge[i];
}

/* A huge page that begins in another block: only its own first page has its counts. Returns the pfn of that. */
static u64 look_at_head(struct counting *c, u64 size)
{
	u64 pfn = c->huge_first;
	struct page_look look;

	if (!size || !(pfn % size) ||
	    page_source_look(c->source, pfn / size * size, 1, &look))
		return pfn;
	c->huge_head = look;
	c->huge_used |= look.refs > 0;
	c->huge_poisoned |= PAGE_IS(&look, PAGE_HWPOISON);
	return pfn / size * size;
}

/* What is poisoned is never moved, whoever holds it. */
static void take_used_huge(struct counting *c, struct account_huge *huge,
			   u64 pfn)
{
	u64 pages = huge->pages ?: c->huge_run;

	huge->used++;
	if (c->huge_poisoned)
		count_pages(&huge->poisoned, pfn, 1);
	else if (is_held(&c->huge_head, pages, ACCOUNT_HUGETLB))
		count_held(c, (struct suspect){ pfn, pages, ACCOUNT_HUGETLB,
						&huge->pinned, 1 });
}

static void end_huge(struct counting *c)
{
	struct account_huge *huge;
	u64 pfn;

	if (!c->huge_run)
		return;
	huge = huge_of(c, c->huge_run);
	pfn = look_at_head(c, huge->pages);
	if (huge->pages &&
	    c->huge_first / huge->pages * huge->pages + huge->pages >
		    c->facts->start_pfn + c->facts->nr_pages)
		c->account->huge_beyond = huge->pages;
	if (c->huge_used)
		take_used_huge(c, huge, pfn);
	else
		huge->free++;
	c->huge_run = 0;
}

static void take_huge(struct counting *c, u64 pfn, const struct page_look *look)
{
	if (PAGE_IS(look, PAGE_HEAD))
		end_huge(c);
	if (!c->huge_run) {
		c->huge_first = pfn;
		c->huge_head = *look;
		c->huge_used = c->huge_poisoned = false;
	}
	c->huge_run++;
	c->huge_used |= look->mapped || look->refs > 0;
	c->huge_poisoned |= PAGE_IS(look, PAGE_HWPOISON);
	count_pages(&c->account->kinds[ACCOUNT_HUGETLB], pfn, 1);
	if (look->refs == PAGE_COUNT_UNKNOWN)
		c->account->blind++;
}

/* Free memory for a huge page: aligned, and without a gap. */
static void take_free_run(struct counting *c, u64 pfn,
			  const struct page_look *look)
{
	u64 size = c->facts->huge_pages[0];

	if (!size)
		return;
	if (!(pfn % size))
		c->free_run = 0;
	if (PAGE_IS(look, PAGE_BUDDY) && ++c->free_run == size)
		c->account->free_huge++;
}

static void take_slice(struct counting *c, u64 pfn, size_t nr)
{
	const struct page_look *look = c->looks;
	size_t at, pages, i;

	for (at = 0; at < nr; at += pages, look += pages) {
		pages = 1;
		if (PAGE_IS(look, PAGE_HUGE)) {
			take_huge(c, pfn + at, look);
			continue;
		}
		end_huge(c);
		pages = account_folio_pages(look, nr - at);
		for (i = 0; i < pages; i++)
			take_free_run(c, pfn + at + i, &look[i]);
		take_folio(c, pfn + at, look, pages);
	}
}

static u64 cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static bool is_still_held(struct counting *c, const struct suspect *suspect)
{
	/* Of a huge page of hugetlb, which may be larger than what there is room for, the first page tells. */
	size_t nr = suspect->kind == ACCOUNT_HUGETLB ? 1 : suspect->pages;

	if (page_source_look(c->source, suspect->pfn, nr, c->looks))
		return true;
	return account_kind_of(c->looks, c->source) == suspect->kind &&
	       is_held(c->looks, suspect->pages, suspect->kind);
}

/*
 * A page that is read, written or looked at has one more reference for a moment: only
 * those that keep it are in the way. If there are more suspects than were noted,
 * the others are taken to keep theirs.
 */
static void look_again(struct counting *c)
{
	const struct timespec pause = { .tv_nsec = LOOK_PAUSE_NS };
	struct suspect *suspects = c->suspects;
	size_t i, kept;
	int looks;

	for (looks = 1; c->nr_suspects && looks < LOOKS; looks++) {
		nanosleep(&pause, NULL);
		for (i = 0, kept = 0; i < c->nr_suspects; i++)
			if (is_still_held(c, &suspects[i]))
				suspects[kept++] = suspects[i];
			else
				suspects[i].count->pages -= suspects[i].counted;
		c->nr_suspects = kept;
	}
	/* Backwards, so that the first one remains. */
	for (i = c->nr_suspects; i-- > 0;)
		suspects[i].count->first = suspects[i].pfn;
}

int account_count(struct page_account *account, struct page_source *source,
		  const struct account_facts *facts)
{
	struct counting c = {
		.account = account,
		.facts = facts,
		.source = source,
		.looks = calloc(SLICE, sizeof(*c.looks)),
	};
	u64 begin = cpu_now(), at;
	size_t nr;
	int err = 0;

	memset(account, 0, sizeof(*account));
	if (!c.looks)
		return -ENOMEM;
	for (at = 0; !err && at < facts->nr_pages; at += nr) {
		nr = facts->nr_pages - at < SLICE ? facts->nr_pages - at :
						    SLICE;
		err = page_source_look(source, facts->start_pfn + at, nr,
				       c.looks);
		if (!err)
			take_slice(&c, facts->start_pfn + at, nr);
	}
	end_huge(&c);
	if (!err)
		look_again(&c);
	free(c.looks);
	account->cpu_ns = cpu_now() - begin;
	return err;
}

void account_leave_out(struct page_account *account, u64 huge_pages)
{
	struct account_huge *huge;
	size_t i;

	for (i = 0; huge_pages && i < ACCOUNT_HUGE_SIZES; i++) {
		huge = &account->huge[i];
		if (huge->pages == huge_pages)
			*huge = (struct account_huge){ .pages = huge_pages };
	}
}

void account_add(struct page_account *sum, const struct page_account *account)
{
	size_t i;

	for (i = 0; i < ACCOUNT_NR_KINDS; i++)
		sum->kinds[i].pages += account->kinds[i].pages;
	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++) {
		sum->huge[i].pages |= account->huge[i].pages;
		sum->huge[i].used += account->huge[i].used;
		sum->huge[i].free += account->huge[i].free;
		sum->huge[i].pinned.pages += account->huge[i].pinned.pages;
		sum->huge[i].poisoned.pages += account->huge[i].poisoned.pages;
	}
	for (i = 0; i < ACCOUNT_NR_OWNERS; i++)
		sum->offline[i] += account->offline[i];
	sum->free_huge += account->free_huge;
	sum->unevictable += account->unevictable;
	sum->pinned.pages += account->pinned.pages;
	sum->pinned_thp.pages += account->pinned_thp.pages;
	sum->poisoned_thp.pages += account->poisoned_thp.pages;
	note_thp(sum, account->thp_pages);
}
