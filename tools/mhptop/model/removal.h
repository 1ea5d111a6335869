/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tries to remove memory, such as the eject of a DIMM or offline_and_remove_memory():
 * the operations of a history that belong to one try, summed up.
 */
#ifndef MODEL_REMOVAL_H
#define MODEL_REMOVAL_H

#include "model/history.h"

/*
 * One try. A task takes memory blocks offline, then removes their range; if a block
 * refuses, it brings those that went back online. An eject tries all blocks, and then
 * the one that refused again; offline_and_remove_memory() stops at the first that does.
 */
struct removal {
	u64 start_pfn; /* of the memory that it is about */
	u64 nr_pages;
	u64 part; /* the recording */
	u64 ns; /* when its first operation began, or ended if its start was not seen */
	u32 blocks; /* that were tried */
	u32 offline; /* of these, those that went offline */
	u32 back; /* of these, those that were brought online again */
	u32 refusals; /* blocks that did not go offline */
	const struct history_operation
		*refused; /* the last offline of one that did not, NULL: none */
	const struct history_operation
		*remove; /* the removal itself, NULL: it did not come to that */
	bool in_progress;
	u8 way; /* enum who_way */
};

struct removals {
	struct removal *list; /* in the order of their begin */
	size_t nr;
	size_t room;
};

/*
 * Find the removals in a history that has ended. The operations that they point to are
 * those of the history. 0 or -ENOMEM. removals begins zeroed.
 */
int removals_find(struct removals *removals, const struct history *history,
		  const struct model *model);
void removals_free(struct removals *removals);

#define REMOVAL_TEXT_MAX 512
/*
 * What became of it: "DIMM at 0x100000000: 7 of 8 memory blocks went offline, memory39
 * refused (isolation, slab, dentry): the 7 were brought back". Only the running machine knows the name of the slab cache;
 * NULL: unknown.
 */
const char *removal_text(const struct model *model,
			 const struct removal *removal, const char *cache,
			 char text[REMOVAL_TEXT_MAX]);
/* Whether it is about memory of this range. */
bool removal_concerns(const struct removal *removal, u64 start_pfn,
		      u64 nr_pages);

#endif
