// SPDX-License-Identifier: GPL-2.0
/* Reads the kernel's ledger from the maps, and compares it with ours. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_table.h"
#include "model/ledger.h"
#include "source/bpf/bpf.h"
#include "source/live.h"
#include "mhp.skel.h"

#define BATCH 512 /* accounts per system call */
#define TRIES 4

/*
 * An account that was just created is still zeroed, so that its start does not
 * match its key: it is skipped until the next time.
 */
typedef int (*load_one)(struct mhp_ledger *ledger, const void *key,
			const void *account);

static int load_block(struct mhp_ledger *ledger, const void *key,
		      const void *account)
{
	const struct mhp_block *block = account;
	const u32 *id = key;

	if (block->start_pfn / ledger_block_pages(ledger) != *id)
		return 0;
	return ledger_load_block(ledger, block);
}

static int load_range(struct mhp_ledger *ledger, const void *key,
		      const void *account)
{
	const struct mhp_range *range = account;
	const u64 *start_pfn = key;

	if (range->start_pfn != *start_pfn)
		return 0;
	return ledger_load_range(ledger, range);
}

/* Load all accounts of a map. The last batch comes with -ENOENT. */
static int load_map(const struct bpf_map *map, struct mhp_ledger *ledger,
		    load_one load)
{
	size_t size = bpf_map__value_size(map);
	size_t key_size = bpf_map__key_size(map);
	char *accounts = malloc(BATCH * (size + key_size));
	char *keys = accounts + BATCH * size;
	int err = 0, full = 0, begun = 0;
	u32 at, nr, i;

	if (!accounts)
		return -ENOMEM;
	while (!err) {
		nr = BATCH;
		err = bpf_map_lookup_batch(bpf_map__fd(map), begun ? &at : NULL,
					   &at, keys, accounts, &nr, NULL);
		if (err && err != -ENOENT)
			break;
		for (i = 0; i < nr; i++)
			full = load(ledger, keys + i * key_size, accounts + i * size) ?:
				       full;
		begun = 1;
	}
	free(accounts);
	return err == -ENOENT ? full : err;
}

/* Zones are in memory that we share with the kernel. */
static int load_all_zones(const struct mhp_bpf *skel, struct mhp_ledger *ledger)
{
	const struct mhp_zone_account *zones = skel->bss->mhp_zones;
	struct mhp_zone_account zone;
	int full = 0;
	u32 i;

	for (i = 0; i < MHP_MAX_ZONES; i++) {
		zone = zones[i];
		if (zone.zone && mhp_zone_index(zone.nid, zone.zone) == i)
			full = ledger_load_zone(ledger, &zone) ?: full;
	}
	return full;
}

static int load_all(struct bpf_source *self, struct mhp_ledger *ledger)
{
	const struct mhp_bpf *skel = self->skel;
	struct mhp_globals globals;
	u32 key = 0;
	int err;

	err = load_map(skel->maps.mhp_blocks, ledger, load_block);
	ledger_clear_ranges(ledger);
	if (!err)
		err = load_map(skel->maps.mhp_ranges, ledger, load_range);
	if (!err)
		err = load_all_zones(skel, ledger);
	if (!err)
		err = bpf_map_lookup_elem(bpf_map__fd(skel->maps.mhp_totals),
					  &key, &globals);
	if (!err)
		ledger_load_globals(ledger, &globals);
	return err;
}

/*
 * The accounts may change while they are read. If an event came meanwhile, read
 * them again, up to TRIES times; the next call then gets what is missing.
 */
int bpf_source_ledger(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len)
{
	struct bpf_source *self = (struct bpf_source *)source;
	struct source_totals totals;
	int tries, err = 0;
	u64 before, nr = 0;
	unsigned int event;

	for (tries = 0; !err && tries < TRIES; tries++) {
		before = source_numbered(source);
		err = load_all(self, ledger);
		if (source_numbered(source) == before)
			break;
	}
	if (err)
		return source_live_why(
			err, why, len,
			"what is shown may be wrong: cannot read the kernel's accounts: %s",
			strerror(-err));
	bpf_missed_count(self);
	for (event = 1; event_info(event); event++)
		nr += self->missed.count[event];
	if (nr)
		return source_live_why(
			1, why, len,
			"%llu were missed before accounting; block totals may be wrong",
			nr);
	err = source_totals(source, &totals);
	return err ?: source_totals_doubt(&totals, why, len);
}

struct comparison {
	const struct btf *btf;
	char *why;
	size_t len;
};

/* A number of up to 8 bytes. */
static s64 number_at(const struct btf_type *type, const void *at)
{
	int shift = 64 - 8 * (type->size < 8 ? type->size : 8);
	bool is_signed = btf_is_int(type) &&
			 btf_int_encoding(type) & BTF_INT_SIGNED;
	u64 number = 0;

	memcpy(&number, at, type->size < 8 ? type->size : 8);
	return is_signed ? (s64)(number << shift) >> shift : (s64)number;
}

/* Append the name and the values of the first field that differs; descends into structures. */
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
	if (btf_is_array(field))
		return;
	used = strlen(c->why);
	snprintf(c->why + used, c->len - used,
		 " is %lld in the kernel, %lld here",
		 number_at(field, kernel + at), number_at(field, ours + at));
}

/* Compare an account whose name is already in why. 0: equal; 1: why has the difference. ours may be NULL. */
static int ledger_compare(const struct comparison *c, const char *type,
			  const void *kernel, const void *ours, size_t size)
{
	size_t used = strlen(c->why);
	int id;

	if (ours && !memcmp(kernel, ours, size)) {
		c->why[0] = '\0';
		return 0;
	}
	id = btf__find_by_name_kind(c->btf, type, BTF_KIND_STRUCT);
	if (!ours)
		snprintf(c->why + used, c->len - used,
			 " is in the kernel's ledger, but not here");
	else if (id > 0)
		name_field(c, id, kernel, ours);
	return 1;
}

static int compare_block(const struct comparison *c,
			 const struct mhp_ledger *ledger, const void *account)
{
	const struct mhp_block *block = account;
	const struct mhp_block *ours =
		ledger_find_block(ledger, block->start_pfn);

	snprintf(c->why, c->len,
		 "memory block at pfn 0x%llx:", block->start_pfn);
	return ledger_compare(c, "mhp_block", block, ours, sizeof(*block));
}

static int ledger_compare_zone(const struct comparison *c,
			       const struct mhp_ledger *ledger,
			       const void *account)
{
	const struct mhp_zone_account *zone = account, *ours = NULL;

	while ((ours = ledger_next_zone(ledger, ours)))
		if (ours->nid == zone->nid && ours->zone == zone->zone)
			break;
	snprintf(c->why, c->len, "node %d zone %s:", zone->nid,
		 event_symbol(event_zones, zone->zone));
	return ledger_compare(c, "mhp_zone_account", zone, ours, sizeof(*zone));
}

static int compare_range(const struct comparison *c,
			 const struct mhp_ledger *ledger, const void *account)
{
	const struct mhp_range *range = account, *ours = NULL;

	while ((ours = ledger_next_range(ledger, ours)))
		if (ours->start_pfn == range->start_pfn)
			break;
	snprintf(c->why, c->len, "range at pfn 0x%llx:", range->start_pfn);
	return ledger_compare(c, "mhp_range", range, ours, sizeof(*range));
}

static int compare_globals(const struct comparison *c,
			   const struct mhp_ledger *ledger, const void *account)
{
	snprintf(c->why, c->len, "global counts:");
	return ledger_compare(c, "mhp_globals", account, ledger_globals(ledger),
			      sizeof(struct mhp_globals));
}

/*
 * Compare all accounts of a map with ours, and their number. Events have been
 * stopped, so if the kernel has as many as we have, and all of them equal ours,
 * both are the same.
 */
static int compare_map(const struct comparison *c,
		       const struct mhp_ledger *ledger,
		       const struct bpf_map *map, size_t nr_ours,
		       int (*compare_one)(const struct comparison *c,
					  const struct mhp_ledger *ledger,
					  const void *account))
{
	char account[sizeof(struct mhp_globals)] __attribute__((aligned(8)));
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

static int compare_all_zones(const struct comparison *c,
			     const struct mhp_ledger *ledger,
			     const struct mhp_zone_account *zones)
{
	size_t nr = 0;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < MHP_MAX_ZONES; i++) {
		if (!zones[i].zone)
			continue;
		err = ledger_compare_zone(c, ledger, &zones[i]);
		nr++;
	}
	if (err || nr == ledger_nr_zones(ledger))
		return err;
	snprintf(c->why, c->len, "zones: %zu accounts in the kernel, %zu here",
		 nr, ledger_nr_zones(ledger));
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

	err = compare_map(&c, ledger, skel->maps.mhp_blocks,
			  ledger_nr_blocks(ledger), compare_block);
	if (!err)
		err = compare_map(&c, ledger, skel->maps.mhp_ranges,
				  ledger_nr_ranges(ledger), compare_range);
	if (!err)
		err = compare_all_zones(&c, ledger, skel->bss->mhp_zones);
	if (!err)
		err = compare_map(&c, ledger, skel->maps.mhp_totals, 1,
				  compare_globals);
	if (err < 0)
		source_live_why(err, why, len,
				"cannot read the kernel's ledger: %s",
				strerror(-err));
	return err;
}
