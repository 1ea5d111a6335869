// SPDX-License-Identifier: GPL-2.0
/*
 * The columns of added ranges: how each is got from a range, and what state
 * follows from its account.
 *
 * How a value becomes a cell is in columns.c; tables are drawn by the views.
 */
#include "model/event_table.h"
#include "model/range_columns.h"

/*
 * Only the memmap of a whole range has them. While a range is added nothing
 * else tells that it hosts one.
 */
static s64 refs(const struct mhp_range *range)
{
	if (range->hosting != MHP_HOSTING_RANGE && !range->refs)
		return COLUMN_NONE;
	return range->refs;
}

/* clang-format off */
/* C(key, title, help, width, kind, shown, words, value of range in model) */
#define RANGE_COLUMNS(C)                                                                                               \
	C(base_pfn, "BASE", "its first page", 11, HEX, true, NULL, range->start_pfn)                                   \
	C(nr_pages, "PAGES", "its pages", 8, NUMBER, true, NULL, range->nr_pages)                                      \
	C(node, "NODE", "NUMA node", 4, NUMBER, true, NULL, range->nid)                                                \
	C(hosting, "HOSTING", "whose pages hold its memmap", 7, WORD, true, event_hostings, range->hosting)            \
	C(why, "WHY", "why it does, or does not, host its own memmap", 19, WORD, true, event_whys, range->why)         \
	C(sections, "SECT", "its sections that have a memmap", 5, NUMBER, true, NULL, range->sections)                 \
	C(refs, "REFS", "its sections that hold a reference on the memmap of the range", 5, NUMBER, true, NULL,        \
	  refs(range))                                                                                                 \
	C(vmemmap_pages, "VMEMMAP", "pages it gives up to hold its own memmap", 7, NUMBER, true, NULL,                 \
	  range->vmemmap_pages)                                                                                        \
	C(alloc, "ALLOC", "vmemmap pages populated for it and not freed yet", 7, NUMBER, true, NULL, range->alloc)     \
	C(order, "ORDER", "in which its sections' memmap was freed", 10, WORD, true, event_orders, range->order)       \
	C(free_pfn, "FREED", "the section whose memmap was freed last", 11, HEX, false, NULL,                          \
	  range->frees ? (s64)range->free_pfn : COLUMN_NONE)                                                           \
	C(flags, "FLAGS", "what its add was asked for", 5, HEX, false, NULL,                                           \
	  range->add.begin_ns ? range->flags : COLUMN_NONE)                                                            \
	C(removed, "REMOVED", "it was, and this is history", 7, FLAG, false, NULL, !!range->removed)                   \
	C(ret, "RET", "result of its add", 5, NUMBER, false, NULL, range->add.end_ns ? range->add_ret : COLUMN_NONE)   \
	C(add_ns, "ADDTIME", "how long its add took", 8, TIME, false, NULL, column_duration(&range->add))
/* clang-format on */

#define GETTER(key, title, help, width, kind, shown, words, value)       \
	static s64 get_##key(const struct model *model, const void *row) \
	{                                                                \
		const struct mhp_range *range = row;                     \
		(void)model;                                             \
		return value;                                            \
	}
RANGE_COLUMNS(GETTER)

#define ROW(key, title, help, width, kind, shown, words, value) \
	{ #key,	 title,	    help,  width, COLUMN_##kind,        \
	  shown, get_##key, words, false },
const struct column range_columns[] = { RANGE_COLUMNS(ROW){ 0 } };

/*
 * A range that hosts its memmap as a whole frees all of it at once, whichever
 * part was removed last. Of others a part may be gone for good.
 */
enum range_state range_state(const struct mhp_range *range)
{
	bool adding = range->add.begin_ns && !range->add.end_ns;
	bool removing = range->remove.begin_ns && !range->remove.end_ns;

	if (range->removed)
		return RANGE_REMOVED;
	if (range->frees && range->sections &&
	    (adding || removing || range->hosting == MHP_HOSTING_RANGE))
		return RANGE_FREEING;
	if (adding)
		return RANGE_ADDING;
	if (removing)
		return RANGE_REMOVING;
	if (range->add_ret)
		return RANGE_NOT_ADDED;
	return range->remove_ret ? RANGE_NOT_REMOVED : RANGE_THERE;
}

u32 range_sections(const struct mhp_range *range)
{
	return range->frees + range->sections;
}
