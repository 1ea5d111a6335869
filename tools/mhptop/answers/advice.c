// SPDX-License-Identifier: GPL-2.0
/* The table of what to do, the only one. */
#include <ctype.h>
#include <string.h>

#include "answers/advice.h"
#include "mhp_event.h"

#define ADD (1 << OPERATION_ADD)
#define ONLINE (1 << OPERATION_ONLINE)
#define OFFLINE (1 << OPERATION_OFFLINE)
#define REMOVE (1 << OPERATION_REMOVE)

struct advice {
	u32 operations; /* that can fail for the reason, and that the sentence fits */
	u32 reason;
	u32 kind; /* of the page in the way, 0: any other */
	const char *
		text; /* [said if another node has memory] {said unless the block is in ZONE_MOVABLE|said if it is} */
};

static const struct advice advices[] = {
	{ ONLINE | OFFLINE, ADVICE_RETRIES, ADVICE_ASKS,
	  "A driver was asked whether the memory may change its state, and has not answered: the innermost functions of the stack name it." },
	{ OFFLINE, ADVICE_RETRIES, MHP_KIND_ANON,
	  "Something holds this page: end or restart the process that pins it (a device passed through, RDMA, io_uring, a pipe), or interrupt the offline." },
	{ OFFLINE, ADVICE_RETRIES, MHP_KIND_FILE,
	  "This page of a file is in use: find who reads or pins that file, or interrupt the offline." },
	{ OFFLINE, ADVICE_RETRIES, MHP_KIND_HUGETLB,
	  "This huge page has nowhere to go, or something pins it: free one of its size[ on another node], or end the process that pins it, or interrupt the offline." },
	{ OFFLINE, ADVICE_RETRIES, ADVICE_HUGE_NO_ROOM,
	  "This huge page has nowhere to go: free one of its size[ on another node], or interrupt the offline." },
	{ OFFLINE, ADVICE_RETRIES, ADVICE_HUGE_PINNED,
	  "Something holds this huge page: end or restart the process that pins it (a device passed through, RDMA, io_uring, a pipe), or interrupt the offline." },
	{ OFFLINE, ADVICE_RETRIES, MHP_KIND_HWPOISON,
	  "A page is poisoned, and something holds the transparent huge page around it: end the process that pins it, or interrupt the offline." },
	{ OFFLINE, ADVICE_RETRIES, MHP_KIND_SLAB,
	  "The kernel allocated from it, and mistakes this slab page for a free one: interrupt the offline{, and online the block to ZONE_MOVABLE next time|}." },
	{ OFFLINE, ADVICE_RETRIES, 0,
	  "The kernel tries again until a signal ends it: free memory[ on another node], or interrupt the offline." },
	{ ADD, MHP_REASON_UNALIGNED, 0,
	  "Add memory in whole memory blocks: give the device a size and an address that are multiples of the block size." },
	{ ADD, MHP_REASON_NO_NODE, 0,
	  "The firmware names a node that the kernel cannot bring up: correct the node of the device." },
	{ ADD, MHP_REASON_NO_MEMORY, 0,
	  "The kernel had no memory left for what describes the new memory: free some, then add the memory again." },
	{ ADD, MHP_REASON_ARCH_ADD, 0,
	  "The new memory could not be mapped: if memory was short (Cannot allocate memory), free some, or let the new memory host its memmap (memory_hotplug.memmap_on_memory=Y); if something is at its address already (File exists), remove that; else see the kernel's log." },
	{ ADD, MHP_REASON_DEVICE, 0,
	  "The memory block device could not be created: free memory if it was short (Cannot allocate memory), remove what is left of an earlier add (File exists), then add the memory again." },
	{ ONLINE, MHP_REASON_HWPOISON, 0,
	  "A page of it is poisoned, so it cannot go online again: leave it offline and replace the memory." },
	{ ONLINE, MHP_REASON_MEMMAP, 0,
	  "The kernel had no memory to set up the memmap that it needs: free some, then try again." },
	{ ONLINE | OFFLINE, MHP_REASON_INVALID, 0,
	  "Its pages do not fill whole sections, which the kernel never expects: report the warning in its log as a bug of the kernel." },
	{ OFFLINE, MHP_REASON_NO_ZONE, 0,
	  "No zone has all of it, as it has holes or spans several zones, so it can never go offline: leave it online." },
	{ OFFLINE, MHP_REASON_HOLES, 0,
	  "A part of it is not RAM, so it can never go offline: leave it online." },
	{ OFFLINE, MHP_REASON_MULTIZONE, 0,
	  "It spans several zones, so it can never go offline: leave it online." },
	{ OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_RESERVED,
	  "This page is reserved, for good if the kernel did that when it booted: leave the block online, unless a driver did it and gives the page back." },
	{ OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_SLAB,
	  "The kernel allocated from it: {online it to ZONE_MOVABLE next time; |}this page may become free if you drop caches, then write 1 to /sys/kernel/slab/CACHE/shrink." },
	{ OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_PGTABLE,
	  "A page table of a process lies in it: end that process{, and online the block to ZONE_MOVABLE next time|}." },
	{ OFFLINE, MHP_REASON_ISOLATION, MHP_KIND_HUGETLB,
	  "Huge pages of this size cannot be migrated here: free them, and reserve them in memory that stays." },
	{ OFFLINE, MHP_REASON_ISOLATION, ADVICE_CMA,
	  "It is memory of a CMA area, which the kernel never takes offline: leave it online, or boot with a smaller area or one elsewhere (cma=)." },
	{ OFFLINE, MHP_REASON_ISOLATION, 0,
	  "{The kernel allocated from it: online it to ZONE_MOVABLE next time, where only pages that can be moved are allocated|Another task may have isolated some of its pages at that moment, as the allocation of a gigantic page does: try again}." },
	{ ONLINE | OFFLINE, MHP_REASON_NODE_NOTIFIER, 0,
	  "A part of the kernel refused that the node gets its first memory or loses its last: see the kernel's log for the reason, then try again." },
	{ ONLINE, MHP_REASON_NOTIFIER, 0,
	  "A driver or another part of the kernel refused: free memory if there was too little for it (Cannot allocate memory), else see the kernel's log, then try again." },
	{ OFFLINE, MHP_REASON_NOTIFIER, 0,
	  "A driver refused, such as that of a device that owns the memory: take the memory away through that driver." },
	{ OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_ANON,
	  "Something held the page until the offline was interrupted: end or restart the process that pins it (a device passed through, RDMA, io_uring, a pipe), then try again." },
	{ OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_FILE,
	  "A page of a file was in use until the offline was interrupted: find who reads or pins that file, then try again." },
	{ OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_HUGETLB,
	  "A huge page had nowhere to go, or something pinned it, until the offline was interrupted: free one of its size[ on another node], or end the process that pins it, then try again." },
	{ OFFLINE, MHP_REASON_SIGNAL, ADVICE_HUGE_NO_ROOM,
	  "A huge page had nowhere to go until the offline was interrupted: free one of its size[ on another node], then try again." },
	{ OFFLINE, MHP_REASON_SIGNAL, ADVICE_HUGE_PINNED,
	  "Something held a huge page until the offline was interrupted: end or restart the process that pins it (a device passed through, RDMA, io_uring, a pipe), then try again." },
	{ OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_HWPOISON,
	  "A page is poisoned, and something held the transparent huge page around it until the offline was interrupted: end the process that pins it, then try again." },
	{ OFFLINE, MHP_REASON_SIGNAL, MHP_KIND_SLAB,
	  "The kernel allocated from it, and tried until the offline was interrupted: {online the block to ZONE_MOVABLE next time|try again}." },
	{ OFFLINE, MHP_REASON_SIGNAL, 0,
	  "The offline was interrupted before its pages had moved: try again, with more time, and with more free memory[ on another node]." },
	{ OFFLINE, MHP_REASON_UNMOVABLE, MHP_KIND_OFFLINE,
	  "A driver took this page and keeps it: give memory back first (deflate the balloon, or resize virtio-mem)." },
	{ OFFLINE, MHP_REASON_UNMOVABLE, 0,
	  "A page cannot be moved: end what holds it, then try again{; ZONE_MOVABLE has few such pages|}." },
	{ OFFLINE, MHP_REASON_HUGETLB, MHP_KIND_HWPOISON,
	  "A huge page is poisoned and still in use, so the kernel keeps it: end the process that pins it; if nothing does, as with a page of a file, the memory stays online until the machine reboots." },
	{ OFFLINE, MHP_REASON_HUGETLB, 0,
	  "Its free huge pages are reserved: raise nr_hugepages[ on another node], or end the process that reserved them." },
	{ REMOVE, MHP_REASON_NOT_OFFLINE, 0,
	  "A memory block of the range is online: take all of them offline before you remove it." },
	{ REMOVE, MHP_REASON_MIXED_HOSTING, 0,
	  "The range was added in parts whose memmaps have different hosts: remove each part as it was added." },
	{ REMOVE, MHP_REASON_PART, 0,
	  "A range that hosts its memmap as a whole can only be removed as a whole: take all of it offline, and remove all of it." },
};

u32 advice_kind(u32 kind, enum advice_room room)
{
	if (kind == MHP_KIND_HUGETLB)
		return room == ADVICE_NO_ROOM  ? ADVICE_HUGE_NO_ROOM :
		       room == ADVICE_HAS_ROOM ? ADVICE_HUGE_PINNED :
						 kind;
	if (room == ADVICE_NO_ROOM &&
	    (kind == MHP_KIND_ANON || kind == MHP_KIND_FILE))
		return 0;
	return kind;
}

/* Copy a text with what it says in this place. */
static void copy_text(char *buf, const char *end, const char *text,
		      unsigned int place)
{
	bool movable = place & ADVICE_IN_MOVABLE, says = true;

	for (; *text && buf < end; text++)
		switch (*text) {
		case '[':
			says = place & ADVICE_OTHER_NODES;
			break;
		case '{':
			says = !movable;
			break;
		case '|':
			says = movable;
			break;
		case ']':
		case '}':
			says = true;
			break;
		default:
			if (says)
				*buf++ = *text;
		}
	*buf = '\0';
}

/* The sentence about this very kind, NULL: none */
static const char *find_advice(enum operation operation, u32 reason, u32 kind)
{
	size_t i;

	for (i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (advices[i].operations >> operation & 1 &&
		    advices[i].reason == reason && advices[i].kind == kind)
			return advices[i].text;
	return NULL;
}

const char *advice_for(char buf[ADVICE_TEXT_MAX], enum operation operation,
		       u32 reason, u32 kind, unsigned int place)
{
	bool huge = kind == ADVICE_HUGE_NO_ROOM || kind == ADVICE_HUGE_PINNED;
	static const char if_not_ended[] = "If it has not ended: ";
	const char *text = find_advice(operation, reason, kind);
	char *at = buf;

	if (!text && huge)
		text = find_advice(operation, reason, MHP_KIND_HUGETLB);
	if (!text)
		text = find_advice(operation, reason, 0);
	if (text && reason == ADVICE_RETRIES && place & ADVICE_END_UNSEEN)
		at += snprintf(at, ADVICE_TEXT_MAX, "%s", if_not_ended);
	copy_text(at, buf + ADVICE_TEXT_MAX - 1, text ? text : "", place);
	if (at > buf)
		*at = tolower((unsigned char)*at);
	return buf;
}

unsigned int advice_place(const struct mhp_ledger *ledger, u64 pfn, u32 zone)
{
	const struct mhp_block *block =
		ledger ? ledger_find_block(ledger, pfn) : NULL;
	const struct mhp_zone_account *other = NULL;
	unsigned int place = zone == MHP_ZONE_MOVABLE ? ADVICE_IN_MOVABLE : 0;

	while (block && (other = ledger_next_zone(ledger, other)))
		if (other->nid != block->nid &&
		    (other->managed || other->blocks_online))
			return place | ADVICE_OTHER_NODES;
	return place;
}

void advice_print(enum operation operation, u32 reason, u32 kind,
		  unsigned int place, FILE *out)
{
	char text[ADVICE_TEXT_MAX];

	if (*advice_for(text, operation, reason, kind, place))
		fprintf(out, "do       %s\n", text);
}
