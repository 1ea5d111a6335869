// SPDX-License-Identifier: GPL-2.0
/* Finds what needs attention: one walk over the memory blocks, summed up for each device. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/attention.h"
#include "model/event_table.h"
#include "model/times.h"

const struct attention_info attention_infos[ATTENTION_NR] = {
#define ATTENTION_INFO(name, id, text, advice) \
	[ATTENTION_##name] = { id, text, advice },
	ATTENTIONS(ATTENTION_INFO)
#undef ATTENTION_INFO
};

/* Memory blocks that are judged together: those of a device, or of one add */
struct group {
	u64 start_pfn; /* of its first range */
	u64 end_pfn; /* of its last one */
	const char *device; /* NULL: the device is unknown */
	u64 first; /* memory blocks that are offline and never were online */
	u64 last;
	u64 offline;
	u64 added_ns; /* when the last of them was added, 0: before mhptop started */
	u64 online;
	u64 movable; /* of those that are online */
	u64 in_buddy; /* whose memmap takes memory from elsewhere */
	bool boot; /* there when the machine booted */
	bool hosting_unknown;
};

struct finder {
	struct attention *attention;
	const struct model *model;
	const struct attention_facts *facts; /* NULL: there are none */
	u64 patience_ns;
	struct group *
		groups; /* in ascending order; the last one is for blocks of no other */
	size_t nr;
	u64 block_pages;
	/* Numbers of the first and the last block that is going offline */
	u64 offlining_first; /* above the last: there is none */
	u64 offlining_last;
};

static void __attribute__((format(printf, 4, 5)))
found(struct finder *f, enum attention_id id, const char *what,
      const char *detail, ...)
{
	struct attention *attention = f->attention;
	struct attention_finding *finding;
	va_list args;

	attention->nr++;
	attention->of_id[id]++;
	if (attention->nr_kept == ATTENTION_KEPT)
		return;
	finding = &attention->kept[attention->nr_kept++];
	finding->id = id;
	snprintf(finding->what, sizeof(finding->what), "%s", what);
	va_start(args, detail);
	vsnprintf(finding->detail, sizeof(finding->detail), detail, args);
	va_end(args);
}

static void doubt(struct finder *f, enum attention_id id)
{
	f->attention->unknown |= 1U << id;
}

const char *attention_text(char buf[ATTENTION_TEXT],
			   const struct attention_finding *finding)
{
	const char *text = attention_infos[finding->id].text;

	snprintf(buf, ATTENTION_TEXT, "%s%s%s%s%s", finding->what,
		 *text ? ": " : " ", text,
		 *text && *finding->detail ? ": " : "", finding->detail);
	return buf;
}

/* Lines of one device follow each other in /proc/iomem. */
static void add_fact_groups(struct finder *f)
{
	const struct attention_range *range = f->facts->ranges;
	struct group *group;
	size_t i;

	for (i = 0; i < f->facts->nr_ranges; i++, range++) {
		group = f->nr ? &f->groups[f->nr - 1] : NULL;
		if (!group || strcmp(group->device, range->device)) {
			group = &f->groups[f->nr++];
			group->start_pfn = range->start_pfn;
			group->device = range->device;
		}
		group->end_pfn = range->start_pfn + range->nr_pages;
	}
}

static void add_ledger_groups(struct finder *f)
{
	const struct mhp_range *range = NULL;

	while ((range = ledger_next_range(f->model->ledger, range)))
		if (!range->removed && !range->add_ret)
			f->groups[f->nr++] = (struct group){
				.start_pfn = range->start_pfn,
				.end_pfn = range->start_pfn + range->nr_pages,
			};
}

/* False: out of memory. */
static bool make_groups(struct finder *f)
{
	bool facts = f->facts && f->facts->ranges_known;
	size_t most = facts ? f->facts->nr_ranges :
			      ledger_nr_ranges(f->model->ledger);

	f->groups = calloc(most + 1, sizeof(*f->groups));
	if (!f->groups)
		return false;
	if (facts)
		add_fact_groups(f);
	else
		add_ledger_groups(f);
	return true;
}

/* Blocks come in ascending order, and so do groups: *at is where the last block was. */
static struct group *group_of(struct finder *f, u64 start_pfn, size_t *at)
{
	while (*at < f->nr && f->groups[*at].end_pfn <= start_pfn)
		++*at;
	if (*at < f->nr && f->groups[*at].start_pfn <= start_pfn)
		return &f->groups[*at];
	return &f->groups[f->nr];
}

static void add_offline(struct finder *f, struct group *group,
			const struct mhp_block *block)
{
	u64 number = block->start_pfn / f->block_pages;

	/* Whoever took it offline knows. */
	if (block->offlines || block_is_adding(f->model, block))
		return;
	if (!group->offline++) {
		group->first = number;
		group->added_ns = block->add.end_ns;
	}
	group->last = number;
	if (block->add.end_ns > group->added_ns)
		group->added_ns = block->add.end_ns;
}

static void group_block(struct finder *f, struct group *group,
			const struct mhp_block *block, u64 number)
{
	if (block->state == MHP_STATE_GOING_OFFLINE) {
		if (number < f->offlining_first)
			f->offlining_first = number;
		f->offlining_last = number;
	}
	group->boot |= block->hosting == MHP_HOSTING_BOOT;
	group->hosting_unknown |= block->hosting <= MHP_HOSTING_NONE ||
				  block->flags & MHP_BLOCK_SYSFS;
	group->in_buddy += block->hosting == MHP_HOSTING_BUDDY;
	if (block->state == MHP_STATE_OFFLINE)
		add_offline(f, group, block);
	if (block->state != MHP_STATE_ONLINE)
		return;
	group->online++;
	group->movable += block->zone == MHP_ZONE_MOVABLE;
}

/* "dax0.0", or the range if its device is unknown. Returns buf. */
static const char *group_name(const struct finder *f, const struct group *group,
			      char buf[ATTENTION_WHAT])
{
	u64 page_bytes = f->model->info.page_bytes;

	if (group->device)
		snprintf(buf, ATTENTION_WHAT, "%s", group->device);
	else
		snprintf(buf, ATTENTION_WHAT, "0x%llx-0x%llx",
			 group->start_pfn * page_bytes,
			 group->end_pfn * page_bytes - 1);
	return buf;
}

/* "(8 blocks of PNP0C80:00) were", as it goes on after the names of the blocks. Returns buf. */
static const char *group_verb(const struct group *group, char buf[128])
{
	if (group->first != group->last)
		snprintf(buf, 128, "(%llu blocks%s%s) were", group->offline,
			 group->device ? " of " : "", group->device ?: "");
	else if (group->device)
		snprintf(buf, 128, "of %s was", group->device);
	else
		snprintf(buf, 128, "was");
	return buf;
}

static void judge_offline(struct finder *f, const struct group *group)
{
	u64 now = model_now(f->model), waited = now - group->added_ns;
	char what[ATTENTION_WHAT], verb[128], since[UNITS_TEXT_MAX];
	char when[64] = "offline when mhptop started";
	const char *policy = f->facts ? f->facts->policy : "";

	if (!group->offline || (group->added_ns && (now < group->added_ns ||
						    waited < f->patience_ns)))
		return;
	if (group->first == group->last)
		snprintf(what, sizeof(what), "memory%llu", group->first);
	else
		snprintf(what, sizeof(what), "memory%llu to memory%llu",
			 group->first, group->last);
	if (group->added_ns)
		snprintf(when, sizeof(when),
			 "added %s ago and %s still offline",
			 duration_text(since, waited, 1),
			 group->offline == 1 ? "is" : "are");
	found(f, ATTENTION_NOT_ONLINE, what, "%s %s%s%s",
	      group_verb(group, verb), when,
	      *policy ? "; auto_online_blocks is " : "", policy);
}

/* Whether the memory was to leave again: a part of it can, or the machine was set up so. */
static bool wants_movable(const struct finder *f, const struct group *group)
{
	if (group->movable)
		return true;
	return f->facts && (f->facts->movable_node ||
			    !strcmp(f->facts->policy, "online_movable"));
}

static void judge_zones(struct finder *f, const struct group *group)
{
	char what[ATTENTION_WHAT];

	if (group->boot || group->movable == group->online ||
	    !wants_movable(f, group))
		return;
	found(f, ATTENTION_KERNEL_ZONE, group_name(f, group, what),
	      "%llu of %llu memory blocks Movable, %llu in a kernel zone",
	      group->movable, group->online, group->online - group->movable);
}

static const struct attention_device *device_of(const struct finder *f,
						const struct group *group)
{
	size_t i;

	for (i = 0; f->facts && group->device && i < f->facts->nr_devices; i++)
		if (!strcmp(f->facts->devices[i].name, group->device))
			return &f->facts->devices[i];
	return NULL;
}

static bool hosting_is_on(const struct finder *f)
{
	const char *hosting = f->facts ? f->facts->hosting : "";

	return *hosting && strcmp(hosting, "N") && strcmp(hosting, "0");
}

/* Whether the kernel asked itself and refused; not requested and disabled come before that. */
static bool was_refused(const struct mhp_range *range)
{
	return range && range->why > MHP_WHY_DISABLED;
}

/* What decided that a range does not host its memmap */
static const char *hosting_decided(const struct attention_device *device,
				   const struct mhp_range *range)
{
	if (was_refused(range))
		return event_symbol(event_whys, range->why);
	if (device && device->dax && device->self_hosting == ATTENTION_NO)
		return "the device's own switch, memmap_on_memory, is 0";
	if (device && device->virtio_mem)
		return "the driver, virtio-mem, never asks for it";
	if (range && range->why == MHP_WHY_NOT_REQUESTED)
		return "the driver did not ask for it";
	return "it is unknown what decided that";
}

static void judge_memmap(struct finder *f, const struct group *group)
{
	const struct mhp_range *range;
	char what[ATTENTION_WHAT];

	if (group->boot || (!group->in_buddy && !group->hosting_unknown))
		return;
	range = ledger_find_range(f->model->ledger, group->start_pfn);
	if (!hosting_is_on(f) && !was_refused(range))
		return;
	if (group->hosting_unknown)
		doubt(f, ATTENTION_MEMMAP_IN_BUDDY);
	if (!group->in_buddy)
		return;
	found(f, ATTENTION_MEMMAP_IN_BUDDY, group_name(f, group, what),
	      "%llu memory block%s; %s", group->in_buddy,
	      group->in_buddy == 1 ? "" : "s",
	      hosting_decided(device_of(f, group), range));
}

/* The page that is in the way, as far as it is known. Returns buf. */
static const char *blocker_text(char buf[96], const struct mhp_block *block)
{
	const char *kind = event_symbol_known(event_kinds, block->blocker_kind);

	*buf = '\0';
	if (block->blockers)
		snprintf(buf, 96,
			 ", the last page in the way at pfn 0x%llx%s%s",
			 block->blocker_pfn, kind ? ", " : "",
			 kind ? kind : "");
	return buf;
}

static void judge_offlining(struct finder *f, const struct mhp_block *block)
{
	char what[ATTENTION_WHAT], since[UNITS_TEXT_MAX], page[96];
	u64 elapsed;

	if (!block_is_offlining(block))
		return;
	elapsed = phase_elapsed(f->model, &block->offline);
	if (elapsed < f->patience_ns)
		return;
	snprintf(what, sizeof(what), "memory%llu",
		 block->start_pfn / f->block_pages);
	found(f, ATTENTION_OFFLINE_RETRIES, what, "for %s%s%s",
	      block_offlines_late(block) ? "at least " : "",
	      duration_text(since, elapsed, 1), blocker_text(page, block));
}

const char *attention_plugged(char buf[ATTENTION_PLUGGED_MAX],
			      const struct attention_device *device)
{
	char min[UNITS_TEXT_MAX], max[UNITS_TEXT_MAX];

	size_text(min, device->plugged_min);
	size_text(max, device->plugged_max);
	if (device->plugged_min == device->plugged_max)
		snprintf(buf, ATTENTION_PLUGGED_MAX, "%s", min);
	else
		snprintf(buf, ATTENTION_PLUGGED_MAX, "%s to %s", min, max);
	return buf;
}

static void judge_virtio_mem(struct finder *f)
{
	const struct attention_device *device = f->facts->devices;
	char plugged[UNITS_TEXT_MAX], requested[UNITS_TEXT_MAX];
	size_t i;

	for (i = 0; i < f->facts->nr_devices; i++, device++) {
		if (!device->virtio_mem)
			continue;
		size_text(requested, device->requested);
		if (device->request_known &&
		    device->plugged_max < device->requested)
			found(f, ATTENTION_VIRTIO_MEM_BELOW, device->name,
			      "%s of %s",
			      size_text(plugged, device->plugged_max),
			      requested);
		else if (!device->request_known ||
			 device->plugged_min < device->requested)
			doubt(f, ATTENTION_VIRTIO_MEM_BELOW);
		if (device->request_known &&
		    device->plugged_min > device->requested)
			found(f, ATTENTION_VIRTIO_MEM_ABOVE, device->name,
			      "%s instead of %s",
			      size_text(plugged, device->plugged_min),
			      requested);
		else if (!device->request_known ||
			 device->plugged_max > device->requested)
			doubt(f, ATTENTION_VIRTIO_MEM_ABOVE);
	}
}

static void judge_left(struct finder *f)
{
	const struct mhp_range *range = NULL;
	u64 page_bytes = f->model->info.page_bytes;
	char what[ATTENTION_WHAT];

	/* What was freed may be among the events that are missing. */
	if (model_lost(f->model) && !f->model->loaded) {
		doubt(f, ATTENTION_MEMMAP_LEFT);
		return;
	}
	while ((range = ledger_next_range(f->model->ledger, range))) {
		if (!range->removed || !range->alloc)
			continue;
		snprintf(what, sizeof(what), "0x%llx-0x%llx",
			 range->start_pfn * page_bytes,
			 (range->start_pfn + range->nr_pages) * page_bytes - 1);
		found(f, ATTENTION_MEMMAP_LEFT, what, "%llu pages",
		      range->alloc);
	}
}

/* The snapshot has the pages of each block; later ones are only in the sum of the machine. */
static void judge_poisoned(struct finder *f)
{
	const struct mhp_block *block;
	u64 number = 0, sum = 0, more;
	char what[ATTENTION_WHAT];
	const u32 *pages;

	for (; (pages = sparse_next(&f->model->poisoned, &number)); number++) {
		block = ledger_find_block(f->model->ledger,
					  number * f->block_pages);
		if (!*pages || !block || block->state == MHP_STATE_REMOVED)
			continue;
		sum += *pages;
		snprintf(what, sizeof(what), "memory%llu", number);
		found(f, ATTENTION_POISONED, what, "%u page%s", *pages,
		      *pages == 1 ? "" : "s");
	}
	if (!f->facts || !f->facts->poisoned_known) {
		doubt(f, ATTENTION_POISONED);
		return;
	}
	more = f->facts->poisoned_bytes / f->model->info.page_bytes;
	more = more > sum ? more - sum : 0;
	if (more)
		found(f, ATTENTION_POISONED, "this machine",
		      "%llu more page%s, in unknown memory blocks", more,
		      more == 1 ? "" : "s");
}

static void judge_driver(struct finder *f, const struct group *group)
{
	const struct attention_device *device = device_of(f, group);

	if (!device || device->bound == ATTENTION_YES)
		return;
	if (device->bound == ATTENTION_UNSURE)
		doubt(f, ATTENTION_DRIVER_GONE);
	else
		found(f, ATTENTION_DRIVER_GONE, device->name,
		      "%llu memory block%s online", group->online,
		      group->online == 1 ? "" : "s");
}

/* One id after the other, so that what is kept and shown first does not depend on addresses. */
static void judge(struct finder *f)
{
	const struct mhp_block *block;
	u64 number = f->offlining_first;
	size_t i, nr;

	for (i = 0; i <= f->nr; i++)
		judge_offline(f, &f->groups[i]);
	for (i = 0; i < f->nr; i++)
		judge_zones(f, &f->groups[i]);
	for (i = 0; i < f->nr; i++)
		judge_memmap(f, &f->groups[i]);
	/* There may be one that is, at most times. */
	while (number <= f->offlining_last &&
	       (block = ledger_walk_blocks(f->model->ledger, &number, &nr)))
		for (; nr; nr--, block++, number++)
			judge_offlining(f, block);
	if (f->facts && f->facts->ranges_known)
		judge_virtio_mem(f);
	judge_left(f);
	judge_poisoned(f);
	for (i = 0; i < f->nr; i++)
		judge_driver(f, &f->groups[i]);
}

/* What no source of this model can tell, and what does not follow from a recording */
static void doubt_unreadable(struct finder *f)
{
	if (!f->facts || !f->facts->ranges_known) {
		doubt(f, ATTENTION_KERNEL_ZONE);
		doubt(f, ATTENTION_VIRTIO_MEM_BELOW);
		doubt(f, ATTENTION_VIRTIO_MEM_ABOVE);
		doubt(f, ATTENTION_DRIVER_GONE);
	}
	if (!f->facts || (hosting_is_on(f) && !f->facts->ranges_known))
		doubt(f, ATTENTION_MEMMAP_IN_BUDDY);
	if (f->model->info.kind == SOURCE_SYSFS)
		doubt(f, ATTENTION_MEMMAP_LEFT);
}

void attention_find(struct attention *attention, const struct model *model,
		    const struct attention_facts *facts, u64 patience_ns)
{
	struct finder f = {
		.attention = attention,
		.model = model,
		.facts = facts,
		.patience_ns = patience_ns,
		.block_pages = ledger_block_pages(model->ledger),
		.offlining_first = ~0ULL,
	};
	const struct mhp_block *block;
	size_t at = 0, i, nr;
	u64 number;

	attention->nr = attention->nr_kept = 0;
	memset(attention->of_id, 0, sizeof(attention->of_id));
	attention->unknown = 0;
	if (!make_groups(&f)) {
		attention->unknown = (1U << ATTENTION_NR) - 1;
		return;
	}
	for (number = 0;
	     (block = ledger_walk_blocks(model->ledger, &number, &nr));)
		for (; nr; nr--, block++, number++)
			if (block->state != MHP_STATE_REMOVED)
				group_block(&f,
					    group_of(&f, number * f.block_pages,
						     &at),
					    block, number);
	doubt_unreadable(&f);
	judge(&f);
	/* What was found is known. */
	for (i = 0; i < ATTENTION_NR; i++)
		if (attention->of_id[i])
			attention->unknown &= ~(1U << i);
	free(f.groups);
}
