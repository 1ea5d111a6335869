// SPDX-License-Identifier: GPL-2.0
/* Reads how much memory is free where, and computes how much of it can take pages of a zone. */
#include <errno.h>
#include <limits.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers/room.h"
#include "model/event_table.h"
#include "source/live.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages"

static FILE *room_open(const char *root, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", root, name);
	return fopen(path, "re");
}

static struct room_zone *add_room_zone(struct room *room, s32 nid,
				       const char *name)
{
	struct room_zone *zone, *last;
	long word = event_symbol_value(event_zones, name, strlen(name));

	if (room->nr_zones == ROOM_ZONES)
		return NULL;
	last = room->nr_zones ? &room->zones[room->nr_zones - 1] : NULL;
	zone = &room->zones[room->nr_zones++];
	*zone = (struct room_zone){
		.nid = nid,
		.zone = word > 0 ? word : MHP_ZONE_NONE,
		.nth = last && last->nid == nid ? last->nth + 1 : 0,
	};
	return zone;
}

/* "(0, 962, 962, 3010)" */
static void take_protection(struct room_zone *zone, const char *text)
{
	unsigned int i = 0;
	char *end;

	while (i < ROOM_PROTECTIONS && (*text == '(' || *text == ',')) {
		zone->protection[i++] = strtoull(text + 1, &end, 10);
		text = end;
	}
}

static void take_zone_line(struct room_zone *zone, const char *line)
{
	char name[64], text[256];
	u64 pages;

	if (sscanf(line, " pages free %llu", &pages) == 1)
		zone->free = pages;
	else if (sscanf(line, " protection: %255[^\n]", text) == 1)
		take_protection(zone, text);
	else if (sscanf(line, " count: %llu", &pages) == 1)
		zone->free += pages;
	else if (sscanf(line, " %63[a-z_] %llu", name, &pages) != 2)
		return;
	else if (!strcmp(name, "min"))
		zone->min = pages;
	else if (!strcmp(name, "managed"))
		zone->managed = pages;
	else if (!strcmp(name, "cma"))
		zone->cma = pages;
	else if (!strcmp(name, "nr_free_cma"))
		zone->free_cma = pages;
	else if (!strcmp(name, "nr_zone_inactive_file") ||
		 !strcmp(name, "nr_zone_active_file"))
		zone->file += pages;
}

static int read_room_zones(struct room *room, const char *root)
{
	FILE *file = room_open(root, "/proc/zoneinfo");
	struct room_zone *zone = NULL;
	char line[512], name[32];
	int nid, err;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone %31s", &nid, name) == 2)
			zone = add_room_zone(room, nid, name);
		else if (zone)
			take_zone_line(zone, line);
	}
	err = ferror(file) ? -EIO : 0;
	fclose(file);
	return err;
}

static struct room_zone *room_zone_of(struct room *room, s32 nid,
				      const char *name)
{
	long word = event_symbol_value(event_zones, name, strlen(name));
	size_t i;

	for (i = 0; i < room->nr_zones; i++)
		if (room->zones[i].nid == nid && room->zones[i].zone == word)
			return &room->zones[i];
	return NULL;
}

/* "Node 0, zone   Normal   12  7 ...": free chunks of 1, 2, 4, ... pages */
static int read_chunks(struct room *room, const char *root)
{
	FILE *file = room_open(root, "/proc/buddyinfo");
	struct room_zone *zone;
	char line[512], name[32], *text, *end;
	u64 pages, chunks;
	int nid, at;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone %31s%n", &nid, name, &at) != 2)
			continue;
		zone = room_zone_of(room, nid, name);
		if (!zone)
			continue;
		text = line + at;
		for (pages = 1;; pages *= 2, text = end) {
			chunks = strtoull(text, &end, 10);
			if (end == text)
				break;
			if (room->huge[0].pages && pages >= room->huge[0].pages)
				zone->free_huge +=
					chunks * pages / room->huge[0].pages;
		}
	}
	fclose(file);
	return 0;
}

static u64 huge_number(const char *root, const char *folder, u64 kib,
		       const char *name)
{
	char text[32];

	if (source_live_text(text, sizeof(text), "%s%s/hugepages-%llukB/%s",
			     root, folder, kib, name) <= 0)
		return 0;
	return strtoull(text, NULL, 10);
}

static void read_huge(struct room *room, const char *root, u64 kib,
		      u32 page_bytes, struct room_huge *huge)
{
	char folder[64];
	size_t i;
	s32 nid;

	*huge = (struct room_huge){
		.pages = kib * 1024 / page_bytes,
		.free = huge_number(root, HUGEPAGES, kib, "free_hugepages"),
		.reserved = huge_number(root, HUGEPAGES, kib, "resv_hugepages"),
	};
	for (i = 0; i < room->nr_zones; i++) {
		nid = room->zones[i].nid;
		if (nid < 0 || nid >= ROOM_NODES)
			continue;
		snprintf(folder, sizeof(folder),
			 "/sys/devices/system/node/node%d/hugepages", nid);
		huge->free_on[nid] =
			huge_number(root, folder, kib, "free_hugepages");
	}
}

static int compare_huge(const void *a, const void *b)
{
	const struct room_huge *x = a, *y = b;

	return (x->pages > y->pages) - (x->pages < y->pages);
}

/* Without hugetlb there is no such folder. */
static void read_huge_sizes(struct room *room, const char *root, u32 page_bytes)
{
	struct dirent *entry;
	char path[PATH_MAX];
	size_t nr = 0;
	DIR *folder;
	u64 kib;

	snprintf(path, sizeof(path), "%s" HUGEPAGES, root);
	folder = opendir(path);
	while (folder && nr < ACCOUNT_HUGE_SIZES && (entry = readdir(folder)))
		if (sscanf(entry->d_name, "hugepages-%llukB", &kib) == 1)
			read_huge(room, root, kib, page_bytes,
				  &room->huge[nr++]);
	if (folder)
		closedir(folder);
	qsort(room->huge, nr, sizeof(*room->huge), compare_huge);
}

static int read_swap(struct room *room, const char *root, u32 page_bytes)
{
	FILE *file = room_open(root, "/proc/meminfo");
	char line[128];
	u64 kib;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SwapFree: %llu kB", &kib) == 1)
			room->swap = kib * 1024 / page_bytes;
	fclose(file);
	return 0;
}

static unsigned int read_room_release(const char *root)
{
	unsigned int major, minor;
	char text[128];

	if (source_live_text(text, sizeof(text), "%s/proc/sys/kernel/osrelease",
			     root) <= 0 ||
	    sscanf(text, "%u.%u", &major, &minor) != 2)
		return UINT_MAX;
	return ROOM_RELEASE(major, minor);
}

int room_read(struct room *room, const char *root, u32 page_bytes)
{
	int err;

	memset(room, 0, sizeof(*room));
	room->release = read_room_release(root);
	err = read_room_zones(room, root);
	if (err)
		return err;
	read_huge_sizes(room, root, page_bytes);
	err = read_chunks(room, root);
	return err ? err : read_swap(room, root, page_bytes);
}

static u64 minus(u64 value, u64 less)
{
	return value > less ? value - less : 0;
}

/* What leaves a zone, NULL if nothing does */
static const struct room_leaving *
leaving_from(const struct room_zone *zone, const struct room_leaving *leaving,
	     size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (leaving[i].nid == zone->nid &&
		    leaving[i].zone == zone->zone)
			return &leaving[i];
	return NULL;
}

/* The first zone of each node stands for it. */
static u64 leaving_huge(s32 nid, const struct room_leaving *leaving, size_t nr,
			size_t size)
{
	u64 huge = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		if (leaving[i].nid == nid)
			huge += leaving[i].huge[size];
	return huge;
}

/* Whether a node other than this one will have memory when that is gone */
static bool has_other_node(const struct room *room,
			   const struct room_leaving *leaving, size_t nr,
			   s32 nid)
{
	const struct room_leaving *gone;
	const struct room_zone *zone;
	size_t i;

	for (i = 0; i < room->nr_zones; i++) {
		zone = &room->zones[i];
		gone = leaving_from(zone, leaving, nr);
		if (zone->nid != nid &&
		    zone->managed > (gone ? gone->pages : 0))
			return true;
	}
	return false;
}

const struct room_zone *room_zone_at(const struct room *room, s32 nid, u32 zone)
{
	size_t i;

	for (i = 0; i < room->nr_zones; i++)
		if (room->zones[i].nid == nid && room->zones[i].zone == zone)
			return &room->zones[i];
	return NULL;
}

static unsigned int place_of(const struct room *room, u32 word)
{
	size_t i;

	for (i = 0; i < room->nr_zones; i++)
		if (room->zones[i].zone == word)
			return room->zones[i].nth;
	return 0;
}

/* Pages that a zone can give to allocations whose highest zone has a place. The protection of a lower zone is the one against these. */
static u64 can_give(const struct room_zone *zone, unsigned int highest,
		    u64 leaves)
{
	u64 kept = zone->min;

	if (highest < ROOM_PROTECTIONS)
		kept += zone->protection[highest];
	return zone->nth <= highest ? minus(zone->free, kept + leaves) : 0;
}

/* One that asks, and where its pages may go */
struct room_asking {
	s32 nid;
	unsigned int highest; /* place of the highest zone in a node */
	bool others; /* only to other nodes */
};

static bool may_take(const struct room_zone *zone,
		     const struct room_asking *asking)
{
	return zone->managed && !(asking->others && zone->nid == asking->nid);
}

/*
 * Pages of a kernel zone are allocated without __GFP_HIGHMEM, which keeps them out of ZONE_MOVABLE. Huge pages that can be
 * migrated may be anywhere.
 */
static void add_room(const struct room *room, const struct room_zone *zone,
		     const struct room_leaving *leaving, size_t nr,
		     const struct room_asking *asking, size_t nr_asking,
		     struct room_found *found)
{
	const struct room_leaving *gone = leaving_from(zone, leaving, nr);
	u64 free = 0, give;
	bool takes = false, takes_files = false;
	size_t i;

	for (i = 0; i < nr_asking; i++) {
		if (!may_take(zone, &asking[i]))
			continue;
		takes = true;
		takes_files |= zone->nth <= asking[i].highest;
		give = can_give(zone, asking[i].highest, gone ? gone->free : 0);
		if (give > free)
			free = give;
	}
	found->free += free;
	if (takes_files)
		found->reclaim += minus(zone->file, gone ? gone->file : 0);
	if (!takes)
		return;
	found->free_huge += minus(zone->free_huge, gone ? gone->free_huge : 0);
	if (zone->nid < ROOM_NODES && !found->counted[zone->nid])
		for (i = 0; i < ACCOUNT_HUGE_SIZES; i++)
			found->huge[i] +=
				minus(room->huge[i].free_on[zone->nid],
				      leaving_huge(zone->nid, leaving, nr, i));
	if (zone->nid < ROOM_NODES)
		found->counted[zone->nid] = true;
}

void room_find(const struct room *room, const struct room_leaving *leaving,
	       size_t nr, struct room_found *found)
{
	struct room_asking asking[ROOM_ZONES];
	size_t i, nr_asking = 0;
	u32 highest;

	*found =
		(struct room_found){ .reclaim = room->swap, .same_node = true };
	for (i = 0; i < nr && nr_asking < ROOM_ZONES; i++) {
		if (!leaving[i].asks)
			continue;
		highest = leaving[i].zone == MHP_ZONE_MOVABLE ?
				  MHP_ZONE_MOVABLE :
				  MHP_ZONE_NORMAL;
		asking[nr_asking] = (struct room_asking){
			.nid = leaving[i].nid,
			.highest = place_of(room, highest),
			.others = has_other_node(room, leaving, nr,
						 leaving[i].nid),
		};
		found->same_node &= !asking[nr_asking++].others;
	}
	for (i = 0; i < room->nr_zones; i++)
		add_room(room, &room->zones[i], leaving, nr, asking, nr_asking,
			 found);
}

void room_find_kernel(const struct room *room, struct room_found *found)
{
	unsigned int highest = place_of(room, MHP_ZONE_NORMAL);
	const struct room_zone *zone;
	size_t i;

	*found = (struct room_found){ .reclaim = room->swap };
	for (i = 0; i < room->nr_zones; i++) {
		zone = &room->zones[i];
		found->free += can_give(zone, highest, zone->free_cma);
		if (zone->nth <= highest)
			found->reclaim += zone->file;
	}
}
