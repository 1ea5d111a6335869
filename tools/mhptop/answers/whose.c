// SPDX-License-Identifier: GPL-2.0
/*
 * Names the owners of pages: processes that map them, files, slab caches, the process of a
 * page table.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "answers/whose.h"
#include "base/plain_text.h"
#include "model/event_table.h"
#include "source/live.h"
#include "source/page_owner.h"
#include "source/symbol.h"
#include "source/task.h"

#define MAPPINGS_SHOWN 3
/* At a page that is not mapped while the kernel tries to migrate it; one more cannot help where processes cannot be read. */
#define MAPPING_TRIES 5
#define TRY_PAUSE_NS 3000000
#define LARGEST_FOLIO 512 /* pages, but for those of hugetlb */

/* Kinds that can be in the way, the most likely first; free pages and memmap are not. */
static const enum account_kind in_the_way[] = {
	ACCOUNT_RESERVED, ACCOUNT_SLAB,	       ACCOUNT_PGTABLE, ACCOUNT_OTHER,
	ACCOUNT_SECRET,	  ACCOUNT_HUGETLB,     ACCOUNT_OFFLINE, ACCOUNT_ANON,
	ACCOUNT_FILE,	  ACCOUNT_MOVABLE_OPS,
};

#define NR_IN_THE_WAY (sizeof(in_the_way) / sizeof(*in_the_way))

u32 whose_event_kind(enum account_kind kind)
{
	const struct event_symbol *symbol;

	if (kind == ACCOUNT_NR_KINDS)
		return 0;
	for (symbol = event_kinds; symbol->name; symbol++)
		if (!strcmp(symbol->name, account_kind_word(kind)))
			return symbol->value;
	return MHP_KIND_OTHER;
}

/*
 * The pages of the folio that begins with a page. A process may map some of them only. Those of hugetlb are mapped as
 * a whole.
 */
static u64 mappable_pages(struct page_source *source, u64 head)
{
	struct page_look looks[LARGEST_FOLIO];

	if (page_source_look(source, head, LARGEST_FOLIO, looks) ||
	    PAGE_IS(looks, PAGE_HUGE))
		return 1;
	return account_folio_pages(looks, LARGEST_FOLIO);
}

static size_t find_mappings(u64 pfn, u64 nr_pages,
			    struct task_mapping *mappings, bool *complete)
{
	const struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
	size_t nr = 0;
	int i;

	*complete = true;
	for (i = 0; !nr && *complete && i < MAPPING_TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		nr = task_find_mappings(pfn, nr_pages, mappings, MAPPINGS_SHOWN,
					complete);
	}
	return nr;
}

static void print_mappings(u64 pfn, u64 nr_pages, FILE *out)
{
	struct task_mapping mappings[MAPPINGS_SHOWN];
	bool complete;
	size_t nr = find_mappings(pfn, nr_pages, mappings, &complete), i;

	for (i = 0; i < nr && i < MAPPINGS_SHOWN; i++) {
		plain_text(mappings[i].comm);
		plain_text(mappings[i].path);
		fprintf(out, "%s%s (%u) at 0x%llx%s%s",
			i ? ", " : ", mapped by ", mappings[i].comm,
			mappings[i].pid, mappings[i].address,
			*mappings[i].path ? " " : "", mappings[i].path);
	}
	if (nr > MAPPINGS_SHOWN)
		fprintf(out, " and %zu more", nr - MAPPINGS_SHOWN);
	if (!nr)
		fputs(complete ?
			      ", mapped by no process" :
			      ", mapped by none of the processes that could be read",
		      out);
	else if (!complete)
		fputs("; not all processes could be read", out);
}

static void print_file(struct page_source *source, const struct page_look *look,
		       FILE *out)
{
	struct page_file file;

	if (!page_source_file(source, look, &file)) {
		fputs(", of an unknown file", out);
		return;
	}
	plain_text(file.name);
	plain_text(file.system);
	fprintf(out, " %s (inode %llu of %s)", *file.name ? file.name : "?",
		file.inode, *file.system ? file.system : "?");
}

static void print_table(struct page_source *source, u64 pfn, FILE *out)
{
	char comm[TASK_COMM];
	u32 pid;

	if (!page_source_table(source, pfn, &pid)) {
		fputs(*page_source_blind(source) ?
			      ", of an unknown process" :
			      "; no process was found that uses it",
		      out);
		return;
	}
	if (source_live_text(comm, sizeof(comm), "/proc/%u/comm", pid) <= 0)
		snprintf(comm, sizeof(comm), "?");
	plain_text(comm);
	fprintf(out, " of %s (%u)", comm, pid);
}

/* The name of a slab cache, from its head page */
static bool read_cache(struct page_source *source, u64 head,
		       char name[WHOSE_CACHE_MAX])
{
	if (!page_source_cache(source, head, name, WHOSE_CACHE_MAX))
		return false;
	plain_text(name);
	return true;
}

bool whose_cache(struct page_source *source, u64 pfn,
		 char name[WHOSE_CACHE_MAX])
{
	u64 head = page_source_head(source, pfn);
	struct page_look look;

	return !page_source_look(source, head, 1, &look) &&
	       account_kind_of(&look, source) == ACCOUNT_SLAB &&
	       read_cache(source, head, name);
}

static void print_cache(struct page_source *source, u64 pfn, FILE *out)
{
	char name[WHOSE_CACHE_MAX];

	if (read_cache(source, pfn, name)) {
		fprintf(out, ", cache %s", name);
	} else {
		fputs(", of an unknown cache", out);
	}
}

static void print_owner(struct page_source *source, enum account_kind kind,
			u64 pfn, const struct page_look *look, FILE *out)
{
	u64 nr = mappable_pages(source, pfn);

	switch (kind) {
	case ACCOUNT_SLAB:
		print_cache(source, pfn, out);
		break;
	case ACCOUNT_PGTABLE:
		print_table(source, pfn, out);
		break;
	case ACCOUNT_FILE:
	case ACCOUNT_SECRET:
		print_file(source, look, out);
		print_mappings(pfn, nr, out);
		break;
	case ACCOUNT_ANON:
	case ACCOUNT_HUGETLB:
		print_mappings(pfn, nr, out);
		break;
	case ACCOUNT_FREE:
		fputs(" by now", out);
		break;
	default:
		fputs("; the kernel does not record who holds it", out);
	}
}

/* Who allocated it is another question than whose it is; a line only where the kernel keeps that. */
static void print_allocated(u64 pfn, FILE *out)
{
	struct page_owner owner;

	if (page_owner_find(pfn, &owner))
		return;
	plain_text(owner.comm);
	fprintf(out, "alloc    by %s (%u), order %u, in %s\n", owner.comm,
		owner.pid, owner.order, owner.stack);
}

static void print_flags(u64 flags, FILE *out)
{
	char text[PAGE_FLAGS_TEXT_MAX];

	fprintf(out, "flags    %s\n", page_flags_text(text, flags));
}

void whose_print(struct page_source *source, u64 pfn, FILE *out)
{
	u64 head = page_source_head(source, pfn);
	struct page_look look;
	enum account_kind kind;

	fprintf(out, "whose    pfn 0x%llx: ", pfn);
	if (page_source_look(source, head, 1, &look)) {
		fputs("it cannot be read\n", out);
		return;
	}
	kind = account_kind_of(&look, source);
	fputs(account_kind_word(kind), out);
	print_owner(source, kind, head, &look, out);
	fputc('\n', out);
	if (kind == ACCOUNT_FREE)
		return;
	print_flags(look.flags, out);
	print_allocated(head, out);
}

u32 whose_print_left(struct page_source *source, u64 start_pfn, u64 nr_pages,
		     FILE *out)
{
	const struct account_facts facts = { .start_pfn = start_pfn,
					     .nr_pages = nr_pages };
	const struct account_count *count;
	struct page_account account;
	const char *sep;
	u32 kind = 0;
	u64 pages = 0;
	size_t i;

	if (account_count(&account, source, &facts)) {
		fputs("left     unknown: its pages cannot be read\n", out);
		return 0;
	}
	for (i = 0; i < NR_IN_THE_WAY; i++)
		pages += account.kinds[in_the_way[i]].pages;
	fprintf(out, "left     %llu page%s", pages, pages == 1 ? "" : "s");
	sep = ": ";
	for (i = 0; i < NR_IN_THE_WAY; i++) {
		count = &account.kinds[in_the_way[i]];
		if (!count->pages)
			continue;
		kind = kind ?: whose_event_kind(in_the_way[i]);
		fprintf(out, "%s%llu %s", sep, count->pages,
			account_kind_word(in_the_way[i]));
		sep = ", ";
	}
	fputc('\n', out);
	for (i = 0; i < NR_IN_THE_WAY; i++)
		if (account.kinds[in_the_way[i]].pages)
			whose_print(source, account.kinds[in_the_way[i]].first,
				    out);
	return kind;
}

bool whose_print_task(const char *function, FILE *out)
{
	struct task_inside task;
	int err = task_find_inside(function, &task);

	if (err) {
		fprintf(out, "task     unknown: %s\n",
			err == -EPERM ?
				"only root can read the stacks of the kernel" :
				"it was in no stack that the kernel shows");
		return false;
	}
	plain_text(task.comm);
	fprintf(out, "task     %s (%u), in %s\n", task.comm, task.pid,
		task.stack);
	return strstr(task.stack, "notifier_call_chain");
}

static void print_asked(struct page_source *source, FILE *out)
{
	char names[1024];

	if (page_source_notifiers(source, names, sizeof(names)))
		fprintf(out, "asked    one of these refused: %s\n", names);
	else
		fputs("refused  unknown: the functions that the kernel asks cannot be read\n",
		      out);
}

void whose_print_refused(struct page_source *source, bool known, s64 distance,
			 FILE *out)
{
	char name[SYMBOL_MAX];

	if (!source)
		fprintf(out, "refused  unknown: %s\n",
			known ? "only the machine of the recording can name it, until it reboots" :
				"the recording does not say");
	else if (!known)
		print_asked(source, out);
	else if (symbol_from_text(distance, name))
		fprintf(out, "refused  %s\n", name);
	else
		fputs("refused  unknown: the function no longer exists\n", out);
}
