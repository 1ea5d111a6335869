// SPDX-License-Identifier: GPL-2.0
/* The account of a memory block as text and as JSON. */
#include "answers/account.h"
#include "base/units.h"

static const struct {
	const char *word;
	const char *text;
} owner_names[] = {
#define ACCOUNT_OWNER(name, word, text) [ACCOUNT_OWNER_##name] = { word, text },
	ACCOUNT_OWNERS(ACCOUNT_OWNER)
#undef ACCOUNT_OWNER
};

const char *account_owner_word(enum account_owner owner)
{
	return owner_names[owner].word;
}

/* " (2 MiB: 3 used, 1 free; 1 GiB: 1 used, 0 free)" */
static void print_huge(const struct page_account *account, u32 page_bytes,
		       FILE *out)
{
	const struct account_huge *huge;
	char size[UNITS_TEXT_MAX];
	const char *sep = " (";
	size_t i;

	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++) {
		huge = &account->huge[i];
		if (!huge->used && !huge->free)
			continue;
		fprintf(out, "%s%s: %llu used, %llu free", sep,
			size_text(size, huge->pages * page_bytes), huge->used,
			huge->free);
		if (huge->pinned.pages)
			fprintf(out, ", %llu pinned", huge->pinned.pages);
		if (huge->poisoned.pages)
			fprintf(out, ", %llu poisoned", huge->poisoned.pages);
		sep = "; ";
	}
	fputc(')', out);
}

/* "; offline pages: virtio-mem 512, balloon 20", whether their driver migrates them or not */
static void print_owners(const struct page_account *account, FILE *out)
{
	const char *sep = "; offline pages: ";
	enum account_owner owner;

	for (owner = 0; owner < ACCOUNT_NR_OWNERS; owner++) {
		if (!account->offline[owner])
			continue;
		fprintf(out, "%s%s %llu", sep, owner_names[owner].text,
			account->offline[owner]);
		sep = ", ";
	}
}

bool account_print_text(const struct page_account *account, u32 page_bytes,
			const char *before, FILE *out)
{
	const char *sep = before;
	enum account_kind kind;

	for (kind = 0; kind < ACCOUNT_NR_KINDS; kind++) {
		if (!account->kinds[kind].pages)
			continue;
		fprintf(out, "%s%s %llu", sep, account_kind_word(kind),
			account->kinds[kind].pages);
		if (kind == ACCOUNT_HUGETLB)
			print_huge(account, page_bytes, out);
		sep = ", ";
	}
	if (sep == before)
		return false;
	print_owners(account, out);
	if (account->unevictable)
		fprintf(out, "; unevictable %llu", account->unevictable);
	if (account->pinned.pages)
		fprintf(out, "; pinned %llu", account->pinned.pages);
	if (account->pinned_thp.pages)
		fprintf(out, "; pinned transparent huge pages %llu",
			account->pinned_thp.pages);
	if (account->poisoned_thp.pages)
		fprintf(out, "; poisoned transparent huge pages %llu",
			account->poisoned_thp.pages);
	fputc('\n', out);
	return true;
}

static void json_huge(const struct page_account *account, u32 page_bytes,
		      FILE *out)
{
	const struct account_huge *huge;
	const char *sep = "";
	size_t i;

	fputs("\"huge\":[", out);
	for (i = 0; i < ACCOUNT_HUGE_SIZES; i++) {
		huge = &account->huge[i];
		if (!huge->used && !huge->free)
			continue;
		fprintf(out,
			"%s{\"bytes\":%llu,\"used\":%llu,\"free\":%llu,\"pinned\":%llu,\"poisoned\":%llu}",
			sep, huge->pages * page_bytes, huge->used, huge->free,
			huge->pinned.pages, huge->poisoned.pages);
		sep = ",";
	}
	fputc(']', out);
}

void account_print_json(const struct page_account *account, u32 page_bytes,
			FILE *out)
{
	enum account_owner owner;
	enum account_kind kind;
	const char *sep = "";

	fputs("\"pages\":{", out);
	for (kind = 0; kind < ACCOUNT_NR_KINDS; kind++) {
		fprintf(out, "%s\"%s\":%llu", sep, account_kind_word(kind),
			account->kinds[kind].pages);
		sep = ",";
	}
	fputs("},", out);
	json_huge(account, page_bytes, out);
	sep = "";
	fputs(",\"offline_owners\":{", out);
	for (owner = 0; owner < ACCOUNT_NR_OWNERS; owner++) {
		fprintf(out, "%s\"%s\":%llu", sep, account_owner_word(owner),
			account->offline[owner]);
		sep = ",";
	}
	fprintf(out,
		"},\"unevictable\":%llu,\"pinned\":%llu,\"pinned_thp\":%llu,\"poisoned_thp\":%llu,\"cpu_ns\":%llu",
		account->unevictable, account->pinned.pages,
		account->pinned_thp.pages, account->poisoned_thp.pages,
		account->cpu_ns);
}
