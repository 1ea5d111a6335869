// SPDX-License-Identifier: GPL-2.0
/*
 * Compares the ledger that the collector kept in the kernel with one folded
 * from its records, account by account, and names the first difference. The
 * names of fields come from the collector's own BTF.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "ledger.h"
#include "source_bpf.h"
#include "source_live.h"
#include "mhp.skel.h" /* in terms of our own types */

struct comparison {
	const struct btf *btf;
	char *why;
	size_t len;
};

static u64 number_at(const void *at, u32 size)
{
	u64 number = 0;

	memcpy(&number, at, size < sizeof(number) ? size : sizeof(number));
	return number;
}

/* Name the first field that differs, with those of structures within. */
static void name_field(const struct comparison *c, u32 type_id,
		       const char *kernel, const char *ours)
{
	const struct btf_type *type, *field;
	const struct btf_member *member;
	size_t used = strlen(c->why);
	u32 i, at, size;

	type = btf__type_by_id(c->btf, btf__resolve_type(c->btf, type_id));
	for (i = 0, member = btf_members(type); i < btf_vlen(type);
	     i++, member++) {
		at = member->offset / 8;
		size = btf__resolve_size(c->btf, member->type);
		if (memcmp(kernel + at, ours + at, size))
			break;
	}
	if (i == btf_vlen(type))
		return;
	field = btf__type_by_id(c->btf,
				btf__resolve_type(c->btf, member->type));
	snprintf(c->why + used, c->len - used, " %s",
		 btf__name_by_offset(c->btf, member->name_off));
	if (btf_is_struct(field)) {
		name_field(c, member->type, kernel + at, ours + at);
		return;
	}
	used = strlen(c->why);
	snprintf(c->why + used, c->len - used,
		 " is %llu in the kernel, %llu here",
		 number_at(kernel + at, size), number_at(ours + at, size));
}

/* 0 equal, 1 not and why says so. ours may be NULL. */
static int compare(const struct comparison *c, const char *what, u64 number,
		   const char *type, const void *kernel, const void *ours,
		   size_t size)
{
	int id;

	if (ours && !memcmp(kernel, ours, size))
		return 0;
	snprintf(c->why, c->len, "%s 0x%llx:%s", what, number,
		 ours ? "" : " the kernel has an account, here is none");
	id = btf__find_by_name_kind(c->btf, type, BTF_KIND_STRUCT);
	if (ours && id > 0)
		name_field(c, id, kernel, ours);
	return 1;
}

static int compare_block(const struct comparison *c,
			 const struct mhp_ledger *ledger, const void *account)
{
	const struct mhp_block *block = account;
	const struct mhp_block *ours =
		ledger_find_block(ledger, block->start_pfn);

	return compare(c, "memory block at pfn", block->start_pfn, "mhp_block",
		       block, ours, sizeof(*block));
}

static int compare_zone(const struct comparison *c,
			const struct mhp_ledger *ledger, const void *account)
{
	const struct mhp_zone_account *zone = account, *ours = NULL;

	while ((ours = ledger_next_zone(ledger, ours)))
		if (ours->nid == zone->nid && ours->zone == zone->zone)
			break;
	return compare(c, "zone (node, zone)",
		       (u64)(u32)zone->nid << 32 | zone->zone,
		       "mhp_zone_account", zone, ours, sizeof(*zone));
}

static int compare_range(const struct comparison *c,
			 const struct mhp_ledger *ledger, const void *account)
{
	const struct mhp_range *range = account, *ours = NULL;

	while ((ours = ledger_next_range(ledger, ours)))
		if (ours->start_pfn == range->start_pfn)
			break;
	return compare(c, "range at pfn", range->start_pfn, "mhp_range", range,
		       ours, sizeof(*range));
}

static int compare_globals(const struct comparison *c,
			   const struct mhp_ledger *ledger, const void *account)
{
	return compare(c, "what belongs to no block", 0, "mhp_globals", account,
		       ledger_globals(ledger), sizeof(struct mhp_globals));
}

/*
 * All accounts of a map against ours, and their number: the kernel's are never
 * deleted, so if each is found here and there are as many, both are the same.
 */
static int compare_map(const struct comparison *c,
		       const struct mhp_ledger *ledger,
		       const struct bpf_map *map, size_t nr_ours,
		       int (*compare_one)(const struct comparison *c,
					  const struct mhp_ledger *ledger,
					  const void *account))
{
	char account[256] __attribute__((aligned(8)));
	int fd = bpf_map__fd(map), err = 0;
	u64 key = 0, *last = NULL;
	size_t nr = 0;

	if (bpf_map__value_size(map) > sizeof(account))
		return -E2BIG;
	while (!err && !bpf_map_get_next_key(fd, last, &key)) {
		err = bpf_map_lookup_elem(fd, &key, account);
		if (!err)
			err = compare_one(c, ledger, account);
		last = &key;
		nr++;
	}
	if (err || nr == nr_ours)
		return err;
	snprintf(c->why, c->len, "%s: %zu accounts in the kernel, %zu here",
		 bpf_map__name(map), nr, nr_ours);
	return 1;
}

int bpf_source_compare(struct bpf_source *self, struct mhp_ledger *ledger,
		       char *why, size_t len)
{
	const struct comparison c = {
		.btf = bpf_object__btf(self->skel->obj),
		.why = why,
		.len = len,
	};
	const struct mhp_bpf *skel = self->skel;
	int err;

	if (skel->bss->mhp_no_room) {
		snprintf(
			why, len,
			"the kernel's ledger had no room for an account, %llu times",
			(u64)skel->bss->mhp_no_room);
		return 1;
	}
	err = compare_map(&c, ledger, skel->maps.mhp_totals, 1,
			  compare_globals);
	if (!err)
		err = compare_map(&c, ledger, skel->maps.mhp_zones,
				  ledger_nr_zones(ledger), compare_zone);
	if (!err)
		err = compare_map(&c, ledger, skel->maps.mhp_ranges,
				  ledger_nr_ranges(ledger), compare_range);
	if (!err)
		err = compare_map(&c, ledger, skel->maps.mhp_blocks,
				  ledger_nr_blocks(ledger), compare_block);
	if (err < 0)
		source_live_why(err, why, len,
				"cannot read the kernel's ledger: %s",
				strerror(-err));
	return err;
}
