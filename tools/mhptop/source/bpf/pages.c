// SPDX-License-Identifier: GPL-2.0
/*
 * Reads struct pages: a BPF program copies them, and where the fields are comes from
 * the kernel's BTF.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "source/bpf/bpf.h"
#include "source/bpf/pages.h"
#include "source/live.h"
#include "mhp.skel.h" /* needs our own types */

#define COPY_STEP 4096 /* MHP_COPY_STEP of bpf/mhp_copy.h */
#define SECRETS 16 /* mappings whose answer is remembered */
#define ANON_BIT 1 /* of mapping */
#define SECTION_PAGES (1 << 15) /* on x86-64 */
#define TYPE_MASK 7 /* of the bits of a pageblock: what it is for */
#define WORD_BITS 64

struct bpf_pages {
	struct bpf_source source;
	u64 mapping[SECRETS];
	bool secret[SECRETS];
	unsigned int next;
};

static int pages_run(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
}

static int locate_memmap(struct bpf_pages *self, char *why, size_t len)
{
	struct mhp_bpf *skel = self->source.skel;
	int err;

	if (self->source.found == -EPERM)
		return source_live_why(
			-EPERM, why, len,
			"kernel addresses are hidden (CAP_SYSLOG, kernel.kptr_restrict)");
	err = pages_run(skel->progs.mhp_copy_find);
	if (err)
		return source_live_why(err, why, len,
				       "cannot find the memmap: %s",
				       strerror(-err));
	if (!skel->bss->mhp_vmemmap_base)
		return source_live_why(
			-EOPNOTSUPP, why, len,
			"cannot find the memmap (CONFIG_KALLSYMS_ALL)");
	return 0;
}

int bpf_pages_open(struct bpf_pages **pages, char *why, size_t len)
{
	struct bpf_pages *self = calloc(1, sizeof(*self));
	int err = -ENOMEM;

	if (!self)
		return source_live_why(err, why, len, "out of memory");
	self->source.pages = true;
	err = source_live_info(&self->source.source.info, SOURCE_PROBES, "",
			       why, len);
	if (!err)
		err = bpf_source_load(&self->source, why, len);
	if (!err)
		err = locate_memmap(self, why, len);
	if (err) {
		bpf_pages_close(self);
		return err;
	}
	*pages = self;
	return 0;
}

void bpf_pages_close(struct bpf_pages *pages)
{
	mhp_bpf__destroy(pages->source.skel);
	free(pages);
}

static s32 page_number(const char *page, u32 offset)
{
	s32 value;

	memcpy(&value, page + offset, sizeof(value));
	return value;
}

static void take_page(const struct mhp_bpf__bss *bss, size_t at,
		      struct page_look *look)
{
	const char *page = bss->mhp_copy_buffer + at;
	u32 large = bss->mhp_large_mapcount_offset;

	/* What these fields mean in the other pages of a compound page differs between kernels. */
	if (PAGE_IS(look, PAGE_TAIL)) {
		look->refs = 0;
		return;
	}
	look->refs = page_number(page, bss->mhp_refcount_offset);
	memcpy(&look->mapping, page + bss->mhp_mapping_offset,
	       sizeof(look->mapping));
	/* It may be behind the first page of the folio, and so behind what was copied. */
	if (PAGE_IS(look, PAGE_HEAD) && large &&
	    at + large + sizeof(s32) <= bss->mhp_copy_bytes)
		look->folio_mapped = page_number(page, large) + 1;
}

void bpf_pages_look(struct bpf_pages *pages, u64 pfn, size_t nr,
		    struct page_look *looks)
{
	struct mhp_bpf__bss *bss = pages->source.skel->bss;
	size_t size = bss->mhp_page_bytes, at, part, i, whole;

	for (at = 0; at < nr; at += part) {
		part = sizeof(bss->mhp_copy_buffer) / size;
		if (part > nr - at)
			part = nr - at;
		bss->mhp_copy_at = bss->mhp_vmemmap_base + (pfn + at) * size;
		bss->mhp_copy_bytes =
			(part * size + COPY_STEP - 1) / COPY_STEP * COPY_STEP;
		if (pages_run(pages->source.skel->progs.mhp_copy))
			return;
		whole = bss->mhp_copy_bytes / size;
		for (i = 0; i < part && i < whole; i++)
			take_page(bss, i * size, &looks[at + i]);
	}
}

u64 bpf_pages_word(struct bpf_pages *pages, u64 at)
{
	struct mhp_bpf__bss *bss = pages->source.skel->bss;

	bss->mhp_copy_at = at;
	bss->mhp_copy_bytes = sizeof(bss->mhp_copy_word);
	if (pages_run(pages->source.skel->progs.mhp_copy) ||
	    !bss->mhp_copy_bytes)
		return 0;
	return bss->mhp_copy_word;
}

bool bpf_pages_copy(struct bpf_pages *pages, u64 at, void *to)
{
	struct mhp_bpf__bss *bss = pages->source.skel->bss;

	bss->mhp_copy_at = at;
	bss->mhp_copy_bytes = COPY_STEP;
	if (pages_run(pages->source.skel->progs.mhp_copy) ||
	    bss->mhp_copy_bytes != COPY_STEP)
		return false;
	memcpy(to, bss->mhp_copy_buffer, COPY_STEP);
	return true;
}

struct mhp_bpf *bpf_pages_skeleton(struct bpf_pages *pages)
{
	return pages->source.skel;
}

bool bpf_pages_are_secret(struct bpf_pages *pages, u64 mapping)
{
	struct mhp_bpf__bss *bss = pages->source.skel->bss;
	unsigned int i;
	u64 aops;

	if (mapping & ANON_BIT || !bss->mhp_secretmem_aops)
		return false;
	for (i = 0; i < SECRETS; i++)
		if (pages->mapping[i] == mapping)
			return pages->secret[i];
	aops = bpf_pages_word(pages, mapping + bss->mhp_aops_offset);
	if (!aops)
		return false;
	i = pages->next++ % SECRETS;
	pages->mapping[i] = mapping;
	pages->secret[i] = aops == bss->mhp_secretmem_aops;
	return pages->secret[i];
}

/* The address of the bits of a section's pageblocks, 0 if it cannot be found */
static u64 pageblock_bits(struct bpf_pages *pages, u64 section)
{
	const struct mhp_bpf__bss *bss = pages->source.skel->bss;
	u64 per_root = getpagesize() / bss->mhp_section_bytes, root, usage;

	root = bpf_pages_word(pages,
			      bss->mhp_at_sections + section / per_root * 8);
	if (!root)
		return 0;
	usage = bpf_pages_word(
		pages, root + section % per_root * bss->mhp_section_bytes +
			       bss->mhp_usage_offset);
	return usage ? usage + bss->mhp_pageblock_offset : 0;
}

int bpf_pages_is_cma(struct bpf_pages *pages, u64 pfn, u64 pageblock_pages)
{
	const struct mhp_bpf *skel = pages->source.skel;
	u64 at, bit, bits = 1;

	if (!skel->bss->mhp_section_bytes || !skel->rodata->mhp_x86_64)
		return -1;
	if (!skel->bss->mhp_migrate_cma)
		return 0;
	if (!skel->bss->mhp_pageblock_bits)
		return -1;
	while (bits < skel->bss->mhp_pageblock_bits)
		bits *= 2;
	at = pageblock_bits(pages, pfn / SECTION_PAGES);
	if (!at)
		return -1;
	bit = pfn % SECTION_PAGES / pageblock_pages * bits;
	return (bpf_pages_word(pages, at + bit / WORD_BITS * 8) >>
			bit % WORD_BITS &
		TYPE_MASK) == skel->bss->mhp_migrate_cma;
}
