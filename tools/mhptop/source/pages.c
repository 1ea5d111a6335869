// SPDX-License-Identifier: GPL-2.0
/* Reads /proc/kpageflags and /proc/kpagecount, and adds what BPF reads from struct pages. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/bpf/pages.h"
#include "source/live.h"
#include "source/pages.h"
#include "source/symbol.h"

#define NOTIFIERS 32 /* that are listed */
#define MOST_PAGES 512 /* of a compound page whose head is looked for */
#define SLICE \
	1024 /* pages of one read; no compound page but those of hugetlb crosses a slice */

struct page_source {
	int flags; /* descriptors, -1 if not open */
	int counts;
	struct bpf_pages *bpf; /* NULL: references are unknown */
	u64 pageblock_pages; /* 0: unknown */
	char blind[256];
};

static int open_pages(const char *root, const char *name, char *why, size_t len)
{
	char path[PATH_MAX];
	int fd, err;

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	err = errno;
	if (fd >= 0)
		return fd;
	return source_live_why(
		err == ENOENT ? -EOPNOTSUPP : -EPERM, why, len,
		err == ENOENT ?
			"%s: %s; the kernel needs CONFIG_PROC_PAGE_MONITOR" :
			"%s: %s; run as root",
		path, strerror(err));
}

int page_source_open(struct page_source **source, const char *root, char *why,
		     size_t len)
{
	struct page_source *self = calloc(1, sizeof(*self));
	int err = 0;

	if (!self)
		return -ENOMEM;
	self->counts = -1;
	self->flags = open_pages(root, "kpageflags", why, len);
	if (self->flags >= 0)
		self->counts = open_pages(root, "kpagecount", why, len);
	if (self->flags < 0)
		err = self->flags;
	else if (self->counts < 0)
		err = self->counts;
	if (err) {
		page_source_close(self);
		return err;
	}
	if (*root)
		snprintf(self->blind, sizeof(self->blind),
			 "not of a running kernel");
	else
		bpf_pages_open(&self->bpf, self->blind, sizeof(self->blind));
	self->pageblock_pages = source_live_pageblock(root);
	*source = self;
	return 0;
}

void page_source_close(struct page_source *source)
{
	if (source->flags >= 0)
		close(source->flags);
	if (source->counts >= 0)
		close(source->counts);
	if (source->bpf)
		bpf_pages_close(source->bpf);
	free(source);
}

const char *page_source_blind(const struct page_source *source)
{
	return source->bpf ? "" : source->blind;
}

static int read_words(int fd, u64 pfn, u64 *words, size_t nr)
{
	ssize_t n = pread(fd, words, nr * sizeof(*words), pfn * sizeof(*words));

	if (n < 0)
		return -errno;
	return (size_t)n == nr * sizeof(*words) ? 0 : -ENODATA;
}

const char *page_flags_text(char buf[PAGE_FLAGS_TEXT_MAX], u64 flags)
{
	static const char *const words[64] = {
		"locked",
		"error",
		"referenced",
		"uptodate",
		"dirty",
		"lru",
		"active",
		"slab",
		"writeback",
		"reclaim",
		"buddy",
		"mmap",
		"anon",
		"swapcache",
		"swapbacked",
		"compound_head",
		"compound_tail",
		"huge",
		"unevictable",
		"hwpoison",
		"nopage",
		"ksm",
		"thp",
		"offline",
		"zero_page",
		"idle",
		"pgtable",
		[32] = "reserved",
		"mlocked",
		"owner_2",
		"private",
		"private_2",
		"owner_private",
		"arch",
		[40] = "softdirty",
		"arch_2",
		"arch_3",
	};
	char number[16];
	size_t used = 0;
	int bit;

	strcpy(buf, "none");
	for (bit = 0; bit < 64 && used < PAGE_FLAGS_TEXT_MAX; bit++) {
		if (!(flags >> bit & 1))
			continue;
		snprintf(number, sizeof(number), "bit %d", bit);
		used += snprintf(buf + used, PAGE_FLAGS_TEXT_MAX - used, "%s%s",
				 used ? ", " : "", words[bit] ?: number);
	}
	return buf;
}

static bool is_any(const u64 *flags, size_t nr, u64 wanted)
{
	u64 all = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		all |= flags[i];
	return all & wanted;
}

/* Free pages, of which there may be many, are known by their flags alone, and only mapped ones have a count. */
static int look_at_slice(struct page_source *source, u64 pfn, size_t nr,
			 struct page_look *looks)
{
	u64 flags[SLICE], counts[SLICE] = { 0 };
	size_t i, free = 0;
	int err = read_words(source->flags, pfn, flags, nr);

	while (!err && free < nr && flags[free] == 1 << PAGE_BUDDY)
		free++;
	if (!err && is_any(flags, nr, 1 << PAGE_MMAP | 1 << PAGE_HUGE))
		err = read_words(source->counts, pfn, counts, nr);
	for (i = 0; !err && i < nr; i++)
		looks[i] = (struct page_look){
			.flags = flags[i],
			.mapped = counts[i],
			.refs = PAGE_COUNT_UNKNOWN,
			.folio_mapped = PAGE_COUNT_UNKNOWN,
		};
	if (!err && source->bpf && free < nr)
		bpf_pages_look(source->bpf, pfn, nr, looks);
	return err;
}

int page_source_look(struct page_source *source, u64 pfn, size_t nr,
		     struct page_look *looks)
{
	size_t at, part;
	int err = 0;

	for (at = 0; !err && at < nr; at += part) {
		part = nr - at < SLICE ? nr - at : SLICE;
		err = look_at_slice(source, pfn + at, part, looks + at);
	}
	return err;
}

bool page_source_is_secret(struct page_source *source,
			   const struct page_look *look)
{
	return source->bpf && look->mapping &&
	       bpf_pages_are_secret(source->bpf, look->mapping);
}

u64 page_source_head(struct page_source *source, u64 pfn)
{
	struct page_look look;
	u64 at = pfn;

	while (at && pfn - at <= MOST_PAGES) {
		if (page_source_look(source, at, 1, &look))
			return pfn;
		if (!PAGE_IS(&look, PAGE_TAIL))
			return at;
		at--;
	}
	return pfn;
}

bool page_source_cache(struct page_source *source, u64 pfn, char *name,
		       size_t len)
{
	return source->bpf &&
	       bpf_pages_cache(source->bpf, page_source_head(source, pfn), name,
			       len);
}

bool page_source_table(struct page_source *source, u64 pfn, u32 *pid)
{
	return source->bpf && bpf_pages_table(source->bpf, pfn, pid);
}

bool page_source_notifiers(struct page_source *source, char *names, size_t len)
{
	u64 calls[NOTIFIERS];
	char name[SYMBOL_MAX];
	size_t i, used = 0;
	size_t nr = source->bpf ?
			    bpf_pages_notifiers(source->bpf, calls, NOTIFIERS) :
			    0;

	for (i = 0; i < nr && used < len; i++) {
		if (!symbol_at(calls[i], name))
			snprintf(name, sizeof(name), "0x%llx", calls[i]);
		used += snprintf(names + used, len - used, "%s%s",
				 i ? ", " : "", name);
	}
	return nr;
}

bool page_source_file(struct page_source *source, const struct page_look *look,
		      struct page_file *file)
{
	return source->bpf && !PAGE_IS(look, PAGE_ANON) &&
	       bpf_pages_file(source->bpf, look->mapping, file);
}

bool page_source_cma(struct page_source *source, u64 pfn, u64 nr, u64 *pages,
		     u64 *first)
{
	u64 size = source->pageblock_pages, at, end = pfn + nr, next;
	int is_cma;

	*pages = 0;
	if (!source->bpf || !size)
		return false;
	for (at = pfn; at < end; at = next) {
		next = at / size * size + size;
		if (next > end)
			next = end;
		is_cma = bpf_pages_is_cma(source->bpf, at, size);
		if (is_cma < 0)
			return false;
		if (is_cma && !*pages)
			*first = at;
		*pages += is_cma ? next - at : 0;
	}
	return true;
}

void page_source_settle(void)
{
	int node = 0;

	/* move_pages(2) empties the batches of all CPUs before it moves anything, here nothing. */
	if (syscall(SYS_move_pages, 0, 0UL, NULL, &node, NULL, 0) < 0)
		errno = 0;
}
