// SPDX-License-Identifier: GPL-2.0
/*
 * Forecasts an add of memory: who hosts the memmap, as add_memory_resource() decides, and
 * what it costs. See mhp_supports_memmap_on_memory() and check_hotplug_memory_range()
 * (mm/memory_hotplug.c), and vmemmap_populate() and init_memory_mapping() of x86.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers/plan_add.h"
#include "answers/room.h"
#include "base/status.h"
#include "source/live.h"
#include "source/sysfs/iomem.h"

#define ADD_GIB (1ULL << 30)
#define STRUCT_PAGE_BYTES 64
/* Firmware places memory that is plugged later above the first 4 GiB, at a whole GiB. */
#define LOWEST_ADDRESS (4 * ADD_GIB)
/* A memory block has a device, a kobject and an entry in sysfs. */
#define BLOCK_PAGES_ABOUT 1

struct adding {
	struct plan_add *plan;
	const char *root;
	struct room room;
	u64 page_bytes;
	u64 pmd_bytes;
	u64 pageblock_pages;
};

static const char *const mode_words[PLAN_ADD_NR_MODES] = {
#define PLAN_ADD_MODE(name, word) [PLAN_ADD_##name] = word,
	PLAN_ADD_MODE_LIST(PLAN_ADD_MODE)
#undef PLAN_ADD_MODE
};

int plan_add_mode_parse(enum plan_add_mode *mode, const char *text)
{
	int i;

	for (i = PLAN_ADD_N; i < PLAN_ADD_NR_MODES; i++) {
		if (strcmp(mode_words[i], text))
			continue;
		*mode = i;
		return 0;
	}
	return -EINVAL;
}

static u64 round_up(u64 value, u64 to)
{
	return (value + to - 1) / to * to;
}

static void add_reason(struct adding *a, enum plan_add_reason reason)
{
	a->plan->reasons |= 1U << reason;
}

/* Aligned pieces of 1 GiB in a range */
static u64 gib_in(u64 start, u64 end)
{
	u64 first = round_up(start, ADD_GIB) / ADD_GIB, last = end / ADD_GIB;

	return last > first ? last - first : 0;
}

/* The kernel counts its direct mapping by the size of pages that the CPU has. */
static void read_mappings(struct adding *a)
{
	char path[PATH_MAX], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/meminfo", a->root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		a->plan->has_gib |= !strncmp(line, "DirectMap1G:", 12);
	if (file)
		fclose(file);
	/* hugetlb has this size if the CPU does, even where the direct mapping does not use it. */
	snprintf(path, sizeof(path),
		 "%s/sys/kernel/mm/hugepages/hugepages-1048576kB", a->root);
	a->plan->has_gigantic = !access(path, F_OK);
}

/* What the CPU can address, and the kernel: as many bits as its page tables have levels for */
static u64 read_address_limit(const struct adding *a)
{
	unsigned int bits = 0, kernel_bits = 46;
	char path[PATH_MAX], *line = NULL;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", a->root);
	file = fopen(path, "re");
	while (file && !bits && getline(&line, &room, file) > 0) {
		if (!strncmp(line, "flags", 5) &&
		    (strstr(line, " la57 ") || strstr(line, " la57\n")))
			kernel_bits = 52;
		if (sscanf(line, "address sizes : %u bits physical", &bits) !=
		    1)
			bits = 0;
	}
	free(line);
	if (file)
		fclose(file);
	return 1ULL << (bits && bits < kernel_bits ? bits : kernel_bits);
}

static bool line_is_ram(const struct iomem_line *line)
{
	return !strncmp(line->name, IOMEM_RAM, strlen(IOMEM_RAM));
}

static bool line_overlaps(const struct iomem_line *line, u64 start, u64 bytes)
{
	return line->start < start + bytes && line->end >= start;
}

/*
 * Whether memory can be added inside: a bus or a device whose resource is not busy, and
 * what drivers of memory add theirs to. /proc/iomem does not say which is busy.
 */
static bool line_has_place(const struct iomem_line *line)
{
	static const char *const names[] = { "PCI Bus ", "Reserved",
					     "Soft Reserved",
					     "Persistent Memory",
					     "CXL Window " };
	unsigned int n;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(line->name, names[i], strlen(names[i])))
			return true;
	return sscanf(line->name, "%x:%x:%x.%x", &n, &n, &n, &n) == 4 ||
	       sscanf(line->name, "virtio%u", &n) == 1 ||
	       sscanf(line->name, "dax%u.", &n) == 1 ||
	       sscanf(line->name, "region%u", &n) == 1;
}

/*
 * As __request_region(): the range may be inside of a resource that is not busy, and
 * then only what is in there counts. Memory comes first, as it says most.
 */
static const struct iomem_line *find_in_way(const struct iomem *iomem,
					    u64 start, u64 bytes)
{
	const struct iomem_line *line, *found = NULL;
	size_t i;

	for (i = 0, line = iomem->lines; i < iomem->nr; i++, line++) {
		if (!line_overlaps(line, start, bytes))
			continue;
		if (line_is_ram(line))
			return line;
		if (!found &&
		    (line->start > start || line->end < start + bytes - 1 ||
		     !line_has_place(line)))
			found = line;
	}
	return found;
}

/* Where nothing is: above all memory, and above what is in the way there */
static u64 find_free(const struct iomem *iomem, const struct plan_add *plan,
		     u64 highest)
{
	u64 step = plan->block_bytes > ADD_GIB ? plan->block_bytes : ADD_GIB;
	u64 at = round_up(highest > LOWEST_ADDRESS ? highest : LOWEST_ADDRESS,
			  step);
	size_t i = 0;

	while (i < iomem->nr) {
		if (!line_overlaps(&iomem->lines[i], at, plan->bytes) ||
		    iomem->lines[i].end > LLONG_MAX) {
			i++;
			continue;
		}
		at = round_up(iomem->lines[i].end + 1, step);
		i = 0;
	}
	return at;
}

/* Memory blocks are what everybody can see. Calls back with the number of each. */
static void
each_block(const struct adding *a,
	   void (*take)(const struct adding *a, u64 number, u64 *ctx), u64 *ctx)
{
	unsigned long long number;
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *folder;

	snprintf(path, sizeof(path), "%s/sys/devices/system/memory", a->root);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (sscanf(entry->d_name, "memory%llu", &number) == 1)
			take(a, number, ctx);
	if (folder)
		closedir(folder);
}

static void take_highest(const struct adding *a, u64 number, u64 *end)
{
	if ((number + 1) * a->plan->block_bytes > *end)
		*end = (number + 1) * a->plan->block_bytes;
}

/* The end of the highest memory block */
static u64 read_highest_block(const struct adding *a)
{
	u64 end = 0;

	each_block(a, take_highest, &end);
	return end;
}

static void count_inside(const struct adding *a, u64 number, u64 *nr)
{
	const struct plan_add *plan = a->plan;
	u64 start = number * plan->block_bytes;

	*nr += start < plan->address + plan->bytes &&
	       start + plan->block_bytes > plan->address;
}

/* Whether the range has a memory block already */
static bool has_block_in(const struct adding *a)
{
	u64 nr = 0;

	each_block(a, count_inside, &nr);
	return nr > 0;
}

static void check_free(struct adding *a, const struct iomem *iomem)
{
	struct plan_add *plan = a->plan;
	const struct iomem_line *line =
		find_in_way(iomem, plan->address, plan->bytes);

	if (!line)
		return;
	add_reason(a, PLAN_ADD_OVERLAPS);
	if (!line_is_ram(line))
		snprintf(plan->in_way, sizeof(plan->in_way),
			 "/proc/iomem has %s at 0x%llx-0x%llx", line->name,
			 line->start, line->end);
}

/* All memory, offline or not, has lines in /proc/iomem. */
static int check_place(struct adding *a)
{
	struct plan_add *plan = a->plan;
	u64 highest = read_highest_block(a);
	struct iomem iomem = { 0 };
	char path[PATH_MAX];
	FILE *file;
	u64 free_at;
	size_t i;
	int err;

	snprintf(path, sizeof(path), "%s/proc/iomem", a->root);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	err = iomem_read(&iomem, file);
	fclose(file);
	for (i = 0; !err && i < iomem.nr; i++)
		if (line_is_ram(&iomem.lines[i]) &&
		    iomem.lines[i].end >= highest)
			highest = iomem.lines[i].end + 1;
	free_at = find_free(&iomem, plan, highest);
	if (plan->assumed)
		plan->address = free_at;
	if (!err && iomem_is_hidden(&iomem)) {
		add_reason(a, has_block_in(a) ? PLAN_ADD_OVERLAPS :
						PLAN_ADD_HIDDEN);
	} else if (!err) {
		check_free(a, &iomem);
		plan->free_address = free_at;
	}
	iomem_free(&iomem);
	return err;
}

/* Only the patched kernel has the mode range, and with it an event for the references of such memmaps. */
static bool has_range_mode(struct adding *a, const char *current)
{
	const char *events;
	char path[PATH_MAX];

	if (!strcmp(current, "range"))
		return true;
	if (source_live_tracefs(&events)) {
		add_reason(a, PLAN_ADD_MODE_UNKNOWN);
		return false;
	}
	snprintf(path, sizeof(path), "%s%s/mhp/mhp_vmemmap_ref/id", a->root,
		 events);
	return !access(path, F_OK);
}

/* Whether this kernel would take the mode; the parameter is absent without CONFIG_MHP_MEMMAP_ON_MEMORY. */
static bool has_mode(struct adding *a, const char *current)
{
	if (a->plan->mode == PLAN_ADD_N)
		return true;
	if (!*current)
		return false;
	if (a->plan->mode == PLAN_ADD_FORCE)
		return a->room.release >= ROOM_RELEASE(6, 6);
	return a->plan->mode != PLAN_ADD_RANGE || has_range_mode(a, current);
}

/* As the kernel prints its parameter; 6.1 has "Y" and "N" alone. */
static void choose_mode(struct adding *a, enum plan_add_mode wanted,
			char *current, size_t len)
{
	enum plan_add_mode mode = PLAN_ADD_N;

	if (source_live_text(
		    current, len,
		    "%s/sys/module/memory_hotplug/parameters/memmap_on_memory",
		    a->root) <= 0)
		*current = '\0';
	plan_add_mode_parse(&mode, current);
	a->plan->mode = wanted ? wanted : mode;
	a->plan->mode_is_current = a->plan->mode == mode;
}

/* The pages of memmap of one memory block, padded in the mode force */
static u64 block_memmap(const struct adding *a, bool padded)
{
	u64 pages = a->plan->block_bytes / a->page_bytes * STRUCT_PAGE_BYTES /
		    a->page_bytes;

	return padded ? round_up(pages, a->pageblock_pages) : pages;
}

/* mhp_supports_memmap_on_memory() */
static enum plan_add_why why_not_block(const struct adding *a)
{
	u64 pages = block_memmap(a, a->plan->mode == PLAN_ADD_FORCE);
	u64 bytes = block_memmap(a, false) * a->page_bytes;

	if (pages % a->pageblock_pages)
		return PLAN_ADD_WHY_PAGEBLOCK_UNALIGNED;
	if (pages == a->plan->block_bytes / a->page_bytes)
		return PLAN_ADD_WHY_WHOLE_BLOCK;
	if (bytes % a->pmd_bytes)
		return PLAN_ADD_WHY_ARCHITECTURE;
	if (a->room.release < ROOM_RELEASE(6, 8) && a->plan->blocks != 1)
		return PLAN_ADD_WHY_ONE_BLOCK;
	return PLAN_ADD_WHY_SELF_HOSTED;
}

static void choose_hosting(struct adding *a, const char *current)
{
	struct plan_add *plan = a->plan;

	plan->hosting = MHP_HOSTING_BUDDY;
	plan->can_self_host = *current &&
			      why_not_block(a) == PLAN_ADD_WHY_SELF_HOSTED;
	if (plan->mode == PLAN_ADD_N) {
		plan->why = PLAN_ADD_WHY_DISABLED;
		return;
	}
	if (!has_mode(a, current)) {
		plan->why = PLAN_ADD_WHY_NOT_SUPPORTED;
		return;
	}
	if (plan->mode == PLAN_ADD_RANGE && !(plan->address % a->pmd_bytes) &&
	    !(plan->memmap_pages % a->pageblock_pages)) {
		plan->hosting = MHP_HOSTING_RANGE;
		return;
	}
	plan->why = why_not_block(a);
	if (plan->why != PLAN_ADD_WHY_SELF_HOSTED)
		return;
	plan->hosting = MHP_HOSTING_BLOCK;
	if (plan->mode == PLAN_ADD_RANGE)
		plan->why = PLAN_ADD_WHY_RANGE_UNALIGNED;
}

/* Each memory block that hosts its memmap is mapped by itself, with memmap in its first pages. */
static void count_gib(struct plan_add *plan)
{
	u64 end = plan->address + plan->bytes, block, i;
	u64 memmap = plan->memmap_pages * plan->page_bytes;

	plan->gib = gib_in(plan->address, end);
	plan->mapped_gib = plan->gigantic = plan->gib;
	if (plan->hosting == MHP_HOSTING_RANGE) {
		plan->gigantic = gib_in(plan->address + memmap, end);
	} else if (plan->hosting == MHP_HOSTING_BLOCK) {
		plan->mapped_gib = plan->gigantic = 0;
		for (i = 0; i < plan->blocks; i++) {
			block = plan->address + i * plan->block_bytes;
			plan->mapped_gib +=
				gib_in(block, block + plan->block_bytes);
			plan->gigantic += gib_in(block + memmap / plan->blocks,
						 block + plan->block_bytes);
		}
	}
	if (!plan->has_gib)
		plan->mapped_gib = 0;
	if (!plan->has_gigantic)
		plan->gigantic = 0;
}

/* Page tables of the direct mapping and of the memmap, each with 512 entries */
static void count_other(struct adding *a)
{
	struct plan_add *plan = a->plan;
	u64 pieces = (plan->bytes + ADD_GIB - 1) / ADD_GIB + 1;
	u64 tables = a->page_bytes / sizeof(u64);

	plan->other_pages = plan->blocks * BLOCK_PAGES_ABOUT + pieces -
			    plan->mapped_gib + pieces / tables + 1;
	plan->other_pages +=
		plan->memmap_pages * a->page_bytes / a->pmd_bytes / tables + 2;
}

static void check_room(struct adding *a)
{
	struct plan_add *plan = a->plan;
	u64 need = plan->buddy_pages + plan->other_pages;
	struct room_found found;

	/* The kernel takes memmap from other nodes as well. */
	room_find_kernel(&a->room, &found);
	plan->free_pages = found.free;
	plan->reclaim_pages = found.reclaim;
	if (need > found.free + found.reclaim)
		add_reason(a, PLAN_ADD_NO_ROOM);
	else if (need > found.free)
		add_reason(a, PLAN_ADD_RECLAIM);
}

static void conclude(struct plan_add *plan)
{
	static const enum plan_answer answers[PLAN_ADD_NR_REASONS] = {
#define PLAN_ADD_REASON(name, word, answer, text) \
	[PLAN_ADD_##name] = PLAN_##answer,
		PLAN_ADD_REASONS(PLAN_ADD_REASON)
#undef PLAN_ADD_REASON
	};
	int i;

	for (i = 0; i < PLAN_ADD_NR_REASONS; i++)
		if (plan->reasons >> i & 1 && answers[i] > plan->answer)
			plan->answer = answers[i];
}

static bool is_too_high(const struct plan_add *plan, u64 address, u64 limit)
{
	return address > limit || plan->bytes > limit - address;
}

static void check_alignment(struct adding *a)
{
	struct plan_add *plan = a->plan;
	u64 limit = read_address_limit(a);

	if (plan->bytes % plan->block_bytes)
		add_reason(a, PLAN_ADD_SIZE_UNALIGNED);
	if (plan->address % plan->block_bytes)
		add_reason(a, PLAN_ADD_ADDRESS_UNALIGNED);
	if (is_too_high(plan, plan->address, limit))
		add_reason(a, PLAN_ADD_TOO_HIGH);
	if (is_too_high(plan, plan->free_address, limit))
		plan->free_address = 0;
}

static int fill(struct adding *a, const struct plan_add_opts *opts)
{
	struct plan_add *plan = a->plan;
	char current[16];
	int err;

	choose_mode(a, opts->mode, current, sizeof(current));
	a->pageblock_pages = source_live_pageblock(a->root) ?:
				     a->pmd_bytes / a->page_bytes;
	read_mappings(a);
	err = check_place(a);
	if (err)
		return err;
	check_alignment(a);
	plan->blocks = plan->bytes / plan->block_bytes;
	plan->memmap_pages = plan->blocks * block_memmap(a, false);
	choose_hosting(a, current);
	if (plan->hosting == MHP_HOSTING_BUDDY)
		plan->buddy_pages = plan->memmap_pages;
	else if (plan->mode == PLAN_ADD_FORCE)
		plan->waste_pages = plan->blocks * (block_memmap(a, true) -
						    block_memmap(a, false));
	if (!(plan->reasons & (1U << PLAN_ADD_TOO_HIGH)))
		count_gib(plan);
	count_other(a);
	check_room(a);
	conclude(plan);
	return 0;
}

int plan_add_make(struct plan_add *plan, const char *root,
		  const struct plan_add_opts *opts, char *why, size_t len)
{
	struct adding a = { .plan = plan, .root = root };
	struct source_info info;
	int err;

	err = source_live_info(&info, SOURCE_SYSFS, root, why, len);
	if (err)
		return err;
	*plan = (struct plan_add){
		.bytes = opts->bytes,
		.address = opts->address,
		.assumed = !opts->has_address,
		.block_bytes = info.block_bytes,
		.page_bytes = info.page_bytes,
	};
	a.page_bytes = info.page_bytes;
	a.pmd_bytes = a.page_bytes * (a.page_bytes / sizeof(u64));
	err = room_read(&a.room, root, info.page_bytes);
	if (!err)
		err = fill(&a, opts);
	if (err)
		return source_live_why(
			err, why, len,
			"cannot read how much memory there is: %s",
			strerror(-err));
	return 0;
}

int plan_add_run(const struct plan_add_opts *opts, bool json, FILE *out)
{
	static const enum status statuses[] = {
		[PLAN_YES] = STATUS_OK,
		[PLAN_UNKNOWN] = STATUS_UNKNOWN,
		[PLAN_NO] = STATUS_VIOLATED,
	};
	struct plan_add plan;
	char why[256];
	int err = plan_add_make(&plan, "", opts, why, sizeof(why));

	if (err)
		return status_fail(err == -EOPNOTSUPP ? STATUS_UNSUPPORTED :
							STATUS_FAILED,
				   "cannot plan: %s", why);
	if (json)
		plan_add_print_json(&plan, out);
	else
		err = plan_add_print_text(&plan, out);
	if (err == -ENOMEM)
		return status_fail(STATUS_FAILED, "out of memory");
	return status_printed(statuses[plan.answer]);
}
