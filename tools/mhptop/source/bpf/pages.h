/* SPDX-License-Identifier: GPL-2.0 */
/* What struct pages hold that /proc does not show: references and mappings. */
#ifndef BPF_PAGES_H
#define BPF_PAGES_H

#include "source/pages.h"

struct bpf_pages;

/* Load the programs that read struct pages. 0, or -errno with why. */
int bpf_pages_open(struct bpf_pages **pages, char *why, size_t len);
void bpf_pages_close(struct bpf_pages *pages);
/* Fill in the counts and mappings of nr pages from pfn on; those that cannot be read stay unknown. */
void bpf_pages_look(struct bpf_pages *pages, u64 pfn, size_t nr,
		    struct page_look *looks);
bool bpf_pages_are_secret(struct bpf_pages *pages, u64 mapping);

#endif
