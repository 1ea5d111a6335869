// SPDX-License-Identifier: GPL-2.0
/*
 * Loads the ledger that the collector keeps in the kernel into one of ours,
 * for when records were lost on the way here. The two are compared in
 * source_bpf_check.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "model/event_table.h"
#include "model/ledger.h"
#include "source/bpf/bpf.h"
#include "source/live.h"
#include "mhp.skel.h" /* in terms of our own types */

#define BATCH 512 /* accounts a system call */
#define TRIES 4

/*
 * An account that was just made has no place of its own yet, but that of the
 * first of all: it is left for the next time.
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

static int load_zone(struct mhp_ledger *ledger, const void *key,
		     const void *account)
{
	const struct mhp_zone_account *zone = account;
	const u64 *id = key;

	if (((u64)(u32)zone->nid << 32 | zone->zone) != *id)
		return 0;
	return ledger_load_zone(ledger, zone);
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

/* All accounts of a map. -ENOENT is its end, and comes with the last ones. */
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

static int load_all(struct bpf_source *self, struct mhp_ledger *ledger)
{
	const struct mhp_bpf *skel = self->skel;
	struct mhp_globals globals;
	u32 key = 0;
	int err;

	err = load_map(skel->maps.mhp_blocks, ledger, load_block);
	if (!err)
		err = load_map(skel->maps.mhp_ranges, ledger, load_range);
	if (!err)
		err = load_map(skel->maps.mhp_zones, ledger, load_zone);
	if (!err)
		err = bpf_map_lookup_elem(bpf_map__fd(skel->maps.mhp_totals),
					  &key, &globals);
	if (!err)
		ledger_load_globals(ledger, &globals);
	return err;
}

static u64 missed(const struct bpf_source *self)
{
	unsigned int event;
	u64 sum = 0;

	for (event = 1; event_info(event); event++)
		sum += bpf_source_missed(self, event);
	return sum;
}

/*
 * The accounts do not stand still while they are read. They are read again if
 * an event got a number meanwhile; should there be no end of that, or one be
 * half in, then whoever asks the next time gets the rest.
 */
int bpf_source_ledger(struct source *source, struct mhp_ledger *ledger,
		      char *why, size_t len)
{
	struct bpf_source *self = (struct bpf_source *)source;
	int tries, err = 0;
	u64 before, nr;

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
	nr = missed(self);
	if (nr)
		return source_live_why(
			1, why, len,
			"%llu of them before they were counted, so accounts may be wrong",
			nr);
	if (self->skel->bss->mhp_no_room)
		return source_live_why(
			1, why, len,
			"accounts are read from the kernel, which had no room for all");
	return 0;
}
