// SPDX-License-Identifier: GPL-2.0
/* What mhptop advises for each reason of a failure: each has a sentence of its own, which names what the user can do. */
#include "answers/advice.h"
#include "ktap.h"
#include "model/event_table.h"

/*
 * Words of the sentences; every reason that the kernel can report must be here,
 * with each operation that can fail for it (those of the reasons in rules/failed.c).
 */
static const struct {
	enum operation operation;
	u32 reason;
	u32 kind;
	const char *says;
} cases[] = {
	{ OPERATION_ADD, MHP_REASON_UNALIGNED, 0,
	  "multiples of the block size" },
	{ OPERATION_ADD, MHP_REASON_NO_NODE, 0, "correct the node" },
	{ OPERATION_ADD, MHP_REASON_NO_MEMORY, 0, "free some" },
	{ OPERATION_ADD, MHP_REASON_ARCH_ADD, 0, "memmap_on_memory=Y" },
	{ OPERATION_ADD, MHP_REASON_DEVICE, 0, "earlier add" },
	{ OPERATION_ONLINE, MHP_REASON_HWPOISON, 0, "replace the memory" },
	{ OPERATION_ONLINE, MHP_REASON_MEMMAP, 0, "free some" },
	{ OPERATION_ONLINE, MHP_REASON_INVALID, 0, "fill whole sections" },
	{ OPERATION_OFFLINE, MHP_REASON_INVALID, 0, "fill whole sections" },
	{ OPERATION_OFFLINE, MHP_REASON_NO_ZONE, 0, "No zone has all of it" },
	{ OPERATION_OFFLINE, MHP_REASON_HOLES, 0, "not RAM" },
	{ OPERATION_OFFLINE, MHP_REASON_MULTIZONE, 0, "several zones" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_RESERVED,
	  "when it booted" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_SLAB, "shrink" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_PGTABLE,
	  "page table" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_HUGETLB,
	  "Huge pages" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_OTHER,
	  "ZONE_MOVABLE next time" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, 0,
	  "ZONE_MOVABLE next time" },
	{ OPERATION_ONLINE, MHP_REASON_NODE_NOTIFIER, 0, "first memory" },
	{ OPERATION_OFFLINE, MHP_REASON_NODE_NOTIFIER, 0, "loses its last" },
	{ OPERATION_ONLINE, MHP_REASON_NOTIFIER, 0, "too little for it" },
	{ OPERATION_OFFLINE, MHP_REASON_NOTIFIER, 0, "through that driver" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_ANON,
	  "process that pins it" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_FILE,
	  "pins that file" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_HUGETLB,
	  "or something pinned it" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, ADVICE_HUGE_NO_ROOM,
	  "free one of its size on another node" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, ADVICE_HUGE_PINNED,
	  "process that pins it" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_HWPOISON,
	  "is poisoned" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, ADVICE_CMA, "CMA area" },
	{ OPERATION_OFFLINE, MHP_REASON_ISOLATION, ADVICE_HUGE_PINNED,
	  "Huge pages of this size" },
	{ OPERATION_OFFLINE, MHP_REASON_HUGETLB, MHP_KIND_HWPOISON,
	  "still in use" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_SLAB,
	  "ZONE_MOVABLE next time" },
	{ OPERATION_OFFLINE, MHP_REASON_SIGNAL, 0, "try again" },
	{ OPERATION_OFFLINE, MHP_REASON_UNMOVABLE, MHP_KIND_OFFLINE,
	  "balloon" },
	{ OPERATION_OFFLINE, MHP_REASON_UNMOVABLE, 0, "end what holds it" },
	{ OPERATION_OFFLINE, MHP_REASON_HUGETLB, 0, "nr_hugepages" },
	{ OPERATION_REMOVE, MHP_REASON_NOT_OFFLINE, 0, "before you remove it" },
	{ OPERATION_REMOVE, MHP_REASON_MIXED_HOSTING, 0, "as it was added" },
	{ OPERATION_REMOVE, MHP_REASON_PART, 0, "remove all of it" },
	{ OPERATION_ONLINE, ADVICE_RETRIES, ADVICE_ASKS, "has not answered" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, ADVICE_ASKS, "has not answered" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, MHP_KIND_ANON,
	  "interrupt the offline" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, MHP_KIND_FILE,
	  "page of a file is in use" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, MHP_KIND_HUGETLB,
	  "or something pins it" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, ADVICE_HUGE_NO_ROOM,
	  "nowhere to go: free one" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, ADVICE_HUGE_PINNED,
	  "process that pins it" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, MHP_KIND_HWPOISON, "is poisoned" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, MHP_KIND_SLAB,
	  "takes this slab page" },
	{ OPERATION_OFFLINE, ADVICE_RETRIES, 0, "until a signal" },
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

static bool is_case_of(enum operation operation, u32 reason)
{
	size_t i;

	for (i = 0; i < NR_CASES; i++)
		if (cases[i].operation == operation &&
		    cases[i].reason == reason)
			return true;
	return false;
}

/* A sentence about one operation says something wrong about another. */
static void test_other_operations(void)
{
	const struct event_symbol *symbol;
	char text[ADVICE_TEXT_MAX];
	unsigned int wrong;
	int i;

	for (i = 0; i < NR_OPERATIONS; i++) {
		wrong = 0;
		for (symbol = event_reasons; symbol->name; symbol++)
			wrong += symbol->value <= MHP_REASON_PART &&
				 !is_case_of(i, symbol->value) &&
				 *advice_for(text, i, symbol->value, 0,
					     ADVICE_OTHER_NODES);
		eq("no advice for reasons that it cannot have", wrong, 0);
	}
}

static void test_kinds(void)
{
	ok(!advice_kind(MHP_KIND_ANON, ADVICE_NO_ROOM) &&
		   !advice_kind(MHP_KIND_FILE, ADVICE_NO_ROOM),
	   "a page that has no room is not held");
	ok(advice_kind(MHP_KIND_HUGETLB, ADVICE_NO_ROOM) == ADVICE_HUGE_NO_ROOM,
	   "a huge page that has no room has nowhere to go");
	ok(advice_kind(MHP_KIND_HUGETLB, ADVICE_HAS_ROOM) == ADVICE_HUGE_PINNED,
	   "one that has room is held");
	ok(advice_kind(MHP_KIND_HUGETLB, ADVICE_ROOM_UNKNOWN) ==
		   MHP_KIND_HUGETLB,
	   "one of which that is not known may be either");
	ok(advice_kind(MHP_KIND_ANON, ADVICE_HAS_ROOM) == MHP_KIND_ANON &&
		   advice_kind(MHP_KIND_ANON, ADVICE_ROOM_UNKNOWN) ==
			   MHP_KIND_ANON,
	   "a page that has room is held");
}

/* Whether nothing shows that a part of it was left out, or how that is written down */
static bool is_sentence(const char *text)
{
	return !strpbrk(text, "[]{}|") && !strstr(text, "  ") &&
	       !strstr(text, " ,") && !strstr(text, " .");
}

/* No sentence speaks of another node on a machine that has none, or shows how that is written down. */
static void test_nodes(void)
{
	char text[ADVICE_TEXT_MAX];
	unsigned int named = 0, wrong = 0;
	size_t i;

	for (i = 0; i < NR_CASES; i++) {
		advice_for(text, cases[i].operation, cases[i].reason,
			   cases[i].kind, ADVICE_OTHER_NODES);
		named += strstr(text, "another node") != NULL;
		wrong += strpbrk(text, "[]{}|") != NULL;
		advice_for(text, cases[i].operation, cases[i].reason,
			   cases[i].kind, 0);
		wrong += strstr(text, "another node") || !is_sentence(text);
	}
	ok(named > 4, "%u sentences name another node", named);
	eq("none does where there is none", wrong, 0);
	eq_text("memory of the only node",
		advice_for(text, OPERATION_OFFLINE, ADVICE_RETRIES, 0, 0),
		"The kernel tries again until a signal ends it: free memory, or interrupt the offline.");
}

/* Memory that is in ZONE_MOVABLE already gets no advice to put it there, whatever the page is. */
static void test_zones(void)
{
	char text[ADVICE_TEXT_MAX];
	unsigned int named = 0, wrong = 0;
	size_t i;

	for (i = 0; i < NR_CASES; i++) {
		advice_for(text, cases[i].operation, cases[i].reason,
			   cases[i].kind, 0);
		named += strstr(text, "to ZONE_MOVABLE") != NULL;
		advice_for(text, cases[i].operation, cases[i].reason,
			   cases[i].kind, ADVICE_IN_MOVABLE);
		wrong += strstr(text, "ZONE_MOVABLE") || !is_sentence(text) ||
			 !strchr(text, ':') || text[strlen(text) - 1] != '.';
	}
	ok(named > 4, "%u sentences say to online memory to ZONE_MOVABLE",
	   named);
	eq("none names the zone of memory that is there", wrong, 0);
	eq_text("a slab page in it",
		advice_for(text, OPERATION_OFFLINE, MHP_REASON_ISOLATION,
			   MHP_KIND_SLAB, ADVICE_IN_MOVABLE),
		"The kernel allocated from it: this page may become free if you drop caches, then write 1 to /sys/kernel/slab/CACHE/shrink.");
}

int main(void)
{
	const struct event_symbol *symbol;
	char text[ADVICE_TEXT_MAX];
	size_t i, len;

	for (i = 0; i < NR_CASES; i++) {
		advice_for(text, cases[i].operation, cases[i].reason,
			   cases[i].kind, ADVICE_OTHER_NODES);
		len = strlen(text);
		ok(len && strstr(text, cases[i].says) && text[len - 1] == '.' &&
			   strchr(text, ':'),
		   "%s: %s, %s", operation_name(cases[i].operation),
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
	test_other_operations();
	test_kinds();
	test_nodes();
	test_zones();
	eq_text("a reason that is not known",
		advice_for(text, OPERATION_OFFLINE, 99, 0, ADVICE_OTHER_NODES),
		"");
	return ktap_done();
}
