// SPDX-License-Identifier: GPL-2.0
/* What mhptop advises for each reason of a failure: each has a sentence of its own, which names what the user can do. */
#include "answers/advice.h"
#include "ktap.h"
#include "model/event_table.h"

/* Words of the sentences; every reason that the kernel can report must be here. */
static const struct {
	u32 reason;
	u32 kind;
	const char *says;
} cases[] = {
	{ MHP_REASON_UNALIGNED, 0, "multiples of the block size" },
	{ MHP_REASON_NO_NODE, 0, "correct the node" },
	{ MHP_REASON_NO_MEMORY, 0, "memmap_on_memory=Y" },
	{ MHP_REASON_ARCH_ADD, 0, "kernel's log" },
	{ MHP_REASON_DEVICE, 0, "earlier add" },
	{ MHP_REASON_HWPOISON, 0, "replace the memory" },
	{ MHP_REASON_MEMMAP, 0, "bring the block online that" },
	{ MHP_REASON_INVALID, 0, "check the range" },
	{ MHP_REASON_NO_ZONE, 0, "valid_zones" },
	{ MHP_REASON_HOLES, 0, "not RAM" },
	{ MHP_REASON_MULTIZONE, 0, "several zones" },
	{ MHP_REASON_ISOLATION, MHP_KIND_RESERVED, "when it booted" },
	{ MHP_REASON_ISOLATION, MHP_KIND_SLAB, "dropping caches" },
	{ MHP_REASON_ISOLATION, MHP_KIND_PGTABLE, "page table" },
	{ MHP_REASON_ISOLATION, MHP_KIND_HUGETLB, "Huge pages" },
	{ MHP_REASON_ISOLATION, MHP_KIND_OTHER, "ZONE_MOVABLE next time" },
	{ MHP_REASON_ISOLATION, 0, "ZONE_MOVABLE next time" },
	{ MHP_REASON_NODE_NOTIFIER, 0, "change of its node" },
	{ MHP_REASON_NOTIFIER, 0, "through that driver" },
	{ MHP_REASON_SIGNAL, MHP_KIND_ANON, "process that pins it" },
	{ MHP_REASON_SIGNAL, MHP_KIND_FILE, "pins that file" },
	{ MHP_REASON_SIGNAL, MHP_KIND_HUGETLB, "another node" },
	{ MHP_REASON_SIGNAL, MHP_KIND_SLAB, "ZONE_MOVABLE next time" },
	{ MHP_REASON_SIGNAL, 0, "try again" },
	{ MHP_REASON_UNMOVABLE, MHP_KIND_OFFLINE, "balloon" },
	{ MHP_REASON_UNMOVABLE, 0, "end what holds it" },
	{ MHP_REASON_HUGETLB, 0, "nr_hugepages" },
	{ MHP_REASON_NOT_OFFLINE, 0, "before you remove it" },
	{ MHP_REASON_MIXED_HOSTING, 0, "as it was added" },
	{ MHP_REASON_PART, 0, "remove all of it" },
	{ ADVICE_RETRIES, ADVICE_ASKS, "has not answered" },
	{ ADVICE_RETRIES, MHP_KIND_ANON, "interrupt the offline" },
	{ ADVICE_RETRIES, MHP_KIND_FILE, "page of a file is in use" },
	{ ADVICE_RETRIES, MHP_KIND_HUGETLB, "nowhere to go" },
	{ ADVICE_RETRIES, MHP_KIND_SLAB, "takes this slab page" },
	{ ADVICE_RETRIES, 0, "until a signal" },
};

#define NR_CASES (sizeof(cases) / sizeof(*cases))

static bool is_a_case(u32 reason)
{
	size_t i;

	for (i = 0; i < NR_CASES; i++)
		if (cases[i].reason == reason)
			return true;
	return false;
}

int main(void)
{
	const struct event_symbol *symbol;
	const char *text;
	size_t i, len;

	for (i = 0; i < NR_CASES; i++) {
		text = advice_for(cases[i].reason, cases[i].kind);
		len = strlen(text);
		ok(strstr(text, cases[i].says) && text[len - 1] == '.' &&
			   strchr(text, ':'),
		   "%s, %s",
		   cases[i].reason ?
			   event_symbol(event_reasons, cases[i].reason) :
			   "retries",
		   cases[i].kind ? event_symbol(event_kinds, cases[i].kind) :
				   "any page");
	}
	/* The last list entry is a word of old recordings, which carries the number of a reason that has an advice. */
	for (symbol = event_reasons; symbol->name; symbol++)
		if (symbol->value <= MHP_REASON_PART)
			ok(is_a_case(symbol->value), "%s is tested",
			   symbol->name);
	eq_text("a reason that is not known", advice_for(99, 0), "");
	return ktap_done();
}
