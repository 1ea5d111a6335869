/* SPDX-License-Identifier: GPL-2.0 */
/* `mhptop plan add`: what it would cost to add memory, and whether that can work. */
#ifndef ANSWERS_PLAN_ADD_H
#define ANSWERS_PLAN_ADD_H

#include "answers/plan.h"

/* M(name, word of the kernel's parameter memmap_on_memory) */
#define PLAN_ADD_MODE_LIST(M) \
	M(N, "N")             \
	M(Y, "Y")             \
	M(FORCE, "force")     \
	M(RANGE, "range")
#define PLAN_ADD_MODES "N, Y, force or range" /* for messages */

enum plan_add_mode {
	PLAN_ADD_CURRENT, /* the one that this kernel was booted with */
#define PLAN_ADD_MODE(name, word) PLAN_ADD_##name,
	PLAN_ADD_MODE_LIST(PLAN_ADD_MODE)
#undef PLAN_ADD_MODE
		PLAN_ADD_NR_MODES
};

struct plan_add_opts {
	u64 bytes;
	bool has_address;
	u64 address;
	enum plan_add_mode mode;
};

/* Why a range would not host its memmap as the mode says: W(name, word, sentence) */
#define PLAN_ADD_WHYS(W)                                                                     \
	W(SELF_HOSTED, "self_hosted", "")                                                    \
	W(DISABLED, "disabled", "memmap_on_memory is off")                                   \
	W(NOT_SUPPORTED, "not_supported",                                                    \
	  "this kernel does not have that mode, and would keep memmap_on_memory off")        \
	W(ONE_BLOCK, "one_block",                                                            \
	  "before Linux 6.8, only an add of exactly one memory block hosts its memmap")      \
	W(PAGEBLOCK_UNALIGNED, "pageblock_unaligned",                                        \
	  "the memmap of a memory block does not fill whole pageblocks; force would pad it") \
	W(WHOLE_BLOCK, "whole_block",                                                        \
	  "the memmap would fill the whole memory block")                                    \
	W(ARCHITECTURE, "architecture",                                                      \
	  "the memmap of a memory block does not fill whole huge pages")                     \
	W(RANGE_UNALIGNED, "range_unaligned",                                                \
	  "the memmap of the range does not fill whole pageblocks, so that each memory block would host its own, if it can")

enum plan_add_why {
#define PLAN_ADD_WHY(name, word, text) PLAN_ADD_WHY_##name,
	PLAN_ADD_WHYS(PLAN_ADD_WHY)
#undef PLAN_ADD_WHY
		PLAN_ADD_NR_WHYS
};

/* What decides whether it can be added: R(name, word, answer, sentence) */
#define PLAN_ADD_REASONS(R)                                                                \
	R(SIZE_UNALIGNED, "size_unaligned", NO,                                            \
	  "the size is not a multiple of a memory block")                                  \
	R(ADDRESS_UNALIGNED, "address_unaligned", NO,                                      \
	  "the address is not a multiple of a memory block")                               \
	R(OVERLAPS, "overlaps", NO, "there is memory in this range already")               \
	R(TOO_HIGH, "too_high", NO,                                                        \
	  "the range ends above the highest address that the CPUs and the kernel can use") \
	R(NO_ROOM, "no_room", NO,                                                          \
	  "the kernel zones do not have that much free memory, even after reclaim")        \
	R(RECLAIM, "reclaim", UNKNOWN,                                                     \
	  "the kernel zones have that much only if the kernel reclaims memory")            \
	R(MODE_UNKNOWN, "mode_unknown", UNKNOWN,                                           \
	  "tracefs cannot be read, so it is unknown whether this kernel has the mode")     \
	R(HIDDEN, "hidden", UNKNOWN,                                                       \
	  "only root can see whether something is in this range already")

enum plan_add_reason {
#define PLAN_ADD_REASON(name, word, answer, text) PLAN_ADD_##name,
	PLAN_ADD_REASONS(PLAN_ADD_REASON)
#undef PLAN_ADD_REASON
		PLAN_ADD_NR_REASONS
};

/* All counts of pages are in pages of the base size */
struct plan_add {
	enum plan_answer answer;
	u32 reasons; /* a bit, 1 << enum plan_add_reason, for each */
	char in_way[160]; /* PLAN_ADD_OVERLAPS: the sentence if it is not memory, else "" */
	u64 address;
	bool assumed; /* nobody gave the address */
	u64 free_address; /* PLAN_ADD_OVERLAPS or TOO_HIGH: another one where it could be; 0: unknown */
	u64 bytes;
	u64 block_bytes;
	u32 page_bytes;
	u64 blocks;
	enum plan_add_mode mode;
	bool mode_is_current;
	u32 hosting; /* MHP_HOSTING_BUDDY, BLOCK or RANGE */
	enum plan_add_why why;
	bool can_self_host; /* with memmap_on_memory=Y, each memory block would */
	u64 memmap_pages;
	u64 buddy_pages; /* of the memmap, from free memory */
	u64 other_pages; /* about: page tables, and structures of memory blocks */
	u64 waste_pages; /* of the added memory, only to align the memmap */
	u64 free_pages; /* in kernel zones, above the watermarks */
	u64 reclaim_pages; /* that the kernel might make free there */
	bool has_gib; /* whether the direct mapping has pages of 1 GiB on this machine */
	bool has_gigantic; /* whether hugetlb has pages of 1 GiB on this machine */
	u64 gib; /* aligned pieces of 1 GiB in the range */
	u64 mapped_gib; /* of these, mapped as one page */
	u64 gigantic; /* of these, without memmap inside */
};

int plan_add_mode_parse(enum plan_add_mode *mode, const char *text);
const char *plan_add_why_word(enum plan_add_why why);

/*
 * Forecast an add by a driver that requests self-hosting, as that of a DIMM does, on
 * this machine or in a tree under root. 0, or -errno with why.
 */
int plan_add_make(struct plan_add *plan, const char *root,
		  const struct plan_add_opts *opts, char *why, size_t len);

/* As plan_print_text(). */
int plan_add_print_text(const struct plan_add *plan, FILE *to);
void plan_add_print_json(const struct plan_add *plan, FILE *out);

/* The command, as plan_offline_run(). */
int plan_add_run(const struct plan_add_opts *opts, bool json, FILE *out);

#endif
