/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the probes can report on the running kernel beyond their own events: user space sets a bit for each function that
 * it could attach to, and the probes report as unknown what depends on the others.
 */
#ifndef MHP_PROBE_HAS_H
#define MHP_PROBE_HAS_H

enum mhp_probe_has {
	MHP_HAS_GROUP = 1, /* the node of an add that names a memory group */
	MHP_HAS_POPULATE = 2, /* each section's populate */
	MHP_HAS_ZONE = 4, /* the zone that memory is about to join */
	MHP_HAS_HOLES = 8, /* holes in a memory block */
	MHP_HAS_ISOLATION = 16, /* the result of isolating a memory block */
	MHP_HAS_NOTIFIER = 32, /* calls of the memory notifier */
	MHP_HAS_DISSOLVE = 64, /* the result of dissolving huge pages */
	MHP_HAS_PASS = 128, /* the number of the attempt to migrate */
	MHP_HAS_ISOLATE_PAGE = 256, /* pages that could not be isolated */
	MHP_HAS_MIGRATE = 512, /* pages that could not be migrated */
	MHP_HAS_MEMMAP =
		1024, /* a self-hosted memmap that could not be set up */
};

#endif
